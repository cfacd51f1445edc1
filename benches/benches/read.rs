//! Reading: bytes of unpacked input per second, for each format.

#![allow(missing_docs, reason = "criterion's macros make public items")]

use analyzer_formats::{Capture, Content, ReadOptions, read_bytes};
use benches::generate::folded::{self, Side};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const SIZE: usize = 32 << 20;

fn read(bytes: &[u8]) -> Capture {
    read_bytes("bench", bytes, &ReadOptions::default()).expect("the corpus is read")
}

/// Sample records or spans of a capture.
fn records(capture: &Capture) -> u64 {
    match &capture.content {
        Content::Profile(profile) => profile.series.iter().map(|series| series.records).sum(),
        Content::Traces(traces) => traces.spans.len() as u64,
    }
}

fn readers(criterion: &mut Criterion) {
    let perf = benches::corpus("rust/before.perf.txt.gz");
    let stacks = benches::corpus("rust/before.folded.gz");
    let pprof = benches::corpus("go/before.cpu.pb.gz");
    let jaeger = benches::corpus("services/before.jaeger.json.gz");
    let times = |text: &[u8]| SIZE.div_ceil(text.len()) as u64;
    let inputs = [
        ("perf_script", folded::repeated(&perf, SIZE), 13_162 * times(&perf)),
        ("folded", folded::repeated(&stacks, SIZE), 665 * times(&stacks)),
        ("folded_distinct", folded::distinct(SIZE, Side::Before), 0),
        ("pprof", pprof, 0),
        ("jaeger", jaeger, 2_520),
    ];
    let mut group = criterion.benchmark_group("read");
    group.sample_size(10);
    for (name, bytes, expected) in inputs {
        let found = records(&read(&bytes));
        assert!(
            found > 0 && (expected == 0 || found == expected),
            "{name}: {found} records, expected {expected}"
        );
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| records(&read(black_box(&bytes)))));
    }
    group.finish();
}

criterion_group!(groups, readers);
criterion_main!(groups);
