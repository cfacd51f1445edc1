//! Requests of simulated services: what is found of a planted fault, and how often something is found where nothing
//! changed. `REQUESTS=1000 cargo test --release -p analyzer-core --test requests -- --nocapture` takes more pairs.

use analyzer_core::spans::TraceValue;
use analyzer_core::{CompareOptions, compare};
use analyzer_formats::{
    Capture, Container, Content, NewSpan, Notes, Reference, ReferenceKind, Source, SpanKind, TracesBuilder,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal};

/// What is different about a set.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// This service works longer, by this factor.
    Slow(usize, f64),
    /// Calls of this service travel longer, by so many milliseconds.
    Link(usize, f64),
    /// This service is called so many times as often.
    Repeated(usize, u32),
    /// More requests are of the slower kind.
    Mix,
}

const SERVICES: [&str; 8] = ["shop", "cart", "stock", "price", "user", "pay", "mail", "ship"];

/// Requests of two kinds, each of which calls services in a row. Load drifts: neighbouring requests are alike.
fn set(name: &str, requests: usize, fault: Fault, seed: u64) -> Capture {
    let mut random = StdRng::seed_from_u64(seed);
    let work = LogNormal::new(0.0, 0.5).expect("a distribution");
    let mut builder = TracesBuilder::new(1000);
    let client = builder.string(b"call");
    let services: Vec<_> = SERVICES
        .iter()
        .map(|service| {
            let service = builder.string(service.as_bytes());
            (builder.process(service, &[]), builder.string(b"GET /x"))
        })
        .collect();
    let mut load = 0.0;
    for request in 0..requests {
        load = 0.9 * load + 0.1 * (random.random::<f64>() - 0.5);
        let trace = builder.string(format!("t{request}").as_bytes());
        let start = 1_700_000_000_000_000_000 + request as i64 * 50_000_000;
        let is_slow = random.random::<f64>() < if fault == Fault::Mix { 0.6 } else { 0.3 };
        let called: &[usize] = if is_slow { &[1, 2, 3, 4, 5, 6, 7] } else { &[1, 2, 4] };
        let mut ms = |mean: f64| (mean * work.sample(&mut random) * (1.0 + load) * 1e6) as i64;
        let mut now = start + ms(2.0);
        let mut spans = Vec::new();
        for &service in called {
            let times = if let Fault::Repeated(at, times) = fault
                && at == service
            {
                times
            } else {
                1
            };
            for _ in 0..times {
                let factor = if let Fault::Slow(at, factor) = fault
                    && at == service
                {
                    factor
                } else {
                    1.0
                };
                let delay = if let Fault::Link(at, delay) = fault
                    && at == service
                {
                    ms(delay)
                } else {
                    0
                };
                let (out, took, back) = (ms(0.2) + delay, ms(3.0 * factor), ms(0.2));
                spans.push((service, now, out, took, back));
                now += out + took + back;
            }
        }
        now += ms(1.0);
        let root_operation = builder.string(if is_slow { b"GET /order" } else { b"GET /page" });
        let id = builder.string(format!("r{request}").as_bytes());
        let root = NewSpan::new(trace, id, root_operation, services[0].0).at(start, now - start);
        builder.span(&NewSpan { kind: SpanKind::Server, ..root }, &[], &[]);
        for (at, (service, begin, out, took, back)) in spans.into_iter().enumerate() {
            let ids = ["c", "s"].map(|side| builder.string(format!("{side}{request}.{at}").as_bytes()));
            let parent = |span| [Reference { kind: ReferenceKind::ChildOf, trace, span }];
            let call = NewSpan::new(trace, ids[0], client, services[0].0).at(begin, out + took + back);
            builder.span(&NewSpan { kind: SpanKind::Client, ..call }, &parent(id), &[]);
            let serve =
                NewSpan::new(trace, ids[1], services[service].1, services[service].0).at(begin + out, took);
            builder.span(&NewSpan { kind: SpanKind::Server, ..serve }, &parent(ids[0]), &[]);
        }
    }
    let mut notes = Notes::default();
    let traces = builder.finish(&mut notes);
    let source = Source {
        name: name.to_owned(),
        format: "jaeger",
        why_recognised: String::new(),
        container: Container::Plain,
        bytes: 0,
        digest: None,
    };
    Capture { source, content: Content::Traces(traces), notes }
}

