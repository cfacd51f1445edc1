//! Calls made again because they failed.
//!
//! A try counts as another when the same call below the same parent failed before it started, or when its tags say so. Whether
//! two calls are the same is sure where the question is known (a path that is read), where the first failed in a way that
//! asks for another try, or where tags say so. Else the whole row of calls must look like tries: all but the last failed.

use super::pattern::{Edit, Occurrence, Pattern, Subject};
use super::said::Said;
use super::seen::{Call, Seen};
use crate::requests::Thresholds;

/// Calls of a request that were tried again.
pub(super) fn retried(seen: &Seen<'_>, thresholds: &Thresholds, found: &mut Vec<Occurrence>) {
    let least = thresholds.of_request(seen.duration_ns());
    let mut tries: Vec<Try<'_>> = Vec::new();
    for calls in seen.calls().filter(|calls| calls.len() > 1) {
        if !calls.iter().any(|&call| went_wrong(seen, call) || seen.says(call.span, Said::Again)) {
            continue;
        }
        tries.clear();
        tries.extend(calls.iter().map(|&call| Try::of(seen, call)));
        // Stable: the calls of a parent stand in the order of their starts.
        tries.sort_by(|one, other| one.same().cmp(&other.same()));
        for same in tries.chunk_by(|one, other| one.same() == other.same()) {
            for row in same.chunk_by(|one, next| next.is_another(seen, one)) {
                let looks_so = row.len() == same.len();
                let is_sure = row.windows(2).all(|pair| pair[1].is_surely_another(&pair[0]));
                if row.len() > 1 && (looks_so || is_sure) {
                    found.extend(occurrence(seen, row).filter(|found| found.path_ns as f64 >= least));
                }
            }
        }
    }
}

/// One call, as a try of something.
struct Try<'a> {
    call: Call,
    operation: u32,
    statement: Option<u32>,
    /// Path and query of a request of HTTP.
    path: Option<&'a [u8]>,
    /// What answered it.
    answer: Option<u32>,
    reads: bool,
    failed: bool,
    busy: bool,
    again: bool,
    /// It succeeded, or failed so that what follows is no other try of it: sent elsewhere, not allowed, not there.
    settled: bool,
}

impl<'a> Try<'a> {
    fn of(seen: &'a Seen<'_>, call: Call) -> Try<'a> {
        let mut one = Try {
            call,
            operation: seen.work(call.child),
            statement: seen.statement(call.span),
            path: None,
            answer: seen.answer(call.span).map(|answer| seen.work(answer)),
            reads: false,
            failed: went_wrong(seen, call),
            busy: false,
            again: false,
            settled: false,
        };
        for (said, tag) in sides(seen, call).into_iter().flatten().flat_map(|span| seen.said(span)) {
            match said {
                Said::Address => one.path = one.path.or(seen.text(tag).map(path)),
                Said::Reads => one.reads = true,
                Said::Busy => one.busy = true,
                Said::Again => one.again = true,
                Said::Settled => one.settled = true,
                _ => {}
            }
        }
        one
    }

    /// What the tries of a call share.
    fn same(&self) -> (u32, Option<u32>, Option<&'a [u8]>) {
        (self.operation, self.statement, self.path)
    }

    /// Whether this may be the next try after another.
    fn is_another(&self, seen: &Seen<'_>, before: &Try<'_>) -> bool {
        let elsewhere = matches!((self.answer, before.answer), (Some(one), Some(other)) if one != other);
        !elsewhere
            && (before.failed || self.again)
            && !(before.settled && !before.busy)
            && seen.follows(self.call.child, before.call.child)
    }

    /// Whether it cannot well be anything else, such as the next round of a loop.
    fn is_surely_another(&self, before: &Try<'_>) -> bool {
        self.again || before.busy || (self.reads && self.path.is_some())
    }
}

/// The sides of a call: the child that makes it, the call itself, and what answers it.
fn sides(seen: &Seen<'_>, call: Call) -> [Option<analyzer_formats::SpanId>; 2] {
    [Some(call.span), seen.answer(call.span)]
}

fn went_wrong(seen: &Seen<'_>, call: Call) -> bool {
    seen.failed(call.child)
        || sides(seen, call).into_iter().flatten().any(|span| seen.failed(span) || seen.says(span, Said::Busy))
}

/// The path and query of an address: tries may go to several hosts.
fn path(address: &[u8]) -> &[u8] {
    let after_scheme = memchr::memmem::find(address, b"://").map_or(0, |at| at + 3);
    if after_scheme == 0 {
        return address;
    }
    memchr::memchr(b'/', &address[after_scheme..]).map_or(b"/", |at| &address[after_scheme + at..])
}

/// Tries of one call: what those that failed take, and what passes between them.
fn occurrence(seen: &Seen<'_>, tries: &[Try<'_>]) -> Option<Occurrence> {
    let last = tries.last()?;
    let (mut path_ns, mut gaps_ns) = (0, 0);
    let mut without = Vec::new();
    for pair in tries.windows(2) {
        let [failed, next] = [pair[0].call.child, pair[1].call.child];
        path_ns += seen.total_ns(failed);
        without.push(Edit::Takes(failed, 0));
        let gap = seen.interval(next).start.saturating_sub(seen.interval(failed).end);
        if gap > 0 && seen.total_ns(next) > 0 {
            gaps_ns += gap;
            without.push(Edit::Sooner(next, gap));
        }
    }
    let parent = last.call.parent;
    Some(Occurrence {
        pattern: Pattern::Retries,
        subject: Subject { caller: seen.work(parent), called: seen.called(last.call.span), statement: last.statement },
        calls: tries.len() as u32 - 1,
        // Something else may be done between two tries: that is not waiting.
        path_ns: path_ns + gaps_ns.min(seen.own_ns(parent)),
        without,
    })
}
