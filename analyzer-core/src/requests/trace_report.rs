//! The report on one set of traces: what `plateau trace` tells, every number and name decided.

use super::findings::Findings;
use super::one_set::{FrameRow, OneSet, one_set};
use super::paths::{RequestPath, Wanted};
use super::{RequestOptions, Thresholds};
use crate::account::Account;
use crate::report::{culprit, units};
use crate::spans::SpanMeasure;
use analyzer_formats::{Capture, Note, NoteKind};
use serde::Serialize;

/// The schema of the JSON output.
const SCHEMA: &str = "plateau-trace/1";

/// From so many calls per request on their number is said.
const MANY_CALLS: f64 = 1.5;

/// What to tell of a set of traces.
#[derive(Clone, Debug)]
pub struct TraceOptions<'a> {
    /// The question as the user asked it, for the report.
    pub command: String,
    /// What the mean request is divided by, and how its critical path is found.
    pub measure: SpanMeasure,
    /// The share of intervals that should hold the truth.
    pub confidence: f64,
    /// What matters.
    pub thresholds: Thresholds,
    /// Of which requests the critical path is told.
    pub paths: Wanted<'a>,
    /// Rows of the tables of text and Markdown.
    pub rows: usize,
    /// How many texts of the captures are hidden, where that was asked for.
    pub redacted: Option<usize>,
}

impl Default for TraceOptions<'_> {
    fn default() -> Self {
        TraceOptions {
            command: String::new(),
            measure: SpanMeasure::default(),
            confidence: 0.95,
            thresholds: Thresholds::default(),
            paths: Wanted::None,
            rows: 10,
            redacted: None,
        }
    }
}

/// What one set of traces tells.
#[derive(Clone, Debug, Serialize)]
pub struct TraceReport {
    /// `plateau-trace/1`.
    pub schema: &'static str,
    /// The version of plateau.
    pub version: &'static str,
    /// The question.
    pub command: String,
    /// The captures.
    pub files: Vec<TraceFile>,
    /// How many requests.
    pub requests: u64,
    /// Their spans.
    pub spans: u64,
    /// From the start of the first request to that of the last, nanoseconds; null of a single one.
    pub window_ns: Option<i64>,
    /// How long the mean request takes, microseconds.
    pub mean_us: f64,
    /// Slow requests, which are compared with usual ones; null where there are too few.
    pub slow_requests: Option<u64>,
    /// Usual requests.
    pub usual_requests: Option<u64>,
    /// What `frames` are measured by.
    pub value_type: TraceValueName,
    /// What the mean request is made of, what is most first.
    pub frames: Vec<FrameRow>,
    /// What traces tell, as in reports of two sets.
    pub traces: TracesOfOne,
    /// How many texts are hidden; null where that was not asked for.
    pub redacted: Option<usize>,
    /// The verdict, in a sentence.
    #[serde(skip)]
    pub text: String,
    /// Rows of tables.
    #[serde(skip)]
    pub rows: usize,
    /// The share of intervals that should hold the truth.
    #[serde(skip)]
    pub confidence: f64,
}

/// The findings of one set.
#[derive(Clone, Debug, Serialize)]
pub struct TracesOfOne {
    /// Slow requests beside usual ones.
    #[serde(flatten)]
    pub findings: Findings,
    /// The critical paths of the requests that were asked for, in the order of their starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_paths: Option<Vec<RequestPath>>,
}

/// One capture of the set.
#[derive(Clone, Debug, Serialize)]
pub struct TraceFile {
    /// Its path as given.
    pub file: String,
    /// The name of its format.
    pub format: &'static str,
    /// blake3 of the stored bytes; null when it was not computed.
    pub digest: Option<String>,
    /// What was read of it, in words: `2,520 spans, all used`.
    pub read: String,
    /// What its reader noted.
    pub notes: Vec<String>,
}

/// A value of spans.
#[derive(Clone, Debug, Serialize)]
pub struct TraceValueName {
    /// `critical_path`, `self`, `wall`, `calls` or `errors`.
    pub name: &'static str,
    /// `microseconds` or `count`.
    pub unit: &'static str,
}

/// Tells of captures that are taken for one set of requests. Those that hold no traces are not looked at.
#[must_use]
pub fn trace_report(captures: &[Capture], options: &TraceOptions<'_>) -> TraceReport {
    let SpanMeasure { value, path } = options.measure;
    let wanted = RequestOptions { confidence: options.confidence, thresholds: options.thresholds, path };
    let set = one_set(captures, &wanted, value, options.paths);
    let files = captures.iter().map(|capture| TraceFile {
        file: capture.source.name.clone(),
        format: capture.source.format,
        digest: capture.source.digest.clone(),
        read: Account::new(capture).sentence(),
        notes: capture
            .notes
            .iter()
            .filter(|note| note.kind != NoteKind::LeftOut)
            .map(Note::to_string)
            .collect(),
    });
    let (name, unit) = value.name_and_unit();
    let text = sentence(&set);
    TraceReport {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        command: options.command.clone(),
        files: files.collect(),
        requests: set.requests,
        spans: set.spans,
        window_ns: set.window_ns,
        mean_us: set.mean_us,
        slow_requests: set.slow_and_usual.map(|(slow, _)| slow),
        usual_requests: set.slow_and_usual.map(|(_, usual)| usual),
        value_type: TraceValueName { name, unit: if unit == "count" { "count" } else { "microseconds" } },
        frames: set.frames,
        traces: TracesOfOne {
            findings: set.findings,
            critical_paths: (options.paths != Wanted::None).then_some(set.paths),
        },
        redacted: options.redacted,
        text,
        rows: options.rows,
        confidence: options.confidence,
    }
}

/// What the set tells first: why slow requests are slow, or where the time of all goes.
fn sentence(set: &OneSet) -> String {
    if set.requests == 0 {
        return "The captures hold no request.".to_owned();
    }
    let mean = units::value(set.mean_us * 1e3, "nanoseconds");
    let mut text = match set.requests {
        1 => format!("The request takes {mean}"),
        _ => format!("The mean request takes {mean}"),
    };
    if let Some(first) = set.frames.first().filter(|_| set.mean_us > 0.0) {
        let calls = first.calls_per_request;
        let calls =
            if calls >= MANY_CALLS { format!(", {calls:.1} calls per request") } else { String::new() };
        text += &format!("; most of it is {} ({:.0} %{calls})", first.frame, first.share_pct);
    }
    text += ". ";
    let is_told = set.slow_and_usual.is_some();
    // Patterns that all requests have are no reason why slow ones are slower.
    let cause = set.findings.causes.first().filter(|cause| !is_told || !culprit::names(cause, &set.findings));
    text += &cause.map_or_else(String::new, |cause| format!("{}. ", cause.title));
    if is_told {
        return text + &culprit::sentence(&set.findings) + ".";
    }
    text + if set.requests == 1 {
        "One request alone tells nothing of slow and usual ones."
    } else {
        "There are too few requests of a kind to tell slow ones from usual ones (21 at least)."
    }
}
