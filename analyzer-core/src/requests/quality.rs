//! What the traces of a side are worth as a sample of what happened: flaws of theirs, and how they were chosen.

use super::set::{Request, Set};
use crate::report::units::duration;
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
    let mut windows = [0.0; 2];
    for (at, (side, set)) in ["before", "after"].into_iter().zip(sets).enumerate() {
        for capture in of_captures(set) {
            let count = capture.len();
            if LIMITS.contains(&count) {
                warnings.push(format!(
                    "{side} holds {count} traces, which looks like the limit of a search: they may be no fair sample"
                ));
            }
            windows[at] = window(&capture).max(windows[at]);
        }
        if let Some((least, median)) = cut_off(set) {
            warnings.push(format!(
                "no request of {side} took less than {}, {:.0} % of their median: they seem to be chosen by duration",
                duration(least),
                100.0 * least as f64 / median as f64
            ));
        }
        if is_sampled[at] {
            warnings.push(format!("{side} was sampled (tags sampler.*): rare requests may be missing"));
        }
    }
    warnings.dedup();
    let [before, after] = windows;
    if before.min(after) > 0.0 && before.max(after) > WINDOWS_APART * before.min(after) {
        warnings.push(format!(
            "a capture of before spans {}, one of after {}: load and time of day may differ",
            duration(before as i64),
            duration(after as i64)
        ));
    }
    warnings
}

/// The requests of each capture of a side, in the order of their starts.
fn of_captures(set: &Set) -> Vec<Vec<&Request>> {
    let mut captures: Vec<Vec<&Request>> = Vec::new();
    for request in &set.requests {
        let at = request.capture as usize;
        if captures.len() <= at {
            captures.resize_with(at + 1, Vec::new);
        }
        captures[at].push(request);
    }
    captures
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
fn window(requests: &[&Request]) -> f64 {
    match requests {
        [first, .., last] => last.start_ns.saturating_sub(first.start_ns) as f64,
        _ => 0.0,
    }
}

/// Whether spans have tags of samplers that leave out requests.
pub(super) fn is_sampled(traces: &Traces) -> bool {
    traces.tags.iter().any(|tag| {
        let is = |id, text: &[u8]| traces.strings.get(id) == text;
        is(tag.key, b"sampler.type")
            && matches!(tag.value, analyzer_formats::TagValue::Text(kind) if is(kind, b"probabilistic") || is(kind, b"ratelimiting") || is(kind, b"lowerbound"))
    })
}
