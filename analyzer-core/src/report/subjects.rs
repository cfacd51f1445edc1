//! Every wide function by itself, and every class of code, whether it changed or not: what budgets are about. Rows of the
//! report are those of them that changed, and leave out what a row about a caller tells.

use super::build::{Inputs, key_name, round, saturate};
use super::places::places;
use super::sums::Claims;
use super::{Growth, PlateauSide};
use crate::plateau::{Changes, Kind, Ranked, Tier, Totals, Why};
use crate::stats::noise::{FEWEST_SAMPLES, Noise};
use crate::tree::{Cell, ROOT};
use std::collections::BTreeMap;

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
    /// Of a function of which something belongs to a path that a budget is about, what is left of it.
    pub left: Option<Left>,
    /// What it grew by, function by function; of sums that budgets ask for.
    pub parts: Vec<Part>,
}

/// What is left of a function beside paths that budgets are about.
#[derive(Clone, Debug)]
pub enum Left {
    /// All of it belongs to them.
    Nothing,
    /// The rest.
    Rest(Box<Subject>),
}

/// What a function or region does to a sum.
#[derive(Clone, Debug)]
pub struct Part {
    /// Whether the function is meant by itself or with what it calls.
    pub kind: Kind,
    /// The function.
    pub function: String,
    /// Its module.
    pub module: Option<String>,
    /// The class of where it was called: its own, or that of its nearest caller that has one. Regions have none.
    pub class: Option<String>,
    /// The rule about a path that this part belongs to, by its place in the file.
    pub rule: Option<usize>,
    /// What it grew by, in percent of the whole of before at the scale of after.
    pub growth_pct: f64,
}

/// What subjects are measured with.
pub(super) struct Measuring<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) totals: Totals,
    pub(super) per_unit: f64,
}

/// How sure a change is.
struct Evidence {
    is_sure: bool,
    /// Half the width of its interval, in samples of after.
    margin: f64,
}

/// The functions of at least the smallest share, widest first.
pub(super) fn functions(measuring: &Measuring<'_>, claims: Option<&Claims>) -> Vec<Subject> {
    let &Measuring { inputs, totals, .. } = measuring;
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
        let is_own = |row: &Ranked| row.key == ranked.key && row.kind == Kind::Plateau;
        let unlisted = unlisted[ranked.key as usize];
        let of = |cell: &Cell, path: Vec<String>| Subject {
            module: key.module.clone(),
            class: inputs.classified.of_key(ranked.key as usize).map(str::to_owned),
            path,
            ..measuring.function(ranked.key, cell)
        };
        let left = claims.and_then(|claims| {
            let left = &claims.own[ranked.key as usize];
            match *left == Cell::default() {
                _ if left == cell => None,
                true => Some(Left::Nothing),
                false => Some(Left::Rest(Box::new(of(left, claims.path(inputs, ranked.key as usize))))),
            }
        });
        let subject = of(cell, place.path);
        Subject {
            tier: unlisted.unwrap_or(subject.tier),
            row: inputs.ranking.rows.iter().position(is_own),
            is_unlisted: unlisted.is_some(),
            left,
            ..subject
        }
    });
    let mut subjects: Vec<Subject> = subjects.collect();
    sort(&mut subjects);
    subjects
}

