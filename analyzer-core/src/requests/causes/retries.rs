//! Calls made again because they failed.
//!
//! A try counts as another when the same call below the same parent failed before it started, or when its tags say so. Whether
//! two calls are the same is sure where the question is known (a path that is read), where the first failed in a way that
//! asks for another try, or where tags say so. Else the whole row of calls must look like tries: all but the last failed.

use super::pattern::{Edit, Occurrence, Pattern, Subject};
use super::said::Said;
use super::seen::{Call, Seen};
use crate::requests::Thresholds;
use analyzer_formats::SpanId;

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
    /// It failed so that what follows is no other try of it: sent elsewhere, not allowed, not there.
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
        let is_elsewhere = matches!((self.answer, before.answer), (Some(one), Some(other)) if one != other);
        !is_elsewhere
            && (before.failed || self.again)
            && (before.busy || !before.settled)
            && seen.follows(self.call.child, before.call.child)
    }

    /// Whether it cannot well be anything else, such as the next round of a loop.
    fn is_surely_another(&self, before: &Try<'_>) -> bool {
        self.again || before.busy || (self.reads && self.path.is_some())
    }
}

/// The sides of a call: the caller's, and the callee's where it has spans.
fn sides(seen: &Seen<'_>, call: Call) -> [Option<SpanId>; 2] {
    [Some(call.span), seen.answer(call.span)]
}

