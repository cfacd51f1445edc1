//! Waiting for a connection of a pool, or for a lock.
//!
//! Some libraries write spans that say so by their names. Most write none: then the caller's span runs on before its first call,
//! as if it worked. One request cannot tell waiting from working; many can, as who waits does so for others
//! ([`evidence`](super::evidence)).

use super::pattern::{Edit, Occurrence, Pattern, Subject};
use super::said::Said;
use super::seen::Seen;
use crate::requests::Thresholds;
use analyzer_formats::{SpanId, SpanKind};

/// Words in a row by which spans say that they wait for a connection of a pool or a place in a queue.
const POOL: [&[&str]; 25] = [
    &["pool", "connect"],
    &["pool", "acquire"],
    &["pool", "acquisition"],
    &["acquire", "from", "pool"],
    &["pool", "wait"],
    &["pool", "checkout"],
    &["pool", "borrow"],
    &["pool", "get"],
    &["pool", "lease"],
    &["hikari", "pool"],
    &["hikaripool"],
    &["get", "connection"],
    &["acquire", "connection"],
    &["checkout", "connection"],
    &["borrow", "connection"],
    &["lease", "connection"],
    &["connection", "acquire"],
    &["connection", "acquired"],
    &["connection", "acquisition"],
    &["connection", "checkout"],
    &["connection", "wait"],
    &["wait", "for", "connection"],
    &["waiting", "for", "connection"],
    &["queue", "wait"],
    &["wait", "in", "queue"],
];

/// The same for locks.
const LOCK: [&[&str]; 13] = [
    &["acquire", "lock"],
    &["acquiring", "lock"],
    &["lock", "acquire"],
    &["lock", "acquisition"],
    &["lock", "wait"],
    &["wait", "lock"],
    &["wait", "for", "lock"],
    &["waiting", "for", "lock"],
    &["get", "lock"],
    &["obtain", "lock"],
    &["mutex"],
    &["semaphore"],
    &["redlock"],
];

/// Words of spans that are about pools and locks without waiting for any.
const NEITHER: [&str; 17] = [
    "release", "unlock", "return", "close", "create", "init", "start", "stop", "shutdown", "destroy",
    "delete", "stats", "metrics", "report", "status", "info", "string",
];

/// What a span says by its name that it waits for.
pub(super) fn waits_for(operation: &[u8]) -> Option<Pattern> {
    let words = words(operation);
    let has = |list: &[&[&str]]| {
        list.iter().any(|&row| {
            words.windows(row.len()).any(|at| at.iter().zip(row).all(|(one, other)| one == other))
        })
    };
    if words.iter().any(|word| NEITHER.contains(&word.as_str())) {
        None
    } else if has(&LOCK) {
        Some(Pattern::LockWait)
    } else {
        has(&POOL).then_some(Pattern::PoolWait)
    }
}

