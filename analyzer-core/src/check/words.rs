//! Verdicts of a check as sentences.

use super::candidate::{Candidate, Taken, What};
use super::limit::Limits;
use super::{RowVerdict, RuleResult};
use crate::plateau::Tier;
use crate::render::screen::shorten;
use crate::report::{Basis, Part, Report, units};
use crate::unit::UnitKind;

/// A number without zeros behind it.
pub(super) fn amount(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Points of the whole: `+3.10 points`.
pub(super) fn points(pct: f64) -> String {
    format!("{pct:+.2} points")
}

/// What something grew by, as its budget counts it: `+3.10 points`, `+12 % of itself`.
pub(super) fn change(candidate: &Candidate, limits: &Limits) -> String {
    let mut parts = vec![points(candidate.change_pct)];
    if limits.growth.is_some() {
        parts.push(match candidate.growth_pct() {
            Some(pct) => format!("{pct:+.1} % of itself"),
            None => "new".to_owned(),
        });
    }
    if let (Some(limit), Some((amount, _))) = (&limits.per_unit, candidate.per_unit) {
        let per_unit = match limit.unit.kind {
            UnitKind::Time => units::value(amount, "nanoseconds"),
            UnitKind::Memory => units::value(amount, "bytes"),
            UnitKind::Other => units::count(amount),
        };
        parts.push(format!("{per_unit} per unit of work"));
    }
    parts.join(", ")
}

/// Where most of a path grew: `, most in parse (+2.50 points)`; of something else, that not all of it is meant.
fn part(candidate: &Candidate) -> String {
    if candidate.taken == Taken::Part {
        return " beside paths with a budget".to_owned();
    }
    let mut grown: Vec<&Part> = candidate.parts.iter().filter(|part| part.growth_pct > 0.0).collect();
    grown.sort_by(|one, other| {
        let by_size = other.growth_pct.total_cmp(&one.growth_pct);
        by_size.then_with(|| one.function.cmp(&other.function))
    });
    let named = |part: &&Part| format!("{} ({})", named_short(&part.function), points(part.growth_pct));
    let named: Vec<String> = grown.iter().take(NAMED).map(named).collect();
    match candidate.what == What::Path && candidate.change_pct > 0.0 && !named.is_empty() {
        true => format!(", most in {}", named.join(", ")),
        false => String::new(),
    }
}

/// Why a row is judged as it is, where it is judged by itself.
pub(super) fn row(candidate: &Candidate, limits: &Limits, verdict: RowVerdict) -> String {
    let (change, budget) = (change(candidate, limits) + &part(candidate), limits.text());
    match verdict {
        RowVerdict::Failed => format!("{change}, more than its budget of {budget}"),
        RowVerdict::Inconclusive if candidate.exceeds(limits) && candidate.tier == Tier::Unquantified => {
            format!("{change}, more than its budget of {budget}; how sure that is, is unknown")
        }
        RowVerdict::Inconclusive if candidate.exceeds(limits) => {
            format!("{change}, more than its budget of {budget}; it may be noise")
        }
        RowVerdict::Inconclusive => format!(
            "growth below {:.2} points would not be found, and its budget is {budget}",
            candidate.may_exceed_unseen(limits).unwrap_or_default()
        ),
        _ if candidate.exceeds(limits) => format!("{change}, more than its budget of {budget}"),
        _ => format!("{change}, within its budget of {budget}"),
    }
}

/// What the captures are too small for, where the budget of all else is below what would be found.
pub(super) fn too_small(report: &Report, limits: &Limits) -> Option<String> {
    let share = limits.share?;
    if let Some(findings) = &report.traces {
        return (findings.evidence == "none")
            .then(|| "there are too few requests to tell growth from noise".to_owned());
    }
    let found = report.noise.as_ref()?.detectable_pct.share_1;
    (found > 100.0 * share).then(|| {
        format!(
            "of a function of 1 %, growth below {found:.2} points would not be found, and the budget is {}; more \
             samples, or several captures of a side, tell more",
            limits.text()
        )
    })
}

/// Rows that are named in a sentence; others are counted.
const NAMED: usize = 3;

/// A name in a sentence; long ones lose their middle.
fn named_short(name: &str) -> String {
    shorten(name, 80)
}

/// The sentence of a rule.
pub(super) fn rule(rule: &RuleResult, too_small: Option<String>) -> String {
    let of = |verdict: RowVerdict| rule.rows.iter().filter(move |row| row.verdict == verdict);
    let named = |verdict: RowVerdict| {
        let mut names: Vec<String> = of(verdict)
            .take(NAMED)
            .map(|row| format!("{} ({})", named_short(&row.function), row.text))
            .collect();
        let more = of(verdict).count().saturating_sub(NAMED);
        names.extend((more > 0).then(|| format!("{more} more")));
        names.join("; ")
    };
    match rule.verdict {
        RowVerdict::Inconclusive if of(RowVerdict::Inconclusive).next().is_none() => {
            too_small.unwrap_or_default()
        }
        RowVerdict::Passed if rule.rule.is_none() => "nothing else grew by more".to_owned(),
        RowVerdict::Passed if rule.checked == 0 => {
            "nothing that it is about, and no rule above it is, is wide enough to compare".to_owned()
        }
        RowVerdict::Passed => "nothing that it is about grew by more".to_owned(),
        verdict => named(verdict),
    }
}

/// The sentence of all rules.
pub(super) fn verdict(code: RowVerdict, rules: &[RuleResult]) -> String {
    let rows = |verdict: RowVerdict| {
        rules.iter().flat_map(|rule| &rule.rows).filter(move |row| row.verdict == verdict)
    };
    let number = |verdict: RowVerdict| rows(verdict).count() as u64;
    let first = |verdict: RowVerdict| {
        let names: Vec<String> = rows(verdict).take(NAMED).map(|row| named_short(&row.function)).collect();
        let more = number(verdict).saturating_sub(NAMED as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", names.join(", "))
    };
    let mut text = match code {
        RowVerdict::Failed => {
            let is_one = number(code) == 1;
            let their = if is_one { "its budget" } else { "their budgets" };
            format!("Failed: {} grew by more than {their}.", first(code))
        }
        RowVerdict::Inconclusive if number(code) > 0 => {
            format!("Inconclusive: whether {} grew by more than budgeted cannot be told.", first(code))
        }
        RowVerdict::Inconclusive => {
            "Inconclusive: nothing is known to have grown by more than its budget, and the captures are too small to \
             show it."
                .to_owned()
        }
        _ => "Passed: nothing grew by more than its budget.".to_owned(),
    };
    if number(RowVerdict::Accepted) > 0 {
        let accepted = units::many(number(RowVerdict::Accepted), "change");
        text += &format!(" {accepted} above a budget accepted for a time: {}.", first(RowVerdict::Accepted));
    }
    if code == RowVerdict::Failed && number(RowVerdict::Inconclusive) > 0 {
        text += &format!(" Of {} it cannot be told.", first(RowVerdict::Inconclusive));
    }
    text
}

/// What a side has a number of, for minimum evidence.
pub(super) fn noun(basis: Basis) -> &'static str {
    match basis {
        Basis::Requests => "request",
        Basis::Samples | Basis::Amounts => "sample",
    }
}
