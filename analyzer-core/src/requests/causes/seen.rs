//! One request as detectors see it.

use crate::requests::set::{Request, Source};
use analyzer_formats::{SpanId, SpanKind, Spans};
use std::ops::Range;

/// One request: the spans of its trace, what they are, and which of them it waited for.
pub(super) struct Seen<'a> {
    /// The capture that it is in.
    pub(super) source: &'a Source<'a>,
    /// The request.
    pub(super) request: &'a Request,
    /// The statement of every span of the capture.
    statements: &'a [Option<u32>],
    /// By place in the trace: time on the critical path, nanoseconds.
    own_ns: Vec<i64>,
    /// The same with everything below.
    total_ns: Vec<i64>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(
        source: &'a Source<'a>,
        request: &'a Request,
        statements: &'a [Option<u32>],
    ) -> Seen<'a> {
        let spans = source.traces.traces[request.trace as usize].spans.clone();
        let mut own_ns = vec![0; spans.len()];
        source.path.segments(request.root, |segment| {
            own_ns[segment.span.index() - spans.start] += segment.duration_ns();
        });
        let mut seen = Seen { source, request, statements, total_ns: own_ns.clone(), own_ns };
        for at in seen.below(request.root).into_iter().rev() {
            if let Some(parent) = seen.spans().parent[at.index()].filter(|_| at != request.root) {
                seen.total_ns[parent.index() - spans.start] += seen.total_ns[at.index() - spans.start];
            }
        }
        seen
    }

    /// The columns of all spans of the capture.
    pub(super) fn spans(&self) -> &'a Spans {
        &self.source.traces.spans
    }

    /// The spans of the trace.
    pub(super) fn range(&self) -> Range<usize> {
        self.source.traces.traces[self.request.trace as usize].spans.clone()
    }

    /// A span and everything below it, parents before children.
    pub(super) fn below(&self, span: SpanId) -> Vec<SpanId> {
        let mut list = vec![span];
        let mut next = 0;
        while next < list.len() {
            list.extend_from_slice(self.children(list[next]));
            next += 1;
        }
        list
    }

    /// The children of a span, in the order of the file.
    pub(super) fn children(&self, span: SpanId) -> &'a [SpanId] {
        self.source.path.children().get(span)
    }

    /// The time that the request waited for a span itself, nanoseconds.
    pub(super) fn own_ns(&self, span: SpanId) -> i64 {
        self.own_ns[span.index() - self.range().start]
    }

    /// The time that the request waited for a span or anything below it, nanoseconds.
    pub(super) fn total_ns(&self, span: SpanId) -> i64 {
        self.total_ns[span.index() - self.range().start]
    }

    /// From its start to its end, nanoseconds since the Unix epoch.
    pub(super) fn interval(&self, span: SpanId) -> Range<i64> {
        let start = self.spans().start_ns[span.index()];
        start..start.saturating_add(self.spans().duration_ns[span.index()])
    }

    /// The frame of a span's operation.
    pub(super) fn work(&self, span: SpanId) -> u32 {
        self.source.frames.work[span.index()]
    }

    /// What a span calls: the operation of the service that answers it, else what its own time belongs to.
    pub(super) fn called(&self, span: SpanId) -> u32 {
        let service = |span: SpanId| {
            let process = self.spans().process[span.index()];
            self.source.traces.processes[process.index()].service
        };
        let answers = |child: &&SpanId| service(**child) != service(span);
        match self.children(span).iter().find(answers) {
            Some(&child) if self.is_call(span) => self.work(child),
            _ => self.source.frames.path[span.index()],
        }
    }

    /// Whether a span is the caller's side of a call.
    pub(super) fn is_call(&self, span: SpanId) -> bool {
        self.source.frames.path[span.index()] != self.work(span)
            || matches!(self.spans().kind[span.index()], SpanKind::Client | SpanKind::Producer)
    }

    /// The statement of a span.
    pub(super) fn statement(&self, span: SpanId) -> Option<u32> {
        self.statements[span.index()]
    }

    /// Whether a span is marked as failed.
    pub(super) fn failed(&self, span: SpanId) -> bool {
        self.spans().error[span.index()]
    }

    /// How long the request took, nanoseconds.
    pub(super) fn duration_ns(&self) -> i64 {
        self.request.duration_ns
    }
}
