//! The critical path of single requests: its stretches in the order of time, and as a tree of what was waited for.

use super::rows::us;
use super::set::{Groups, Request, Side, Source};
use super::one_set::Names;
use crate::spans::Segment;
use analyzer_formats::SpanId;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// Of which requests paths are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// Of none.
    #[default]
    None,
    /// Of all, and which are the slowest and a usual one is marked.
    All,
    /// Of these traces, by id.
    Traces(&'a [String]),
}

/// The critical path of a request.
#[derive(Clone, Debug, Serialize)]
pub struct RequestPath {
    /// Its trace.
    pub trace_id: String,
    /// What was asked for.
    pub root: String,
    /// How long it took, microseconds: the sum of the segments.
    pub duration_us: f64,
    /// What it waited for, in the order of time, without gaps.
    pub segments: Vec<PathSegment>,
    /// Why it is shown where few are: `slowest`, `typical` of the slowest one's group, or `asked`.
    #[serde(skip)]
    pub shown_as: Option<&'static str>,
    /// The same as a tree, where it is shown: parents before children, spans of one parent and one frame put together.
    #[serde(skip)]
    pub tree: Vec<PathRow>,
}

/// A stretch of time that a request waited for one span. Times in microseconds from the start of the request.
#[derive(Clone, Debug, Serialize)]
pub struct PathSegment {
    /// The span.
    pub span_id: String,
    /// Its service.
    pub service: String,
    /// Its operation, as the capture has it.
    pub operation: String,
    /// What the time is put down to: `service: operation`, `net:caller -> callee` or `remote:callee: operation`.
    pub frame: String,
    /// Its start.
    pub start_us: f64,
    /// Its end.
    pub end_us: f64,
}

/// Spans of one frame below one row, on the critical path. Times in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct PathRow {
    /// Ancestors.
    pub depth: u32,
    /// What the time is put down to.
    pub frame: String,
    /// How many spans.
    pub spans: u64,
    /// When the first of them was first waited for, from the start of the request.
    pub start_us: f64,
    /// Time on the path of the spans themselves.
    pub own_us: f64,
    /// With all below them.
    pub total_us: f64,
}

/// The paths that are wanted, in the order of the requests' starts.
pub(super) fn paths(all: Side<'_>, names: Names<'_>, wanted: Wanted<'_>) -> Vec<RequestPath> {
    let requests = &all.set.requests;
    let shown = shown(requests);
    let rows = requests.iter().enumerate().filter_map(|(at, request)| {
        let shown_as = match wanted {
            Wanted::None => return None,
            Wanted::All => shown.iter().find(|(shown, _)| *shown == at).map(|(_, why)| *why),
            Wanted::Traces(ids) => {
                let id = all.trace_id(request);
                ids.iter().any(|wanted| wanted.eq_ignore_ascii_case(&id)).then_some("asked")?;
                Some("asked")
            }
        };
        Some(path(all, request, names, shown_as))
    });
    rows.collect()
}

/// The slowest request, and one of the same group that took as long as most.
fn shown(requests: &[Request]) -> Vec<(usize, &'static str)> {
    let slowest = (0..requests.len()).max_by_key(|&at| (requests[at].duration_ns, std::cmp::Reverse(at)));
    let Some(slowest) = slowest else { return Vec::new() };
    let group = requests[slowest].group;
    let mut of_group: Vec<usize> = (0..requests.len()).filter(|&at| requests[at].group == group).collect();
    of_group.sort_by_key(|&at| (requests[at].duration_ns, at));
    let typical = of_group[(of_group.len() - 1) / 2];
    let mut shown = vec![(slowest, "slowest")];
    if typical != slowest {
        shown.push((typical, "typical"));
    }
    shown
}

