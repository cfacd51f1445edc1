//! Spans as the console exporters of the OpenTelemetry SDKs for Python and Go print them.
//!
//! Both print one object per span, prettily or one per line, among whatever else the program prints; lines that
//! are not JSON are skipped. Times are dates with a fraction of a second.

mod record;
#[cfg(test)]
mod tests;

use crate::json::recognise;
use crate::trace_json::{self, Objects};
use crate::{Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition};

/// Spans as printed by OpenTelemetry's SDKs.
pub struct Console;

impl Format for Console {
    fn name(&self) -> &'static str {
        "otel-console"
    }

    fn description(&self) -> &'static str {
        "spans as printed by OpenTelemetry's console exporters for Python and Go"
    }

    fn recognise(&self, head: &[u8]) -> Option<Recognition> {
        const SIGNS: &[&[&str]] = &[&["context.trace_id"], &["SpanContext.TraceID"], &["SpanContext"]];
        recognise(head, SIGNS, 1)
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        trace_json::read::<Objects<'_, Self>>(input, options, notes)
    }
}
