//! Borrowed records of a Jaeger UI document: traces, processes, tags; spans are in `span.rs`.
//!
//! The shapes are those of Jaeger's `internal/uimodel/model.go`:
//!
//! ```text
//! {"data": [{"traceID", "spans": [span], "processes": {"p1": process}}]}
//! span    = {"traceID", "spanID", "parentSpanID"?, "operationName", "references": [{"refType", "traceID", "spanID"}],
//!            "startTime": us, "duration": us, "tags": [tag], "processID" | "process": process}
//! process = {"serviceName", "tags": [tag]}          tag = {"key", "type", "value"}
//! ```
//!
//! Spans in storage have these fields, too, and besides them `"startTimeMillis"` and, in spans and processes,
//! `"tag": {"key": value}` with `@` in the place of dots.
//!
//! A record knows nothing of the model. A field of the wrong type is a [`Flaw`] of its span, not an error: only
//! bytes that are not JSON end the reading.

use super::span::{ReferenceRecord, SpanRecord};
use super::tags::{Found, Owner, TagFields, TagReader, TagRecord};
use crate::Tags;
use crate::json::{BrokenJson, Cursor, Text, Value, fields};
use std::ops::Range;

/// One trace: its spans, and the lists they share.
#[derive(Debug, Default)]
pub(super) struct TraceRecord<'a> {
    pub(super) id: Option<Text<'a>>,
    pub(super) spans: Vec<SpanRecord<'a>>,
    /// By the key that spans call them by.
    pub(super) processes: Vec<(Text<'a>, ProcessRecord<'a>)>,
    /// The references of all spans.
    pub(super) references: Vec<ReferenceRecord<'a>>,
    /// The tags of all spans and processes.
    pub(super) tags: Vec<TagRecord<'a>>,
    /// What is wrong with the trace and costs no span.
    pub(super) flaws: Vec<Flaw>,
    /// Offsets of what stands in the place of a list of spans.
    pub(super) spans_unread: Vec<usize>,
    tag_reader: TagReader<'a>,
}

/// A service instance.
#[derive(Clone, Debug, Default)]
pub(super) struct ProcessRecord<'a> {
    pub(super) service: Option<Text<'a>>,
    pub(super) tags: Range<usize>,
}

/// Something that is JSON but not what the format says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) code: &'static str,
    pub(super) text: &'static str,
    pub(super) byte: usize,
}

const TRACE_TYPE: (&str, &str) = ("trace_wrong_type", "field of a trace has the wrong type; it is ignored");
const TRACE_REPEATED: (&str, &str) = ("trace_repeated_key", "trace has the same field twice; both are used");
const TAG: (&str, &str) =
    ("tag_unreadable", "expected {\"key\", \"value\"}, found something else; tag ignored");

pub(super) fn flaw((code, text): (&'static str, &'static str), byte: usize) -> Flaw {
    Flaw { code, text, byte }
}

