//! Which functions grew, in the order in which a person should look.
//!
//! A plateau is wide (a share of either capture) and flat: a function's own time, over all its callers.

use crate::align::KeySpace;
use crate::function::FunctionCells;
use crate::stats::noise::Noise;
use crate::tree::Cell;
use serde::Serialize;

/// How sure a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// More than noise.
    Grew,
    /// Larger than most noise, below the evidence.
    MayHaveGrown,
    /// Less, by more than noise.
    Shrank,
    /// Less, below the evidence.
    MayHaveShrunk,
    /// The number of samples is unknown, so the size is all there is.
    Unquantified,
}

/// Why a plateau is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its own cost changed.
    #[serde(rename = "self")]
    Own,
    /// It is not in before at all.
    New,
    /// It is not in after at all.
    Gone,
}

/// What is worth reporting.
#[derive(Clone, Copy, Debug)]
pub struct RankOptions {
    /// The least share of either capture, 0 to 1.
    pub min_share: f64,
    /// The most rows of changes below the evidence, in each direction.
    pub doubtful_rows: usize,
}

impl Default for RankOptions {
    fn default() -> Self {
        RankOptions { min_share: 0.005, doubtful_rows: 5 }
    }
}

/// The two totals and the factor between them.
#[derive(Clone, Copy, Debug)]
pub struct Totals {
    /// Sum of before.
    pub before: f64,
    /// Sum of after.
    pub after: f64,
    /// After = k x before for unchanged code.
    pub k: f64,
}

impl Totals {
    /// What 100 % means for changes: the whole of before at the scale of after.
    #[must_use]
    pub fn whole(&self) -> f64 {
        let scaled = self.k * self.before;
        if scaled > 0.0 { scaled } else { self.after }
    }

    /// The growth of a cell: after less scaled before.
    #[must_use]
    pub fn growth(&self, cell: &Cell) -> f64 {
        cell.value.after as f64 - self.k * cell.value.before as f64
    }

    /// The larger of a cell's shares of before and of after.
    #[must_use]
    pub fn widest_share(&self, cell: &Cell) -> f64 {
        let share = |value: i128, total: f64| if total > 0.0 { value as f64 / total } else { 0.0 };
        share(cell.value.before, self.before).max(share(cell.value.after, self.after))
    }
}

/// One plateau that changed.
#[derive(Clone, Copy, Debug)]
pub struct Ranked {
    /// The function.
    pub key: u32,
    /// How sure the change is.
    pub tier: Tier,
    /// Why it is reported.
    pub why: Why,
    /// After less scaled before, in the unit of the values.
    pub growth: f64,
}

/// Ranks the functions that changed: growth first, by tier and size; then shrinkage in the same way.
///
/// Without `noise` every large enough change is listed, and none is called certain.
#[must_use]
pub fn rank(
    functions: &[FunctionCells],
    keys: &KeySpace,
    totals: &Totals,
    noise: Option<&Noise>,
    options: &RankOptions,
) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> = Vec::new();
    for (key, function) in functions.iter().enumerate() {
        let cell = &function.own;
        let growth = totals.growth(cell);
        if growth == 0.0 || totals.widest_share(cell) < options.min_share {
            continue;
        }
        let Some(tier) = tier(cell, growth, totals, noise, options) else { continue };
        let why = match (function.total.value.before, function.total.value.after) {
            (0, _) => Why::New,
            (_, 0) => Why::Gone,
            _ => Why::Own,
        };
        ranked.push(Ranked { key: key as u32, tier, why, growth });
    }
    // Ties by name: the order must not depend on which capture names a function first.
    let name = |row: &Ranked| &keys.keys()[row.key as usize].name;
    ranked.sort_by(|one, other| {
        let order = |row: &Ranked| (row.growth < 0.0, row.tier as u8);
        order(one)
            .cmp(&order(other))
            .then(other.growth.abs().total_cmp(&one.growth.abs()))
            .then_with(|| name(one).cmp(name(other)))
    });
    let mut doubtful = [0usize; 2];
    ranked.retain(|row| {
        if !matches!(row.tier, Tier::MayHaveGrown | Tier::MayHaveShrunk) {
            return true;
        }
        let rows = &mut doubtful[usize::from(row.growth < 0.0)];
        *rows += 1;
        *rows <= options.doubtful_rows
    });
    ranked
}

fn tier(
    cell: &Cell,
    growth: f64,
    totals: &Totals,
    noise: Option<&Noise>,
    options: &RankOptions,
) -> Option<Tier> {
    let Some(noise) = noise else {
        return (growth.abs() >= options.min_share * totals.whole()).then_some(Tier::Unquantified);
    };
    let (before, after) = (cell.count.before as f64, cell.count.after as f64);
    let z = noise.z(before, after);
    let certain = noise.is_significant(before, after) && z.signum() == growth.signum();
    match (certain, growth > 0.0) {
        (true, true) => Some(Tier::Grew),
        (true, false) => Some(Tier::Shrank),
        (false, _) if z.abs() < 1.0 => None,
        (false, true) => Some(Tier::MayHaveGrown),
        (false, false) => Some(Tier::MayHaveShrunk),
    }
}
