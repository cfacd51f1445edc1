//! On how many captures of after a plateau grew, where there are several.

use crate::stats::captures::{Part, grown};
use crate::stats::noise::Noise;
use crate::tree::Side;
use serde::Serialize;

/// On how many captures of after a plateau has a larger share than captures of before would have by noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CapturesGrown {
    /// On so many it has.
    pub grew: usize,
    /// So many there are.
    pub of: usize,
}

/// Samples of each function itself in each capture.
pub(super) struct Captures<'a> {
    before: Vec<(&'a [f64], f64)>,
    after: Vec<(&'a [f64], f64)>,
}

impl<'a> Captures<'a> {
    pub(super) fn new(own: &'a [(Side, Vec<f64>)]) -> Captures<'a> {
        let of = |side: Side| {
            let captures = own.iter().filter(|(of, _)| *of == side);
            captures.map(|(_, own)| (own.as_slice(), own.iter().sum())).collect()
        };
        Captures { before: of(Side::Before), after: of(Side::After) }
    }

    /// On how many a function grew; `None` where after is one capture.
    pub(super) fn grown(&self, key: u32, noise: &Noise) -> Option<CapturesGrown> {
        let parts = |captures: &[(&[f64], f64)]| -> Vec<Part> {
            let samples = |own: &[f64]| own.get(key as usize).copied().unwrap_or(0.0);
            captures.iter().map(|&(own, of)| Part { samples: samples(own), of }).collect()
        };
        let of = self.after.len();
        (of > 1).then(|| CapturesGrown { grew: grown(noise, &parts(&self.before), &parts(&self.after)), of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::RENDERERS;
    use crate::report::Report;
    use crate::{CompareOptions, Question, compare_all};
    use analyzer_formats::{Capture, ReadOptions, read_bytes};

    fn capture(number: u32, stem: u32) -> Capture {
        let others: String = (0..40)
            .map(|n| format!("main;other{n} {}\n", 300 + 17 * n + (7 * n + 13 * number) % 31))
            .collect();
        read_bytes("x", format!("{others}main;stem {stem}\n").as_bytes(), &ReadOptions::default()).unwrap()
    }

    fn report(before: &[Capture], after: &[Capture]) -> Report {
        let question = Question { before, after, baseline: None };
        compare_all(&question, &CompareOptions::default()).unwrap()
    }

    #[test]
    fn every_output_says_on_how_many_captures_a_plateau_grew() {
        let before = [0, 1, 2].map(|number| capture(number, 500));
        let after = [(3, 500), (4, 900), (5, 505), (6, 880)].map(|(number, stem)| capture(number, stem));
        let report = report(&before, &after);
        let row = &report.plateaus[0];
        assert_eq!(row.function, "stem");
        assert_eq!(row.captures_grown, Some(CapturesGrown { grew: 2, of: 4 }));
        for renderer in RENDERERS {
            let mut out = Vec::new();
            renderer.render(&report, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            match renderer.name() {
                "text" | "html" | "md" => {
                    assert!(text.contains("grew on 2 of 4 captures"), "{}: {text}", renderer.name());
                }
                "json" => assert!(text.contains("\"grew\": 2"), "{text}"),
                _ => {}
            }
        }
    }

    /// Five captures of before among which a function differs, and five of after; another grew by half.
    fn wild(wild: [u32; 5], after: [u32; 5], options: &CompareOptions) -> Report {
        let capture = |number: u32, wild: u32, grown: u32| {
            let others: String = (0..40)
                .map(|n| format!("main;other{n} {}\n", 300 + 17 * n + (7 * n + 13 * number) % 31))
                .collect();
            let text = format!("{others}main;wild {wild}\nmain;grown {grown}\n");
            read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
        };
        let side = |first: u32, wild: [u32; 5], grown: u32| -> Vec<Capture> {
            (first..).zip(wild).map(|(number, wild)| capture(number, wild, grown)).collect()
        };
        let (before, after) = (side(0, wild, 400), side(5, after, 600));
        compare_all(&Question { before: &before, after: &after, baseline: None }, options).unwrap()
    }

    const CALM: [u32; 5] = [500, 505, 495, 502, 498];
    const WILD: [u32; 5] = [100, 1000, 150, 900, 350];

    #[test]
    fn a_function_that_differs_among_captures_of_before_is_explained_by_that() {
        let explain = Some(regex::bytes::Regex::new("wild").unwrap());
        let options = CompareOptions { explain, ..CompareOptions::default() };
        let text = |before, after: u32| {
            let rows = wild(before, CALM.map(|calm| calm + after), &options).explanations.unwrap();
            rows[0].text.clone()
        };
        assert!(text(CALM, 100).ends_with("is row 2"), "{}", text(CALM, 100));
        let found = text(WILD, 100);
        assert!(found.ends_with("it differs by as much among the captures of before"), "{found}");
    }

    #[test]
    fn equivalence_is_told_by_how_much_a_function_differs_among_captures_of_before() {
        let options = CompareOptions { margin: Some(0.009), ..CompareOptions::default() };
        let text = |before| wild(before, CALM, &options).verdict.text;
        assert!(text(CALM).contains("equivalent: no plateau"), "{}", text(CALM));
        let found = text(WILD);
        assert!(found.contains("not shown to be equivalent within 0.9 points: wild may"), "{found}");
    }

    #[test]
    fn one_capture_of_after_is_not_counted() {
        let before = [0, 1, 2].map(|number| capture(number, 500));
        let report = report(&before, &[capture(3, 900)]);
        assert_eq!(report.plateaus[0].captures_grown, None);
    }
}
