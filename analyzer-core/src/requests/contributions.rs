//! What each frame did to the mean request, how sure that is, and in which requests to see it.

use super::decomposition::{Decomposition, FrameChange};
use super::set::{Request, Set};
use super::sums::{Blocks, Cell};
use super::thresholds::Thresholds;
use crate::spans::{FrameKind, Frames};
use crate::stats::{Chances, student};
use rayon::prelude::*;

/// So many drawings give a standard error to within 4 %.
const DRAWINGS: u64 = 300;
/// The share of the error rate that findings may use: in small sets with few slow requests t is farther out than its
/// distribution says. Of 1,000 simulated pairs without change 12 have a finding so, of 50 requests a side and of 200.
const CHANCE: f64 = 0.4;
/// With fewer requests of a frame on both sides there is no telling.
const FEWEST: usize = 5;
/// Captures of a side from which on they tell how much captures differ.
pub(super) const FEWEST_CAPTURES: usize = 3;
/// What all frames together say about how much captures differ counts as much as so many captures more.
const PRIOR: f64 = 4.0;

/// A frame's part in the change of the mean request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Contribution {
    /// The frame, a number of [`Frames`].
    pub(super) frame: u32,
    /// What it did, in nanoseconds per request.
    pub(super) change: FrameChange,
    /// The interval of what it did, nanoseconds per request; none where there are too few requests.
    pub(super) interval: Option<(f64, f64)>,
    /// How sure that is.
    pub(super) tier: Tier,
}

/// What became of the mean request.
#[derive(Debug)]
pub(super) struct Contributions {
    /// The exact sum of its change.
    pub(super) decomposition: Decomposition,
    /// The contributions of all frames that changed: sure ones first, growth before shrinkage, the largest first.
    pub(super) list: Vec<Contribution>,
    /// What their intervals rest on.
    pub(super) evidence: Evidence,
    /// The levels at which the surest changes would just be discoveries; `None` without evidence.
    pub(super) chances: Option<Chances>,
}

/// How sure a contribution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    /// More than noise, and enough to matter.
    Sure,
    /// It may be noise, or matters little.
    May,
    /// There are too few requests to tell.
    Unknown,
}

/// How far the evidence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// How much several captures of before differ.
    Captures,
    /// How much stretches of each capture differ; what differs from one recording to the next is not in it.
    Stretches,
    /// There are too few requests.
    None,
}

