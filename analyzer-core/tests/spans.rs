//! What spans say about time, in small cases: the classes of CRISP's test cases and those of Jaeger's UI, computed by hand.
//! `spans_captures.rs` has the files themselves.

#![allow(clippy::unwrap_used)]

use analyzer_core::spans::{Children, CriticalPath, PathOptions, self_times};
use analyzer_formats::{NewSpan, Notes, Reference, ReferenceKind, SpanId, SpanKind, Traces, TracesBuilder};

const US: i64 = 1000;

/// One trace of spans written as `name<parent from..to`, a root as `name from..to`; `~` instead of `<` for one that follows
/// from its parent. Times in microseconds.
fn trace(spans: &str) -> Traces {
    let mut builder = TracesBuilder::new(US);
    let service = builder.string(b"shop");
    let process = builder.process(service, &[]);
    let trace = builder.string(b"t");
    for span in spans.split(", ") {
        let (names, times) = span.split_once(' ').unwrap();
        let (start, end) = times.split_once("..").unwrap();
        let [start, end]: [i64; 2] = [start, end].map(|time| time.parse::<i64>().unwrap() * US);
        let mut parts = names.split(['<', '~']);
        let id = builder.string(parts.next().unwrap().as_bytes());
        let kind = if names.contains('~') { ReferenceKind::FollowsFrom } else { ReferenceKind::ChildOf };
        let parent = parts.next().map(|parent| builder.string(parent.as_bytes()));
        let references = parent.map(|span| Reference { kind, trace, span });
        let new = NewSpan::new(trace, id, id, process).at(start, end - start);
        builder.span(&NewSpan { kind: SpanKind::Internal, ..new }, references.as_slice(), &[]);
    }
    builder.finish(&mut Notes::default())
}

/// The time on the critical path of every span that has any, in microseconds.
fn path_within(spans: &str, tolerance_ns: Option<i64>) -> String {
    let traces = trace(spans);
    let times = CriticalPath::with(&traces, Children::of(&traces), PathOptions { tolerance_ns }).times();
    shown(&traces, &times)
}

fn path(spans: &str) -> String {
    path_within(spans, None)
}

fn own(spans: &str) -> String {
    let traces = trace(spans);
    shown(&traces, &self_times(&traces))
}

fn shown(traces: &Traces, times: &[i64]) -> String {
    let named = times.iter().enumerate().filter(|(_, time)| **time != 0);
    let named = named.map(|(at, time)| format!("{} {}", traces.strings.text(traces.spans.id[at]), time / US));
    named.collect::<Vec<_>>().join(", ")
}

/// The segments of the first span, from the last to the first, as `name from..to`.
fn segments(spans: &str) -> String {
    let traces = trace(spans);
    let mut segments = Vec::new();
    CriticalPath::new(&traces).segments(SpanId::new(0), |segment| segments.push(segment));
    segments.sort_by_key(|segment| -segment.start_ns);
    let name = |span: SpanId| traces.strings.text(traces.spans.id[span.index()]).into_owned();
    let named = segments
        .iter()
        .map(|segment| format!("{} {}..{}", name(segment.span), segment.start_ns / US, segment.end_ns / US));
    named.collect::<Vec<_>>().join(", ")
}

#[test]
fn classes_of_crisp() {
    let cases = [
        ("a span alone", "shop 0..80", "shop 80"),
        ("a child inside", "shop 0..80, pay<shop 15..55", "shop 40, pay 40"),
        ("a child that covers its parent", "shop 0..80, pay<shop 0..80", "pay 80"),
        ("children of children", "shop 0..80, pay<shop 15..55, card<pay 20..45", "shop 40, pay 15, card 25"),
        (
            "calls in a row",
            "shop 0..80, a<shop 5..20, b<shop 30..42, c<shop 50..75",
            "shop 28, a 15, b 12, c 25",
        ),
        (
            "a child that ends after its parent",
            "shop 0..80, pay<shop 12..95, card<pay 30..44",
            "shop 12, pay 54, card 14",
        ),
        (
            "a grandchild that does",
            "shop 0..80, pay<shop 12..60, card<pay 25..95",
            "shop 32, pay 13, card 35",
        ),
        (
            "a child behind its parent, with its own",
            "shop 0..80, pay<shop 90..130, card<pay 95..120, b<shop 40..70",
            "shop 50, b 30",
        ),
        (
            "parallel children",
            "shop 0..80, pay<shop 5..60, a<pay 15..40, b<pay 22..45",
            "shop 25, pay 32, b 23",
        ),
        (
            "one that overlaps the last two",
            "shop 0..80, a<shop 5..25, b<shop 20..45, c<shop 40..62",
            "shop 38, a 20, c 22",
        ),
        (
            "calls in a row with parallel ones",
            "shop 0..90, a<shop 5..15, b<shop 12..30, c<shop 26..40, d<shop 60..85, e<d 65..80",
            "shop 41, a 10, c 14, d 10, e 15",
        ),
        (
            "rows of rows",
            "shop 0..200, a<shop 10..90, b<a 20..35, c<a 40..60, d<a 70..90, e<shop 110..200, f<e 120..150, g<e 160..200",
            "shop 30, a 25, b 15, c 20, d 20, e 20, f 30, g 40",
        ),
    ];
    for (class, spans, expected) in cases {
        assert_eq!(path(spans), expected, "{class}");
        let traces = trace(spans);
        assert_eq!(
            CriticalPath::new(&traces).times().iter().sum::<i64>(),
            traces.spans.duration_ns[0],
            "{class}"
        );
    }
}

