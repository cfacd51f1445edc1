//! What causes are called, in a sentence each.

use super::Found;
use super::evidence::{self, Evidence};
use super::load::callee;
use super::pattern::{Pattern, Subject};
use super::statements::Statements;
use super::tally::Tallies;
use crate::report::units;
use crate::requests::{Question, Thresholds};
use crate::spans::Frames;

/// Statements are told in so many characters.
const STATEMENT_LENGTH: usize = 80;
/// More callees than these are counted, not named.
const MOST_NAMED: usize = 3;

/// What titles are made of.
pub(super) struct Titles<'a> {
    pub(super) question: Question,
    pub(super) frames: &'a Frames,
    pub(super) statements: &'a Statements,
    pub(super) thresholds: &'a Thresholds,
}

impl Titles<'_> {
    /// What was found, with the figures that tell it.
    pub(super) fn title(&self, found: &Found, tallies: &[Tallies; 2]) -> String {
        let (pattern, subject) = found.key;
        let caller = &self.frames.get(subject.caller).name;
        let called = self.called(subject);
        let [before, after] = &found.evidence;
        match pattern {
            Pattern::RepeatedCalls => {
                let calls = self.change([before, after].map(|side| figure(side.calls_per_request())));
                format!("N+1: {caller} calls {called} in a loop, calls per request: {calls}")
            }
            Pattern::MissingCache => {
                let [once, now] = [0, 1].map(|side: usize| tallies[side].prevalence_pct(&found.sides[side]));
                // Of requests that show it: calls per request by the share of these.
                let calls = figure(100.0 * tallies[1].calls(&found.sides[1]) / now.max(1e-9));
                let share = self.change([once, now].map(|share| format!("{share:.0} %")));
                format!(
                    "missing cache: {caller} calls {called} with the same parameters {calls} times in a request, share of \
                     such requests: {share}"
                )
            }
            Pattern::Retries => {
                let calls = self.change([before, after].map(|side| figure(side.calls_per_request())));
                format!(
                    "retries: {caller} calls {called} again after it failed, calls of it per request that calls it: {calls}"
                )
            }
            Pattern::Serialised => self.serialised(caller, [before, after]),
            Pattern::PoolWait => {
                let time = self.times(before.wait_ns(), after.wait_ns());
                format!("pool wait: {caller} waits in {called} for a connection of a pool, each time: {time}")
            }
            Pattern::LockWait => {
                let time = self.times(before.wait_ns(), after.wait_ns());
                format!("lock wait: {caller} waits in {called} for a lock, each time: {time}")
            }
            Pattern::WaitBeforeCall => self.wait(caller, subject, [before, after]),
        }
    }

    fn serialised(&self, caller: &str, sides: [&Evidence; 2]) -> String {
        let kinds = evidence::serialised(sides, self.thresholds);
        let shares = sides.map(|side| {
            let (calls, beside) = kinds
                .iter()
                .filter_map(|kind| side.beside.get(kind))
                .fold((0, 0), |sum, one| (sum.0 + one.calls, sum.1 + one.beside));
            format!("{:.0} %", 100.0 * beside as f64 / calls.max(1) as f64)
        });
        let names: Vec<&str> =
            kinds.iter().take(MOST_NAMED).map(|&kind| self.frames.get(kind).name.as_str()).collect();
        let more = match kinds.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "serialised: {caller} calls {}{more} one after another, share of these calls beside another: {}",
            names.join(", "),
            self.change(shares)
        )
    }

    /// Time before a call, with what tells that it is waiting.
    fn wait(&self, caller: &str, subject: Subject, [before, after]: [&Evidence; 2]) -> String {
        let called = &self.frames.get(subject.called).name;
        let time = self.times(before.wait_ns(), after.wait_ns());
        let mut title = format!(
            "pool wait: {caller} waits before it calls {called}, for a free connection or a lock: {time}"
        );
        let crowd = evidence::crowd([before, after], self.thresholds).unwrap_or_default();
        if let Some((alone, others)) = crowd.alone_and_not {
            let [alone, others] = [alone, others].map(|ns| units::beside(ns, others, "nanoseconds"));
            title += &format!("; {alone} where no other request is there, {others} where some are");
        }
        if let Some(ns) = crowd.per_other_ns {
            title +=
                &format!("; {} more with each other request that is there", units::value(ns, "nanoseconds"));
        }
        if let Some((once, now)) = crowd.at_once {
            let callee = callee(self.frames, subject.called);
            let most = self.change([once, now].map(|most| most.to_string()));
            title += &format!("; most calls of {callee} at once: {most}");
        }
        title
    }

    /// The statement that is called, or the operation.
    fn called(&self, subject: Subject) -> String {
        match subject.statement {
            Some(statement) => short(self.statements.get(statement)),
            None => self.frames.get(subject.called).name.clone(),
        }
    }

    fn times(&self, before: f64, after: f64) -> String {
        self.change([before, after].map(|ns| units::beside(ns, before.max(after), "nanoseconds")))
    }

    /// A figure of both sides: `1.0 -> 37.2`.
    fn change(&self, [before, after]: [String; 2]) -> String {
        match self.question {
            Question::Changed => format!("{before} -> {after}"),
            Question::Slow => format!("{before} in usual requests, {after} in slow ones"),
        }
    }
}

/// A mean number of things.
fn figure(number: f64) -> String {
    format!("{number:.1}")
}

/// A statement in one line, without its end where it is long.
fn short(statement: &str) -> String {
    let line = statement.split_whitespace().collect::<Vec<&str>>().join(" ");
    match line.char_indices().nth(STATEMENT_LENGTH) {
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
        None => line,
    }
}
