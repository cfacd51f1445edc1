//! Traces cut at every byte, in every JSON shape there is a reader for: what was whole before the cut is there and no more, and
//! the offset of the cut is named. What is whole is told by a scanner of brackets that shares no code with the readers.

#![allow(clippy::unwrap_used)]

mod common;

use analyzer_formats::{ReadOptions, read_bytes};

/// What the brackets of a text say.
struct Scan {
    /// Where each span ends, in order.
    ends: Vec<usize>,
    /// Of every length of the text, whether something is open where it is cut.
    is_open: Vec<bool>,
}

/// An object or array that is open.
struct Open {
    is_object: bool,
    keys: Vec<String>,
}

/// Finds the objects that have all of `keys` of their own.
fn scan(text: &[u8], keys: &[&str]) -> Scan {
    let (mut ends, mut is_open, mut open) = (Vec::new(), vec![false], Vec::<Open>::new());
    let (mut string, mut escaped, mut last) = (None, false, String::new());
    for (at, &byte) in text.iter().enumerate() {
        match (string, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(start), b'"') => {
                last = String::from_utf8_lossy(&text[start + 1..at]).into_owned();
                string = None;
            }
            (Some(_), _) => {}
            (None, b'"') => string = Some(at),
            (None, b':') => open.last_mut().unwrap().keys.push(last.clone()),
            (None, b'{' | b'[') => open.push(Open { is_object: byte == b'{', keys: Vec::new() }),
            (None, b'}' | b']') => {
                let closed = open.pop().unwrap();
                if closed.is_object && keys.iter().all(|key| closed.keys.iter().any(|own| own == key)) {
                    ends.push(at + 1);
                }
            }
            (None, _) => {}
        }
        is_open.push(!open.is_empty());
    }
    Scan { ends, is_open }
}

/// The keys that a span of a format has and nothing else in its documents.
fn keys_of(format: &str) -> &'static [&'static str] {
    match format {
        "otlp" => &["spanId", "startTimeUnixNano"],
        "zipkin" => &["traceId", "id"],
        "otel-console" => &["SpanContext"],
        _ => &["spanID", "startTime"],
    }
}

/// Cuts a text at these places.
fn check(name: &str, format: &'static str, text: &[u8], cuts: impl Iterator<Item = usize>) -> usize {
    let Scan { ends, is_open } = scan(text, keys_of(format));
    assert!(!ends.is_empty(), "{name}: there are spans");
    let processes = scan(text, &["serviceName"]).ends;
    for cut in cuts {
        let whole = ends.iter().filter(|&&end| end <= cut).count() as u64;
        for chunk_bytes in [64, usize::MAX] {
            let options = ReadOptions { from: Some(format), chunk_bytes, ..ReadOptions::default() };
            let place = format!("{name} cut at {cut}");
            match read_bytes("cut", &text[..cut], &options) {
                Ok(capture) => {
                    let met = capture.records_used() + capture.notes.samples_left_out();
                    assert_eq!(
                        (met, capture.notes.records()),
                        (whole, whole),
                        "{place}: {:?}",
                        capture.notes
                    );
                    // Text behind the last document may be a part of a next one, too.
                    let mut named = capture.notes.losses().flat_map(|note| &note.first);
                    let is_named = named.any(|found| found.byte == cut as u64);
                    assert!(is_named || !is_open[cut], "{place}: {:?}", capture.notes);
                    if cut == text.len() {
                        assert_eq!(capture.notes.losses().count(), 0, "{place}: {:?}", capture.notes);
                    }
                }
                Err(error) => {
                    // Spans of Jaeger's whose processes come behind them, and are cut off, are of nobody.
                    let is_nobodys = format == "jaeger" && processes.iter().all(|&end| end > cut);
                    assert!(whole == 0 || is_nobodys, "{place}: {error}");
                    let is_named = error.to_string().contains(&format!("byte {cut}"));
                    assert!(is_named || !is_open[cut], "{place}: {error}");
                }
            }
        }
    }
    ends.len()
}

