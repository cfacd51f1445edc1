use crate::{Content, Notes, ReadErrorKind, ReadOptions, SpanId, SpanKind, TagValue, Traces, read_bytes};

const PYTHON: &str = r#"{
    "name": "work",
    "context": {
        "trace_id": "0x37e72c5cdb9d24fd1a1b9a1dd08ac3a1",
        "span_id": "0x7eb1b1b1f2f3f4f5",
        "trace_state": "[]"
    },
    "kind": "SpanKind.CLIENT",
    "parent_id": "0x1111111111111111",
    "start_time": "2022-07-30T17:06:19.000250Z",
    "end_time": "2022-07-30T17:06:19.001250Z",
    "status": {
        "status_code": "ERROR",
        "description": "no"
    },
    "attributes": {
        "n": 7,
        "list": [
            "a b",
            1
        ]
    },
    "events": [],
    "links": [],
    "resource": {
        "attributes": {
            "telemetry.sdk.language": "python",
            "service.name": "shop"
        },
        "schema_url": ""
    }
}
"#;

const GO: &str = r#"{"Name":"work","SpanContext":{"TraceID":"37e72c5cdb9d24fd1a1b9a1dd08ac3a1","SpanID":"7eb1b1b1f2f3f4f5","TraceFlags":"01","TraceState":"","Remote":false},"Parent":{"TraceID":"37e72c5cdb9d24fd1a1b9a1dd08ac3a1","SpanID":"1111111111111111","TraceFlags":"01","TraceState":"","Remote":true},"SpanKind":3,"StartTime":"2022-07-30T19:06:19.00025+02:00","EndTime":"2022-07-30T19:06:19.00125+02:00","Attributes":[{"Key":"n","Value":{"Type":"INT64","Value":7}},{"Key":"list","Value":{"Type":"STRINGSLICE","Value":["a b",1]}}],"Events":null,"Links":null,"Status":{"Code":"Error","Description":"no"},"DroppedAttributes":0,"ChildSpanCount":0,"Resource":[{"Key":"telemetry.sdk.language","Value":{"Type":"STRING","Value":"python"}},{"Key":"service.name","Value":{"Type":"STRING","Value":"shop"}}],"InstrumentationLibrary":{"Name":"x","Version":"","SchemaURL":""}}
"#;

/// The same span as the root of its trace.
fn root(span: &str) -> String {
    span.replace("\"0x1111111111111111\"", "null")
        .replace("1111111111111111", "0000000000000000")
        .replace("7eb1b1b1f2f3f4f5", "1111111111111111")
}

fn read_with(input: &str, options: &ReadOptions) -> Result<(Traces, Notes), ReadErrorKind> {
    let capture = read_bytes("test", input.as_bytes(), options).map_err(|error| error.kind)?;
    assert_eq!(capture.source.format, "otel-console");
    assert_eq!(capture.notes.records(), capture.records_used() + capture.notes.samples_left_out());
    let Content::Traces(traces) = capture.content else { panic!("traces") };
    Ok((traces, capture.notes))
}

fn read(input: &str) -> (Traces, Notes) {
    read_with(input, &ReadOptions::default()).unwrap()
}

#[test]
fn both_languages_print_the_same_spans() {
    // Pretty, on one line, in a list; the child is printed before its parent.
    let list = format!("[{},{}]", GO.trim_end(), root(GO).trim_end());
    let one_line: String = PYTHON.lines().map(str::trim_start).collect();
    for input in [
        format!("{PYTHON}{}", root(PYTHON)),
        format!("{GO}{}", root(GO)),
        format!("{one_line}\n{}", root(&one_line)),
        list,
    ] {
        let (traces, notes) = read(&input);
        assert!(notes.is_empty(), "{input}: {notes:?}");
        assert_eq!((traces.traces.len(), traces.processes.len(), traces.tick_ns), (1, 1, 1));
        let text = |id| traces.strings.text(id).into_owned();
        assert_eq!(text(traces.spans.id[0]), "7eb1b1b1f2f3f4f5");
        assert_eq!(
            traces.spans.parent.iter().map(|id| id.map(|id| id.index())).collect::<Vec<_>>(),
            [Some(1), None]
        );
        assert_eq!(traces.spans.start_ns, [1_659_200_779_000_250_000; 2]);
        assert_eq!(traces.spans.duration_ns, [1_000_000; 2]);
        assert_eq!((traces.spans.kind[0], traces.spans.error[0]), (SpanKind::Client, true));
        assert_eq!(text(traces.processes[0].service), "shop");
        let values: Vec<TagValue> = traces.tags_of(SpanId::new(0)).map(|tag| tag.value).collect();
        assert_eq!(values[0], TagValue::Int(7));
        let TagValue::Text(list) = values[1] else { panic!("text") };
        assert_eq!(text(list), "[\"a b\",1]");
    }
}

