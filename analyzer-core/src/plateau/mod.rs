//! Which functions grew, in the order in which a person should look.
//!
//! A plateau is wide (a share of either capture) and flat: a function's own time, over all its callers. A region is a
//! function that changed together with what it calls.

use crate::count::Count;
mod regions;
mod startup;

use crate::align::KeySpace;
use crate::classes::Classified;
use crate::function::FunctionCells;
use crate::stats::Chances;
use crate::stats::captures::Scatter;
use crate::stats::noise::{FEWEST_SAMPLES, Noise, NoiseSource, among_many};
use crate::stats::normal;
use crate::tree::{CallTree, Cell, ROOT};
use regions::{Regions, Worth};
use serde::Serialize;
use startup::Startup;

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
    /// It and what it calls changed together: it was called more often or with more to do.
    Scaled,
    /// Another function nearby shrank by as much.
    Moved,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A function by itself, over all its callers.
    Plateau,
    /// A function and all it calls.
    Region,
}

impl Kind {
    /// What the row counts of a function.
    #[must_use]
    pub fn cell(self, function: &FunctionCells) -> &Cell {
        match self {
            Kind::Plateau => &function.own,
            Kind::Region => &function.total,
        }
    }
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
    /// Whether it is meant by itself or with what it calls.
    pub kind: Kind,
    /// How sure the change is.
    pub tier: Tier,
    /// Why it is reported.
    pub why: Why,
    /// After less scaled before, in the unit of the values.
    pub growth: f64,
    /// Half the width of the interval around it; `None` without noise.
    pub margin: Option<f64>,
}

/// What changed, ranked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranking {
    /// The rows in the order in which a person should look.
    pub(crate) rows: Vec<Ranked>,
    /// Functions whose changes are below the evidence and have no row, in the same order. What a region tells is not among
    /// them.
    pub(crate) unlisted: Vec<Ranked>,
    /// `None` without noise.
    pub(crate) chances: Option<Chances>,
}

/// Less than this part of a value is what multiplying by k rounds off.
const LEAST_PART: f64 = 1e-12;

/// Two captures, compared function by function.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'a> {
    /// The call tree of both.
    pub tree: &'a CallTree,
    /// Of every node, whether its function is not among its callers.
    pub outermost: &'a [bool],
    /// What was measured in every function, by key.
    pub functions: &'a [FunctionCells],
    /// The functions' names.
    pub keys: &'a KeySpace,
    /// The totals.
    pub totals: Totals,
    /// How much captures of unchanged code differ; `None` where samples are not counted.
    pub noise: Option<&'a Noise>,
    /// How much each function differs among captures of before, by key, where there are many.
    pub(crate) scatters: &'a [Scatter],
    /// How sure the change of each function is, by key, where its requests tell that.
    pub requests: Option<&'a [Option<Certainty>]>,
}

/// How sure the change of a function is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certainty {
    /// Whether it is more than noise, and enough to matter.
    pub is_sure: bool,
    /// After less scaled before, in the unit of the values, by which that was judged.
    pub growth: f64,
    /// Half the width of its interval.
    pub margin: f64,
}

