//! Builds [`Traces`], alone or from the builders of consecutive chunks.

use super::{
    Link, Process, ProcessId, SpanKind, Spans, Tag, TagId, TagValue, Trace, TraceId, Traces, duplicates,
    parents,
};
use crate::interner::{Dedup, StringInterner};
use crate::{Notes, StringId, Strings};
use std::hash::{Hash, Hasher};
use std::ops::Range;

/// Collects spans in the order of the file. Ids are numbered by first use.
///
/// ```
/// use analyzer_formats::{NewSpan, Notes, Reference, ReferenceKind, TracesBuilder};
///
/// let mut builder = TracesBuilder::new(1000);
/// let (trace, service) = (builder.string(b"t1"), builder.string(b"shop"));
/// let process = builder.process(service, &[]);
/// let (root, child) = (builder.string(b"a"), builder.string(b"b"));
/// let operation = builder.string(b"GET /");
/// let span = NewSpan::new(trace, root, operation, process).at(0, 100);
/// builder.span(&span, &[], &[]);
/// let parent = Reference { kind: ReferenceKind::ChildOf, trace, span: root };
/// builder.span(&NewSpan { id: child, ..span }.at(10, 20), &[parent], &[]);
/// let traces = builder.finish(&mut Notes::default());
/// assert_eq!(traces.spans.parent[1].map(|id| id.index()), Some(0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct TracesBuilder {
    strings: StringInterner,
    processes: Dedup<ProcessRow>,
    traces: Dedup<StringId>,
    pub(super) spans: Vec<SpanRow>,
    pub(super) references: Vec<Reference>,
    tags: Dedup<Exact>,
    pub(super) tag_lists: Vec<TagId>,
    tick_ns: i64,
}

/// A span to be added; its references and tags are given beside it.
#[derive(Clone, Copy, Debug)]
pub struct NewSpan {
    /// The id of its trace.
    pub trace: StringId,
    /// Its own id.
    pub id: StringId,
    /// What it did.
    pub operation: StringId,
    /// Who did it.
    pub process: ProcessId,
    /// The side of a call it stands for.
    pub kind: SpanKind,
    /// Start, nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// Duration in nanoseconds; a negative one becomes 0 with a note.
    pub duration_ns: i64,
    /// Whether it is marked as failed.
    pub error: bool,
    /// Where it stands in the input, for notes.
    pub byte: u64,
}

impl NewSpan {
    /// A span of no kind, without an error, at time 0.
    #[must_use]
    pub fn new(trace: StringId, id: StringId, operation: StringId, process: ProcessId) -> NewSpan {
        let kind = SpanKind::Unspecified;
        NewSpan { trace, id, operation, process, kind, start_ns: 0, duration_ns: 0, error: false, byte: 0 }
    }

    /// The same span with its times set.
    #[must_use]
    pub fn at(self, start_ns: i64, duration_ns: i64) -> NewSpan {
        NewSpan { start_ns, duration_ns, ..self }
    }
}

/// A span's reference to another span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// How it refers.
    pub kind: ReferenceKind,
    /// The trace it refers to.
    pub trace: StringId,
    /// The span it refers to.
    pub span: StringId,
}

/// How a span refers to another. The order is that in which a parent is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// The other waits for this one.
    ChildOf,
    /// The other does not wait. Where the other is in a second trace this is a link and names no parent.
    FollowsFrom,
    /// A bare parent id beside the references.
    Parent,
}

/// A span as added, with the ranges of its references and tags.
#[derive(Clone, Debug)]
pub(super) struct SpanRow {
    pub(super) span: NewSpan,
    pub(super) trace: TraceId,
    pub(super) references: Range<u32>,
    pub(super) tags: Range<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ProcessRow {
    service: StringId,
    tags: Vec<TagId>,
}

/// A tag that can be compared: floats by their bits.
#[derive(Clone, Copy, Debug)]
struct Exact(Tag);

impl Exact {
    fn bits(&self) -> (StringId, u8, u64) {
        let (variant, bits) = match self.0.value {
            TagValue::Text(text) => (0, text.index() as u64),
            TagValue::Int(number) => (1, number.cast_unsigned()),
            TagValue::Float(number) => (2, number.to_bits()),
            TagValue::Bool(value) => (3, u64::from(value)),
        };
        (self.0.key, variant, bits)
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Exact) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Exact {}

impl Hash for Exact {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
}

impl TracesBuilder {
    /// A builder for spans whose clock ticks every `tick_ns` nanoseconds.
    #[must_use]
    pub fn new(tick_ns: i64) -> TracesBuilder {
        TracesBuilder { tick_ns, ..TracesBuilder::default() }
    }

