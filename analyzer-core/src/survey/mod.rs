//! The figures of one measure of one profile that tell how far it can be trusted.

mod cut;
mod unknown;

use crate::count::Count;
use crate::value::{Evidence, Measure};
use analyzer_formats::Profile;
pub(crate) use cut::Cut;
pub use cut::CutStacks;
use serde::Serialize;
pub use unknown::{UnknownModule, advice};

/// Functions with less than this share of the whole by themselves are not tested for change.
const WIDE: f64 = 0.005;

/// What one measure of a profile rests on. Shares are in percent of the measure's sum.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Whether anything was measured.
    pub is_empty: bool,
    /// Samples behind the values; `None` where the capture does not tell.
    pub samples: Option<u64>,
    /// Functions that are wide by their own value.
    pub wide_functions: usize,
    /// Share whose leaf has no symbol; `None` when there is nothing.
    pub unknown_pct: Option<f64>,
    /// Share of all frames, as often as they were sampled, that have no symbol.
    pub unknown_frames_pct: Option<f64>,
    /// The modules that lack them, largest share first.
    pub unknown_modules: Vec<UnknownModule>,
    /// Stacks that the profiler cut.
    pub cut: Option<CutStacks>,
    /// Events lost while recording, of those there were.
    pub lost_pct: Option<f64>,
    /// Samples per second of recording.
    pub rate: Option<Rate>,
}

/// Samples per second of recording.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// Of all threads together.
    pub samples_per_s: f64,
    /// On average of a thread; null where threads are not told apart.
    pub per_thread_s: Option<f64>,
}

/// Looks at a measure of a profile.
#[must_use]
pub fn survey(profile: &Profile, measure: &Measure) -> Survey {
    let weights = weights(profile, measure);
    let whole: f64 = weights.iter().sum();
    let samples = samples(profile, measure);
    let unknown = unknown::unknown(profile, measure, &weights);
    Survey {
        is_empty: is_empty(profile, measure),
        samples,
        wide_functions: wide_functions(profile, measure, &weights, whole),
        unknown_pct: unknown.leaf_pct,
        unknown_frames_pct: unknown.frames_pct,
        unknown_modules: unknown.modules,
        cut: cut::cut_stacks(profile, measure, &weights).map(|cut| cut.stacks),
        lost_pct: profile.meta.lost_events.map(|lost| lost_pct(profile, lost)),
        rate: rate(profile, samples),
    }
}

/// Where the stacks of a measure are cut.
pub(crate) fn cut(profile: &Profile, measure: &Measure) -> Option<Cut> {
    cut::cut_stacks(profile, measure, &weights(profile, measure))
}

/// What each row weighs; negative values, which only differences of profiles have, weigh nothing.
fn weights(profile: &Profile, measure: &Measure) -> Vec<f64> {
    let samples = &profile.series[measure.series.index()].samples;
    (0..samples.len()).map(|row| (measure.value(samples, row) as f64).max(0.0)).collect()
}

fn is_empty(profile: &Profile, measure: &Measure) -> bool {
    let samples = &profile.series[measure.series.index()].samples;
    (0..samples.len()).all(|row| measure.value(samples, row) == 0)
}

fn samples(profile: &Profile, measure: &Measure) -> Option<u64> {
    if measure.evidence == Evidence::Unknown {
        return None;
    }
    let samples = &profile.series[measure.series.index()].samples;
    let sum: Count = (0..samples.len()).map(|row| measure.count(samples, row)).sum();
    Some(u64::try_from(sum.whole()).unwrap_or(u64::MAX))
}

fn wide_functions(profile: &Profile, measure: &Measure, weights: &[f64], whole: f64) -> usize {
    let mut own = vec![0.0; profile.functions.len()];
    let stacks = &profile.series[measure.series.index()].samples.stacks;
    for (stack, weight) in stacks.iter().zip(weights) {
        if let Some(stack) = stack {
            own[profile.frame(profile.stack(*stack).frame).function.index()] += weight;
        }
    }
    own.iter().filter(|&&own| own > 0.0 && own >= WIDE * whole).count()
}

/// The share of lost events in all there were: those sampled and those lost.
fn lost_pct(profile: &Profile, lost: u64) -> f64 {
    let sampled: u64 = profile.series.iter().map(|series| series.records).sum();
    if lost == 0 { 0.0 } else { percent(lost as f64, lost as f64 + sampled as f64) }
}

fn rate(profile: &Profile, samples: Option<u64>) -> Option<Rate> {
    let seconds = profile.meta.duration_ns.filter(|&duration| duration > 0)? as f64 / 1e9;
    let samples_per_s = samples? as f64 / seconds;
    let threads = profile.meta.threads.filter(|&threads| threads > 0);
    let round = |rate: f64| (rate * 1e3).round() / 1e3;
    Some(Rate {
        samples_per_s: round(samples_per_s),
        per_thread_s: threads.map(|threads| round(samples_per_s / threads as f64)),
    })
}

/// A share in percent to four decimal places.
fn percent(part: f64, whole: f64) -> f64 {
    (1e6 * part / whole).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::measures;
    use analyzer_formats::{Capture, Content, ReadOptions, read_bytes};

    pub(super) fn look(text: &str) -> Survey {
        let capture: Capture = read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let Content::Profile(profile) = &capture.content else { panic!("a profile") };
        survey(profile, &measures(profile)[0])
    }

    #[test]
    fn rates_are_per_second_and_per_thread() {
        // Six samples of two threads; the recording runs from the first to the last, 2.5 s.
        let samples: String = (0..6)
            .map(|at| {
                format!(
                    "web 1/{} {}.{}: 1 cycles: \n\t1 main (/bin/web)\n\n",
                    1 + at % 2,
                    at / 2,
                    5 * (at % 2)
                )
            })
            .collect();
        let rate = look(&samples).rate.unwrap();
        assert_eq!(rate, Rate { samples_per_s: 2.4, per_thread_s: Some(1.2) });
        assert_eq!(look("m;f 3\n").rate, None);
    }

    #[test]
    fn lost_events_are_a_share_of_all_there_were() {
        let sample = "web 1/1 1.0: 1 cycles: \n\t1 main (/bin/web)\n\n";
        let lost = "web 1/1 2.0: PERF_RECORD_LOST lost 1\n\n";
        let survey = look(&format!("{}{lost}", sample.repeat(3)));
        assert_eq!(survey.lost_pct, Some(25.0));
    }
}
