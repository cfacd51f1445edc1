//! Gates: whether anything grew by more than it may.
//!
//! A change fails a check when it is more than noise and its estimate is above its budget; the low end of its interval need
//! not be. What may be noise, what rests on amounts of unknown samples, and budgets that captures are too small to show are
//! inconclusive, which is said.
//!
//! Serialised a [`Check`] is the JSON of `plateau check --format json`, schema `plateau-check/1`.

mod accept;
mod budget;
mod candidate;
mod limit;
#[cfg(test)]
mod tests;
mod verdict;
mod words;

use crate::plateau::Tier;
use crate::report::{Basis, Comparability, NoiseFigures, Report, Summary, Sums, ValueName};
use crate::scale::ScaleMode;
pub use budget::{Accepted, Budget, BudgetError, Budgets, DEFAULT, Selector};
pub use candidate::What;
use candidate::{Candidate, Work, candidates, fits};
use jiff::civil::Date;
pub use limit::{Limits, UnitLimit};
use serde::Serialize;
use thiserror::Error;

/// The name and version of the JSON form.
pub const SCHEMA: &str = "plateau-check/1";

/// What a check needs to know beside report and budgets.
#[derive(Clone, Copy, Debug)]
pub struct CheckOptions {
    /// The day on which accepted changes are looked at.
    pub today: Date,
    /// What an inconclusive check is taken for.
    pub inconclusive: Inconclusive,
    /// Units of work done in after, where that was said.
    pub work: Option<f64>,
}

/// What an inconclusive check is taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Inconclusive {
    /// A failure.
    Fail,
    /// None.
    #[default]
    Pass,
}

/// Why a check cannot be made.
#[derive(Debug, Error, PartialEq)]
pub enum CheckError {
    /// Nobody said how much work was done.
    #[error(
        "{file}:{line}: per_unit = \"{found}\" needs units of work; give --scale work=BEFORE:AFTER, or compare traces"
    )]
    NoWork {
        /// The file.
        file: String,
        /// The line of the rule.
        line: usize,
        /// The limit.
        found: String,
    },
    /// The comparison added nothing up for these budgets.
    #[error(
        "{file}: has budgets that need sums, and the comparison was not asked for them; give it CompareOptions::budgets"
    )]
    NotAsked {
        /// The file.
        file: String,
    },
    /// What was measured is in another unit.
    #[error("{file}:{line}: per_unit = \"{found}\" is no amount of what was measured, which is {measured}")]
    OtherUnit {
        /// The file.
        file: String,
        /// The line of the rule.
        line: usize,
        /// The limit.
        found: String,
        /// The value type and its unit.
        measured: String,
    },
}

/// The result of a check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The version of plateau.
    pub version: &'static str,
    /// The question that was asked.
    pub command: String,
    /// The file of budgets; null where there is none.
    pub budgets: Option<String>,
    /// The day on which accepted changes were looked at.
    pub today: String,
    /// The capture compared with.
    pub before: CheckedSide,
    /// The capture in question.
    pub after: CheckedSide,
    /// What was compared.
    pub value_type: ValueName,
    /// How before was brought to the size of after.
    pub scale: CheckedScale,
    /// How much unchanged code would differ; null where evidence is unknown.
    pub noise: Option<NoiseFigures>,
    /// What an inconclusive check is taken for.
    pub inconclusive: Inconclusive,
    /// The answer.
    pub verdict: CheckVerdict,
    /// The rules in the order in which they are tried; that of all else is the last.
    pub rules: Vec<RuleResult>,
    /// Rules that are about nothing, accepted changes that expired.
    pub warnings: Vec<Warning>,
    /// What makes the two captures hard to compare.
    pub comparability: Vec<Comparability>,
    /// What the values rest on.
    #[serde(skip)]
    pub basis: Basis,
}

/// One side of a check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedSide {
    /// Paths as given.
    pub files: Vec<String>,
    /// The name in the text.
    pub name: String,
    /// blake3 of the stored bytes.
    pub digest: Option<String>,
    /// How many captures were added up, those of an archive counted.
    pub captures: usize,
    /// Samples, of traces requests; null where they do not tell.
    pub samples: Option<i64>,
    /// Length of the recording in nanoseconds.
    pub duration_ns: Option<i64>,
}

