//! What the spans of traces say about time: critical path, self time, clocks that differ, and their projection to a
//! profile.
//!
//! Nothing here recurses: a chain of 200,000 spans is legal input.

mod children;
mod critical_path;
mod frames;
mod names;
mod project;
#[cfg(test)]
pub(crate) mod request_testing;
mod self_time;
mod skew;
mod statement;

pub use children::{Children, is_async};
pub(crate) use critical_path::path_roots;
pub use critical_path::{CriticalPath, PathOptions, Segment};
pub use frames::{Frame, FrameKind, Frames, SpanFrames};
pub(crate) use frames::{operation, tag};
pub use names::group_name;
pub use project::{SpanMeasure, TraceValue, project};
pub use self_time::self_times;
pub use skew::{Skew, fix_skew, fix_skew_of, skew};
pub use statement::{Statement, StatementSource, statement};

use analyzer_formats::Traces;

/// The number of requests: traces, each of which is one. Values per request are sums divided by this.
#[must_use]
pub fn requests(traces: &Traces) -> u64 {
    traces.traces.len() as u64
}

#[cfg(test)]
mod testing {
    //! Traces of a few spans for tests.

    use analyzer_formats::{NewSpan, Notes, Reference, ReferenceKind, SpanKind, Traces, TracesBuilder};

    /// A span for a test: id, parent (empty for none), start and end in nanoseconds.
    #[derive(Clone, Copy)]
    pub(super) struct Small<'a> {
        pub(super) id: &'a str,
        pub(super) parent: &'a str,
        pub(super) start: i64,
        pub(super) end: i64,
        pub(super) follows: bool,
        pub(super) kind: SpanKind,
        pub(super) error: bool,
    }

    pub(super) fn small<'a>(id: &'a str, parent: &'a str, start: i64, end: i64) -> Small<'a> {
        Small { id, parent, start, end, follows: false, kind: SpanKind::Unspecified, error: false }
    }

    /// One trace of these spans, all of service `s`; the operation is the id.
    pub(super) fn trace(tick_ns: i64, spans: &[Small<'_>]) -> Traces {
        let mut builder = TracesBuilder::new(tick_ns);
        let service = builder.string(b"s");
        let process = builder.process(service, &[]);
        let trace = builder.string(b"t");
        for small in spans {
            let id = builder.string(small.id.as_bytes());
            let kind = if small.follows { ReferenceKind::FollowsFrom } else { ReferenceKind::ChildOf };
            let parent = builder.string(small.parent.as_bytes());
            let reference = Reference { kind, trace, span: parent };
            let references: &[Reference] = if small.parent.is_empty() { &[] } else { &[reference] };
            let span = NewSpan::new(trace, id, id, process).at(small.start, small.end - small.start);
            let span = NewSpan { kind: small.kind, error: small.error, ..span };
            builder.span(&span, references, &[]);
        }
        builder.finish(&mut Notes::default())
    }
}
