//! Tags that one side has more of: planted ones, and how often there is a row where nothing changed.
//! `REQUESTS=1000 cargo test --release -p analyzer-core --test tags -- --nocapture` takes more pairs.

use analyzer_core::redact::Redaction;
use analyzer_core::requests::{
    Findings, RequestOptions, TagRow, Thresholds, compare_requests, slow_requests,
};
use analyzer_formats::{
    Capture, Container, Content, NewSpan, Notes, Reference, ReferenceKind, Source, SpanKind, Tag, TagValue,
    TracesBuilder,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal};

/// What is different about a capture.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Planted {
    Nothing,
    /// One request in 20 is slow, and of these 96 % are answered by one pod of the cart, which answers 3 % of others.
    SlowPod,
    /// Another version of both services, that of the cart on new hosts; pods have new names.
    Deployed,
    /// Queries give ten times as many rows in a third of the requests.
    ManyRows,
    /// Twenty more keys.
    MoreKeys,
    /// All requests are orders, and only these call the cart.
    Mix,
}

/// A capture of requests that call a cart, which asks a database. Load and regions drift; pods are kept for some requests.
fn capture(planted: Planted, requests: usize, seed: u64) -> Capture {
    let mut random = StdRng::seed_from_u64(seed);
    let work = LogNormal::new(0.0, 0.4).expect("a distribution");
    let mut builder = TracesBuilder::new(1000);
    let (mut load, mut region, mut sticky) = (0.0f64, 0usize, 0usize);
    let is_new = planted == Planted::Deployed;
    for request in 0..requests {
        load = 0.9 * load + 0.1 * (random.random::<f64>() - 0.5);
        if random.random::<f64>() < 0.2 {
            region = random.random_range(0..3);
        }
        if random.random::<f64>() < 0.3 {
            sticky = random.random_range(0..3);
        }
        let is_slow = planted == Planted::SlowPod && random.random::<f64>() < 0.05;
        let bad = random.random::<f64>() < if is_slow { 0.96 } else { 0.03 };
        let pod = match (planted, is_new) {
            (Planted::SlowPod, _) if bad => "cart-7c9f8d5b6-x2kq9".to_owned(),
            (_, true) => format!("cart-5d8c7b6f4-{}", ["k2x8z", "p9w3d", "t5r6n"][sticky]),
            _ => format!("cart-6b7d9c8f5-{}", ["h4j2m", "q8v7s", "z3c9b"][sticky]),
        };
        let mut text = |key: &str, value: &str| Tag {
            key: builder.string(key.as_bytes()),
            value: TagValue::Text(builder.string(value.as_bytes())),
        };
        let version = if is_new { "1.5.0" } else { "1.4.2" };
        let node = format!("node-{}", pod.len() + pod.as_bytes()[pod.len() - 1] as usize);
        let of_cart = [text("service.version", version), text("pod", &pod), text("host.name", &node)];
        let of_shop = [text("service.version", version), text("telemetry.sdk.language", "rust")];
        let is_order = planted == Planted::Mix || random.random::<f64>() < 0.4;
        let rows = work.sample(&mut random)
            * 100.0
            * if planted == Planted::ManyRows && random.random::<f64>() < 0.33 { 20.0 } else { 1.0 };
        let mut of_root = vec![
            text("http.route", if is_order { "/order" } else { "/page" }),
            text("region", ["eu", "us", "ap"][region]),
            text("request.id", &format!("{:016x}", random.random::<u64>())),
            text("customer.id", &format!("c{}", (random.random::<f64>().powi(3) * 500.0) as u32)),
            text("cache.hit", if random.random::<f64>() < 0.3 { "true" } else { "false" }),
            text("http.status_code", if random.random::<f64>() < 0.02 { "500" } else { "200" }),
        ];
        if planted == Planted::MoreKeys {
            of_root.extend((0..20).map(|key| text(&format!("new.key{key}"), ["a", "b", "c"][request % 3])));
        }
        let int = |key, value| Tag { key, value: TagValue::Int(value) };
        let of_query = [
            int(builder.string(b"db.rows"), rows as i64),
            int(builder.string(b"order.number"), (seed % 1000 * 100_000) as i64 + request as i64),
            Tag { key: builder.string(b"db.cost"), value: TagValue::Float(work.sample(&mut random)) },
        ];
        let factor = if is_slow { 8.0 } else { 1.0 + load };
        let mut ms = |mean: f64| (mean * work.sample(&mut random) * factor * 1e6) as i64;
        let (own, cart, query) = (ms(3.0), ms(2.0), ms(2.0));
        let [shop, carts] = ["shop", "cart"].map(|service| builder.string(service.as_bytes()));
        let shop = builder.process(shop, &of_shop);
        let carts = builder.process(carts, &of_cart);
        let trace = builder.string(format!("t{seed}.{request}").as_bytes());
        let ids = ["r", "c", "q"].map(|id| builder.string(format!("{id}{request}").as_bytes()));
        let start = 1_700_000_000_000_000_000 + request as i64 * 50_000_000;
        let parent = |span| [Reference { kind: ReferenceKind::ChildOf, trace, span }];
        let names = [if is_order { "POST /order" } else { "GET /page" }, "GET /cart", "SELECT"];
        let names = names.map(|name| builder.string(name.as_bytes()));
        let has_cart = is_order || planted != Planted::Mix;
        let whole = own + if has_cart { cart + query } else { 0 };
        let root = NewSpan::new(trace, ids[0], names[0], shop).at(start, whole);
        builder.span(&NewSpan { kind: SpanKind::Server, ..root }, &[], &of_root);
        if is_order || request % 2 == 0 {
            let call = NewSpan::new(trace, ids[1], names[1], carts).at(start + own, cart + query);
            builder.span(&NewSpan { kind: SpanKind::Server, ..call }, &parent(ids[0]), &[]);
            let ask = NewSpan::new(trace, ids[2], names[2], carts).at(start + own + cart, query);
            builder.span(&NewSpan { kind: SpanKind::Client, ..ask }, &parent(ids[1]), &of_query);
        }
    }
    let mut notes = Notes::default();
    let traces = builder.finish(&mut notes);
    let source = Source {
        name: "made".to_owned(),
        format: "jaeger",
        why_recognised: String::new(),
        container: Container::Plain,
        bytes: 0,
        digest: None,
    };
    Capture { source, content: Content::Traces(traces), notes }
}

