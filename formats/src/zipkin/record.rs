//! Borrowed records of Zipkin v2.
//!
//! The shape is that of `zipkin2-api.yaml` of openzipkin/zipkin-api:
//!
//! ```text
//! span = {"traceId", "id", "parentId"?, "kind"?: "CLIENT", "name"?, "timestamp"?: us, "duration"?: us,
//!         "localEndpoint"?: endpoint, "remoteEndpoint"?: endpoint, "tags"?: {"key": "value"}, "shared"?: true}
//! endpoint = {"serviceName"?, "ipv4"?, "ipv6"?, "port"?}
//! ```

use super::Zipkin;
use crate::json::{BrokenJson, Cursor, Text, Value, fields, text};
use crate::trace_json::{Attribute, Grammar, Sent, SpanRecord, Unit, keep, read_map, read_one};

/// What OpenTracing and OpenTelemetry call the service at the other end.
const PEER: Text<'static> = Text { raw: b"peer.service", escaped: false };

impl Grammar for Zipkin {
    const EXPECTED: &'static str = "Zipkin v2 spans: objects with \"traceId\" and \"id\"";
    const TICK_NS: i64 = 1000;

    fn read_span<'a>(
        cursor: &mut Cursor<'a>,
        attributes: &mut Vec<Attribute<'a>>,
    ) -> Result<Sent<'a>, BrokenJson> {
        let (mut local, mut remote) = (Value::Null, None);
        // One field alone may be anyone's.
        let (mut has_trace, mut has_other) = (false, false);
        let mut span = SpanRecord::read(cursor, |span, key, cursor| {
            has_trace |= key == b"traceId";
            has_other |= matches!(key, b"parentId" | b"kind" | b"timestamp" | b"duration" | b"localEndpoint");
            match key {
                b"traceId" => text(cursor, &mut span.trace),
                b"id" => text(cursor, &mut span.id),
                b"parentId" => text(cursor, &mut span.parent),
                b"name" => text(cursor, &mut span.operation),
                b"kind" => keep(cursor, &mut span.kind),
                b"timestamp" => {
                    span.start_ns = span.read_time(cursor, Unit::Microsecond)?;
                    Ok(true)
                }
                b"duration" => {
                    span.duration_ns = span.read_time(cursor, Unit::Microsecond)?;
                    Ok(true)
                }
                b"localEndpoint" => keep(cursor, &mut local),
                b"remoteEndpoint" => read_remote(cursor, &mut remote),
                b"tags" => read_map(cursor, attributes),
                _ => cursor.value().map(|_| true),
            }
        })?;
        // Whatever an error tag says, it says that there was an error.
        let failed = |tag: &&Attribute<'_>| {
            tag.key.raw == b"error" && !matches!(tag.value, Value::Text(text) if text.raw == b"false")
        };
        span.failed = attributes.iter().any(|tag| failed(&tag) && tag.value != Value::Bool(false));
        if let Some(service) = remote.filter(|service| !service.raw.is_empty())
            && !attributes.iter().any(|tag| tag.key.raw == PEER.raw)
        {
            attributes.push(Attribute::new(PEER, Value::Text(service)));
        }
        span.attributes = 0..attributes.len();
        let known = has_trace || (has_other && span.id.is_some());
        Ok(Sent { span, sender: local, known })
    }

    /// Reads an endpoint: its service and, as attributes, its addresses.
    fn read_sender<'a>(
        cursor: &mut Cursor<'a>,
        attributes: &mut Vec<Attribute<'a>>,
    ) -> Result<Option<Text<'a>>, BrokenJson> {
        let mut service = None;
        fields(cursor, |key, cursor| {
            match (key.raw, cursor.value()?) {
                (b"serviceName", Value::Text(name)) => service = Some(name),
                (b"ipv4" | b"ipv6" | b"port", value) => attributes.push(Attribute::new(key, value)),
                _ => {}
            }
            Ok(())
        })?;
        Ok(service)
    }
}

/// Reads the service at the other end; `false` where anything is of the wrong type.
fn read_remote<'a>(cursor: &mut Cursor<'a>, service: &mut Option<Text<'a>>) -> Result<bool, BrokenJson> {
    let mut name = Value::Null;
    let right = read_one(cursor, &[b"serviceName"], &mut name)?;
    Ok(right
        && match name {
            Value::Text(name) => {
                *service = Some(name);
                true
            }
            name => name == Value::Null,
        })
}
