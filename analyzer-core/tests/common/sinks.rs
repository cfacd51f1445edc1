//! Everything that can be made of a capture, for tests and fuzz targets: no sink may panic, whatever was read.

use analyzer_core::info::info;
use analyzer_core::render::RENDERERS;
use analyzer_core::spans::{self, TraceValue};
use analyzer_core::{CompareOptions, Order, compare, flat, folded_diff};
use analyzer_formats::folded::{self, FrameText, Values};
use analyzer_formats::{Capture, Content, Profile, ReadOptions, SeriesId, pprof, read_bytes};
use std::borrow::Cow;

/// Makes every output of a capture and hands it to `each` with the name of the sink.
///
/// # Panics
/// When an output is not what its format demands, or what is written as pprof is not read with the same sums.
pub(crate) fn every_output(capture: &Capture, mut each: impl FnMut(&str, &[u8])) {
    let profile = match &capture.content {
        Content::Profile(profile) => Cow::Borrowed(profile),
        Content::Traces(traces) => Cow::Owned(spans::project(traces, TraceValue::CriticalPath)),
    };
    for index in 0..profile.series.len() {
        written(&profile, SeriesId::new(index), &mut each);
    }
    each("info", &serde_json::to_vec(&info(capture)).expect("an info is JSON"));
    if let Ok(flat) = flat(capture, None, TraceValue::SelfTime, Order::Own) {
        each("show", &serde_json::to_vec(&flat).expect("a table is JSON"));
    }
    let options = CompareOptions::default();
    let mut out = Vec::new();
    if folded_diff(&analyzer_core::Question::pair(capture, capture), &options, &mut out).is_ok() {
        each("folded-diff", &out);
    }
    let Ok(report) = compare(capture, capture, &options) else { return };
    for renderer in RENDERERS {
        let mut out = Vec::new();
        renderer.render(&report, &mut out).expect("memory does not fail");
        let text = std::str::from_utf8(&out).expect("reports are UTF-8");
        if renderer.name() == "json" {
            serde_json::from_str::<serde_json::Value>(text).expect("the JSON report is JSON");
        }
        each(renderer.name(), &out);
    }
}

fn written(profile: &Profile, id: SeriesId, each: &mut impl FnMut(&str, &[u8])) {
    let series = &profile.series[id.index()];
    let mut out = Vec::new();
    for column in 0..series.value_types.len() {
        out.clear();
        folded::write(profile, id, Values::Column(column), FrameText::Line, &mut out)
            .expect("memory does not fail");
        each("folded", &out);
    }
    out.clear();
    if pprof::write(profile, id, &mut out).is_err() {
        return;
    }
    each("pprof", &out);
    let options = ReadOptions { from: Some("pprof"), ..ReadOptions::default() };
    let again = read_bytes("written", &out, &options).expect("what is written is read");
    let Content::Profile(again) = &again.content else { panic!("pprof is a profile") };
    // Where rows count samples, the counts stand in front.
    let offset = usize::from(series.samples.counts.is_some());
    for column in 0..series.value_types.len() {
        assert_eq!(again.series[0].sum(offset + column), series.sum(column), "column {column}");
    }
}
