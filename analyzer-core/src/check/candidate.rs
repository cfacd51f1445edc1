//! What a check judges: rows of the report, functions that a row of a caller tells, classes of code, frames of requests.

use super::budget::Selector;
use super::limit::{Limits, UnitLimit};
use crate::plateau::{Kind, Tier, Why};
use crate::report::{Basis, Left, Part, Plateau, Report, Subject};
use crate::requests::{ContributionRow, Findings};
use crate::unit::{Unit, UnitKind};
use serde::Serialize;

/// What sort of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A function by itself.
    Plateau,
    /// A function and all it calls.
    Region,
    /// All code of a class.
    Class,
    /// All that stands below the frames of a path.
    Path,
    /// A frame of requests.
    Frame,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) what: What,
    pub(super) name: String,
    pub(super) module: Option<String>,
    pub(super) class: Option<String>,
    pub(super) path: Vec<String>,
    pub(super) tier: Tier,
    /// Share of before, in percent.
    pub(super) before_pct: f64,
    /// What it grew by, in percent of the whole of before at the scale of after, as all that follows.
    pub(super) change_pct: f64,
    pub(super) low_pct: Option<f64>,
    pub(super) high_pct: Option<f64>,
    /// Growth up to which may not have been found; `None` where evidence is unknown.
    pub(super) unseen_pct: Option<f64>,
    /// What it grew by per unit of work, in the smallest unit, and what a hundredth of the whole is of that.
    pub(super) per_unit: Option<(f64, f64)>,
    /// Samples of both sides together, or requests of after.
    pub(super) samples: Option<u64>,
    /// Whether another function nearby shrank by as much.
    pub(super) is_moved: bool,
    /// Whether the rule of all else may judge it: classes are told by what is in them, and some functions by a row of a caller.
    pub(super) is_by_itself: bool,
    /// The rule that it is there for, by its place in the file: of paths.
    pub(super) rule: Option<usize>,
    /// How much of it belongs to paths that rules are about.
    pub(super) taken: Taken,
    /// What it grew by, function by function: of classes and paths.
    pub(super) parts: Vec<Part>,
}

/// How much of something belongs to paths that rules are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Nothing,
    /// Some of it: the rest is what is judged.
    Part,
    All,
}

/// What a unit of work is, for amounts per unit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// So many units were done in after.
    Done(f64),
    /// Requests are the units.
    Requests,
    /// Nobody said.
    Unknown,
}

/// All that is judged, in the order of the report: rows, functions without one, paths, classes.
pub(super) fn candidates(report: &Report, work: Work) -> Vec<Candidate> {
    if let Some(findings) = &report.traces {
        let requests = report.after.samples.and_then(|requests| u64::try_from(requests).ok());
        return findings.contributions.iter().map(|row| frame(row, findings, requests)).collect();
    }
    let scaled = report.scale.k * report.before.value;
    let whole = if scaled > 0.0 { scaled } else { report.after.value };
    let size = Unit::of_values(&report.value_type.unit).size;
    let per_unit = |value: f64| match work {
        Work::Done(units) => Some((value * size / units, whole * size / units / 100.0)),
        Work::Requests | Work::Unknown => None,
    };
    let left_of = |whole: Candidate, left: &Left| match left {
        Left::Nothing => Candidate { taken: Taken::All, ..whole },
        Left::Rest(rest) => Candidate {
            per_unit: per_unit(rest.growth.value),
            path: if rest.path.is_empty() { whole.path } else { rest.path.clone() },
            is_by_itself: whole.is_by_itself,
            taken: Taken::Part,
            ..of_subject(rest, whole.what)
        },
    };
    let sums = report.sums.as_ref();
    let rows = report.plateaus.iter().enumerate().map(|(at, row)| {
        let by_itself = report.functions.iter().find(|function| function.row == Some(at));
        let region = sums.and_then(|sums| sums.regions.iter().find(|(row, _)| *row == at));
        let whole = Candidate {
            per_unit: per_unit(row.growth.value),
            unseen_pct: by_itself.and_then(|function| function.detectable_pct),
            ..of_row(row)
        };
        let left = match (by_itself.and_then(|function| function.left.as_ref()), region) {
            (Some(left), _) => left,
            (None, Some((_, left))) => left,
            (None, None) => return whole,
        };
        left_of(whole, left)
    });
    let hidden = report.functions.iter().filter(|function| function.row.is_none()).map(|function| {
        let per_unit = per_unit(function.growth.value);
        let whole = Candidate { per_unit, ..of_subject(function, What::Plateau) };
        match function.left.as_ref() {
            Some(left) => left_of(whole, left),
            None => whole,
        }
    });
    let paths = sums.into_iter().flat_map(|sums| sums.rules.iter().enumerate());
    let paths = paths.filter_map(|(rule, path)| {
        let path = path.as_ref().filter(|path| path.before.value != 0.0 || path.after.value != 0.0)?;
        let per_unit = per_unit(path.growth.value);
        Some(Candidate { rule: Some(rule), per_unit, ..of_subject(path, What::Path) })
    });
    let classes = report.class_subjects.iter().map(|class| Candidate {
        class: Some(class.name.clone()),
        per_unit: per_unit(class.growth.value),
        ..of_subject(class, What::Class)
    });
    rows.chain(hidden).chain(paths).chain(classes).collect()
}

