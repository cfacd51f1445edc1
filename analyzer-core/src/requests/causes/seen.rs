//! One request as detectors see it.

use super::said::{Said, Sayings};
use crate::requests::set::{Request, Source};
use crate::spans::is_async;
use analyzer_formats::{SpanId, SpanKind, Spans, StringId, TagId, TagValue};
use std::ops::Range;

/// What is known of all spans of a capture.
pub(super) struct Known {
    /// The statement of every span.
    pub(super) statements: Vec<Option<u32>>,
    /// What tags say.
    pub(super) sayings: Sayings,
}

/// A call that a span makes, itself or through a thin span of its own: that of an object mapper, of a repository, of a client
/// library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The span that makes it.
    pub(super) parent: SpanId,
    /// The child of it that is the call, or that makes no other.
    pub(super) child: SpanId,
    /// The call.
    pub(super) span: SpanId,
}

/// One request: the spans of its trace, what they are, and which of them it waited for.
pub(super) struct Seen<'a> {
    /// The capture that it is in.
    pub(super) source: &'a Source<'a>,
    /// The request.
    pub(super) request: &'a Request,
    /// What is known of the spans of the capture.
    known: &'a Known,
    /// By place in the trace: time on the critical path, nanoseconds.
    own_ns: Vec<i64>,
    /// The same with everything below.
    total_ns: Vec<i64>,
    /// By parent, then by start.
    calls: Vec<Call>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(source: &'a Source<'a>, request: &'a Request, known: &'a Known) -> Seen<'a> {
        let spans = source.traces.traces[request.trace as usize].spans.clone();
        let mut own_ns = vec![0; spans.len()];
        source.path.segments(request.root, |segment| {
            own_ns[segment.span.index() - spans.start] += segment.duration_ns();
        });
        let mut seen = Seen { source, request, known, total_ns: own_ns.clone(), own_ns, calls: Vec::new() };
        let order = seen.below(request.root);
        seen.calls = seen.find_calls(&order);
        for at in order.into_iter().rev() {
            if let Some(parent) = seen.spans().parent[at.index()].filter(|_| at != request.root) {
                seen.total_ns[parent.index() - spans.start] += seen.total_ns[at.index() - spans.start];
            }
        }
        seen
    }

    /// The calls of all spans, where `order` has parents before children.
    fn find_calls(&self, order: &[SpanId]) -> Vec<Call> {
        /// The calls that a span makes.
        #[derive(Clone, Copy)]
        enum Makes {
            None,
            One(SpanId),
            More,
        }
        let start = self.range().start;
        let mut makes = vec![Makes::None; self.range().len()];
        let mut calls = Vec::new();
        for &child in order.iter().rev().filter(|child| **child != self.request.root) {
            let Some(parent) = self.spans().parent[child.index()] else { continue };
            if is_async(self.spans(), child) {
                continue;
            }
            let span = if self.service(child) != self.service(parent) {
                // The callee's side of a call whose caller's side is no span.
                (!self.is_call(parent)).then_some(child)
            } else if self.is_call(child) {
                Some(child)
            } else {
                match makes[child.index() - start] {
                    Makes::One(span) if self.is_thin(child, span) => Some(span),
                    Makes::None => self.statement(child).map(|_| child),
                    _ => None,
                }
            };
            if let Some(span) = span {
                calls.push(Call { parent, child, span });
                let of_parent = &mut makes[parent.index() - start];
                *of_parent = if matches!(of_parent, Makes::None) { Makes::One(span) } else { Makes::More };
            }
        }
        calls.sort_unstable_by_key(|call| (call.parent, self.interval(call.child).start, call.child));
        calls
    }

    /// Whether a span does little more than make one call.
    fn is_thin(&self, span: SpanId, call: SpanId) -> bool {
        let duration = &self.spans().duration_ns;
        duration[span.index()] / 2 <= duration[call.index()]
    }

    /// The calls of each span that makes some, by their starts.
    pub(super) fn calls(&self) -> impl Iterator<Item = &[Call]> {
        self.calls.chunk_by(|one, other| one.parent == other.parent)
    }

    /// By place in the trace: the span with which the process of each span began to answer.
    pub(super) fn entries(&self) -> Vec<SpanId> {
        let range = self.range();
        let mut entries: Vec<SpanId> = range.clone().map(SpanId::new).collect();
        for span in self.below(self.request.root) {
            if let Some(parent) = self.spans().parent[span.index()].filter(|_| !is_entry(self.source, span)) {
                entries[span.index() - range.start] = entries[parent.index() - range.start];
            }
        }
        entries
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
        match self.answer(span) {
            Some(child) if self.is_call(span) => self.work(child),
            _ => self.source.frames.path[span.index()],
        }
    }

    /// The span of another service that answers a call.
    pub(super) fn answer(&self, span: SpanId) -> Option<SpanId> {
        let answers = |child: &&SpanId| self.service(**child) != self.service(span);
        self.children(span).iter().find(answers).copied()
    }

    /// The name of the service that a span is of.
    pub(super) fn service(&self, span: SpanId) -> StringId {
        let process = self.spans().process[span.index()];
        self.source.traces.processes[process.index()].service
    }

    /// Whether a span is the caller's side of a call.
    pub(super) fn is_call(&self, span: SpanId) -> bool {
        self.source.frames.path[span.index()] != self.work(span)
            || matches!(self.spans().kind[span.index()], SpanKind::Client | SpanKind::Producer)
    }

    /// The statement of a span.
    pub(super) fn statement(&self, span: SpanId) -> Option<u32> {
        self.known.statements[span.index()]
    }

    /// What the tags of a span say.
    pub(super) fn said(&self, span: SpanId) -> impl Iterator<Item = (Said, TagId)> {
        self.known.sayings.of_span(self.source.traces, span)
    }

    /// Whether the tags of a span say this.
    pub(super) fn says(&self, span: SpanId, what: Said) -> bool {
        self.said(span).any(|(said, _)| said == what)
    }

    /// The text of a tag; none of a number.
    pub(super) fn text(&self, tag: TagId) -> Option<&'a [u8]> {
        match self.source.traces.tags[tag.index()].value {
            TagValue::Text(text) => Some(self.source.traces.strings.get(text)),
            _ => None,
        }
    }

    /// Whether one span starts after another has ended, as far as the clock can tell.
    pub(super) fn follows(&self, later: SpanId, earlier: SpanId) -> bool {
        let end = self.interval(earlier).end;
        self.interval(later).start.saturating_add(self.source.path.tolerance_ns()) >= end
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

/// Whether a process begins to answer with this span.
pub(super) fn is_entry(source: &Source<'_>, span: SpanId) -> bool {
    let spans = &source.traces.spans;
    let service = |span: SpanId| source.traces.processes[spans.process[span.index()].index()].service;
    spans.parent[span.index()]
        .is_none_or(|parent| service(parent) != service(span) || spans.kind[span.index()] == SpanKind::Server)
}
