use super::*;
use crate::requests::set::Groups;
use crate::requests::{RequestOptions, compare_requests};
use crate::spans::PathOptions;
use crate::spans::request_testing::{Span, spans};
use analyzer_formats::{Capture, Container, Content, Notes, SpanKind, Traces};

fn capture(traces: Traces) -> Capture {
    let source = analyzer_formats::Source {
        name: String::new(),
        format: "jaeger",
        why_recognised: String::new(),
        container: Container::Plain,
        bytes: 0,
        digest: None,
    };
    Capture { source, content: Content::Traces(traces), notes: Notes::default() }
}

/// The waterfall of the first request; marked are the spans of a name.
fn drawn(of: &[Span<'_>], marked: &str) -> Waterfall {
    let captures = [capture(spans(of))];
    let (mut frames, mut groups) = (Frames::default(), Groups::default());
    let sources = Source::all(&captures, PathOptions::default(), &mut frames);
    let set = Set::new(&sources, &mut groups);
    let marked = (0u32..).zip(frames.iter()).find(|(_, frame)| frame.name == marked);
    let marked = marked.map_or(u32::MAX, |(number, _)| number);
    waterfall(Side { sources: &sources, set: &set }, &set.requests[0], &frames, marked)
}

/// Depth, operation, start, end and stretches, in nanoseconds.
type Row<'a> = (u32, &'a str, f64, f64, Vec<(f64, f64)>);

fn rows(waterfall: &Waterfall) -> Vec<Row<'_>> {
    let ns = |us: f64| (us * 1e3).round();
    let rows = waterfall.bars.iter().map(|bar| {
        let waited = bar.waited_us.iter().map(|&(from, to)| (ns(from), ns(to))).collect();
        let operation = bar.frame.split(": ").nth(1).unwrap_or_default();
        (bar.depth, operation, ns(bar.start_us), ns(bar.end_us), waited)
    });
    rows.collect()
}

#[test]
fn bars_are_spans_in_order_with_the_stretches_they_were_waited_for() {
    //  r 1000.................1100
    //    early 1010....1055
    //      leaf  1020..1030
    //    late                1060..1090     in the file before early
    let waterfall = drawn(
        &[
            Span::new("r", "", "shop", "buy", 1000, 1100),
            Span { error: true, ..Span::new("late", "r", "shop", "late", 1060, 1090) },
            Span::new("early", "r", "shop", "early", 1010, 1055),
            Span::new("leaf", "early", "cart", "leaf", 1020, 1030),
        ],
        "cart: leaf",
    );
    let expected = vec![
        (0, "buy", 0.0, 100.0, vec![(0.0, 10.0), (55.0, 60.0), (90.0, 100.0)]),
        (1, "early", 10.0, 55.0, vec![(10.0, 20.0), (30.0, 55.0)]),
        (2, "leaf", 20.0, 30.0, vec![(20.0, 30.0)]),
        (1, "late", 60.0, 90.0, vec![(60.0, 90.0)]),
    ];
    assert_eq!(rows(&waterfall), expected);
    let is = |of: fn(&Bar) -> bool| waterfall.bars.iter().map(of).collect::<Vec<bool>>();
    assert_eq!(is(|bar| bar.failed), [false, false, false, true]);
    assert_eq!(is(|bar| bar.marked), [false, false, true, false]);
    assert_eq!((waterfall.duration_us, waterfall.left_out, waterfall.trace_id.as_str()), (0.1, 0, "t"));
}

#[test]
fn a_loop_is_its_first_calls_and_one_figure() {
    let ids: Vec<String> = (0..40).map(|at| format!("c{at}")).collect();
    let mut loops = vec![Span::new("r", "", "shop", "buy", 0, 1000)];
    loops.extend((0i64..).zip(&ids).map(|(at, id)| {
        // Number 11 alone takes as long as twelve others.
        let end = 10 * at + if at < 11 { 10 } else { 120 };
        let start = if at <= 11 { 10 * at } else { 10 * at + 110 };
        Span::new(id, "r", "shop", "item", start, end)
    }));
    let waterfall = drawn(&loops, "shop: item");
    let names: Vec<(f64, f64)> =
        rows(&waterfall).iter().skip(1).map(|&(_, _, start, end, _)| (start, end)).collect();
    assert_eq!(names, [(0.0, 10.0), (10.0, 20.0), (20.0, 30.0), (110.0, 230.0)], "the long one is a bar");
    let more = waterfall.bars[3].more.expect("the third tells of the others");
    assert_eq!((more.count, more.start_us, more.end_us), (36, 0.03, 0.51));
    // 8 of 10 ns before the long one, 28 after it.
    assert!((more.waited_us - 0.36).abs() < 1e-9, "{more:?}");
    assert_eq!(waterfall.left_out, 36);
    // Five calls are no loop.
    assert_eq!(drawn(&loops[..6], "").bars.len(), 6);
}

