//! Loads records of spans into the model, and says what their words mean.

use super::json_text::{compact, unwrapped};
use super::record::{Attribute, Declared, Flaw, SpanRecord};
use super::{ids, names_a_span};
use crate::json::{Text, Value};
use crate::{NewSpan, Notes, ProcessId, Reference, ReferenceKind, SpanKind, Tag, TagValue, TracesBuilder};

/// The service of spans that name none, and the name of operations that have none.
const UNKNOWN: &[u8] = b"[unknown]";

const NOT_OBJECT: &str = "expected a span, found something else; it is left out";
const WRONG_TYPE: &str = "span has a field of the wrong type; it is left out";
const TIME_RANGE: &str = "span's time does not fit 64 bits of nanoseconds; it is left out";
const INCOMPLETE: &str = "span lacks its id or that of its trace; it is left out";
const NO_START: &str = "span has no start time and so no place in its trace; it is left out";
const NO_DURATION: &str = "span has no duration or end, so it was never finished; its duration is taken as 0";
const NO_OPERATION: &str = "span has no name; it is kept as [unknown]";
const NO_SERVICE: &str = "span names no service; it is kept under the service [unknown]";

/// A process, and whether its service has a name in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) process: ProcessId,
    pub(crate) named: bool,
}

/// Loads spans one after the other.
pub(crate) struct Loader<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) builder: TracesBuilder,
    pub(crate) notes: Notes,
    tags: Vec<Tag>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(input: &'a [u8], tick_ns: i64) -> Loader<'a> {
        Loader { input, builder: TracesBuilder::new(tick_ns), notes: Notes::default(), tags: Vec::new() }
    }

    /// Adds a span with its attributes, or leaves it out with a note.
    pub(crate) fn span(&mut self, span: &SpanRecord<'a>, attributes: &[Attribute<'a>], service: Service) {
        self.notes.met(1);
        let input = self.input;
        // The brace of an object says less than its name.
        let found = span.operation.map_or(&input[span.byte..], |name| name.raw);
        if let Some(flaw) = span.flaw {
            let (code, text, byte) = match flaw {
                Flaw::NotObject(byte) => ("span_not_object", NOT_OBJECT, byte),
                Flaw::WrongType(byte) => ("span_wrong_type", WRONG_TYPE, byte),
                Flaw::TimeRange(byte) => ("span_time_range", TIME_RANGE, byte),
            };
            self.notes.left_out(code, text, byte, &input[byte..]);
            return;
        }
        let given = |id: Option<Text<'a>>| id.filter(|id| !id.raw.is_empty());
        let (Some(trace), Some(id)) = (given(span.trace), given(span.id)) else {
            self.notes.left_out("span_incomplete", INCOMPLETE, span.byte, found);
            return;
        };
        let Some(start_ns) = span.start_ns else {
            self.notes.left_out("span_without_time", NO_START, span.byte, found);
            return;
        };
        let duration_ns = span.duration_ns.unwrap_or_else(|| {
            self.notes.caveat("duration_missing", NO_DURATION, span.byte, found);
            0
        });
        if start_ns.checked_add(duration_ns).is_none() {
            self.notes.left_out("span_time_range", TIME_RANGE, span.byte, found);
            return;
        }
        if !service.named {
            self.notes.caveat("service_missing", NO_SERVICE, span.byte, found);
        }
        let trace = self.builder.string(&ids::trace_id(&trace.bytes()));
        let id = self.builder.string(&ids::span_id(&id.bytes()));
        let operation = match given(span.operation) {
            Some(operation) => self.builder.string(&operation.bytes()),
            None => {
                self.notes.caveat("operation_missing", NO_OPERATION, span.byte, found);
                self.builder.string(UNKNOWN)
            }
        };
        let parent = span.parent.map(|parent| parent.bytes());
        let parent = parent.as_deref().map(ids::span_id).filter(|parent| names_a_span(parent));
        let references = parent.map(|parent| {
            let span = self.builder.string(&parent);
            Reference { kind: ReferenceKind::Parent, trace, span }
        });
        let (mut kind, mut error) = (kind(&span.kind), span.failed || is_error(&span.status));
        self.tags.clear();
        for attribute in attributes {
            match attribute.key.raw {
                b"error" => error |= is_true(&attribute.value),
                b"otel.status_code" => error |= is_error(&attribute.value),
                b"span.kind" if kind == SpanKind::Unspecified => kind = self::kind(&attribute.value),
                _ => {}
            }
            self.tags.push(tag(&mut self.builder, attribute));
        }
        let process = service.process;
        let byte = span.byte as u64;
        let span = NewSpan { trace, id, operation, process, kind, start_ns, duration_ns, error, byte };
        self.builder.span(&span, references.as_slice(), &self.tags);
    }

    /// A process of the service `name`.
    pub(crate) fn service(&mut self, name: Option<Text<'a>>, attributes: &[Attribute<'a>]) -> Service {
        let name = name.filter(|name| !name.raw.is_empty());
        let service = match name {
            Some(name) => self.builder.string(&name.bytes()),
            None => self.builder.string(UNKNOWN),
        };
        let tags: Vec<Tag> = attributes.iter().map(|attribute| tag(&mut self.builder, attribute)).collect();
        Service { process: self.builder.process(service, &tags), named: name.is_some() }
    }
}

