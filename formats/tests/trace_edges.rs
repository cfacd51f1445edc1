//! Spans at the edges, the same in every JSON format: parents that are elsewhere, themselves or each other, ids that occur
//! twice, times that are zero, negative or do not fit, and shapes of 100,000 spans.

#![allow(clippy::unwrap_used)]

use analyzer_formats::{Content, Link, Notes, ReadOptions, Traces, read_bytes};

/// A span to be written in any format. Ids are small numbers, 0 is no parent; times are microseconds.
#[derive(Clone, Copy)]
struct Span {
    trace: u32,
    id: u32,
    parent: u32,
    service: &'static str,
    start: i64,
    duration: i64,
}

fn span(id: u32, parent: u32, start: i64, duration: i64) -> Span {
    Span { trace: 1, id, parent, service: "shop", start, duration }
}

const FORMATS: [&str; 5] = ["jaeger", "jaeger-storage", "otlp", "zipkin", "otel-console"];

/// The spans in a format, each in a piece of its own: those of a trace may stand anywhere in a file.
fn write(format: &str, spans: &[Span]) -> String {
    let pieces: Vec<String> = spans.iter().map(|span| piece(format, span)).collect();
    match format {
        "jaeger" => format!(r#"{{"data":[{}]}}"#, pieces.join(",")),
        "otlp" => format!(r#"{{"resourceSpans":[{}]}}"#, pieces.join(",")),
        "zipkin" => format!("[{}]", pieces.join(",")),
        _ => pieces.join("\n"),
    }
}

fn piece(format: &str, span: &Span) -> String {
    let Span { service, start, duration, .. } = *span;
    let [trace, id, parent] = [span.trace, span.id, span.parent].map(|id| format!("{id:016x}"));
    let of_jaeger = |rest: &str| {
        let references = match span.parent {
            0 => String::new(),
            _ => format!(r#"{{"refType":"CHILD_OF","traceID":"{trace}","spanID":"{parent}"}}"#),
        };
        format!(
            r#"{{"traceID":"{trace}","spanID":"{id}","operationName":"op","references":[{references}],"startTime":{start},"duration":{duration},{rest}}}"#
        )
    };
    match format {
        // Every trace calls its only process p1.
        "jaeger" => format!(
            r#"{{"traceID":"{trace}","spans":[{}],"processes":{{"p1":{{"serviceName":"{service}"}}}}}}"#,
            of_jaeger(r#""processID":"p1""#)
        ),
        "jaeger-storage" => {
            of_jaeger(&format!(r#""startTimeMillis":1,"process":{{"serviceName":"{service}"}}"#))
        }
        "otlp" => format!(
            r#"{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{trace:0>32}","spanId":"{id}","parentSpanId":"{}","name":"op","startTimeUnixNano":"{}","endTimeUnixNano":"{}"}}]}}]}}"#,
            if span.parent == 0 { "" } else { &parent },
            nanoseconds(start),
            nanoseconds(start) + nanoseconds(duration),
        ),
        "zipkin" => {
            let parent = if span.parent == 0 { String::new() } else { format!(r#""parentId":"{parent}","#) };
            format!(
                r#"{{"traceId":"{trace}","id":"{id}",{parent}"name":"op","timestamp":{start},"duration":{duration},"localEndpoint":{{"serviceName":"{service}"}}}}"#
            )
        }
        _ => format!(
            r#"{{"name":"op","context":{{"trace_id":"0x{trace:0>32}","span_id":"0x{id}"}},"kind":"SpanKind.INTERNAL","parent_id":{},"start_time":{},"end_time":{},"attributes":{{}},"resource":{{"attributes":{{"service.name":"{service}"}}}}}}"#,
            if span.parent == 0 { "null".to_owned() } else { format!("\"0x{parent}\"") },
            nanoseconds(start),
            nanoseconds(start) + nanoseconds(duration),
        ),
    }
}

fn nanoseconds(microseconds: i64) -> i128 {
    i128::from(microseconds) * 1000
}

fn read(format: &'static str, spans: &[Span]) -> (Traces, Notes) {
    let text = write(format, spans);
    let options = ReadOptions { from: Some(format), ..ReadOptions::default() };
    let capture =
        read_bytes("test", text.as_bytes(), &options).unwrap_or_else(|error| panic!("{format}: {error}"));
    let met = capture.records_used() + capture.notes.samples_left_out();
    assert_eq!((met, capture.notes.records()), (spans.len() as u64, spans.len() as u64), "{format}");
    let Content::Traces(traces) = capture.content else { panic!("{format}: traces") };
    (traces, capture.notes)
}

fn parents(traces: &Traces) -> Vec<Option<usize>> {
    traces.spans.parent.iter().map(|parent| parent.map(|id| id.index())).collect()
}

fn codes(notes: &Notes) -> Vec<(&str, u64)> {
    notes.iter().map(|note| (note.code, note.count)).collect()
}

fn services(traces: &Traces) -> Vec<String> {
    let service = |&process: &analyzer_formats::ProcessId| {
        traces.strings.text(traces.processes[process.index()].service).into_owned()
    };
    traces.spans.process.iter().map(service).collect()
}

#[test]
fn a_parent_in_another_trace_is_none() {
    let spans = [Span { trace: 2, ..span(1, 0, 0, 9) }, span(2, 1, 1, 2), span(3, 2, 1, 1)];
    for format in FORMATS {
        let (traces, notes) = read(format, &spans);
        assert_eq!(parents(&traces), [None, None, Some(1)], "{format}");
        assert_eq!(traces.spans.link, [Link::Root, Link::Orphan, Link::ChildOf], "{format}");
        assert_eq!(codes(&notes), [("parent_missing", 1)], "{format}");
    }
}

#[test]
fn spans_that_are_their_own_parents_are_roots() {
    for format in FORMATS {
        let (traces, notes) = read(format, &[span(1, 1, 0, 9), span(2, 1, 1, 2)]);
        assert_eq!(
            (parents(&traces), codes(&notes)),
            (vec![None, Some(0)], vec![("parent_self", 1)]),
            "{format}"
        );
        assert_eq!(traces.spans.link[0], Link::Root, "{format}");
    }
}

#[test]
fn every_cycle_is_cut_once() {
    // 1 -> 2 -> 3 -> 1 with 4 hanging on it, and 5 -> 6 -> 5; the earliest of each is the root.
    let spans = [
        span(1, 3, 30, 1),
        span(2, 1, 10, 1),
        span(3, 2, 20, 1),
        span(4, 1, 0, 1),
        span(5, 6, 7, 1),
        span(6, 5, 7, 1),
    ];
    for format in FORMATS {
        let (traces, notes) = read(format, &spans);
        assert_eq!(parents(&traces), [Some(2), None, Some(1), Some(0), None, Some(4)], "{format}");
        assert_eq!(codes(&notes), [("parent_cycle", 2)], "{format}");
    }
}

#[test]
fn a_long_cycle_is_cut() {
    let count = 100_000;
    let spans: Vec<Span> = (1..=count).map(|id| span(id, id % count + 1, i64::from(id), 1)).collect();
    let (traces, notes) = read("jaeger-storage", &spans);
    assert_eq!(traces.spans.parent.iter().filter(|parent| parent.is_none()).count(), 1);
    assert_eq!((parents(&traces)[0], codes(&notes)), (None, vec![("parent_cycle", 1)]));
}

#[test]
fn equal_spans_count_once_and_others_of_the_same_id_are_kept() {
    let spans = [span(1, 0, 0, 9), span(2, 1, 1, 2), span(1, 0, 0, 9), span(2, 1, 1, 3), span(3, 2, 1, 1)];
    for format in FORMATS {
        let (traces, notes) = read(format, &spans);
        // Of two that have the wanted id the first is the parent.
        assert_eq!(parents(&traces), [None, Some(0), Some(0), Some(1)], "{format}");
        assert_eq!(codes(&notes), [("span_duplicate", 1)], "{format}");
        // The same id in another trace is another span.
        let (traces, notes) = read(format, &[span(1, 0, 0, 9), Span { trace: 2, ..span(1, 0, 0, 9) }]);
        assert_eq!((traces.spans.len(), notes.is_empty()), (2, true), "{format}");
    }
}

#[test]
fn lengths_of_zero_and_below_are_zero() {
    for format in FORMATS {
        let (traces, notes) = read(format, &[span(1, 0, 5, 0), span(2, 1, 5, -3)]);
        assert_eq!(
            (traces.spans.duration_ns, codes(&notes)),
            (vec![0, 0], vec![("duration_negative", 1)]),
            "{format}"
        );
    }
}

#[test]
fn starts_before_the_epoch_are_times() {
    for format in FORMATS {
        let (traces, notes) = read(format, &[span(1, 0, -7, 9), span(2, 1, 0, 2)]);
        assert_eq!((traces.spans.start_ns, notes.is_empty()), (vec![-7000, 0], true), "{format}");
    }
}

#[test]
fn times_that_do_not_fit_cost_their_span() {
    let last = i64::MAX / 1000;
    for (start, duration) in [
        // A start or length beyond 64 bits, and an end beyond them.
        (last + 1, 1),
        (1, last + 1),
        (last, last),
        (i64::MAX, i64::MAX),
        (i64::MIN, 1),
    ] {
        for format in FORMATS {
            let (traces, notes) =
                read(format, &[span(1, 0, 0, 9), span(2, 1, start, duration), span(3, 1, 1, 1)]);
            let named = codes(&notes);
            assert_eq!(
                (traces.spans.len(), named.as_slice()),
                (2, &[("span_time_range", 1)][..]),
                "{format}: {start} {duration}"
            );
        }
    }
    // The last that fit.
    for format in FORMATS {
        let (traces, notes) =
            read(format, &[span(1, 0, last, 0), span(2, 0, -last, 1), span(3, 0, 1, last - 1)]);
        assert!(notes.is_empty(), "{format}: {notes:?}");
        assert_eq!(traces.spans.start_ns, [last * 1000, -last * 1000, 1000], "{format}");
    }
}

#[test]
fn a_trace_may_be_spread_over_a_file() {
    let spans: Vec<Span> = (1..=60)
        .map(|id| Span { trace: id % 3 + 1, ..span(id, id.saturating_sub(3), i64::from(id), 1) })
        .collect();
    for format in FORMATS {
        let (traces, notes) = read(format, &spans);
        assert!(notes.is_empty(), "{format}: {notes:?}");
        let sizes: Vec<usize> = traces.traces.iter().map(|trace| trace.spans.len()).collect();
        assert_eq!(sizes, [20; 3], "{format}");
        for trace in &traces.traces {
            // A chain in the order of the file.
            let expected: Vec<Option<usize>> = trace
                .spans
                .clone()
                .map(|at| at.checked_sub(1).filter(|&above| above >= trace.spans.start))
                .collect();
            assert_eq!(parents(&traces)[trace.spans.clone()], expected, "{format}");
        }
    }
}

#[test]
fn services_are_those_of_the_trace() {
    let spans = [
        Span { service: "cart", ..span(1, 0, 0, 9) },
        Span { service: "pay", trace: 2, ..span(2, 0, 0, 9) },
        Span { service: "cart", trace: 3, ..span(3, 0, 0, 9) },
    ];
    for format in FORMATS {
        let (traces, _) = read(format, &spans);
        assert_eq!(services(&traces), ["cart", "pay", "cart"], "{format}");
        assert_eq!(traces.processes.len(), 2, "{format}: equal processes are one");
    }
}

#[test]
fn a_span_without_a_process_is_of_no_known_service() {
    let text = write("jaeger", &[span(1, 0, 0, 9), span(2, 1, 1, 2), span(3, 1, 1, 2)]);
    let second = text.match_indices(r#","processID":"p1""#).nth(1).unwrap();
    let mut without = text.clone();
    without.replace_range(second.0..second.0 + second.1.len(), "");
    let capture = read_bytes("test", without.as_bytes(), &ReadOptions::default()).unwrap();
    let Content::Traces(traces) = &capture.content else { panic!("traces") };
    assert_eq!(services(traces), ["shop", "[unknown]", "shop"]);
    assert_eq!(codes(&capture.notes), [("process_missing", 1)]);
    assert_eq!(parents(traces), [None, Some(0), Some(0)]);
}

#[test]
fn chains_and_fans_of_100_000_spans_are_read() {
    let count: usize = 100_000;
    for format in FORMATS {
        let chain: Vec<Span> = (1..=count as u32).rev().map(|id| span(id, id - 1, 0, 9)).collect();
        let (traces, notes) = read(format, &chain);
        assert!(notes.is_empty(), "{format}");
        // The children stand before their parents.
        let expected: Vec<Option<usize>> = (1..=count).map(|at| Some(at).filter(|&at| at < count)).collect();
        assert!(parents(&traces) == expected, "{format}");
        let fan: Vec<Span> = (1..=count as u32).map(|id| span(id, u32::from(id > 1), 0, 9)).collect();
        let (traces, notes) = read(format, &fan);
        assert!(notes.is_empty(), "{format}");
        assert_eq!(
            traces.spans.parent.iter().flatten().filter(|parent| parent.index() == 0).count(),
            count - 1,
            "{format}"
        );
    }
}
