//! What causes are called, in a sentence each.

use super::Found;
use super::pattern::Pattern;
use super::statements::Statements;
use super::tally::Tallies;
use crate::report::units;
use crate::spans::Frames;

/// The names that titles are made of.
pub(super) struct Titles<'a> {
    pub(super) frames: &'a Frames,
    pub(super) statements: &'a Statements,
}

impl Titles<'_> {
    /// What was found, with the figures that tell it.
    pub(super) fn title(&self, found: &Found, tallies: &[Tallies; 2]) -> String {
        let (pattern, subject) = found.key;
        let caller = &self.frames.get(subject.caller).name;
        let called = match subject.statement {
            Some(statement) => self.statements.get(statement),
            None => &self.frames.get(subject.called).name,
        };
        let calls = [0, 1].map(|side: usize| tallies[side].calls(&found.sides[side]));
        match pattern {
            Pattern::RepeatedCalls => format!(
                "N+1: {caller} calls {called} again and again, {} a request instead of {}",
                times(calls[1]),
                times(calls[0])
            ),
            _ => String::new(),
        }
    }
}

/// How often per request: `5.59 times`, `once`.
fn times(calls: f64) -> String {
    if calls == 1.0 {
        "once".to_owned()
    } else {
        format!("{} times", units::count((calls * 100.0).round() / 100.0))
    }
}