fn of_row(row: &Plateau) -> Candidate {
    Candidate {
        what: if row.kind == Kind::Region { What::Region } else { What::Plateau },
        name: row.function.clone(),
        module: row.module.clone(),
        class: row.class.clone(),
        path: row.path.clone(),
        tier: row.tier,
        before_pct: row.before.share_pct,
        change_pct: row.growth.pct,
        low_pct: row.growth.low_pct,
        high_pct: row.growth.high_pct,
        unseen_pct: None,
        per_unit: None,
        samples: samples(row.before.count, row.after.count),
        is_moved: row.why == Why::Moved,
        is_by_itself: true,
        rule: None,
        taken: Taken::Nothing,
        parts: Vec::new(),
    }
}

fn of_subject(subject: &Subject, what: What) -> Candidate {
    Candidate {
        what,
        name: subject.name.clone(),
        module: subject.module.clone(),
        class: subject.class.clone(),
        path: subject.path.clone(),
        tier: subject.tier,
        before_pct: subject.before.share_pct,
        change_pct: subject.growth.pct,
        low_pct: subject.growth.low_pct,
        high_pct: subject.growth.high_pct,
        unseen_pct: subject.detectable_pct,
        per_unit: None,
        samples: samples(subject.before.count, subject.after.count),
        is_moved: false,
        is_by_itself: subject.is_unlisted,
        rule: None,
        taken: Taken::Nothing,
        parts: subject.parts.clone(),
    }
}

fn samples(before: Option<i64>, after: Option<i64>) -> Option<u64> {
    u64::try_from(before?.saturating_add(after?)).ok()
}

fn frame(row: &ContributionRow, findings: &Findings, requests: Option<u64>) -> Candidate {
    // Where before took no time, growth is told in parts of after, as that of profiles is.
    let mean_us =
        if findings.mean.before_us > 0.0 { findings.mean.before_us } else { findings.mean.after_us };
    let percent = |us: f64| if mean_us > 0.0 { 100.0 * us / mean_us } else { 0.0 };
    let service = row.frame.split_once(": ").filter(|_| !row.edge).map(|(service, _)| service.to_owned());
    Candidate {
        what: What::Frame,
        name: row.frame.clone(),
        module: service,
        class: None,
        path: row.path.clone(),
        tier: match row.tier {
            "grew" => Tier::Grew,
            "shrank" => Tier::Shrank,
            "may_have_grown" => Tier::MayHaveGrown,
            "may_have_shrunk" => Tier::MayHaveShrunk,
            _ => Tier::Unquantified,
        },
        before_pct: percent(row.before_us_per_request),
        change_pct: percent(row.delta_us_per_request),
        low_pct: row.low.map(percent),
        high_pct: row.high.map(percent),
        unseen_pct: row.high.map(percent),
        per_unit: Some((1e3 * row.delta_us_per_request, 1e3 * mean_us / 100.0)),
        samples: requests,
        is_moved: false,
        is_by_itself: true,
        rule: None,
        taken: Taken::Nothing,
        parts: Vec::new(),
    }
}

