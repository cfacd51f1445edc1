//! A request as bars over time: which requests to show, and which of their spans where these are many.
//!
//! Of the calls of one operation by one span the first few are bars; the rest of them is told beside the last of these
//! ([`More`]), so that a loop of a thousand calls is three bars and one figure. Of what is left those are bars that the
//! request waited for longest, with the spans above them.

use super::Whole;
use super::contributions::{self, Contribution};
use super::findings::{Bar, More, Waterfall};
use super::rows::us;
use super::set::{Request, Set, Side, Source};
use crate::spans::{Frames, Segment};
use analyzer_formats::SpanId;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// More bars are not read.
const MOST_BARS: usize = 60;
/// Of more calls of one operation by one span
const RUN: u32 = 5;
/// only so many are bars,
const FIRST: u32 = 3;
/// and those that the request waits for longer than this share of it.
const LONG: f64 = 0.1;
/// Bars that are kept for the frame to be shown, and for failures, before all others.
const MOST_MARKED: usize = 20;
const MOST_FAILED: usize = 10;
/// Where more spans than there may be bars lie above a span, those right above it that are kept.
const NEAREST: usize = 6;
/// The longest stretches of a bar; more of them are no wider than a line.
const MOST_STRETCHES: usize = 200;

/// The requests that show what changed most. From the side that has more of it one that spends on it what one in ten
/// exceeds; from the other side one of the same group that takes as long as the median.
pub(super) fn exemplars(whole: &Whole<'_>, shown: Option<&Contribution>) -> [Option<Waterfall>; 2] {
    let Some(Contribution { frame, change, .. }) = shown else { return [None, None] };
    let side = usize::from(change.change() >= 0.0);
    let Some(request) = contributions::exemplars(whole.sides[side].set, *frame, 1).first().copied() else {
        return [None, None];
    };
    let other = typical(whole.sides[1 - side].set, request.group);
    let draw = |side: usize, request| waterfall(whole.sides[side], request, whole.frames, *frame);
    let mut drawn = [None, None];
    drawn[side] = Some(draw(side, request));
    drawn[1 - side] = other.map(|other| draw(1 - side, other));
    drawn
}

/// The request of a group that takes as long as their median; the lower one of two.
fn typical(set: &Set, group: u32) -> Option<&Request> {
    let mut requests: Vec<&Request> = set.requests.iter().filter(|request| request.group == group).collect();
    requests.sort_by_key(|request| (request.duration_ns, request.start_ns, request.capture, request.trace));
    requests.get(requests.len().checked_sub(1)? / 2).copied()
}

/// A request as bars; `marked` is the frame to be shown.
fn waterfall(side: Side<'_>, request: &Request, frames: &Frames, marked: u32) -> Waterfall {
    let source = side.source(request);
    let mut tree = Tree::new(source, request);
    tree.fold();
    tree.choose(marked);
    let bars: Vec<Bar> = tree.bars(frames, marked);
    let spans = source.traces.traces[request.trace as usize].spans.len();
    Waterfall {
        trace_id: side.trace_id(request),
        duration_us: us(request.duration_ns as f64),
        left_out: spans.saturating_sub(bars.len()) as u64,
        bars,
    }
}

/// The spans of a request, parents before children, those of a parent by their start.
struct Tree<'a> {
    source: &'a Source<'a>,
    root: SpanId,
    /// Of the whole request, nanoseconds.
    duration_ns: i64,
    nodes: Vec<Node>,
    /// The critical path by span, the stretches of a span by time.
    path: Vec<Segment>,
}

struct Node {
    span: SpanId,
    /// A number of a node; none of the root.
    parent: Option<usize>,
    depth: u32,
    /// The node after all below.
    end: usize,
    /// What the request waited for the span, and for it and all below, nanoseconds.
    own_ns: i64,
    all_ns: i64,
    is_folded: bool,
    is_bar: bool,
    /// The calls that are told beside it.
    more: Option<Folded>,
}

/// Calls that are no bars. Times in nanoseconds since the Unix epoch.
#[derive(Clone, Copy)]
struct Folded {
    count: u64,
    start_ns: i64,
    end_ns: i64,
    waited_ns: i64,
}

