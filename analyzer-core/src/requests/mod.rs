//! Requests of two sets of traces: what became of their latency, what explains it, and how sure that is.
//!
//! | file | holds |
//! |---|---|
//! | `set.rs` | requests of one side and their costs |
//! | `sums.rs` | sums over stretches of a set, and sets drawn anew |
//! | `decomposition.rs` | the exact sum of the mean's change |
//! | `contributions.rs` | each frame's part in it, and how sure that is |
//! | `latency.rs` | percentiles and failures by group |
//! | `quality.rs` | flaws of the traces, and how they were chosen |
//! | `findings.rs` | all of that as reports carry it |

mod contributions;
mod decomposition;
mod findings;
mod latency;
mod quality;
mod set;
mod sums;
mod thresholds;

use crate::spans::{Frames, PathOptions};
use analyzer_formats::{Capture, Content, Notes, Traces};
use contributions::{Contribution, Evidence, Tier, exemplars};
use decomposition::Decomposition;
pub use findings::{
    Cause, Change, ChangePct, ContributionRow, Findings, Group, GroupSide, MeanChange, QualityRow, Service,
    TagRow,
};
use latency::{GroupChange, Latency};
use quality::Quality;
use set::{Groups, Request, Set};
use std::collections::BTreeMap;
use sums::{Blocks, cells};
pub use thresholds::Thresholds;

/// Requests to look at, of each finding.
const EXEMPLARS: usize = 3;
/// Groups beyond these are in the figures of all requests only.
const MOST_GROUPS: usize = 50;
/// Frames beyond these did little.
const MOST_ROWS: usize = 200;

/// How to compare requests.
#[derive(Clone, Copy, Debug)]
pub struct RequestOptions {
    /// The share of intervals that should hold the truth.
    pub confidence: f64,
    /// What matters.
    pub thresholds: Thresholds,
    /// How their critical paths are found.
    pub path: PathOptions,
}

/// Compares the requests of captures of before and of after. Captures that hold no traces are not looked at.
#[must_use]
pub fn compare_requests(before: &[Capture], after: &[Capture], options: &RequestOptions) -> Findings {
    let sides = [before, after].map(traces_of);
    let (mut frames, mut groups) = (Frames::default(), Groups::default());
    let sets = [0, 1].map(|side| {
        let traces: Vec<&Traces> = sides[side].iter().map(|(traces, _)| *traces).collect();
        Set::new(&traces, options.path, &mut frames, &mut groups)
    });
    let cells = cells([&sets[0], &sets[1]]);
    let blocks = [0, 1].map(|side| Blocks::new(&sets[side], groups.names.len(), &cells));
    let captures: Vec<Blocks> = (0..sides[0].len() as u32)
        .filter(|_| sides[0].len() > 1)
        .map(|capture| Blocks::new(&sets[0].only(capture), groups.names.len(), &cells))
        .collect();
    let compared = contributions::Sides {
        frames: &frames,
        cells: &cells,
        sets: [&sets[0], &sets[1]],
        blocks: [&blocks[0], &blocks[1]],
        captures: &captures,
    };
    let (decomposition, list, evidence) =
        contributions::contributions(&compared, options.confidence, &options.thresholds);
    let view = View { sides: &sides, sets: &sets, blocks: &blocks, frames: &frames, groups: &groups };
    Findings {
        evidence: match evidence {
            Evidence::Captures => "captures",
            Evidence::Stretches => "stretches",
            Evidence::None => "none",
        },
        mean: MeanChange {
            before_us: us(decomposition.mean.0),
            after_us: us(decomposition.mean.1),
            mix_us: us(decomposition.mix),
        },
        groups: view.groups(options.confidence),
        services: view.services(&decomposition),
        contributions: (1..)
            .zip(list.iter().take(MOST_ROWS))
            .map(|(rank, one)| view.contribution(rank, one))
            .collect(),
        causes: Vec::new(),
        tags: Vec::new(),
        quality: view.quality(),
    }
}

/// The traces of captures, with what their reader noted.
fn traces_of(captures: &[Capture]) -> Vec<(&Traces, &Notes)> {
    let traces = captures.iter().filter_map(|capture| match &capture.content {
        Content::Traces(traces) => Some((traces, &capture.notes)),
        Content::Profile(_) => None,
    });
    traces.collect()
}

/// Both sides, from which findings take names and examples.
struct View<'a> {
    sides: &'a [Vec<(&'a Traces, &'a Notes)>; 2],
    sets: &'a [Set; 2],
    blocks: &'a [Blocks; 2],
    frames: &'a Frames,
    groups: &'a Groups,
}

