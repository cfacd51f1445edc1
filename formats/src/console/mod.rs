//! Spans as the console exporters of the OpenTelemetry SDKs for Python and Go print them.
//!
//! Both print one object per span, prettily or one per line, among whatever else the program prints; lines that
//! are not JSON are skipped. Times are dates with a fraction of a second.

mod record;
#[cfg(test)]
mod tests;

use crate::json::{Broken, Cursor, Keys, Text};
use crate::trace_json::{self, Attribute, Grammar, Objects, Sent};
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
        let keys = Keys::of(head)?;
        let (sign, confidence) = keys.first_of(SIGNS, 1)?;
        Some(Recognition { confidence, why: format!("JSON with the keys {}", sign.join(", ")) })
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        trace_json::read::<Objects<'_, Self>>(input, options, notes)
    }
}

impl Grammar for Console {
    const EXPECTED: &'static str =
        "spans of an OpenTelemetry SDK: objects with \"context\" or \"SpanContext\"";
    const TICK_NS: i64 = 1;

    fn read_span<'a>(
        cursor: &mut Cursor<'a>,
        attributes: &mut Vec<Attribute<'a>>,
    ) -> Result<Sent<'a>, Broken> {
        record::read_span(cursor, attributes)
    }

    fn read_sender<'a>(
        cursor: &mut Cursor<'a>,
        attributes: &mut Vec<Attribute<'a>>,
    ) -> Result<Option<Text<'a>>, Broken> {
        record::read_resource(cursor, attributes)
    }
}