#[test]
fn what_else_a_program_prints_is_skipped() {
    let (flat, _) = PYTHON.split_once("\"resource\"").unwrap();
    let flat = format!("{}\"resource\": {{\n        \"service.name\": \"shop\"\n    }}\n}}\n", flat);
    let input = format!("{}INFO ready\n[1] done\n{flat}{{\n    \"metric\": 1\n}}\n", root(PYTHON));
    let read =
        |chunk_bytes| read_with(&input, &ReadOptions { chunk_bytes, ..ReadOptions::default() }).unwrap();
    let (traces, notes) = read(usize::MAX);
    assert_eq!((traces.spans.len(), traces.processes.len()), (2, 2));
    let codes: Vec<(&str, u64)> = notes.iter().map(|note| (note.code, note.count)).collect();
    assert_eq!(codes, [("text_skipped", 2), ("document_other", 1)]);
    for chunk_bytes in [1, 7, 1000] {
        assert_eq!(format!("{:?}", read(chunk_bytes)), format!("{:?}", (&traces, &notes)));
    }
}

#[test]
fn a_span_that_never_ended_is_kept_and_a_cut_one_is_not() {
    let unended = GO.replace("2022-07-30T19:06:19.00125+02:00", "0001-01-01T00:00:00Z");
    let (traces, notes) = read(&format!("{}{unended}", root(GO)));
    assert_eq!((traces.spans.duration_ns[1], notes.get("duration_missing").unwrap().count), (0, 1));
    let whole = format!("{}{PYTHON}", root(PYTHON));
    for cut in 1..whole.len() {
        let options = ReadOptions { from: Some("otel-console"), ..ReadOptions::default() };
        match read_with(&whole[..cut], &options) {
            Ok((traces, notes)) => {
                let end = root(PYTHON).len();
                assert_eq!(traces.spans.len(), if cut < whole.len() - 1 { 1 } else { 2 }, "cut at {cut}");
                assert_eq!(
                    notes.get("json_cut").is_some(),
                    cut > end && cut < whole.len() - 1,
                    "cut at {cut}"
                );
            }
            Err(error) => assert!(cut < root(PYTHON).len() - 1, "cut at {cut}: {error}"),
        }
    }
}

#[test]
fn a_date_that_is_none_costs_its_span() {
    let (traces, notes) = read(&format!("{}{}", root(GO), GO.replace("T19:06:19.00025", " noon")));
    assert_eq!((traces.spans.len(), notes.get("span_wrong_type").unwrap().count), (1, 1));
}

#[test]
fn attributes_are_kept_whole_or_cost_their_span() {
    let attribute = r#"{"Key":"n","Value":{"Type":"INT64","Value":7}}"#;
    let keyless = GO.replace(attribute, r#"{"Value":{"Type":"INT64","Value":7}}"#);
    let (traces, notes) = read(&format!("{}{keyless}", root(GO)));
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(traces.tags_of(SpanId::new(1)).count(), 2);
    for wrong in ["7", r#"{"Key":7,"Value":{"Value":7}}"#, r#"{"Key":"n","Value":7}"#] {
        let (traces, notes) = read(&format!("{}{}", root(GO), GO.replace(attribute, wrong)));
        assert_eq!(
            (traces.spans.len(), notes.get("span_wrong_type").map(|note| note.count)),
            (1, Some(1)),
            "{wrong}"
        );
    }
}
