//! Self time: what a span spent while none of its children ran.

use super::children::Children;
use analyzer_formats::{SpanId, Traces};

/// The self time of every span in nanoseconds: its duration without the union of its children's intervals, each
/// clipped to the span. All children count, waited for or not.
#[must_use]
pub fn self_times(traces: &Traces) -> Vec<i64> {
    let spans = &traces.spans;
    let children = Children::of(traces);
    let mut intervals: Vec<(i64, i64)> = Vec::new();
    let mut times = Vec::with_capacity(spans.len());
    for at in 0..spans.len() {
        let low = spans.start_ns[at];
        let high = low.saturating_add(spans.duration_ns[at]);
        intervals.clear();
        for child in children.get(SpanId::new(at)) {
            let start = spans.start_ns[child.index()];
            let end = start.saturating_add(spans.duration_ns[child.index()]);
            intervals.push((start.max(low), end.min(high)));
        }
        intervals.sort_unstable();
        let (mut covered, mut reached) = (0, low);
        for &(start, end) in &intervals {
            let start = start.max(reached);
            if end > start {
                covered += end - start;
                reached = end;
            }
        }
        times.push(high - low - covered);
    }
    times
}

#[cfg(test)]
mod tests {
    use super::super::testing::{small, trace};
    use super::*;

    #[test]
    fn children_are_united_and_clipped() {
        // a 100..200; b and c overlap (110..150), d sticks out at the end (190..), e lies outside, f inside b.
        let spans = [
            small("a", "", 100, 200),
            small("b", "a", 110, 140),
            small("c", "a", 120, 150),
            small("d", "a", 190, 260),
            small("e", "a", 300, 400),
            small("f", "b", 90, 120),
        ];
        assert_eq!(self_times(&trace(1000, &spans)), [50, 20, 30, 70, 100, 30]);
    }

    #[test]
    fn a_child_that_covers_its_parent_leaves_nothing() {
        let spans = [small("a", "", 0, 10), small("b", "a", -5, 20), small("c", "a", 3, 4)];
        assert_eq!(self_times(&trace(1000, &spans)), [0, 25, 1]);
    }
}
