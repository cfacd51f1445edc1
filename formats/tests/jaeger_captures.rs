//! Real Jaeger documents, where the folder of captures is at hand: the number of spans is that of the file.

#![allow(clippy::unwrap_used)]

mod common;

use analyzer_formats::{Content, ReadErrorKind, ReadOptions, read_path};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

fn json(path: &Path) -> Option<Value> {
    let mut bytes = std::fs::read(path).unwrap();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let packed = std::mem::take(&mut bytes);
        flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
    }
    serde_json::from_slice(&bytes).ok()
}

/// The spans of the traces of a UI document; `None` for other documents.
fn spans(document: &Value) -> Option<Vec<&Value>> {
    let traces: Vec<&Value> = match (document, document.get("data")) {
        (_, Some(Value::Array(traces))) | (Value::Array(traces), _) => traces.iter().collect(),
        (_, Some(trace)) => vec![trace],
        (trace, None) => vec![trace],
    };
    let spans: Option<Vec<&Vec<Value>>> =
        traces.iter().map(|trace| trace.get("spans").and_then(Value::as_array)).collect();
    let spans: Vec<&Value> = spans?.into_iter().flatten().collect();
    spans.iter().all(|span| span.get("spanID").is_some()).then_some(spans)
}

#[test]
fn every_ui_document_is_read_whole_and_the_rest_is_named() {
    let Some(captures) = common::captures() else { return };
    let (mut read, mut named) = (0, BTreeMap::new());
    for path in common::files_below(&captures.join("traces")) {
        let Some(document) = json(&path) else { continue };
        let outcome = read_path(&path, &ReadOptions::default());
        let Some(expected) = spans(&document) else {
            let code = match outcome {
                Ok(capture) => {
                    assert_ne!(capture.source.format, "jaeger", "{}", path.display());
                    capture.source.format
                }
                Err(error) => match error.kind {
                    ReadErrorKind::Unsupported { format, .. } => format,
                    kind => kind.code(),
                },
            };
            *named.entry(code).or_insert(0) += 1;
            continue;
        };
        let capture = outcome.unwrap();
        let Content::Traces(traces) = &capture.content else { panic!("{} is traces", path.display()) };
        let used = traces.spans.len() as u64;
        assert_eq!(used + capture.notes.samples_left_out(), expected.len() as u64, "{}", path.display());
        let duplicates = capture.notes.get("span_duplicate").map_or(0, |note| note.count);
        assert_eq!(capture.notes.samples_left_out(), duplicates, "{}", path.display());
        let microseconds = |value: &Value| value.as_i64().unwrap();
        let sum: i64 = expected.iter().map(|span| microseconds(&span["duration"])).sum();
        if duplicates == 0 {
            assert_eq!(traces.spans.duration_ns.iter().sum::<i64>(), sum * 1000, "{}", path.display());
        }
        for note in capture.notes.iter() {
            println!("{}: {note}", path.display());
        }
        read += 1;
    }
    println!("{read} documents read, others: {named:?}");
    assert!(read > 50, "only {read} documents read");
}

#[test]
fn real_documents_cut_anywhere_do_not_panic() {
    let Some(captures) = common::captures() else { return };
    for name in ["traceWithOverlappingChildren.json", "testTrace.json", "otlp2jaeger-out.json"] {
        let bytes = std::fs::read(captures.join("traces/jaeger-ui").join(name)).unwrap();
        for cut in 0..bytes.len() {
            let options = ReadOptions { from: Some("jaeger"), chunk_bytes: 700, ..ReadOptions::default() };
            if let Err(error) = analyzer_formats::read_bytes(name, &bytes[..cut], &options) {
                assert!(["truncated", "empty"].contains(&error.kind.code()), "{name} cut at {cut}: {error}");
            }
        }
    }
}