/// Takes the name of the service out of the attributes of an OpenTelemetry resource.
pub(crate) fn take_service<'a>(attributes: &mut Vec<Attribute<'a>>) -> Option<Text<'a>> {
    let mut name = None;
    attributes.retain(|attribute| match (attribute.key.raw, attribute.value) {
        (b"service.name", Value::Text(text)) => {
            name = Some(text);
            false
        }
        _ => true,
    });
    name
}

fn tag(builder: &mut TracesBuilder, attribute: &Attribute<'_>) -> Tag {
    let key = builder.string(&attribute.key.bytes());
    Tag { key, value: tag_value(builder, &attribute.value, attribute.declared) }
}

/// The value of a tag: of the declared type where it can be read as such, else what JSON says.
fn tag_value(builder: &mut TracesBuilder, value: &Value<'_>, declared: Declared) -> TagValue {
    let number = |int: Option<i64>| int.map(TagValue::Int).or_else(|| value.float().map(TagValue::Float));
    let typed = match (value, declared) {
        (Value::Bool(value), _) => Some(TagValue::Bool(*value)),
        (Value::Text(text), Declared::Bool) => {
            matches!(text.raw, b"true" | b"false").then_some(TagValue::Bool(text.raw == b"true"))
        }
        (Value::Number(_) | Value::Text(_), Declared::Float) => number(None),
        (Value::Number(_), _) | (Value::Text(_), Declared::Int) => number(value.int()),
        _ => None,
    };
    typed.unwrap_or_else(|| {
        TagValue::Text(match value {
            Value::Text(text) => builder.string(&text.bytes()),
            Value::Number(raw) => builder.string(raw),
            Value::Container(json) => {
                let wrapped = matches!(declared, Declared::WrappedList | Declared::WrappedMap);
                let plain = wrapped.then(|| unwrapped(json, declared == Declared::WrappedMap)).flatten();
                match plain {
                    Some(plain) => builder.string(&plain),
                    None => builder.string(&compact(json)),
                }
            }
            Value::Null | Value::Bool(_) => builder.string(b"null"),
        })
    })
}

/// The kind that a number of OpenTelemetry's `SpanKind` or a word means.
fn kind(value: &Value<'_>) -> SpanKind {
    match (value.int(), value) {
        (Some(1), _) => SpanKind::Internal,
        (Some(2), _) => SpanKind::Server,
        (Some(3), _) => SpanKind::Client,
        (Some(4), _) => SpanKind::Producer,
        (Some(5), _) => SpanKind::Consumer,
        (None, Value::Text(word)) => kind_named(word.raw),
        _ => SpanKind::Unspecified,
    }
}

/// The kind that a word means: `client`, `CLIENT`, `SPAN_KIND_CLIENT`, `SpanKind.CLIENT`.
pub(crate) fn kind_named(word: &[u8]) -> SpanKind {
    let last = word.rsplit(|byte| matches!(byte, b'_' | b'.')).next().unwrap_or(word);
    match &*last.to_ascii_lowercase() {
        b"internal" => SpanKind::Internal,
        b"server" => SpanKind::Server,
        b"client" => SpanKind::Client,
        b"producer" => SpanKind::Producer,
        b"consumer" => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

/// Whether a status means failure: 2, `ERROR`, `STATUS_CODE_ERROR`.
fn is_error(status: &Value<'_>) -> bool {
    let named = |word: &[u8]| word.len() >= 5 && word[word.len() - 5..].eq_ignore_ascii_case(b"error");
    status.int() == Some(2) || matches!(status, Value::Text(word) if named(word.raw))
}

fn is_true(value: &Value<'_>) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Text(text) => text.raw.eq_ignore_ascii_case(b"true"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Cursor;

    #[test]
    fn kinds_and_statuses_have_many_spellings() {
        let value = |json: &'static str| Cursor::new(json.as_bytes(), 0).value().unwrap();
        for json in ["3 ", "\"3\"", "\"client\"", "\"CLIENT\"", "\"SPAN_KIND_CLIENT\"", "\"SpanKind.CLIENT\""]
        {
            assert_eq!(kind(&value(json)), SpanKind::Client, "{json}");
        }
        for json in ["0 ", "6 ", "null", "\"\"", "\"SPAN_KIND_UNSPECIFIED\"", "[3]"] {
            assert_eq!(kind(&value(json)), SpanKind::Unspecified, "{json}");
        }
        for (json, error) in [
            ("2 ", true),
            ("\"STATUS_CODE_ERROR\"", true),
            ("\"Error\"", true),
            ("1 ", false),
            ("\"Unset\"", false),
            ("null", false),
        ] {
            assert_eq!(is_error(&value(json)), error, "{json}");
        }
    }
}