impl Changes<'_> {
    /// How likely a function's samples are to differ as much in the direction of its growth where nothing changed; 1 where
    /// there are too few of them, or their direction is not that of the values.
    fn p_value(&self, key: usize, growth: f64, noise: &Noise) -> f64 {
        let cell = &self.functions[key].own;
        let (before, after) = (cell.count.before.samples(), cell.count.after.samples());
        if before + after < FEWEST_SAMPLES || (after - noise.k * before) * growth <= 0.0 {
            return 1.0;
        }
        let by_noise = noise.p_value(before, after);
        self.scatters.get(key).map_or(by_noise, |scatter| scatter.p_value(by_noise))
    }

    /// Half the width of the interval around a function's growth, in the unit of the values.
    pub(crate) fn margin(&self, key: usize, noise: &Noise) -> f64 {
        let cell = &self.functions[key].own;
        let (before, after) = (cell.count.before.samples(), cell.count.after.samples());
        let width = self.scatters.get(key).map_or(1.0, |scatter| scatter.width(noise.confidence));
        width * noise.margin(before, after, noise.confidence) * self.weight(cell)
    }

    /// What a sample of a cell weighs, in the unit of the values of after: on both sides, so that they may be turned
    /// round.
    pub(crate) fn weight(&self, cell: &Cell) -> f64 {
        let weigh = |value: i128, count: Count| (!count.is_zero()).then(|| value as f64 / count.samples());
        let sides = |cell: &Cell| {
            (weigh(cell.value.before, cell.count.before), weigh(cell.value.after, cell.count.after))
        };
        let whole = sides(&self.tree.total[ROOT]);
        let both = whole.0.zip(whole.1).filter(|&(before, after)| before > 0.0 && after > 0.0);
        let to_after = both.map_or(1.0, |(before, after)| after / before);
        match sides(cell) {
            (Some(before), Some(after)) => (before * to_after * after).max(0.0).sqrt(),
            (Some(before), None) => before * to_after,
            (None, Some(after)) => after,
            (None, None) => whole.1.unwrap_or(1.0),
        }
    }
}

/// The share of the chance of a false alarm that regions may use; plateaus have the rest.
const CHANCE_OF_REGIONS: f64 = 0.2;

/// How many tests a comparison counts as, when so many plateaus are wide enough: regions are tested as well.
#[must_use]
pub fn tests(plateaus: usize) -> usize {
    (plateaus.max(1) as f64 / (1.0 - CHANCE_OF_REGIONS)).ceil() as usize
}

