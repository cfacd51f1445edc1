//! Findings as reports carry them: names, units and examples for what was found.

use super::contributions::{self, Contribution, Tier, exemplars};
use super::decomposition::Decomposition;
use super::findings::{
    Change, ChangePct, ContributionRow, Group, GroupSide, MeanChange, QualityRow, Service,
};
use super::latency::{self, Calls, Latency, LatencyChange};
use super::quality::{self, Quality};
use super::set::{Request, Set, Side, Source};
use super::sums::Blocks;
use super::{Question, Whole};
use crate::spans::Frames;
use std::collections::BTreeMap;

/// Requests to look at, of each finding.
pub(super) const EXEMPLARS: usize = 3;
/// Longer paths lose their middle.
const LONGEST_PATH: usize = 200;
/// Services beyond these did little.
const MOST_SERVICES: usize = 100;
/// Groups beyond these are in the figures of all requests only.
const MOST_GROUPS: usize = 50;

/// Both sides, from which findings take names and examples.
pub(super) struct View<'a> {
    pub(super) whole: &'a Whole<'a>,
    /// The requests of both sides in stretches.
    pub(super) blocks: &'a [Blocks; 2],
    /// All requests, where both sides are of one set.
    pub(super) all: Option<Side<'a>>,
}

impl View<'_> {
    /// The mean request of both sides.
    pub(super) fn mean(&self, decomposition: &Decomposition) -> MeanChange {
        MeanChange {
            before_us: us(decomposition.mean.0),
            after_us: us(decomposition.mean.1),
            mix_us: us(decomposition.mix),
        }
    }

    /// All requests, then groups by how many there are of both sides together.
    pub(super) fn groups(&self, confidence: f64) -> Vec<Group> {
        let names = &self.whole.groups.names;
        let mut sizes = vec![0usize; names.len()];
        let sets = match self.all {
            Some(all) => vec![all],
            None => self.whole.sides.to_vec(),
        };
        let requests = sets.iter().flat_map(|side| &side.set.requests);
        requests.for_each(|request| sizes[request.group as usize] += 1);
        let mut order: Vec<u32> = (0..sizes.len() as u32).collect();
        order.sort_by_key(|&group| (std::cmp::Reverse(sizes[group as usize]), &names[group as usize]));
        let all = if order.len() == 1 { None } else { Some(None) };
        all.into_iter()
            .chain(order.into_iter().take(MOST_GROUPS).map(Some))
            .map(|group| {
                let blocks = [&self.blocks[0], &self.blocks[1]];
                let sides = [0, 1].map(|at| requests_of(self.whole.sides[at].set, blocks[at], group));
                let change = latency::change(sides, blocks, confidence);
                let all = self.all.map(|all| latency::of(requests_of(all.set, &Blocks::empty(1, 0), group)));
                self.group(group, all.as_ref(), &change)
            })
            .collect()
    }

    fn group(&self, group: Option<u32>, all: Option<&Latency>, change: &LatencyChange) -> Group {
        let [before, after] = &change.sides;
        let [p50_change, p90_change, p95_change, p99_change] = changes(change);
        Group {
            root: group.map(|group| self.whole.groups.names[group as usize].clone()),
            all: all.map(side),
            before: side(before),
            after: side(after),
            p50_change,
            p90_change,
            p95_change,
            p99_change,
            error_change: error_change(change),
        }
    }

    /// Services by how much their part changed; the way to a callee is the caller's.
    pub(super) fn services(&self, confidence: f64) -> Vec<Service> {
        let of_sides = self.whole.sides.map(|side| self.times_of_services(side));
        let mut times: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        of_sides[0].iter().for_each(|(service, time)| times.entry(service).or_default().0 = *time);
        of_sides[1].iter().for_each(|(service, time)| times.entry(service).or_default().1 = *time);
        let mut times: Vec<(&str, (f64, f64))> = times.into_iter().collect();
        let change = |time: &(f64, f64)| (time.1 - time.0).abs();
        let size = |time: &(f64, f64)| time.0 + time.1;
        times.sort_by(|(one, a), (other, b)| {
            let by_change = change(b).total_cmp(&change(a));
            by_change.then_with(|| size(b).total_cmp(&size(a))).then_with(|| one.cmp(other))
        });
        times.truncate(MOST_SERVICES);
        let mut calls = [0, 1].map(|at| self.calls_of_services(self.whole.sides[at], &self.blocks[at]));
        let mut all = self
            .all
            .map(|all| (self.calls_of_services(all, &Blocks::empty(1, 0)), self.times_of_services(all)));
        let rows = times.into_iter().map(|(service, time)| {
            let calls = calls.each_mut().map(|side| side.remove(service).unwrap_or_default());
            let latency = latency::change(calls, [&self.blocks[0], &self.blocks[1]], confidence);
            let [p50_change, p90_change, p95_change, p99_change] = changes(&latency);
            Service {
                service: service.to_owned(),
                before_us_per_request: time.0,
                after_us_per_request: time.1,
                all_us_per_request: all.as_ref().map(|(_, times)| times.get(service).copied().unwrap_or(0.0)),
                all: all
                    .as_mut()
                    .map(|(calls, _)| side(&latency::of(calls.remove(service).unwrap_or_default()))),
                before: side(&latency.sides[0]),
                after: side(&latency.sides[1]),
                p50_change,
                p90_change,
                p95_change,
                p99_change,
                error_change: error_change(&latency),
            }
        });
        rows.collect()
    }

    /// The time of each service on the critical path per request, microseconds.
    fn times_of_services(&self, Side { set, .. }: Side<'_>) -> BTreeMap<&str, f64> {
        let mut times: BTreeMap<&str, f64> = BTreeMap::new();
        let requests = set.requests.len().max(1) as f64;
        for cost in &set.costs {
            let service = self.whole.frames.get(cost.frame).service.as_str();
            *times.entry(service).or_default() += us(cost.time_ns as f64) / requests;
        }
        times
    }

    /// The calls that each service answered: its spans that have no parent, or one of another service.
    fn calls_of_services(&self, side: Side<'_>, blocks: &Blocks) -> BTreeMap<&str, Calls> {
        let Side { sources, set } = side;
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        // By capture and process: the number of its service.
        let mut services: Vec<Vec<usize>> = Vec::new();
        for Source { traces, frames, .. } in sources {
            let mut of_processes = vec![0; traces.processes.len()];
            for (process, work) in traces.spans.process.iter().zip(&frames.work) {
                let next = numbers.len();
                let service = self.whole.frames.get(*work).service.as_str();
                of_processes[process.index()] = *numbers.entry(service).or_insert(next);
            }
            services.push(of_processes);
        }
        let mut calls = vec![Calls::default(); numbers.len()];
        for (block, range) in blocks.ranges(set.requests.len()) {
            for request in &set.requests[range] {
                let traces = sources[request.capture as usize].traces;
                let (spans, services) = (&traces.spans, &services[request.capture as usize]);
                for span in traces.traces[request.trace as usize].spans.clone() {
                    let service = services[spans.process[span].index()];
                    let caller =
                        spans.parent[span].map(|parent| services[spans.process[parent.index()].index()]);
                    if caller != Some(service) {
                        calls[service].durations.push((spans.duration_ns[span], block));
                        calls[service].failed += usize::from(spans.error[span]);
                    }
                }
            }
        }
        numbers.into_iter().map(|(service, at)| (service, std::mem::take(&mut calls[at]))).collect()
    }

    pub(super) fn contribution(&self, rank: u32, found: &Contribution) -> ContributionRow {
        let Contribution { frame, change, interval, tier } = found;
        let is_growth = change.change() >= 0.0;
        // Where a frame shrank, before shows it.
        let side = usize::from(is_growth);
        let shown = exemplars(self.whole.sides[side].set, *frame, EXEMPLARS);
        let per_call = |time: f64, calls: f64| if calls > 0.0 { time / calls } else { 0.0 };
        ContributionRow {
            rank,
            frame: self.whole.frames.get(*frame).name.clone(),
            edge: contributions::is_edge(self.whole.frames, *frame),
            path: shown.first().map_or_else(Vec::new, |request| {
                path(self.whole.frames, self.whole.sides[side].source(request), request, *frame)
            }),
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
            exemplars: shown.iter().map(|request| self.whole.sides[side].trace_id(request)).collect(),
        }
    }

    pub(super) fn quality(&self) -> QualityRow {
        let mut all = Quality::default();
        let mut is_sampled = [false; 2];
        // Both sides of one set are the same captures.
        let counted = if self.whole.question == Question::Slow { 1 } else { 2 };
        for (side, Side { sources, .. }) in self.whole.sides.iter().enumerate().take(counted) {
            for Source { traces, notes, .. } in *sources {
                let flaws = quality::flaws(traces, notes);
                all.orphans += flaws.orphans;
                all.duplicates += flaws.duplicates;
                all.skewed += flaws.skewed;
                is_sampled[side] |= quality::is_sampled(traces);
            }
        }
        let selection_warnings = match self.whole.question {
            Question::Changed => quality::selection(self.whole.sides.map(|side| side.set), is_sampled),
            Question::Slow => Vec::new(),
        };
        let Quality { orphans, duplicates, skewed, .. } = all;
        QualityRow { orphans, duplicates, skewed, selection_warnings }
    }
}

