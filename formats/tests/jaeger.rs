//! Jaeger documents, small and inline: shapes, fields, flaws and cuts.

#![allow(clippy::unwrap_used)]

use analyzer_formats::{
    Content, Link, NoteKind, Notes, ReadErrorKind, ReadOptions, SpanId, SpanKind, TagValue, Tags, Traces,
    read_bytes,
};

fn read_as(json: &str, options: &ReadOptions) -> Result<(Traces, Notes), ReadErrorKind> {
    let capture = read_bytes("test", json.as_bytes(), options).map_err(|error| error.kind)?;
    let Content::Traces(traces) = capture.content else { panic!("traces") };
    Ok((traces, capture.notes))
}

fn read(json: &str) -> (Traces, Notes) {
    read_as(json, &ReadOptions { from: Some("jaeger"), ..ReadOptions::default() }).unwrap()
}

/// A document with one trace of these spans, whose processes are p1 = shop and p2 = cart.
fn document(spans: &str) -> String {
    let processes = r#"{"p1":{"serviceName":"shop","tags":[]},"p2":{"serviceName":"cart"}}"#;
    format!(r#"{{"data":[{{"traceID":"t","spans":[{spans}],"processes":{processes}}}],"total":0}}"#)
}

fn span(id: &str, parent: &str, rest: &str) -> String {
    let reference = match parent {
        "" => String::new(),
        parent => format!(r#"{{"refType":"CHILD_OF","traceID":"t","spanID":"{parent}"}}"#),
    };
    format!(
        r#"{{"traceID":"t","spanID":"{id}","operationName":"op {id}","references":[{reference}],"startTime":1000,"duration":50,"processID":"p1"{rest}}}"#
    )
}

fn text(traces: &Traces, id: analyzer_formats::StringId) -> String {
    traces.strings.text(id).into_owned()
}

fn parents(traces: &Traces) -> Vec<Option<usize>> {
    traces.spans.parent.iter().map(|parent| parent.map(|id| id.index())).collect()
}

fn codes(notes: &Notes) -> Vec<(&str, u64)> {
    notes.iter().map(|note| (note.code, note.count)).collect()
}

#[test]
fn a_document_is_read() {
    let spans = [
        span("a", "", r#","tags":[{"key":"span.kind","type":"string","value":"server"}]"#),
        r#"{"traceID":"t","spanID":"b","operationName":"op b","references":[{"refType":"CHILD_OF","traceID":"t",
            "spanID":"a"}],"startTime":1010,"duration":20,"tags":[{"key":"error","type":"bool","value":true}],
            "logs":[{"timestamp":1,"fields":[{"key":"]}","value":"{["}]}],"processID":"p2","warnings":null}"#
            .to_owned(),
    ];
    let (traces, notes) = read(&document(&spans.join(",")));
    assert!(notes.is_empty());
    assert_eq!((traces.traces.len(), traces.spans.len(), traces.tick_ns), (1, 2, 1000));
    assert_eq!(traces.spans.start_ns, [1_000_000, 1_010_000]);
    assert_eq!(traces.spans.duration_ns, [50_000, 20_000]);
    assert_eq!(parents(&traces), [None, Some(0)]);
    assert_eq!(traces.spans.link, [Link::Root, Link::ChildOf]);
    assert_eq!(traces.spans.kind, [SpanKind::Server, SpanKind::Unspecified]);
    assert_eq!(traces.spans.error, [false, true]);
    let service = |at: usize| text(&traces, traces.processes[traces.spans.process[at].index()].service);
    assert_eq!((service(0), service(1)), ("shop".to_owned(), "cart".to_owned()));
    assert_eq!(text(&traces, traces.spans.operation[1]), "op b");
    assert_eq!(text(&traces, traces.traces[0].id), "t");
}