    /// Interns a string.
    pub fn string(&mut self, string: &[u8]) -> StringId {
        self.strings.intern(string)
    }

    /// The strings interned so far.
    #[must_use]
    pub fn strings(&self) -> &Strings {
        self.strings.strings()
    }

    /// Interns a process.
    pub fn process(&mut self, service: StringId, tags: &[Tag]) -> ProcessId {
        let tags = tags.iter().map(|&tag| self.tag(tag)).collect();
        self.process_with(service, tags)
    }

    /// Interns a process whose tags were interned before.
    pub(crate) fn process_with(&mut self, service: StringId, tags: Vec<TagId>) -> ProcessId {
        ProcessId::new(self.processes.intern(ProcessRow { service, tags }))
    }

    /// Interns a tag.
    pub(crate) fn tag(&mut self, tag: Tag) -> TagId {
        TagId::new(self.tags.intern(Exact(tag)))
    }

    /// Adds a span.
    pub fn span(&mut self, span: &NewSpan, references: &[Reference], tags: &[Tag]) {
        let start = self.tag_lists.len();
        for &tag in tags {
            let tag = self.tag(tag);
            self.tag_lists.push(tag);
        }
        self.add(span, references, start);
    }

    /// Adds a span whose tags were interned before.
    pub(crate) fn span_with(&mut self, span: &NewSpan, references: &[Reference], tags: &[TagId]) {
        let start = self.tag_lists.len();
        self.tag_lists.extend_from_slice(tags);
        self.add(span, references, start);
    }

    /// Adds a span whose tags are those in the lists from `tags`.
    fn add(&mut self, span: &NewSpan, references: &[Reference], tags: usize) {
        let trace = match self.spans.last() {
            Some(last) if last.span.trace == span.trace => last.trace,
            _ => TraceId::new(self.traces.intern(span.trace)),
        };
        let start = row_number(self.references.len());
        self.references.extend_from_slice(references);
        let references = start..row_number(self.references.len());
        let tags = row_number(tags)..row_number(self.tag_lists.len());
        self.spans.push(SpanRow { span: *span, trace, references, tags });
    }

    /// How many spans were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether no span was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Adds everything of the chunk that follows this one in the file.
    ///
    /// The ids are those that one builder would have given to both chunks read in a row.
    pub fn absorb(&mut self, other: TracesBuilder) {
        let strings = self.strings.absorb(&other.strings);
        let string = |id: StringId| strings[id.index()];
        let mut tag_ids = Vec::with_capacity(other.tags.rows().len());
        for &Exact(Tag { key, value }) in other.tags.rows() {
            let value = match value {
                TagValue::Text(text) => TagValue::Text(string(text)),
                value => value,
            };
            tag_ids.push(self.tag(Tag { key: string(key), value }));
        }
        let tag = |&id: &TagId| tag_ids[id.index()];
        let mut processes = Vec::with_capacity(other.processes.rows().len());
        for row in other.processes.rows() {
            let tags = row.tags.iter().map(tag).collect();
            processes.push(self.process_with(string(row.service), tags));
        }
        let mut traces = Vec::with_capacity(other.traces.rows().len());
        for &id in other.traces.rows() {
            traces.push(TraceId::new(self.traces.intern(string(id))));
        }
        let (references, tags) = (row_number(self.references.len()), row_number(self.tag_lists.len()));
        self.references.extend(other.references.iter().map(|theirs| Reference {
            kind: theirs.kind,
            trace: string(theirs.trace),
            span: string(theirs.span),
        }));
        self.tag_lists.extend(other.tag_lists.iter().map(tag));
        // One addition per range is enough of a check: both ends were valid row numbers there.
        row_number(self.references.len().max(self.tag_lists.len()));
        self.spans.extend(other.spans.into_iter().map(|row| SpanRow {
            span: NewSpan {
                trace: string(row.span.trace),
                id: string(row.span.id),
                operation: string(row.span.operation),
                process: processes[row.span.process.index()],
                ..row.span
            },
            trace: traces[row.trace.index()],
            references: row.references.start + references..row.references.end + references,
            tags: row.tags.start + tags..row.tags.end + tags,
        }));
    }

