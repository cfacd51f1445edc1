//! One set of requests: what the mean request spends its time on, and why slow ones are slow.

use super::contributions::exemplars;
use super::findings::Findings;
use super::paths::{RequestPath, Wanted, paths};
use super::rows::{EXEMPLARS, path, us};
use super::set::{Groups, Set, Side, Source};
use super::{Question, RequestOptions, Whole, contributions, slow};
use crate::spans::{Frames, PathOptions, TraceValue};
use analyzer_formats::Capture;
use serde::Serialize;

/// What one set of requests tells.
#[derive(Clone, Debug)]
pub struct OneSet {
    /// How many requests.
    pub requests: u64,
    /// Their spans.
    pub spans: u64,
    /// From the start of the first request to that of the last, nanoseconds; none of a single one.
    pub window_ns: Option<i64>,
    /// How long the mean request takes, microseconds.
    pub mean_us: f64,
    /// What it is made of, what is most first.
    pub frames: Vec<FrameRow>,
    /// Slow requests beside usual ones, and what is known of all of them.
    pub findings: Findings,
    /// How many requests are slow, and how many usual; none where there are too few to tell.
    pub slow_and_usual: Option<(u64, u64)>,
    /// Critical paths of the requests that were asked for.
    pub paths: Vec<RequestPath>,
}

/// What one frame has of the mean request.
#[derive(Clone, Debug, Serialize)]
pub struct FrameRow {
    /// `service: operation`, `net:caller -> callee` or `remote:callee: operation`; the last two of time on the critical
    /// path only.
    pub frame: String,
    /// Whether it is the way between two services.
    pub edge: bool,
    /// From the root to the frame in the first of these requests.
    pub path: Vec<String>,
    /// Of the value, per request: times in microseconds.
    pub per_request: f64,
    /// Of the sum over all frames, percent.
    pub share_pct: f64,
    /// Requests that have it, percent.
    pub requests_pct: f64,
    /// Calls per request.
    pub calls_per_request: f64,
    /// Requests to look at, by trace id; none for frames beyond the first 100.
    pub exemplars: Vec<String>,
}

/// Frames beyond these have no examples.
const WITH_EXEMPLARS: usize = 100;

/// The names that rows are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) frames: &'a Frames,
    pub(super) groups: &'a Groups,
}

/// Compares the slow requests of one set with its usual ones: why are the slow ones slow?
#[must_use]
pub fn slow_requests(captures: &[Capture], options: &RequestOptions) -> Findings {
    one_set(captures, options, TraceValue::CriticalPath, Wanted::None).findings
}

/// What the requests of captures tell, which are taken for one set. Captures that hold no traces are not looked at.
///
/// Where there are too few requests to tell slow ones from usual ones, both sides of the findings are all of them.
#[must_use]
pub fn one_set(
    captures: &[Capture],
    options: &RequestOptions,
    value: TraceValue,
    wanted: Wanted<'_>,
) -> OneSet {
    let (mut frames, mut groups) = (Frames::default(), Groups::default());
    let sources = Source::all(captures, options.path, &mut frames);
    let set = Set::new(&sources, &mut groups);
    let all = Side { sources: &sources, set: &set };
    let parts = slow::split(&set, groups.names.len());
    let is_told = parts.iter().all(|part| !part.requests.is_empty());
    let sides = if is_told { [0, 1].map(|at: usize| Side { set: &parts[at], ..all }) } else { [all, all] };
    let whole = Whole { question: Question::Slow, sides, frames: &frames, groups: &groups };
    let mut findings = whole.findings(options, Some(all));
    if !is_told {
        findings.compared = "all";
    }
    let names = Names { frames: &frames, groups: &groups };
    let requests = &set.requests;
    let durations: i128 = requests.iter().map(|request| i128::from(request.duration_ns)).sum();
    let window = requests
        .first()
        .zip(requests.last())
        .map(|(first, last)| last.start_ns.saturating_sub(first.start_ns));
    OneSet {
        requests: requests.len() as u64,
        spans: sources.iter().map(|source| source.traces.spans.len() as u64).sum(),
        window_ns: window.filter(|&window| window > 0),
        mean_us: us(durations as f64) / requests.len().max(1) as f64,
        frames: frame_rows(all, names, value),
        findings,
        slow_and_usual: is_told.then(|| (parts[1].requests.len() as u64, parts[0].requests.len() as u64)),
        paths: paths(all, names, wanted),
    }
}

/// The frames of the mean request by how much they have of it. Time on the critical path is put down to ways and to callees
/// without spans too, other values to operations alone.
fn frame_rows(all: Side<'_>, names: Names<'_>, value: TraceValue) -> Vec<FrameRow> {
    let frames = names.frames.len();
    let (mut sums, mut calls, mut with) = (vec![0i128; frames], vec![0u64; frames], vec![0u64; frames]);
    for cost in &all.set.costs {
        let at = cost.frame as usize;
        sums[at] += i128::from(cost.time_ns);
        calls[at] += u64::from(cost.calls);
        with[at] += 1;
    }
    if !value.is_critical_path() {
        (sums, calls) = (vec![0; frames], vec![0; frames]);
        for Source { traces, frames, path, .. } in all.sources {
            let worth = value.of_spans(traces, path.children().clone(), PathOptions::default());
            for (worth, &frame) in worth.into_iter().zip(&frames.work) {
                sums[frame as usize] += i128::from(worth);
                calls[frame as usize] += 1;
            }
        }
        with = requests_with(all, frames);
    }
    let whole: i128 = sums.iter().sum();
    let requests = all.set.requests.len().max(1) as f64;
    let (_, unit) = value.name_and_unit();
    let mut order: Vec<u32> = (0..frames as u32).filter(|&frame| sums[frame as usize] > 0).collect();
    let name = |frame: u32| &names.frames.get(frame).name;
    order.sort_by(|&one, &other| {
        sums[other as usize].cmp(&sums[one as usize]).then_with(|| name(one).cmp(name(other)))
    });
    let rows = order.into_iter().enumerate().map(|(rank, frame)| {
        let at = frame as usize;
        let worth = if unit == "count" { sums[at] as f64 } else { us(sums[at] as f64) };
        // A request's costs are by the frame of its path, in which callers' sides of calls have others.
        let shown = if rank < WITH_EXEMPLARS { exemplars(all.set, frame, EXEMPLARS) } else { Vec::new() };
        FrameRow {
            frame: name(frame).clone(),
            edge: contributions::is_edge(names.frames, frame),
            path: shown
                .first()
                .map_or_else(Vec::new, |request| path(names.frames, all.source(request), request, frame)),
            per_request: worth / requests,
            share_pct: 100.0 * sums[at] as f64 / whole.max(1) as f64,
            requests_pct: 100.0 * with[at] as f64 / requests,
            calls_per_request: calls[at] as f64 / requests,
            exemplars: shown.iter().map(|request| all.trace_id(request)).collect(),
        }
    });
    rows.collect()
}

/// In how many requests each operation is.
fn requests_with(all: Side<'_>, frames: usize) -> Vec<u64> {
    let mut with = vec![0; frames];
    let mut last = vec![usize::MAX; frames];
    for (at, request) in all.set.requests.iter().enumerate() {
        let source = all.source(request);
        for span in source.traces.traces[request.trace as usize].spans.clone() {
            let frame = source.frames.work[span] as usize;
            if last[frame] != at {
                last[frame] = at;
                with[frame] += 1;
            }
        }
    }
    with
}
