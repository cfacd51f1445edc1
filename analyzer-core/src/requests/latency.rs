//! How long requests of each group took, how many failed, and how sure a change of that is.

use super::set::Set;
use super::sums::{Blocks, range};
use crate::stats::normal;

/// Percentiles, and from how many requests on each can be told: the count at which the interval of a percentile at
/// 95 % still ends below the largest value (order statistics of the binomial).
pub(super) const PERCENTILES: [(f64, usize); 4] = [(0.50, 6), (0.90, 36), (0.95, 72), (0.99, 368)];
/// Drawings of which 95 % is taken.
const DRAWINGS: u64 = 400;

/// The requests of one group on one side.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Latency {
    /// How many there are.
    pub(super) requests: usize,
    /// The percentiles in nanoseconds, in the order of [`PERCENTILES`]; none with too few requests.
    pub(super) percentiles: [Option<f64>; 4],
    /// How many failed.
    pub(super) failed: usize,
}

/// One group on both sides.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GroupChange {
    /// The group; none for all of them together.
    pub(super) group: Option<u32>,
    /// Before and after.
    pub(super) sides: [Latency; 2],
    /// The intervals of the change of each percentile, nanoseconds.
    pub(super) intervals: [Option<(f64, f64)>; 4],
    /// The interval of the change of the share of failed requests, in percent.
    pub(super) failed_pct: Option<(f64, f64)>,
}

impl Latency {
    /// The share of failed requests in percent.
    pub(super) fn failed_pct(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { 100.0 * self.failed as f64 / self.requests as f64 }
    }
}

/// The group of these requests on both sides.
pub(super) fn change(
    sets: [&Set; 2],
    blocks: [&Blocks; 2],
    group: Option<u32>,
    confidence: f64,
) -> GroupChange {
    let sides = [0, 1].map(|side| Side::new(sets[side], blocks[side], group));
    let drawn: Vec<[[Option<f64>; 4]; 2]> = if sides.iter().all(|side| side.latency.requests > 1) {
        (0..DRAWINGS).map(|drawing| [sides[0].drawn(drawing), sides[1].drawn(drawing)]).collect()
    } else {
        Vec::new()
    };
    let intervals = std::array::from_fn(|at| {
        let is_told = sides.iter().all(|side| side.latency.percentiles[at].is_some());
        let mut changes: Vec<f64> =
            drawn.iter().filter_map(|[a, b]| Some(b[at]? - a[at]?)).filter(|_| is_told).collect();
        changes.sort_by(f64::total_cmp);
        let last = changes.len().checked_sub(1)?;
        let place = |share: f64| changes[(share * last as f64).round() as usize];
        Some((place((1.0 - confidence) / 2.0), place(f64::midpoint(1.0, confidence))))
    });
    let failed_pct = failures(&sides[0].latency, &sides[1].latency, confidence);
    let [before, after] = sides;
    GroupChange { group, sides: [before.latency, after.latency], intervals, failed_pct }
}

/// The interval of the difference of two shares by Newcombe (1998), method 10, from Wilson's of each; in percent.
fn failures(before: &Latency, after: &Latency, confidence: f64) -> Option<(f64, f64)> {
    if before.requests == 0 || after.requests == 0 {
        return None;
    }
    let z = normal::quantile(f64::midpoint(1.0, confidence));
    let share = |side: &Latency| side.failed as f64 / side.requests as f64;
    let (a, b) = (share(before), share(after));
    let [(a_low, a_high), (b_low, b_high)] =
        [before, after].map(|side| wilson(side.failed as f64, side.requests as f64, z));
    let low = b - a - ((b - b_low).powi(2) + (a_high - a).powi(2)).sqrt();
    let high = b - a + ((b_high - b).powi(2) + (a - a_low).powi(2)).sqrt();
    Some((100.0 * low, 100.0 * high))
}

