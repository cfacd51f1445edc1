//! Budgets: what may grow by how much, as a TOML file says it.
//!
//! ```toml
//! default = "1%"                  # of what no rule is about; 1 % where the file says nothing
//!
//! [[budget]]
//! function = "^parse_"            # or module, path (all below such frames) or class; regular expressions but for class
//! share = "2%"                    # points of the whole
//! growth = "10%"                  # of itself
//! per_unit = "50us"               # per unit of work, or per request
//! min_samples = 200
//! name = "parser"
//! reason = "more formats are planned"
//!
//! [[accepted]]
//! function = "^render$"
//! until = 2027-01-31              # the last day
//! up_to = "3%"                    # points of the whole
//! reason = "new layout"
//! ```
//!
//! Of several limits of a budget each is one. The first rule that is about something is the one that counts. A class is
//! judged as a whole, and so is all that stands below a path and belongs to no rule before it; what of a function stands
//! there is not judged again. Of traces frames on a path are judged each by itself.

use super::limit::{Limits, UnitLimit};
use crate::classes::{CLASSES, ClassRules};
use crate::requests::Thresholds;
use crate::unit::{Unit, split_amount};
use jiff::civil::Date;
use regex::Regex;
use serde::Deserialize;
use std::fmt::Display;
use std::ops::Range;
use thiserror::Error;
use toml::{Spanned, Value};

/// The share of the whole by which anything may grow where no budget says otherwise.
pub const DEFAULT: f64 = 0.01;

/// A file of budgets.
#[derive(Clone, Debug)]
pub struct Budgets {
    /// What it is called; `None` where there is no file.
    pub name: Option<String>,
    /// By what share of the whole anything else may grow.
    pub default: f64,
    /// The rules, in the order in which they are tried.
    pub rules: Vec<Budget>,
    /// Changes that are accepted for a time.
    pub accepted: Vec<Accepted>,
}

impl Default for Budgets {
    fn default() -> Self {
        Budgets { name: None, default: DEFAULT, rules: Vec::new(), accepted: Vec::new() }
    }
}

/// What a rule is about.
#[derive(Clone, Debug)]
pub enum Selector {
    /// Functions of this name; frames of traces.
    Function(Regex),
    /// Functions of this module; services of traces.
    Module(Regex),
    /// All that stands below frames of this name together, and they themselves; of traces the frames there, each by itself.
    Path(Regex),
    /// All code of a class together.
    Class(String),
}

impl Selector {
    /// The key of the file.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Selector::Function(_) => "function",
            Selector::Module(_) => "module",
            Selector::Path(_) => "path",
            Selector::Class(_) => "class",
        }
    }

    /// The value of the file.
    #[must_use]
    pub fn pattern(&self) -> &str {
        match self {
            Selector::Function(pattern) | Selector::Module(pattern) | Selector::Path(pattern) => {
                pattern.as_str()
            }
            Selector::Class(class) => class,
        }
    }

    /// Whether it is about a function by itself; one about a path is about the functions of its frames.
    pub(crate) fn names(&self, name: &str, module: Option<&str>, class: Option<&str>) -> bool {
        match self {
            Selector::Function(pattern) | Selector::Path(pattern) => pattern.is_match(name),
            Selector::Module(pattern) => module.is_some_and(|module| pattern.is_match(module)),
            Selector::Class(wanted) => class == Some(wanted),
        }
    }
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What it is about.
    pub selector: Selector,
    /// By how much that may grow.
    pub limits: Limits,
    /// The fewest samples of both sides together, or requests of after, that are evidence enough.
    pub min_samples: Option<u64>,
    /// What to call it.
    pub name: Option<String>,
    /// Why it is so.
    pub reason: Option<String>,
}

/// A change that is accepted for a time.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What it is about.
    pub selector: Selector,
    /// The last day.
    pub until: Date,
    /// By what share of the whole it is accepted.
    pub up_to: Option<f64>,
    /// Why it is.
    pub reason: Option<String>,
}