fn went_wrong(seen: &Seen<'_>, call: Call) -> bool {
    seen.failed(call.child)
        || sides(seen, call)
            .into_iter()
            .flatten()
            .any(|span| seen.failed(span) || seen.says(span, Said::Busy))
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
        path_ns = i64::saturating_add(path_ns, seen.total_ns(failed));
        without.push(Edit::Takes(failed, 0));
        let gap = seen.interval(next).start.saturating_sub(seen.interval(failed).end);
        if gap > 0 && seen.total_ns(next) > 0 {
            gaps_ns = i64::saturating_add(gaps_ns, gap);
            without.push(Edit::Sooner(next, gap));
        }
    }
    let parent = last.call.parent;
    Some(Occurrence {
        pattern: Pattern::Retries,
        subject: Subject {
            caller: seen.work(parent),
            called: seen.called(last.call.span),
            statement: last.statement,
        },
        calls: tries.len() as u32 - 1,
        // Something else may be done between two tries: that is not waiting.
        path_ns: path_ns + gaps_ns.min(seen.own_ns(parent)),
        without,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MS, find, saving, work};
    use super::*;
    use crate::spans::request_testing::Span;
    use analyzer_formats::SpanKind;

    type Tags<'a> = &'a [(&'a str, &'a str)];

    fn post<'a>(id: &'a str, times: (i64, i64), tags: Tags<'a>) -> Span<'a> {
        Span { kind: SpanKind::Client, tags, ..work(id, "a", "POST stock", times) }
    }

    /// Two tries that fail and one that does not, 10 ms each, with 5 and 15 ms between.
    fn tries<'a>(failed: Tags<'a>, last: Tags<'a>) -> [Span<'a>; 4] {
        [
            work("a", "", "POST /", (0, 100)),
            post("1", (10, 20), failed),
            post("2", (25, 35), failed),
            post("3", (50, 60), last),
        ]
    }

    #[test]
    fn failed_tries_and_the_time_between_are_what_retries_take() {
        for (failed, last) in [
            ([("http.status_code", "503")], [("http.status_code", "200")]),
            ([("http.response.status_code", "429")], [("http.response.status_code", "200")]),
            ([("http.status_code", "408")], [("http.status_code", "200")]),
            ([("rpc.grpc.status_code", "14")], [("rpc.grpc.status_code", "0")]),
            ([("rpc.response.status_code", "RESOURCE_EXHAUSTED")], [("rpc.response.status_code", "OK")]),
        ] {
            let list = tries(&failed, &last);
            let found = find(retried, &list);
            assert_eq!(found.len(), 1, "{failed:?}");
            assert_eq!((found[0].pattern, found[0].calls, found[0].path_ns), (Pattern::Retries, 2, 40 * MS));
            assert_eq!(saving(retried, &list), 40 * MS);
        }
    }

    #[test]
    fn tries_marked_as_failed_or_as_sent_again_count() {
        let mut list = tries(&[], &[]);
        assert_eq!(find(retried, &list), []);
        (list[1].error, list[2].error) = (true, true);
        assert_eq!(find(retried, &list).len(), 1);
        list[3].error = true;
        assert_eq!(find(retried, &list)[0].calls, 2, "the last was not tried again");
        for key in ["http.resend_count", "http.request.resend_count", "grpc.previous-rpc-attempts"] {
            let (second, third) = ([(key, "1")], [(key, "2")]);
            let mut list = tries(&[], &third);
            list[2].tags = &second;
            assert_eq!(find(retried, &list).iter().map(|one| one.calls).collect::<Vec<_>>(), [2], "{key}");
        }
    }

    #[test]
    fn a_callee_that_says_it_failed_is_believed() {
        let mut list = tries(&[], &[]).to_vec();
        let serve = |id, parent, times, tags| Span {
            service: "stock",
            tags,
            ..work(id, parent, "POST /stock", times)
        };
        list.push(serve("s", "1", (11, 19), &[("http.status_code", "503")]));
        list.push(serve("t", "2", (26, 34), &[("http.status_code", "503")]));
        list.push(serve("u", "3", (51, 59), &[("http.status_code", "200")]));
        assert_eq!(find(retried, &list).iter().map(|one| one.path_ns).collect::<Vec<_>>(), [40 * MS]);
    }

    #[test]
    fn a_loop_some_rounds_of_which_fail_is_no_retry() {
        let mut list = tries(&[], &[]);
        list[2].error = true;
        assert_eq!(find(retried, &list), [], "after a success another try is none");
        for settled in
            [[("http.status_code", "404")], [("rpc.grpc.status_code", "5")], [("http.status_code", "302")]]
        {
            let mut list = tries(&settled, &settled);
            list.iter_mut().for_each(|span| span.error = true);
            assert_eq!(find(retried, &list), [], "{settled:?}");
        }
        // Other paths are other questions, whatever failed before.
        let paths = ["/1", "/2", "/3"]
            .map(|path| [("http.url", path), ("http.method", "GET"), ("http.status_code", "503")]);
        let mut list = tries(&[], &[]);
        list[1..].iter_mut().zip(&paths).for_each(|(span, tags)| span.tags = tags);
        assert_eq!(find(retried, &list), []);
        // Of a path that is read, any failure and another try are enough, on any host.
        let hosts = ["http://a:80/1?x=2", "http://b:80/1?x=2", "http://c:80/1?x=2"];
        let tags = hosts.map(|host| [("http.url", host), ("http.method", "GET")]);
        list[1..].iter_mut().zip(&tags).for_each(|(span, tags)| span.tags = tags);
        list[2].error = true;
        assert_eq!(find(retried, &list).iter().map(|one| one.calls).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn tries_side_by_side_and_short_ones_are_not_told() {
        let busy = [("http.status_code", "503")];
        let mut list = tries(&busy, &[]);
        list[1..].iter_mut().for_each(|span| (span.start, span.end) = (10 * MS, 60 * MS));
        assert_eq!(find(retried, &list), []);
        let mut list = tries(&busy, &[]);
        for (at, span) in (10..).zip(&mut list[1..]) {
            (span.start, span.end) = (at * MS, (at + 1) * MS);
        }
        assert_eq!(find(retried, &list), [], "2 of 100 ms");
    }

    #[test]
    fn paths_are_told_from_hosts() {
        for (address, told) in
            [("http://a:80/b?c=1", "/b?c=1"), ("https://a", "/"), ("/b", "/b"), ("", ""), ("a://", "/")]
        {
            assert_eq!(path(address.as_bytes()), told.as_bytes(), "{address}");
        }
    }
}