/// Both sides, in what they are compared by.
#[derive(Debug)]
pub(super) struct Sides<'a> {
    /// What frames are called.
    pub(super) frames: &'a Frames,
    /// Cells of both sides.
    pub(super) cells: &'a [Cell],
    /// Before and after.
    pub(super) sets: [&'a Set; 2],
    /// The same in stretches.
    pub(super) blocks: [&'a Blocks; 2],
    /// The captures of before, each in stretches, where there are several.
    pub(super) captures: &'a [Blocks],
}

/// The contributions of all frames.
pub(super) fn contributions(sides: &Sides<'_>, confidence: f64, thresholds: &Thresholds) -> Contributions {
    let [before, after] = sides.blocks;
    let count = sides.frames.len();
    let decomposed = |a: &_, b: &_| Decomposition::new(sides.cells, count, a, b);
    let found = decomposed(&before.sums(), &after.sums());
    let (evidence, errors) = errors(sides, &found);
    let requests = requests_of_frames(sides, count);
    let level = 1.0 - confidence;
    let tested: Vec<usize> = (0..count)
        .filter(|&frame| {
            requests[frame] >= FEWEST && errors[frame].is_some() && found.frames[frame].change() != 0.0
        })
        .collect();
    let p_values: Vec<f64> = tested
        .iter()
        .map(|&frame| {
            match errors[frame] {
                // Where neither side scatters, a change is no chance.
                Some((0.0, _)) => 0.0,
                Some((error, degrees)) => student::p_value(found.frames[frame].change() / error, degrees),
                None => 1.0,
            }
        })
        .collect();
    let mut is_sure = vec![false; count];
    let mut chances = Chances::NOTHING;
    for (&frame, q_value) in tested.iter().zip(student::q_values(&p_values, p_values.len())) {
        is_sure[frame] = q_value <= CHANCE * level;
        chances.meet(found.frames[frame].change(), q_value / CHANCE);
    }
    let whole = f64::midpoint(found.mean.0, found.mean.1);
    let least = thresholds.of_mean(whole);
    let mut list: Vec<Contribution> = (0u32..)
        .zip(&found.frames)
        .filter(|(_, change)| change.change() != 0.0 || change.calls.0 != change.calls.1)
        .map(|(frame, &change)| {
            let at = frame as usize;
            let tier = match errors[at] {
                None => Tier::Unknown,
                Some(_) if is_sure[at] && change.change().abs() >= least => Tier::Sure,
                Some(_) => Tier::May,
            };
            let interval = errors[at].map(|(error, degrees)| {
                let half = error * student::quantile(1.0 - level / 2.0, degrees);
                (change.change() - half, change.change() + half)
            });
            Contribution { frame, change, interval, tier }
        })
        .collect();
    list.sort_by(|one, other| {
        let key =
            |c: &Contribution| (c.tier != Tier::Sure && c.tier != Tier::Unknown, c.change.change() < 0.0);
        let size = |c: &Contribution| c.change.change().abs();
        key(one)
            .cmp(&key(other))
            .then(size(other).total_cmp(&size(one)))
            .then_with(|| sides.frames.get(one.frame).name.cmp(&sides.frames.get(other.frame).name))
    });
    let chances = (evidence != Evidence::None).then_some(chances);
    Contributions { decomposition: found, list, evidence, chances }
}

/// The standard error of each frame's change and its degrees of freedom.
pub(super) fn errors(sides: &Sides<'_>, found: &Decomposition) -> (Evidence, Vec<Option<(f64, f64)>>) {
    let [before, after] = sides.blocks;
    let count = found.frames.len();
    let fewest = before.len().min(after.len());
    if fewest < FEWEST {
        return (Evidence::None, vec![None; count]);
    }
    let drawn: Vec<Vec<f64>> = (0..DRAWINGS)
        .into_par_iter()
        .map(|drawing| {
            let sums = Decomposition::new(sides.cells, count, &before.drawn(drawing), &after.drawn(drawing));
            sums.frames.iter().map(FrameChange::change).collect()
        })
        .collect();
    let degrees = fewest as f64 - 1.0;
    // Drawings of so many stretches scatter less than new stretches would.
    let widening = (fewest as f64 / degrees).sqrt();
    let stretches: Vec<(f64, f64)> = (0..count)
        .map(|frame| (widening * deviation(drawn.iter().map(|drawn| drawn[frame])), degrees))
        .collect();
    if sides.captures.len() < FEWEST_CAPTURES {
        return (Evidence::Stretches, stretches.into_iter().map(Some).collect());
    }
    let captures = between(sides, found);
    let larger =
        stretches.into_iter().zip(captures).map(|(one, other)| if one.0 > other.0 { one } else { other });
    (Evidence::Captures, larger.map(Some).collect())
}

/// The standard error of each frame's change by how much the captures of before differ among each other. The variance
/// of a frame over few captures is drawn towards what all frames together say of it (Smyth, 2004).
fn between(sides: &Sides<'_>, found: &Decomposition) -> Vec<(f64, f64)> {
    let after = sides.blocks[1].sums();
    let changes: Vec<Decomposition> = sides
        .captures
        .iter()
        .map(|capture| Decomposition::new(sides.cells, found.frames.len(), &capture.sums(), &after))
        .collect();
    let captures = changes.len() as f64;
    let deviations: Vec<f64> = (0..found.frames.len())
        .map(|frame| deviation(changes.iter().map(|change| change.frames[frame].change())))
        .collect();
    let time = |frame: usize| found.frames[frame].time.0;
    let mut relative: Vec<f64> = deviations
        .iter()
        .enumerate()
        .filter(|&(frame, deviation)| time(frame) > 0.0 && *deviation > 0.0)
        .map(|(frame, deviation)| deviation / time(frame))
        .collect();
    relative.sort_by(f64::total_cmp);
    let usual = relative.get(relative.len() / 2).copied().unwrap_or(0.0);
    let degrees = PRIOR + captures - 1.0;
    (0..found.frames.len())
        .map(|frame| {
            let prior = (usual * time(frame)).powi(2);
            let variance = (PRIOR * prior + (captures - 1.0) * deviations[frame].powi(2)) / degrees;
            ((variance * (1.0 + 1.0 / captures)).sqrt(), degrees)
        })
        .collect()
}

fn deviation(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    (values.map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()
}

/// In how many requests of both sides each frame is.
fn requests_of_frames(sides: &Sides<'_>, count: usize) -> Vec<usize> {
    let mut requests = vec![0; count];
    for cost in sides.sets.iter().flat_map(|set| &set.costs) {
        requests[cost.frame as usize] += 1;
    }
    requests
}

/// Requests in which to see a frame: those of a side that spend on it what one in ten exceeds, in the order of that time.
pub(super) fn exemplars(set: &Set, frame: u32, most: usize) -> Vec<&Request> {
    let time = |request: &Request| {
        let costs = set.costs_of(request);
        costs.binary_search_by_key(&frame, |cost| cost.frame).ok().map(|at| costs[at].time_ns)
    };
    let mut with: Vec<(i64, &Request)> =
        set.requests.iter().filter_map(|request| Some((time(request)?, request))).collect();
    with.sort_by_key(|(time, request)| (*time, request.start_ns, request.trace));
    let Some(last) = with.len().checked_sub(1) else { return Vec::new() };
    let at = last * 9 / 10;
    let start = at.saturating_sub(most / 2).min((last + 1).saturating_sub(most));
    with[start..(start + most).min(last + 1)].iter().map(|(_, request)| *request).collect()
}

/// Whether a frame is the way between two services.
pub(super) fn is_edge(frames: &Frames, frame: u32) -> bool {
    frames.get(frame).kind == FrameKind::Edge
}
