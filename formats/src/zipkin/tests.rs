use crate::{Content, Link, Notes, ReadErrorKind, ReadOptions, SpanId, SpanKind, Traces, read_bytes};

fn read_with(input: &[u8], options: &ReadOptions) -> Result<(Traces, Notes), ReadErrorKind> {
    let capture = read_bytes("test", input, options).map_err(|error| error.kind)?;
    assert_eq!(capture.source.format, "zipkin");
    assert_eq!(capture.notes.records(), capture.records_used() + capture.notes.samples_left_out());
    let Content::Traces(traces) = capture.content else { panic!("traces") };
    Ok((traces, capture.notes))
}

fn read(input: &str) -> (Traces, Notes) {
    read_with(input.as_bytes(), &ReadOptions::default()).unwrap()
}

fn span(id: &str, parent: &str, kind: &str, service: &str) -> String {
    format!(
        r#"{{"traceId":"48485a3953bb6124","id":"{id}","parentId":"{parent}","kind":"{kind}","name":"get","timestamp":1000,"duration":50,"localEndpoint":{{"serviceName":"{service}","ipv4":"10.0.0.1","port":80}},"tags":{{"http.path":"/"}}}}"#
    )
}

fn text(traces: &Traces, id: crate::StringId) -> String {
    traces.strings.text(id).into_owned()
}

fn parents(traces: &Traces) -> Vec<Option<usize>> {
    traces.spans.parent.iter().map(|parent| parent.map(|id| id.index())).collect()
}

fn codes(notes: &Notes) -> Vec<(&str, u64)> {
    notes.iter().map(|note| (note.code, note.count)).collect()
}

#[test]
fn every_shape_gives_the_same_spans() {
    let (a, b) = (span("a", "", "SERVER", "shop"), span("000000000000000B", "a", "CLIENT", "shop"));
    for input in [
        format!("[{a},{b}]"),
        format!("[[{a}],[{b}]]"),
        format!("[\n{a},\n{b}\n]\n"),
        format!("{a}\n{b}\n"),
        format!("[{a}]\n[[{b}]]\n"),
        format!("{}\n{}", a.replace(",\"", ",\n  \""), b.replace(",\"", ",\n  \"")),
    ] {
        let (traces, notes) = read(&input);
        assert!(notes.is_empty(), "{input}: {notes:?}");
        assert_eq!((parents(&traces), traces.traces.len()), (vec![None, Some(0)], 1), "{input}");
        assert_eq!(traces.spans.kind, [SpanKind::Server, SpanKind::Client]);
        assert_eq!(
            (&*traces.spans.start_ns, &*traces.spans.duration_ns),
            (&[1_000_000; 2][..], &[50_000; 2][..])
        );
        assert_eq!((traces.processes.len(), traces.tick_ns), (1, 1000));
        let process = &traces.processes[0];
        assert_eq!((text(&traces, process.service), process.tags.len()), ("shop".to_owned(), 2));
    }
}

#[test]
fn a_server_that_shares_its_id_is_the_child_of_its_client() {
    // In any order: the client's half, the server's, a child of the call, a sibling.
    let spans = [
        span("1", "", "SERVER", "front"),
        span("2", "1", "CLIENT", "front"),
        span("2", "1", "SERVER", "back"),
        span("3", "2", "CLIENT", "back"),
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let input: Vec<&str> = order.iter().map(|&at| spans[at].as_str()).collect();
        let (traces, notes) = read(&format!("[{}]", input.join(",")));
        assert!(notes.is_empty(), "{notes:?}");
        let place = |span: usize| order.iter().position(|&at| at == span);
        let parents = parents(&traces);
        for (span, parent) in [(0, None), (1, place(0)), (2, place(1)), (3, place(2))] {
            assert_eq!(parents[place(span).unwrap()], parent, "{order:?}: span {span}");
        }
    }
    // Both halves at the root, and a server whose client is not in the file.
    let (traces, notes) =
        read(&format!("[{},{}]", span("1", "", "CLIENT", "app"), span("1", "", "SERVER", "front")));
    assert_eq!((parents(&traces), notes.is_empty()), (vec![None, Some(0)], true));
    let (traces, _) =
        read(&format!("[{},{}]", span("1", "", "SERVER", "front"), span("2", "1", "SERVER", "back")));
    assert_eq!(parents(&traces), [None, Some(0)]);
}

#[test]
fn what_a_span_lacks_is_noted() {
    let whole = span("1", "", "SERVER", "shop");
    let lacking = [
        span("2", "1", "CLIENT", "shop").replace("\"timestamp\":1000,", ""),
        span("3", "1", "CLIENT", "shop").replace("\"duration\":50,", ""),
        span("4", "1", "CLIENT", "shop").replace("\"name\":\"get\",", ""),
        span("5", "1", "CLIENT", ""),
        span("6", "1", "CLIENT", "shop").replace("1000", "\"soon\""),
        span("7", "1", "CLIENT", "shop").replace("1000", "9223372036854775807"),
        "null".to_owned(),
    ];
    let (traces, notes) = read(&format!("[{whole},{}]", lacking.join(",")));
    assert_eq!((traces.spans.len(), notes.samples_left_out(), notes.records()), (4, 4, 8));
    assert_eq!(
        codes(&notes),
        [
            ("span_without_time", 1),
            ("duration_missing", 1),
            ("operation_missing", 1),
            ("service_missing", 1),
            ("span_wrong_type", 1),
            ("span_time_range", 1),
            ("span_not_object", 1)
        ]
    );
}

