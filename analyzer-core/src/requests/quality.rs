//! What the traces of a side are worth as a sample of what happened: flaws of theirs, and how they were chosen.

use super::set::Set;
use crate::spans::skew;
use analyzer_formats::{Link, Notes, Traces};

/// Flaws and warnings of both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Quality {
    /// Spans whose parent is in no file.
    pub(super) orphans: u64,
    /// Spans that stood in a file twice.
    pub(super) duplicates: u64,
    /// Spans of another clock that lie outside the span that waits for them.
    pub(super) skewed: u64,
    /// Sentences that say why the requests may not be those that happened.
    pub(super) selection: Vec<String>,
}

/// Sizes that searches are cut at.
const LIMITS: [usize; 9] = [20, 50, 100, 200, 500, 1000, 1500, 2000, 5000];
/// One side took this many times as long to record as the other.
const WINDOWS_APART: f64 = 2.0;
/// Where requests were chosen by how long they took, none lies below this share of their median.
const CUT_OFF: f64 = 0.8;
/// So many requests show that none is short.
const FEWEST: usize = 30;

/// The flaws of one capture.
pub(super) fn flaws(traces: &Traces, notes: &Notes) -> Quality {
    let spans = &traces.spans;
    let orphans = spans.link.iter().filter(|&&link| link == Link::Orphan).count() as u64;
    let duplicates = notes.iter().filter(|note| note.code == "span_duplicate").map(|note| note.count).sum();
    let skewed = skew(traces).skewed;
    Quality { orphans, duplicates, skewed, selection: Vec::new() }
}

/// How the requests of both sides seem to be chosen. `is_sampled` says of each side whether spans have tags of samplers.
pub(super) fn selection(sets: [&Set; 2], is_sampled: [bool; 2]) -> Vec<String> {
    let mut warnings = Vec::new();
    for ((side, set), is_sampled) in ["before", "after"].into_iter().zip(sets).zip(is_sampled) {
        let count = set.requests.len();
        if LIMITS.contains(&count) {
            warnings.push(format!(
                "{side} holds {count} traces, which looks like the limit of a search: they may be no fair sample"
            ));
        }
        if let Some((least, median)) = cut_off(set) {
            warnings.push(format!(
                "no request of {side} took less than {}, {:.0} % of their median: they seem to be chosen by duration",
                crate::report::units::duration(least),
                100.0 * least as f64 / median as f64
            ));
        }
        if is_sampled {
            warnings.push(format!("{side} was sampled (tags sampler.*): rare requests may be missing"));
        }
    }
    let [before, after] = sets.map(window);
    if let (Some(before), Some(after)) = (before, after)
        && (before / after > WINDOWS_APART || after / before > WINDOWS_APART)
    {
        warnings.push(format!(
            "before spans {}, after {}: load and time of day may differ",
            crate::report::units::duration(before as i64),
            crate::report::units::duration(after as i64)
        ));
    }
    warnings
}

/// The shortest request and the median, where none is short.
fn cut_off(set: &Set) -> Option<(i64, i64)> {
    let mut durations: Vec<i64> = set.requests.iter().map(|request| request.duration_ns).collect();
    durations.sort_unstable();
    let (least, median) = (*durations.first()?, durations[durations.len() / 2]);
    let largest = *durations.last()?;
    // Requests that all take the same time are no choice.
    let is_wide = largest as f64 > 2.0 * median as f64;
    (durations.len() >= FEWEST && is_wide && least as f64 > CUT_OFF * median as f64)
        .then_some((least, median))
}

/// From the first start to the last, nanoseconds.
fn window(set: &Set) -> Option<f64> {
    let (first, last) = (set.requests.first()?, set.requests.last()?);
    Some((last.start_ns - first.start_ns) as f64).filter(|&window| window > 0.0)
}

/// Whether spans have tags of samplers that leave out requests.
pub(super) fn is_sampled(traces: &Traces) -> bool {
    traces.tags.iter().any(|tag| {
        let is = |id, text: &[u8]| traces.strings.get(id) == text;
        is(tag.key, b"sampler.type")
            && matches!(tag.value, analyzer_formats::TagValue::Text(kind) if is(kind, b"probabilistic") || is(kind, b"ratelimiting") || is(kind, b"lowerbound"))
    })
}