/// Wilson's interval (1927) of a share.
fn wilson(count: f64, of: f64, z: f64) -> (f64, f64) {
    let p = count / of;
    let middle = (p + z * z / (2.0 * of)) / (1.0 + z * z / of);
    let half = z / (1.0 + z * z / of) * (p * (1.0 - p) / of + z * z / (4.0 * of * of)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// One side of a group.
struct Side<'a> {
    /// Durations, ascending, with the stretch each is in.
    durations: Vec<(i64, u32)>,
    blocks: &'a Blocks,
    latency: Latency,
}

impl<'a> Side<'a> {
    fn new(set: &Set, blocks: &'a Blocks, group: Option<u32>) -> Side<'a> {
        let mut durations = Vec::new();
        let mut failed = 0;
        for block in 0..blocks.len() {
            let requests = &set.requests[range(set.requests.len(), blocks.len(), block)];
            for request in requests.iter().filter(|request| group.is_none_or(|group| request.group == group))
            {
                durations.push((request.duration_ns, block as u32));
                failed += usize::from(request.failed);
            }
        }
        durations.sort_unstable();
        let requests = durations.len();
        let mut side =
            Side { durations, blocks, latency: Latency { requests, failed, ..Latency::default() } };
        side.latency.percentiles = side.percentiles(&vec![1.0; blocks.len()]);
        side
    }

    fn drawn(&self, drawing: u64) -> [Option<f64>; 4] {
        self.percentiles(&self.blocks.draw(drawing))
    }

    /// Percentiles of the requests, each as often as its stretch is drawn.
    fn percentiles(&self, times: &[f64]) -> [Option<f64>; 4] {
        let all: f64 = self.durations.iter().map(|&(_, block)| times[block as usize]).sum();
        let mut found = [None; 4];
        let mut below = 0.0;
        let mut next = 0;
        for &(duration, block) in &self.durations {
            below += times[block as usize];
            while next < 4 && below >= PERCENTILES[next].0 * all && below > 0.0 {
                found[next] = Some(duration as f64).filter(|_| self.durations.len() >= PERCENTILES[next].1);
                next += 1;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::set::Request;
    use analyzer_formats::SpanId;

    fn set(durations: impl Iterator<Item = i64>) -> Set {
        let request = |(at, duration_ns)| Request {
            capture: 0,
            trace: at,
            root: SpanId::new(0),
            group: 0,
            start_ns: i64::from(at),
            duration_ns,
            failed: at % 10 == 0,
            costs: 0..0,
        };
        Set { requests: (0u32..).zip(durations).map(request).collect(), ..Set::default() }
    }

    fn compared(before: &Set, after: &Set) -> GroupChange {
        let blocks = [before, after].map(|set| Blocks::new(set, 1, &[]));
        change([before, after], [&blocks[0], &blocks[1]], Some(0), 0.95)
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_requests() {
        let found = compared(&set((1..=400).rev()), &set((1..=100).map(|at| at * 2)));
        let [before, after] = &found.sides;
        assert_eq!(before.percentiles, [Some(200.0), Some(360.0), Some(380.0), Some(396.0)]);
        assert_eq!(
            after.percentiles,
            [Some(100.0), Some(180.0), Some(190.0), None],
            "too few for one in a hundred"
        );
        assert_eq!((before.requests, before.failed, before.failed_pct()), (400, 40, 10.0));
        assert!(found.intervals[3].is_none());
    }

    #[test]
    fn an_interval_holds_the_change_and_the_mirror_its_negative() {
        let noisy = |shift: i64| set((0..500).map(move |at| 1000 + shift + (at * 7919) % 400));
        let found = compared(&noisy(0), &noisy(300));
        let (low, high) = found.intervals[0].unwrap();
        assert!(low < 300.0 && high > 300.0 && low > 200.0 && high < 400.0, "{low} {high}");
        let mirror = compared(&noisy(300), &noisy(0));
        assert_eq!(mirror.intervals[0], Some((-high, -low)));
    }

    #[test]
    fn shares_have_newcombes_intervals() {
        // Newcombe (1998), example (a): 56/70 - 48/80, method 10: 0.0524 to 0.3339.
        let side = |failed, requests| Latency { requests, failed, ..Latency::default() };
        let (low, high) = failures(&side(48, 80), &side(56, 70), 0.95).unwrap();
        assert!((low - 5.24).abs() < 0.01 && (high - 33.39).abs() < 0.01, "{low} {high}");
    }
}
