//! Requests of one kind that take either of two times, where before they took one.
//!
//! Logarithms of durations are split where the variance between both parts is largest (Otsu, 1979). They are two modes where
//! the parts lie apart by the D of Ashman, Bird and Zepf (1994) and where almost nothing lies between.

use super::failures::overlap;
use super::scatter::changes;
use super::whole::{Ground, Row, pct};
use crate::report::units;
use crate::requests::Question;
use crate::stats::fisher;

/// Fewer requests of a group on a side tell nothing.
const FEWEST: usize = 50;
/// A mode has this share of the requests or more.
const LEAST_SHARE: f64 = 0.05;
/// The centre of the slower mode is so many times that of the faster.
const APART: f64 = 1.5;
/// Halves of one normal distribution have a D of 2.65, those of an even one 3.46.
const ASHMAN: f64 = 4.0;
/// Around the split, a third of the way between the centres wide, lie at most so many times as many requests as around
/// the smaller mode's.
const VALLEY: f64 = 0.25;

/// Durations in two parts.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Modes {
    /// The largest duration of the faster part, nanoseconds.
    split_ns: i64,
    /// The medians of both.
    centres_ns: (i64, i64),
}

/// Groups of requests with two modes that had one.
pub(super) fn modes(ground: &Ground<'_>, explained: &[&[(u32, i64)]]) -> Vec<Row> {
    if ground.question() == Question::Slow {
        return Vec::new();
    }
    let groups = ground.whole.groups.names.len();
    let mut durations = vec![[Vec::new(), Vec::new()]; groups];
    for (side, whole) in ground.whole.sides.iter().enumerate() {
        for (at, request) in (0u32..).zip(&whole.set.requests) {
            durations[request.group as usize][side].push((at, request.duration_ns));
        }
    }
    let names = &ground.whole.groups.names;
    names
        .iter()
        .zip(&durations)
        .filter_map(|(name, sides)| row(ground, name, sides, groups, explained))
        .collect()
}

fn row(
    ground: &Ground<'_>,
    name: &str,
    sides: &[Vec<(u32, i64)>; 2],
    groups: usize,
    explained: &[&[(u32, i64)]],
) -> Option<Row> {
    let sorted = sides.each_ref().map(|side| {
        let mut list: Vec<i64> = side.iter().map(|&(_, duration)| duration).collect();
        list.sort_unstable();
        list
    });
    if sorted.iter().any(|side| side.len() < FEWEST) || two(&sorted[0]).is_some() {
        return None;
    }
    let Modes { split_ns, centres_ns } = two(&sorted[1])?;
    let slow = sides.each_ref().map(|side| {
        side.iter().copied().filter(|&(_, duration)| duration > split_ns).collect::<Vec<(u32, i64)>>()
    });
    // More are slow than before, for sure; a group that is slower as a whole has one mode.
    let count = |list: &Vec<(u32, i64)>| list.len() as u64;
    let by_chance = fisher::p_value(slow.each_ref().map(count), sides.each_ref().map(count));
    let shares = [0, 1].map(|side: usize| {
        let is_slow = |duration: i64| if duration > split_ns { 1.0 } else { 0.0 };
        ground.layouts[side].sums(sides[side].iter().map(|&(at, duration)| (at, is_slow(duration), 1.0)))
    });
    let change = changes(&[shares])[0];
    let level = ground.level() / groups as f64;
    if by_chance.max(change.p_value()) > level {
        return None;
    }
    // What is slow in another way has been said, with its reason.
    if explained.iter().any(|those| overlap(&slow[1], those)) {
        return None;
    }
    let apart = (centres_ns.1 - centres_ns.0) as f64;
    let weight = sides[1].len() as f64 / ground.layouts[1].requests().max(1) as f64;
    let change_ns = weight * change.growth() * apart;
    if change_ns < ground.least() {
        return None;
    }
    let title = format!(
        "two modes: {name} takes about {} in {} of requests and {} in the others; before, {} took that long",
        units::value(centres_ns.1 as f64, "ns"),
        pct(change.after),
        units::value(centres_ns.0 as f64, "ns"),
        pct(change.before),
    );
    Some(Row {
        code: "bimodal",
        title,
        frame: None,
        statement: None,
        change_ns,
        // If those of the slower mode took what those of the faster do.
        saving_ns: weight * change.after * apart,
        requests: slow,
    })
}