/// The classes of code, widest first; none for traces.
pub(super) fn classes(measuring: &Measuring<'_>, mut parts: BTreeMap<String, Vec<Part>>) -> Vec<Subject> {
    let inputs = measuring.inputs;
    let Some(rows) = &inputs.classes else { return Vec::new() };
    let cells = inputs.classified.cells(inputs.tree).into_iter();
    let cells = cells.filter(|(class, _)| rows.iter().any(|row| row.class == *class));
    let subject = |(class, cell): (String, Cell)| {
        let evidence = |noise: &Noise, before, after| Evidence {
            is_sure: noise.differs(before, after, rows.len()),
            margin: noise.margin(before, after, noise.confidence),
        };
        let parts = parts.remove(&class).unwrap_or_default();
        Subject { parts, ..measuring.subject(class, &cell, evidence) }
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
    /// A function by itself, or what is left of it.
    fn function(&self, key: u32, cell: &Cell) -> Subject {
        let scatter = self.inputs.scatters.get(key as usize);
        let by_scatter = |by_noise| scatter.map_or(by_noise, |scatter| scatter.p_value(by_noise));
        let width = |noise: &Noise| scatter.map_or(1.0, |scatter| scatter.width(noise.confidence));
        self.subject(key_name(self.inputs.keys, key), cell, |noise, before, after| Evidence {
            is_sure: noise.is_significant(before, after)
                && by_scatter(noise.p_value(before, after)) <= noise.level(),
            margin: width(noise) * noise.margin(before, after, noise.confidence),
        })
    }

    /// A sum over functions, each of which differs by itself.
    pub(super) fn sum<'c>(
        &self,
        name: String,
        whole: &Cell,
        functions: impl Iterator<Item = &'c Cell>,
    ) -> Subject {
        self.subject(name, whole, |noise, before, after| {
            let (mut by_phi, mut by_alpha) = (0.0, 0.0);
            for cell in functions {
                let samples = cell.count.before.samples() + cell.count.after.samples();
                let (phi, alpha) = noise.variance_of_sum(samples);
                (by_phi, by_alpha) = (by_phi + phi, by_alpha + alpha);
            }
            let (growth, scaled) = (after - noise.k * before, noise.scaled(before, after));
            let is_enough = before + after >= FEWEST_SAMPLES;
            Evidence {
                is_sure: is_enough && noise.p_value_of_sum(growth, by_phi, by_alpha, scaled) <= noise.level(),
                margin: noise.margin_of_sum(before, after, by_alpha, noise.confidence),
            }
        })
    }

    /// What a cell of a function does to a sum.
    pub(super) fn part(
        &self,
        key: usize,
        cell: &Cell,
        kind: Kind,
        rule: Option<usize>,
        class: Option<&str>,
    ) -> Part {
        let inputs = self.inputs;
        Part {
            kind,
            function: key_name(inputs.keys, key as u32),
            module: inputs.keys.keys()[key].module.clone(),
            class: class.map(str::to_owned),
            rule,
            growth_pct: self.percent(self.totals.growth(cell)),
        }
    }

    fn percent(&self, value: f64) -> f64 {
        let whole = self.totals.whole();
        if whole == 0.0 { 0.0 } else { round(100.0 * value / whole) }
    }

    fn subject(
        &self,
        name: String,
        cell: &Cell,
        evidence: impl FnOnce(&Noise, f64, f64) -> Evidence,
    ) -> Subject {
        let (inputs, totals) = (self.inputs, &self.totals);
        let noise = inputs.noise.as_ref();
        let growth = totals.growth(cell);
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
            scatters: inputs.scatters,
            requests: None,
        };
        let evidence = noise.map(|noise| evidence(noise, before, after));
        let margin = evidence.as_ref().map(|evidence| evidence.margin * changes.weight(cell));
        let tier = match (noise, evidence) {
            (Some(noise), Some(evidence)) => {
                // In samples and in values, where those differ in weight.
                let is_sure = evidence.is_sure && (after - noise.k * before) * growth > 0.0;
                match (is_sure, growth > 0.0) {
                    (true, true) => Tier::Grew,
                    (true, false) => Tier::Shrank,
                    (false, true) => Tier::MayHaveGrown,
                    (false, false) => Tier::MayHaveShrunk,
                }
            }
            _ => Tier::Unquantified,
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
                pct: self.percent(growth),
                low_pct: margin.map(|margin| self.percent(growth - margin)),
                high_pct: margin.map(|margin| self.percent(growth + margin)),
            },
            detectable_pct: noise
                .filter(|_| whole > 0.0)
                .map(|noise| round(100.0 * noise.detectable(share, whole))),
            before: before_side,
            after: after_side,
            row: None,
            is_unlisted: false,
            left: None,
            parts: Vec::new(),
        }
    }
}
