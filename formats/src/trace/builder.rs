//! Builds [`Traces`], alone or from the builders of consecutive chunks.

use super::{
    Link, Process, ProcessId, SpanKind, Spans, Tag, TagValue, Trace, TraceId, Traces, duplicates, parents,
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
    pub(super) tags: Vec<Tag>,
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
    tags: Vec<Exact>,
}

/// A tag that can be compared: floats by their bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact(pub(super) Tag);

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
        let tags = tags.iter().copied().map(Exact).collect();
        ProcessId::new(self.processes.intern(ProcessRow { service, tags }))
    }

    /// Adds a span.
    pub fn span(&mut self, span: &NewSpan, references: &[Reference], tags: &[Tag]) {
        let trace = match self.spans.last() {
            Some(last) if last.span.trace == span.trace => last.trace,
            _ => TraceId::new(self.traces.intern(span.trace)),
        };
        let references = append(&mut self.references, references);
        let tags = append(&mut self.tags, tags);
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
        let strings = self.strings.absorb(other.strings.strings());
        let string = |id: StringId| strings[id.index()];
        let tag = |tag: &Tag| Tag {
            key: string(tag.key),
            value: match tag.value {
                TagValue::Text(text) => TagValue::Text(string(text)),
                value => value,
            },
        };
        let mut processes = Vec::with_capacity(other.processes.rows().len());
        for row in other.processes.rows() {
            let tags: Vec<Tag> = row.tags.iter().map(|Exact(theirs)| tag(theirs)).collect();
            processes.push(self.process(string(row.service), &tags));
        }
        let mut traces = Vec::with_capacity(other.traces.rows().len());
        for &id in other.traces.rows() {
            traces.push(TraceId::new(self.traces.intern(string(id))));
        }
        let (references, tags) = (row_number(self.references.len()), row_number(self.tags.len()));
        self.references.extend(other.references.iter().map(|theirs| Reference {
            kind: theirs.kind,
            trace: string(theirs.trace),
            span: string(theirs.span),
        }));
        self.tags.extend(other.tags.iter().map(tag));
        // One addition per range is enough of a check: both ends were valid row numbers there.
        row_number(self.references.len().max(self.tags.len()));
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
        let mut spans = Spans { parent, link, ..Spans::default() };
        spans.fill(&self.spans, self.strings.strings(), notes);
        let mut tags = self.tags;
        let mut processes = Vec::with_capacity(self.processes.rows().len());
        for row in self.processes.rows() {
            let start = tags.len();
            tags.extend(row.tags.iter().map(|Exact(tag)| tag));
            processes.push(Process { service: row.service, tags: start..tags.len() });
        }
        Traces { strings: self.strings.finish(), processes, traces, spans, tags, tick_ns: self.tick_ns }
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
    fn fill(&mut self, rows: &[SpanRow], strings: &Strings, notes: &mut Notes) {
        self.id.extend(rows.iter().map(|row| row.span.id));
        self.operation.extend(rows.iter().map(|row| row.span.operation));
        self.process.extend(rows.iter().map(|row| row.span.process));
        self.kind.extend(rows.iter().map(|row| row.span.kind));
        self.start_ns.extend(rows.iter().map(|row| row.span.start_ns));
        self.error.extend(rows.iter().map(|row| row.span.error));
        self.tags.extend(rows.iter().map(|row| row.tags.clone()));
        self.duration_ns.reserve_exact(rows.len());
        for row in rows {
            let duration = row.span.duration_ns;
            if duration < 0 {
                let text = "span ends before it starts; its duration is taken as 0";
                notes.caveat("duration_negative", text, row.byte(), strings.get(row.span.id));
            }
            self.duration_ns.push(duration.max(0));
        }
    }
}

impl SpanRow {
    /// Where the span stands in the input, for a note.
    pub(super) fn byte(&self) -> usize {
        usize::try_from(self.span.byte).unwrap_or(usize::MAX)
    }
}

fn append<T: Copy>(column: &mut Vec<T>, rows: &[T]) -> Range<u32> {
    let start = row_number(column.len());
    column.extend_from_slice(rows);
    start..row_number(column.len())
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
