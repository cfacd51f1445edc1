//! Clocks that differ: spans that stand outside the span that waits for them, and where they belong.
//!
//! The rule is that of Jaeger's backend (`cmd/query/app/querysvc/adjuster/clockskew.go`, before that
//! `model/adjuster/clockskew.go`). A span is compared with its parent where the two have different clocks:
//!
//! | the span | is moved |
//! |---|---|
//! | lies inside its parent | nowhere |
//! | is not longer, and sticks out | to the middle of its parent: request and answer took equally long |
//! | is longer, and starts before its parent | to the start of its parent |
//! | is longer, and starts later | nowhere: the parent gave up on it |
//!
//! A span with the clock of its parent moves with it, wherever it lies. Parents are moved before their children.
//!
//! Three things differ from Jaeger's. Spans that nobody waits for are not compared: they may lie anywhere. Where the
//! host of a span is not known, its process stands for it; Jaeger takes any two such spans for strangers, even those of
//! one process. And a span may stick out a little, for threads are late on one machine, too.

use super::children::is_async;
use analyzer_formats::{Capture, Content, NoteKind, Process, TagValue, Traces};

/// Attributes of a process that name the machine, and so its clock; what two processes both have is compared.
const HOST: [&[u8]; 8] = [
    b"k8s.node.name",
    b"host.id",
    b"host.name",
    // Clients of Jaeger.
    b"hostname",
    b"host.ip",
    b"ip",
    // Zipkin's endpoints.
    b"ipv4",
    b"ipv6",
];
/// A span may stick out by so much, where its parent is long,
const WITHIN_NS: i64 = 100_000;
/// and by this part of its parent where that is less.
const WITHIN_PART: i64 = 20;
const SHIFTED: &str = "span was moved, for its clock differs from that of the span that waits for it";

/// How much the clocks in a capture differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// Spans whose clock differs from that of their parent, by where they lie.
    pub skewed: u64,
    /// Spans that are moved: those, and the spans below them that share their clock.
    pub shifted: u64,
    /// Traces with such spans.
    pub traces: u64,
    /// The furthest that a span is moved, either way, in nanoseconds.
    pub largest_ns: u64,
}

/// How much the clocks in these traces differ.
#[must_use]
pub fn skew(traces: &Traces) -> Skew {
    measure(traces).0
}

/// Moves spans to where they belong; says how many and how far. What is moved stays where it is the next time.
pub fn fix_skew(traces: &mut Traces) -> Skew {
    let (skew, starts) = measure(traces);
    traces.spans.start_ns = starts;
    skew
}

/// The same for a capture, with a note `span_shifted`; `None` for a profile, which has no spans.
pub fn fix_skew_of(capture: &mut Capture) -> Option<Skew> {
    let Content::Traces(traces) = &mut capture.content else { return None };
    let skew = fix_skew(traces);
    capture.notes.count("span_shifted", NoteKind::Caveat, SHIFTED, skew.shifted);
    Some(skew)
}

/// How much clocks differ, and the start of every span as its parent's clock would have it.
fn measure(traces: &Traces) -> (Skew, Vec<i64>) {
    let spans = &traces.spans;
    let clocks = Clocks::of(traces);
    let mut skew = Skew::default();
    let mut starts = spans.start_ns.clone();
    let mut done = vec![false; spans.len()];
    let mut below = Vec::new();
    for first in 0..spans.len() {
        // Climb to a span that is done, then come down: parents first, every span once.
        let mut at = Some(first);
        while let Some(span) = at.filter(|&span| !done[span]) {
            done[span] = true;
            below.push(span);
            at = spans.parent[span].map(|parent| parent.index());
        }
        while let Some(span) = below.pop() {
            let Some(parent) = spans.parent[span].map(|parent| parent.index()) else { continue };
            let shift_ns = if clocks.are_one(spans.process[span].index(), spans.process[parent].index()) {
                i128::from(starts[parent]) - i128::from(spans.start_ns[parent])
            } else if is_async(spans, analyzer_formats::SpanId::new(span)) {
                0
            } else {
                let waits = Stretch::new(starts[parent], spans.duration_ns[parent]);
                let shift_ns = Stretch::new(spans.start_ns[span], spans.duration_ns[span])
                    .shift_into(waits, slack_ns(spans.duration_ns[parent], traces.tick_ns));
                skew.skewed += u64::from(shift_ns != 0);
                shift_ns
            };
            starts[span] = within_i64(i128::from(starts[span]) + shift_ns);
        }
    }
    for trace in &traces.traces {
        let shifts = trace.spans.clone().map(|span| starts[span].abs_diff(spans.start_ns[span]));
        let (shifted, largest_ns) = shifts
            .filter(|&shift_ns| shift_ns > 0)
            .fold((0, 0), |(count, largest): (u64, u64), shift_ns| (count + 1, largest.max(shift_ns)));
        skew.shifted += shifted;
        skew.traces += u64::from(shifted > 0);
        skew.largest_ns = skew.largest_ns.max(largest_ns);
    }
    (skew, starts)
}

