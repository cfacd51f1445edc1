//! The critical path: which span a request was waiting for, at every moment.
//!
//! From the end of the root backwards: the moment belongs to the child that ended last before it, and before that
//! child's start the search goes on among its siblings; what no child covers is the parent's own. The rule is that
//! of Jaeger's UI (`CriticalPath/utils/findLastFinishingChildSpan.tsx`) with `<=` where it has `<`: with clocks that
//! tick in milliseconds one call often starts in the tick in which the one before ended, and half of the path is
//! lost. Children are clipped to their parent, so skewed clocks cannot take time from outside.
//!
//! The segments of a root never overlap and their sum is its duration, always.

use super::children::{Children, is_async};
use analyzer_formats::{Link, SpanId, Spans, Traces};
use std::cmp::Reverse;
use std::ops::Range;

/// Ticks up to this are taken as exact, coarser ones as tolerance.
const FINE_TICK_NS: i64 = 1000;

/// How critical paths are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathOptions {
    /// By how much two siblings may overlap and still count as one after the other, in nanoseconds; the clock's tick
    /// when that is coarser than 1 us, else 0, when `None`. Negative ones count as 0.
    pub tolerance_ns: Option<i64>,
}

/// A stretch of time that a request waited for one span. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The span waited for.
    pub span: SpanId,
    /// Start, nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// End, nanoseconds since the Unix epoch.
    pub end_ns: i64,
}

impl Segment {
    /// Its length in nanoseconds.
    #[must_use]
    pub fn duration_ns(&self) -> i64 {
        self.end_ns - self.start_ns
    }
}

/// Finds critical paths.
#[derive(Clone, Debug)]
pub struct CriticalPath<'a> {
    traces: &'a Traces,
    children: Children,
    /// By how much siblings may overlap.
    tolerance_ns: i64,
}