impl<'a> TraceRecord<'a> {
    /// For traces of which these tags are wanted.
    pub(super) fn new(tags: Tags) -> TraceRecord<'a> {
        TraceRecord { tag_reader: TagReader::new(tags), ..TraceRecord::default() }
    }

    /// Forgets the trace, keeping the memory.
    pub(super) fn clear(&mut self) {
        self.id = None;
        self.spans.clear();
        self.processes.clear();
        self.references.clear();
        self.tags.clear();
        self.flaws.clear();
        self.spans_unread.clear();
    }

    /// Whether there is anything of a trace in it.
    pub(super) fn is_empty(&self) -> bool {
        self.id.is_none()
            && self.spans.is_empty()
            && self.processes.is_empty()
            && self.flaws.is_empty()
            && self.spans_unread.is_empty()
    }

    /// Reads one field of a trace whose key was just passed; `false` when the key is not one of a trace.
    ///
    /// # Errors
    /// Where the bytes stop being JSON; what was read before is kept.
    pub(super) fn field(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Result<bool, BrokenJson> {
        cursor.peek();
        let byte = cursor.at;
        match key {
            b"traceID" => {
                if self.id.is_some() {
                    self.flaws.push(flaw(TRACE_REPEATED, byte));
                }
                match cursor.value()? {
                    Value::Text(id) => self.id = Some(id),
                    _ => self.flaws.push(flaw(TRACE_TYPE, byte)),
                }
            }
            b"spans" => {
                if !self.spans.is_empty() {
                    self.flaws.push(flaw(TRACE_REPEATED, byte));
                }
                match cursor.peek() {
                    Some(b'[') => self.read_spans(cursor)?,
                    _ if cursor.value()? == Value::Null => {}
                    _ => self.spans_unread.push(byte),
                }
            }
            b"processes" => {
                if !self.processes.is_empty() {
                    self.flaws.push(flaw(TRACE_REPEATED, byte));
                }
                match cursor.peek() {
                    Some(b'{') => self.read_processes(cursor)?,
                    _ if cursor.value()? == Value::Null => {}
                    _ => self.flaws.push(flaw(TRACE_TYPE, byte)),
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_spans(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        cursor.at += 1;
        let mut first = true;
        while cursor.element(&mut first)? {
            self.read_element(cursor)?;
        }
        Ok(())
    }

    fn read_processes(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        cursor.at += 1;
        let mut first = true;
        while let Some(key) = cursor.key(&mut first)? {
            cursor.peek();
            let byte = cursor.at;
            match self.read_process(cursor)? {
                Some(process) => self.processes.push((key, process)),
                None => self.flaws.push(flaw(TRACE_TYPE, byte)),
            }
        }
        Ok(())
    }

    /// Reads a process; `None` when it is not an object.
    pub(super) fn read_process(
        &mut self,
        cursor: &mut Cursor<'a>,
    ) -> Result<Option<ProcessRecord<'a>>, BrokenJson> {
        if cursor.peek() != Some(b'{') {
            cursor.value()?;
            return Ok(None);
        }
        cursor.at += 1;
        let mut process = ProcessRecord::default();
        let mut first = true;
        while let Some(key) = cursor.key(&mut first)? {
            cursor.peek();
            let byte = cursor.at;
            match &*key.bytes() {
                b"serviceName" => match cursor.value()? {
                    Value::Text(name) => process.service = Some(name),
                    _ => self.flaws.push(flaw(TRACE_TYPE, byte)),
                },
                name @ (b"tags" | b"tag") => match self.read_tags_of(name, cursor, Owner::Process)? {
                    // Nothing else adds tags meanwhile, so those of both fields follow each other.
                    Some(tags) if process.tags.end == tags.start => process.tags.end = tags.end,
                    Some(tags) => process.tags = tags,
                    None => self.flaws.push(flaw(TRACE_TYPE, byte)),
                },
                _ => {
                    cursor.value()?;
                }
            }
        }
        Ok(Some(process))
    }

    /// Reads the list `tags` or the map `tag`; `None` when it is not one.
    pub(super) fn read_tags_of(
        &mut self,
        name: &[u8],
        cursor: &mut Cursor<'a>,
        owner: Owner,
    ) -> Result<Option<Range<usize>>, BrokenJson> {
        if name == b"tags" { self.read_tags(cursor, owner) } else { self.read_tag_map(cursor, owner) }
    }

    /// Reads a map of tags; `None` when it is not one.
    fn read_tag_map(
        &mut self,
        cursor: &mut Cursor<'a>,
        owner: Owner,
    ) -> Result<Option<Range<usize>>, BrokenJson> {
        let start = self.tags.len();
        let map = fields(cursor, |key, cursor| {
            let value = cursor.value()?;
            let tag = TagFields { key, declared: None, value, dotless: true };
            if self.tag_reader.wants(&tag, owner) {
                self.tags.push(TagRecord::in_map(tag));
            }
            Ok(())
        })?;
        Ok(map.then_some(start..self.tags.len()))
    }

    /// Reads a list of tags; `None` when it is not one.
    fn read_tags(
        &mut self,
        cursor: &mut Cursor<'a>,
        owner: Owner,
    ) -> Result<Option<Range<usize>>, BrokenJson> {
        let start = self.tags.len();
        if cursor.peek() != Some(b'[') {
            return Ok((cursor.value()? == Value::Null).then_some(start..start));
        }
        cursor.at += 1;
        let mut first = true;
        while cursor.element(&mut first)? {
            let byte = cursor.at;
            match self.tag_reader.read(cursor, owner)? {
                Found::Tag(tag) => self.tags.push(tag),
                Found::NotWanted => {}
                Found::Other => self.flaws.push(flaw(TAG, byte)),
            }
        }
        Ok(Some(start..self.tags.len()))
    }
}
