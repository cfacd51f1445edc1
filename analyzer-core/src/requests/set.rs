//! One side of a comparison: its requests, what each spent its time on, and by how much that differs between stretches
//! of the recording.

use crate::spans::{Children, CriticalPath, Frames, PathOptions, SpanFrames, operation, path_roots, tag};
use analyzer_formats::{Capture, Content, Notes, SpanId, Traces};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Operations that say nothing of what was asked for; the route does.
const GENERIC: [&str; 14] = [
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "HTTP GET",
    "HTTP POST",
    "HTTP PUT",
    "HTTP DELETE",
    "http.request",
    "http.server",
    "request",
];

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Which of the captures of its side it is in.
    pub(super) capture: u32,
    /// Which of its traces.
    pub(super) trace: u32,
    /// The span that it begins with: the longest of those that nobody waits for.
    pub(super) root: SpanId,
    /// What was asked for, a number of [`Groups`].
    pub(super) group: u32,
    /// Start, nanoseconds since the Unix epoch.
    pub(super) start_ns: i64,
    /// How long it took.
    pub(super) duration_ns: i64,
    /// Whether its root failed.
    pub(super) failed: bool,
    /// What it spent its time on, a range of [`Set::costs`].
    pub(super) costs: Range<usize>,
}

/// What a request spent on one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// The frame.
    pub(super) frame: u32,
    /// Time on the critical path.
    pub(super) time_ns: i64,
    /// How many spans of the request are of the frame.
    pub(super) calls: u32,
}

/// What requests ask for: service and operation of their roots.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    /// By number.
    pub(super) names: Vec<String>,
    known: FxHashMap<String, u32>,
}

impl Groups {
    fn intern(&mut self, name: String) -> u32 {
        *self.known.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() as u32 - 1
        })
    }
}

/// A capture of a side, and what its spans are.
#[derive(Debug)]
pub(super) struct Source<'a> {
    /// Its spans.
    pub(super) traces: &'a Traces,
    /// What its reader noted.
    pub(super) notes: &'a Notes,
    /// Which spans its requests waited for, and the children of every span.
    pub(super) path: CriticalPath<'a>,
    /// What its spans spend time on.
    pub(super) frames: SpanFrames,
}

impl<'a> Source<'a> {
    /// The captures of a side that hold traces.
    pub(super) fn all(captures: &'a [Capture], options: PathOptions, frames: &mut Frames) -> Vec<Source<'a>> {
        let sources = captures.iter().filter_map(|capture| match &capture.content {
            Content::Traces(traces) => Some(Source::new(traces, &capture.notes, options, frames)),
            Content::Profile(_) => None,
        });
        sources.collect()
    }

    pub(super) fn new(
        traces: &'a Traces,
        notes: &'a Notes,
        options: PathOptions,
        frames: &mut Frames,
    ) -> Source<'a> {
        let children = Children::of(traces);
        let of_spans = frames.add(traces, &children);
        Source { traces, notes, path: CriticalPath::with(traces, children, options), frames: of_spans }
    }
}

/// One side of a comparison: its captures, and those of their requests that are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    /// The captures.
    pub(super) sources: &'a [Source<'a>],
    /// The requests.
    pub(super) set: &'a Set,
}

impl<'a> Side<'a> {
    /// The capture that a request is in.
    pub(super) fn source(&self, request: &Request) -> &'a Source<'a> {
        &self.sources[request.capture as usize]
    }

    /// The id of a request's trace.
    pub(super) fn trace_id(&self, request: &Request) -> String {
        let traces = self.source(request).traces;
        let id = traces.traces[request.trace as usize].id;
        String::from_utf8_lossy(traces.strings.get(id)).into_owned()
    }
}

/// Requests in the order of their starts.
#[derive(Clone, Debug, Default)]
pub(super) struct Set {
    /// The requests.
    pub(super) requests: Vec<Request>,
    /// Their costs, those of a request by frame.
    pub(super) costs: Vec<Cost>,
}

