//! Heap profiles: samples behind amounts, and the scale at which one row tells what happened.

#![allow(clippy::unwrap_used)]

use analyzer_core::plateau::Tier;
use analyzer_core::scale::ScaleMode;
use analyzer_core::{CompareOptions, FoldedValues, compare};
use analyzer_formats::{
    Capture, Content, Frame, FrameKind, Function, ProfileBuilder, ReadOptions, ValueType, read_bytes,
};

/// A heap profile: functions with their callers and how much they allocated.
fn heap(functions: &[(String, String, i64)]) -> Capture {
    let mut builder = ProfileBuilder::default();
    let value_types =
        [builder.value_type(b"alloc_objects", b"count"), builder.value_type(b"alloc_space", b"bytes")];
    let series = builder.series(&value_types);
    for (caller, name, objects) in functions {
        let mut stack = None;
        for name in ["main", caller, name] {
            let name = builder.string(name.as_bytes());
            let function = builder.function(Function { name, system_name: None, file: None, start_line: 0 });
            let frame = builder.frame(Frame { function, mapping: None, line: 0, kind: FrameKind::User });
            stack = Some(builder.stack(stack, frame));
        }
        builder.sample(series, stack, &[*objects, objects * (1 << 20)], None);
    }
    let (name, unit) = (builder.string(b"space"), builder.string(b"bytes"));
    builder.meta.period_type = Some(ValueType { name, unit, decimals: 0 });
    builder.meta.period = Some(512 << 10);
    let mut capture = read_bytes("heap", b"a;b 1\n", &ReadOptions::default()).unwrap();
    capture.content = Content::Profile(builder.finish());
    capture
}

/// Half of what is allocated is in `decode`, in many functions.
fn half_decoding(decode: i64, others: i64) -> Capture {
    let rows = |caller: &'static str, factor: i64| {
        (0..40).map(move |n| (caller.to_owned(), format!("{caller}{n}"), (100 + 3 * n) * factor / 100))
    };
    heap(&rows("decode", decode).chain(rows("render", others)).collect::<Vec<_>>())
}

#[test]
fn half_of_a_heap_that_grows_together_is_one_row() {
    let (before, after) = (half_decoding(100, 100), half_decoding(210, 100));
    let report = compare(&before, &after, &CompareOptions::default()).unwrap();
    assert_eq!((report.plateaus[0].function.as_str(), report.plateaus[0].tier), ("decode", Tier::Grew));
    assert_eq!(report.scale.mode, ScaleMode::Absolute);
    let back = compare(&after, &before, &CompareOptions::default()).unwrap();
    assert_eq!((back.plateaus[0].function.as_str(), back.plateaus[0].tier), ("decode", Tier::Shrank));
}

#[test]
fn more_load_makes_no_part_of_a_heap_grow() {
    let report =
        compare(&half_decoding(100, 100), &half_decoding(150, 150), &CompareOptions::default()).unwrap();
    assert_eq!(report.scale.mode, ScaleMode::Reference);
    assert!(report.plateaus.iter().all(|row| row.tier != Tier::Grew), "{:?}", report.plateaus);
    assert!(report.before.samples.unwrap() > 1000, "{:?}", report.before.samples);
}

#[test]
fn lines_of_less_than_a_period_are_parts_of_samples() {
    let folded = |text: String| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
    let lines = |value: &str| folded((0..100).map(|n| format!("main;f{} {value}\n", n % 20)).collect());
    let report = |before: &str, after: &str| {
        let folded = FoldedValues { unit: None, period: Some(100) };
        compare(&lines(before), &lines(after), &CompareOptions { folded, ..CompareOptions::default() })
            .unwrap()
    };
    let halves = report("50", "99");
    assert_eq!((halves.before.samples, halves.after.samples), (Some(50), Some(99)));
    assert_eq!(halves.plateaus.len(), 0, "all grew alike");
    // Less than one sample in all.
    let few = report("0.01", "0.02");
    assert_eq!((few.before.samples, few.after.samples), (Some(0), Some(0)));
    assert!(few.comparability.iter().any(|row| row.code == "few_samples"), "{:?}", few.comparability);
    let noise = few.noise.unwrap();
    assert!(noise.phi.is_finite() && noise.detectable_pct.share_10.is_finite(), "{noise:?}");
    assert!(few.scale.k.is_finite() && (few.scale.k - 2.0).abs() < 0.01, "{:?}", few.scale);
}

#[test]
fn more_samples_than_are_counted_are_told() {
    let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
    let huge = |last: i64| read(&format!("main;a {0}\nmain;b {0}\nmain;c {last}\n", i64::MAX));
    let folded = FoldedValues { unit: Some("count".to_owned()), period: None };
    let report =
        compare(&huge(3), &huge(4), &CompareOptions { folded, ..CompareOptions::default() }).unwrap();
    assert_eq!(report.before.samples, Some(i64::MAX));
    assert!(
        report.comparability.iter().any(|row| row.code == "counts_too_large"),
        "{:?}",
        report.comparability
    );
}