#[test]
fn wrong_types_and_lacking_ids_are_noted() {
    let whole = span("1", "", "SERVER", "shop");
    let other = span("2", "1", "CLIENT", "shop");
    for (wrong, code, left_out) in [
        (
            other.replace(r#"{"serviceName":"shop","ipv4":"10.0.0.1","port":80}"#, "\"shop\""),
            "service_missing",
            0,
        ),
        (other.replace("\"tags\"", r#""remoteEndpoint":{"serviceName":7},"tags""#), "span_wrong_type", 1),
        (other.replace(r#"{"http.path":"/"}"#, "[]"), "span_wrong_type", 1),
        (other.replace(r#""traceId":"48485a3953bb6124","#, ""), "span_incomplete", 1),
        (other.replace("\"id\":\"2\",", ""), "span_incomplete", 1),
    ] {
        let (traces, notes) = read(&format!("[{whole},{wrong}]"));
        assert_eq!(codes(&notes), [(code, 1)], "{wrong}");
        assert_eq!((traces.spans.len(), notes.records()), (2 - left_out, 2), "{wrong}");
    }
}

#[test]
fn an_error_tag_is_an_error_and_a_remote_service_a_tag() {
    let base = span("1", "", "CLIENT", "shop");
    for (tags, error) in [
        (r#"{"error":""}"#, true),
        (r#"{"error":"timeout"}"#, true),
        (r#"{"error":"false"}"#, false),
        (r#"{"error.kind":"x"}"#, false),
        ("null", false),
    ] {
        let (traces, _) = read(&format!("[{}]", base.replace(r#"{"http.path":"/"}"#, tags)));
        assert_eq!(traces.spans.error, [error], "{tags}");
    }
    let (traces, _) =
        read(&format!("[{}]", base.replace("\"tags\"", r#""remoteEndpoint":{"serviceName":"db"},"tags""#)));
    let keys: Vec<String> = traces.tags_of(SpanId::new(0)).map(|tag| text(&traces, tag.key)).collect();
    assert_eq!(keys, ["http.path", "peer.service"]);
}

#[test]
fn chunks_and_cuts_do_not_matter() {
    let spans: Vec<String> = (0..80)
        .map(|at| {
            let span = span(
                &format!("{:x}", at / 2 + 1),
                "1",
                if at % 2 == 0 { "CLIENT" } else { "SERVER" },
                "shop",
            );
            match at % 10 {
                3 => span[..60].to_owned(),
                5 => format!("[{span}]"),
                _ => span,
            }
        })
        .collect();
    let input = spans.join("\n");
    let read = |chunk_bytes: usize| {
        format!(
            "{:?}",
            read_with(input.as_bytes(), &ReadOptions { chunk_bytes, ..ReadOptions::default() }).unwrap()
        )
    };
    let expected = read(usize::MAX);
    for chunk_bytes in [1, 7, 1000] {
        assert!(read(chunk_bytes) == expected, "{chunk_bytes}");
    }
    let list = format!("[{},{}]", span("1", "", "SERVER", "shop"), span("2", "1", "CLIENT", "shop"));
    let first = list.find("},{\"traceId").unwrap() + 1;
    for cut in 1..list.len() {
        let options = ReadOptions { from: Some("zipkin"), ..ReadOptions::default() };
        match read_with(&list.as_bytes()[..cut], &options) {
            Ok((traces, notes)) => {
                assert_eq!(traces.spans.len(), if cut < list.len() - 1 { 1 } else { 2 }, "cut at {cut}");
                assert_eq!(notes.get("json_cut").unwrap().first[0].byte, cut as u64);
            }
            Err(error) => assert!(cut < first && error.to_string().contains("byte"), "cut at {cut}: {error}"),
        }
    }
}

#[test]
fn a_parent_is_linked_and_nothing_else_is_read() {
    let (traces, notes) = read(&format!("[{}]", span("1", "9", "SERVER", "shop")));
    assert_eq!((traces.spans.link[0], codes(&notes)), (Link::Orphan, vec![("parent_missing", 1)]));
    let options = ReadOptions { from: Some("zipkin"), ..ReadOptions::default() };
    for json in ["{}", "[1]", "{\"id\":\"1\"}", &"[".repeat(100_000)] {
        let error = read_with(json.as_bytes(), &options).unwrap_err();
        assert!(matches!(error, ReadErrorKind::Malformed { .. }), "{error}");
    }
    let (traces, notes) = read_with(b"[]", &options).unwrap();
    assert_eq!((traces.spans.len(), codes(&notes)), (0, vec![("no_traces", 1)]));
}
