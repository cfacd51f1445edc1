//! Every span of the requests of a side, with what causes of sets ask of it.

use super::Looking;
use super::seen::Seen;
use crate::spans::tag;
use analyzer_formats::{SpanId, StringId, Traces};
use rayon::prelude::*;

/// Tags that say how many rows a statement returned or changed.
const ROWS: [&str; 7] = [
    "db.response.returned_rows",
    "db.rows",
    "db.rows_affected",
    "db.row_count",
    "db.rows_returned",
    "db.result.rows",
    "db.statement.rows",
];
/// Tags that say that a call is one of a database.
const DATABASE: [&str; 4] = ["db.system.name", "db.system", "db.type", "db.operation.name"];

/// One span of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    /// The place of its request in the set.
    pub(super) request: u32,
    /// The span.
    pub(super) span: SpanId,
    /// Its parent, by place among the facts of the request; none for the root.
    pub(super) parent: Option<u32>,
    /// The frame that its own time belongs to.
    pub(super) frame: u32,
    /// The frame of its operation.
    pub(super) work: u32,
    /// What it calls, where it is the caller's side of a call.
    pub(super) called: u32,
    /// The operation of another service that it works for; none where that is outside of the trace.
    pub(super) caller: Option<u32>,
    /// The statement.
    pub(super) statement: Option<u32>,
    /// Its time, nanoseconds.
    pub(super) duration_ns: i64,
    /// Its own time on the critical path.
    pub(super) own_ns: i64,
    /// The same with everything below it.
    pub(super) total_ns: i64,
    /// Rows that a statement returned or changed.
    pub(super) rows: Option<i64>,
    /// Whether it is the caller's side of a call.
    pub(super) is_call: bool,
    /// Whether it asks a database.
    pub(super) is_database: bool,
    /// Whether it failed.
    pub(super) failed: bool,
    /// Whether it failed and nothing below it did.
    pub(super) is_first_failure: bool,
    /// Whether anything above it failed.
    pub(super) caller_failed: bool,
    service: StringId,
}

/// The spans of the requests of a side.
pub(super) struct Facts {
    /// By request, parents before children.
    pub(super) list: Vec<Fact>,
    /// Where those of each request start.
    starts: Vec<usize>,
}

impl Facts {
    /// Looks at all requests.
    pub(super) fn new(looking: &Looking<'_>) -> Facts {
        let requests = 0..looking.side.set.requests.len();
        let found: Vec<Vec<Fact>> = requests
            .into_par_iter()
            .map(|request| of_request(&looking.seen(request), request as u32))
            .collect();
        let mut facts = Facts { list: Vec::new(), starts: vec![0] };
        for of_request in found {
            facts.list.extend(of_request);
            facts.starts.push(facts.list.len());
        }
        facts
    }

    /// Those of one request.
    pub(super) fn of(&self, request: u32) -> &[Fact] {
        &self.list[self.starts[request as usize]..self.starts[request as usize + 1]]
    }

    /// Whether a span did not fail, and neither did the call that it answers.
    pub(super) fn succeeded(&self, fact: &Fact) -> bool {
        !fact.failed && !self.parent(fact).is_some_and(|parent| parent.is_call && parent.failed)
    }

    /// The span above one.
    pub(super) fn parent(&self, fact: &Fact) -> Option<&Fact> {
        fact.parent.map(|parent| &self.of(fact.request)[parent as usize])
    }
}

/// The spans of one request: of what its root waits for, parents before children.
fn of_request(seen: &Seen<'_>, request: u32) -> Vec<Fact> {
    let traces = seen.source.traces;
    let spans = seen.spans();
    let first = seen.range().start;
    let order = seen.below(seen.request.root);
    let mut places = vec![0u32; seen.range().len()];
    let mut facts: Vec<Fact> = Vec::with_capacity(order.len());
    for (at, &span) in order.iter().enumerate() {
        places[span.index() - first] = at as u32;
        let parent =
            spans.parent[span.index()].filter(|_| at > 0).map(|parent| places[parent.index() - first]);
        let service = traces.processes[spans.process[span.index()].index()].service;
        let (mut caller, mut caller_failed) = (None, false);
        if let Some(parent) = parent {
            let above = &facts[parent as usize];
            caller_failed = above.failed || above.caller_failed;
            caller = above.caller;
            if above.service != service {
                let makes_it = above.parent.filter(|_| above.is_call);
                caller = Some(makes_it.map_or(above.work, |makes_it| facts[makes_it as usize].work));
            }
        }
        let statement = seen.statement(span);
        let is_call = seen.is_call(span);
        let is_leaf = seen.children(span).is_empty();
        let is_database = statement.is_some() || (is_call && is_leaf && has_tag(traces, span, &DATABASE));
        facts.push(Fact {
            request,
            span,
            parent,
            frame: seen.source.frames.path[span.index()],
            work: seen.work(span),
            called: seen.called(span),
            caller,
            statement,
            duration_ns: spans.duration_ns[span.index()],
            own_ns: seen.own_ns(span),
            total_ns: seen.total_ns(span),
            rows: if is_database { rows(traces, span) } else { None },
            is_call,
            is_database,
            failed: seen.failed(span),
            is_first_failure: seen.failed(span),
            caller_failed,
            service,
        });
    }
    for at in (1..facts.len()).rev() {
        if let Some(parent) = facts[at].parent.filter(|_| facts[at].failed) {
            facts[parent as usize].is_first_failure = false;
        }
    }
    facts
}

fn has_tag(traces: &Traces, span: SpanId, keys: &[&str]) -> bool {
    traces.tags_of(span).any(|tag| {
        let key = traces.strings.get(tag.key);
        keys.iter().any(|wanted| wanted.as_bytes() == key)
    })
}

fn rows(traces: &Traces, span: SpanId) -> Option<i64> {
    tag(traces, span, &ROWS).and_then(|text| text.parse().ok()).filter(|&rows| rows >= 0)
}