/// How before was brought to the size of after.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CheckedScale {
    /// The mode used.
    pub mode: ScaleMode,
    /// After = k x before for unchanged code.
    pub k: f64,
}

/// The answer.
#[derive(Clone, Debug, Serialize)]
pub struct CheckVerdict {
    /// `passed`, `failed` or `inconclusive`.
    pub code: RowVerdict,
    /// The sentence.
    pub text: String,
}

/// How something was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowVerdict {
    /// It did not grow by more than its budget.
    Passed,
    /// It grew, and is part of a class that is judged as a whole.
    InClass,
    /// It grew by more, and that is accepted for a time.
    Accepted,
    /// It cannot be told.
    Inconclusive,
    /// It grew by more than noise, and the estimate is above its budget.
    Failed,
}

impl RowVerdict {
    fn as_of_rule(self) -> RowVerdict {
        if self == RowVerdict::InClass { RowVerdict::Passed } else { self }
    }

    /// The word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RowVerdict::Passed => "passed",
            RowVerdict::InClass => "in class",
            RowVerdict::Accepted => "accepted",
            RowVerdict::Inconclusive => "inconclusive",
            RowVerdict::Failed => "failed",
        }
    }
}

/// A rule and what it found.
#[derive(Clone, Debug, Serialize)]
pub struct RuleResult {
    /// Its number in the file, from 1; null for that of all else.
    pub rule: Option<usize>,
    /// Its line in the file; null for that of all else.
    pub line: Option<usize>,
    /// What it is called: its name, or what it is about.
    pub name: String,
    /// What it is about; null for all that no other rule is about.
    pub selects: Option<Selects>,
    /// By how much that may grow.
    pub budget: BudgetInfo,
    /// The fewest samples that are evidence enough.
    pub min_samples: Option<u64>,
    /// Why it is so.
    pub reason: Option<String>,
    /// The worst of its rows.
    pub verdict: RowVerdict,
    /// The sentence.
    pub text: String,
    /// How many rows, functions, paths and classes it was tried on.
    pub checked: usize,
    /// Those of them that grew by more than noise, or of which it cannot be told.
    pub rows: Vec<RowResult>,
}

/// What a rule is about.
#[derive(Clone, Debug, Serialize)]
pub struct Selects {
    /// `function`, `module`, `path` or `class`.
    pub by: &'static str,
    /// The regular expression, or the class.
    pub pattern: String,
}

/// By how much something may grow.
#[derive(Clone, Debug, Serialize)]
pub struct BudgetInfo {
    /// Points of the whole.
    pub share_pct: Option<f64>,
    /// Percent of itself.
    pub growth_pct: Option<f64>,
    /// Per unit of work, as it was given.
    pub per_unit: Option<String>,
    /// In words.
    pub text: String,
}

/// Something that was judged.
#[derive(Clone, Debug, Serialize)]
pub struct RowResult {
    /// The function, frame or class; of a path the regular expression.
    pub function: String,
    /// What sort of thing it is.
    pub kind: What,
    /// The module of the function; of frames the service.
    pub module: Option<String>,
    /// What such code spends its time on.
    pub class: Option<String>,
    /// The path on which it changed most, from the root; empty for classes and paths.
    pub path: Vec<String>,
    /// How sure the change is.
    pub tier: Tier,
    /// How it was judged.
    pub verdict: RowVerdict,
    /// Share of before, in percent.
    pub before_pct: f64,
    /// The change, in percent of the whole of before at the scale of after.
    pub change_pct: f64,
    /// Low end of its interval; null where evidence is unknown.
    pub low_pct: Option<f64>,
    /// High end.
    pub high_pct: Option<f64>,
    /// The change in percent of itself; null where it is new.
    pub growth_pct: Option<f64>,
    /// The change per unit of work, in nanoseconds, bytes or the unit of the value type; null where work is unknown.
    pub per_unit: Option<f64>,
    /// Samples of both sides, of frames requests of after; null where they are not counted.
    pub samples: Option<u64>,
    /// Its budget in words.
    pub budget: String,
    /// What accepts it; null where nothing does.
    pub accepted: Option<AcceptedInfo>,
    /// The sentence.
    pub text: String,
}