#[test]
fn siblings_may_overlap_by_the_tolerance_and_time_counts_once() {
    let spans = "shop 0..300, a<shop 10..104, b<shop 100..202, c<shop 199..280";
    // b ends 3 after c starts, a ends 4 after b does.
    assert_eq!(path_within(spans, Some(0)), "shop 125, a 94, c 81");
    assert_eq!(path_within(spans, Some(3 * US)), "shop 120, b 99, c 81");
    assert_eq!(path_within(spans, Some(4 * US)), "shop 30, a 90, b 99, c 81");
    assert_eq!(path_within(spans, Some(-5)), path_within(spans, Some(0)));
    // By default a clock that ticks in microseconds is exact.
    assert_eq!(path(spans), path_within(spans, Some(0)));
}

/// `TracePage/CriticalPath/testCases` of Jaeger's UI.
#[test]
fn cases_of_jaeger_ui() {
    for (case, spans, expected) in [
        (1, "c 0..90, d<c 15..35, e<c 50..58", "c 58..90, e 50..58, c 35..50, d 15..35, c 0..15"),
        (2, "x 0..90, a<x 10..45, c<x 25..66", "x 66..90, c 25..66, x 0..25"),
        (3, "a 0..40, b<a 100..400", "a 0..40"),
        (4, "a 0..30, b<a 45..90, c<b 50..60", "a 0..30"),
        (5, "a 0..30, b~a 5..25", "a 0..30"),
        (6, "a 0..50, b<a 20..60, c<b 12..41", "b 41..50, c 20..41, a 0..20"),
        (7, "a 0..50, b<a 20..60, c<b 33..70", "c 33..50, b 20..33, a 0..20"),
        (8, "a 10..50, b<a 4..66", "b 10..50"),
        (9, "a 10..50, b<a 1..6", "a 10..50"),
    ] {
        assert_eq!(segments(spans), expected, "case {case}");
    }
}

/// `TraceStatistics/tableValues.test.js` of Jaeger's UI.
#[test]
fn self_times_of_jaeger_ui() {
    for (case, spans, expected) in [
        (
            "children inside one another",
            "a 0..100, b<a 20..60, c<a 25..50, d<a 30..35",
            "a 60, b 40, c 25, d 5",
        ),
        (
            "two groups of them",
            "a 0..100, b<a 20..40, c<a 22..35, d<a 50..70, e<a 50..70",
            "a 60, b 20, c 13, d 20, e 20",
        ),
        (
            "groups and single ones",
            "a 0..100, b<a 20..40, c<a 22..35, d<a 50..70, e<a 80..85, f<a 90..99",
            "a 46, b 20, c 13, d 20, e 5, f 9",
        ),
        ("a child that begins inside and ends behind", "a 0..80, b<a 10..60, c<a 65..95", "a 15, b 50, c 30"),
        (
            "longer ones behind their parent",
            "a 0..40, b<a 15..24, c<a 90..400, d<a 200..260",
            "a 31, b 9, c 310, d 60",
        ),
        ("one inside, one behind", "a 0..40, b<a 10..22, c<a 300..420", "a 28, b 12, c 120"),
        ("a longer one that begins inside", "a 0..40, b<a 4..60, c<a 6..14", "a 4, b 56, c 8"),
        ("a single one behind", "a 0..40, b<a 100..400", "a 40, b 300"),
        ("three, two of which overlap", "a 0..40, b<a 5..15, c<a 11..20, d<a 19..38", "a 7, b 10, c 9, d 19"),
        ("two that begin with their parent", "a 0..40, b<a 0..900, c<a 0..12", "b 900, c 12"),
        ("two that touch", "a 0..40, b<a 10..20, c<a 20..30", "a 20, b 10, c 10"),
    ] {
        assert_eq!(own(spans), expected, "{case}");
    }
}
