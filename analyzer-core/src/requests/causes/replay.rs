//! How long a request would take if something in it were different.
//!
//! A span does its own work between its children: what it does before a child starts, it does after the last child that had
//! ended by then, so a child starts so long after that one ends, whenever that is. At its end it has waited for all children that
//! had ended by then. Whether it really waited for each of them is not in the trace; taking all of them for waited for never
//! promises more than can be saved. What of a child lies outside its parent, the parent did not wait for: it is the first to
//! be saved. Without edits every span takes as long as it took.

use super::pattern::Edit;
use super::seen::Seen;
use crate::spans::is_async;
use analyzer_formats::SpanId;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// One request, to be run again.
pub(super) struct Replay<'a> {
    seen: &'a Seen<'a>,
    /// Its spans, parents before children.
    order: Vec<SpanId>,
}

/// A child that its parent waits for.
struct Child {
    span: SpanId,
    /// Within the parent.
    at: Range<i64>,
    /// When it ends in the replay, from the start of the parent.
    ends: i64,
}

impl<'a> Replay<'a> {
    pub(super) fn new(seen: &'a Seen<'a>) -> Replay<'a> {
        Replay { seen, order: seen.below(seen.request.root) }
    }

    /// How long the request takes with these edits, nanoseconds.
    pub(super) fn duration_ns(&self, edits: &[Edit]) -> i64 {
        let mut takes: FxHashMap<SpanId, i64> = FxHashMap::default();
        let mut sooner: FxHashMap<SpanId, i64> = FxHashMap::default();
        for edit in edits {
            match *edit {
                Edit::Takes(span, ns) => takes.insert(span, ns),
                Edit::Sooner(span, ns) => sooner.insert(span, ns),
            };
        }
        let first = self.seen.range().start;
        let mut taken = vec![0i64; self.seen.range().len()];
        for &span in self.order.iter().rev() {
            let length = match takes.get(&span) {
                Some(&ns) => ns,
                None => self.length(span, |child| {
                    (taken[child.index() - first], sooner.get(&child).copied().unwrap_or(0))
                }),
            };
            taken[span.index() - first] = length;
        }
        taken[self.seen.request.root.index() - first]
    }

    /// How long a span takes, where `change` tells how long each of its children takes, and how much sooner it starts.
    fn length(&self, span: SpanId, change: impl Fn(SpanId) -> (i64, i64)) -> i64 {
        let own = self.seen.interval(span);
        let mut children: Vec<Child> = Vec::new();
        for &child in self.seen.children(span) {
            let at = self.seen.interval(child);
            let at = at.start.max(own.start)..at.end.min(own.end);
            if at.start < at.end && !is_async(self.seen.spans(), child) {
                children.push(Child { span: child, at, ends: 0 });
            }
        }
        children.sort_unstable_by_key(|child| (child.at.start, child.span));
        let mut by_end: Vec<usize> = (0..children.len()).collect();
        by_end.sort_unstable_by_key(|&at| (children[at].at.end, at));
        // What has been waited for so far: when that was, and when it is in the replay.
        let (mut was, mut is) = (own.start, 0i64);
        let mut ended = by_end.into_iter().peekable();
        for at in 0..children.len() {
            let starts = children[at].at.start;
            while let Some(before) = ended.next_if(|&other| children[other].at.end <= starts) {
                was = was.max(children[before].at.end);
                is = is.max(children[before].ends);
            }
            let (takes, sooner) = change(children[at].span);
            let gap = (starts - was - sooner).max(0);
            let whole = self.seen.interval(children[at].span);
            let mut length = takes.saturating_sub(starts.saturating_sub(whole.start)).max(0);
            if whole.end > own.end {
                length = length.min(own.end - starts);
            }
            children[at].ends = is + gap + length;
        }
        for before in ended {
            was = was.max(children[before].at.end);
            is = is.max(children[before].ends);
        }
        is + (own.end - was)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MS, with_seen, work};
    use super::*;
    use crate::spans::request_testing::{Span, spans};
    use analyzer_formats::SpanKind;
    use proptest::prelude::*;

    /// What a request of these spans is shorter by, in milliseconds; edits name spans by their place.
    fn saved(list: &[Span<'_>], edits: &[Edit]) -> i64 {
        let saved =
            with_seen(spans(list), |seen, _, _| seen.duration_ns() - Replay::new(seen).duration_ns(edits));
        saved[0] / MS
    }

    fn takes(span: usize, ms: i64) -> Edit {
        Edit::Takes(SpanId::new(span), ms * MS)
    }

    fn sooner(span: usize, ms: i64) -> Edit {
        Edit::Sooner(SpanId::new(span), ms * MS)
    }

    #[test]
    fn of_equal_calls_in_a_row_all_but_one_are_saved() {
        // Own work of 2 before, between and after stays.
        let ids: Vec<String> = (0..5).map(|at| at.to_string()).collect();
        let mut list = vec![work("a", "", "GET", (0, 62))];
        list.extend((0..5).map(|at| work(&ids[at], "a", "q", (2 + 12 * at as i64, 12 + 12 * at as i64))));
        let edits: Vec<Edit> = (2..6).map(|at| takes(at, 0)).collect();
        assert_eq!(saved(&list, &edits), 40);
    }

    #[test]
    fn where_another_branch_becomes_critical_no_more_is_saved() {
        //  a 0......................100
        //    b   10...............90
        //    c   10........60
        let list =
            [work("a", "", "GET", (0, 100)), work("b", "a", "b", (10, 90)), work("c", "a", "c", (10, 60))];
        assert_eq!(saved(&list, &[takes(1, 70)]), 10);
        assert_eq!(saved(&list, &[takes(1, 20)]), 30);
        assert_eq!(saved(&list, &[takes(1, 20), takes(2, 20)]), 60);
        assert_eq!(saved(&list, &[takes(2, 0)]), 0);
    }

    #[test]
    fn what_starts_after_two_waits_for_the_later_one() {
        //  a 0.............................100
        //    b 0.........40
        //    c 0......30
        //    d             45........80
        let list = [
            work("a", "", "GET", (0, 100)),
            work("b", "a", "b", (0, 40)),
            work("c", "a", "c", (0, 30)),
            work("d", "a", "d", (45, 80)),
        ];
        assert_eq!(saved(&list, &[takes(1, 10)]), 10);
        assert_eq!(saved(&list, &[takes(1, 10), takes(2, 10)]), 30);
        assert_eq!(saved(&list, &[sooner(3, 3)]), 3);
        assert_eq!(saved(&list, &[sooner(3, 50)]), 5);
    }

    #[test]
    fn a_leaf_off_the_path_saves_nothing() {
        //  a 0..................50
        //    b 0.......10
        //    c    5......11
        //    d              12........40
        let list = [
            work("a", "", "GET", (0, 50)),
            work("b", "a", "b", (0, 10)),
            work("c", "a", "c", (5, 11)),
            work("d", "a", "d", (12, 40)),
        ];
        assert_eq!(saved(&list, &[takes(1, 0)]), 0);
        assert_eq!(saved(&list, &[takes(2, 0)]), 1, "then b is waited for");
    }

    #[test]
    fn what_is_saved_below_reaches_the_root() {
        let list = [
            work("a", "", "GET", (0, 100)),
            work("b", "a", "call", (5, 95)),
            Span { service: "cart", ..work("c", "b", "GET", (10, 90)) },
            Span { service: "cart", ..work("d", "c", "q", (20, 80)) },
        ];
        assert_eq!(saved(&list, &[takes(3, 0)]), 60);
        assert_eq!(saved(&list, &[takes(1, 1), takes(3, 0)]), 89, "what an outer span takes is taken");
    }

    #[test]
    fn what_nobody_waited_for_is_the_first_to_be_saved() {
        let list = [work("a", "", "GET", (0, 100)), work("b", "a", "b", (50, 150))];
        assert_eq!(saved(&list, &[takes(1, 60)]), 0);
        assert_eq!(saved(&list, &[takes(1, 20)]), 30);
        let list = [work("a", "", "GET", (20, 100)), work("b", "a", "b", (0, 50))];
        assert_eq!(saved(&list, &[takes(1, 20)]), 30);
        assert_eq!(saved(&list, &[takes(1, 40)]), 10);
    }

    #[test]
    fn a_deep_chain_and_a_wide_fan_run_again() {
        let ids: Vec<String> = (0..100_000).map(|at| at.to_string()).collect();
        let parent = |at: usize, chain: bool| match (at, chain) {
            (0, _) => "",
            (_, true) => &ids[at - 1],
            (_, false) => "0",
        };
        for chain in [true, false] {
            let list: Vec<Span<'_>> = (0..ids.len())
                .map(|at| Span::new(&ids[at], parent(at, chain), "s", "o", at as i64, 1_000_000 - at as i64))
                .collect();
            let lengths = with_seen(spans(&list), |seen, _, _| {
                let replay = Replay::new(seen);
                (replay.duration_ns(&[]), replay.duration_ns(&[Edit::Takes(SpanId::new(99_999), 0)]))
            });
            let shorter = if chain { 1_000_000 - 2 * 99_999 } else { 0 };
            assert_eq!(lengths, [(1_000_000, 1_000_000 - shorter)]);
        }
    }

    proptest! {
        #[test]
        fn without_edits_nothing_changes_and_less_never_takes_longer(
            list in prop::collection::vec((0usize..40, -50i64..150, 0i64..200, 0u8..12), 1..40),
            edits in prop::collection::vec((0usize..40, 0i64..=100, 0i64..50), 0..10),
        ) {
            let ids: Vec<String> = (0..list.len()).map(|at| at.to_string()).collect();
            let list: Vec<Span<'_>> = list.iter().enumerate().map(|(at, &(parent, start, length, kind))| {
                let parent = if at == 0 { "" } else { &ids[parent % at] };
                let kind = match kind { 1 => SpanKind::Producer, 2 => SpanKind::Consumer, _ => SpanKind::Internal };
                Span { kind, ..Span::new(&ids[at], parent, "s", "o", start, start + length) }
            }).collect();
            let count = list.len();
            let durations = with_seen(spans(&list), |seen, _, _| {
                let replay = Replay::new(seen);
                let mut made: Vec<Edit> = Vec::new();
                let mut durations = vec![replay.duration_ns(&made)];
                for &(span, percent, ns) in &edits {
                    let span = SpanId::new(span % count);
                    // Of what is edited twice the later edit counts: it must not take back the earlier one.
                    if made.iter().any(|edit| matches!(edit, Edit::Takes(other, _) | Edit::Sooner(other, _) if *other == span)) {
                        continue;
                    }
                    // A child can make its parent shorter than so: half of nothing is no lengthening of it.
                    let is_leaf = seen.children(span).is_empty();
                    let length = seen.spans().duration_ns[span.index()];
                    made.push(Edit::Takes(span, if is_leaf { length * percent / 100 } else { 0 }));
                    made.push(Edit::Sooner(span, ns));
                    durations.push(replay.duration_ns(&made));
                }
                prop_assert_eq!(durations[0], seen.duration_ns());
                prop_assert!(durations.is_sorted_by(|longer, shorter| longer >= shorter), "{durations:?}");
                prop_assert!(durations.iter().all(|&ns| ns >= 0));
                Ok(())
            });
            for result in durations {
                result?;
            }
        }
    }
}