/// An accepted change.
#[derive(Clone, Debug, Serialize)]
pub struct AcceptedInfo {
    /// Its line in the file.
    pub line: usize,
    /// The last day.
    pub until: String,
    /// Up to how many points of the whole; null for any.
    pub up_to_pct: Option<f64>,
    /// Why.
    pub reason: Option<String>,
}

/// Something about the file that should be put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable code.
    pub code: &'static str,
    /// Its line in the file.
    pub line: usize,
    /// The sentence.
    pub text: String,
}

/// Judges a report by budgets.
///
/// ```
/// use analyzer_core::check::{Budgets, CheckOptions, Inconclusive, RowVerdict, check};
/// use analyzer_core::{CompareOptions, compare};
/// use analyzer_formats::{ReadOptions, read_bytes};
///
/// let read = |text: &str| read_bytes("example", text.as_bytes(), &ReadOptions::default());
/// let (before, after) = (read("main;parse 5000\nmain;render 5000\n")?, read("main;parse 9000\nmain;render 5000\n")?);
/// let budgets = Budgets::parse("budgets.toml", "[[budget]]\nfunction = '^parse$'\nshare = '2%'\n")?;
/// let options = CompareOptions { budgets: Some(budgets.clone()), ..CompareOptions::default() };
/// let report = compare(&before, &after, &options)?;
/// let options = CheckOptions { today: "2026-11-28".parse()?, inconclusive: Inconclusive::Pass, work: None };
/// assert_eq!(check(&report, &budgets, &options)?.verdict.code, RowVerdict::Failed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When a budget is per unit of work and nobody said how much was done, or is no amount of what was measured; when budgets are
/// about sums and the comparison was not told of them ([`CompareOptions::budgets`](crate::CompareOptions::budgets)).
pub fn check(report: &Report, budgets: &Budgets, options: &CheckOptions) -> Result<Check, CheckError> {
    let work = match (&report.traces, options.work) {
        (Some(_), _) => Work::Requests,
        (None, Some(units)) => Work::Done(units),
        (None, None) => Work::Unknown,
    };
    expect_units(report, budgets, work)?;
    let counts = |sums: &Sums| (sums.rules.len(), sums.accepted.len());
    let asked = report.sums.as_ref().map(counts) == Some((budgets.rules.len(), budgets.accepted.len()));
    if report.traces.is_none() && budgets.needs_sums() && !asked {
        return Err(CheckError::NotAsked { file: budgets.name.clone().unwrap_or_default() });
    }
    let candidates = candidates(report, work);
    let judged = verdict::judge(report, &candidates, budgets, options.today);
    let worst = judged.rules.iter().map(|rule| rule.verdict).max().unwrap_or(RowVerdict::Passed);
    let code = if worst == RowVerdict::Accepted { RowVerdict::Passed } else { worst };
    Ok(Check {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        command: report.command.clone(),
        budgets: budgets.name.clone(),
        today: options.today.to_string(),
        before: CheckedSide::of(&report.before),
        after: CheckedSide::of(&report.after),
        value_type: report.value_type.clone(),
        scale: CheckedScale { mode: report.scale.mode, k: report.scale.k },
        noise: report.noise.clone(),
        inconclusive: options.inconclusive,
        verdict: CheckVerdict { code, text: words::verdict(code, &judged.rules) },
        warnings: warnings(report, budgets, &candidates, &judged, options.today),
        rules: judged.rules,
        comparability: report.comparability.clone(),
        basis: report.basis,
    })
}

/// Refuses amounts per unit of work where there are none.
fn expect_units(report: &Report, budgets: &Budgets, work: Work) -> Result<(), CheckError> {
    let file = budgets.name.clone().unwrap_or_default();
    for rule in &budgets.rules {
        let Some(limit) = &rule.limits.per_unit else { continue };
        let (line, found, file) = (rule.line, limit.text.clone(), file.clone());
        if matches!(work, Work::Unknown) {
            return Err(CheckError::NoWork { file, line, found });
        }
        if !fits(limit, report) {
            let measured = match report.traces {
                Some(_) => "time".to_owned(),
                None => format!("{} in {}", report.value_type.name, report.value_type.unit),
            };
            return Err(CheckError::OtherUnit { file, line, found, measured });
        }
    }
    Ok(())
}

