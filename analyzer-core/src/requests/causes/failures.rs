//! Failures: where requests begin to fail, calls that are given up after a round time, and failures that make latency
//! look better than it is.

use super::facts::Fact;
use super::scatter::{Change, Sums, changes};
use super::whole::{Ground, Row, pct};
use crate::report::units;
use crate::requests::Question;
use crate::spans::tag;
use crate::stats::{fisher, student};
use std::collections::BTreeMap;

/// Times after which calls are given up, milliseconds.
const ROUND_MS: [i64; 18] = [
    100, 200, 250, 300, 500, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000,
    90_000, 120_000, 300_000,
];
/// A call given up ends so near to such a time, as shares of it: timers are late rather than early.
const AT: (f64, f64) = (0.99, 1.06);
/// Neighbouring durations, below and above, that a pile must stand out from.
const BELOW: (f64, f64) = (0.80, 0.97);
const ABOVE: (f64, f64) = (1.10, 1.30);
/// A pile is this many times as high as its surroundings,
const STANDS_OUT: f64 = 5.0;
/// and of so many calls or more.
const FEWEST_PILED: usize = 5;
/// The share of piled calls that failed, or whose caller did.
const FAILED_SHARE: f64 = 0.5;
/// Where a failure says what it is, best first. HTTP codes below 400 and the code of success of gRPC are no failure.
const SAYS: [&str; 9] = [
    "exception.type",
    "error.type",
    "http.response.status_code",
    "http.status_code",
    "rpc.grpc.status_code",
    "rpc.response.status_code",
    "db.response.status_code",
    "error.kind",
    "otel.status_description",
];
/// Failures of which the kind is read.
const MOST_READ: usize = 200;
/// Words of failures in titles are cut after so many characters.
const SHOWN: usize = 60;

/// Requests of both sides, by place, with the spans that show something: one or more each, in order.
type Shown<'a> = [Vec<&'a Fact>; 2];

/// Errors, timeouts, and failures that are fast.
pub(super) fn failures(ground: &Ground<'_>) -> Vec<Row> {
    let timeouts = timeouts(ground);
    let mut rows = errors(ground, &timeouts);
    rows.extend(fast(ground));
    rows.extend(timeouts);
    rows
}

/// The spans that fail first, by what fails.
fn errors(ground: &Ground<'_>, timeouts: &[Row]) -> Vec<Row> {
    let mut of_frame: BTreeMap<u32, Shown<'_>> = BTreeMap::new();
    for (side, layout) in ground.layouts.iter().enumerate() {
        for request in 0..layout.requests() as u32 {
            if let Some(first) = first_failure(ground, side, request) {
                of_frame.entry(first.frame).or_default()[side].push(first);
            }
        }
    }
    let list: Vec<(u32, Shown<'_>)> = of_frame.into_iter().collect();
    let shares = grown_shares(ground, list.iter().map(|(_, shown)| shown));
    list.iter()
        .zip(shares)
        .filter_map(|((frame, shown), share)| error(ground, *frame, shown, share?))
        // A call that is given up is said as that.
        .filter(|row| !timeouts.iter().any(|other| overlap(&row.requests[1], &other.requests[1])))
        .collect()
}

/// Whether most of these requests are among those.
pub(super) fn overlap(these: &[(u32, i64)], those: &[(u32, i64)]) -> bool {
    let among =
        these.iter().filter(|(request, _)| those.binary_search_by_key(request, |other| other.0).is_ok());
    2 * among.count() > these.len()
}

/// The first of the spans of a request that failed with nothing below them failing.
fn first_failure<'a>(ground: &'a Ground<'_>, side: usize, request: u32) -> Option<&'a Fact> {
    let whole = ground.whole.sides[side];
    let starts = &whole.source(&whole.set.requests[request as usize]).traces.spans.start_ns;
    ground.facts[side]
        .of(request)
        .iter()
        .filter(|fact| fact.is_first_failure)
        .min_by_key(|fact| (!fact.caller_failed, starts[fact.span.index()], fact.span))
}

/// The changes of the shares of requests that show something; none where it did not grow, or not for sure, or by too
/// little to matter.
fn grown_shares<'a, 'b: 'a>(
    ground: &Ground<'_>,
    list: impl Iterator<Item = &'a Shown<'b>>,
) -> Vec<Option<Change>> {
    let none = ground
        .layouts
        .each_ref()
        .map(|layout| layout.sums((0..layout.requests() as u32).map(|request| (request, 0.0, 1.0))));
    let shares: Vec<[Sums; 2]> = list
        .map(|shown| {
            [0, 1].map(|side: usize| {
                let layout = &ground.layouts[side];
                let mut sums = none[side].clone();
                for same in shown[side].chunk_by(|one, other| one.request == other.request) {
                    layout.add(&mut sums, same[0].request, 1.0, 0.0);
                }
                sums
            })
        })
        .collect();
    let with: Vec<[u64; 2]> =
        shares.iter().map(|sides| sides.each_ref().map(|side| side.sum() as u64)).collect();
    let found = changes(&shares);
    let of = ground.layouts.each_ref().map(|layout| layout.requests() as u64);
    let p_values: Vec<f64> = found
        .iter()
        .zip(&with)
        .map(|(change, with)| change.p_value().max(fisher::p_value(*with, of)))
        .collect();
    let is_sure = match ground.question() {
        Question::Changed => student::discoveries(&p_values, ground.level()),
        Question::Slow => p_values.iter().map(|&p| p <= ground.level()).collect(),
    };
    let least = ground.options.thresholds.error_share;
    found
        .into_iter()
        .zip(is_sure)
        .map(|(change, is_sure)| Some(change).filter(|change| is_sure && change.growth() >= least))
        .collect()
}