/// Documents of every shape, with strings that hold brackets and quotes.
fn shapes() -> Vec<(&'static str, &'static str, String)> {
    let jaeger = |trace: &str, id: &str| {
        format!(
            r#"{{"traceID":"{trace}","spanID":"{id}","operationName":"a \"{{[","references":[{{"refType":"CHILD_OF","traceID":"{trace}","spanID":"r"}}],"startTime":1000,"duration":5,"tags":[{{"key":"k","type":"string","value":"}}]\\"}}],"logs":[],"processID":"p1"}}"#
        )
    };
    let processes = r#""processes":{"p1":{"serviceName":"shop","tags":[]}}"#;
    let trace = |id: &str| {
        format!(r#"{{"traceID":"{id}",{processes},"spans":[{},{}]}}"#, jaeger(id, "r"), jaeger(id, "b"))
    };
    let stored = |id: &str| {
        jaeger("t", id)
            .replace(r#""processID":"p1""#, r#""startTimeMillis":1,"process":{"serviceName":"shop"}"#)
    };
    let otlp = |id: &str| {
        format!(
            r#"{{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b1{id}","name":"a }}\"","kind":2,"startTimeUnixNano":"1000","endTimeUnixNano":"2000","attributes":[{{"key":"k","value":{{"arrayValue":{{"values":[{{"intValue":"7"}}]}}}}}}],"links":[{{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b1ff"}}]}}"#
        )
    };
    let resource = |groups: &str, scopes: &str, ids: [&str; 2]| {
        let resource = r#""resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]}"#;
        let spans = ids.map(otlp).join(",");
        format!(r#"{{"{groups}":[{{{resource},"{scopes}":[{{"scope":{{}},"spans":[{spans}]}}]}}]}}"#)
    };
    let zipkin = |id: &str| {
        format!(
            r#"{{"traceId":"1","id":"{id}","kind":"CLIENT","name":"get","timestamp":1000,"duration":5,"localEndpoint":{{"serviceName":"a","port":1}},"tags":{{"k":"{{\""}}}}"#
        )
    };
    let console = |id: &str| {
        format!(
            r#"{{"Name":"a","SpanContext":{{"TraceID":"01","SpanID":"{id}"}},"Parent":{{"SpanID":"00"}},"SpanKind":3,"StartTime":"2022-07-30T19:06:19.00025+02:00","EndTime":"2022-07-30T17:06:19.1Z","Attributes":[{{"Key":"n","Value":{{"Type":"STRING","Value":"]}}"}}}}],"Resource":[{{"Key":"service.name","Value":{{"Type":"STRING","Value":"a"}}}}]}}"#
        )
    };
    let pretty = |json: &str| {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    let answer = format!(r#"{{"data":[{},{}],"total":0}}"#, trace("t"), trace("u"));
    let hits =
        [stored("a"), stored("b")].map(|span| format!(r#"{{"_index":"jaeger-span","_source":{span}}}"#));
    let groups = resource("resourceSpans", "scopeSpans", ["01", "02"]);
    let whole = |list: [String; 2]| list.join("\n") + "\n";
    vec![
        ("an answer of Jaeger's", "jaeger", answer.clone()),
        ("the same over many lines", "jaeger", pretty(&answer)),
        ("one trace as data", "jaeger", format!(r#"{{"data":{}}}"#, trace("t"))),
        ("a list of traces", "jaeger", format!("[{},{}]", trace("t"), trace("u"))),
        ("a trace", "jaeger", trace("t")),
        ("traces in lines", "jaeger", whole([trace("t"), trace("u")])),
        (
            "processes behind spans",
            "jaeger",
            format!(r#"{{"data":[{{"spans":[{},{}],{processes}}}]}}"#, jaeger("t", "r"), jaeger("t", "b")),
        ),
        ("stored spans in lines", "jaeger-storage", whole([stored("a"), stored("b")])),
        (
            "an answer of Elasticsearch's",
            "jaeger-storage",
            format!(r#"{{"hits":{{"hits":[{}]}}}}"#, hits.join(",")),
        ),
        ("a document of OTLP", "otlp", groups.clone()),
        ("the same over many lines", "otlp", pretty(&groups)),
        (
            "documents of OTLP in lines",
            "otlp",
            whole([groups.clone(), resource("resourceSpans", "scopeSpans", ["03", "04"])]),
        ),
        ("batches", "otlp", resource("batches", "instrumentationLibrarySpans", ["01", "02"])),
        ("a trace of Tempo's", "otlp", format!(r#"{{"trace":{groups}}}"#)),
        ("a list of Zipkin's", "zipkin", format!("[{},{}]", zipkin("2"), zipkin("3"))),
        ("a list of lists", "zipkin", format!("[[{}],[{}]]", zipkin("2"), zipkin("3"))),
        ("what a program prints", "otel-console", whole([console("02"), console("03")])),
    ]
}

#[test]
fn every_shape_cut_at_every_byte_has_what_is_whole() {
    for (name, format, text) in shapes() {
        let spans = check(&format!("{name} ({format})"), format, text.as_bytes(), 0..=text.len());
        assert!(spans >= 2, "{name}: {spans}");
    }
}

#[test]
fn real_traces_cut_at_hundreds_of_bytes_have_what_is_whole() {
    /// Places in each file.
    const CUTS: usize = 300;
    let Some(captures) = common::captures() else { return };
    for (file, format) in [
        ("jaeger-ui/testTrace.json", "jaeger"),
        ("jaeger-ui/genaiTestTrace.json", "jaeger"),
        ("crisp/test_cases/18.json", "jaeger"),
        ("jaeger/uimodel_converter_v1_json_fixtures_es_01.json", "jaeger-storage"),
        ("jaeger/storage_integration_fixtures_traces_example_trace.json", "otlp"),
        ("kiali/responseTrace.json", "otlp"),
        ("tempo/servicegraphs_trace-with-queue-database.json", "otlp"),
        ("zipkin/messaging-kafka.json", "zipkin"),
        ("zipkin/yelp.json", "zipkin"),
    ] {
        let text = std::fs::read(captures.join("traces").join(file)).unwrap();
        let step = (text.len() / CUTS).max(1);
        check(file, format, &text, (0..text.len()).step_by(step).chain([text.len()]));
    }
}