/// What should be put right in the file.
fn warnings(
    report: &Report,
    budgets: &Budgets,
    candidates: &[Candidate],
    judged: &verdict::Judged,
    today: Date,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (rule, result) in budgets.rules.iter().zip(&judged.rules) {
        let (line, about) = (rule.line, format!("{} = \"{}\"", rule.selector.key(), rule.selector.pattern()));
        if !rule.selector.is_found(report, candidates) {
            let wide = match rule.selector {
                Selector::Path(_) if report.traces.is_none() => String::new(),
                _ => format!(" of {} % or more", least(report)),
            };
            let text = format!("{about} is about nothing that either capture has{wide}");
            warnings.push(Warning { code: "unused_budget", line, text });
        } else if result.checked == 0 && is_hidden(&rule.selector, report, candidates) {
            let text = format!("rules above it are about all that {about} is about; the first one counts");
            warnings.push(Warning { code: "hidden_budget", line, text });
        }
        let is_narrow = rule.limits.share.is_some_and(|share| 100.0 * share < report.min_share_pct);
        if is_narrow
            && report.traces.is_none()
            && !matches!(rule.selector, Selector::Class(_) | Selector::Path(_))
        {
            let text = format!(
                "functions below {} % of either side are not compared, and the budget of {about} is less; --min-share \
                 lowers that",
                least(report)
            );
            warnings.push(Warning { code: "narrow_budget", line, text });
        }
    }
    for (entry, &is_used) in budgets.accepted.iter().zip(&judged.is_used) {
        let (line, about) =
            (entry.line, format!("{} = \"{}\"", entry.selector.key(), entry.selector.pattern()));
        if today > entry.until {
            let text = format!("the change of {about} was accepted until {}; it counts again", entry.until);
            warnings.push(Warning { code: "expired_accepted", line, text });
        } else if !is_used {
            let text = format!("nothing that {about} is about grew by more than its budget; take it out");
            warnings.push(Warning { code: "unused_accepted", line, text });
        }
    }
    warnings.sort_by_key(|warning| warning.line);
    warnings
}

/// Whether something that a rule is about belongs to rules above it.
fn is_hidden(selector: &Selector, report: &Report, candidates: &[Candidate]) -> bool {
    let is_path = matches!(selector, Selector::Path(_)) && report.traces.is_none();
    // What it is about was found; had a path anything left, it would have been judged.
    is_path || candidates.iter().any(|candidate| selector.is_about(candidate))
}

fn least(report: &Report) -> String {
    words::amount(report.min_share_pct)
}

impl CheckedSide {
    fn of(summary: &Summary) -> CheckedSide {
        CheckedSide {
            files: summary.files.clone(),
            name: summary.name.clone(),
            digest: summary.digest.clone(),
            captures: summary.captures,
            samples: summary.samples,
            duration_ns: summary.duration_ns,
        }
    }
}

impl BudgetInfo {
    fn of(limits: &Limits) -> BudgetInfo {
        // In hundredths of a hundredth, so that 0.07 is 7 and not 7.000000000000001.
        let percent = |share: f64| (1e6 * share).round() / 1e4;
        BudgetInfo {
            share_pct: limits.share.map(percent),
            growth_pct: limits.growth.map(percent),
            per_unit: limits.per_unit.as_ref().map(|limit| limit.text.clone()),
            text: limits.text(),
        }
    }
}

impl RuleResult {
    fn of((at, rule): (usize, &Budget)) -> RuleResult {
        let pattern = rule.selector.pattern();
        let name = rule.name.clone().unwrap_or_else(|| format!("{} {pattern}", rule.selector.key()));
        RuleResult {
            rule: Some(at + 1),
            line: Some(rule.line),
            name,
            selects: Some(Selects { by: rule.selector.key(), pattern: pattern.to_owned() }),
            min_samples: rule.min_samples,
            reason: rule.reason.clone(),
            ..RuleResult::of_all_else(&rule.limits)
        }
    }

    fn of_all_else(limits: &Limits) -> RuleResult {
        RuleResult {
            rule: None,
            line: None,
            name: "default".to_owned(),
            selects: None,
            budget: BudgetInfo::of(limits),
            min_samples: None,
            reason: None,
            verdict: RowVerdict::Passed,
            text: String::new(),
            checked: 0,
            rows: Vec::new(),
        }
    }
}
