//! Calls that ran side by side and now run one after another.
//!
//! One request shows calls in a row; that they could run side by side, only requests in which they did can show. So calls in a
//! row are found here, and what took more of requests after than before is a cause only where the same calls ran side by
//! side before ([`Beside`], told by [`evidence`](super::evidence)).

use super::pattern::{Edit, Occurrence, Pattern, Subject};
use super::seen::{Call, Seen};
use crate::requests::Thresholds;

/// Spans of a request that make calls in a row.
pub(super) fn in_a_row(seen: &Seen<'_>, thresholds: &Thresholds, found: &mut Vec<Occurrence>) {
    let least = thresholds.of_request(seen.duration_ns());
    for calls in seen.calls().filter(|calls| calls.len() > 1 && !seen.is_call(calls[0].parent)) {
        let mut path_ns = 0;
        let mut without = Vec::new();
        let mut last = calls[0].child;
        for call in &calls[1..] {
            if seen.follows(call.child, last) {
                // Side by side the shorter one would take nothing.
                let shorter = if seen.total_ns(call.child) < seen.total_ns(last) { call.child } else { last };
                path_ns += seen.total_ns(shorter);
                without.push(Edit::Takes(shorter, 0));
            }
            if seen.interval(call.child).end >= seen.interval(last).end {
                last = call.child;
            }
        }
        if path_ns as f64 >= least {
            let caller = seen.work(calls[0].parent);
            found.push(Occurrence {
                pattern: Pattern::Serialised,
                subject: Subject { caller, called: caller, statement: None },
                calls: calls.len() as u32,
                path_ns,
                without,
            });
        }
    }
}

/// How often calls of one kind ran side by side with another of the same parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    pub(super) calls: u64,
    pub(super) beside: u64,
}

impl Beside {
    /// The share of calls that ran beside another.
    pub(super) fn share(&self) -> f64 {
        self.beside as f64 / self.calls.max(1) as f64
    }
}

/// Which calls of one parent ran side by side with another of it: those of which, or of the other, half was at the same time.
pub(super) fn beside(seen: &Seen<'_>, calls: &[Call]) -> Vec<bool> {
    let mut beside = vec![false; calls.len()];
    let mut longest = 0;
    for at in 1..calls.len() {
        let [one, next] = [longest, at].map(|at: usize| seen.interval(calls[at].child));
        let both = one.end.min(next.end).saturating_sub(next.start);
        let shorter = (one.end - one.start).min(next.end - next.start);
        if both > 0 && both >= shorter / 2 {
            beside[longest] = true;
            beside[at] = true;
        }
        if next.end >= one.end {
            longest = at;
        }
    }
    beside
}

#[cfg(test)]
mod tests {
    use super::super::evidence::{self, Evidence};
    use super::super::testing::{self, MS, find, frame, work};
    use super::*;
    use crate::spans::Frames;
    use crate::spans::request_testing::{Span, spans};
    use analyzer_formats::SpanKind;

    /// Calls of `a`, `b` and so on, by their times in milliseconds.
    fn request(times: &[(i64, i64)]) -> Vec<Span<'static>> {
        const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
        let mut list = vec![work("r", "", "GET /", (0, 100))];
        list.extend(
            times
                .iter()
                .zip(IDS)
                .map(|(&times, id)| Span { kind: SpanKind::Client, ..work(id, "r", id, times) }),
        );
        list
    }

    fn evidence_of(list: &[Span<'_>]) -> Evidence {
        testing::evidence(spans(list), |frames: &Frames| {
            let caller = frame(frames, "shop: GET /");
            (Pattern::Serialised, Subject { caller, called: caller, statement: None })
        })
    }

    /// How many kinds of calls were serialised.
    fn serialised(before: &[(i64, i64)], after: &[(i64, i64)]) -> usize {
        let sides = [before, after].map(|times| evidence_of(&request(times)));
        evidence::serialised([&sides[0], &sides[1]], &Thresholds::default()).len()
    }

    #[test]
    fn time_in_a_row_is_what_side_by_side_would_save() {
        let found = find(in_a_row, &request(&[(0, 30), (30, 50), (50, 90)]));
        assert_eq!(found.iter().map(|one| one.path_ns).collect::<Vec<_>>(), [40 * MS]);
        assert_eq!(find(in_a_row, &request(&[(0, 30), (0, 50), (0, 90)])), []);
        assert_eq!(find(in_a_row, &request(&[(0, 90)])), []);
        // The end of the longest counts, not that of the one before.
        assert_eq!(find(in_a_row, &request(&[(0, 80), (10, 20), (40, 60)])), []);
    }

    #[test]
    fn only_what_ran_side_by_side_was_serialised() {
        assert_eq!(serialised(&[(0, 30), (0, 30), (0, 30)], &[(0, 30), (30, 60), (60, 90)]), 3);
        assert_eq!(
            serialised(&[(0, 30), (30, 60), (60, 90)], &[(0, 30), (30, 60), (60, 90)]),
            0,
            "always in a row"
        );
        assert_eq!(serialised(&[(0, 30)], &[(0, 30), (30, 60), (60, 90)]), 0, "new calls in a row");
        assert_eq!(serialised(&[(0, 30), (5, 35)], &[(0, 60), (5, 65)]), 0, "slower, but still side by side");
        assert_eq!(
            serialised(&[(0, 10), (10, 40), (10, 40)], &[(0, 10), (10, 40), (40, 70)]),
            2,
            "those two only"
        );
        assert_eq!(
            serialised(&[(0, 30), (0, 30)], &[(0, 30)]),
            1,
            "the other one is gone: there is nothing in a row"
        );
    }

    #[test]
    fn calls_that_touch_are_not_side_by_side() {
        let beside_of = |times: &[(i64, i64)]| {
            let seen = testing::with_seen(spans(&request(times)), |seen, _, _| {
                seen.calls().flat_map(|calls| beside(seen, calls)).collect::<Vec<bool>>()
            });
            seen.concat()
        };
        assert_eq!(beside_of(&[(0, 30), (29, 60)]), [false, false], "1 of 30 ms");
        assert_eq!(beside_of(&[(0, 30), (15, 60)]), [true, true]);
        assert_eq!(beside_of(&[(0, 90), (10, 20), (30, 40)]), [true, true, true]);
        assert_eq!(
            beside_of(&[(0, 30), (30, 30), (30, 60)]),
            [false, false, false],
            "nothing is at once with nothing"
        );
    }
}
