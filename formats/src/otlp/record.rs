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

use crate::json::{BrokenJson, Cursor, Value, elements, fields, text};
use crate::trace_json::{Attribute, Declared, SpanRecord, Unit, keep, read_one};

/// Reads the span that comes next; its attributes are added to `attributes`.
///
/// # Errors
/// Where the bytes stop being JSON.
pub(super) fn read_span<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<SpanRecord<'a>, BrokenJson> {
    let mut end_ns = None;
    let mut span = SpanRecord::read(cursor, |span, key, cursor| match key {
        b"traceId" | b"trace_id" => text(cursor, &mut span.trace),
        b"spanId" | b"span_id" => text(cursor, &mut span.id),
        b"parentSpanId" | b"parent_span_id" => text(cursor, &mut span.parent),
        b"name" => text(cursor, &mut span.operation),
        b"kind" => keep(cursor, &mut span.kind),
        b"startTimeUnixNano" | b"start_time_unix_nano" => {
            span.start_ns = span.read_time(cursor, Unit::Nanosecond)?;
            Ok(true)
        }
        b"endTimeUnixNano" | b"end_time_unix_nano" => {
            // No time is zero in protobuf, and a span that was never finished has none.
            end_ns = span.read_time(cursor, Unit::Nanosecond)?.filter(|&end| end != 0);
            Ok(true)
        }
        b"attributes" => {
            let start = attributes.len();
            let right = read_attributes(cursor, attributes)?;
            span.attributes = start..attributes.len();
            Ok(right)
        }
        b"status" => read_one(cursor, &[b"code"], &mut span.status),
        _ => cursor.value().map(|_| true),
    })?;
    span.ends_at(end_ns);
    Ok(span)
}

/// Adds the attributes of a list to `attributes`; `false` where it is no list of attributes.
pub(super) fn read_attributes<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<bool, BrokenJson> {
    let mut right = true;
    let list = elements(cursor, |cursor| {
        let (mut key, mut found) = (None, None);
        let object = fields(cursor, |field, cursor| {
            match field.raw {
                b"key" => right &= text(cursor, &mut key)?,
                b"value" => found = Some(read_value(cursor)?),
                _ => {
                    cursor.value()?;
                }
            }
            Ok(())
        })?;
        right &= object;
        if key.is_some() || found.is_some() {
            // A text that is empty need not stand in the JSON of a protobuf.
            let key = key.unwrap_or_default();
            let (value, declared) = found.unwrap_or((Value::Null, Declared::Nothing));
            attributes.push(Attribute { key, value, declared });
        }
        Ok(())
    })?;
    Ok(list && right)
}

/// Reads a value out of the object that names its type.
fn read_value<'a>(cursor: &mut Cursor<'a>) -> Result<(Value<'a>, Declared), BrokenJson> {
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
