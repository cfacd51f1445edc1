//! Jaeger UI and API documents: what the UI's "Trace JSON" saves and `/api/traces` answers.
//!
//! Read are `{"data": [trace, ..]}`, `{"data": trace}`, a bare list of traces, a single trace, and several such
//! documents in a row. Spans as Jaeger stores them, one per document, are another format: [`storage`].
//! Times are microseconds in the file and nanoseconds in the model.

mod load;
mod record;
mod span;
mod split;
pub mod storage;
mod tags;

use crate::json::{BrokenJson, Cursor, Fault, Value, fields, malformed, note_fault, recognise};
use crate::{Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition, TracesBuilder};
use load::{Ended, TICK_NS, TraceLoader};
use record::TraceRecord;
use split::WindowTraces;

/// Jaeger UI and API documents.
pub struct Jaeger;

const NOTHING: &str = "document holds no trace; was the search empty?";
const OTHER: &str = "expected a Jaeger document, found other JSON; it is ignored";
const NOT_DATA: &str = "expected the traces of a document, found something else; what it holds is not read";

impl Format for Jaeger {
    fn name(&self) -> &'static str {
        "jaeger"
    }

    fn description(&self) -> &'static str {
        "traces as saved by Jaeger's UI or answered by its /api/traces"
    }

    fn recognise(&self, head: &[u8]) -> Option<Recognition> {
        const SIGNS: &[&[&str]] = &[
            &["data.traceID"],
            &["data.spans.spanID"],
            &["data.processes"],
            &["data", "total", "errors"],
            &["traceID", "spans"],
            &["traceID", "processes"],
            &["spans.traceID", "spans.spanID"],
            &["processes"],
            &["spans"],
            &["data"],
        ];
        recognise(head, SIGNS, 3)
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        let mut reading = Reading { input, options, builder: None, notes: Notes::default(), found: false };
        let outcome = reading.documents();
        let Reading { builder, notes: mut found, found: known, .. } = reading;
        let builder = builder.unwrap_or_else(|| TracesBuilder::new(TICK_NS));
        if let Err(broken) = outcome {
            if builder.is_empty() || broken.fault == Fault::TooDeep {
                return Err(malformed(input, broken.byte, broken.expected));
            }
            note_fault(&mut found, input, &broken);
        } else if !known {
            let expected =
                "a Jaeger document: \"data\", or a trace with \"traceID\", \"spans\", \"processes\"";
            return Err(malformed(input, 0, expected));
        } else if builder.is_empty() && found.losses().next().is_none() {
            found.caveat("no_traces", NOTHING, 0, input);
        }
        let traces = builder.finish(&mut found);
        found.number_lines(input);
        notes.absorb(found);
        Ok(Content::Traces(traces))
    }
}

/// What was read so far.
struct Reading<'a> {
    input: &'a [u8],
    options: &'a ReadOptions,
    builder: Option<TracesBuilder>,
    notes: Notes,
    /// Whether anything of a Jaeger document was found.
    found: bool,
}

impl<'a> Reading<'a> {
    /// Reads documents to the end of the input.
    fn documents(&mut self) -> Result<(), BrokenJson> {
        let mut cursor = Cursor::new(self.input, 0);
        loop {
            match cursor.peek() {
                None => return Ok(()),
                Some(b'{') => self.object(&mut cursor)?,
                Some(b'[') => self.list(&mut cursor)?,
                Some(_) => return Err(cursor.broken("a Jaeger document")),
            }
        }
    }

    /// Reads an object that holds traces under `data` or is itself a trace.
    fn object(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        let mut trace = TraceRecord::new(self.options.tags);
        let (byte, mut has_data) = (cursor.at, false);
        let outcome = fields(cursor, |key, cursor| match &*key.bytes() {
            b"data" => {
                has_data = true;
                self.data(cursor)
            }
            key if trace.field(key, cursor)? => Ok(()),
            _ => cursor.value().map(|_| ()),
        });
        self.load(&trace, outcome.is_ok());
        outcome?;
        if !has_data && trace.is_empty() {
            self.notes.caveat("document_other", OTHER, byte, &self.input[byte..]);
        }
        Ok(())
    }

    /// Reads a list of traces or a single one; null is what a search gives that found none.
    fn data(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        let byte = cursor.at;
        match cursor.peek() {
            Some(b'[') => {
                self.found = true;
                self.list(cursor)
            }
            Some(b'{') => {
                self.found = true;
                let mut trace = TraceRecord::new(self.options.tags);
                let outcome = split::read_trace(cursor, &mut trace);
                self.load(&trace, outcome.is_ok());
                outcome?.note(&mut self.notes, byte, self.input);
                Ok(())
            }
            _ => {
                let is_null = cursor.value()? == Value::Null;
                self.found |= is_null;
                if !is_null {
                    self.notes.damaged("data_unread", NOT_DATA, byte, &self.input[byte..]);
                }
                Ok(())
            }
        }
    }

    fn list(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        let (input, options) = (self.input, self.options);
        let end = split::read_list(input, cursor.at + 1, options, &mut |part| self.absorb(part))?;
        cursor.at = end;
        Ok(())
    }

    fn load(&mut self, trace: &TraceRecord<'a>, whole: bool) {
        if trace.is_empty() {
            return;
        }
        self.found = true;
        let mut loader = TraceLoader::new();
        loader.load(trace, if whole { Ended::Whole } else { Ended::Cut }, self.input);
        self.take(loader.builder, loader.notes);
    }

    fn absorb(&mut self, part: WindowTraces) {
        self.found |= part.found;
        self.take(part.builder, part.notes);
    }

    fn take(&mut self, builder: TracesBuilder, notes: Notes) {
        match &mut self.builder {
            Some(known) => known.absorb(builder),
            none => *none = Some(builder),
        }
        self.notes.absorb(notes);
    }
}
