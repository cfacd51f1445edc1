//! The trace model: requests as trees of spans, columnar and immutable.
//!
//! Spans of one trace are contiguous; within a trace they stand in the order of the file. Times are integer
//! nanoseconds, whatever the tick of the file was.

mod builder;
mod duplicates;
mod parents;
mod tags;

use crate::interner::dense_id;
use crate::{StringId, Strings};
pub use builder::{NewSpan, Reference, ReferenceKind, TracesBuilder};
use std::ops::Range;
pub use tags::Tags;
pub(crate) use tags::is_needed;

dense_id! {
    /// One request: an index into [`Traces::traces`].
    TraceId
}
dense_id! {
    /// A span: an index into every column of [`Spans`].
    SpanId
}
dense_id! {
    /// A unique key and value: an index into [`Traces::tags`].
    TagId
}
dense_id! {
    /// A service instance that emitted spans: an index into [`Traces::processes`].
    ProcessId
}

/// A set of traces.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// Every name in the capture.
    pub strings: Strings,
    /// Unique service instances, in order of first appearance.
    pub processes: Vec<Process>,
    /// The traces, in order of first appearance.
    pub traces: Vec<Trace>,
    /// The spans of all traces.
    pub spans: Spans,
    /// Unique tags, in order of first appearance.
    pub tags: Vec<Tag>,
    /// The tags of all spans and processes, which refer to ranges of it.
    pub tag_lists: Vec<TagId>,
    /// The tick of the file's clock in nanoseconds: 1,000 for Jaeger, 1 for OTLP.
    pub tick_ns: i64,
}

impl Traces {
    /// The tags of a span, in the order of the file.
    pub fn tags_of(&self, span: SpanId) -> impl Iterator<Item = &Tag> {
        let Range { start, end } = self.spans.tags[span.index()];
        self.tag_lists[start as usize..end as usize].iter().map(|tag| &self.tags[tag.index()])
    }
}

/// One trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The id: as the file writes it in Jaeger's formats, in lower-case hexadecimal in the others.
    pub id: StringId,
    /// Its spans, as indices into the columns of [`Spans`].
    pub spans: Range<usize>,
}

/// A service instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// The name of the service.
    pub service: StringId,
    /// Its tags, a range of [`Traces::tag_lists`].
    pub tags: Range<usize>,
}

/// Columns of spans, all of one length.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    /// The id of each span, written as that of its trace. Client and server of a call may share one.
    pub id: Vec<StringId>,
    /// The parent within the same trace; `None` for roots and orphans. Never a cycle.
    pub parent: Vec<Option<SpanId>>,
    /// How a span hangs on its parent.
    pub link: Vec<Link>,
    /// What the span did.
    pub operation: Vec<StringId>,
    /// Who did it.
    pub process: Vec<ProcessId>,
    /// The side of a call the span stands for.
    pub kind: Vec<SpanKind>,
    /// Start, nanoseconds since the Unix epoch.
    pub start_ns: Vec<i64>,
    /// Duration in nanoseconds, never negative.
    pub duration_ns: Vec<i64>,
    /// Whether the span is marked as failed.
    pub error: Vec<bool>,
    /// Tags, a range of [`Traces::tag_lists`].
    pub tags: Vec<Range<u32>>,
}

impl Spans {
    /// How many spans there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether there is no span.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }
}

/// How a span hangs on its parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// No parent.
    #[default]
    Root,
    /// The parent waits for it.
    ChildOf,
    /// The parent does not wait for it.
    FollowsFrom,
    /// It names a parent that is not in the trace.
    Orphan,
}

/// The side of a call a span stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpanKind {
    /// Not said.
    #[default]
    Unspecified,
    /// Work inside a service.
    Internal,
    /// The callee of a remote call.
    Server,
    /// The caller of a remote call.
    Client,
    /// The sender of a message.
    Producer,
    /// The receiver of a message.
    Consumer,
}

/// One key and value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tag {
    /// The key.
    pub key: StringId,
    /// The value.
    pub value: TagValue,
}

/// The value of a tag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TagValue {
    /// Text, and anything else as the text of its JSON.
    Text(StringId),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Bool(bool),
}
