//! Sets of requests with a planted fault: the cause that is named, in which words, and no other.

use super::testing::{MS, capture};
use crate::requests::{Cause, RequestOptions, compare_requests};
use crate::spans::request_testing::{Span, spans};
use analyzer_formats::{Capture, SpanKind};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What is different about a set.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// An item is asked for by itself, 12 times.
    Loop,
    /// The same, 12 at a time.
    Fan,
    /// The rates are asked for 8 times.
    Again,
    /// The stock is busy twice.
    Busy,
    /// Two calls that ran side by side run one after the other.
    Serial,
    /// There is one connection, held for 10 ms.
    Pool,
    /// A request works for 8 ms before its first call.
    Work,
    /// There is one processor: other requests make all work take longer.
    Processor,
    /// A lock is waited for, by a span of that name.
    Lock,
}

/// A span before its texts are borrowed.
struct Owned {
    trace: String,
    id: String,
    parent: String,
    operation: &'static str,
    kind: SpanKind,
    times: (i64, i64),
    tags: &'static [(&'static str, &'static str)],
}

const ITEM: &[(&str, &str)] = &[("db.system", "mysql"), ("db.statement", "SELECT * FROM items WHERE id = ?")];
const RATES: &[(&str, &str)] = &[("db.system", "mysql"), ("db.query.text", "SELECT * FROM rates")];
const BUSY: &[(&str, &str)] = &[("peer.service", "stock"), ("http.response.status_code", "503")];
const STOCK: &[(&str, &str)] = &[("peer.service", "stock"), ("http.response.status_code", "200")];
const CART: &[(&str, &str)] = &[("peer.service", "cart")];
const USER: &[(&str, &str)] = &[("peer.service", "user")];

/// Requests of one service, which come at random.
fn set(fault: Fault, seed: u64) -> Capture {
    let mut random = StdRng::seed_from_u64(seed);
    let mut list = Vec::new();
    let (mut arrives, mut free) = (0, 0);
    let mut ends: Vec<i64> = Vec::new();
    for request in 0..200 {
        arrives += (random.random::<f64>() * 30.0 * MS as f64) as i64;
        let others = ends.iter().filter(|end| **end > arrives).count() as i64;
        let mut ms = |mean: f64| (mean * (0.8 + 0.4 * random.random::<f64>()) * MS as f64) as i64;
        let trace = request.to_string();
        let mut add = |operation, kind, times, tags| {
            let (trace, id) = (trace.clone(), format!("{request}.{}", list.len()));
            list.push(Owned { trace, id, parent: format!("r{request}"), operation, kind, times, tags });
        };
        let mut now = arrives + ms(0.3);
        match fault {
            Fault::Work => now += ms(8.0),
            Fault::Processor => now += others * ms(5.0),
            Fault::Pool => {
                now = now.max(free);
                free = now + ms(10.0);
            }
            Fault::Lock => {
                let end = now + ms(9.0);
                add("acquire lock", SpanKind::Internal, (now, end), &[]);
                now = end;
            }
            _ => {}
        }
        let mut call = |operation, mean, tags, now: &mut i64| {
            let end = *now + ms(mean);
            add(operation, SpanKind::Client, (*now, end), tags);
            *now = end;
        };
        let items = if matches!(fault, Fault::Loop | Fault::Fan) { 12 } else { 1 };
        let began = now;
        for _ in 0..items {
            let mut start = if fault == Fault::Fan { began } else { now };
            call("SELECT items", 1.5, ITEM, &mut start);
            now = now.max(start);
        }
        (0..if fault == Fault::Again { 8 } else { 1 })
            .for_each(|_| call("SELECT rates", 1.5, RATES, &mut now));
        let mut other = now;
        call("GET cart", 5.0, CART, &mut now);
        call("GET user", 5.0, USER, if fault == Fault::Serial { &mut now } else { &mut other });
        now = now.max(other);
        (0..if fault == Fault::Busy { 2 } else { 0 }).for_each(|_| {
            call("POST stock", 3.0, BUSY, &mut now);
            now += 2 * MS;
        });
        call("POST stock", 3.0, STOCK, &mut now);
        now += ms(0.5) + if fault == Fault::Processor { others * ms(5.0) } else { 0 };
        let id = format!("r{request}");
        let times = (arrives, now);
        list.push(Owned {
            trace,
            id,
            parent: String::new(),
            operation: "GET /",
            kind: SpanKind::Server,
            times,
            tags: &[],
        });
        ends.push(now);
    }
    let borrowed: Vec<Span<'_>> = list
        .iter()
        .map(|one| Span {
            trace: &one.trace,
            kind: one.kind,
            tags: one.tags,
            ..Span::new(&one.id, &one.parent, "shop", one.operation, one.times.0, one.times.1)
        })
        .collect();
    capture(spans(&borrowed))
}