impl<'a> Tree<'a> {
    fn new(source: &'a Source<'a>, request: &Request) -> Tree<'a> {
        let spans = &source.traces.spans;
        let mut path: Vec<Segment> = Vec::new();
        source.path.segments(request.root, |segment| path.push(segment));
        path.sort_unstable_by_key(|segment| (segment.span, segment.start_ns));
        let mut nodes: Vec<Node> = Vec::new();
        let mut open: Vec<(SpanId, Option<usize>, u32)> = vec![(request.root, None, 0)];
        let mut children: Vec<SpanId> = Vec::new();
        while let Some((span, parent, depth)) = open.pop() {
            let own_ns = stretches(&path, span).iter().map(Segment::duration_ns).sum();
            let at = nodes.len();
            nodes.push(Node {
                span,
                parent,
                depth,
                end: at + 1,
                own_ns,
                all_ns: own_ns,
                is_folded: false,
                is_bar: false,
                more: None,
            });
            children.clear();
            children.extend_from_slice(source.path.children().get(span));
            children.sort_unstable_by_key(|child| (Reverse(spans.start_ns[child.index()]), Reverse(*child)));
            open.extend(children.iter().map(|&child| (child, Some(at), depth + 1)));
        }
        for at in (1..nodes.len()).rev() {
            let Node { parent, end, all_ns, .. } = nodes[at];
            if let Some(parent) = parent {
                nodes[parent].end = nodes[parent].end.max(end);
                nodes[parent].all_ns += all_ns;
            }
        }
        Tree { source, root: request.root, duration_ns: request.duration_ns, nodes, path }
    }

    /// Folds calls of one operation by one span where there are many.
    fn fold(&mut self) {
        let work = &self.source.frames.work;
        let calls_of = |node: &Node| Some((node.parent?, work[node.span.index()]));
        let mut calls: FxHashMap<(usize, u32), u32> = FxHashMap::default();
        for key in self.nodes.iter().filter_map(calls_of) {
            *calls.entry(key).or_default() += 1;
        }
        // How many there were so far, and which is the last of the first.
        let mut seen: FxHashMap<(usize, u32), (u32, usize)> = FxHashMap::default();
        let mut at = 1;
        while at < self.nodes.len() {
            let node = &self.nodes[at];
            let Some(key) = calls_of(node).filter(|key| calls[key] > RUN) else {
                at += 1;
                continue;
            };
            let (before, last) = seen.entry(key).or_default();
            *before += 1;
            if *before <= FIRST {
                *last = at;
            } else if node.all_ns as f64 <= LONG * self.duration_ns as f64 {
                let (start_ns, end_ns) = self.interval(node.span);
                let folded = Folded { count: 1, start_ns, end_ns, waited_ns: node.all_ns };
                let end = node.end;
                let more = &mut self.nodes[*last].more;
                *more = Some(more.map_or(folded, |more| Folded {
                    count: more.count + 1,
                    start_ns: more.start_ns.min(start_ns),
                    end_ns: more.end_ns.max(end_ns),
                    waited_ns: more.waited_ns + folded.waited_ns,
                }));
                self.nodes[at..end].iter_mut().for_each(|node| node.is_folded = true);
                at = end;
                continue;
            }
            at += 1;
        }
    }

    /// Chooses the bars: some of what is to be shown and of failures, then what the request waited for longest.
    fn choose(&mut self, marked: u32) {
        let Source { traces, frames, .. } = self.source;
        let mut order: Vec<usize> = (0..self.nodes.len()).filter(|&at| !self.nodes[at].is_folded).collect();
        order.sort_by_key(|&at| {
            let node = &self.nodes[at];
            (Reverse(node.own_ns), Reverse(traces.spans.duration_ns[node.span.index()]), at)
        });
        let of = |is_wanted: &dyn Fn(usize) -> bool, most| -> Vec<usize> {
            let wanted = order.iter().copied().filter(|&at| is_wanted(self.nodes[at].span.index()));
            wanted.take(most).collect()
        };
        let shown = of(&|span| frames.path[span] == marked, MOST_MARKED);
        let failed = of(&|span| traces.spans.error[span], MOST_FAILED);
        let mut room = MOST_BARS;
        for at in [0].into_iter().chain(shown).chain(failed).chain(order) {
            if room == 0 {
                break;
            }
            self.keep(at, &mut room);
        }
    }

    /// Makes a node a bar, and those above it, if there is room for all of them.
    fn keep(&mut self, at: usize, room: &mut usize) {
        let mut way = Vec::new();
        let mut next = Some(at);
        while let Some(above) = next.filter(|&above| !self.nodes[above].is_bar && way.len() < MOST_BARS) {
            way.push(above);
            next = self.nodes[above].parent;
        }
        if way.len() == MOST_BARS {
            // There never is room for so many.
            way.truncate((1 + NEAREST).min(*room));
        } else if way.len() > *room {
            return;
        }
        *room -= way.len();
        way.into_iter().for_each(|at| self.nodes[at].is_bar = true);
    }

    fn bars(&self, frames: &Frames, marked: u32) -> Vec<Bar> {
        let Source { traces, frames: of, .. } = self.source;
        let zero = traces.spans.start_ns[self.root.index()];
        let since = |at: i64| us(at as f64 - zero as f64);
        let bars = self.nodes.iter().filter(|node| node.is_bar).map(|node| {
            let span = node.span.index();
            let (start_ns, end_ns) = self.interval(node.span);
            let work = frames.get(of.work[span]);
            let mut waited = stretches(&self.path, node.span).to_vec();
            if waited.len() > MOST_STRETCHES {
                waited.sort_by_key(|segment| (Reverse(segment.duration_ns()), segment.start_ns));
                waited.truncate(MOST_STRETCHES);
                waited.sort_by_key(|segment| segment.start_ns);
            }
            Bar {
                depth: node.depth,
                service: work.service.clone(),
                frame: work.name.clone(),
                start_us: since(start_ns),
                end_us: since(end_ns),
                waited_us: waited
                    .iter()
                    .map(|stretch| (since(stretch.start_ns), since(stretch.end_ns)))
                    .collect(),
                failed: traces.spans.error[span],
                marked: of.path[span] == marked,
                more: node.more.map(|more| More {
                    count: more.count,
                    start_us: since(more.start_ns),
                    end_us: since(more.end_ns),
                    waited_us: us(more.waited_ns as f64),
                }),
            }
        });
        bars.collect()
    }

    /// Start and end of a span.
    fn interval(&self, span: SpanId) -> (i64, i64) {
        let spans = &self.source.traces.spans;
        let start = spans.start_ns[span.index()];
        (start, start.saturating_add(spans.duration_ns[span.index()]))
    }
}

/// The stretches of a span in a path that is sorted by span.
fn stretches(path: &[Segment], span: SpanId) -> &[Segment] {
    let from = path.partition_point(|segment| segment.span < span);
    let length = path[from..].partition_point(|segment| segment.span == span);
    &path[from..from + length]
}

#[cfg(test)]
mod tests;
