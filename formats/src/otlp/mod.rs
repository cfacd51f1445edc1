//! OTLP/JSON: what the OpenTelemetry Collector's file exporter writes, and Tempo, Grafana, Kiali and Jaeger answer.
//!
//! A document holds `resourceSpans` (Tempo says `batches`), by itself or under `trace` or `result`, or is one of
//! them; documents may stand in a list or in a row, one per line, and the spans of a trace may be spread over them.
//! Times are nanoseconds. Links to other spans are not parents.

mod record;
#[cfg(test)]
mod tests;

use crate::json::{BrokenJson, Cursor, elements, fields, recognise};
use crate::trace_json::{
    Attribute, Part, ReadSpans, Service, SpanLoader, SpanRecord, each, is_empty_list, take_service,
};
use crate::{Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition, Tags, trace_json};

/// OTLP/JSON traces.
pub struct Otlp;

/// So many spans are read before they are loaded, where their resource is known.
const TOGETHER: usize = 256;
/// How many objects may stand around `resourceSpans`.
const WRAPPERS: u8 = 2;

const CUT: &str = "span is whole, but the file ends before the resource it belongs to; it is left out";
const NOT_LIST: &str =
    "expected a list of resources, scopes or spans, found something else; what it holds is not read";
const NOT_RESOURCE: &str =
    "expected the spans of a resource, found something else; what it holds is not read";
const NOT_SCOPE: &str = "expected the spans of a scope, found something else; what it holds is not read";
const FLAWED_RESOURCE: &str =
    "resource or an attribute of it is not as expected; what is whole of it is used";
const OTHER: &str = "document holds no traces (metrics or logs?); it is ignored";

impl Format for Otlp {
    fn name(&self) -> &'static str {
        "otlp"
    }

    fn description(&self) -> &'static str {
        "OTLP/JSON traces: the OpenTelemetry Collector's file exporter, Tempo, Grafana"
    }

    fn recognise(&self, head: &[u8]) -> Option<Recognition> {
        const SIGNS: &[&[&str]] = &[
            &["resourceSpans"],
            &["resource_spans"],
            &["trace.resourceSpans"],
            &["result.resourceSpans"],
            &["batches.resource"],
            &["batches.scopeSpans"],
            &["batches.instrumentationLibrarySpans"],
            &["trace.batches"],
            &["resource", "scopeSpans"],
            &["resource", "instrumentationLibrarySpans"],
            &["scopeSpans.spans"],
            &["batches"],
        ];
        recognise(head, SIGNS, 1)
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        trace_json::read::<Reader<'_>>(input, options, notes)
    }
}

struct Reader<'a> {
    loader: SpanLoader<'a>,
    found: bool,
    /// The resource under way: its attributes, once they were read, and the process that they describe.
    attributes: Option<Vec<Attribute<'a>>>,
    service: Option<Service>,
    /// Its spans that were not loaded yet, and their attributes.
    spans: Vec<SpanRecord<'a>>,
    span_attributes: Vec<Attribute<'a>>,
}

impl<'a> ReadSpans<'a> for Reader<'a> {
    const EXPECTED: &'static str = "OTLP/JSON: \"resourceSpans\" or \"batches\" with \"scopeSpans\"";
    const TICK_NS: i64 = 1;

    fn new(input: &'a [u8], tags: Tags) -> Reader<'a> {
        Reader {
            loader: SpanLoader::new(input, Self::TICK_NS, tags),
            found: false,
            attributes: None,
            service: None,
            spans: Vec::new(),
            span_attributes: Vec::new(),
        }
    }

    fn document(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        each(cursor, |cursor| {
            let byte = cursor.at;
            // A document may be the spans of one resource.
            self.begin();
            let outcome = self.object(cursor, WRAPPERS);
            self.load(outcome.is_err());
            if !outcome? {
                self.loader.notes.caveat("document_other", OTHER, byte, &self.loader.input[byte..]);
            }
            Ok(())
        })
    }

    fn notes(&mut self) -> &mut Notes {
        &mut self.loader.notes
    }

    fn finish(self) -> Part {
        Part::new(self.loader.builder, self.loader.notes, self.found)
    }
}