#[test]
fn every_shape_gives_the_same_spans() {
    let trace = format!(
        r#"{{"processes":{{"p1":{{"serviceName":"shop"}}}},"spans":[{}],"traceID":"t"}}"#,
        span("a", "", "")
    );
    for json in [
        format!(r#"{{"data":[{trace}]}}"#),
        format!(r#"{{"data":{trace},"total":1}}"#),
        format!("[{trace}]"),
        trace.clone(),
        format!("\n{{ \"data\" : [ {trace} ] }}\n{{\"data\":[]}}\n"),
    ] {
        let (traces, notes) = read_as(&json, &ReadOptions::default()).unwrap();
        assert_eq!((traces.spans.len(), notes.is_empty()), (1, true), "{json}");
    }
}

#[test]
fn a_process_id_belongs_to_its_trace() {
    let trace = |id: &str, service: &str| {
        format!(
            r#"{{"traceID":"{id}","spans":[{{"traceID":"{id}","spanID":"a","operationName":"o","startTime":0,
            "duration":1,"processID":"p1"}}],"processes":{{"p1":{{"serviceName":"{service}"}}}}}}"#
        )
    };
    let (traces, _) = read(&format!(r#"{{"data":[{},{}]}}"#, trace("1", "shop"), trace("2", "cart")));
    let services: Vec<String> =
        traces.processes.iter().map(|process| text(&traces, process.service)).collect();
    assert_eq!(services, ["shop", "cart"]);
}

#[test]
fn numbers_may_be_text_and_tags_keep_their_type() {
    let tags = r#"[{"key":"a","type":"int64","value":"9223372036854775222"},{"key":"b","type":"float64","value":72},
        {"key":"c","type":"bool","value":"true"},{"key":"d","type":"string","value":"12"},{"key":"e","value":null},
        {"key":"f","value":{"x":[1]}},{"key":"g","value":1.5},{"key":"h","value":7},{"key":"i\u0041","value":"\n"}]"#;
    let json = document(&format!(
        r#"{{"spanID":"a","operationName":"o","startTime":"1700000000000001","duration":"5","processID":"p1","tags":{tags}}}"#
    ));
    let (traces, notes) = read(&json);
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(traces.spans.start_ns, [1_700_000_000_000_001_000]);
    let show = |value: TagValue| match value {
        TagValue::Text(id) => text(&traces, id),
        value => format!("{value:?}"),
    };
    let values: Vec<String> = traces.tags.iter().map(|tag| show(tag.value)).collect();
    let expected = [
        "Int(9223372036854775222)",
        "Float(72.0)",
        "Bool(true)",
        "12",
        "null",
        r#"{"x":[1]}"#,
        "Float(1.5)",
        "Int(7)",
        "\n",
    ];
    assert_eq!(values, expected);
    assert_eq!(text(&traces, traces.tags[8].key), "iA");
}