#[test]
fn of_many_spans_those_that_matter_are_bars() {
    // 300 operations in a row: number 200 takes long, 250 is to be shown, 260 failed, all below a span of their own.
    let ids: Vec<[String; 3]> =
        (0..300).map(|at| ["p", "c", "n"].map(|kind| format!("{kind}{at}"))).collect();
    let mut list = vec![Span::new("r", "", "shop", "buy", 0, 100_000)];
    for (at, [parent, child, name]) in (0i64..).zip(&ids) {
        let start = at * 100;
        let end = if at == 299 { 99_000 } else { start + 100 - at % 7 };
        list.push(Span::new(parent, "r", "shop", parent, start, end));
        let length = match at {
            200 => 93,
            250 | 260 => 1,
            299 => 50_000,
            _ => 40,
        };
        list.push(Span { error: at == 260, ..Span::new(child, parent, "cart", name, start, start + length) });
    }
    let waterfall = drawn(&list, "cart: n250");
    let frames: Vec<&str> = waterfall.bars.iter().map(|bar| bar.frame.as_str()).collect();
    assert_eq!(frames.len(), 60, "{frames:?}");
    assert_eq!(waterfall.left_out, 601 - 60);
    assert!(
        waterfall.bars.iter().any(|bar| bar.marked && bar.end_us - bar.start_us < 0.002),
        "as short as it is"
    );
    assert!(waterfall.bars.iter().any(|bar| bar.failed));
    assert!(waterfall.bars.iter().any(|bar| bar.end_us - bar.start_us > 49.0 && bar.depth == 2));
    let mut depths = Vec::new();
    for bar in &waterfall.bars {
        depths.truncate(bar.depth as usize);
        assert_eq!(depths.len(), bar.depth as usize, "no bar without those above it");
        depths.push(bar.depth);
    }
}

#[test]
fn very_deep_and_very_wide_requests_are_drawn() {
    let ids: Vec<String> = (0..200_000).map(|at| at.to_string()).collect();
    let deep: Vec<Span<'_>> = (0i64..)
        .zip(&ids)
        .map(|(at, id)| {
            let parent = if at == 0 { "" } else { ids[at as usize - 1].as_str() };
            Span::new(id, parent, "shop", "down", at, 1_000_000 - at)
        })
        .collect();
    let waterfall = drawn(&deep, "");
    assert!(waterfall.bars.len() <= MOST_BARS && waterfall.bars[0].depth == 0);
    let leaf = waterfall.bars.last().expect("bars");
    assert_eq!((leaf.depth, leaf.waited_us.len()), (199_999, 1), "what takes most is there");
    assert_eq!(waterfall.left_out, 200_000 - waterfall.bars.len() as u64);
    let wide: Vec<Span<'_>> = (0i64..)
        .zip(&ids)
        .map(|(at, id)| {
            let (parent, end) = if at == 0 { ("", 1_000_000) } else { ("0", 5 * at + 4) };
            Span::new(id, parent, "shop", if at % 2 == 0 { "even" } else { "odd" }, 5 * at, end)
        })
        .collect();
    let waterfall = drawn(&wide, "shop: odd");
    assert_eq!(waterfall.bars.len(), 7, "the root, three of each");
    assert_eq!(waterfall.bars[0].waited_us.len(), MOST_STRETCHES);
    assert!(waterfall.bars[0].waited_us.is_sorted_by(|one, other| one.1 <= other.0));
    let more: u64 = waterfall.bars.iter().filter_map(|bar| bar.more).map(|more| more.count).sum();
    assert_eq!((more, waterfall.left_out), (199_993, 199_993));
}

/// Requests of two groups, that of `buy` with a call of so long.
fn side(calls: impl Fn(i64) -> i64) -> Capture {
    let ids: Vec<String> = (0..100).map(|at| format!("t{at:02}")).collect();
    let mut list = Vec::new();
    for (at, trace) in (0i64..).zip(&ids) {
        let start = at * 1_000_000_000;
        let length = calls(at);
        let of = |span| Span { trace, ..span };
        if at % 2 == 0 {
            list.push(of(Span::new("r", "", "shop", "buy", start, start + 1_000_000 + length)));
            let kind = SpanKind::Internal;
            list.push(of(Span { kind, ..Span::new("c", "r", "shop", "pay", start, start + length) }));
        } else {
            list.push(of(Span::new("r", "", "shop", "look", start, start + 700_000_000)));
        }
    }
    capture(spans(&list))
}

#[test]
fn exemplars_are_a_request_with_the_change_and_a_usual_one_of_its_group() {
    // Requests 0, 2, .. 98 buy; their calls take 1, 1.1, .. ms before and ten times that after.
    let before = [side(|at| 1_000_000 + 50_000 * at)];
    let after = [side(|at| 10_000_000 + 500_000 * at)];
    let findings = compare_requests(&before, &after, &RequestOptions::default());
    assert_eq!(findings.shown().expect("it grew").frame, "shop: pay");
    let [Some(one), Some(other)] = &findings.exemplars else { panic!("two requests") };
    // Of 50 calls the 45th, which is that of request 88; of 50 requests the 25th, which is number 48.
    assert_eq!((one.trace_id.as_str(), other.trace_id.as_str()), ("t48", "t88"));
    assert!(other.bars.iter().any(|bar| bar.marked && bar.frame == "shop: pay"));
    // The other way round the same two kinds of requests, mirrored.
    let mirrored = compare_requests(&after, &before, &RequestOptions::default());
    let [Some(one), Some(other)] = &mirrored.exemplars else { panic!("two requests") };
    assert_eq!((one.trace_id.as_str(), other.trace_id.as_str()), ("t88", "t48"));
    // Where nothing is different nothing is shown.
    assert!(
        compare_requests(&before, &before, &RequestOptions::default()).exemplars.iter().all(Option::is_none)
    );
}
