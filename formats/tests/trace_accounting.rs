//! Every span of every shared trace is accounted for: those that another program counts in the file are used or left out.
//!
//! The count is serde_json's: objects with the keys that only spans have, wherever they stand.

#![allow(clippy::unwrap_used)]

mod common;

use analyzer_formats::{Content, ReadOptions, read_path};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// The documents of a file; `None` where it is not JSON.
fn documents(path: &Path) -> Option<Vec<Value>> {
    let mut bytes = std::fs::read(path).unwrap();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let packed = std::mem::take(&mut bytes);
        flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
    }
    serde_json::Deserializer::from_slice(&bytes).into_iter().collect::<Result<_, _>>().ok()
}

/// How many objects in the documents are spans of this format.
fn spans(documents: &[Value], format: &str) -> u64 {
    let is_span = |object: &serde_json::Map<String, Value>| match format {
        // References name spans, too, and have no start.
        "jaeger" | "jaeger-storage" => object.contains_key("spanID") && object.contains_key("startTime"),
        "otlp" => object.contains_key("spanId") && object.contains_key("startTimeUnixNano"),
        "zipkin" => object.contains_key("traceId") && object.contains_key("id"),
        other => panic!("no shared capture is of {other}"),
    };
    let mut count = 0;
    let mut open: Vec<&Value> = documents.iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Array(values) => open.extend(values),
            // Jaeger's UI writes the spans that a span refers to into its references.
            Value::Object(object) if is_span(object) => count += 1,
            Value::Object(object) => open.extend(object.values()),
            _ => {}
        }
    }
    count
}

#[test]
fn spans_in_the_file_are_those_used_and_left_out() {
    let Some(captures) = common::captures() else { return };
    let (mut read, mut refused, mut total) = (0, 0, 0);
    for path in common::files_below(&captures.join("traces")) {
        let name = path.display().to_string();
        match read_path(&path, &ReadOptions::default()) {
            Ok(capture) => {
                let documents = documents(&path).unwrap_or_else(|| panic!("{name}: read, and no JSON"));
                let expected = spans(&documents, capture.source.format);
                let Content::Traces(traces) = &capture.content else { panic!("{name}: traces") };
                let used = traces.spans.len() as u64;
                assert_eq!(used + capture.notes.samples_left_out(), expected, "{name}");
                assert_eq!((capture.records_used(), capture.notes.records()), (used, expected), "{name}");
                // Every trace has its spans in one place, and they have theirs.
                let in_traces: usize = traces.traces.iter().map(|trace| trace.spans.len()).sum();
                assert_eq!(in_traces as u64, used, "{name}");
                (read, total) = (read + 1, total + expected);
            }
            Err(error) => {
                // Which of them and why is in `trace_captures.rs`.
                let code = error.kind.code();
                assert!(["unsupported_format", "unknown_format"].contains(&code), "{name}: {error}");
                refused += 1;
            }
        }
    }
    println!("{read} files of {total} spans read, {refused} refused");
    assert!(read >= 130 && refused <= 9 && total > 100_000, "{read}, {refused}, {total}");
}