/// By how much a span may stick out of its parent.
fn slack_ns(parent_ns: i64, tick_ns: i64) -> i128 {
    i128::from(WITHIN_NS.min(parent_ns / WITHIN_PART).max(tick_ns))
}

/// A stretch of time in nanoseconds, wide enough for any start and length.
#[derive(Clone, Copy)]
struct Stretch {
    start: i128,
    length: i128,
}

impl Stretch {
    fn new(start_ns: i64, duration_ns: i64) -> Stretch {
        Stretch { start: start_ns.into(), length: duration_ns.into() }
    }

    fn end(self) -> i128 {
        self.start + self.length
    }

    /// How far this has to be moved to lie in the stretch of its parent.
    fn shift_into(self, parent: Stretch, slack: i128) -> i128 {
        let is_early = self.start + slack < parent.start;
        if self.length > parent.length {
            return if is_early { parent.start - self.start } else { 0 };
        }
        if !is_early && self.end() <= parent.end() + slack {
            return 0;
        }
        parent.start + (parent.length - self.length) / 2 - self.start
    }
}

fn within_i64(number: i128) -> i64 {
    let clamped = number.clamp(i64::MIN.into(), i64::MAX.into());
    i64::try_from(clamped).unwrap_or_default()
}

/// What is known of the machine of each process.
struct Clocks {
    hosts: Vec<[Option<TagValue>; HOST.len()]>,
}

impl Clocks {
    fn of(traces: &Traces) -> Clocks {
        Clocks { hosts: traces.processes.iter().map(|process| host(traces, process)).collect() }
    }

    /// Whether two processes have one clock: they name the same machine, or are one where they do not say.
    fn are_one(&self, a: usize, b: usize) -> bool {
        a == b
            || self.hosts[a]
                .iter()
                .zip(&self.hosts[b])
                .find_map(|(a, b)| Some((*a)? == (*b)?))
                .unwrap_or(false)
    }
}

