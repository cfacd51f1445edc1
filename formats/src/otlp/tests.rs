use crate::{
    Content, Link, Notes, ReadErrorKind, ReadOptions, SpanId, SpanKind, TagValue, Traces, read_bytes,
};

fn read_with(input: &[u8], options: &ReadOptions) -> Result<(Traces, Notes), ReadErrorKind> {
    let capture = read_bytes("test", input, options).map_err(|error| error.kind)?;
    assert_eq!(capture.source.format, "otlp");
    assert_eq!(capture.notes.records(), capture.records_used() + capture.notes.samples_left_out());
    let Content::Traces(traces) = capture.content else { panic!("traces") };
    Ok((traces, capture.notes))
}

fn read(input: &str) -> (Traces, Notes) {
    read_with(input.as_bytes(), &ReadOptions::default()).unwrap()
}

fn options() -> ReadOptions {
    ReadOptions { from: Some("otlp"), ..ReadOptions::default() }
}

/// The spans of the resource "shop".
fn resource(spans: &str) -> String {
    format!(
        r#"{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}},{{"key":"pod","value":{{"stringValue":"p1"}}}}]}},"scopeSpans":[{{"scope":{{"name":"lib"}},"spans":[{spans}]}}]}}"#
    )
}

fn document(spans: &str) -> String {
    format!(r#"{{"resourceSpans":[{}]}}"#, resource(spans))
}

fn span(id: &str, parent: &str, rest: &str) -> String {
    format!(
        r#"{{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"{id}","parentSpanId":"{parent}","name":"op","startTimeUnixNano":"1000","endTimeUnixNano":"1500"{rest}}}"#
    )
}

const A: &str = "00000000000000aa";
const B: &str = "00000000000000bb";

fn text(traces: &Traces, id: crate::StringId) -> String {
    traces.strings.text(id).into_owned()
}

fn codes(notes: &Notes) -> Vec<(&str, u64)> {
    notes.iter().map(|note| (note.code, note.count)).collect()
}

#[test]
fn a_document_is_read() {
    let links = r#","links":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"00000000000000bb"}]"#;
    let spans = [
        span(A, "", &format!(r#","kind":2,"status":{{}}{links}"#)),
        span(B, A, r#","kind":"SPAN_KIND_CLIENT","status":{"message":"no","code":2}"#),
    ];
    let (traces, notes) = read(&document(&spans.join(",")));
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!((traces.traces.len(), traces.tick_ns), (1, 1));
    assert_eq!(text(&traces, traces.traces[0].id), "5b8efff798038103d269b633813fc60c");
    assert_eq!((&*traces.spans.start_ns, &*traces.spans.duration_ns), (&[1000; 2][..], &[500; 2][..]));
    assert_eq!(traces.spans.kind, [SpanKind::Server, SpanKind::Client]);
    assert_eq!(traces.spans.error, [false, true]);
    assert_eq!(traces.spans.link, [Link::Root, Link::ChildOf]);
    let process = &traces.processes[0];
    assert_eq!((text(&traces, process.service), process.tags.len()), ("shop".to_owned(), 1));
}

#[test]
fn every_shape_gives_the_same_spans() {
    let spans = [span(A, "", ""), span(B, A, "")].join(",");
    let one = resource(&spans);
    let swapped = {
        let (resource, scopes) = one[1..one.len() - 1].split_once(r#","scopeSpans""#).unwrap();
        format!(r#"{{"scopeSpans"{scopes},{resource}}}"#)
    };
    let base64 = document(&spans)
        .replace("5B8EFFF798038103D269B633813FC60C", "W47/95gDgQPSabYzgT/GDA==")
        .replace(A, "AAAAAAAAAKo=");
    let snake = [
        "resourceSpans",
        "scopeSpans",
        "traceId",
        "spanId",
        "parentSpanId",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "stringValue",
    ]
    .into_iter()
    .fold(document(&spans), |json, key| {
        let mut snake = String::new();
        for letter in key.chars() {
            if letter.is_uppercase() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        json.replace(key, &snake)
    });
    for input in [
        document(&spans),
        format!(r#"{{"batches":[{one}]}}"#),
        format!(r#"{{"trace":{{"resourceSpans":[{one}]}},"metrics":{{}}}}"#),
        format!(r#"{{"trace":{{"batches":[{one}]}}}}"#),
        format!(r#"{{"result":{{"resourceSpans":[{one}]}}}}"#),
        format!(r#"[{}]"#, document(&spans)),
        one.clone(),
        format!(r#"{{"resourceSpans":[{swapped}]}}"#),
        document(&spans).replace("scopeSpans", "instrumentationLibrarySpans"),
        document(&spans).replace("\"1000\"", "1000").replace("\"1500\"", "1.5e3"),
        format!("{}\n{}\n", document(&span(A, "", "")), document(&span(B, A, ""))),
        format!("{}\n{}\n", document(&span(A, "", "")), &document(&span(B, A, "")).replace(",\"", ",\n  \"")),
        base64,
        snake,
    ] {
        let (traces, notes) = read(&input);
        assert!(notes.is_empty(), "{input}: {notes:?}");
        let ids: Vec<String> = traces.spans.id.iter().map(|&id| text(&traces, id)).collect();
        assert_eq!((ids, traces.traces.len()), (vec![A.to_owned(), B.to_owned()], 1), "{input}");
        assert_eq!(traces.spans.parent[1].map(|id| id.index()), Some(0), "{input}");
        assert_eq!((traces.spans.duration_ns[1], traces.processes.len()), (500, 1), "{input}");
    }
}

#[test]
fn attributes_keep_their_type() {
    let attributes = r#","attributes":[{"key":"a","value":{"stringValue":"x\n"}},{"key":"b","value":{"intValue":"9223372036854775807"}},
        {"key":"c","value":{"intValue":7}},{"key":"d","value":{"doubleValue":2}},{"key":"e","value":{"boolValue":true}},
        {"key":"f","value":{"bytesValue":"AAAwOQ=="}},{"key":"g","value":{"arrayValue":{"values":[{"stringValue":"y"},{"intValue":"2"}]}}},
        {"key":"h","value":{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":false}}]}}},{"key":"i","value":{}},
        {"key":"j","value":{"stringValue":"12"}},{"key":"error","value":{"boolValue":true}},{"key":"span.kind","value":{"stringValue":"consumer"}}]"#;
    let (traces, notes) = read(&document(&span(A, "", attributes)));
    assert!(notes.is_empty(), "{notes:?}");
    let show = |value: TagValue| match value {
        TagValue::Text(id) => text(&traces, id),
        value => format!("{value:?}"),
    };
    let values: Vec<String> = traces.tags_of(SpanId::new(0)).map(|tag| show(tag.value)).collect();
    let expected = [
        "x\n",
        "Int(9223372036854775807)",
        "Int(7)",
        "Float(2.0)",
        "Bool(true)",
        "AAAwOQ==",
        "[\"y\",2]",
        "{\"k\":false}",
        "null",
        "12",
    ];
    assert_eq!(values[..10], expected);
    assert_eq!((traces.spans.error[0], traces.spans.kind[0]), (true, SpanKind::Consumer));
}

#[test]
fn flaws_cost_one_span_and_are_counted() {
    for (flawed, code) in [
        (span(B, A, "").replace("\"1000\"", "[1]"), "span_wrong_type"),
        (span(B, A, "").replace("\"op\"", "7"), "span_wrong_type"),
        (span(B, A, r#","attributes":7"#), "span_wrong_type"),
        (span(B, A, "").replace("1500", "18446744073709551615"), "span_time_range"),
        (span(B, A, "").replace("\"startTimeUnixNano\":\"1000\",", ""), "span_without_time"),
        (span("", A, ""), "span_incomplete"),
        ("\"no span\"".to_owned(), "span_not_object"),
    ] {
        let json = document(&[span(A, "", ""), flawed.clone(), span("cc", A, "")].join(","));
        let (traces, notes) = read(&json);
        assert_eq!((traces.spans.len(), codes(&notes)), (2, vec![(code, 1)]), "{flawed}");
        let byte = notes.get(code).unwrap().first[0].byte as usize;
        let at = json.find(&flawed).unwrap();
        assert!((at..at + flawed.len()).contains(&byte), "{flawed}");
    }
}

#[test]
fn what_stands_in_the_place_of_spans_is_named() {
    for (other, code) in [
        (r#"{"resourceSpans":7}"#, "list_unread"),
        (r#"{"resourceSpans":{"resource":{}}}"#, "list_unread"),
        (r#"{"resourceSpans":[{"scopeSpans":"x"}]}"#, "list_unread"),
        (r#"{"resourceSpans":[{"scopeSpans":[{"spans":{"name":"x"}}]}]}"#, "list_unread"),
        (r#"{"resourceSpans":["x"]}"#, "resource_unknown"),
        (r#"{"resourceSpans":[null]}"#, "resource_unknown"),
        (r#"{"resourceSpans":[{"scopeSpans":[[]]}]}"#, "scope_unknown"),
        (r#"{"resourceSpans":[{"resource":[],"scopeSpans":[]}]}"#, "resource_unread"),
        (r#"{"resourceSpans":[{"resource":{"attributes":7},"scopeSpans":[]}]}"#, "resource_unread"),
    ] {
        let (traces, notes) = read(&format!("{}\n{other}\n", document(&span(A, "", ""))));
        assert_eq!((traces.spans.len(), codes(&notes)), (1, vec![(code, 1)]), "{other}");
        assert_eq!(notes.get(code).unwrap().first[0].line, Some(2), "{other}");
        assert_eq!(notes.losses().count(), usize::from(code != "resource_unread"), "{other}");
    }
    for nothing in [r#"{"resourceSpans":null}"#, r#"{"resourceSpans":[{"scopeSpans":[{"spans":null}]}]}"#] {
        let (_, notes) = read(&format!("{}\n{nothing}\n", document(&span(A, "", ""))));
        assert!(notes.is_empty(), "{nothing}: {notes:?}");
    }
    let (_, notes) = read(r#"{"resourceSpans":7}"#);
    assert_eq!(codes(&notes), [("list_unread", 1)], "the search was not empty");
}

#[test]
fn an_attribute_without_a_key_has_an_empty_one() {
    let (traces, notes) = read(&document(&span(A, "", r#","attributes":[{"value":{"intValue":1}}]"#)));
    assert!(notes.is_empty());
    let tags: Vec<_> =
        traces.tags_of(SpanId::new(0)).map(|tag| (text(&traces, tag.key), tag.value)).collect();
    assert_eq!(tags, [(String::new(), TagValue::Int(1))]);
}

#[test]
fn tags_that_are_not_needed_are_left_out_of_spans() {
    let attributes = r#","attributes":[{"key":"hair","value":{"stringValue":"red"}},{"key":"http.route","value":{"stringValue":"/"}},
        {"key":"error","value":{"boolValue":true}}]"#;
    let options = ReadOptions { tags: crate::Tags::Needed, ..ReadOptions::default() };
    let (traces, _) = read_with(document(&span(A, "", attributes)).as_bytes(), &options).unwrap();
    let keys: Vec<String> = traces.tags_of(SpanId::new(0)).map(|tag| text(&traces, tag.key)).collect();
    assert_eq!((keys, traces.spans.error[0]), (vec!["http.route".to_owned(), "error".to_owned()], true));
    assert_eq!(traces.processes[0].tags.len(), 1, "those of processes stay");
}

#[test]
fn caveats_keep_their_span() {
    let spans = [
        span(A, "", "").replace("\"endTimeUnixNano\":\"1500\"", "\"endTimeUnixNano\":\"0\""),
        span(B, A, "").replace("1500", "900"),
        span("cc", A, "").replace("\"name\":\"op\",", ""),
        span("dd", A, r#","name":"twice","attributes":[],"attributes":null"#),
    ];
    let (traces, notes) = read(&document(&spans.join(",")).replace("service.name", "service.nome"));
    assert_eq!((traces.spans.len(), notes.samples_left_out()), (4, 0));
    assert_eq!(
        codes(&notes),
        [("duration_missing", 1), ("service_missing", 4), ("operation_missing", 1), ("duration_negative", 1)]
    );
    assert_eq!(text(&traces, traces.spans.operation[3]), "twice");
}

#[test]
fn lines_are_read_on_after_a_flawed_one() {
    let cut = document(&[span(B, A, ""), span("cc", A, "")].join(","));
    let input = format!(
        "{}\n{}\n{{\"resourceMetrics\":[]}}\nup and running\n{}\n",
        document(&span(A, "", "")),
        &cut[..cut.len() - 40],
        document(&span("dd", A, ""))
    );
    let (traces, notes) = read(&input);
    assert_eq!(traces.spans.len(), 3);
    assert_eq!(codes(&notes), [("document_broken", 1), ("document_other", 1), ("text_skipped", 1)]);
    assert_eq!(notes.get("document_broken").unwrap().first[0].line, Some(3));
}

#[test]
fn threads_and_chunks_do_not_matter() {
    let lines: Vec<String> = (0..60)
        .map(|at| {
            let spans: Vec<String> = (0..at % 5)
                .map(|n| {
                    span(&format!("{:x}", 1 + at * 5 + n), "1", "")
                        .replace("\"op\"", &format!("\"op {}\"", at % 7))
                })
                .collect();
            let line = document(&spans.join(",")).replace("p1", &format!("p{}", at % 3));
            match at % 20 {
                3 => line[..line.len() / 2].to_owned(),
                7 => line.replace(",\"", ",\n \"").replace("{\"resource", "{\n \"resource"),
                11 => "no JSON".to_owned(),
                _ => line,
            }
        })
        .collect();
    let input = lines.join("\n");
    let read = |chunk_bytes: usize| {
        format!(
            "{:?}",
            read_with(input.as_bytes(), &ReadOptions { chunk_bytes, ..ReadOptions::default() }).unwrap()
        )
    };
    let expected = read(usize::MAX);
    for chunk_bytes in [1, 7, 1000, 5000] {
        assert!(read(chunk_bytes) == expected, "{chunk_bytes}");
    }
}

#[test]
fn a_cut_document_gives_what_is_whole() {
    let spans = [span(A, "", ""), span(B, A, ""), span("cc", B, "")].join(",");
    let swapped =
        document(&spans).replace("{\"resource\":", "{\"scopes\":").replace("]}]}", "],\"resource\":{}}]}");
    for json in [document(&spans), swapped] {
        let ends: Vec<usize> = json.match_indices("\"1500\"}").map(|(at, found)| at + found.len()).collect();
        assert_eq!(ends.len(), 3);
        for cut in 1..json.len() {
            let whole = ends.iter().filter(|&&end| end <= cut).count() as u64;
            match read_with(&json.as_bytes()[..cut], &options()) {
                Ok((traces, notes)) => {
                    assert_eq!(traces.spans.len() as u64 + notes.samples_left_out(), whole, "cut at {cut}");
                    assert_eq!(notes.get("json_cut").unwrap().first[0].byte, cut as u64);
                }
                Err(error) => {
                    assert!(error.to_string().contains(&format!("byte {cut}")), "cut at {cut}: {error}")
                }
            }
        }
    }
}

#[test]
fn many_spans_of_a_resource_that_comes_last_are_kept() {
    let spans: Vec<String> = (1..1000).map(|at| span(&format!("{at:016x}"), "", "")).collect();
    let json = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}],"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"late"}}}}]}}}}]}}"#,
        spans.join(",")
    );
    let (traces, notes) = read(&json);
    assert!(notes.is_empty());
    assert_eq!((traces.spans.len(), text(&traces, traces.processes[0].service)), (999, "late".to_owned()));
}

#[test]
fn nesting_has_a_limit_and_no_stack() {
    let deep = "[".repeat(100_000);
    for json in [
        deep.clone(),
        format!(r#"{{"resourceSpans":{deep}"#),
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":{deep}"#),
        r#"{"trace":"#.repeat(100_000),
        document(&span(
            A,
            "",
            &format!(
                r#","attributes":[{{"key":"k","value":{{"arrayValue":{deep}{}}}}}]"#,
                "]".repeat(100_000)
            ),
        )),
    ] {
        let error = read_with(json.as_bytes(), &options()).unwrap_err();
        assert!(matches!(error, ReadErrorKind::Malformed { .. }), "{error}");
    }
}

#[test]
fn what_is_no_otlp_is_refused() {
    for json in ["{}", "[]", "[1]", "{\"data\":[]}", "{\"resourceMetrics\":[]}", "{\"batches\":[{\"a\":1}]}"]
    {
        let error = read_with(json.as_bytes(), &options()).unwrap_err();
        assert!(matches!(error, ReadErrorKind::Malformed { .. }), "{json}: {error}");
    }
    for json in [r#"{"resourceSpans":[]}"#, r#"{"batches":[]}"#] {
        let (traces, notes) = read(json);
        assert_eq!((traces.spans.len(), codes(&notes)), (0, vec![("no_traces", 1)]), "{json}");
    }
}