/// Ranks what changed: growth first, by tier and size; then shrinkage in the same way.
///
/// Without noise every large enough change is listed, and none is called certain.
#[must_use]
pub(crate) fn rank(changes: &Changes<'_>, classified: &Classified<'_>, options: &RankOptions) -> Ranking {
    let Changes { functions, keys, totals, noise, requests, .. } = *changes;
    let mut ranked: Vec<Ranked> = Vec::new();
    let startup = match noise {
        Some(noise) if noise.source != NoiseSource::Replicates => Startup::new(changes, classified),
        _ => Startup::default(),
    };
    let mut chances = Chances::NOTHING;
    let mut in_region = [vec![0.0; functions.len()], vec![0.0; functions.len()]];
    if let Some(noise) = noise {
        let find = |sign| regions(changes, noise, sign, options);
        let (grown, shrunk) = rayon::join(|| find(1.0), || find(-1.0));
        for ((sign, regions), in_region) in [(1.0, grown), (-1.0, shrunk)].into_iter().zip(&mut in_region) {
            *in_region = regions.explained;
            // A function whose region is told needs no row for itself.
            regions.found.iter().for_each(|region| in_region[region.key as usize] = 1.0);
            // In samples and in values, where those differ in weight.
            let has_sign =
                |region: &regions::Region| sign * totals.growth(&functions[region.key as usize].total) > 0.0;
            let found: Vec<regions::Region> = regions.found.into_iter().filter(has_sign).collect();
            let is_told = |region: &&regions::Region| !startup.has(region.key as usize, Kind::Region);
            found.iter().filter(is_told).for_each(|region| chances.meet(sign, region.p_value));
            ranked.extend(found.into_iter().map(|region| {
                let cell = &functions[region.key as usize].total;
                let (before, after) = (cell.count.before.samples(), cell.count.after.samples());
                let margin = noise.margin_of_sum(before, after, region.by_alpha, noise.confidence);
                Ranked {
                    key: region.key,
                    kind: Kind::Region,
                    tier: if sign > 0.0 { Tier::Grew } else { Tier::Shrank },
                    why: Why::Scaled,
                    growth: totals.growth(cell),
                    margin: Some(margin * changes.weight(cell)),
                }
            }));
        }
    }
    for (key, function) in functions.iter().enumerate() {
        let cell = &function.own;
        let growth = totals.growth(cell);
        let is_explained = in_region[usize::from(growth < 0.0)][key] >= 0.5;
        let is_same = growth.abs() <= LEAST_PART * cell.value.after as f64;
        if is_same || is_explained || totals.widest_share(cell) < options.min_share {
            continue;
        }
        let certainty = requests.map(|requests| requests[key]);
        let tier = match (certainty, noise) {
            (Some(certainty), _) => tier_of_requests(growth, certainty),
            (None, Some(noise)) => {
                let p_value = changes.p_value(key, growth, noise);
                if growth != 0.0 && !startup.has(key, Kind::Plateau) {
                    chances.meet(growth, among_many(p_value) * noise.tests as f64);
                }
                tier(p_value <= noise.level(), growth)
            }
            (None, None) => Tier::Unquantified,
        };
        let why = match (function.total.value.before, function.total.value.after) {
            (0, _) => Why::New,
            (_, 0) => Why::Gone,
            _ => Why::Own,
        };
        let margin = noise.map(|noise| changes.margin(key, noise));
        let margin = margin.or(certainty.flatten().map(|certainty| certainty.margin));
        ranked.push(Ranked { key: key as u32, kind: Kind::Plateau, tier, why, growth, margin });
    }
    for row in ranked.iter_mut().filter(|row| startup.has(row.key as usize, row.kind)) {
        row.tier = match row.tier {
            Tier::Grew => Tier::MayHaveGrown,
            Tier::Shrank => Tier::MayHaveShrunk,
            other => other,
        };
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
    let is_doubtful = |row: &Ranked| matches!(row.tier, Tier::MayHaveGrown | Tier::MayHaveShrunk);
    let is_answered = !ranked.iter().all(is_doubtful);
    let mut doubtful = [0usize; 2];
    let is_listed = |row: &Ranked| {
        if row.tier == Tier::Unquantified {
            return row.growth.abs() >= options.min_share * totals.whole();
        }
        // Functions of a region have no rows that would tell what its own does.
        if !is_doubtful(row) || row.kind == Kind::Region {
            return true;
        }
        // Where there is an answer, what could as well be none is not worth a row.
        if is_answered && row.margin.is_some_and(|margin| margin >= row.growth.abs()) {
            return false;
        }
        let doubtful = &mut doubtful[usize::from(row.growth < 0.0)];
        *doubtful += 1;
        *doubtful <= options.doubtful_rows
    };
    let (rows, unlisted) = ranked.into_iter().partition(is_listed);
    Ranking { rows, unlisted, chances: noise.map(|_| chances) }
}

/// The tier of a function by what its requests tell.
fn tier_of_requests(growth: f64, certainty: Option<Certainty>) -> Tier {
    // A different mix of requests may turn a change round.
    let is_sure = certainty.is_some_and(|known| known.is_sure && known.growth.signum() == growth.signum());
    tier(is_sure, growth)
}

fn tier(is_sure: bool, growth: f64) -> Tier {
    match (is_sure, growth > 0.0) {
        (true, true) => Tier::Grew,
        (true, false) => Tier::Shrank,
        (false, true) => Tier::MayHaveGrown,
        (false, false) => Tier::MayHaveShrunk,
    }
}

fn regions(changes: &Changes<'_>, noise: &Noise, sign: f64, options: &RankOptions) -> Regions {
    let is_wide =
        |function: &&FunctionCells| changes.totals.widest_share(&function.total) >= options.min_share;
    let wide = changes.functions.iter().filter(is_wide).count().max(1) as f64;
    let samples: f64 = changes
        .functions
        .iter()
        .map(|function| function.own.count.after.samples() + noise.k * function.own.count.before.samples())
        .sum();
    let worth = Worth {
        samples: options.min_share * samples,
        lambda: 0.5 * normal::quantile(noise.level()).powi(2),
        tests: wide / CHANCE_OF_REGIONS,
    };
    regions::regions(changes, noise, sign, &worth)
}