fn options() -> RequestOptions {
    RequestOptions { confidence: 0.95, thresholds: Thresholds::default() }
}

fn compared(planted: Planted, requests: usize, seed: u64) -> Findings {
    let before = capture(Planted::Nothing, requests, 2 * seed);
    let after = capture(planted, requests, 2 * seed + 1);
    compare_requests(&[before], &[after], &options())
}

fn pairs() -> u64 {
    std::env::var("REQUESTS").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

/// The upper end of the 95 % interval of a share, one-sided (Wilson, 1927).
fn upper(found: u64, of: u64) -> f64 {
    let (z, n) = (1.645f64, of as f64);
    let share = found as f64 / n;
    let middle = share + z * z / (2.0 * n);
    (middle + z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt()) / (1.0 + z * z / n)
}

fn text(row: &TagRow) -> String {
    format!("{}: {} {:.0} {:.0}", row.service, row.pairs.join(", "), row.before_pct, row.after_pct)
}

#[test]
fn where_nothing_changed_there_is_no_row() {
    let mut most = 0.0f64;
    for requests in [50, 200] {
        let (mut sets, mut slow) = (0, 0);
        for seed in 0..pairs() {
            let findings = compared(Planted::Nothing, requests, seed);
            sets += u64::from(!findings.tags.is_empty());
            let one = capture(Planted::Nothing, requests, 5000 + seed);
            let of_one = slow_requests(&[one], &options());
            slow += u64::from(!of_one.tags.is_empty());
            for row in findings.tags.iter().chain(&of_one.tags) {
                println!("{requests} {seed}: {} q {:.4}", text(row), row.q);
            }
        }
        println!(
            "{requests} requests: rows in {sets} of {0} pairs (at most {1:.1} %), in {slow} of {0} single sets",
            pairs(),
            100.0 * upper(sets, pairs())
        );
        most = most.max(upper(sets, pairs())).max(upper(slow, pairs()));
    }
    assert!(most <= 0.05, "{most}");
}

#[test]
fn the_pod_of_slow_requests_stands_first_with_its_host() {
    for seed in 0..10 {
        let findings = slow_requests(&[capture(Planted::SlowPod, 1000, 70 + seed)], &options());
        let row = &findings.tags[0];
        println!("{}", findings.tags.iter().map(text).collect::<Vec<_>>().join("\n"));
        assert_eq!(row.service, "cart");
        assert!(row.pairs.contains(&"pod=cart-7c9f8d5b6-x2kq9".to_owned()), "{row:?}");
        assert!(row.pairs[0].starts_with("host.name=node-") && row.pairs.len() == 2, "{row:?}");
        assert!(row.before_pct < 10.0 && row.after_pct > 50.0 && row.q < 1e-2, "{row:?}");
        assert_eq!(findings.tags.len(), 1, "{:?}", findings.tags);
    }
}

#[test]
fn a_deployment_is_one_row() {
    let findings = compared(Planted::Deployed, 300, 3);
    let [row] = &findings.tags[..] else { panic!("one row: {:#?}", findings.tags) };
    println!("{}", text(row));
    assert_eq!((row.service.as_str(), row.pairs[0].as_str()), ("shop", "service.version=1.5.0"));
    assert!(row.pairs.contains(&"cart: service.version=1.5.0".to_owned()), "{row:?}");
    assert!(row.pairs.contains(&"cart: pod=cart-5d8c7b6f4-* (3 values)".to_owned()), "{row:?}");
    assert_eq!((row.before_pct, row.after_pct), (0.0, 100.0));
}

#[test]
fn numbers_are_told_in_ranges() {
    let findings = compared(Planted::ManyRows, 400, 4);
    let [row] = &findings.tags[..] else { panic!("one row: {:#?}", findings.tags) };
    println!("{}", text(row));
    let pair = row.pairs[0].strip_prefix("db.rows ").expect("rows of queries");
    let (low, high) = pair.split_once("..").expect("a range");
    let [low, high] = [low, high].map(|number| number.parse::<f64>().expect("a number"));
    assert!(low > 200.0 && low < 900.0 && high > 1500.0, "{pair}");
    assert!(row.after_pct > row.before_pct + 10.0, "{row:?}");
}

#[test]
fn another_instrumentation_is_one_row() {
    let findings = compared(Planted::MoreKeys, 200, 5);
    let [row] = &findings.tags[..] else { panic!("one row: {:#?}", findings.tags) };
    println!("{}", text(row));
    assert_eq!((row.pairs.len(), row.before_pct, row.after_pct), (9, 0.0, 100.0));
    assert_eq!(row.pairs[8], "and 12 more");
}

#[test]
fn another_mix_of_requests_has_no_rows_of_tags() {
    let findings = compared(Planted::Mix, 300, 6);
    assert!(findings.tags.is_empty(), "{:#?}", findings.tags);
}

#[test]
fn the_sides_of_a_pair_mirror() {
    let [one, other] = [Planted::Nothing, Planted::ManyRows].map(|planted| capture(planted, 300, 9));
    let there = compare_requests(std::slice::from_ref(&one), std::slice::from_ref(&other), &options());
    let back = compare_requests(&[other], &[one], &options());
    assert!(!there.tags.is_empty() && !back.tags.is_empty());
    assert!(there.tags[0].after_pct > there.tags[0].before_pct);
    let same = compare_requests(
        &[capture(Planted::SlowPod, 300, 9)],
        &[capture(Planted::SlowPod, 300, 9)],
        &options(),
    );
    assert!(same.tags.is_empty(), "{:?}", same.tags);
}

#[test]
fn what_is_hidden_is_hidden_in_rows_of_tags() {
    let patterns = ["cart-[a-z0-9]+", "1\\.5\\.0", "^[0-9]{3,}$"];
    let patterns = patterns.map(|pattern| regex::bytes::Regex::new(pattern).expect("a pattern"));
    for planted in [Planted::Deployed, Planted::ManyRows] {
        let mut captures = [capture(Planted::Nothing, 300, 20), capture(planted, 300, 21)];
        let redaction = Redaction::new(&patterns, captures.iter(), &[]);
        captures.iter_mut().for_each(|capture| redaction.apply(capture));
        let [before, after] = captures;
        let findings = compare_requests(&[before], &[after], &options());
        let all = findings.tags.iter().map(text).collect::<Vec<_>>().join("\n");
        println!("{all}");
        assert!(!all.contains("cart-5d8c7b6f4") && !all.contains("1.5.0"), "{all}");
        if planted == Planted::Deployed {
            assert!(all.contains("service.version=redacted-"), "{all}");
        }
        let numbers = findings.tags.iter().flat_map(|row| &row.pairs);
        let numbers: Vec<&str> = numbers.filter_map(|pair| pair.strip_prefix("db.rows")).collect();
        assert!(
            numbers.iter().all(|range| range.split(|c: char| !c.is_ascii_digit()).all(|n| n.len() < 3)),
            "{numbers:?}"
        );
    }
}