#[test]
fn errors_are_seen_in_every_spelling() {
    for (tag, error) in [
        (r#"{"key":"error","type":"bool","value":true}"#, true),
        (r#"{"key":"error","type":"bool","value":"true"}"#, true),
        (r#"{"value":"ERROR","type":"string","key":"otel.status_code"}"#, true),
        (r#"{"key":"otel.status_code","type":"string","value":"OK"}"#, false),
        (r#"{"key":"error","type":"bool","value":false}"#, false),
        (r#"{"key":"error","type":"string","value":"False"}"#, false),
        (r#"{"key":"error","type":"string","value":""}"#, false),
        (r#"{"key":"error","type":"int64","value":0}"#, false),
        // What went wrong, in the place of whether anything did.
        (r#"{"key":"error","type":"string","value":"context deadline exceeded"}"#, true),
        (r#"{"key":"error","type":"int64","value":14}"#, true),
    ] {
        let (traces, _) = read(&document(&span("a", "", &format!(r#","tags":[{tag}]"#))));
        assert_eq!(traces.spans.error, [error], "{tag}");
    }
}

#[test]
fn parents_are_found_by_rule() {
    let with = |id: &str, fields: &str| {
        format!(
            r#"{{"traceID":"t","spanID":"{id}","operationName":"o","startTime":0,"duration":1,"processID":"p1",{fields}}}"#
        )
    };
    let refs = |list: &[(&str, &str, &str)]| {
        let list: Vec<String> = list
            .iter()
            .map(|(kind, trace, span)| {
                format!(r#"{{"refType":"{kind}","traceID":"{trace}","spanID":"{span}"}}"#)
            })
            .collect();
        format!(r#""references":[{}]"#, list.join(","))
    };
    let spans = [
        with("r", r#""parentSpanID":"0000000000000000""#),
        with("b", &refs(&[("CHILD_OF", "x", "gone"), ("CHILD_OF", "t", "r"), ("FOLLOWS_FROM", "t", "c")])),
        with("c", &refs(&[("FOLLOWS_FROM", "t", "b"), ("CHILD_OF", "t", "r")])),
        with("d", &refs(&[("FOLLOWS_FROM", "t", "b")])),
        with("e", r#""references":[],"parentSpanID":"d""#),
        with("f", &refs(&[("CHILD_OF", "t", "gone")])),
        with("g", &refs(&[("FOLLOWS_FROM", "x", "r")])),
        with("h", &refs(&[("CHILD_OF", "t", "h")])),
    ];
    let (traces, notes) = read(&document(&spans.join(",")));
    assert_eq!(parents(&traces), [None, Some(0), Some(0), Some(1), Some(3), None, None, None]);
    use Link::{ChildOf, FollowsFrom, Orphan, Root};
    assert_eq!(traces.spans.link, [Root, ChildOf, ChildOf, FollowsFrom, ChildOf, Orphan, Root, Root]);
    assert_eq!(codes(&notes), [("parent_missing", 1), ("parent_self", 1)]);
}

#[test]
fn cycles_are_cut_at_the_earliest_span() {
    let timed = |id: &str, parent: &str, start: u32| {
        span(id, parent, "").replace("\"startTime\":1000", &format!("\"startTime\":{start}"))
    };
    let spans = [timed("a", "c", 30), timed("b", "a", 10), timed("c", "b", 20), timed("d", "a", 5)];
    let (traces, notes) = read(&document(&spans.join(",")));
    assert_eq!(parents(&traces), [Some(2), None, Some(1), Some(0)]);
    assert_eq!(codes(&notes), [("parent_cycle", 1)]);
}

#[test]
fn equal_spans_are_left_out_once_and_different_ones_kept() {
    let other = span("a", "", r#","tags":[{"key":"x","value":1}]"#);
    let spans = [span("a", "", ""), span("b", "a", ""), span("a", "", ""), other.clone(), other];
    let (traces, notes) = read(&document(&spans.join(",")));
    assert_eq!(traces.spans.len(), 3);
    assert_eq!(codes(&notes), [("span_duplicate", 2)]);
    assert_eq!(notes.samples_left_out(), 2);
}

#[test]
fn a_trace_in_two_pieces_is_one_trace() {
    let json = format!(
        r#"[{0},{1},{2}]"#,
        r#"{"traceID":"t","spans":[{"spanID":"b","startTime":1,"duration":1,"operationName":"o","processID":"p","references":[{"refType":"CHILD_OF","traceID":"t","spanID":"a"}]}],"processes":{"p":{"serviceName":"x"}}}"#,
        r#"{"traceID":"u","spans":[{"spanID":"a","startTime":1,"duration":1,"operationName":"o","processID":"p"}],"processes":{"p":{"serviceName":"x"}}}"#,
        r#"{"traceID":"t","spans":[{"spanID":"a","startTime":0,"duration":9,"operationName":"o","processID":"p"}],"processes":{"p":{"serviceName":"x"}}}"#
    );
    let (traces, notes) = read(&json);
    assert!(notes.is_empty());
    assert_eq!(traces.traces.iter().map(|trace| trace.spans.clone()).collect::<Vec<_>>(), [0..2, 2..3]);
    assert_eq!(parents(&traces), [Some(1), None, None]);
}

#[test]
fn flaws_cost_one_span_and_are_counted() {
    for (flawed, code) in [
        (span("b", "a", "").replace("1000", "[1]"), "span_wrong_type"),
        (span("b", "a", "").replace("\"duration\":50", "\"duration\":\"x\""), "span_wrong_type"),
        (span("b", "a", r#","tags":{"k":1}"#), "span_wrong_type"),
        (span("b", "a", r#","spanID":"c""#), "span_repeated_key"),
        (span("b", "a", "").replace("1000", "9223372036854775807"), "span_time_range"),
        (span("b", "a", "").replace("\"duration\":50,", ""), "span_incomplete"),
        ("7".to_owned(), "span_not_object"),
    ] {
        let json = document(&format!("{},{flawed},{}", span("a", "", ""), span("c", "a", "")));
        let (traces, notes) = read(&json);
        assert_eq!((traces.spans.len(), codes(&notes)), (2, vec![(code, 1)]), "{flawed}");
        assert_eq!(notes.samples_left_out(), 1);
        let byte = notes.get(code).unwrap().first[0].byte as usize;
        assert!((json.find(&flawed).unwrap()..).contains(&byte));
    }
}

#[test]
fn caveats_keep_their_span() {
    let spans = [
        span("a", "", "").replace("\"p1\"", "\"p9\""),
        span("b", "a", "").replace("\"duration\":50", "\"duration\":-50"),
        span("c", "a", r#","tags":[7]"#),
        span("d", "a", "").replace("\"operationName\":\"op d\",", ""),
        span("e", "a", r#","process":{"serviceName":"own"}"#),
    ];
    let (traces, notes) = read(&document(&spans.join(",")));
    assert_eq!(traces.spans.len(), 5);
    assert_eq!(notes.samples_left_out(), 0);
    assert_eq!(
        codes(&notes),
        [("tag_unreadable", 1), ("process_missing", 1), ("operation_missing", 1), ("duration_negative", 1)]
    );
    let service = |at: usize| text(&traces, traces.processes[traces.spans.process[at].index()].service);
    assert_eq!((service(0), service(4)), ("[unknown]".to_owned(), "own".to_owned()));
    assert_eq!(traces.spans.duration_ns[1], 0);
}

#[test]
fn what_stands_in_the_place_of_spans_is_named() {
    let whole = document(&span("a", "", ""));
    for (other, code, kind) in [
        (r#"{"data":7}"#, "data_unread", NoteKind::Damaged),
        (r#"{"data":"[]"}"#, "data_unread", NoteKind::Damaged),
        (r#"{"data":[{"traceID":"u","spans":"x"}]}"#, "spans_unread", NoteKind::Damaged),
        (r#"{"data":{"spans":{"spanID":"b"}}}"#, "spans_unread", NoteKind::Damaged),
        (r#"{"spans":5}"#, "spans_unread", NoteKind::Damaged),
        (r#"{"data":{"traceID":"u"}}"#, "trace_without_spans", NoteKind::Caveat),
        (r#"{"data":{"x":1}}"#, "trace_unknown", NoteKind::Caveat),
        (r#"{"data":[[1]]}"#, "trace_unknown", NoteKind::Caveat),
        (r#"{"data":[{"traceID":"u","spans":[],"processes":[]}]}"#, "trace_wrong_type", NoteKind::Caveat),
        (
            r#"{"data":[{"traceID":"u","spans":[],"processes":{"p1":"shop"}}]}"#,
            "trace_wrong_type",
            NoteKind::Caveat,
        ),
        (r#"{"data":[{"traceID":"u","spans":[null]}]}"#, "span_not_object", NoteKind::LeftOut),
        (r#"{"metrics":[]}"#, "document_other", NoteKind::Caveat),
        ("{}", "document_other", NoteKind::Caveat),
    ] {
        let json = format!("{whole}\n{other}");
        let (traces, notes) = read(&json);
        assert_eq!((traces.spans.len(), codes(&notes)), (1, vec![(code, 1)]), "{other}");
        let note = notes.get(code).unwrap();
        assert_eq!((note.kind, note.first[0].line), (kind, Some(2)), "{other}");
    }
    let unlinked =
        span("b", "", "").replace(r#""references":[]"#, r#""references":[{"refType":"CHILD_OF"}]"#);
    let (traces, notes) = read(&document(&unlinked));
    assert_eq!((traces.spans.len(), codes(&notes)), (1, vec![("reference_without_span", 1)]));
    let (_, notes) = read(r#"{"data":[{"traceID":"u","spans":"x"}]}"#);
    assert_eq!(codes(&notes), [("spans_unread", 1)], "the search was not empty");
}

#[test]
fn nesting_has_a_limit_and_no_stack() {
    let deep = "[".repeat(100_000);
    for json in [
        format!(r#"{{"data":{deep}"#),
        document(&span(
            "a",
            "",
            &format!(r#","tags":[{{"key":"x","value":{deep}{}}}]"#, "]".repeat(100_000)),
        )),
    ] {
        let error = read_as(&json, &ReadOptions::default()).unwrap_err();
        let ReadErrorKind::Malformed { at, .. } = &error else { panic!("{error}") };
        let start = json.find("[[[[").unwrap() as u64;
        assert!((start..=start + 130).contains(&at.byte), "{error}");
    }
}

#[test]
fn a_chain_of_200_000_spans_is_legal() {
    let spans: Vec<String> = (0..200_000)
        .map(|at| {
            let parent = if at == 0 { String::new() } else { format!("{:x}", at - 1) };
            span(&format!("{at:x}"), &parent, "")
        })
        .collect();
    let (traces, notes) = read(&document(&spans.join(",")));
    assert!(notes.is_empty());
    assert_eq!(parents(&traces)[199_999], Some(199_998));
}

#[test]
fn a_cut_document_gives_what_is_whole() {
    let first = document(&[span("a", "", ""), span("b", "a", "")].join(","));
    // The processes of the second trace come before its spans, those of the third after them.
    let second = format!(
        r#"{{"processes":{{"p1":{{"serviceName":"shop"}}}},"traceID":"t2","spans":[{},{}]}}"#,
        span("c", "", "").replace("\"t\"", "\"t2\""),
        span("d", "c", "").replace("\"t\"", "\"t2\"")
    );
    let third = second.replace("t2", "t3").replace("\"processes\":{\"p1\":{\"serviceName\":\"shop\"}},", "");
    let third = third.replace("]}", r#"],"processes":{"p1":{"serviceName":"shop"}}}"#);
    let json = first.replace("}],\"total\":0}", &format!("}},{second},{third}],\"total\":0}}"));
    let ends: Vec<usize> =
        json.match_indices(r#""processID":"p1"}"#).map(|(at, found)| at + found.len()).collect();
    assert_eq!(ends.len(), 6);
    for cut in 0..json.len() {
        let whole = ends.iter().filter(|&&end| end <= cut).count() as u64;
        let outcome = read_as(&json[..cut], &ReadOptions { from: Some("jaeger"), ..ReadOptions::default() });
        match outcome {
            Ok((traces, notes)) => {
                assert_eq!(traces.spans.len() as u64 + notes.samples_left_out(), whole, "cut at {cut}");
                assert_eq!(notes.get("json_cut").unwrap().first[0].byte, cut as u64);
            }
            Err(error) => {
                assert!(whole <= 2, "cut at {cut}: {error}");
                assert!(error.to_string().contains("byte") || cut == 0, "{error}");
            }
        }
    }
}

#[test]
fn damage_inside_a_trace_costs_no_other_trace() {
    let trace = |id: &str| {
        let span = |n: &str| span(n, "", "").replace("\"t\"", &format!("\"{id}\""));
        let spans = [span("a"), span("b"), span("c")].join(",");
        format!(r#"{{"traceID":"{id}","spans":[{spans}],"processes":{{"p1":{{"serviceName":"shop"}}}}}}"#)
    };
    let whole = format!(r#"{{"data":[{},{},{}]}}"#, trace("t1"), trace("t2"), trace("t3"));
    let second = whole.find(r#"{"traceID":"t2","spans""#).unwrap();
    for (at, kept) in [
        // In the second span: the processes that the first one needs come after it.
        (second + whole[second..].find("op b").unwrap() + 5, 6),
        // In the id of the trace, and in place of the comma before it.
        (second + 9, 6),
        (second - 1, 9),
    ] {
        let mut json = whole.clone().into_bytes();
        json[at] = b'#';
        let read = |chunk_bytes: usize| {
            let options = ReadOptions { chunk_bytes, ..ReadOptions::default() };
            read_as(std::str::from_utf8(&json).unwrap(), &options).unwrap()
        };
        let (traces, notes) = read(usize::MAX);
        assert_eq!(traces.spans.len(), kept, "{at}: {notes:?}");
        let note = notes.get("trace_broken").unwrap();
        assert_eq!((note.count, note.kind), (1, NoteKind::Damaged), "{at}");
        assert!(note.first[0].byte as usize >= at);
        assert_eq!(notes.records(), traces.spans.len() as u64 + notes.samples_left_out());
        for chunk_bytes in [1, 70, 300, 700, 1500] {
            assert_eq!(
                format!("{:?}", read(chunk_bytes)),
                format!("{:?}", (&traces, &notes)),
                "{chunk_bytes}"
            );
        }
    }
}

#[test]
fn tags_are_those_that_stand_there_however_often() {
    // More tags than are remembered, in lists that agree for a while and then do not.
    let value = |at: usize, n: usize| if n == 1 { at } else { at / 7 % 3 };
    let spans: Vec<String> = (0..2000)
        .map(|at| {
            let tag = |n: usize| format!(r#"{{"key":"k{n}","type":"int64","value":{}}}"#, value(at, n));
            let tags: Vec<String> = (0..2 + at % 5).map(tag).collect();
            span(&at.to_string(), "", &format!(r#","tags":[{}]"#, tags.join(",")))
        })
        .collect();
    let (traces, notes) = read(&document(&spans.join(",")));
    assert!(notes.is_empty());
    for at in 0..2000 {
        let tags: Vec<(String, TagValue)> =
            traces.tags_of(SpanId::new(at)).map(|tag| (text(&traces, tag.key), tag.value)).collect();
        let expected: Vec<(String, TagValue)> =
            (0..2 + at % 5).map(|n| (format!("k{n}"), TagValue::Int(value(at, n) as i64))).collect();
        assert_eq!(tags, expected, "span {at}");
    }
}

#[test]
fn tags_that_are_not_needed_are_left_out_of_spans() {
    let tags = r#","tags":[{"key":"hair","type":"string","value":"red"},{"key":"error","type":"bool","value":true},
        {"key":"db.statement","type":"string","value":"SELECT 1"},{"key":"hair","type":"string","value":"red"}]"#;
    let json = document(&[span("a", "", tags), span("b", "a", tags)].join(","))
        .replace(r#""tags":[]"#, r#""tags":[{"key":"hair","type":"string","value":"red"}]"#);
    let (traces, notes) =
        read_as(&json, &ReadOptions { tags: Tags::Needed, ..ReadOptions::default() }).unwrap();
    assert!(notes.is_empty());
    for span in [0, 1] {
        let keys: Vec<String> = traces.tags_of(SpanId::new(span)).map(|tag| text(&traces, tag.key)).collect();
        assert_eq!(keys, ["error", "db.statement"]);
    }
    assert_eq!(traces.spans.error, [true, true]);
    assert_eq!(traces.processes[0].tags.len(), 1);
}

#[test]
fn threads_and_windows_do_not_matter() {
    let traces: Vec<String> = (0..300)
        .map(|at| {
            let id = format!("t{}", at % 250);
            let spans: Vec<String> = (0..at % 9)
                .map(|n| {
                    // Some spans hold what splitting looks for.
                    let tag = if at % 7 == 0 { r#"{"spans":[{"spanID":"x"}]}"# } else { r#""\"spans\":[""# };
                    let parent = if n == 0 { "" } else { "0" };
                    let flaw = if n == 4 { r#","spanID":"again""# } else { "" };
                    span(&format!("{n}"), parent, &format!(r#","tags":[{{"key":"k","value":{tag}}}]{flaw}"#))
                        .replace("\"t\"", &format!("\"{id}\""))
                        .replace("op 1", &format!("op {at}"))
                })
                .collect();
            let processes = format!(r#""processes":{{"p1":{{"serviceName":"s{}"}}}}"#, at % 3);
            let spans = format!(r#""spans":[{}]"#, spans.join(","));
            match at % 3 {
                0 => format!(r#"{{"traceID":"{id}",{spans},{processes}}}"#),
                1 => format!(r#"{{{processes}, {spans}, "traceID":"{id}"}}"#),
                _ => format!("{{\n{processes},\n \"traceID\" : \"{id}\",{spans} }}"),
            }
        })
        .collect();
    let json = format!(r#"{{"data":[{}],"errors":null}}"#, traces.join(" , "));
    let cut = &json[..json.len() * 2 / 3];
    for json in [json.as_str(), cut] {
        let read = |chunk_bytes: usize, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let options = ReadOptions { chunk_bytes, ..ReadOptions::default() };
            pool.install(|| format!("{:?}", read_as(json, &options).unwrap()))
        };
        let expected = read(usize::MAX, 1);
        for chunk_bytes in [1, 100, 999, 1500, 3000, 5000, 20_000, 1 << 20] {
            for threads in [1, 3] {
                assert!(read(chunk_bytes, threads) == expected, "{chunk_bytes} bytes, {threads} threads");
            }
        }
    }
}

#[test]
fn other_json_is_named_or_refused() {
    let otlp = r#"{"resourceSpans":[{"resource":{},"scopeSpans":[]}]}"#;
    let protobuf = r#"{"spans":[{"traceId":"AAE=","spanId":"AAI="}]}"#;
    let error = read_as(protobuf, &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, ReadErrorKind::Unsupported { .. }), "{error}");
    let from = ReadOptions { from: Some("jaeger"), ..ReadOptions::default() };
    for json in [otlp, "{}", "[1,2]", "[[1]]", "[{\"a\":1}]"] {
        let error = read_as(json, &from).unwrap_err();
        assert!(matches!(error, ReadErrorKind::Malformed { .. }), "{json}: {error}");
    }
    let (traces, notes) = read_as(
        r#"{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}"#,
        &ReadOptions::default(),
    )
    .unwrap();
    assert_eq!((traces.spans.len(), codes(&notes)), (0, vec![("no_traces", 1)]));
}
