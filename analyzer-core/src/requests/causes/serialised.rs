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