impl<'a> CriticalPath<'a> {
    /// For these traces, as [`PathOptions::default`] has it.
    #[must_use]
    pub fn new(traces: &'a Traces) -> CriticalPath<'a> {
        CriticalPath::with(traces, Children::of(traces), PathOptions::default())
    }

    /// For these traces, with the children of their spans.
    #[must_use]
    pub fn with(traces: &'a Traces, children: Children, options: PathOptions) -> CriticalPath<'a> {
        let of_clock = if traces.tick_ns > FINE_TICK_NS { traces.tick_ns } else { 0 };
        let tolerance_ns = options.tolerance_ns.unwrap_or(of_clock).max(0);
        CriticalPath { traces, children, tolerance_ns }
    }

    /// By how much two siblings may overlap and still count as one after the other, nanoseconds.
    #[must_use]
    pub fn tolerance_ns(&self) -> i64 {
        self.tolerance_ns
    }

    /// The children of every span.
    #[must_use]
    pub fn children(&self) -> &Children {
        &self.children
    }

    /// Calls `emit` with the segments of one root or other span, each span's latest first.
    pub fn segments(&self, root: SpanId, mut emit: impl FnMut(Segment)) {
        let mut emit = |span: SpanId, start_ns: i64, end_ns: i64| {
            if start_ns < end_ns {
                emit(Segment { span, start_ns, end_ns });
            }
        };
        let spans = &self.traces.spans;
        let mut open: Vec<(SpanId, Range<i64>)> = vec![(root, interval(spans, root))];
        let mut inside: Vec<(SpanId, Range<i64>)> = Vec::new();
        while let Some((span, Range { start: low, end: high })) = open.pop() {
            inside.clear();
            for &child in self.children.get(span) {
                let Range { start, end } = interval(spans, child);
                let clipped = start.max(low)..end.min(high);
                // What is left of a child outside its parent, or of one without a duration, is empty.
                if clipped.start < clipped.end && !is_async(spans, child) {
                    inside.push((child, clipped));
                }
            }
            inside.sort_unstable_by_key(|(child, at)| (Reverse(at.end), at.start, *child));
            let mut now = high;
            for (child, at) in &inside {
                let end = at.end.min(now);
                if at.end <= now.saturating_add(self.tolerance_ns) && at.start <= end {
                    emit(span, end, now);
                    open.push((*child, at.start..end));
                    now = at.start;
                }
            }
            emit(span, low, now);
        }
    }

    /// The time each span is on the critical path of its trace, in nanoseconds, by span.
    ///
    /// Paths start at the roots of a trace, and at its orphans where it has no root. Spans that nothing waits for
    /// (`FOLLOWS_FROM`, the consumer of a producer's message) and everything below them have 0.
    #[must_use]
    pub fn times(&self) -> Vec<i64> {
        let mut times = vec![0i64; self.traces.spans.len()];
        for root in (0..self.traces.traces.len()).flat_map(|trace| path_roots(self.traces, trace)) {
            // A root's duration fits i64 and segments do not overlap.
            self.segments(root, |segment| times[segment.span.index()] += segment.duration_ns());
        }
        times
    }
}

/// The spans where critical paths of a trace start: its roots, or its orphans where it has no root.
pub(crate) fn path_roots(traces: &Traces, trace: usize) -> impl Iterator<Item = SpanId> {
    let links = &traces.spans.link;
    let spans = traces.traces[trace].spans.clone();
    let wanted = if links[spans.clone()].contains(&Link::Root) { Link::Root } else { Link::Orphan };
    spans.filter(move |&at| links[at] == wanted).map(SpanId::new)
}

fn interval(spans: &Spans, span: SpanId) -> Range<i64> {
    let start = spans.start_ns[span.index()];
    start..start.saturating_add(spans.duration_ns[span.index()])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Small, small, trace};
    use super::*;
    use analyzer_formats::SpanKind;
    use proptest::prelude::*;

    fn times(spans: &[Small<'_>]) -> Vec<i64> {
        CriticalPath::new(&trace(1000, spans)).times()
    }

    #[test]
    fn one_child_takes_its_part() {
        assert_eq!(times(&[small("a", "", 0, 100), small("b", "a", 20, 70)]), [50, 50]);
    }

    #[test]
    fn of_overlapping_children_the_one_that_ends_last_counts() {
        //  a 0................100
        //    b 10......60
        //        c 40......90        c is waited for; b overlaps it and is not, d ends before c starts
        //  d 0..30
        let spans = [
            small("a", "", 0, 100),
            small("b", "a", 10, 60),
            small("c", "a", 40, 90),
            small("d", "a", 0, 30),
        ];
        assert_eq!(times(&spans), [20, 0, 50, 30]);
    }

    #[test]
    fn calls_in_a_row_that_share_a_tick_all_count() {
        let spans = [small("a", "", 0, 100), small("b", "a", 0, 50), small("c", "a", 50, 100)];
        assert_eq!(times(&spans), [0, 50, 50]);
    }

    #[test]
    fn overlap_within_the_tick_is_tolerated_when_it_is_coarse() {
        let ms = 1_000_000;
        let spans =
            [small("a", "", 0, 100 * ms), small("b", "a", 0, 51 * ms), small("c", "a", 50 * ms, 100 * ms)];
        assert_eq!(CriticalPath::new(&trace(ms, &spans)).times(), [0, 50 * ms, 50 * ms]);
        assert_eq!(CriticalPath::new(&trace(1000, &spans)).times(), [50 * ms, 0, 50 * ms]);
    }

    #[test]
    fn children_are_clipped_to_their_parent() {
        // b starts before and c ends after; d lies outside; below c only what is inside a counts.
        let spans = [
            small("a", "", 100, 200),
            small("b", "a", 50, 120),
            small("c", "a", 150, 300),
            small("d", "a", 400, 500),
            small("e", "c", 180, 290),
        ];
        assert_eq!(times(&spans), [30, 20, 30, 0, 20]);
    }

    #[test]
    fn what_nobody_waits_for_is_off_the_path() {
        let kind = |small: Small<'static>, kind| Small { kind, ..small };
        let spans = [
            small("a", "", 0, 100),
            Small { follows: true, ..small("b", "a", 0, 100) },
            small("c", "b", 0, 100),
            kind(small("d", "a", 10, 30), SpanKind::Producer),
            kind(small("e", "d", 10, 30), SpanKind::Consumer),
        ];
        assert_eq!(times(&spans), [80, 0, 0, 20, 0]);
    }

    #[test]
    fn orphans_start_a_path_only_without_a_root() {
        let spans = [small("a", "gone", 0, 10), small("b", "gone", 5, 20)];
        assert_eq!(times(&spans), [10, 15]);
        assert_eq!(times(&[small("r", "", 0, 100), spans[0], spans[1]]), [100, 0, 0]);
    }

    #[test]
    fn a_deep_chain_and_a_wide_fan_are_walked() {
        let ids: Vec<String> = (0..200_000).map(|at| at.to_string()).collect();
        let chain: Vec<Small<'_>> = (0..ids.len())
            .map(|at| {
                small(&ids[at], if at == 0 { "" } else { &ids[at - 1] }, at as i64, 1_000_000 - at as i64)
            })
            .collect();
        let path = times(&chain);
        assert_eq!((path[0], path.iter().sum::<i64>()), (2, 1_000_000));
        let fan: Vec<Small<'_>> = (0..ids.len())
            .map(|at| small(&ids[at], if at == 0 { "" } else { "0" }, 0, 1_000_000 - at as i64))
            .collect();
        assert_eq!(times(&fan).iter().sum::<i64>(), 1_000_000);
    }

    proptest! {
        #[test]
        fn segments_sum_to_the_root(
            spans in prop::collection::vec((0usize..40, -50i64..150, 0i64..200, 0u8..12, any::<bool>()), 1..40),
            tick in prop::sample::select(vec![1000, 5000]),
        ) {
            let ids: Vec<String> = (0..spans.len()).map(|at| at.to_string()).collect();
            let spans: Vec<Small<'_>> = spans.iter().enumerate().map(|(at, &(parent, start, length, odd, _))| {
                let parent = if at == 0 { "" } else { &ids[parent % at] };
                let kind = if odd == 1 { SpanKind::Producer } else if odd == 2 { SpanKind::Consumer } else { SpanKind::Server };
                Small { follows: odd == 0, kind, ..small(&ids[at], parent, start * 100, (start + length) * 100) }
            }).collect();
            let traces = trace(tick, &spans);
            let path = CriticalPath::new(&traces);
            let mut segments = Vec::new();
            path.segments(SpanId::new(0), |segment| segments.push(segment));
            segments.sort_by_key(|segment| segment.start_ns);
            // Side by side from the start of the root to its end.
            let mut at = traces.spans.start_ns[0];
            for segment in &segments {
                prop_assert_eq!(segment.start_ns, at);
                at = segment.end_ns;
                let own = interval(&traces.spans, segment.span);
                prop_assert!(own.start <= segment.start_ns && segment.end_ns <= own.end);
            }
            prop_assert_eq!(at, traces.spans.start_ns[0] + traces.spans.duration_ns[0]);
        }
    }
}