/// Why a file of budgets cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{name}:{line}: {text}")]
pub struct BudgetError {
    /// The file.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// What was expected, and what was found.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default: Option<Spanned<Value>>,
    #[serde(default)]
    budget: Vec<Spanned<BudgetTable>>,
    #[serde(default)]
    accepted: Vec<Spanned<AcceptedTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BudgetTable {
    function: Option<Spanned<String>>,
    module: Option<Spanned<String>>,
    path: Option<Spanned<String>>,
    class: Option<Spanned<String>>,
    share: Option<Spanned<Value>>,
    growth: Option<Spanned<Value>>,
    per_unit: Option<Spanned<Value>>,
    min_samples: Option<u64>,
    name: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptedTable {
    function: Option<Spanned<String>>,
    module: Option<Spanned<String>>,
    path: Option<Spanned<String>>,
    class: Option<Spanned<String>>,
    until: Option<Spanned<Value>>,
    up_to: Option<Spanned<Value>>,
    reason: Option<String>,
}

/// What is wrong, and the bytes that it is about.
struct Fault(Range<usize>, String);

impl Budgets {
    /// Whether a comparison has to be told of them, for sums that they are about.
    pub(crate) fn needs_sums(&self) -> bool {
        let rules = self.rules.iter().map(|rule| &rule.selector);
        let mut all = rules.chain(self.accepted.iter().map(|entry| &entry.selector));
        all.any(|selector| match selector {
            Selector::Path(_) => true,
            Selector::Class(_) => !self.accepted.is_empty(),
            Selector::Function(_) | Selector::Module(_) => false,
        })
    }

    /// Refuses a class that there is none of: nothing would ever be about it.
    ///
    /// # Errors
    /// The line, and the classes that there are.
    pub fn expect_classes(&self, rules: Option<&ClassRules>) -> Result<(), BudgetError> {
        let known = rules.unwrap_or(&CLASSES).names();
        let rules = self.rules.iter().map(|rule| (rule.line, &rule.selector));
        let all = rules.chain(self.accepted.iter().map(|entry| (entry.line, &entry.selector)));
        for (line, selector) in all {
            if let Selector::Class(class) = selector
                && !known.contains(class.as_str())
            {
                let known = known.into_iter().collect::<Vec<_>>().join(", ");
                let text = format!("expected class = one of: {known}; found \"{class}\"");
                let name = self.name.clone().unwrap_or_default();
                return Err(BudgetError { name, line, text });
            }
        }
        Ok(())
    }

    /// What matters of changes of requests: whatever a budget is about.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        let shares = self.rules.iter().map(|rule| rule.limits.share.unwrap_or(0.0));
        let least_share = shares.fold(self.default, f64::min);
        let default = Thresholds::default();
        Thresholds { least_share: least_share.min(default.least_share), least_ns: 0.0, ..default }
    }

    /// Reads a file of budgets; `name` is what messages call it.
    ///
    /// # Errors
    /// When it is no TOML, has keys that are unknown or values that mean nothing, with the line.
    pub fn parse(name: &str, text: &str) -> Result<Budgets, BudgetError> {
        // Editors may begin a file with the mark of UTF-8.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read = || -> Result<Budgets, Fault> {
            let file: File = toml::from_str(text)
                .map_err(|error| Fault(error.span().unwrap_or(0..0), one_line(error.message())))?;
            let line = |span: Range<usize>| line_of(text, span.start);
            let default = file.default.as_ref().map(share).transpose()?;
            let rules = file.budget.iter().map(|table| budget(table, line(table.span())));
            let accepted = file.accepted.iter().map(|table| accepted(table, line(table.span())));
            Ok(Budgets {
                name: Some(name.to_owned()),
                default: default.unwrap_or(DEFAULT),
                rules: rules.collect::<Result<_, _>>()?,
                accepted: accepted.collect::<Result<_, _>>()?,
            })
        };
        read().map_err(|Fault(span, text_of_fault)| BudgetError {
            name: name.to_owned(),
            line: line_of(text, span.start),
            text: text_of_fault,
        })
    }
}

fn budget(table: &Spanned<BudgetTable>, line: usize) -> Result<Budget, Fault> {
    let (span, table) = (table.span(), table.get_ref());
    let limits = Limits {
        share: table.share.as_ref().map(share).transpose()?,
        growth: table.growth.as_ref().map(growth).transpose()?,
        per_unit: table.per_unit.as_ref().map(per_unit).transpose()?,
    };
    if limits.is_empty() {
        let expected =
            "expected a limit: share = \"2%\", growth = \"10%\" or per_unit = \"50us\"; found none";
        return Err(Fault(span, expected.to_owned()));
    }
    let keys = [&table.function, &table.module, &table.path, &table.class];
    Ok(Budget {
        line,
        selector: selector(span, keys)?,
        limits,
        min_samples: table.min_samples,
        name: table.name.clone(),
        reason: table.reason.clone(),
    })
}