/// The words of a name in lower case: `HikariPool.getConnection` has four.
fn words(operation: &[u8]) -> Vec<String> {
    /// Names longer than this are statements.
    const MOST_BYTES: usize = 200;
    let mut words = vec![String::new()];
    let mut before = b' ';
    for &byte in operation.iter().take(MOST_BYTES) {
        let is_next =
            !byte.is_ascii_alphabetic() || (byte.is_ascii_uppercase() && before.is_ascii_lowercase());
        if is_next {
            words.push(String::new());
        }
        if byte.is_ascii_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.push(byte.to_ascii_lowercase() as char);
        }
        before = byte;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Spans of a request that say that they wait.
pub(super) fn named(seen: &Seen<'_>, thresholds: &Thresholds, found: &mut Vec<Occurrence>) {
    let least = thresholds.of_request(seen.duration_ns());
    for span in seen.range().map(SpanId::new) {
        let own_ns = seen.own_ns(span);
        if own_ns == 0
            || (own_ns as f64) < least
            || matches!(seen.spans().kind[span.index()], SpanKind::Server)
        {
            continue;
        }
        let Some(pattern) = named_wait(seen, span) else { continue };
        let length = seen.interval(span);
        let rest = (length.end - length.start).saturating_sub(own_ns).max(0);
        found.push(Occurrence {
            pattern,
            subject: Subject {
                caller: seen.spans().parent[span.index()].map_or(seen.work(span), |parent| seen.work(parent)),
                called: seen.work(span),
                statement: None,
            },
            calls: 1,
            path_ns: own_ns,
            without: vec![Edit::Takes(span, rest)],
        });
    }
}

/// What a span says that it waits for, by its name or its tags.
pub(super) fn named_wait(seen: &Seen<'_>, span: SpanId) -> Option<Pattern> {
    let operation = seen.spans().operation[span.index()];
    if seen.statement(span).is_some() || seen.answer(span).is_some() {
        return None;
    }
    waits_for(seen.source.traces.strings.get(operation)).or_else(|| {
        // Calls name the pool of their connection, too.
        let is_about_pool =
            !seen.is_call(span) && seen.children(span).is_empty() && seen.says(span, Said::Pool);
        is_about_pool.then_some(Pattern::PoolWait)
    })
}

/// Spans of a request that wait, or work, before they make their first call.
pub(super) fn before_calls(seen: &Seen<'_>, thresholds: &Thresholds, found: &mut Vec<Occurrence>) {
    let least = thresholds.of_request(seen.duration_ns());
    for_each_gap(seen, |gap| {
        if gap.ns as f64 >= least {
            found.push(Occurrence {
                pattern: Pattern::WaitBeforeCall,
                subject: gap.subject,
                calls: 1,
                path_ns: gap.ns,
                without: vec![Edit::Sooner(gap.call, gap.ns)],
            });
        }
    });
}

/// What a span does before its first call.
pub(super) struct Gap {
    /// Who calls what.
    pub(super) subject: Subject,
    /// Who calls.
    pub(super) parent: SpanId,
    /// The call.
    pub(super) call: SpanId,
    /// How long the request waited for the caller before it, nanoseconds.
    pub(super) ns: i64,
    /// How long the caller went on after its last child, nanoseconds.
    pub(super) after_ns: i64,
}

/// All of them in a request that are on the critical path.
pub(super) fn for_each_gap(seen: &Seen<'_>, mut take: impl FnMut(Gap)) {
    for calls in seen.calls() {
        let call = calls[0];
        // A call within a call is the client library's, and below thin spans the gap is theirs.
        if call.child != call.span || seen.is_call(call.parent) || seen.total_ns(call.span) == 0 {
            continue;
        }
        let start = seen.interval(call.span).start;
        let since = seen
            .children(call.parent)
            .iter()
            .filter(|&&child| child != call.span && seen.interval(child).start < start)
            .map(|&child| seen.interval(child).end)
            .fold(seen.interval(call.parent).start, i64::max);
        let ns = start.saturating_sub(since).min(seen.own_ns(call.parent));
        if ns > 0 {
            let subject =
                Subject { caller: seen.work(call.parent), called: seen.called(call.span), statement: None };
            let parent = seen.interval(call.parent);
            let last = seen.children(call.parent).iter().map(|&child| seen.interval(child).end).max();
            let after_ns = parent.end.saturating_sub(last.unwrap_or(parent.end).max(parent.start)).max(0);
            take(Gap { subject, parent: call.parent, call: call.span, ns, after_ns });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MS, find, query, saving, work};
    use super::*;
    use crate::spans::request_testing::Span;

    #[test]
    fn names_say_what_is_waited_for() {
        for name in [
            "pool.acquire",
            "pg-pool.connect",
            "HikariDataSource.getConnection",
            "HikariPool-1",
            "connection acquire",
            "wait for connection",
            "db.client.connection.wait",
            "ConnectionPool#checkout_connection",
            "queue wait",
        ] {
            assert_eq!(waits_for(name.as_bytes()), Some(Pattern::PoolWait), "{name}");
        }
        for name in [
            "acquire lock",
            "RedisLock.acquireLock",
            "mutex",
            "Semaphore.wait",
            "wait_for_lock",
            "obtainLock",
        ] {
            assert_eq!(waits_for(name.as_bytes()), Some(Pattern::LockWait), "{name}");
        }
        for name in [
            "release lock",
            "mutex.unlock",
            "GET /stock",
            "clock tick",
            "block account",
            "deadlock report",
            "lockscreen",
            "carpool booking",
            "create pool",
            "pool stats",
            "getConnectionString",
            "getConnectionInfo",
            "connection.close",
            "get connections of user",
            "acquire customer",
            "",
        ] {
            assert_eq!(waits_for(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn spans_that_wait_are_found_with_their_own_time() {
        let list = [
            work("a", "", "GET /", (0, 100)),
            work("b", "a", "pool.acquire", (10, 60)),
            query("c", "a", (60, 90), &[]),
        ];
        let found = find(named, &list);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].pattern, found[0].path_ns), (Pattern::PoolWait, 50 * MS));
        assert_eq!(saving(named, &list), 50 * MS);
        // In the new keys a tag says so, of a span that is no call.
        let tags = &[("db.client.connection.pool.name", "orders")];
        assert_eq!(find(named, &[list[0], Span { tags, ..work("b", "a", "connect", (10, 60)) }]).len(), 1);
        assert_eq!(find(named, &[list[0], query("b", "a", (10, 60), tags)]), []);
        assert_eq!(
            find(named, &[list[0], work("b", "a", "pool.acquire", (10, 13))]),
            [],
            "a little is usual"
        );
        // A service of that name works.
        let served = Span { service: "locks", ..work("b", "a", "acquire lock", (10, 60)) };
        assert_eq!(find(named, &[list[0], Span { kind: SpanKind::Server, ..served }]), []);
    }

    #[test]
    fn time_before_the_first_call_is_the_callers() {
        const NONE: [i64; 0] = [];
        let gap = |list: &[Span<'_>]| -> Vec<i64> {
            find(before_calls, list).iter().map(|one| one.path_ns / MS).collect()
        };
        let root = work("a", "", "GET /", (0, 100));
        assert_eq!(gap(&[root, query("b", "a", (50, 60), &[]), query("c", "a", (90, 95), &[])]), [50]);
        assert_eq!(saving(before_calls, &[root, query("b", "a", (50, 60), &[])]), 50 * MS);
        // What another span does before it is not.
        assert_eq!(gap(&[root, work("w", "a", "check", (5, 30)), query("b", "a", (50, 60), &[])]), [20]);
        assert_eq!(gap(&[root, work("w", "a", "check", (5, 45)), query("b", "a", (50, 60), &[])]), NONE);
        // Nor is what passes after the call, or below it.
        assert_eq!(gap(&[root, query("b", "a", (1, 10), &[])]), NONE);
        let call = Span { operation: "POST", ..query("b", "a", (1, 99), &[]) };
        assert_eq!(gap(&[root, call, Span { service: "cart", ..work("s", "b", "POST", (90, 95)) }]), NONE);
    }
}