/// The names from the root to the first span of a request whose time is the frame's.
pub(super) fn path(frames: &Frames, source: &Source<'_>, request: &Request, frame: u32) -> Vec<String> {
    let Source { traces, frames: of, .. } = source;
    let Some(span) = traces.traces[request.trace as usize].spans.clone().find(|&span| of.path[span] == frame)
    else {
        return Vec::new();
    };
    let mut path = vec![frames.get(frame).name.clone()];
    let mut at = Some(span);
    while let Some(span) = at {
        let name = &frames.get(of.work[span]).name;
        if path.last() != Some(name) {
            path.push(name.clone());
        }
        at = traces.spans.parent[span].map(|parent| parent.index());
    }
    path.reverse();
    // Of a path of thousands the ends tell most.
    if path.len() > LONGEST_PATH {
        path.splice(LONGEST_PATH / 2..path.len() - LONGEST_PATH / 2, ["...".to_owned()]);
    }
    path
}

/// The requests of a group, or all of them.
fn requests_of(set: &Set, blocks: &Blocks, group: Option<u32>) -> Calls {
    let requests = &set.requests;
    let mut calls = Calls::default();
    for (block, range) in blocks.ranges(requests.len()) {
        let wanted = |request: &&Request| group.is_none_or(|group| request.group == group);
        for request in requests[range].iter().filter(wanted) {
            calls.durations.push((request.duration_ns, block));
            calls.failed += usize::from(request.failed);
        }
    }
    calls
}

/// The changes of percentiles.
fn changes(change: &LatencyChange) -> [Option<Change>; 4] {
    let [before, after] = &change.sides;
    std::array::from_fn(|at| {
        let (low, high) = change.intervals[at]?;
        Some(Change {
            us: us(after.percentiles[at]? - before.percentiles[at]?),
            low: us(low),
            high: us(high),
        })
    })
}

fn error_change(change: &LatencyChange) -> Option<ChangePct> {
    let [before, after] = &change.sides;
    let points = after.failed_pct() - before.failed_pct();
    change.failed_pct.map(|(low, high)| ChangePct { points, low, high })
}

fn side(latency: &Latency) -> GroupSide {
    let [p50_us, p90_us, p95_us, p99_us] = latency.percentiles.map(|percentile| percentile.map(us));
    GroupSide { n: latency.number as u64, p50_us, p90_us, p95_us, p99_us, error_pct: latency.failed_pct() }
}

/// Nanoseconds in microseconds.
pub(super) fn us(nanoseconds: f64) -> f64 {
    nanoseconds / 1e3
}