/// How far rounding of percentages goes.
const ROUNDED: f64 = 1e-9;

impl Candidate {
    /// What it grew by, in percent of itself; `None` where it is new.
    pub(super) fn growth_pct(&self) -> Option<f64> {
        (self.before_pct > 0.0).then(|| 100.0 * self.change_pct / self.before_pct)
    }

    /// Whether it grew by more than a limit, however sure that is.
    pub(super) fn exceeds(&self, limits: &Limits) -> bool {
        let per_unit = self.per_unit.map(|(amount, _)| amount);
        self.change_pct > 0.0 && is_above(limits, self.change_pct, self.growth_pct(), per_unit)
    }

    /// The same without so many points of its growth.
    pub(super) fn without(&self, points: f64) -> Candidate {
        let per_unit = self.per_unit.map(|(amount, of_point)| (amount - points * of_point, of_point));
        Candidate { change_pct: self.change_pct - points, per_unit, ..self.clone() }
    }

    /// Growth above a limit that may be there and not have been found, in percent of the whole. Where the interval of what
    /// was found lies below all limits, it is not there.
    pub(super) fn may_exceed_unseen(&self, limits: &Limits) -> Option<f64> {
        let unseen = self.unseen_pct?;
        let may_be_above = |pct: f64| {
            let of_itself = if self.before_pct > 0.0 { 100.0 * pct / self.before_pct } else { 0.0 };
            let per_unit = self.per_unit.map(|(_, per_point)| pct * per_point);
            is_above(limits, pct, Some(of_itself), per_unit)
        };
        (may_be_above(unseen) && self.high_pct.is_none_or(may_be_above)).then_some(unseen)
    }
}

fn is_above(limits: &Limits, change_pct: f64, growth_pct: Option<f64>, per_unit: Option<f64>) -> bool {
    let share = limits.share.is_some_and(|share| change_pct > 100.0 * share + ROUNDED);
    // What is new grew by more than any part of itself.
    let growth =
        limits.growth.is_some_and(|limit| growth_pct.is_none_or(|pct| pct > 100.0 * limit + ROUNDED));
    let unit = |limit: &UnitLimit| per_unit.is_some_and(|amount| amount > limit.amount * (1.0 + ROUNDED));
    share || growth || limits.per_unit.as_ref().is_some_and(unit)
}

impl Selector {
    pub(super) fn is_about(&self, candidate: &Candidate) -> bool {
        match (self, candidate.what) {
            // It is there for one rule alone.
            (_, What::Path) => false,
            (Selector::Class(_), _) => self.names("", None, candidate.class.as_deref()),
            (_, What::Class) => false,
            (Selector::Path(pattern), What::Frame) => {
                candidate.path.iter().any(|name| pattern.is_match(name))
            }
            (Selector::Path(_), _) => false,
            _ => self.names(&candidate.name, candidate.module.as_deref(), None),
        }
    }

    /// Whether there is anything in the captures that it could be about.
    pub(super) fn is_found(&self, report: &Report, candidates: &[Candidate]) -> bool {
        let named = |pattern: &regex::Regex| report.graph.names.iter().any(|name| pattern.is_match(name));
        let known = match self {
            Selector::Function(pattern) | Selector::Path(pattern) => named(pattern),
            Selector::Module(_) | Selector::Class(_) => false,
        };
        known || candidates.iter().any(|candidate| self.is_about(candidate))
    }
}

/// Whether amounts of this unit are what was measured.
pub(super) fn fits(limit: &UnitLimit, report: &Report) -> bool {
    let measured = match report.basis {
        Basis::Requests => UnitKind::Time,
        Basis::Samples | Basis::Amounts => Unit::of_values(&report.value_type.unit).kind,
    };
    limit.unit.kind == measured
}