/// The modes of durations in ascending order, where there are two.
fn two(sorted: &[i64]) -> Option<Modes> {
    let logs: Vec<f64> = sorted.iter().map(|&duration| (duration.max(1) as f64).ln()).collect();
    let all: f64 = logs.iter().sum();
    let count = logs.len() as f64;
    let (mut best, mut split, mut below) = (0.0, 0, 0.0);
    for at in 1..logs.len() {
        below += logs[at - 1];
        let n = at as f64;
        let apart = below / n - (all - below) / (count - n);
        let between = n * (count - n) * apart * apart;
        if between > best && logs[at] > logs[at - 1] {
            (best, split) = (between, at);
        }
    }
    let least = LEAST_SHARE * count;
    if split == 0 || (split as f64) < least || ((logs.len() - split) as f64) < least {
        return None;
    }
    let (fast, slow) = logs.split_at(split);
    let [(low, low_variance), (high, high_variance)] = [fast, slow].map(moments);
    let ashman = 2f64.sqrt() * (high - low) / (low_variance + high_variance).sqrt().max(f64::MIN_POSITIVE);
    if high - low < APART.ln() || ashman < ASHMAN {
        return None;
    }
    // How many lie within a sixth of the way between the centres of a place.
    let near = |place: f64| {
        let half = (high - low) / 6.0;
        let up_to = |limit: f64| logs.partition_point(|&log| log < limit);
        (up_to(place + half) - up_to(place - half)) as f64
    };
    if near(f64::midpoint(low, high)) > VALLEY * near(low).min(near(high)) {
        return None;
    }
    let median = |part: &[i64]| part[part.len() / 2];
    let (fast, slow) = sorted.split_at(split);
    Some(Modes { split_ns: fast[split - 1], centres_ns: (median(fast), median(slow)) })
}

/// Mean and variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use rand_distr::{Distribution, Exp, LogNormal, Pareto, Uniform};

    fn drawn(distribution: &impl Distribution<f64>, count: usize, seed: u64) -> Vec<i64> {
        let mut random = StdRng::seed_from_u64(seed);
        (0..count).map(|_| (distribution.sample(&mut random) * 1e6) as i64).collect()
    }

    fn sorted(parts: &[Vec<i64>]) -> Vec<i64> {
        let mut all = parts.concat();
        all.sort_unstable();
        all
    }

    #[test]
    fn distributions_with_one_mode_have_none() {
        for seed in 0..50 {
            let wide = drawn(&LogNormal::new(2.0, 0.7).unwrap(), 400, seed);
            let narrow = drawn(&LogNormal::new(2.0, 0.1).unwrap(), 400, seed);
            let exponential = drawn(&Exp::new(0.1).unwrap(), 400, seed);
            let even = drawn(&Uniform::new(5.0, 50.0).unwrap(), 400, seed);
            let heavy = drawn(&Pareto::new(1.0, 1.2).unwrap(), 400, seed);
            for (at, list) in [wide, narrow, exponential, even, heavy].into_iter().enumerate() {
                assert_eq!(two(&sorted(&[list])), None, "{at} {seed}");
            }
        }
        assert_eq!(two(&[5; 100]), None);
    }

    #[test]
    fn a_cache_that_hits_or_not_has_two() {
        let fast = drawn(&LogNormal::new(1.0, 0.2).unwrap(), 300, 1);
        let slow = drawn(&LogNormal::new(3.0, 0.2).unwrap(), 100, 2);
        let found = two(&sorted(&[fast, slow])).unwrap();
        // The medians are e and e^3 milliseconds.
        assert!((found.centres_ns.0 as f64 / 2.718e6 - 1.0).abs() < 0.1, "{found:?}");
        assert!((found.centres_ns.1 as f64 / 20.09e6 - 1.0).abs() < 0.1, "{found:?}");
    }
}
