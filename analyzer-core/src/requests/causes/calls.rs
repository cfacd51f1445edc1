//! Calls made again and again: the N+1 query, a loop over one kind of call; and the missing cache, the same question asked
//! again.

use super::pattern::{Edit, Occurrence, Pattern, Subject};
use super::said::Said;
use super::seen::{Call, Seen};
use crate::requests::Thresholds;
use analyzer_formats::{SpanId, TagId};
use rustc_hash::FxHashMap;

/// Loops of a request over calls of one kind.
pub(super) fn repeated(seen: &Seen<'_>, thresholds: &Thresholds, found: &mut Vec<Occurrence>) {
    let least = thresholds.of_request(seen.duration_ns());
    let enough = thresholds.repeated_calls as usize;
    let mut calls: Vec<(Subject, Call)> = Vec::new();
    for of_parent in seen.calls().filter(|calls| calls.len() >= enough) {
        calls.clear();
        calls.extend(of_parent.iter().map(|&call| (subject(seen, call), call)));
        // Stable: the calls of a parent stand in the order of their starts.
        calls.sort_by_key(|(subject, _)| *subject);
        for same in calls.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() >= enough) {
            // Those side by side are no loop: each must start after the one before it has ended.
            let in_a_row =
                1 + same.windows(2).filter(|pair| seen.follows(pair[1].1.child, pair[0].1.child)).count();
            let path_ns: i64 = same.iter().map(|(_, call)| seen.total_ns(call.child)).sum();
            if in_a_row >= enough
                && 2 * in_a_row >= same.len()
                && path_ns as f64 >= least
                && !is_one_question(seen, same, enough)
            {
                found.push(Occurrence {
                    pattern: Pattern::RepeatedCalls,
                    subject: same[0].0,
                    calls: same.len() as u32,
                    path_ns,
                    without: same[1..].iter().map(|(_, call)| Edit::Takes(call.child, 0)).collect(),
                });
            }
        }
    }
}

/// Who calls what, as loops tell it.
pub(super) fn subject(seen: &Seen<'_>, call: Call) -> Subject {
    Subject {
        caller: seen.work(call.parent),
        called: seen.called(call.span),
        statement: seen.statement(call.span),
    }
}

/// Whether all questions of a loop are known, and fewer than a loop asks: a cache would do.
fn is_one_question(seen: &Seen<'_>, calls: &[(Subject, Call)], enough: usize) -> bool {
    let mut asked: Vec<Question> = Vec::new();
    for (_, call) in calls {
        let Some(question) = question(seen, call.span) else { return false };
        if !asked.contains(&question) {
            asked.push(question);
        }
        if asked.len() >= enough {
            return false;
        }
    }
    true
}

/// Calls of one service, answering one call, that ask what was asked already, wherever they are made.
pub(super) fn identical(seen: &Seen<'_>, thresholds: &Thresholds, found: &mut Vec<Occurrence>) {
    let least = thresholds.of_request(seen.duration_ns());
    let mut asked: FxHashMap<(SpanId, u32, Question), Vec<SpanId>> = FxHashMap::default();
    let mut order = Vec::new();
    let mut entries: Option<Vec<SpanId>> = None;
    for call in seen.calls().flatten() {
        // A call within a call is the same one, as another layer sees it.
        if call.child != call.span || seen.is_call(call.parent) || seen.failed(call.span) {
            continue;
        }
        let Some(question) = question(seen, call.span) else { continue };
        let entries = entries.get_or_insert_with(|| seen.entries());
        let key = (entries[call.parent.index() - seen.range().start], seen.called(call.span), question);
        let calls = asked.entry(key.clone()).or_default();
        if calls.is_empty() {
            order.push(key);
        }
        calls.push(call.span);
    }
    for key in order {
        let Some(calls) = asked.get_mut(&key) else { continue };
        if calls.len() < thresholds.identical_calls as usize {
            continue;
        }
        calls.sort_unstable_by_key(|&call| (seen.interval(call).start, call));
        let path_ns: i64 = calls[1..].iter().map(|&call| seen.total_ns(call)).sum();
        if path_ns as f64 >= least {
            let (entry, called, _) = key;
            found.push(Occurrence {
                pattern: Pattern::MissingCache,
                subject: Subject { caller: seen.work(entry), called, statement: seen.statement(calls[0]) },
                calls: calls.len() as u32,
                path_ns,
                without: calls[1..].iter().map(|&call| Edit::Takes(call, 0)).collect(),
            });
        }
    }
}

/// All that a call asks for: tags, which are unique in a capture.
type Question = Vec<TagId>;