fn accepted(table: &Spanned<AcceptedTable>, line: usize) -> Result<Accepted, Fault> {
    let (span, table) = (table.span(), table.get_ref());
    let keys = [&table.function, &table.module, &table.path, &table.class];
    let Some(until) = &table.until else {
        let expected = "expected the last day it is accepted on, such as until = 2027-01-31; found none";
        return Err(Fault(span, expected.to_owned()));
    };
    Ok(Accepted {
        line,
        selector: selector(span, keys)?,
        until: date(until)?,
        up_to: table.up_to.as_ref().map(share).transpose()?,
        reason: table.reason.clone(),
    })
}

fn selector(span: Range<usize>, keys: [&Option<Spanned<String>>; 4]) -> Result<Selector, Fault> {
    let names = ["function", "module", "path", "class"];
    let given: Vec<_> =
        names.iter().zip(keys).filter_map(|(name, value)| Some((*name, value.as_ref()?))).collect();
    let [(name, value)] = given[..] else {
        let found = match given[..] {
            [] => "none".to_owned(),
            _ => given.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" and "),
        };
        return Err(Fault(
            span,
            format!("expected exactly one of function, module, path and class; found {found}"),
        ));
    };
    let (span, text) = (value.span(), value.get_ref());
    if text.is_empty() {
        return Err(expected(span, &format!("{name} = a name that is not empty"), "\"\""));
    }
    if name == "class" {
        return Ok(Selector::Class(text.clone()));
    }
    let pattern = Regex::new(text).map_err(|error| {
        let why = one_line(error.to_string().lines().last().unwrap_or_default());
        expected(span, &format!("{name} = a regular expression ({why})"), format_args!("\"{text}\""))
    })?;
    Ok(match name {
        "function" => Selector::Function(pattern),
        "module" => Selector::Module(pattern),
        _ => Selector::Path(pattern),
    })
}

/// A share of the whole, 0 to 1.
fn share(value: &Spanned<Value>) -> Result<f64, Fault> {
    let share = percent(value).filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| {
        expected(value.span(), "a share of the whole from \"0%\" to \"100%\", such as \"2%\"", found(value))
    })
}

/// A growth by a share of itself.
fn growth(value: &Spanned<Value>) -> Result<f64, Fault> {
    let growth = percent(value).filter(|share| (0.0..=1e4).contains(share));
    growth
        .ok_or_else(|| expected(value.span(), "a growth in percent of itself, such as \"10%\"", found(value)))
}

fn percent(value: &Spanned<Value>) -> Option<f64> {
    let number = value.get_ref().as_str()?.strip_suffix('%')?.trim();
    // Rust reads more than that as a number: infinities, and exponents.
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    Some(number.parse::<f64>().ok().filter(|_| is_plain)? / 100.0)
}

fn per_unit(value: &Spanned<Value>) -> Result<UnitLimit, Fault> {
    let text = match value.get_ref() {
        Value::String(text) => text.clone(),
        // What has no unit of its own, cycles say, needs none here.
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        other => other.to_string(),
    };
    let (number, unit) = split_amount(&text);
    let limit = number.parse::<f64>().ok().zip(Unit::named(unit.trim()));
    let limit = limit.filter(|(number, _)| (0.0..=1e18).contains(number));
    limit.map(|(number, unit)| UnitLimit { amount: number * unit.size, unit, text: text.clone() }).ok_or_else(
        || {
            let units = "ns, us, ms, s, min, h, B, KiB, MiB, GiB, or without a unit for other values";
            expected(
                value.span(),
                &format!("an amount per unit of work, such as \"50us\" ({units})"),
                found(value),
            )
        },
    )
}

