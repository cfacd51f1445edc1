//! What is accepted of growth above a budget.
//!
//! An entry accepts the part of the growth that it is about: all of a function, what a function does to a class or a path,
//! what of a function or a region stands below a path or is of a class. What its `up_to` is held against is what it is about
//! as a whole: the class, all that stands below the path, each function by itself.

use super::budget::{Accepted, Budgets, Selector};
use super::candidate::{Candidate, What};
use super::limit::Limits;
use super::words::{amount, points};
use super::{AcceptedInfo, RowVerdict};
use crate::plateau::Kind;
use crate::report::{Part, Report, Sums};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The accepted changes of a file on a day.
pub(super) struct Acceptance<'a> {
    entries: &'a [Accepted],
    today: Date,
    sums: Option<&'a Sums>,
    /// Of every entry, whether it was about something above its budget.
    pub(super) is_used: Vec<bool>,
}

/// What accepted changes say of something above its budget.
pub(super) struct Answer {
    /// Accepted, or nothing different.
    pub(super) verdict: Option<RowVerdict>,
    /// The entry that accepts it, or the first that accepts part of it.
    pub(super) info: Option<AcceptedInfo>,
    /// What there is to say, to stand behind the sentence of the row.
    pub(super) text: String,
}

/// What an entry is about in something.
struct Share<'a> {
    /// Functions, each once, or the thing itself, with what they grew by in points.
    parts: Vec<(&'a str, f64)>,
    /// What `up_to` is held against, in points, and what that is called where it is not the thing itself.
    whole: (f64, Option<&'a str>),
}

/// How far rounding of percentages goes.
const ROUNDED: f64 = 1e-9;

impl<'a> Acceptance<'a> {
    pub(super) fn new(report: &'a Report, budgets: &'a Budgets, today: Date) -> Acceptance<'a> {
        Acceptance {
            entries: &budgets.accepted,
            today,
            sums: report.sums.as_ref(),
            is_used: vec![false; budgets.accepted.len()],
        }
    }

    /// What is said of something that is above its limits.
    pub(super) fn of(&mut self, candidate: &Candidate, limits: &Limits) -> Answer {
        // Of what several entries are about, the largest part counts once; what is of different classes is not the same.
        let mut accepted: BTreeMap<&str, BTreeMap<Option<&str>, f64>> = BTreeMap::new();
        let (mut taken, mut refused): (Vec<&Accepted>, Option<String>) = (Vec::new(), None);
        for (at, entry) in self.entries.iter().enumerate() {
            let Some(share) = self.share(at, candidate) else { continue };
            self.is_used[at] = true;
            let (grown, name) = share.whole;
            if self.today > entry.until {
                let what = if name.is_none() && share.parts.len() == 1 { "it" } else { "part of it" };
                let text = format!("; {what} was accepted until {}, which has passed", entry.until);
                refused.get_or_insert(text);
                continue;
            }
            if let Some(up_to) = entry.up_to.filter(|up_to| grown > 100.0 * up_to + ROUNDED) {
                let of = name.map_or_else(String::new, |name| {
                    format!(", and all of {name} grew by {}", points(grown))
                });
                refused.get_or_insert(format!("; accepted up to {} % only{of}", amount(100.0 * up_to)));
                continue;
            }
            taken.push(entry);
            let class = match &entry.selector {
                Selector::Class(class) => Some(class.as_str()),
                _ => None,
            };
            for (part, grown) in share.parts {
                let most = accepted.entry(part).or_default().entry(class).or_insert(0.0);
                *most = most.max(grown);
            }
        }
        let of_one = |by_class: &BTreeMap<Option<&str>, f64>| {
            let of_any = by_class.get(&None).copied().unwrap_or(0.0);
            of_any.max(by_class.values().sum::<f64>() - of_any)
        };
        let grown: f64 = accepted.values().map(of_one).sum();
        let is_all = grown >= candidate.change_pct - ROUNDED;
        let Some(first) = taken.first() else {
            return Answer { verdict: None, info: None, text: refused.unwrap_or_default() };
        };
        let info = AcceptedInfo {
            line: first.line,
            until: first.until.to_string(),
            up_to_pct: first.up_to.map(|up_to| 100.0 * up_to),
            reason: first.reason.clone(),
        };
        let of_it = if is_all { String::new() } else { format!("{} of it are ", points(grown)) };
        let because = first.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        let more = if taken.len() > 1 { format!(", and by {} more", taken.len() - 1) } else { String::new() };
        let text = format!("; {of_it}accepted until {}{because}{more}", first.until);
        match candidate.without(grown).exceeds(limits) {
            false => Answer { verdict: Some(RowVerdict::Accepted), info: Some(info), text },
            true => Answer { verdict: None, info: None, text: text + &refused.unwrap_or_default() },
        }
    }

    fn share<'s>(&self, at: usize, candidate: &'s Candidate) -> Option<Share<'s>>
    where
        'a: 's,
    {
        let (entries, sums) = (self.entries, self.sums);
        let entry = &entries[at];
        let change = candidate.change_pct;
        let is_sum = matches!(candidate.what, What::Class | What::Path);
        let is_all_of = |class: &str| candidate.what == What::Class && candidate.name == class;
        let itself = |whole| Share { parts: vec![(candidate.name.as_str(), change)], whole };
        let parts = match &entry.selector {
            Selector::Class(class) if is_all_of(class) => return Some(itself((change, None))),
            Selector::Path(_) | Selector::Class(_) if candidate.what != What::Frame => {
                let below = sums?.accepted.get(at)?.as_ref()?;
                let parts = of_parts(&below.parts, |part| candidate.has(part));
                (parts, (below.growth.pct, Some(entry.selector.pattern())))
            }
            selector if is_sum => {
                let is_about = |part: &Part| {
                    selector.names(&part.function, part.module.as_deref(), part.class.as_deref())
                };
                let mut parts = of_parts(&candidate.parts, is_about);
                let most = entry.up_to.map_or(f64::INFINITY, |up_to| 100.0 * up_to);
                parts.iter_mut().for_each(|(_, grown)| *grown = grown.min(most));
                (parts, (0.0, None))
            }
            selector => return selector.is_about(candidate).then(|| itself((change, None))),
        };
        let (parts, whole) = parts;
        (!parts.is_empty()).then_some(Share { parts, whole })
    }
}

/// What functions grew by in parts that are asked for.
fn of_parts(parts: &[Part], is_asked: impl Fn(&Part) -> bool) -> Vec<(&str, f64)> {
    let mut grown: BTreeMap<&str, f64> = BTreeMap::new();
    for part in parts.iter().filter(|part| is_asked(part)) {
        *grown.entry(&part.function).or_default() += part.growth_pct;
    }
    grown.into_iter().filter(|(_, grown)| *grown > 0.0).collect()
}

impl Candidate {
    /// Whether a part of what stands below a path is also part of this.
    fn has(&self, part: &Part) -> bool {
        let is_own = part.rule.is_none() && part.function == self.name;
        match self.what {
            What::Plateau => is_own && part.kind == Kind::Plateau,
            What::Region => is_own && part.kind == Kind::Region,
            What::Path => part.kind == Kind::Plateau && part.rule.is_some() && part.rule == self.rule,
            What::Class => part.kind == Kind::Plateau && part.class == self.class,
            What::Frame => false,
        }
    }
}
