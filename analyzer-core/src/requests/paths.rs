//! The critical path of single requests: its stretches in the order of time, and as a tree of what was waited for.

use super::one_set::Names;
use super::rows::us;
use super::set::{Groups, Request, Side, Source};
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
    /// Why it is shown where few are: `slowest`, `typical` of the slowest one's group, or `asked` for, as the only one is.
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
    if requests.len() == 1 {
        return vec![(slowest, "asked")];
    }
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

#[cfg(test)]
mod tests {
    use super::super::set::Set;
    use super::*;
    use crate::spans::Frames;
    use crate::spans::request_testing::{Span, spans};
    use analyzer_formats::{Notes, Traces};

    fn found(traces: &Traces, wanted: Wanted<'_>) -> Vec<RequestPath> {
        let notes = Notes::default();
        let (mut frames, mut groups) = (Frames::default(), Groups::default());
        let sources = vec![Source::new(traces, &notes, crate::spans::PathOptions::default(), &mut frames)];
        let set = Set::new(&sources, &mut groups);
        paths(Side { sources: &sources, set: &set }, Names { frames: &frames, groups: &groups }, wanted)
    }

    #[test]
    fn spans_of_a_frame_below_one_row_are_put_together() {
        //  r 0...................100
        //    a 10....40              q 15..25, q 30..40
        //              a 50......90  q 60..80
        let us = 1000;
        let traces = spans(&[
            Span::new("r", "", "s", "root", 0, 100 * us),
            Span::new("a1", "r", "s", "a", 10 * us, 40 * us),
            Span::new("q1", "a1", "s", "q", 15 * us, 25 * us),
            Span::new("q2", "a1", "s", "q", 30 * us, 40 * us),
            Span::new("a2", "r", "s", "a", 50 * us, 90 * us),
            Span::new("q3", "a2", "s", "q", 60 * us, 80 * us),
        ]);
        let found = found(&traces, Wanted::All);
        let row = |depth, frame: &str, spans, start_us, own_us, total_us| PathRow {
            depth,
            frame: frame.to_owned(),
            spans,
            start_us,
            own_us,
            total_us,
        };
        assert_eq!(
            found[0].tree,
            [
                row(0, "s: root", 1, 0.0, 30.0, 100.0),
                row(1, "s: a", 2, 10.0, 30.0, 70.0),
                row(2, "s: q", 3, 15.0, 40.0, 40.0),
            ]
        );
        let times: Vec<_> = found[0].segments.iter().map(|one| (one.start_us, one.end_us)).collect();
        assert_eq!(times[..3], [(0.0, 10.0), (10.0, 15.0), (15.0, 25.0)]);
        assert_eq!(found[0].segments.iter().map(|one| one.end_us - one.start_us).sum::<f64>(), 100.0);
    }

    #[test]
    fn the_slowest_and_a_usual_one_of_its_kind_are_shown() {
        let ids: Vec<String> = (1..=7).map(|at| at.to_string()).collect();
        let list: Vec<Span<'_>> = (0..7)
            .map(|at| {
                let operation = if at < 5 { "GET /a" } else { "GET /b" };
                let took = [10, 50, 30, 20, 40, 1, 2][at];
                Span { trace: &ids[at], ..Span::new("r", "", "s", operation, at as i64, at as i64 + took) }
            })
            .collect();
        let traces = spans(&list);
        let shown = |wanted| -> Vec<_> {
            let found = found(&traces, wanted).into_iter();
            found.filter_map(|path| Some((path.trace_id, path.shown_as?))).collect()
        };
        assert_eq!(shown(Wanted::All), [("2".to_owned(), "slowest"), ("3".to_owned(), "typical")]);
        assert_eq!(shown(Wanted::Traces(&["6".to_owned()])), [("6".to_owned(), "asked")]);
        assert!(found(&traces, Wanted::None).is_empty());
    }

    #[test]
    fn a_deep_chain_is_walked() {
        let ids: Vec<String> = (0..100_000).map(|at| at.to_string()).collect();
        let chain: Vec<Span<'_>> = (0..ids.len())
            .map(|at| {
                let parent = if at == 0 { "" } else { ids[at - 1].as_str() };
                Span::new(&ids[at], parent, "s", "f", at as i64, 1_000_000 - at as i64)
            })
            .collect();
        let found = found(&spans(&chain), Wanted::All);
        assert_eq!((found[0].tree.len(), found[0].tree[99_999].depth), (100_000, 99_999));
        assert_eq!(found[0].tree[0].total_us, 1000.0);
    }
}