impl Set {
    /// The requests of the captures of one side.
    pub(super) fn new(sources: &[Source<'_>], groups: &mut Groups) -> Set {
        let mut set = Set::default();
        for (capture, source) in (0u32..).zip(sources) {
            let found: Vec<(Request, Vec<Cost>)> = (0..source.traces.traces.len())
                .into_par_iter()
                .filter_map(|trace| request(source, trace))
                .collect();
            for (request, of_request) in found {
                let start = set.costs.len();
                set.costs.extend(of_request);
                let group = groups.intern(group(source.traces, request.root));
                set.requests.push(Request { capture, group, costs: start..set.costs.len(), ..request });
            }
        }
        set.requests.sort_by_key(|request: &Request| (request.start_ns, request.capture, request.trace));
        set
    }

    /// Those requests of which this holds.
    pub(super) fn only(&self, mut is_wanted: impl FnMut(&Request) -> bool) -> Set {
        let mut set = Set::default();
        for request in self.requests.iter().filter(|request| is_wanted(request)) {
            let start = set.costs.len();
            set.costs.extend_from_slice(self.costs_of(request));
            set.requests.push(Request { costs: start..set.costs.len(), ..request.clone() });
        }
        set
    }

    /// The costs of a request.
    pub(super) fn costs_of(&self, request: &Request) -> &[Cost] {
        &self.costs[request.costs.clone()]
    }
}

fn request(source: &Source<'_>, trace: usize) -> Option<(Request, Vec<Cost>)> {
    let Source { traces, path, frames: of_spans, .. } = source;
    let spans = &traces.spans;
    let root = root_of(traces, trace)?;
    let mut costs: Vec<Cost> = Vec::new();
    path.segments(root, |segment| {
        let frame = of_spans.path[segment.span.index()];
        costs.push(Cost { frame, time_ns: segment.duration_ns(), calls: 0 });
    });
    for span in traces.traces[trace].spans.clone() {
        costs.push(Cost { frame: of_spans.path[span], time_ns: 0, calls: 1 });
    }
    costs.sort_unstable_by_key(|cost| cost.frame);
    costs.dedup_by(|next, cost| {
        let is_same = next.frame == cost.frame;
        if is_same {
            cost.time_ns += next.time_ns;
            cost.calls += next.calls;
        }
        is_same
    });
    let at = root.index();
    let request = Request {
        capture: 0,
        trace: trace as u32,
        root,
        group: 0,
        start_ns: spans.start_ns[at],
        duration_ns: spans.duration_ns[at],
        failed: spans.error[at],
        costs: 0..0,
    };
    Some((request, costs))
}

/// The span that a request begins with: the longest of those that nobody waits for.
fn root_of(traces: &Traces, trace: usize) -> Option<SpanId> {
    let duration = |root: &SpanId| (traces.spans.duration_ns[root.index()], std::cmp::Reverse(root.index()));
    path_roots(traces, trace).max_by_key(duration)
}

/// What a trace asks for; `None` of one without spans.
pub(super) fn group_of_trace(traces: &Traces, trace: usize) -> Option<String> {
    Some(group(traces, root_of(traces, trace)?))
}

/// What a root asks for.
fn group(traces: &Traces, root: SpanId) -> String {
    let service = traces.processes[traces.spans.process[root.index()].index()].service;
    let service = traces.strings.get(service);
    let mut operation = operation(traces, root);
    if GENERIC.iter().any(|generic| generic.eq_ignore_ascii_case(&operation))
        && let Some(route) = tag(traces, root, &["http.route"])
    {
        operation = format!("{operation} {route}");
    }
    format!("{}: {operation}", String::from_utf8_lossy(service))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::request_testing::{Span, spans};

    #[test]
    fn costs_add_up_to_the_request() {
        let traces = spans(&[
            Span {
                trace: "1",
                tags: &[("http.route", "/a/{id}")],
                ..Span::new("r", "", "shop", "GET", 50, 150)
            },
            Span { trace: "1", ..Span::new("x", "r", "shop", "work 1", 60, 90) },
            Span { trace: "1", ..Span::new("y", "r", "shop", "work 1", 90, 120) },
            Span { trace: "2", error: true, ..Span::new("r", "", "shop", "POST", 0, 30) },
        ]);
        let (mut frames, mut groups) = (Frames::default(), Groups::default());
        let notes = Notes::default();
        let set = Set::new(&[Source::new(&traces, &notes, PathOptions::default(), &mut frames)], &mut groups);
        assert_eq!(groups.names, ["shop: GET /a/{id}", "shop: POST"]);
        let [first, second] = &set.requests[..] else { panic!("two requests") };
        assert_eq!((first.trace, first.failed, first.duration_ns), (1, true, 30), "by time");
        let costs: Vec<_> = set
            .costs_of(second)
            .iter()
            .map(|cost| (frames.get(cost.frame).name.as_str(), cost.time_ns, cost.calls))
            .collect();
        assert_eq!(costs, [("shop: GET", 40, 1), ("shop: work 1", 60, 2)]);
        assert_eq!(set.costs_of(second).iter().map(|cost| cost.time_ns).sum::<i64>(), second.duration_ns);
    }
}
