//! What makes two captures hard to compare.

use super::build::{Inputs, left_out_pct};
use super::{Comparability, words};
use crate::tree::ROOT;
use crate::value::Measure;
use analyzer_formats::{Capture, FrameKind, NoteKind, Profile};

/// Below this share in functions of both captures, they are hardly of one program.
const COMMON_PCT: f64 = 25.0;
/// Above this share in code without symbols, the list of functions says little.
const UNKNOWN_PCT: f64 = 25.0;
/// Fewer samples than this show hardly any difference.
const FEW_SAMPLES: i128 = 100;

/// The warnings, those on both captures first.
pub(super) fn comparability(inputs: &Inputs<'_>) -> Vec<Comparability> {
    let mut warnings = Vec::new();
    let mut warn = |code, text| warnings.push(Comparability { code, severity: "warning", text });
    let (before, after) = inputs.captures;
    if before.source.digest.is_some() && before.source.digest == after.source.digest {
        warn("same_file", words::same_file(&before.source.name));
    }
    let starts = (inputs.profiles.0.meta.start_ns, inputs.profiles.1.meta.start_ns);
    if let (Some(first), Some(second)) = starts
        && first > second
    {
        warn("order", words::reversed(&before.source.name, &after.source.name));
    }
    if let Some(common) = common_pct(inputs).filter(|&common| common < COMMON_PCT) {
        warn("few_common_functions", words::few_in_common(common));
    }
    let (measure, ..) = &inputs.measures[0];
    let counts = inputs.tree.total[ROOT].count;
    let sides: [(&Capture, &Profile, &Measure, i128); 2] = [
        (before, inputs.profiles.0, &measure.before, counts.before),
        (after, inputs.profiles.1, &measure.after, counts.after),
    ];
    for (capture, profile, measure, samples) in sides {
        let name = &capture.source.name;
        if let Some(lost) = profile.meta.lost_events.filter(|&lost| lost > 0) {
            warn("lost_events", words::lost_events(name, lost));
        }
        let left_out = left_out_pct(capture, profile);
        if left_out > 0.0 {
            warn("left_out", words::left_out(name, left_out));
        }
        for note in capture.notes.iter().filter(|note| note.kind == NoteKind::Damaged) {
            warn("damaged", format!("{name}: {note}"));
        }
        if inputs.noise.is_some() && samples < FEW_SAMPLES {
            warn("few_samples", words::few_samples(name, samples as i64));
        }
        if let Some(unknown) = unknown_pct(profile, measure).filter(|&unknown| unknown >= UNKNOWN_PCT) {
            warn("unknown_symbols", words::unknown(name, unknown));
        }
    }
    warnings
}

/// The share of both captures together that is in functions that both have; `None` when one is empty.
fn common_pct(inputs: &Inputs<'_>) -> Option<f64> {
    let whole = inputs.tree.total[ROOT].value;
    if whole.before <= 0 || whole.after <= 0 {
        return None;
    }
    let in_both = inputs.functions.iter().filter(|function| {
        let total = function.total.value;
        total.before != 0 && total.after != 0
    });
    let share = |value: i128, whole: i128| value as f64 / whole as f64;
    let shares = in_both.map(|function| {
        let own = function.own.value;
        (share(own.before, whole.before) + share(own.after, whole.after)) / 2.0
    });
    Some(100.0 * shares.sum::<f64>().max(0.0))
}

/// The share of a measure whose leaf frame has no symbol, in percent; `None` when there is nothing.
pub(crate) fn unknown_pct(profile: &Profile, measure: &Measure) -> Option<f64> {
    let samples = &profile.series[measure.series.index()].samples;
    let (mut unknown, mut whole) = (0i128, 0i128);
    for (row, stack) in samples.stacks.iter().enumerate() {
        let value = measure.value(samples, row);
        whole += value;
        let leaf = stack.map(|stack| profile.frame(profile.stack(stack).frame).kind);
        if leaf == Some(FrameKind::Unknown) {
            unknown += value;
        }
    }
    (whole > 0).then(|| (1e4 * 100.0 * unknown as f64 / whole as f64).round() / 1e4)
}
