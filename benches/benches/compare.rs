//! Comparing and rendering: after both captures are read.

#![allow(missing_docs, reason = "criterion's macros make public items")]

use analyzer_core::render::RENDERERS;
use analyzer_core::{CompareOptions, Question, compare, folded_diff};
use analyzer_formats::{ReadOptions, read_bytes};
use benches::generate::folded::{Side, distinct};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn comparison(criterion: &mut Criterion) {
    let read =
        |bytes: &[u8]| read_bytes("bench", bytes, &ReadOptions::default()).expect("the corpus is read");
    let options = CompareOptions::default();
    let small = ["before", "after"].map(|side| read(&benches::corpus(&format!("rust/{side}.folded.gz"))));
    let large = [Side::Before, Side::After].map(|side| read(&distinct(16 << 20, side)));
    let mut group = criterion.benchmark_group("compare");
    group.sample_size(10);
    for (name, [before, after]) in [("corpus", &small), ("distinct", &large)] {
        let report = compare(before, after, &options).expect("both count samples");
        let first = report.plateaus.first().map(|row| row.function.as_str());
        assert!(name != "corpus" || first == Some("orderflow::risk::match_blocklist"), "{name}: {first:?}");
        group.bench_function(format!("{name}/report"), |bencher| {
            bencher.iter(|| compare(black_box(before), black_box(after), &options));
        });
        group.bench_function(format!("{name}/folded_diff"), |bencher| {
            bencher.iter(|| {
                folded_diff(
                    &Question::pair(black_box(before), black_box(after)),
                    &options,
                    &mut std::io::sink(),
                )
            });
        });
        for renderer in RENDERERS {
            group.bench_function(format!("{name}/{}", renderer.name()), |bencher| {
                bencher.iter(|| {
                    let mut out = Vec::new();
                    renderer.render(black_box(&report), &mut out).map(|()| out.len())
                });
            });
        }
    }
    group.finish();
}

criterion_group!(groups, comparison);
criterion_main!(groups);
