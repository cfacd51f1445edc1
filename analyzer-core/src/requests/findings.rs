//! The findings about requests as reports carry them: names, units and order decided.

use crate::stats::Chances;
use serde::Serialize;

/// What requests of two sets, or slow and usual ones of one set, tell.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Findings {
    /// What is compared: `sets`, or `slow_and_usual` requests of one set, in which case before are the usual ones and after
    /// the slow ones; or nothing, and both sides are `all` requests of one set, of which there are too few to tell slow
    /// ones from usual ones.
    pub compared: &'static str,
    /// What the intervals rest on: `captures`, `stretches` or `none`.
    pub evidence: &'static str,
    /// The mean request of both sides, and what the mix of requests did to it.
    pub mean: MeanChange,
    /// All requests together, then groups by how much they weigh.
    pub groups: Vec<Group>,
    /// Services by how much their part changed.
    pub services: Vec<Service>,
    /// What each frame did to the mean request.
    pub contributions: Vec<ContributionRow>,
    /// How likely noise alone makes the part of any frame change as surely as that of the surest one did; `None` without
    /// evidence.
    #[serde(skip)]
    pub chances: Option<Chances>,
    /// Known patterns, those that take most first.
    pub causes: Vec<Cause>,
    /// Calls that are new, gone, or made more or less often.
    pub structure: Vec<StructureRow>,
    /// Tags that one side has more of.
    pub tags: Vec<TagRow>,
    /// One request of each side that shows what changed most, as bars over time; null where a side has none.
    pub exemplars: [Option<Waterfall>; 2],
    /// Where each side is one request: its spans beside those of the other.
    pub pair: Option<Vec<PairRow>>,
    /// What the requests are worth as a sample.
    pub quality: QualityRow,
}

impl Findings {
    /// The contribution that the exemplars show: the first that grew, else the largest change.
    #[must_use]
    pub fn shown(&self) -> Option<&ContributionRow> {
        shown(&self.contributions)
    }
}

/// See [`Findings::shown`].
pub(super) fn shown(rows: &[ContributionRow]) -> Option<&ContributionRow> {
    let size = |row: &&ContributionRow| row.delta_us_per_request.abs();
    let largest = || rows.iter().rev().max_by(|one, other| size(one).total_cmp(&size(other)));
    rows.iter().find(|row| row.tier == "grew").or_else(largest)
}

/// The mean request.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct MeanChange {
    /// Before, microseconds.
    pub before_us: f64,
    /// After, microseconds.
    pub after_us: f64,
    /// What a different mix of requests did, microseconds.
    pub mix_us: f64,
}

/// Requests of one group.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// What was asked for; null for all requests.
    pub root: Option<String>,
    /// All of one set, usual, slow and others; null where two sets are compared.
    pub all: Option<GroupSide>,
    /// Before.
    pub before: GroupSide,
    /// After.
    pub after: GroupSide,
    /// The changes of the percentiles.
    pub p50_change: Option<Change>,
    /// See `p50_change`.
    pub p90_change: Option<Change>,
    /// See `p50_change`.
    pub p95_change: Option<Change>,
    /// See `p50_change`.
    pub p99_change: Option<Change>,
    /// The change of the share of failed requests, percent.
    pub error_change: Option<ChangePct>,
}

/// One side of a group.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct GroupSide {
    /// Requests.
    pub n: u64,
    /// Median, microseconds; null with too few requests, as the others.
    pub p50_us: Option<f64>,
    /// 90th percentile.
    pub p90_us: Option<f64>,
    /// 95th percentile.
    pub p95_us: Option<f64>,
    /// 99th percentile.
    pub p99_us: Option<f64>,
    /// Failed requests, percent.
    pub error_pct: f64,
}

