//! Zipkin v2 spans: a list as posted to `/api/v2/spans` or answered by `/api/v2/trace`, a list of such lists as
//! answered by `/api/v2/traces`, single spans, and any of these in a row or one per line.
//!
//! Times are microseconds. Client and server of a call may share one span id; they stay two spans, and the model
//! makes the server's the child of the client's. A span without a time has no place in its trace and is left out.

mod record;
#[cfg(test)]
mod tests;

use crate::json::recognise;
use crate::trace_json::{self, Objects};
use crate::{Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition};

/// Zipkin v2 spans.
pub struct Zipkin;

impl Format for Zipkin {
    fn name(&self) -> &'static str {
        "zipkin"
    }

    fn description(&self) -> &'static str {
        "Zipkin v2 spans, as posted to Zipkin or answered by its API"
    }

    fn recognise(&self, head: &[u8]) -> Option<Recognition> {
        const SIGNS: &[&[&str]] = &[
            &["traceId", "id", "localEndpoint"],
            &["traceId", "id", "timestamp"],
            &["traceId", "id", "duration"],
            &["traceId", "id", "kind"],
            &["traceId", "id", "parentId"],
            &["traceId", "id"],
            &["traceId", "localEndpoint"],
            &["traceId", "parentId"],
        ];
        recognise(head, SIGNS, 3)
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        trace_json::read::<Objects<'_, Self>>(input, options, notes)
    }
}
