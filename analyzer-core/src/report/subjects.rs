//! Every wide function by itself, and every class of code, whether it changed or not: what budgets are about. Rows of the
//! report are those of them that changed, and leave out what a row about a caller tells.

use super::build::{Inputs, key_name, round, saturate};
use super::places::places;
use super::{Growth, PlateauSide};
use crate::plateau::{Changes, Kind, Ranked, Tier, Totals, Why};
use crate::stats::noise::Noise;
use crate::tree::{Cell, ROOT};

/// A function by itself, or a class of code.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The function, or the class.
    pub name: String,
    /// The module of the function.
    pub module: Option<String>,
    /// What such a function spends its time on.
    pub class: Option<String>,
    /// The path on which the function changed most, from the root.
    pub path: Vec<String>,
    /// How sure the change is.
    pub tier: Tier,
    /// Before.
    pub before: PlateauSide,
    /// After.
    pub after: PlateauSide,
    /// The change.
    pub growth: Growth,
    /// The smallest growth that would be found four times in five, in percent of the whole; `None` where evidence is unknown.
    pub detectable_pct: Option<f64>,
    /// The position of its own row in the report.
    pub row: Option<usize>,
    /// Whether it has none for want of evidence, and no row of a caller tells its change.
    pub is_unlisted: bool,
}

/// What subjects are measured with.
struct Measuring<'a> {
    inputs: &'a Inputs<'a>,
    totals: Totals,
    per_unit: f64,
}

/// The functions of at least the smallest share, widest first.
pub(super) fn functions(inputs: &Inputs<'_>, totals: Totals, per_unit: f64) -> Vec<Subject> {
    let measuring = Measuring { inputs, totals, per_unit };
    let least = inputs.options.rank.min_share;
    let wide = inputs.functions.iter().enumerate();
    let wide = wide.filter(|(_, function)| totals.widest_share(&function.own) >= least);
    let ranked: Vec<Ranked> = wide
        .map(|(key, function)| Ranked {
            key: key as u32,
            kind: Kind::Plateau,
            tier: Tier::Unquantified,
            why: Why::Own,
            growth: totals.growth(&function.own),
            margin: None,
        })
        .collect();
    let places = places(inputs.tree, inputs.keys, &totals, &ranked);
    let mut unlisted = vec![None; inputs.functions.len()];
    inputs.ranking.unlisted.iter().for_each(|row| unlisted[row.key as usize] = Some(row.tier));
    let subjects = ranked.iter().zip(places).map(|(ranked, place)| {
        let key = &inputs.keys.keys()[ranked.key as usize];
        let cell = &inputs.functions[ranked.key as usize].own;
        let is_sure =
            |noise: &Noise| noise.is_significant(cell.count.before.samples(), cell.count.after.samples());
        let is_own = |row: &Ranked| row.key == ranked.key && row.kind == Kind::Plateau;
        let unlisted = unlisted[ranked.key as usize];
        let subject = measuring.subject(key_name(inputs.keys, ranked.key), cell, is_sure);
        Subject {
            module: key.module.clone(),
            class: inputs.classified.of_key(ranked.key as usize).map(str::to_owned),
            path: place.path,
            tier: unlisted.unwrap_or(subject.tier),
            row: inputs.ranking.rows.iter().position(is_own),
            is_unlisted: unlisted.is_some(),
            ..subject
        }
    });
    let mut subjects: Vec<Subject> = subjects.collect();
    sort(&mut subjects);
    subjects
}

/// The classes of code, widest first; none for traces.
pub(super) fn classes(inputs: &Inputs<'_>, totals: Totals, per_unit: f64) -> Vec<Subject> {
    let Some(rows) = &inputs.classes else { return Vec::new() };
    let measuring = Measuring { inputs, totals, per_unit };
    let cells = inputs.classified.cells(inputs.tree).into_iter();
    let cells = cells.filter(|(class, _)| rows.iter().any(|row| row.class == *class));
    let subject = |(class, cell): (String, Cell)| {
        let is_sure = |noise: &Noise| {
            noise.differs(cell.count.before.samples(), cell.count.after.samples(), rows.len())
        };
        measuring.subject(class, &cell, is_sure)
    };
    let mut subjects: Vec<Subject> = cells.map(subject).collect();
    sort(&mut subjects);
    subjects
}

fn sort(subjects: &mut [Subject]) {
    let width = |subject: &Subject| subject.before.share_pct.max(subject.after.share_pct);
    subjects
        .sort_by(|one, other| width(other).total_cmp(&width(one)).then_with(|| one.name.cmp(&other.name)));
}

impl Measuring<'_> {
    fn subject(&self, name: String, cell: &Cell, is_sure: impl Fn(&Noise) -> bool) -> Subject {
        let (inputs, totals) = (self.inputs, &self.totals);
        let noise = inputs.noise.as_ref();
        let growth = totals.growth(cell);
        let percent = |value: f64| {
            let whole = totals.whole();
            if whole == 0.0 { 0.0 } else { round(100.0 * value / whole) }
        };
        let side = |value: i128, count, total: f64| PlateauSide {
            count: noise.map(|_| saturate(count)),
            value: value as f64 / self.per_unit,
            share_pct: if total > 0.0 { round(100.0 * value as f64 / total) } else { 0.0 },
        };
        let (before, after) = (cell.count.before.samples(), cell.count.after.samples());
        let changes = Changes {
            tree: inputs.tree,
            outermost: inputs.outermost,
            functions: inputs.functions,
            keys: inputs.keys,
            totals: *totals,
            noise,
            requests: None,
        };
        let margin = noise.map(|noise| noise.margin(before, after, noise.confidence) * changes.weight(cell));
        let tier = match noise {
            None => Tier::Unquantified,
            Some(noise) => {
                // In samples and in values, where those differ in weight.
                let is_sure = is_sure(noise) && noise.z(before, after).signum() == growth.signum();
                match (is_sure, growth > 0.0) {
                    (true, true) => Tier::Grew,
                    (true, false) => Tier::Shrank,
                    (false, true) => Tier::MayHaveGrown,
                    (false, false) => Tier::MayHaveShrunk,
                }
            }
        };
        let before_side = side(cell.value.before, cell.count.before, totals.before);
        let after_side = side(cell.value.after, cell.count.after, totals.after);
        let whole = inputs.tree.total[ROOT].count.before.samples();
        let share = ((before_side.share_pct + after_side.share_pct) / 200.0).min(0.99);
        Subject {
            name,
            module: None,
            class: None,
            path: Vec::new(),
            tier,
            growth: Growth {
                value: growth / self.per_unit,
                pct: percent(growth),
                low_pct: margin.map(|margin| percent(growth - margin)),
                high_pct: margin.map(|margin| percent(growth + margin)),
            },
            detectable_pct: noise
                .filter(|_| whole > 0.0)
                .map(|noise| round(100.0 * noise.detectable(share, whole))),
            before: before_side,
            after: after_side,
            row: None,
            is_unlisted: false,
        }
    }
}
