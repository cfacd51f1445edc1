//! Borrowed records of OTLP/JSON: resources, spans, attributes.
//!
//! The shapes are those of `opentelemetry/proto/trace/v1/trace.proto` and `common/v1/common.proto`, in camelCase or
//! with the field names of the protobuf:
//!
//! ```text
//! span = {"traceId", "spanId", "parentSpanId"?, "name", "kind": 3 | "SPAN_KIND_CLIENT",
//!         "startTimeUnixNano": "ns" | ns, "endTimeUnixNano", "attributes": [attribute], "status": {"code"}}
//! attribute = {"key", "value": {"stringValue" | "intValue" | "doubleValue" | "boolValue" | "bytesValue" |
//!              "arrayValue": {"values": [value]} | "kvlistValue": {"values": [attribute]}}}
//! ```

use crate::json::{Broken, Cursor, Value, elements, fields, text};
use crate::trace_json::{Attribute, Declared, Flaw, SpanRecord, Unit, nanoseconds};

/// Reads the span that comes next; its attributes are added to `attributes`.
///
/// # Errors
/// Where the bytes stop being JSON.
pub(super) fn read_span<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<SpanRecord<'a>, Broken> {
    cursor.peek();
    let mut span = SpanRecord::new(cursor.at);
    if cursor.peek() != Some(b'{') {
        span.flaw = Some(Flaw::NotObject(cursor.at));
        cursor.value()?;
        return Ok(span);
    }
    let mut end_ns = None;
    fields(cursor, |key, cursor| {
        let byte = cursor.at;
        let right = match &*key.bytes() {
            b"traceId" | b"trace_id" => text(cursor, &mut span.trace)?,
            b"spanId" | b"span_id" => text(cursor, &mut span.id)?,
            b"parentSpanId" | b"parent_span_id" => text(cursor, &mut span.parent)?,
            b"name" => text(cursor, &mut span.operation)?,
            b"kind" => {
                span.kind = cursor.value()?;
                true
            }
            b"startTimeUnixNano" | b"start_time_unix_nano" => {
                let value = cursor.value()?;
                span.start_ns = span.expect_time(nanoseconds(&value, Unit::Nanosecond), &value, byte);
                true
            }
            b"endTimeUnixNano" | b"end_time_unix_nano" => {
                let value = cursor.value()?;
                // No time is zero in protobuf, and a span that was never finished has none.
                let end = nanoseconds(&value, Unit::Nanosecond);
                end_ns = span.expect_time(end, &value, byte).filter(|&end| end != 0);
                true
            }
            b"attributes" => {
                let start = attributes.len();
                let right = read_attributes(cursor, attributes)?;
                span.attributes = start..attributes.len();
                right
            }
            b"status" => fields(cursor, |key, cursor| {
                let value = cursor.value()?;
                if key.raw == b"code" {
                    span.status = value;
                }
                Ok(())
            })?,
            _ => {
                cursor.value()?;
                true
            }
        };
        span.expect(right, byte);
        Ok(())
    })?;
    span.ends_at(end_ns);
    Ok(span)
}

/// Adds the attributes of a list to `attributes`; `false` where it is no list of attributes.
pub(super) fn read_attributes<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<bool, Broken> {
    let mut right = true;
    let list = elements(cursor, |cursor| {
        let (mut key, mut found) = (None, None);
        right &= fields(cursor, |field, cursor| {
            match field.raw {
                b"key" => right &= text(cursor, &mut key)?,
                b"value" => found = Some(read_value(cursor)?),
                _ => {
                    cursor.value()?;
                }
            }
            Ok(())
        })?;
        if let Some(key) = key {
            let (value, declared) = found.unwrap_or((Value::Null, Declared::Nothing));
            attributes.push(Attribute { key, value, declared });
        }
        Ok(())
    })?;
    Ok(list && right)
}

/// Reads a value out of the object that names its type.
fn read_value<'a>(cursor: &mut Cursor<'a>) -> Result<(Value<'a>, Declared), Broken> {
    if cursor.peek() != Some(b'{') {
        return Ok((cursor.value()?, Declared::Nothing));
    }
    let mut found = (Value::Null, Declared::Nothing);
    fields(cursor, |key, cursor| {
        let declared = match key.raw {
            b"intValue" | b"int_value" => Declared::Int,
            b"doubleValue" | b"double_value" => Declared::Float,
            b"boolValue" | b"bool_value" => Declared::Bool,
            b"arrayValue" | b"array_value" => Declared::WrappedList,
            b"kvlistValue" | b"kvlist_value" => Declared::WrappedMap,
            _ => Declared::Nothing,
        };
        found = (cursor.value()?, declared);
        Ok(())
    })?;
    Ok(found)
}