impl View<'_> {
    /// All requests, then groups by how many there are of both sides together.
    fn groups(&self, confidence: f64) -> Vec<Group> {
        let mut sizes = vec![0usize; self.groups.names.len()];
        self.sets.iter().flat_map(|set| &set.requests).for_each(|request| sizes[request.group as usize] += 1);
        let mut order: Vec<u32> = (0..sizes.len() as u32).collect();
        order.sort_by_key(|&group| {
            (std::cmp::Reverse(sizes[group as usize]), &self.groups.names[group as usize])
        });
        let all = if order.len() == 1 { None } else { Some(None) };
        all.into_iter()
            .chain(order.into_iter().take(MOST_GROUPS).map(Some))
            .map(|group| {
                let sets = [&self.sets[0], &self.sets[1]];
                let blocks = [&self.blocks[0], &self.blocks[1]];
                self.group(&latency::change(sets, blocks, group, confidence))
            })
            .collect()
    }

    fn group(&self, change: &GroupChange) -> Group {
        let [before, after] = &change.sides;
        let changes: [Option<Change>; 4] = std::array::from_fn(|at| {
            let (low, high) = change.intervals[at]?;
            let us_between = us(after.percentiles[at]? - before.percentiles[at]?);
            Some(Change { us: us_between, low: us(low), high: us(high) })
        });
        let [p50_change, p90_change, p95_change, p99_change] = changes;
        Group {
            root: change.group.map(|group| self.groups.names[group as usize].clone()),
            before: side(before),
            after: side(after),
            p50_change,
            p90_change,
            p95_change,
            p99_change,
            error_change: change.failed_pct.map(|(low, high)| ChangePct {
                points: after.failed_pct() - before.failed_pct(),
                low,
                high,
            }),
        }
    }

    /// Services by how much their part changed; the way to a callee is the caller's.
    fn services(&self, decomposition: &Decomposition) -> Vec<Service> {
        let mut services: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for (frame, change) in (0u32..).zip(&decomposition.frames) {
            let sum = services.entry(&self.frames.get(frame).service).or_default();
            *sum = (sum.0 + change.time.0, sum.1 + change.time.1);
        }
        let mut services: Vec<Service> = services
            .into_iter()
            .map(|(service, (before, after))| Service {
                service: service.to_owned(),
                before_us_per_request: us(before),
                after_us_per_request: us(after),
            })
            .collect();
        let change = |service: &Service| (service.after_us_per_request - service.before_us_per_request).abs();
        services.sort_by(|one, other| change(other).total_cmp(&change(one)));
        services
    }

    fn contribution(&self, rank: u32, found: &Contribution) -> ContributionRow {
        let Contribution { frame, change, interval, tier } = found;
        let is_growth = change.change() >= 0.0;
        // Where a frame shrank, before shows it.
        let side = usize::from(is_growth);
        let shown = exemplars(&self.sets[side], *frame, EXEMPLARS);
        let per_call = |time: f64, calls: f64| if calls > 0.0 { time / calls } else { 0.0 };
        ContributionRow {
            rank,
            frame: self.frames.get(*frame).name.clone(),
            edge: contributions::is_edge(self.frames, *frame),
            path: shown.first().map_or_else(Vec::new, |request| self.path(side, request, *frame)),
            before_us_per_request: us(change.time.0),
            after_us_per_request: us(change.time.1),
            delta_us_per_request: us(change.change()),
            low: interval.map(|(low, _)| us(low)),
            high: interval.map(|(_, high)| us(high)),
            before_calls: change.calls.0,
            after_calls: change.calls.1,
            delta_calls: change.calls.1 - change.calls.0,
            calls_us_per_request: us(change.by_calls),
            delta_us_per_call: match change.calls {
                (before, after) if before > 0.0 && after > 0.0 => {
                    us(per_call(change.time.1, after) - per_call(change.time.0, before))
                }
                _ => 0.0,
            },
            tier: match (tier, is_growth) {
                (Tier::Sure, true) => "grew",
                (Tier::Sure, false) => "shrank",
                (Tier::May, true) => "may_have_grown",
                (Tier::May, false) => "may_have_shrunk",
                (Tier::Unknown, _) => "unquantified",
            },
            exemplars: shown.iter().map(|request| self.trace_id(side, request)).collect(),
        }
    }

    fn trace_id(&self, side: usize, request: &Request) -> String {
        let (traces, _) = self.sides[side][request.capture as usize];
        let id = traces.traces[request.trace as usize].id;
        String::from_utf8_lossy(traces.strings.get(id)).into_owned()
    }

    /// The names from the root to the first span of a request whose time is the frame's.
    fn path(&self, side: usize, request: &Request, frame: u32) -> Vec<String> {
        let (traces, _) = self.sides[side][request.capture as usize];
        let of = &self.sets[side].frames[request.capture as usize];
        let Some(span) =
            traces.traces[request.trace as usize].spans.clone().find(|&span| of.path[span] == frame)
        else {
            return Vec::new();
        };
        let mut path = vec![self.frames.get(frame).name.clone()];
        let mut at = Some(span);
        while let Some(span) = at {
            let name = &self.frames.get(of.work[span]).name;
            if path.last() != Some(name) {
                path.push(name.clone());
            }
            at = traces.spans.parent[span].map(|parent| parent.index());
        }
        path.reverse();
        path
    }

    fn quality(&self) -> QualityRow {
        let mut all = Quality::default();
        let mut is_sampled = [false; 2];
        for (side, captures) in self.sides.iter().enumerate() {
            for (traces, notes) in captures {
                let flaws = quality::flaws(traces, notes);
                all.orphans += flaws.orphans;
                all.duplicates += flaws.duplicates;
                all.skewed += flaws.skewed;
                is_sampled[side] |= quality::is_sampled(traces);
            }
        }
        let selection_warnings = quality::selection([&self.sets[0], &self.sets[1]], is_sampled);
        let Quality { orphans, duplicates, skewed, .. } = all;
        QualityRow { orphans, duplicates, skewed, selection_warnings }
    }
}

fn side(latency: &Latency) -> GroupSide {
    let [p50_us, p90_us, p95_us, p99_us] = latency.percentiles.map(|percentile| percentile.map(us));
    GroupSide { n: latency.requests as u64, p50_us, p90_us, p95_us, p99_us, error_pct: latency.failed_pct() }
}

/// Nanoseconds in microseconds.
fn us(nanoseconds: f64) -> f64 {
    nanoseconds / 1e3
}