    /// The finished traces: spans grouped by trace, duplicates left out, parents resolved.
    ///
    /// Notes: `span_duplicate` (left out), `duration_negative`, `parent_missing`, `parent_self`,
    /// `parent_cycle` (caveats).
    #[must_use]
    pub fn finish(mut self, notes: &mut Notes) -> Traces {
        self.group();
        duplicates::leave_out(&mut self, notes);
        let mut traces: Vec<Trace> = self.traces.rows().iter().map(|&id| Trace { id, spans: 0..0 }).collect();
        for (at, row) in self.spans.iter().enumerate() {
            let spans = &mut traces[row.trace.index()].spans;
            *spans = if spans.end == 0 { at..at + 1 } else { spans.start..at + 1 };
        }
        let (parent, link) = parents::resolve(&self, &traces, notes);
        let TracesBuilder {
            strings, processes: process_rows, spans: rows, references, mut tag_lists, ..
        } = self;
        drop(references);
        let strings = strings.finish();
        let spans = Spans { parent, link, ..Spans::of(rows, &strings, notes) };
        let mut processes = Vec::with_capacity(process_rows.rows().len());
        for row in process_rows.rows() {
            let start = tag_lists.len();
            tag_lists.extend(&row.tags);
            processes.push(Process { service: row.service, tags: start..tag_lists.len() });
        }
        tag_lists.shrink_to_fit();
        let tags = self.tags.finish().into_iter().map(|Exact(tag)| tag).collect();
        Traces { strings, processes, traces, spans, tags, tag_lists, tick_ns: self.tick_ns }
    }

    /// Brings the spans of each trace together, in the order of the file within a trace.
    fn group(&mut self) {
        if !self.spans.is_sorted_by_key(|row| row.trace) {
            // Stable, so the order within a trace stays.
            self.spans.sort_by_key(|row| row.trace);
        }
    }
}

impl Spans {
    /// The columns of these rows without parents and links.
    fn of(mut rows: Vec<SpanRow>, strings: &Strings, notes: &mut Notes) -> Spans {
        /// The memory of so many rows is given back at a time.
        const BLOCK: usize = 1 << 14;
        for row in rows.iter().filter(|row| row.span.duration_ns < 0) {
            let text = "span ends before it starts; its duration is taken as 0";
            notes.caveat("duration_negative", text, row.byte(), strings.get(row.span.id));
        }
        let (Some(first), count) = (rows.first(), rows.len()) else { return Spans::default() };
        let mut spans = Spans {
            id: vec![first.span.id; count],
            operation: vec![first.span.operation; count],
            process: vec![first.span.process; count],
            kind: vec![SpanKind::default(); count],
            start_ns: vec![0; count],
            duration_ns: vec![0; count],
            error: vec![false; count],
            tags: vec![0..0; count],
            ..Spans::default()
        };
        // From the end, so that rows and columns of a million spans need not be there together.
        while let Some(start) = rows.len().checked_sub(1).map(|last| last - last % BLOCK) {
            for (at, row) in (start..).zip(&rows[start..]) {
                spans.id[at] = row.span.id;
                spans.operation[at] = row.span.operation;
                spans.process[at] = row.span.process;
                spans.kind[at] = row.span.kind;
                spans.start_ns[at] = row.span.start_ns;
                spans.duration_ns[at] = row.span.duration_ns.max(0);
                spans.error[at] = row.span.error;
                spans.tags[at] = row.tags.clone();
            }
            rows.truncate(start);
            rows.shrink_to_fit();
        }
        spans
    }
}

impl SpanRow {
    /// Where the span stands in the input, for a note.
    pub(super) fn byte(&self) -> usize {
        usize::try_from(self.span.byte).unwrap_or(usize::MAX)
    }
}

fn row_number(row: usize) -> u32 {
    u32::try_from(row).expect("2^32 tags or references take over 40 GB before their number overflows")
}

/// A link for a reference of this kind.
impl From<ReferenceKind> for Link {
    fn from(kind: ReferenceKind) -> Link {
        match kind {
            ReferenceKind::FollowsFrom => Link::FollowsFrom,
            ReferenceKind::ChildOf | ReferenceKind::Parent => Link::ChildOf,
        }
    }
}