fn causes(before: Fault, after: Fault) -> Vec<Cause> {
    compare_requests(&[set(before, 1)], &[set(after, 2)], &RequestOptions::default()).causes
}

fn titles(before: Fault, after: Fault) -> Vec<String> {
    causes(before, after).into_iter().map(|cause| cause.title).collect()
}

/// The only cause, by code and title.
fn only(after: Fault) -> (&'static str, String) {
    let causes = causes(Fault::None, after);
    let [cause] = &causes[..] else { panic!("{after:?}: {causes:?}") };
    assert!(cause.saving_us > 0.0 && cause.saving_us <= 1.05 * cause.us_per_request, "{cause:?}");
    (cause.code, cause.title.clone())
}

#[test]
fn a_loop_is_called_by_its_name() {
    assert_eq!(
        only(Fault::Loop),
        (
            "n_plus_one",
            "N+1: shop: GET / calls SELECT * FROM items WHERE id = ? in a loop, calls per request: 1.0 -> 12.0".into()
        )
    );
}

#[test]
fn the_same_question_is_a_missing_cache() {
    assert_eq!(
        only(Fault::Again),
        (
            "missing_cache",
            "missing cache: shop: GET / calls SELECT * FROM rates with the same parameters 8.0 times in a request, share of \
             such requests: 0 % -> 100 %"
                .into()
        )
    );
}

#[test]
fn retries_say_how_many_calls_they_make() {
    assert_eq!(
        only(Fault::Busy),
        (
            "retries",
            "retries: shop: GET / calls remote:stock: POST stock again after it failed, calls of it per request that calls \
             it: 1.0 -> 3.0"
                .into()
        )
    );
}

#[test]
fn calls_that_no_longer_run_side_by_side_are_named() {
    assert_eq!(
        only(Fault::Serial),
        (
            "serialised",
            "serialised: shop: GET / calls remote:cart: GET cart, remote:user: GET user one after another, share of these \
             calls beside another: 100 % -> 0 %"
                .into()
        )
    );
}

#[test]
fn as_many_calls_as_before_are_no_loop_that_came() {
    let causes = causes(Fault::Fan, Fault::Loop);
    assert_eq!(causes.iter().map(|cause| cause.code).collect::<Vec<_>>(), ["serialised"], "{causes:?}");
    assert!(causes[0].title.contains("calls remote:mysql: SELECT items one after another"), "{causes:?}");
    assert_eq!(titles(Fault::None, Fault::Fan), [] as [&str; 0]);
}

#[test]
fn a_small_pool_is_waited_for() {
    let (code, title) = only(Fault::Pool);
    assert_eq!(code, "pool_wait");
    let start = "pool wait: shop: GET / waits before it calls remote:mysql: SELECT items, for a free connection or a lock: 0.";
    assert!(title.starts_with(start), "{title}");
    assert!(title.contains(" where no other request is there, "), "{title}");
}

#[test]
fn a_lock_with_a_span_is_called_a_lock() {
    let (code, title) = only(Fault::Lock);
    assert_eq!(code, "lock_wait");
    let start = "lock wait: shop: GET / waits in shop: acquire lock for a lock, each time: 0.00 ms -> ";
    assert!(title.starts_with(start), "{title}");
}

#[test]
fn work_and_a_busy_processor_are_no_waiting() {
    assert_eq!(titles(Fault::None, Fault::None), [] as [&str; 0]);
    for fault in [Fault::Work, Fault::Processor] {
        let causes = causes(Fault::None, fault);
        assert!(
            causes.iter().all(|cause| cause.code == "slow_work" || cause.code == "slow_query"),
            "{fault:?}: {causes:?}"
        );
    }
}

#[test]
fn what_went_away_or_stayed_is_no_cause() {
    for fault in [Fault::Loop, Fault::Fan, Fault::Again, Fault::Busy, Fault::Serial, Fault::Pool, Fault::Lock]
    {
        assert_eq!(titles(fault, Fault::None), [] as [&str; 0], "{fault:?} went away");
        assert_eq!(titles(fault, fault), [] as [&str; 0], "{fault:?} stayed");
    }
}
