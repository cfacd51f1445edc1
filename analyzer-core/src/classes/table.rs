//! How much of before and of after is of each class.

use super::Classified;
use crate::plateau::Totals;
use crate::stats::noise::Noise;
use crate::tree::CallTree;
use serde::Serialize;

/// Classes of a smaller share on both sides are left out.
const LEAST_SHARE: f64 = 0.001;

/// A class in both captures.
#[derive(Clone, Debug, Serialize)]
pub struct ClassRow {
    /// Its name.
    pub class: String,
    /// Its share of before, in percent.
    pub before_pct: f64,
    /// Its share of after, in percent.
    pub after_pct: f64,
    /// How sure its change is: `grew`, `shrank`, `no_change_detected`, `unquantified`.
    pub tier: &'static str,
}

/// The classes of at least a thousandth, widest first.
///
/// A class changes when its sum does, by more than the noise of as many tests as there are classes.
pub(crate) fn classes(
    classified: &Classified<'_>,
    tree: &CallTree,
    totals: &Totals,
    noise: Option<&Noise>,
) -> Vec<ClassRow> {
    let cells = classified.cells(tree);
    let wide: Vec<_> =
        cells.into_iter().filter(|(_, cell)| totals.widest_share(cell) >= LEAST_SHARE).collect();
    let tests = wide.len();
    let share = |value: i128, whole: f64| {
        if whole > 0.0 { (1e6 * value as f64 / whole).round() / 1e4 } else { 0.0 }
    };
    let mut rows: Vec<ClassRow> = wide
        .into_iter()
        .map(|(class, cell)| {
            let (before, after) = (cell.count.before.samples(), cell.count.after.samples());
            let tier = match noise {
                None => "unquantified",
                Some(noise) if noise.differs(before, after, tests) => {
                    if totals.growth(&cell) > 0.0 {
                        "grew"
                    } else {
                        "shrank"
                    }
                }
                Some(_) => "no_change_detected",
            };
            ClassRow {
                class,
                before_pct: share(cell.value.before, totals.before),
                after_pct: share(cell.value.after, totals.after),
                tier,
            }
        })
        .collect();
    let width = |row: &ClassRow| row.before_pct.max(row.after_pct);
    rows.sort_by(|one, other| width(other).total_cmp(&width(one)).then_with(|| one.class.cmp(&other.class)));
    rows
}
