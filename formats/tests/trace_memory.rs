//! What a million spans take in memory, counted by the allocator. The spans are those of the corpus again and again under
//! ids of their own, as Jaeger writes them, about 0.9 GB of text that is mapped and not counted:
//!
//! ```text
//! cargo test --release -p analyzer-formats --test trace_memory -- --ignored --nocapture
//! ```

#![allow(clippy::unwrap_used)]

use analyzer_formats::{Content, ReadOptions, Tags, read_path};
use cap::Cap;
use std::alloc::System;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

#[global_allocator]
static ALLOCATED: Cap<System> = Cap::new(System, usize::MAX);

const SPANS: usize = 1_000_000;
/// What the finished model may take, and reading it.
const MOST_BYTES: usize = 200_000_000;
const MOST_WHILE_READING: usize = 250_000_000;

/// Writes the traces of the corpus `copies` times; in each copy ids begin with six digits of its own.
fn write(path: &Path, copies: usize) {
    let corpus =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/captures/services/before.jaeger.json.gz");
    let mut text = String::new();
    let packed = std::fs::read(corpus).unwrap();
    flate2::read::MultiGzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    let data = text.strip_prefix("{\"data\":[").unwrap();
    let (data, rest) = data.rsplit_once("],\"total\"").unwrap();
    let mut places: Vec<usize> = ["\"traceID\":\"", "\"spanID\":\""]
        .iter()
        .flat_map(|key| data.match_indices(key).map(|(at, found)| at + found.len()))
        .collect();
    places.sort_unstable();
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    out.write_all(b"{\"data\":[").unwrap();
    for copy in 0..copies {
        if copy > 0 {
            out.write_all(b",").unwrap();
        }
        let mut at = 0;
        for &place in &places {
            out.write_all(&data.as_bytes()[at..place]).unwrap();
            write!(out, "{copy:06x}").unwrap();
            at = place + 6;
        }
        out.write_all(&data.as_bytes()[at..]).unwrap();
    }
    write!(out, "],\"total\"{rest}").unwrap();
    out.flush().unwrap();
}

#[test]
#[ignore = "writes a file of 0.9 GB"]
fn a_million_spans_take_less_than_200_mb() {
    const OF_CORPUS: usize = 2520;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("million.json");
    write(&path, SPANS.div_ceil(OF_CORPUS));
    // The allocator keeps the most of the whole process: the smaller comes first.
    for tags in [Tags::Needed, Tags::All] {
        let before = ALLOCATED.allocated();
        let capture = read_path(&path, &ReadOptions { tags, ..ReadOptions::default() }).unwrap();
        let (held, peak) = (ALLOCATED.allocated() - before, ALLOCATED.max_allocated() - before);
        let Content::Traces(traces) = &capture.content else { panic!("traces") };
        let spans = traces.spans.len();
        assert!(spans >= SPANS && capture.notes.losses().next().is_none(), "{:?}", capture.notes);
        println!(
            "{tags:?}: {spans} spans of {} traces, {} strings, {} tags: {held} bytes, {} a span; peak while reading {peak}, {} a span",
            traces.traces.len(),
            traces.strings.len(),
            traces.tag_lists.len(),
            held / spans,
            peak / spans
        );
        assert!(held < MOST_BYTES && peak < MOST_WHILE_READING, "{tags:?}: {held}, {peak}");
    }
}
