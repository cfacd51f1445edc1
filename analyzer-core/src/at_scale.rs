//! What changed at a scale, and whether another scale says it in fewer words.

use crate::align::KeySpace;
use crate::classes::Classified;
use crate::count::Count;
use crate::function::FunctionCells;
use crate::plateau::{Certainty, Changes, RankOptions, Ranked, Ranking, Tier, Totals, rank, tests};
use crate::scale::{Alternative, ScaleMode};
use crate::stats::captures::Scatter;
use crate::stats::noise::Noise;
use crate::stats::replicates::Replicates;
use crate::tree::{CallTree, Cell, ROOT, Side};

/// Two sides in one tree, not scaled yet.
pub(crate) struct Unscaled<'a> {
    pub(crate) tree: &'a CallTree,
    pub(crate) outermost: &'a [bool],
    pub(crate) functions: &'a [FunctionCells],
    pub(crate) keys: &'a KeySpace,
    pub(crate) classified: &'a Classified<'a>,
    /// How much captures of one side differ, where there are several.
    pub(crate) replicates: &'a [Replicates],
    /// The samples of each function itself in every capture.
    pub(crate) own: &'a [(Side, Vec<f64>)],
    /// Whether samples are counted.
    pub(crate) is_counted: bool,
    /// How sure the change of each function is, where requests tell that.
    pub(crate) requests: Option<&'a [Option<Certainty>]>,
    pub(crate) confidence: f64,
    pub(crate) rank: &'a RankOptions,
}

/// What changed at a scale.
pub(crate) struct AtScale {
    pub(crate) totals: Totals,
    pub(crate) noise: Option<Noise>,
    pub(crate) ranking: Ranking,
    /// How much each function differs among captures of before, by key, where there are many.
    pub(crate) scatters: Vec<Scatter>,
}

/// One row that explains so much of what amounts grew by is what happened,
const MOST: f64 = 0.9;
/// if it is not about nearly all of them: that is more load.
const NEARLY_ALL: f64 = 0.8;
/// What a scale explains less than this of does not need another.
const LITTLE: f64 = 0.5;

impl Unscaled<'_> {
    pub(crate) fn at(&self, scale: &Alternative) -> AtScale {
        let whole = &self.tree.total[ROOT];
        let totals =
            Totals { before: whole.value.before as f64, after: whole.value.after as f64, k: scale.k };
        let noise = self.is_counted.then(|| self.noise(scale, &totals));
        let scatters = noise.as_ref().map_or_else(Vec::new, |noise| Scatter::of_functions(self.own, noise));
        let changes = Changes {
            tree: self.tree,
            outermost: self.outermost,
            functions: self.functions,
            keys: self.keys,
            totals,
            noise: noise.as_ref(),
            scatters: &scatters,
            requests: self.requests,
        };
        let ranking = rank(&changes, self.classified, self.rank);
        AtScale { totals, noise, ranking, scatters }
    }

    /// What changed at the first of the scales. Where most of a heap grew together, unchanged functions cannot be told
    /// from it, and the reference is that of what grew; if as it is one row tells the growth, it is compared as it is.
    pub(crate) fn at_best(&self, scales: &mut [Alternative]) -> AtScale {
        let first = self.at(&scales[0]);
        let absolute = scales.iter().position(|scale| scale.mode == ScaleMode::Absolute);
        if let Some(absolute) = absolute.filter(|_| scales[0].mode == ScaleMode::Reference)
            && self.explained(&first) < LITTLE
        {
            let other = self.at(&scales[absolute]);
            if other.ranking.rows.iter().any(|row| self.tells(row, &other.totals)) {
                scales[..=absolute].rotate_right(1);
                return other;
            }
        }
        first
    }

    fn noise(&self, scale: &Alternative, totals: &Totals) -> Noise {
        let whole = &self.tree.total[ROOT];
        let wide = |function: &&FunctionCells| totals.widest_share(&function.own) >= self.rank.min_share;
        let tests = tests(self.functions.iter().filter(wide).count());
        let k = scale.k * weights(whole);
        let assumed = Noise::assumed(k, tests, self.confidence);
        let scaled = match scale.mode {
            ScaleMode::Share => {
                assumed.at_equal_totals(k, whole.count.before.samples(), whole.count.after.samples())
            }
            _ => assumed.at(k, scale.se_ln_k.unwrap_or(0.0)),
        };
        let measured =
            self.replicates.iter().fold(scaled, |noise, replicates| noise.learn_replicates(replicates));
        measured.learn(self.functions.iter().map(counts))
    }

    /// Whether a row alone says what made one side larger than the other. It is the same from either side.
    fn tells(&self, row: &Ranked, totals: &Totals) -> bool {
        let value = row.kind.cell(&self.functions[row.key as usize]).value;
        let (sign, share_of_smaller) = match totals.k * totals.before <= totals.after {
            true => (1.0, value.before as f64 / totals.before),
            false => (-1.0, value.after as f64 / totals.after),
        };
        let changes = self.functions.iter().map(|function| (sign * totals.growth(&function.own)).max(0.0));
        matches!(row.tier, Tier::Grew | Tier::Shrank)
            && sign * row.growth >= MOST * changes.sum::<f64>()
            && share_of_smaller < NEARLY_ALL
    }

    /// The share of all changes that certain rows explain.
    fn explained(&self, at: &AtScale) -> f64 {
        let rows = at.ranking.rows.iter().filter(|row| matches!(row.tier, Tier::Grew | Tier::Shrank));
        let explained: f64 = rows.map(|row| row.growth.abs()).sum();
        let changes = self.functions.iter().map(|function| at.totals.growth(&function.own).abs());
        explained / changes.sum::<f64>().max(f64::MIN_POSITIVE)
    }
}

/// Samples of before and of after in a function itself.
pub(crate) fn counts(function: &FunctionCells) -> (f64, f64) {
    (function.own.count.before.samples(), function.own.count.after.samples())
}

/// What a sample of before weighs over what one of after weighs: k of values times this is k of counts.
pub(crate) fn weights(whole: &Cell) -> f64 {
    let weight =
        |value: i128, count: Count| (!count.is_zero() && value > 0).then(|| value as f64 / count.samples());
    let before = weight(whole.value.before, whole.count.before);
    let after = weight(whole.value.after, whole.count.after);
    before.zip(after).map_or(1.0, |(before, after)| before / after)
}
