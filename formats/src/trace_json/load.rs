//! Loads records of spans into the model.

use super::meaning::{self, says, tag_value};
use super::record::{Attribute, Flaw, SpanRecord};
use super::{ids, names_a_span};
use crate::json::{Text, Value};
use crate::trace::is_needed;
use crate::{NewSpan, Notes, ProcessId, Reference, ReferenceKind, SpanKind, Tag, Tags, TracesBuilder};

/// The service of spans that name none, and the name of operations that have none.
pub(crate) const UNKNOWN: &[u8] = b"[unknown]";

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
pub(crate) struct SpanLoader<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) builder: TracesBuilder,
    pub(crate) notes: Notes,
    /// Which tags of spans are kept.
    wanted: Tags,
    tags: Vec<Tag>,
}

impl<'a> SpanLoader<'a> {
    pub(crate) fn new(input: &'a [u8], tick_ns: i64, wanted: Tags) -> SpanLoader<'a> {
        let builder = TracesBuilder::new(tick_ns);
        SpanLoader { input, builder, notes: Notes::default(), wanted, tags: Vec::new() }
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
        let (mut kind, mut error) =
            (meaning::kind(&span.kind), span.failed || meaning::is_error(&span.status));
        self.tags.clear();
        for attribute in attributes {
            let says = says(attribute.key.raw, &attribute.value);
            error |= says.error;
            if kind == SpanKind::Unspecified {
                kind = says.kind.unwrap_or(kind);
            }
            if self.wanted == Tags::All || is_needed(&attribute.key.bytes()) {
                self.tags.push(tag(&mut self.builder, attribute));
            }
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