/// The values of the attributes that name a machine; empty ones name none.
fn host(traces: &Traces, process: &Process) -> [Option<TagValue>; HOST.len()] {
    let tags = &traces.tag_lists[process.tags.clone()];
    HOST.map(|key| {
        let tags = tags.iter().map(|tag| &traces.tags[tag.index()]);
        let mut named = tags.filter(|tag| traces.strings.get(tag.key) == key).map(|tag| tag.value);
        named.find(|value| !matches!(value, TagValue::Text(text) if traces.strings.get(*text).is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_formats::{NewSpan, Notes, Reference, ReferenceKind, SpanKind, Tag, TracesBuilder};
    use proptest::prelude::*;

    const US: i64 = 1000;

    /// A span for a test: its parent as a place in the list (none for itself), host, start and duration in microseconds.
    #[derive(Clone, Copy, Debug)]
    struct Host<'a> {
        parent: usize,
        host: &'a str,
        start: i64,
        duration: i64,
        follows: bool,
        kind: SpanKind,
    }

    fn on<'a>(host: &'a str, parent: usize, start: i64, duration: i64) -> Host<'a> {
        Host { parent, host, start, duration, follows: false, kind: SpanKind::Unspecified }
    }

    /// One trace of these spans; each host is a process of one service. No host is a process that names none.
    fn traces(key: &str, spans: &[Host<'_>]) -> Traces {
        let mut builder = TracesBuilder::new(US);
        let (trace, service) = (builder.string(b"t"), builder.string(b"s"));
        let key = builder.string(key.as_bytes());
        for (at, span) in spans.iter().enumerate() {
            let value = TagValue::Text(builder.string(span.host.as_bytes()));
            let process = builder.process(service, &[Tag { key, value }]);
            let [id, parent] = [at, span.parent].map(|at| builder.string(format!("{at}").as_bytes()));
            let kind = if span.follows { ReferenceKind::FollowsFrom } else { ReferenceKind::ChildOf };
            let reference = Reference { kind, trace, span: parent };
            let references: &[Reference] = if span.parent == at { &[] } else { &[reference] };
            let new =
                NewSpan::new(trace, id, id, process).at(span.start * US, span.duration.saturating_mul(US));
            builder.span(&NewSpan { kind: span.kind, ..new }, references, &[]);
        }
        builder.finish(&mut Notes::default())
    }

    /// The starts in microseconds after all spans were moved.
    fn fixed(spans: &[Host<'_>]) -> (Vec<i64>, Skew) {
        let mut traces = traces("host.name", spans);
        let found = skew(&traces);
        let moved = fix_skew(&mut traces);
        assert_eq!(found, moved, "what is found is what is moved");
        assert_eq!(skew(&traces), Skew::default(), "what was moved lies where it belongs");
        (traces.spans.start_ns.iter().map(|start| start / US).collect(), moved)
    }

    #[test]
    fn a_span_that_sticks_out_is_put_in_the_middle_of_its_parent() {
        // Parent 10..110: latency is (100 - 50) / 2.
        let root = on("a", 0, 10, 100);
        let (starts, skew) = fixed(&[root, on("b", 0, 0, 50)]);
        assert_eq!(starts, [10, 35]);
        assert_eq!(skew, Skew { skewed: 1, shifted: 1, traces: 1, largest_ns: 35_000 });
        // It ends after its parent: (100 - 70) / 2. What shares its clock moves with it.
        let (starts, skew) = fixed(&[root, on("b", 0, 50, 70), on("b", 1, 60, 20)]);
        assert_eq!(starts, [10, 25, 35]);
        assert_eq!(skew, Skew { skewed: 1, shifted: 2, traces: 1, largest_ns: 25_000 });
    }

    #[test]
    fn what_lies_inside_or_has_the_clock_of_its_parent_stays() {
        let root = on("a", 0, 10, 100);
        for child in [on("a", 0, 10, 50), on("a", 0, 0, 50), on("b", 0, 20, 50), on("b", 0, 10, 100)] {
            let (starts, skew) = fixed(&[root, child]);
            assert_eq!((starts[1], skew), (child.start, Skew::default()), "{child:?}");
        }
    }

    #[test]
    fn a_longer_span_starts_no_earlier_than_its_parent() {
        let root = on("a", 0, 10, 100);
        assert_eq!(fixed(&[root, on("b", 0, 20, 150)]).0, [10, 20], "the parent gave up");
        assert_eq!(fixed(&[root, on("b", 0, 0, 150)]).0, [10, 10]);
    }

    #[test]
    fn a_shift_reaches_what_shares_the_clock_and_no_further() {
        // b's clock is 500 ahead. c below it is compared with b as moved, and a below c has the clock of nobody above it.
        let spans = [
            on("a", 0, 0, 100),
            on("b", 0, 520, 60),
            on("b", 1, 530, 20),
            on("c", 1, 25, 30),
            on("b", 2, 535, 5),
            on("a", 3, 26, 2),
        ];
        // Middle of 0..100 for 60: 20, which is 500 earlier.
        assert_eq!(fixed(&spans).0, [0, 20, 30, 25, 35, 26]);
        // The order in which spans stand does not matter.
        let place = |at: usize| spans.len() - 1 - at;
        let mut turned: Vec<Host<'_>> =
            spans.iter().map(|span| Host { parent: place(span.parent), ..*span }).collect();
        turned.reverse();
        assert_eq!(fixed(&turned).0, [26, 35, 25, 30, 20, 0]);
    }

    #[test]
    fn what_nobody_waits_for_may_lie_anywhere() {
        let root = on("a", 0, 0, 100);
        let follows = Host { follows: true, ..on("b", 0, 500, 10) };
        let sends = Host { kind: SpanKind::Producer, ..on("a", 0, 10, 10) };
        let takes = Host { kind: SpanKind::Consumer, ..on("b", 1, 700, 10) };
        assert_eq!(fixed(&[root, follows]).0, [0, 500]);
        assert_eq!(fixed(&[root, sends, takes]).0, [0, 10, 700]);
        // But it moves with what it shares the clock with.
        let below = Host { follows: true, ..on("b", 1, 900, 10) };
        assert_eq!(fixed(&[root, on("b", 0, 520, 60), below]).0, [0, 20, 400]);
    }

    #[test]
    fn a_little_is_no_skew() {
        // A twentieth of a short parent, 100 us of a long one.
        for (duration, within, beyond) in [(100i64, 5, 6), (1000, 50, 51), (1_000_000, 100, 101)] {
            let child = |late: i64| on("b", 0, 10 + late, duration - 10);
            assert_eq!(fixed(&[on("a", 0, 0, duration), child(within)]).1.shifted, 0, "{duration}");
            assert_eq!(fixed(&[on("a", 0, 0, duration), child(beyond)]).1.shifted, 1, "{duration}");
        }
    }

    #[test]
    fn machines_are_known_by_their_names_and_else_by_their_processes() {
        let spans = [on("a", 0, 10, 100), on("b", 0, 0, 50)];
        for key in ["k8s.node.name", "host.id", "hostname", "ip", "ipv4", "pid"] {
            // `pid` names no machine: processes that differ have clocks that differ.
            assert_eq!(skew(&traces(key, &spans)).shifted, 1, "{key}");
        }
        let same = [on("a", 0, 10, 100), on("a", 0, 0, 50)];
        assert_eq!(skew(&traces("pid", &same)).shifted, 0, "one process");
        // Two services of one machine.
        let mut builder = TracesBuilder::new(US);
        let trace = builder.string(b"t");
        let key = builder.string(b"host.id");
        let value = TagValue::Text(builder.string(b"machine"));
        let [a, b] = [&b"a"[..], b"b"].map(|service| {
            let service = builder.string(service);
            builder.process(service, &[Tag { key, value }])
        });
        let [first, second] = [&b"1"[..], b"2"].map(|id| builder.string(id));
        builder.span(&NewSpan::new(trace, first, first, a).at(10 * US, 100 * US), &[], &[]);
        let parent = Reference { kind: ReferenceKind::ChildOf, trace, span: first };
        builder.span(&NewSpan::new(trace, second, second, b).at(0, 50 * US), &[parent], &[]);
        assert_eq!(skew(&builder.finish(&mut Notes::default())), Skew::default());
    }

    #[test]
    fn times_at_the_limits_are_moved_without_a_wrap() {
        let far = i64::MAX / US;
        for spans in [
            [on("a", 0, -far, 10), on("b", 0, far, 5)],
            [on("a", 0, far, far), on("b", 0, -far, 5)],
            [on("a", 0, -far, 1), on("b", 0, far, far)],
        ] {
            let mut traces = traces("host.name", &spans);
            fix_skew(&mut traces);
        }
        // A start at 0 of a span that lost its time.
        assert_eq!(
            fixed(&[on("a", 0, 1_700_000_000_000_000, 100), on("b", 0, 0, 50)]).0[1],
            1_700_000_000_000_025
        );
    }

    #[test]
    fn a_chain_of_200_000_spans_is_moved() {
        let hosts = ["a", "b"];
        let count = 200_000;
        let chain: Vec<Host<'_>> = (0..count)
            .map(|at| on(hosts[at % 2], at.saturating_sub(1), (at % 2) as i64 * 10_000_000, 1_000_000))
            .collect();
        let (starts, skew) = fixed(&chain);
        assert!(starts.iter().all(|&start| start == 0));
        assert_eq!((skew.skewed, skew.shifted, skew.traces), (count as u64 / 2, count as u64 / 2, 1));
    }

    #[test]
    fn captures_are_noted() {
        let json = br#"{"data":[{"traceID":"1","spans":[
            {"traceID":"1","spanID":"a","operationName":"a","startTime":1000,"duration":900,"processID":"p1"},
            {"traceID":"1","spanID":"b","operationName":"b","startTime":0,"duration":100,"processID":"p2",
             "references":[{"refType":"CHILD_OF","traceID":"1","spanID":"a"}]}],
            "processes":{"p1":{"serviceName":"x"},"p2":{"serviceName":"y"}}}]}"#;
        let mut capture = analyzer_formats::read_bytes("t", json, &Default::default()).unwrap();
        assert_eq!(fix_skew_of(&mut capture).unwrap().largest_ns, 1_400_000);
        let note = capture.notes.get("span_shifted").unwrap();
        assert_eq!((note.count, note.kind), (1, NoteKind::Caveat));
        let mut profile = analyzer_formats::read_bytes("p", b"main 1\n", &Default::default()).unwrap();
        assert_eq!(fix_skew_of(&mut profile), None);
        assert!(profile.notes.is_empty());
    }

    proptest! {
        #[test]
        fn durations_parents_and_whole_processes_stay(
            spans in prop::collection::vec((0usize..40, 0usize..3, -200i64..400, 0i64..300, 0u8..8), 1..40),
        ) {
            const HOSTS: [&str; 3] = ["a", "b", "c"];
            let spans: Vec<Host<'_>> = spans.iter().enumerate().map(|(at, &(parent, host, start, duration, odd))| {
                let parent = if at == 0 { 0 } else { parent % at };
                Host { follows: odd == 0, ..on(HOSTS[host], parent, start, duration) }
            }).collect();
            let before = traces("host.name", &spans);
            let mut after = before.clone();
            fix_skew(&mut after);
            prop_assert_eq!(&before.spans.duration_ns, &after.spans.duration_ns);
            prop_assert_eq!(skew(&after), Skew::default());
            for (at, span) in spans.iter().enumerate() {
                let shift = |at: usize| after.spans.start_ns[at] - before.spans.start_ns[at];
                if span.host == spans[span.parent].host {
                    prop_assert_eq!(shift(at), if at == 0 { 0 } else { shift(span.parent) });
                }
            }
        }
    }
}
