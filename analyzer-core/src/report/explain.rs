//! Why a function is in the report, or is not.

use super::Plateau;
use super::build::{Inputs, key_name, round};
use crate::plateau::Totals;
use crate::stats::captures::Scatter;
use crate::stats::noise::Noise;
use crate::stats::normal;
use crate::tree::{Cell, ROOT};
use serde::Serialize;

/// More functions than this are not explained one by one.
const MOST: usize = 50;

/// Why one function is reported or not.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The function.
    pub function: String,
    /// The rank of its row, where it has one.
    pub rank: Option<usize>,
    /// Its share of before by itself, in percent.
    pub before_pct: f64,
    /// Its share of after by itself, in percent.
    pub after_pct: f64,
    /// What it grew by itself, in percent of the whole of before at the scale of after.
    pub growth_pct: f64,
    /// How many deviations of noise that is; null where evidence is unknown.
    pub z: Option<f64>,
    /// The sentence.
    pub text: String,
}

/// The functions that were asked about, widest first.
pub(super) fn explanations(
    inputs: &Inputs<'_>,
    totals: &Totals,
    plateaus: &[Plateau],
) -> Option<Vec<Explanation>> {
    let pattern = inputs.options.explain.as_ref()?;
    let asked = inputs.functions.iter().enumerate();
    let mut asked: Vec<_> = asked
        .filter(|(key, function)| {
            let value = function.total.value;
            (value.before, value.after) != (0, 0) && pattern.is_match(&inputs.keys.keys()[*key].name)
        })
        .collect();
    asked.sort_by(|one, other| {
        let width = |function: &crate::FunctionCells| totals.widest_share(&function.own);
        width(other.1).total_cmp(&width(one.1)).then_with(|| {
            let name = |key: usize| &inputs.keys.keys()[key].name;
            name(one.0).cmp(name(other.0))
        })
    });
    let explained = asked.into_iter().take(MOST).map(|(key, function)| {
        let cell = &function.own;
        let share =
            |value: i128, whole: f64| if whole > 0.0 { round(100.0 * value as f64 / whole) } else { 0.0 };
        let counts = (cell.count.before.samples(), cell.count.after.samples());
        let z = inputs.noise.as_ref().map(|noise| round(noise.z(counts.0, counts.1)));
        let row = inputs.ranking.rows.iter().position(|ranked| ranked.key as usize == key);
        let growth_pct = round(100.0 * totals.growth(cell) / totals.whole().max(f64::MIN_POSITIVE));
        let mut explanation = Explanation {
            function: key_name(inputs.keys, key as u32),
            rank: row.map(|row| plateaus[row].rank),
            before_pct: share(cell.value.before, totals.before),
            after_pct: share(cell.value.after, totals.after),
            growth_pct,
            z,
            text: String::new(),
        };
        explanation.text = reason(inputs, totals, inputs.scatters.get(key), key, &explanation);
        explanation
    });
    Some(explained.collect())
}

fn reason(
    inputs: &Inputs<'_>,
    totals: &Totals,
    scatter: Option<&Scatter>,
    key: usize,
    row: &Explanation,
) -> String {
    let cell = &inputs.functions[key].own;
    let figures = format!(
        "{}: {:.2} % -> {:.2} % by itself, {:+.2} points",
        row.function, row.before_pct, row.after_pct, row.growth_pct
    );
    let min_share = inputs.options.rank.min_share;
    let why = match (row.rank, &inputs.noise) {
        (Some(rank), _) => format!("is row {rank}"),
        (None, _) if totals.widest_share(cell) < min_share => {
            format!("not listed: by itself below {} % of either side (--min-share)", 100.0 * min_share)
        }
        (None, None) => {
            format!("not listed: changed by less than {} points (--min-share)", 100.0 * min_share)
        }
        (None, Some(noise)) => {
            let (before, after) = (cell.count.before.samples(), cell.count.after.samples());
            let needed = -normal::quantile(noise.level());
            match noise.is_significant(before, after) {
                true => {
                    format!("not listed by itself: {}", although_more_than_noise(inputs, noise, scatter, key))
                }
                false => format!(
                    "not listed: {:.1} deviations of noise, and {needed:.1} are evidence; it would have to change by {:.2} points",
                    row.z.unwrap_or(0.0).abs(),
                    100.0
                        * noise.detectable(
                            (row.before_pct + row.after_pct) / 200.0,
                            inputs.tree.total[ROOT].count.before.samples()
                        )
                ),
            }
        }
    };
    format!("{figures}; {why}")
}

/// Why a change that is more than the noise of all functions has no row.
fn although_more_than_noise(
    inputs: &Inputs<'_>,
    noise: &Noise,
    scatter: Option<&Scatter>,
    key: usize,
) -> &'static str {
    let Some(unlisted) = inputs.ranking.unlisted.iter().find(|row| row.key as usize == key) else {
        return "a row about a caller tells its change";
    };
    let Cell { count, .. } = &inputs.functions[key].own;
    let (before, after) = (count.before.samples(), count.after.samples());
    let by_noise = noise.p_value(before, after);
    if (after - noise.k * before) * unlisted.growth <= 0.0 {
        "its samples changed in the other direction than its values"
    } else if scatter.is_some_and(|scatter| scatter.p_value(by_noise) > noise.level()) {
        "it differs by as much among the captures of before"
    } else {
        "most of it is below code that loads code, and how long that takes differs from run to run"
    }
}

#[cfg(test)]
mod tests {
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    #[test]
    fn every_function_that_is_asked_about_has_a_reason() {
        let text = |parse: u32| {
            let others: String = (0..30).map(|n| format!("main;other{n} {}\n", 400 + n)).collect();
            others + &format!("main;parse {parse}\nmain;rare 3\n")
        };
        let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let explain = Some(regex::bytes::Regex::new("parse|rare|other7").unwrap());
        let options = CompareOptions { explain, ..CompareOptions::default() };
        let report = compare(&read(&text(400)), &read(&text(900)), &options).unwrap();
        let texts: Vec<String> = report.explanations.unwrap().into_iter().map(|row| row.text).collect();
        assert_eq!(texts.len(), 3);
        assert!(texts[0].contains("parse") && texts[0].ends_with("is row 1"), "{texts:?}");
        assert!(texts[1].contains("other7") && texts[1].contains("deviations of noise"), "{texts:?}");
        assert!(texts[2].contains("rare") && texts[2].contains("--min-share"), "{texts:?}");
    }
}
