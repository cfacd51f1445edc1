//! speedscope's own JSON: what py-spy, rbspy, dotnet-trace and speedscope itself write.
//!
//! Follows speedscope's `file-format-spec.ts`. A file holds frames once and profiles over them: *sampled* ones are
//! stacks with a weight each, *evented* ones are calls that begin and end. The files of every version since 0.0.1
//! have the same shape; what changed is beside the point.
//!
//! Profiles of a file are threads as a rule, and those of one unit become one series, so that the sum is that of
//! the program and captures compare whatever their threads are called. The name of a thread, which holds a number
//! of that one run, is in the timeline and not at the root of its stacks: that is how py-spy writes the same capture
//! as folded text.
//!
//! | in the file | a record | samples it counts for |
//! |---|---|---|
//! | sample and weight, unit of time or bytes | one | one |
//! | sample and weight, unit `none` | one | unknown: the weights are the counts |
//! | sample, weight and count in `counts` | as many as it says | as many |
//! | time between two events while a call is open | one | unknown |
//!
//! Time while no call is open belongs to no stack and is not counted. Times are kept to the nanosecond, bytes whole,
//! and values without a unit with the decimal places they have, at most nine.
//!
//! Four fields are Plateau's own and nobody else's business: `valueName` and `valueUnit` say what a profile
//! measures, `counts` how many samples its entries stand for: 1 for one each, null when it is not known, or a
//! list; and `thread` whose samples they are: `{"name", "pid"?, "tid"?}`, null when that is not known.

mod elements;
mod evented;
mod load;
mod record;
mod sampled;
mod thread;
mod write;

use crate::format::{Confidence, Format, ReadOptions, Recognition};
use crate::json::{Fault, Keys, malformed, note_fault};
use crate::{Content, Notes, ReadErrorKind};
pub use write::{all_values, write};

/// Reads speedscope files.
pub struct Speedscope;

const STRANGE: &str = "parts of the document that are not as expected or stand twice, not read";
const NOTHING: &str = "document holds no profile";

impl Format for Speedscope {
    fn name(&self) -> &'static str {
        "speedscope"
    }

    fn description(&self) -> &'static str {
        "speedscope JSON: py-spy, rbspy, dotnet-trace, speedscope's exports"
    }

    fn recognise(&self, head: &[u8]) -> Option<Recognition> {
        const SIGNS: &[&str] = &["shared.frames", "profiles.samples", "profiles.weights", "profiles.events"];
        let keys = Keys::of(head)?;
        if keys.schema_names("speedscope") {
            let why = "JSON with speedscope's $schema".to_owned();
            return Some(Recognition { confidence: Confidence::Certain, why });
        }
        let sign = SIGNS.iter().position(|sign| keys.has(sign))?;
        let confidence = if sign == 0 { Confidence::Certain } else { Confidence::Likely };
        Some(Recognition { confidence, why: format!("JSON with the key {}", SIGNS[sign]) })
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        let document = record::document(input);
        if let Some(broken) = document.broken.filter(|broken| broken.fault == Fault::TooDeep) {
            return Err(malformed(input, broken.byte, broken.expected));
        }
        let missing = match (document.frames, &document.profiles) {
            (Some(_), Some(_)) => None,
            (None, _) => Some("\"shared\" with the \"frames\" of a speedscope document"),
            (_, None) => Some("\"profiles\" of a speedscope document"),
        };
        if let Some(expected) = missing {
            let byte = document.broken.map_or(0, |broken| broken.byte);
            return Err(malformed(input, byte, expected));
        }
        let mut loaded = load::load(input, &document, options.timeline, 0);
        // Values without a unit are whole numbers in nearly all files. One where they are not is read again at the
        // scale that it turned out to need.
        if loaded.most_places > 0 {
            loaded = load::load(input, &document, options.timeline, loaded.most_places);
        }
        for &byte in &document.strange {
            loaded.notes.damaged("part_unread", STRANGE, byte, &input[byte..]);
        }
        if let Some(broken) = document.broken {
            note_fault(&mut loaded.notes, input, &broken);
        } else if document.profiles.is_some_and(|profiles| profiles.is_empty()) {
            loaded.notes.caveat("no_profiles", NOTHING, 0, input);
        }
        loaded.notes.number_lines(input);
        notes.absorb(loaded.notes);
        Ok(Content::Profile(loaded.builder.finish()))
    }
}

#[cfg(test)]
mod tests;