fn date(value: &Spanned<Value>) -> Result<Date, Fault> {
    let text = match value.get_ref() {
        Value::Datetime(date) if date.time.is_none() && date.offset.is_none() => Some(date.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    };
    let date = text.and_then(|text| text.parse().ok());
    date.ok_or_else(|| expected(value.span(), "a day such as until = 2027-01-31", found(value)))
}

fn expected(span: Range<usize>, expected: &str, found: impl Display) -> Fault {
    Fault(span, format!("expected {expected}; found {found}"))
}

fn found(value: &Spanned<Value>) -> String {
    let text = one_line(&value.get_ref().to_string());
    text.chars().take(80).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line_of(text: &str, byte: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..byte.min(text.len())]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_may_grow() {
        let text = "default = \"0.5%\"\n[[budget]]\nfunction = \"^parse_\"\nshare = \"2%\"\ngrowth = \"10%\"\n\
                    min_samples = 200\nname = \"parser\"\n[[budget]]\nclass = \"alloc\"\nper_unit = \"1.5us\"\n\
                    [[accepted]]\npath = \"serve\"\nuntil = 2027-01-31\nup_to = \"3%\"\n";
        let budgets = Budgets::parse("budgets.toml", text).unwrap();
        assert_eq!((budgets.default, budgets.rules.len()), (0.005, 2));
        let rule = &budgets.rules[0];
        assert_eq!((rule.selector.key(), rule.selector.pattern(), rule.line), ("function", "^parse_", 2));
        assert_eq!(
            (rule.limits.share, rule.limits.growth, rule.min_samples),
            (Some(0.02), Some(0.1), Some(200))
        );
        let per_unit = budgets.rules[1].limits.per_unit.as_ref().unwrap();
        assert_eq!((per_unit.amount, per_unit.text.as_str()), (1500.0, "1.5us"));
        let accepted = &budgets.accepted[0];
        assert_eq!((accepted.until.to_string().as_str(), accepted.up_to), ("2027-01-31", Some(0.03)));
        assert_eq!(Budgets::parse("x", "").unwrap().default, 0.01);
        assert_eq!(Budgets::parse("x", "\u{feff}default = \"0%\"").unwrap().default, 0.0);
    }

    #[test]
    fn a_flawed_file_is_refused_with_line_and_what_was_expected() {
        let rule = |rest: &str| format!("# ours\n[[budget]]\n{rest}\n");
        for (text, line, words) in [
            ("default = 1\n".to_owned(), 1, "expected a share of the whole from \"0%\" to \"100%\""),
            ("\ndefault = \"1\"\n".to_owned(), 2, "found \"1\""),
            ("default = \"inf%\"".to_owned(), 1, "expected a share"),
            ("default = \"101%\"".to_owned(), 1, "expected a share"),
            ("deflaut = \"1%\"".to_owned(), 1, "unknown field `deflaut`"),
            ("default = \"1%".to_owned(), 1, "x:1: "),
            (rule("function = \"f\"\nshare = \"2%\"\nlimit = 3"), 5, "unknown field `limit`"),
            (rule("function = \"(\"\nshare = \"2%\""), 3, "expected function = a regular expression ("),
            (rule("function = \"\"\nshare = \"2%\""), 3, "not empty"),
            (
                rule("share = \"2%\""),
                2,
                "expected exactly one of function, module, path and class; found none",
            ),
            (rule("function = \"f\"\nclass = \"lock\"\nshare = \"2%\""), 2, "found function and class"),
            (rule("function = \"f\""), 2, "expected a limit"),
            (rule("function = \"f\"\nshare = 2"), 4, "found 2"),
            (rule("function = \"f\"\nper_unit = \"5 parsecs\""), 4, "such as \"50us\""),
            (rule("function = \"f\"\nshare = \"2%\"\nmin_samples = -1"), 5, "x:5: "),
            ("[[accepted]]\nfunction = \"f\"\n".to_owned(), 1, "expected the last day"),
            ("[[accepted]]\nfunction = \"f\"\nuntil = \"soon\"\n".to_owned(), 3, "expected a day"),
            (
                "[[accepted]]\nfunction = \"f\"\nuntil = 2027-01-31T10:00:00Z\n".to_owned(),
                3,
                "expected a day",
            ),
        ] {
            let error = Budgets::parse("x", &text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            let shown = error.to_string();
            assert!(shown.contains(words) && !shown.contains('\n'), "{words}: {shown}");
        }
    }
}