fn report(fault: Fault, requests: usize, seed: u64) -> analyzer_core::report::Report {
    let before = set("before", requests, Fault::None, 2 * seed);
    let after = set("after", requests, fault, 2 * seed + 1);
    compare(&before, &after, &CompareOptions::default()).expect("two sets of traces")
}

fn pairs() -> u64 {
    std::env::var("REQUESTS").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

#[test]
fn where_nothing_changed_little_is_found() {
    for requests in [50, 200] {
        let (mut alarms, mut told, mut held) = (0, 0, 0);
        for seed in 0..pairs() {
            let report = report(Fault::None, requests, seed);
            let findings = report.traces.expect("findings");
            alarms += u64::from(
                findings.contributions.iter().any(|row| row.tier == "grew" || row.tier == "shrank"),
            );
            for (low, high) in findings.contributions.iter().filter_map(|row| row.low.zip(row.high)) {
                told += 1;
                held += u64::from(low <= 0.0 && high >= 0.0);
            }
        }
        println!(
            "{requests} requests: {alarms} of {} pairs with a finding; {held} of {told} intervals hold",
            pairs()
        );
        assert!(alarms as f64 <= 0.05 * pairs() as f64 + 2.0, "{alarms} of {}", pairs());
        assert!(held as f64 >= 0.93 * f64::from(told), "{held} of {told}");
    }
}

#[test]
fn planted_faults_stand_first() {
    let faults = [
        (Fault::Slow(2, 2.0), "stock: GET /x", "slower"),
        (Fault::Link(4, 3.0), "net:shop -> user", "slower"),
        (Fault::Repeated(1, 4), "cart: GET /x", "called more"),
    ];
    for (fault, frame, why) in faults {
        let mut first = 0;
        for seed in 0..pairs() / 3 {
            let report = report(fault, 200, 1000 + seed);
            let row = &report.traces.as_ref().expect("findings").contributions[0];
            first += u64::from(row.frame == frame && row.tier == "grew");
            if row.frame == frame {
                let by_calls = row.calls_us_per_request / row.delta_us_per_request;
                assert_eq!(by_calls > 0.5, why == "called more", "{fault:?} {by_calls}");
            }
        }
        println!("{fault:?}: first in {first} of {}", pairs() / 3);
        assert_eq!(first, pairs() / 3, "{fault:?}");
    }
}

#[test]
fn another_mix_of_requests_is_said_and_no_growth() {
    let report = report(Fault::Mix, 400, 7);
    let findings = report.traces.expect("findings");
    let change = findings.mean.after_us - findings.mean.before_us;
    assert!(findings.mean.mix_us > 0.8 * change, "{} of {change}", findings.mean.mix_us);
    let sum: f64 = findings.contributions.iter().map(|row| row.delta_us_per_request).sum();
    assert!((findings.mean.mix_us + sum - change).abs() < 1e-6 * findings.mean.after_us);
    assert!(findings.contributions.iter().all(|row| row.tier != "grew"), "{:?}", findings.contributions[0]);
    assert!(report.plateaus.iter().all(|row| row.tier != analyzer_core::plateau::Tier::Grew));
}

#[test]
fn swapped_sides_mirror() {
    let (one, other) = (set("one", 120, Fault::None, 1), set("other", 150, Fault::Slow(3, 1.6), 2));
    let options = CompareOptions { trace_value: TraceValue::CriticalPath, ..CompareOptions::default() };
    let there = compare(&one, &other, &options).expect("traces").traces.expect("findings");
    let back = compare(&other, &one, &options).expect("traces").traces.expect("findings");
    assert_eq!(there.contributions.len(), back.contributions.len());
    for row in &there.contributions {
        let mirror =
            back.contributions.iter().find(|other| other.frame == row.frame).expect("the same frames");
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (a.abs() + b.abs() + 1.0);
        assert!(near(row.delta_us_per_request, -mirror.delta_us_per_request), "{}", row.frame);
        assert!(near(row.low.expect("known"), -mirror.high.expect("known")), "{}", row.frame);
        let tier = match row.tier {
            "grew" => "shrank",
            "shrank" => "grew",
            "may_have_grown" => "may_have_shrunk",
            _ => "may_have_grown",
        };
        assert_eq!(mirror.tier, tier, "{}", row.frame);
    }
}