/// What spans take of the mean request of each side, nanoseconds.
fn taken(ground: &Ground<'_>, shown: &Shown<'_>) -> (f64, f64) {
    let sum = |side: usize| shown[side].iter().map(|fact| fact.total_ns as f64).sum::<f64>();
    ground.per_request((sum(0), sum(1)))
}

/// The requests that spans are of, each once, with the time of those.
fn requests(shown: &Shown<'_>) -> [Vec<(u32, i64)>; 2] {
    shown.each_ref().map(|facts| {
        let same = facts.chunk_by(|one, other| one.request == other.request);
        same.map(|same| (same[0].request, same.iter().map(|fact| fact.duration_ns).sum())).collect()
    })
}

fn error(ground: &Ground<'_>, frame: u32, shown: &Shown<'_>, share: Change) -> Option<Row> {
    let name = &ground.whole.frames.get(frame).name;
    let said = kind_of(ground, &shown[1]).map_or_else(String::new, |kind| format!(" ({kind})"));
    let root_failed = |fact: &&&Fact| ground.facts[1].of(fact.request)[0].failed;
    let failed = shown[1].iter().filter(root_failed).count();
    let end = match failed {
        0 => "; the requests themselves succeed".to_owned(),
        all if all == shown[1].len() => String::new(),
        some => format!("; {} of these requests fail in the end", pct(some as f64 / shown[1].len() as f64)),
    };
    let title = format!("errors: {name} fails first{said} in {}{end}", shares(share, ground.question()));
    Some(Row {
        code: "errors",
        title,
        frame: Some(frame),
        statement: None,
        // To fail takes no time by itself: what calls that failed took, they took before as well, or another cause tells of it.
        change_ns: 0.0,
        // What a request would take that fails no more is not in the traces.
        saving_ns: 0.0,
        requests: requests(shown),
    })
}

/// `12.4 % of requests instead of 0.3 %`.
fn shares(share: Change, question: Question) -> String {
    let [before, after] = [share.before, share.after].map(pct);
    match question {
        Question::Changed => format!("{after} of requests instead of {before}"),
        Question::Slow => format!("{after} of slow requests and {before} of usual ones"),
    }
}

