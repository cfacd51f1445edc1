//! Borrowed records of spans as the SDKs print them.
//!
//! The shapes are those of Python's `ReadableSpan.to_json` (opentelemetry-sdk, `trace/__init__.py`) and of Go's
//! `tracetest.SpanStub` (`sdk/trace/tracetest/span.go`), which `stdouttrace` prints:
//!
//! ```text
//! {"name", "context": {"trace_id": "0x..", "span_id": "0x.."}, "kind": "SpanKind.CLIENT", "parent_id": "0x.." | null,
//!  "start_time": "2022-04-15T23:28:34.054496Z", "end_time", "status": {"status_code"}, "attributes": {"key": value},
//!  "resource": {"attributes": {"service.name": ".."}}}
//! {"Name", "SpanContext": {"TraceID", "SpanID"}, "Parent": {"SpanID"}, "SpanKind": 3, "StartTime", "EndTime",
//!  "Attributes": [{"Key", "Value": {"Type": "INT64", "Value": 7}}], "Status": {"Code": "Error"}, "Resource": [..]}
//! ```

use super::Console;
use crate::json::{BrokenJson, Cursor, Text, Value, elements, fields, text};
use crate::trace_json::{
    Attribute, Declared, Grammar, Sent, SpanRecord, Unit, keep, read_map, read_one, take_service,
};

impl Grammar for Console {
    const EXPECTED: &'static str =
        "spans of an OpenTelemetry SDK: objects with \"context\" or \"SpanContext\"";
    const TICK_NS: i64 = 1;

    fn read_span<'a>(
        cursor: &mut Cursor<'a>,
        attributes: &mut Vec<Attribute<'a>>,
    ) -> Result<Sent<'a>, BrokenJson> {
        let (mut resource, mut end_ns, mut known) = (Value::Null, None, false);
        let mut span = SpanRecord::read(cursor, |span, key, cursor| match key {
            b"context" | b"SpanContext" => {
                known = true;
                read_context(cursor, &mut span.trace, &mut span.id)
            }
            b"Parent" => read_context(cursor, &mut None, &mut span.parent),
            b"parent_id" | b"ParentSpanID" => text(cursor, &mut span.parent),
            b"name" | b"Name" => text(cursor, &mut span.operation),
            b"kind" | b"SpanKind" => keep(cursor, &mut span.kind),
            b"start_time" | b"StartTime" => {
                span.start_ns = span.read_time(cursor, Unit::Nanosecond)?;
                Ok(true)
            }
            b"end_time" | b"EndTime" => {
                let byte = cursor.at;
                let value = cursor.value()?;
                // Go prints the year 1 for a span that was never finished.
                let unfinished = matches!(value, Value::Text(text) if text.raw.starts_with(b"0001-01-01"));
                if !unfinished {
                    end_ns = span.time(&value, Unit::Nanosecond, byte);
                }
                Ok(true)
            }
            b"status" | b"Status" => read_one(cursor, &[b"status_code", b"Code"], &mut span.status),
            b"attributes" | b"Attributes" => {
                attributes.clear();
                read_attributes(cursor, attributes)
            }
            b"resource" | b"Resource" => keep(cursor, &mut resource),
            _ => cursor.value().map(|_| true),
        })?;
        span.ends_at(end_ns);
        span.attributes = 0..attributes.len();
        Ok(Sent { span, sender: resource, known })
    }

    /// Reads a resource: a list, a map, or a map under `attributes`.
    fn read_sender<'a>(
        cursor: &mut Cursor<'a>,
        attributes: &mut Vec<Attribute<'a>>,
    ) -> Result<Option<Text<'a>>, BrokenJson> {
        if cursor.peek() == Some(b'[') {
            read_attributes(cursor, attributes)?;
            return Ok(take_service(attributes));
        }
        fields(cursor, |key, cursor| {
            match key.raw {
                b"attributes" => {
                    read_map(cursor, attributes)?;
                }
                b"schema_url" => {
                    cursor.value()?;
                }
                _ => attributes.push(Attribute::new(key, cursor.value()?)),
            }
            Ok(())
        })?;
        Ok(take_service(attributes))
    }
}

fn read_context<'a>(
    cursor: &mut Cursor<'a>,
    trace: &mut Option<Text<'a>>,
    span: &mut Option<Text<'a>>,
) -> Result<bool, BrokenJson> {
    let mut right = true;
    let object = fields(cursor, |key, cursor| {
        match key.raw {
            b"trace_id" | b"TraceID" => right &= text(cursor, trace)?,
            b"span_id" | b"SpanID" => right &= text(cursor, span)?,
            _ => {
                cursor.value()?;
            }
        }
        Ok(())
    })?;
    Ok(object && right)
}

/// Adds attributes to `attributes`: a map, or a list of keys and typed values. `false` where it is neither.
fn read_attributes<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<bool, BrokenJson> {
    if cursor.peek() == Some(b'{') {
        return read_map(cursor, attributes);
    }
    let mut right = true;
    let list = elements(cursor, |cursor| {
        let (mut key, mut found, mut declared) = (None, None, Declared::Nothing);
        let object = fields(cursor, |field, cursor| {
            match field.raw {
                b"Key" => right &= text(cursor, &mut key)?,
                b"Value" => {
                    right &= fields(cursor, |field, cursor| {
                        match (field.raw, cursor.value()?) {
                            (b"Value", value) => found = Some(value),
                            // Go prints whole floats without a point.
                            (b"Type", Value::Text(text)) if text.raw == b"FLOAT64" => {
                                declared = Declared::Float
                            }
                            _ => {}
                        }
                        Ok(())
                    })?;
                }
                _ => {
                    cursor.value()?;
                }
            }
            Ok(())
        })?;
        right &= object;
        if key.is_some() || found.is_some() {
            let (key, value) = (key.unwrap_or_default(), found.unwrap_or(Value::Null));
            attributes.push(Attribute { key, value, declared });
        }
        Ok(())
    })?;
    Ok(list && right)
}