/// What a call asks for, where all of it is known and asking again gives the same answer.
fn question(seen: &Seen<'_>, span: SpanId) -> Option<Question> {
    let mut question: Question = Vec::new();
    let (mut statement, mut has_values, mut has_address, mut reads) = (None, false, false, false);
    for (said, tag) in seen.said(span) {
        match said {
            Said::Read | Said::Prepared | Said::Statement => statement = Some(said),
            Said::Parameter => has_values = true,
            Said::Address => has_address = true,
            Said::Reads => {
                reads = true;
                continue;
            }
            _ => continue,
        }
        question.push(tag);
    }
    let is_known = match statement {
        Some(Said::Read) => true,
        Some(Said::Prepared) => has_values,
        Some(_) => false,
        None => has_address && reads,
    };
    question.sort_unstable();
    is_known.then_some(question)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MS, find, query, saving, work};
    use super::*;
    use crate::spans::request_testing::Span;
    use analyzer_formats::SpanKind;

    const IDS: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];
    const BY_ID: &[(&str, &str)] = &[("db.statement", "SELECT a FROM items WHERE id = ?")];
    const ALL: &[(&str, &str)] = &[("db.query.text", "SELECT a FROM rates")];

    /// A request of 130 ms with so many calls of 10 ms, one after another.
    fn row<'a>(calls: usize, tags: &'a [(&'a str, &'a str)]) -> Vec<Span<'a>> {
        let mut list = vec![work("a", "", "GET /", (0, 130))];
        list.extend((0..calls).map(|at| query(IDS[at], "a", times(at), tags)));
        list
    }

    fn times(at: usize) -> (i64, i64) {
        (at as i64 * 10, at as i64 * 10 + 10)
    }

    #[test]
    fn a_loop_over_one_kind_of_call_is_found() {
        let found = find(repeated, &row(6, BY_ID));
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].pattern, found[0].calls, found[0].path_ns),
            (Pattern::RepeatedCalls, 6, 60 * MS)
        );
        assert_eq!(saving(repeated, &row(6, BY_ID)), 50 * MS);
        assert_eq!(find(repeated, &row(4, BY_ID)), [], "four are no loop");
        assert_eq!(find(repeated, &row(5, &[])).len(), 1, "of the same operation");
    }

    #[test]
    fn calls_side_by_side_of_several_kinds_or_short_are_no_loop() {
        let mut beside = row(6, BY_ID);
        beside[1..].iter_mut().for_each(|call| (call.start, call.end) = (0, 60 * MS));
        assert_eq!(find(repeated, &beside), []);
        let statements: [&[(&str, &str)]; 3] = [
            &[("db.statement", "SELECT 1")],
            &[("db.statement", "SELECT 2")],
            &[("db.statement", "SELECT 3")],
        ];
        let mut several = row(9, &[]);
        several[1..].iter_mut().enumerate().for_each(|(at, call)| call.tags = statements[at % 3]);
        assert_eq!(find(repeated, &several), []);
        let mut short = row(6, BY_ID);
        short[1..].iter_mut().for_each(|call| call.end = call.start + MS);
        assert_eq!(find(repeated, &short), [], "6 of 130 ms");
    }

    #[test]
    fn a_loop_is_found_where_it_repeats() {
        // The object mapper has a span of its own around each query.
        let outer: Vec<String> = (0..6).map(|at| format!("o{at}")).collect();
        let mut list = vec![work("a", "", "GET /", (0, 130)), work("b", "a", "list", (0, 100))];
        for at in 0..6 {
            list.push(work(&outer[at], "b", "Order.items", times(at)));
            list.push(query(IDS[at], &outer[at], (times(at).0 + 1, times(at).1 - 1), BY_ID));
        }
        let found = find(repeated, &list);
        assert_eq!(found.iter().map(|one| (one.calls, one.path_ns)).collect::<Vec<_>>(), [(6, 60 * MS)]);
        // Spans that work for most of their time are more than calls.
        list.iter_mut()
            .filter(|span| span.operation == "SELECT items")
            .for_each(|span| span.end = span.start + MS);
        assert_eq!(find(repeated, &list), []);
    }

    #[test]
    fn calls_are_known_without_kinds() {
        let plain = |span: Span<'static>| Span { kind: SpanKind::Unspecified, ..span };
        let mut list = row(6, BY_ID);
        list.iter_mut().for_each(|span| span.kind = SpanKind::Unspecified);
        assert_eq!(find(repeated, &list).len(), 1, "a statement is a call");
        let mut list = vec![work("a", "", "GET /", (0, 130))];
        list.extend((0..6).map(|at| Span { service: "cart", ..plain(query(IDS[at], "a", times(at), &[])) }));
        assert_eq!(find(repeated, &list).len(), 1, "what another service does is one");
        list.iter_mut().for_each(|span| span.service = "shop");
        assert_eq!(find(repeated, &list), [], "local work in a loop is none");
    }

    #[test]
    fn the_same_question_again_is_a_missing_cache_and_no_loop() {
        for tags in [
            ALL,
            &[("db.statement", "SELECT a FROM rates WHERE day = 17")],
            &[("db.statement", "SELECT a FROM t WHERE id = $1"), ("db.query.parameter.0", "17")],
            &[("http.url", "http://rates/a?day=17"), ("http.method", "GET")],
            &[("url.full", "http://rates/a?day=17"), ("http.request.method", "GET")],
        ] {
            let found = find(identical, &row(6, tags));
            assert_eq!(found.len(), 1, "{tags:?}");
            assert_eq!(
                (found[0].pattern, found[0].calls, found[0].path_ns),
                (Pattern::MissingCache, 6, 50 * MS)
            );
            assert_eq!(saving(identical, &row(6, tags)), 50 * MS);
            assert_eq!(find(repeated, &row(6, tags)), [], "{tags:?}");
            assert_eq!(find(identical, &row(2, tags)), []);
        }
    }

    #[test]
    fn what_is_not_known_to_be_the_same_is_not_claimed() {
        for tags in [
            BY_ID,
            &[("db.statement", "UPDATE items SET stock = 3")],
            &[("http.url", "http://rates/a"), ("http.method", "POST")],
            &[("http.url", "http://rates/a")],
            &[("rpc.method", "GetRates")],
        ] {
            assert_eq!(find(identical, &row(6, tags)), [], "{tags:?}");
            assert_eq!(find(repeated, &row(6, tags)).len(), 1, "{tags:?}");
        }
        let mut failed = row(6, ALL);
        failed.iter_mut().for_each(|span| span.error = true);
        assert_eq!(find(identical, &failed), []);
        // The values differ: that is a loop.
        let values: Vec<String> = (0..6).map(|at| at.to_string()).collect();
        let tags: Vec<[(&str, &str); 2]> =
            values.iter().map(|value| [BY_ID[0], ("db.query.parameter.id", value.as_str())]).collect();
        let mut list = row(6, &[]);
        list[1..].iter_mut().zip(&tags).for_each(|(span, tags)| span.tags = tags);
        assert_eq!((find(identical, &list).len(), find(repeated, &list).len()), (0, 1));
    }

    #[test]
    fn the_same_question_is_found_wherever_a_service_asks_it() {
        let list = [
            work("a", "", "GET /", (0, 100)),
            work("b", "a", "price", (0, 30)),
            query("0", "b", (0, 30), ALL),
            work("c", "a", "tax", (30, 60)),
            query("1", "c", (30, 60), ALL),
            query("2", "a", (60, 90), ALL),
        ];
        assert_eq!(find(identical, &list).iter().map(|one| one.calls).collect::<Vec<_>>(), [3]);
        // Another request to the service may ask anew.
        let elsewhere = Span { service: "cart", ..list[3] };
        assert_eq!(
            find(
                identical,
                &[list[0], list[1], list[2], elsewhere, Span { service: "cart", ..list[4] }, list[5]]
            ),
            []
        );
    }

    #[test]
    fn wide_and_deep_requests_are_looked_through() {
        let ids: Vec<String> = (0..100_000).map(|at| at.to_string()).collect();
        let mut wide = vec![Span::new("a", "", "shop", "GET /", 0, 1_000_000)];
        wide.extend(ids.iter().zip(0i64..).map(|(id, at)| Span {
            kind: SpanKind::Client,
            tags: ALL,
            ..Span::new(id, "a", "shop", "q", at * 10, at * 10 + 10)
        }));
        assert_eq!(find(identical, &wide).iter().map(|one| one.calls).collect::<Vec<_>>(), [100_000]);
        wide.iter_mut().for_each(|span| span.tags = &[]);
        assert_eq!(find(repeated, &wide).iter().map(|one| one.calls).collect::<Vec<_>>(), [100_000]);
        let deep: Vec<Span<'_>> = (0..ids.len())
            .map(|at| {
                let parent = if at == 0 { "" } else { &ids[at - 1] };
                Span::new(&ids[at], parent, "shop", "o", at as i64, 1_000_000 - at as i64)
            })
            .collect();
        for detector in super::super::DETECTORS {
            find(*detector, &wide);
            assert_eq!(find(*detector, &deep), []);
        }
    }
}