impl<'a> Reader<'a> {
    /// Reads an object that may hold spans; whether it did, or could have.
    fn object(&mut self, cursor: &mut Cursor<'a>, wrappers: u8) -> Result<bool, BrokenJson> {
        let mut known = false;
        fields(cursor, |key, cursor| {
            known |= match key.raw {
                b"resourceSpans" | b"resource_spans" | b"batches" => {
                    // Batches may be anyone's.
                    self.found |= key.raw != b"batches" || is_empty_list(*cursor);
                    self.list(cursor, Self::resource)?;
                    true
                }
                b"trace" | b"result" if wrappers > 0 && cursor.peek() == Some(b'{') => {
                    self.object(cursor, wrappers - 1)?
                }
                key => self.field(key, cursor)?,
            };
            Ok(())
        })?;
        Ok(known)
    }

    /// Reads the spans of a resource.
    fn resource(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        if cursor.peek() != Some(b'{') {
            self.unread("resource_unknown", NOT_RESOURCE, cursor.at);
            return cursor.value().map(|_| ());
        }
        self.begin();
        let outcome = fields(cursor, |key, cursor| self.field(key.raw, cursor).map(|_| ()));
        self.load(outcome.is_err());
        outcome.map(|_| ())
    }

    /// Reads a field of the spans of a resource; whether it holds spans.
    fn field(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Result<bool, BrokenJson> {
        match key {
            b"resource" => {
                self.found = true;
                let (byte, mut attributes, mut right) = (cursor.at, Vec::new(), true);
                let object = fields(cursor, |key, cursor| {
                    match key.raw {
                        b"attributes" => right &= record::read_attributes(cursor, &mut attributes)?,
                        _ => {
                            cursor.value()?;
                        }
                    }
                    Ok(())
                })?;
                if !object || !right {
                    let found = &self.loader.input[byte..];
                    self.loader.notes.caveat("resource_unread", FLAWED_RESOURCE, byte, found);
                }
                self.attributes = Some(attributes);
                self.service = None;
                Ok(false)
            }
            b"scopeSpans"
            | b"scope_spans"
            | b"instrumentationLibrarySpans"
            | b"instrumentation_library_spans" => {
                self.found = true;
                self.list(cursor, Self::scope)?;
                Ok(true)
            }
            _ => {
                cursor.value()?;
                Ok(false)
            }
        }
    }

    /// Reads the spans of a scope.
    fn scope(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        if cursor.peek() != Some(b'{') {
            self.unread("scope_unknown", NOT_SCOPE, cursor.at);
            return cursor.value().map(|_| ());
        }
        fields(cursor, |key, cursor| match key.raw {
            b"spans" => self.list(cursor, Self::span),
            _ => cursor.value().map(|_| ()),
        })
        .map(|_| ())
    }

    /// Hands every element of a list to `read`, and says where there is none.
    fn list(
        &mut self,
        cursor: &mut Cursor<'a>,
        mut read: impl FnMut(&mut Self, &mut Cursor<'a>) -> Result<(), BrokenJson>,
    ) -> Result<(), BrokenJson> {
        let byte = cursor.at;
        if !elements(cursor, |cursor| read(self, cursor))? {
            self.unread("list_unread", NOT_LIST, byte);
        }
        Ok(())
    }

    fn unread(&mut self, code: &'static str, text: &'static str, byte: usize) {
        self.loader.notes.damaged(code, text, byte, &self.loader.input[byte..]);
    }

    fn span(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        let span = record::read_span(cursor, &mut self.span_attributes)?;
        self.spans.push(span);
        if self.attributes.is_some() && self.spans.len() >= TOGETHER {
            self.load(false);
        }
        Ok(())
    }

    /// Begins with another resource.
    fn begin(&mut self) {
        self.attributes = None;
        self.service = None;
    }

    /// Loads the spans that were read. Where the file is `cut` before the resource, it is not known.
    fn load(&mut self, cut: bool) {
        if !self.spans.is_empty() {
            if cut && self.attributes.is_none() {
                for span in self.spans.drain(..) {
                    self.loader.notes.met(1);
                    self.loader.notes.left_out("span_cut", CUT, span.byte, &self.loader.input[span.byte..]);
                }
            } else {
                let service = *self.service.get_or_insert_with(|| {
                    let attributes = self.attributes.get_or_insert_default();
                    let name = take_service(attributes);
                    self.loader.service(name, attributes)
                });
                for span in self.spans.drain(..) {
                    let attributes = &self.span_attributes[span.attributes.clone()];
                    self.loader.span(&span, attributes, service);
                }
            }
        }
        self.span_attributes.clear();
    }
}
