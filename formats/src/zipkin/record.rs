//! Borrowed records of Zipkin v2.
//!
//! The shape is that of `zipkin2-api.yaml` of openzipkin/zipkin-api:
//!
//! ```text
//! span = {"traceId", "id", "parentId"?, "kind"?: "CLIENT", "name"?, "timestamp"?: us, "duration"?: us,
//!         "localEndpoint"?: endpoint, "remoteEndpoint"?: endpoint, "tags"?: {"key": "value"}, "shared"?: true}
//! endpoint = {"serviceName"?, "ipv4"?, "ipv6"?, "port"?}
//! ```

use crate::json::{Broken, Cursor, Text, Value, fields, text};
use crate::trace_json::{Attribute, Declared, Flaw, Sent, SpanRecord, Unit, nanoseconds, read_map};

/// Reads the span that comes next; its tags are added to `attributes`.
///
/// # Errors
/// Where the bytes stop being JSON.
pub(super) fn read_span<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<Sent<'a>, Broken> {
    cursor.peek();
    let mut span = SpanRecord::new(cursor.at);
    let (mut local, mut remote, mut known) = (Value::Null, None, false);
    if cursor.peek() != Some(b'{') {
        span.flaw = Some(Flaw::NotObject(cursor.at));
        cursor.value()?;
        return Ok(Sent { span, sender: local, known });
    }
    fields(cursor, |key, cursor| {
        let byte = cursor.at;
        let right = match &*key.bytes() {
            b"traceId" => {
                known = true;
                text(cursor, &mut span.trace)?
            }
            b"id" => text(cursor, &mut span.id)?,
            b"parentId" => text(cursor, &mut span.parent)?,
            b"name" => text(cursor, &mut span.operation)?,
            b"kind" => {
                span.kind = cursor.value()?;
                true
            }
            b"timestamp" => {
                let value = cursor.value()?;
                span.start_ns = span.expect_time(nanoseconds(&value, Unit::Microsecond), &value, byte);
                true
            }
            b"duration" => {
                let value = cursor.value()?;
                span.duration_ns = span.expect_time(nanoseconds(&value, Unit::Microsecond), &value, byte);
                true
            }
            b"localEndpoint" => {
                local = cursor.value()?;
                true
            }
            b"remoteEndpoint" => fields(cursor, |key, cursor| match key.raw {
                b"serviceName" => text(cursor, &mut remote).map(|_| ()),
                _ => cursor.value().map(|_| ()),
            })?,
            b"tags" => read_map(cursor, attributes)?,
            _ => {
                cursor.value()?;
                true
            }
        };
        span.expect(right, byte);
        Ok(())
    })?;
    // Whatever an error tag says, it says that there was an error.
    let failed = |tag: &&Attribute<'_>| {
        tag.key.raw == b"error" && !matches!(tag.value, Value::Text(text) if text.raw == b"false")
    };
    span.failed = attributes.iter().any(|tag| failed(&tag) && tag.value != Value::Bool(false));
    if let Some(service) = remote.filter(|service| !service.raw.is_empty())
        && !attributes.iter().any(|tag| tag.key.raw == PEER.raw)
    {
        attributes.push(Attribute { key: PEER, value: Value::Text(service), declared: Declared::Nothing });
    }
    span.attributes = 0..attributes.len();
    Ok(Sent { span, sender: local, known })
}

/// What OpenTracing and OpenTelemetry call the service at the other end.
const PEER: Text<'static> = Text { raw: b"peer.service", escaped: false };

/// Reads an endpoint: gives its service and adds its addresses to `attributes`.
///
/// # Errors
/// Where the bytes stop being JSON.
pub(super) fn read_endpoint<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<Option<Text<'a>>, Broken> {
    let mut service = None;
    fields(cursor, |key, cursor| {
        match (key.raw, cursor.value()?) {
            (b"serviceName", Value::Text(name)) => service = Some(name),
            (b"ipv4" | b"ipv6" | b"port", value) => {
                attributes.push(Attribute { key, value, declared: Declared::Nothing });
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(service)
}