fn path(all: Side<'_>, request: &Request, names: Names<'_>, shown_as: Option<&'static str>) -> RequestPath {
    let source = all.source(request);
    let traces = source.traces;
    let mut segments: Vec<Segment> = Vec::new();
    source.path.segments(request.root, |segment| segments.push(segment));
    segments.sort_unstable_by_key(|segment| segment.start_ns);
    let since = |ns: i64| us(ns.saturating_sub(request.start_ns) as f64);
    let rows = segments.iter().map(|segment| {
        let at = segment.span.index();
        let service = traces.processes[traces.spans.process[at].index()].service;
        PathSegment {
            span_id: traces.strings.text(traces.spans.id[at]).into_owned(),
            service: traces.strings.text(service).into_owned(),
            operation: traces.strings.text(traces.spans.operation[at]).into_owned(),
            frame: names.frames.get(source.frames.path[at]).name.clone(),
            start_us: since(segment.start_ns),
            end_us: since(segment.end_ns),
        }
    });
    let groups: &Groups = names.groups;
    RequestPath {
        trace_id: all.trace_id(request),
        root: groups.names[request.group as usize].clone(),
        duration_us: us(request.duration_ns as f64),
        segments: rows.collect(),
        tree: if shown_as.is_some() { tree(source, request, names, &segments) } else { Vec::new() },
        shown_as,
    }
}

/// A row as it is put together.
struct Node {
    parent: Option<usize>,
    frame: u32,
    spans: u64,
    start_ns: i64,
    own_ns: i64,
    total_ns: i64,
    below: Vec<usize>,
}

/// The spans of a path as a tree. Segments are in the order of time.
fn tree(source: &Source<'_>, request: &Request, names: Names<'_>, segments: &[Segment]) -> Vec<PathRow> {
    let parents = &source.traces.spans.parent;
    let mut nodes: Vec<Node> = Vec::new();
    let mut known: FxHashMap<(Option<usize>, u32), usize> = FxHashMap::default();
    let mut of_spans: FxHashMap<SpanId, usize> = FxHashMap::default();
    let mut above: Vec<SpanId> = Vec::new();
    for segment in segments {
        // The spans from it up to one that has a row.
        above.clear();
        let mut span = segment.span;
        while !of_spans.contains_key(&span) {
            above.push(span);
            match parents[span.index()] {
                Some(parent) if span != request.root => span = parent,
                _ => break,
            }
        }
        for &span in above.iter().rev() {
            let parent = parents[span.index()].filter(|_| span != request.root);
            let parent = parent.and_then(|parent| of_spans.get(&parent).copied());
            let frame = source.frames.path[span.index()];
            let node = *known.entry((parent, frame)).or_insert_with(|| {
                nodes.push(Node {
                    parent,
                    frame,
                    spans: 0,
                    start_ns: segment.start_ns,
                    own_ns: 0,
                    total_ns: 0,
                    below: Vec::new(),
                });
                nodes.len() - 1
            });
            nodes[node].spans += 1;
            of_spans.insert(span, node);
        }
        nodes[of_spans[&segment.span]].own_ns += segment.duration_ns();
    }
    // Rows come into being after those above them.
    for at in (0..nodes.len()).rev() {
        nodes[at].total_ns += nodes[at].own_ns;
        if let Some(parent) = nodes[at].parent {
            nodes[parent].total_ns += nodes[at].total_ns;
        }
    }
    for at in 0..nodes.len() {
        if let Some(parent) = nodes[at].parent {
            nodes[parent].below.push(at);
        }
    }
    let mut rows = Vec::with_capacity(nodes.len());
    let tops = (0..nodes.len()).rev().filter(|&at| nodes[at].parent.is_none());
    let mut open: Vec<(usize, u32)> = tops.map(|at| (at, 0)).collect();
    while let Some((at, depth)) = open.pop() {
        let node = &nodes[at];
        rows.push(PathRow {
            depth,
            frame: names.frames.get(node.frame).name.clone(),
            spans: node.spans,
            start_us: us(node.start_ns.saturating_sub(request.start_ns) as f64),
            own_us: us(node.own_ns as f64),
            total_us: us(node.total_ns as f64),
        });
        open.extend(node.below.iter().rev().map(|&below| (below, depth + 1)));
    }
    rows
}
