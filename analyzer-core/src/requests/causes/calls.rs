//! The same call again and again below one parent, one after another: the N+1 query.

use super::pattern::{Edit, Occurrence, Pattern, Subject};
use super::seen::Seen;
use crate::requests::Thresholds;
use analyzer_formats::SpanId;

/// Repeated calls of a request.
pub(super) fn repeated(seen: &Seen<'_>, thresholds: &Thresholds, found: &mut Vec<Occurrence>) {
    let least = thresholds.of_request(seen.duration_ns());
    let mut calls: Vec<(Subject, SpanId)> = Vec::new();
    for parent in seen.range().map(SpanId::new) {
        calls.clear();
        let caller = seen.work(parent);
        for &child in seen.children(parent).iter().filter(|child| seen.is_call(**child)) {
            let subject = Subject { caller, called: seen.called(child), statement: seen.statement(child) };
            calls.push((subject, child));
        }
        if calls.len() < thresholds.repeated_calls as usize {
            continue;
        }
        calls.sort_by_key(|&(subject, child)| (subject, seen.interval(child).start, child));
        for same in calls.chunk_by(|one, other| one.0 == other.0) {
            // Those side by side are no loop: each must start after the one before it has ended.
            let in_a_row = 1 + same
                .windows(2)
                .filter(|pair| seen.interval(pair[0].1).end <= seen.interval(pair[1].1).start)
                .count();
            let path_ns: i64 = same.iter().map(|&(_, child)| seen.total_ns(child)).sum();
            if in_a_row >= thresholds.repeated_calls as usize && path_ns as f64 >= least {
                found.push(Occurrence {
                    pattern: Pattern::RepeatedCalls,
                    subject: same[0].0,
                    calls: same.len() as u32,
                    path_ns,
                    without: same[1..].iter().map(|&(_, child)| Edit::Takes(child, 0)).collect(),
                });
            }
        }
    }
}
