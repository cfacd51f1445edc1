//! Judges what changed by the rules: which rule is about it, whether its estimate is above its budget, and whether it is more
//! than noise.

use super::accept::Acceptance;
use super::budget::Budgets;
use super::candidate::{Candidate, Taken, What};
use super::limit::Limits;
use super::{AcceptedInfo, RowResult, RowVerdict, RuleResult, words};
use crate::plateau::Tier;
use crate::report::Report;
use jiff::civil::Date;

/// Rules and what they were found to be about.
pub(super) struct Judged {
    /// The rules of the file, in its order, and that of all else.
    pub(super) rules: Vec<RuleResult>,
    /// Of every accepted change, whether it excused something.
    pub(super) is_used: Vec<bool>,
}

/// The rule that judges a candidate.
#[derive(Clone, Copy)]
struct Rule<'a> {
    limits: &'a Limits,
    min_samples: Option<u64>,
    /// Whether it is the one of all else.
    is_default: bool,
}

/// Judges everything.
pub(super) fn judge(report: &Report, candidates: &[Candidate], budgets: &Budgets, today: Date) -> Judged {
    let default = Limits::share(budgets.default);
    let mut rules: Vec<RuleResult> = budgets.rules.iter().enumerate().map(RuleResult::of).collect();
    rules.push(RuleResult::of_all_else(&default));
    let mut acceptance = Acceptance::new(report, budgets, today);
    for candidate in candidates {
        let Some(at) = rule_of(candidate, budgets) else { continue };
        let result = &mut rules[at];
        result.checked += 1;
        let rule = match budgets.rules.get(at) {
            Some(rule) => Rule { limits: &rule.limits, min_samples: rule.min_samples, is_default: false },
            None => Rule { limits: &default, min_samples: None, is_default: true },
        };
        let is_class_rule = result.selects.as_ref().is_some_and(|selects| selects.by == "class");
        let row = if is_class_rule && candidate.what != What::Class {
            // The class is judged as a whole; its functions show where it grew.
            let is_growth = matches!(candidate.tier, Tier::Grew);
            is_growth.then(|| {
                row(candidate, rule.limits, RowVerdict::InClass, "part of its class".to_owned(), None)
            })
        } else {
            judged(report, candidate, rule, &mut acceptance)
        };
        result.rows.extend(row);
    }
    for (at, result) in rules.iter_mut().enumerate() {
        let is_default = at == budgets.rules.len();
        let too_small = if is_default { words::too_small(report, &default) } else { None };
        let worst =
            result.rows.iter().map(|row| row.verdict.as_of_rule()).max().unwrap_or(RowVerdict::Passed);
        result.verdict = if too_small.is_some() { worst.max(RowVerdict::Inconclusive) } else { worst };
        result.text = words::rule(result, too_small);
    }
    Judged { rules, is_used: acceptance.is_used }
}

/// The first rule that is about a candidate; that of all else for what none is about, if no other row tells it.
fn rule_of(candidate: &Candidate, budgets: &Budgets) -> Option<usize> {
    if candidate.taken == Taken::All {
        return None;
    }
    let rule = budgets.rules.iter().position(|rule| rule.selector.is_about(candidate));
    candidate.rule.or(rule).or(candidate.is_by_itself.then_some(budgets.rules.len()))
}

/// The row of a candidate, where there is anything to say about it.
fn judged(
    report: &Report,
    candidate: &Candidate,
    rule: Rule<'_>,
    acceptance: &mut Acceptance<'_>,
) -> Option<RowResult> {
    let Rule { limits, min_samples, is_default } = rule;
    let is_above = candidate.exceeds(limits);
    let is_significant = candidate.tier == Tier::Grew;
    let plain = |verdict| row(candidate, limits, verdict, words::row(candidate, limits, verdict), None);
    if !is_above {
        // What shrank by more than noise did not grow unseen.
        let is_open = !is_default && !matches!(candidate.tier, Tier::Grew | Tier::Shrank);
        let is_unseen = is_open && candidate.may_exceed_unseen(limits).is_some();
        return match (is_unseen, is_significant) {
            (true, _) => Some(plain(RowVerdict::Inconclusive)),
            (false, true) => Some(plain(RowVerdict::Passed)),
            (false, false) => None,
        };
    }
    if candidate.is_moved && is_default {
        let mut row = plain(RowVerdict::Passed);
        row.text += "; it moved there from a function nearby, and the whole did not grow by it";
        return Some(row);
    }
    let answer = acceptance.of(candidate, limits);
    if let Some(verdict) = answer.verdict {
        let text = words::row(candidate, limits, verdict) + &answer.text;
        return Some(row(candidate, limits, verdict, text, answer.info));
    }
    let few = min_samples.filter(|&least| candidate.samples.is_none_or(|samples| samples < least));
    let mut judged = match (is_significant, few) {
        (true, None) => plain(RowVerdict::Failed),
        (true, Some(least)) => {
            let mut row = plain(RowVerdict::Inconclusive);
            let noun = words::noun(report.basis);
            let known = match candidate.samples {
                Some(samples) => format!("it rests on {}", crate::report::units::many(samples, noun)),
                None => format!("its {noun}s are not counted"),
            };
            row.text = format!(
                "{}, more than its budget of {}; {known}, and the rule asks for {least}",
                words::change(candidate, limits),
                limits.text()
            );
            row
        }
        (false, _) => plain(RowVerdict::Inconclusive),
    };
    judged.text += &answer.text;
    Some(judged)
}

fn row(
    candidate: &Candidate,
    limits: &Limits,
    verdict: RowVerdict,
    text: String,
    accepted: Option<AcceptedInfo>,
) -> RowResult {
    RowResult {
        function: candidate.name.clone(),
        kind: candidate.what,
        module: candidate.module.clone(),
        class: candidate.class.clone(),
        path: candidate.path.clone(),
        tier: candidate.tier,
        verdict,
        before_pct: candidate.before_pct,
        change_pct: candidate.change_pct,
        low_pct: candidate.low_pct,
        high_pct: candidate.high_pct,
        growth_pct: candidate.growth_pct(),
        per_unit: candidate.per_unit.map(|(amount, _)| amount),
        samples: candidate.samples,
        budget: limits.text(),
        accepted,
        text,
    }
}
