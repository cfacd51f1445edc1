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

use crate::json::{Broken, Cursor, Text, Value, elements, fields, text};
use crate::trace_json::{
    Attribute, Declared, Flaw, Sent, SpanRecord, Unit, nanoseconds, read_map, take_service,
};

/// Reads the span that comes next; its attributes are added to `attributes`.
///
/// # Errors
/// Where the bytes stop being JSON.
pub(super) fn read_span<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<Sent<'a>, Broken> {
    cursor.peek();
    let mut span = SpanRecord::new(cursor.at);
    let (mut resource, mut end_ns, mut known) = (Value::Null, None, false);
    if cursor.peek() != Some(b'{') {
        span.flaw = Some(Flaw::NotObject(cursor.at));
        cursor.value()?;
        return Ok(Sent { span, sender: resource, known });
    }
    fields(cursor, |key, cursor| {
        let byte = cursor.at;
        let right = match &*key.bytes() {
            b"context" | b"SpanContext" => {
                known = true;
                read_context(cursor, &mut span.trace, &mut span.id)?
            }
            b"Parent" => read_context(cursor, &mut None, &mut span.parent)?,
            b"parent_id" | b"ParentSpanID" => text(cursor, &mut span.parent)?,
            b"name" | b"Name" => text(cursor, &mut span.operation)?,
            b"kind" | b"SpanKind" => {
                span.kind = cursor.value()?;
                true
            }
            b"start_time" | b"StartTime" => {
                let value = cursor.value()?;
                span.start_ns = span.expect_time(nanoseconds(&value, Unit::Nanosecond), &value, byte);
                true
            }
            b"end_time" | b"EndTime" => {
                let value = cursor.value()?;
                // Go prints the year 1 for a span that was never finished.
                let unfinished = matches!(value, Value::Text(text) if text.raw.starts_with(b"0001-01-01"));
                if !unfinished {
                    end_ns = span.expect_time(nanoseconds(&value, Unit::Nanosecond), &value, byte);
                }
                true
            }
            b"status" | b"Status" => fields(cursor, |key, cursor| {
                let value = cursor.value()?;
                if matches!(key.raw, b"status_code" | b"Code") {
                    span.status = value;
                }
                Ok(())
            })?,
            b"attributes" | b"Attributes" => {
                attributes.clear();
                read_attributes(cursor, attributes)?
            }
            b"resource" | b"Resource" => {
                resource = cursor.value()?;
                true
            }
            _ => {
                cursor.value()?;
                true
            }
        };
        span.expect(right, byte);
        Ok(())
    })?;
    span.ends_at(end_ns);
    span.attributes = 0..attributes.len();
    Ok(Sent { span, sender: resource, known })
}

fn read_context<'a>(
    cursor: &mut Cursor<'a>,
    trace: &mut Option<Text<'a>>,
    span: &mut Option<Text<'a>>,
) -> Result<bool, Broken> {
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
fn read_attributes<'a>(cursor: &mut Cursor<'a>, attributes: &mut Vec<Attribute<'a>>) -> Result<bool, Broken> {
    if cursor.peek() == Some(b'{') {
        return read_map(cursor, attributes);
    }
    elements(cursor, |cursor| {
        let (mut key, mut found, mut declared) = (None, Value::Null, Declared::Nothing);
        fields(cursor, |field, cursor| match field.raw {
            b"Key" => text(cursor, &mut key).map(|_| ()),
            b"Value" => fields(cursor, |field, cursor| {
                let value = cursor.value()?;
                match (field.raw, value) {
                    (b"Value", value) => found = value,
                    // Go prints whole floats without a point.
                    (b"Type", Value::Text(text)) if text.raw == b"FLOAT64" => declared = Declared::Float,
                    _ => {}
                }
                Ok(())
            })
            .map(|_| ()),
            _ => cursor.value().map(|_| ()),
        })?;
        attributes.extend(key.map(|key| Attribute { key, value: found, declared }));
        Ok(())
    })
}

/// Reads a resource, a list, a map, or a map under `attributes`: gives its service and adds the rest to `attributes`.
///
/// # Errors
/// Where the bytes stop being JSON.
pub(super) fn read_resource<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<Option<Text<'a>>, Broken> {
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
            _ => {
                let value = cursor.value()?;
                attributes.push(Attribute { key, value, declared: Declared::Nothing });
            }
        }
        Ok(())
    })?;
    Ok(take_service(attributes))
}