/// A change with its interval, microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Change {
    /// After less before.
    pub us: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A change of a share with its interval, percentage points.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ChangePct {
    /// After less before.
    pub points: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One service.
#[derive(Clone, Debug, Serialize)]
pub struct Service {
    /// Its name.
    pub service: String,
    /// Its time on the critical path per request, before.
    pub before_us_per_request: f64,
    /// The same, after.
    pub after_us_per_request: f64,
    /// The same over all requests of one set, usual, slow and others; null where two sets are compared.
    pub all_us_per_request: Option<f64>,
    /// The calls that it answered in all of one set; null where two sets are compared.
    pub all: Option<GroupSide>,
    /// The calls that it answered before: those of its spans whose parent is of another service, or that have none.
    pub before: GroupSide,
    /// The same, after.
    pub after: GroupSide,
    /// The changes of the percentiles of how long it took to answer.
    pub p50_change: Option<Change>,
    /// See `p50_change`.
    pub p90_change: Option<Change>,
    /// See `p50_change`.
    pub p95_change: Option<Change>,
    /// See `p50_change`.
    pub p99_change: Option<Change>,
    /// The change of the share of failed calls, percent.
    pub error_change: Option<ChangePct>,
}

/// What one frame did.
#[derive(Clone, Debug, Serialize)]
pub struct ContributionRow {
    /// From 1.
    pub rank: u32,
    /// `service: operation`, `net:caller -> callee` or `remote:callee: operation`.
    pub frame: String,
    /// Whether it is the way between two services.
    pub edge: bool,
    /// From the root to the frame in a request that has it.
    pub path: Vec<String>,
    /// Its time per request, before.
    pub before_us_per_request: f64,
    /// The same, after.
    pub after_us_per_request: f64,
    /// What it did to the mean request, microseconds.
    pub delta_us_per_request: f64,
    /// Lower end of its interval; null where requests are too few.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Calls per request, before.
    pub before_calls: f64,
    /// The same, after.
    pub after_calls: f64,
    /// Change of calls per request.
    pub delta_calls: f64,
    /// What more or fewer calls did, microseconds per request.
    pub calls_us_per_request: f64,
    /// Change of the time of a call, microseconds.
    pub delta_us_per_call: f64,
    /// `grew`, `may_have_grown`, `shrank`, `may_have_shrunk` or `unquantified`.
    pub tier: &'static str,
    /// Requests to look at, by trace id.
    pub exemplars: Vec<String>,
}

/// A known pattern.
#[derive(Clone, Debug, Serialize)]
pub struct Cause {
    /// Stable code.
    pub code: &'static str,
    /// What was found, in words.
    pub title: String,
    /// What it is about, named as in contributions; null where it is the whole.
    pub frame: Option<String>,
    /// The statement, its values left out; null where there is none.
    pub statement: Option<String>,
    /// Requests that have it, percent, before.
    pub before_pct: f64,
    /// The same, after.
    pub after_pct: f64,
    /// What it takes of the mean request of after beyond that of before, microseconds on the critical path; of one set
    /// what it takes of slow requests.
    pub us_per_request: f64,
    /// What a request would be shorter by without it, microseconds.
    pub saving_us: f64,
    /// Requests to look at, by trace id.
    pub exemplars: Vec<String>,
}

/// A call of one operation by another.
#[derive(Clone, Debug, Serialize)]
pub struct StructureRow {
    /// `new`, `gone`, `more` or `fewer`.
    pub code: &'static str,
    /// Who calls.
    pub caller: String,
    /// What is called.
    pub called: String,
    /// Requests that have the call, percent, before.
    pub before_pct: f64,
    /// The same, after.
    pub after_pct: f64,
    /// Calls per request, before.
    pub before_calls: f64,
    /// The same, after.
    pub after_calls: f64,
    /// Lower end of the interval of the change of calls per request.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Requests to look at, by trace id.
    pub exemplars: Vec<String>,
}

/// One request as bars over time.
#[derive(Clone, Debug, Serialize)]
pub struct Waterfall {
    /// Its trace.
    pub trace_id: String,
    /// How long it took, microseconds.
    pub duration_us: f64,
    /// Its spans, parents before children, those of a parent in the order of their start; the ones that matter where
    /// there are many.
    pub bars: Vec<Bar>,
    /// Spans that are not among the bars.
    pub left_out: u64,
}

/// A span of a waterfall. Times in microseconds from the start of the request.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// Ancestors.
    pub depth: u32,
    /// Its service.
    pub service: String,
    /// `service: operation`.
    pub frame: String,
    /// Its start; negative where clocks differ.
    pub start_us: f64,
    /// Its end.
    pub end_us: f64,
    /// The stretches that the request waited for it, from and to.
    pub waited_us: Vec<(f64, f64)>,
    /// Whether it failed.
    pub failed: bool,
    /// Whether it is of the frame that the waterfall is to show.
    pub marked: bool,
    /// Later calls of the same operation by the same span that are not among the bars.
    pub more: Option<More>,
}

/// Calls told beside a bar. Times in microseconds from the start of the request.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct More {
    /// How many.
    pub count: u64,
    /// The start of the first of them.
    pub start_us: f64,
    /// The end of the one that ends last.
    pub end_us: f64,
    /// What the request waited for them and for what they call.
    pub waited_us: f64,
}

/// A span of one request and what it is in the other.
#[derive(Clone, Debug, Serialize)]
pub struct PairRow {
    /// Ancestors.
    pub depth: u32,
    /// `service: operation`.
    pub frame: String,
    /// How long it took before; null where that request has no such span.
    pub before_us: Option<f64>,
    /// The same, after.
    pub after_us: Option<f64>,
    /// Its own time on the critical path, before.
    pub before_path_us: f64,
    /// The same, after.
    pub after_path_us: f64,
}

/// Tags that go together.
#[derive(Clone, Debug, Serialize)]
pub struct TagRow {
    /// The service that has them.
    pub service: String,
    /// As `key=value`.
    pub pairs: Vec<String>,
    /// Requests that have them, percent, before.
    pub before_pct: f64,
    /// The same, after.
    pub after_pct: f64,
    /// The share of such findings that are chance, at most.
    pub q: f64,
}

/// What the requests are worth as a sample.
#[derive(Clone, Debug, Default, Serialize)]
pub struct QualityRow {
    /// Spans whose parent is in no file.
    pub orphans: u64,
    /// Spans that stood in a file twice.
    pub duplicates: u64,
    /// Spans that lie outside the span of another service that waits for them.
    pub skewed: u64,
    /// Why the requests may be no fair sample.
    pub selection_warnings: Vec<String>,
}