/// What most failures say they are.
fn kind_of(ground: &Ground<'_>, failures: &[&Fact]) -> Option<String> {
    let side = ground.whole.sides[1];
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for fact in failures.iter().take(MOST_READ) {
        let traces = side.source(&side.set.requests[fact.request as usize]).traces;
        let said = SAYS.iter().find_map(|key| {
            let text = tag(traces, fact.span, &[key])?;
            kind(key, &text)
        });
        if let Some(said) = said {
            *counts.entry(said).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .max_by(|one, other| one.1.cmp(&other.1).then(other.0.cmp(&one.0)))
        .map(|(kind, _)| kind)
}

/// A failure in words, by the tag that says it.
fn kind(key: &str, text: &str) -> Option<String> {
    let number: Option<i64> = text.parse().ok();
    match (key, number) {
        (key, Some(code)) if key.starts_with("http.") => (code >= 400).then(|| format!("HTTP {code}")),
        ("rpc.grpc.status_code", Some(code)) => {
            let name = GRPC.get(usize::try_from(code).ok()?)?;
            (code != 0).then(|| format!("gRPC {name}"))
        }
        _ => Some(text.chars().take(SHOWN).collect()).filter(|_| text != "OK" && text != "0"),
    }
}

/// The codes of gRPC (`doc/statuscodes.md` of grpc/grpc), by number.
const GRPC: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// That failed requests are short, and the mean is the shorter for it.
fn fast(ground: &Ground<'_>) -> Option<Row> {
    if ground.question() == Question::Slow {
        return None;
    }
    let requests = ground.whole.sides.map(|side| &side.set.requests);
    let failed = requests.map(|list| list.iter().filter(|request| request.failed).count() as u64);
    let of = requests.map(|list| list.len() as u64);
    if failed[1] * of[0] <= failed[0] * of[1] || fisher::p_value(failed, of) > ground.level() {
        return None;
    }
    // By group: requests that succeeded and their time, and all of them.
    let mut sums = vec![[(0.0, 0.0, 0.0, 0.0); 2]; ground.whole.groups.names.len()];
    for (side, list) in requests.iter().enumerate() {
        for request in *list {
            let (time, ok) = (request.duration_ns as f64, f64::from(u8::from(!request.failed)));
            let sum = &mut sums[request.group as usize][side];
            *sum = (sum.0 + ok, sum.1 + ok * time, sum.2 + 1.0, sum.3 + time);
        }
    }
    let all = of.map(|count| count.max(1) as f64);
    let (mut of_all, mut of_good) = (0.0, 0.0);
    let weight = |[before, after]: &[(f64, f64, f64, f64); 2]| before.2 / all[0] + after.2 / all[1];
    for sides in sums.iter().filter(|sides| sides.iter().all(|side| side.0 > 0.0)) {
        let [before, after] = sides;
        of_all += weight(sides) / 2.0 * (after.3 / after.2 - before.3 / before.2);
        of_good += weight(sides) / 2.0 * (after.1 / after.0 - before.1 / before.0);
    }
    let change_ns = of_all - of_good;
    let (failing, succeeding): (Vec<_>, Vec<_>) =
        (0u32..).zip(requests[1]).partition(|(_, request)| request.failed);
    let mean = |list: &[(u32, &crate::requests::set::Request)]| {
        list.iter().map(|(_, request)| request.duration_ns as f64).sum::<f64>() / list.len().max(1) as f64
    };
    // Failed requests against those that succeed, as if these were before: no other group may explain it.
    let side = |list: &[(u32, &crate::requests::set::Request)]| {
        ground.layouts[1].sums(list.iter().map(|(at, request)| (*at, request.duration_ns as f64, 1.0)))
    };
    let against = changes(&[[side(&succeeding), side(&failing)]])[0];
    if change_ns > -ground.least() || against.p_value() > ground.level() || against.growth() > 0.0 {
        return None;
    }
    let title = format!(
        "fast failures: failed requests take {} and others {}, so the mean looks {} better than it is for \
         requests that succeed",
        units::beside(mean(&failing), mean(&succeeding).max(mean(&failing)), "ns"),
        units::beside(mean(&succeeding), mean(&succeeding).max(mean(&failing)), "ns"),
        units::value(-change_ns, "ns"),
    );
    let shown = requests.map(|list| {
        let failed = (0u32..).zip(list).filter(|(_, request)| request.failed);
        failed.map(|(at, request)| (at, request.duration_ns)).collect()
    });
    Some(Row {
        code: "fast_failure",
        title,
        frame: None,
        statement: None,
        change_ns,
        saving_ns: 0.0,
        requests: shown,
    })
}

/// Calls that are given up after a round time, by what is called.
fn timeouts(ground: &Ground<'_>) -> Vec<Row> {
    // By what is called and the number of the round time.
    let mut piles: BTreeMap<(u32, usize), Shown<'_>> = BTreeMap::new();
    for (side, facts) in ground.facts.iter().enumerate() {
        for request in 0..ground.layouts[side].requests() as u32 {
            for (round, fact) in at_round_times(facts.of(request)) {
                piles.entry((fact.called, round)).or_default()[side].push(fact);
            }
        }
    }
    // How long calls of each frame took after.
    let mut durations: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for fact in ground.facts[1].list.iter().filter(|fact| fact.is_call || fact.parent.is_none()) {
        durations.entry(fact.called).or_default().push(fact.duration_ns);
    }
    let piles: Vec<((u32, usize), Shown<'_>)> = piles
        .into_iter()
        .filter(|(key, shown)| {
            shown[1].len() >= FEWEST_PILED
                && failed_share(&shown[1]) >= FAILED_SHARE
                && stands_out(durations.get(&key.0).map_or(&[], Vec::as_slice), key.1, shown[1].len())
        })
        .collect();
    let shares = grown_shares(ground, piles.iter().map(|(_, shown)| shown));
    piles
        .iter()
        .zip(shares)
        .filter_map(|(((called, round), shown), share)| Some(timeout(ground, *called, *round, shown, share?)))
        .collect()
}

/// The calls of a request, and its root, that end at a round time, without those that only wait for such a call.
fn at_round_times(facts: &[Fact]) -> Vec<(usize, &Fact)> {
    let mut found: Vec<(usize, &Fact)> = Vec::new();
    let mut is_covered = vec![false; facts.len()];
    for (at, fact) in facts.iter().enumerate().rev() {
        if !(fact.is_call || at == 0) {
            continue;
        }
        let Some(round) = round_time(fact.duration_ns) else { continue };
        if is_covered[at] {
            continue;
        }
        found.push((round, fact));
        let mut above = fact.parent;
        while let Some(parent) = above.filter(|&parent| !is_covered[parent as usize]) {
            is_covered[parent as usize] = true;
            above = facts[parent as usize].parent;
        }
    }
    found.reverse();
    found
}

/// The number of the round time that a duration is at.
fn round_time(duration_ns: i64) -> Option<usize> {
    ROUND_MS.iter().position(|&ms| is_within(duration_ns, ms, AT))
}

fn is_within(duration_ns: i64, ms: i64, (low, high): (f64, f64)) -> bool {
    let share = duration_ns as f64 / (ms * 1_000_000) as f64;
    low <= share && share < high
}

fn failed_share(piled: &[&Fact]) -> f64 {
    let failed = piled.iter().filter(|fact| fact.failed || fact.caller_failed).count();
    failed as f64 / piled.len().max(1) as f64
}

/// Whether far more calls of after end at a round time than a little sooner or later.
fn stands_out(durations: &[i64], round: usize, piled: usize) -> bool {
    let within = |range| durations.iter().filter(|&&took| is_within(took, ROUND_MS[round], range)).count();
    let (below, above) = (within(BELOW), within(ABOVE));
    let height = |count: usize, (low, high): (f64, f64)| count as f64 / (high - low);
    height(piled, AT) >= STANDS_OUT * height(below, BELOW).max(height(above, ABOVE))
}

fn timeout(ground: &Ground<'_>, called: u32, round: usize, shown: &Shown<'_>, share: Change) -> Row {
    let name = &ground.whole.frames.get(called).name;
    let time = units::duration(ROUND_MS[round] * 1_000_000);
    let title = format!(
        "timeouts: calls of {name} end after {time} and fail in {}",
        shares(share, ground.question())
    );
    let (before, after) = taken(ground, shown);
    let mut others: Vec<i64> = ground.facts[1]
        .list
        .iter()
        .filter(|fact| fact.called == called && fact.is_call && !fact.failed)
        .map(|fact| fact.duration_ns)
        .filter(|&duration| round_time(duration) != Some(round))
        .collect();
    others.sort_unstable();
    let requests = requests(shown);
    // If these took as long as those that are answered usually do.
    let saving_ns = others.get(others.len() / 2).map_or(0.0, |&usual| {
        ground.saving(&requests[1], |fact| {
            let is_piled =
                fact.called == called && fact.is_call && round_time(fact.duration_ns) == Some(round);
            is_piled.then(|| usual.min(fact.duration_ns))
        })
    });
    Row {
        code: "timeouts",
        title,
        frame: Some(called),
        statement: None,
        change_ns: after - before,
        saving_ns,
        requests,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{Findings, RequestOptions, compare_requests};
    use crate::spans::request_testing::{Span, spans};
    use analyzer_formats::{Capture, Container, Content, Notes, Source, SpanKind};

    /// Requests of three spans: the shop calls the cart; where `tags` say so, the cart fails, and the shop with it.
    fn capture(failing: &[Option<&[(&str, &str)]>]) -> Capture {
        let names: Vec<String> = (0..failing.len()).map(|at| format!("t{at}")).collect();
        let list = names.iter().zip(failing).zip(0i64..);
        let all: Vec<Span<'_>> = list
            .flat_map(|((name, failing), at)| {
                let start = at * 1_000_000_000;
                let end =
                    start + if failing.is_some() { 20_000_000 } else { 40_000_000 + at % 7 * 1_000_000 };
                let span = |id, parent, service, operation, inset: i64| Span {
                    trace: name,
                    error: failing.is_some(),
                    ..Span::new(id, parent, service, operation, start + inset, end - inset)
                };
                [
                    span("a", "", "shop", "GET /", 0),
                    Span { kind: SpanKind::Client, ..span("b", "a", "shop", "call", 1_000_000) },
                    Span { tags: failing.unwrap_or(&[]), ..span("c", "b", "cart", "GET /cart", 2_000_000) },
                ]
            })
            .collect();
        let source = Source {
            name: "x".to_owned(),
            format: "jaeger",
            why_recognised: String::new(),
            container: Container::Plain,
            bytes: 0,
            digest: None,
        };
        Capture { source, content: Content::Traces(spans(&all)), notes: Notes::default() }
    }

    fn compared(before: &[Option<&[(&str, &str)]>], after: &[Option<&[(&str, &str)]>]) -> Findings {
        compare_requests(&[capture(before)], &[capture(after)], &RequestOptions::default())
    }

    #[test]
    fn failures_say_what_they_are_by_old_and_new_keys() {
        for (key, value, said) in [
            ("http.status_code", "503", "(HTTP 503)"),
            ("http.response.status_code", "502", "(HTTP 502)"),
            ("rpc.grpc.status_code", "14", "(gRPC UNAVAILABLE)"),
            ("error.type", "TimeoutError", "(TimeoutError)"),
            ("exception.type", "java.net.ConnectException", "(java.net.ConnectException)"),
            ("otel.status_description", "no such cart", "(no such cart)"),
            ("http.status_code", "200", "fails first in"),
        ] {
            let tags: &[(&str, &str)] = &[(key, value)];
            let after: Vec<_> = (0..100).map(|at| (at % 4 == 0).then_some(tags)).collect();
            let causes = compared(&[None; 100], &after).causes;
            let errors = causes.iter().find(|cause| cause.code == "errors").unwrap();
            assert_eq!(errors.frame.as_deref(), Some("cart: GET /cart"), "the deepest");
            assert!(errors.title.contains(said), "{}", errors.title);
            assert_eq!((errors.before_pct, errors.after_pct), (0.0, 25.0));
            assert!(errors.title.contains("25.0 % of requests instead of 0.0 %"), "{}", errors.title);
            // The failed quarter takes 20 ms where others take 43.
            let fast = causes.iter().find(|cause| cause.code == "fast_failure").unwrap();
            assert!((fast.us_per_request + 5_750.0).abs() < 100.0, "{}", fast.us_per_request);
        }
    }

    #[test]
    fn as_many_failures_as_before_are_none() {
        let tags: &[(&str, &str)] = &[("http.status_code", "503")];
        let some = |every: usize| (0..100).map(|at| (at % every == 0).then_some(tags)).collect::<Vec<_>>();
        for (before, after) in [(4, 4), (20, 18), (4, 20)] {
            let causes = compared(&some(before), &some(after)).causes;
            let codes: Vec<&str> = causes.iter().map(|cause| cause.code).collect();
            assert!(!codes.contains(&"errors") && !codes.contains(&"fast_failure"), "{codes:?}");
        }
    }

    #[test]
    fn round_times_are_ended_at_or_a_little_later() {
        let at = |ms: f64| round_time((ms * 1e6) as i64).map(|round| ROUND_MS[round]);
        assert_eq!([99.5, 104.0, 1000.0, 30_400.0].map(at), [Some(100), Some(100), Some(1000), Some(30_000)]);
        assert_eq!([95.0, 110.0, 620.0, 0.0].map(at), [None; 4]);
    }
}
