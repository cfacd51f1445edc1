//! How long calls of one kind took, requests of a group or those of a service, how many failed, and how sure a change of
//! that is.

use super::sums::Blocks;
use crate::stats::normal;

/// Percentiles, and from how many requests on each can be told: the count at which the interval of a percentile at
/// 95 % still ends below the largest value (order statistics of the binomial).
pub(super) const PERCENTILES: [(f64, usize); 4] = [(0.50, 6), (0.90, 36), (0.95, 72), (0.99, 368)];
/// Drawings of which 95 % is taken.
const DRAWINGS: u64 = 400;

/// Calls per chunk of sorted ones. Percentiles of a drawing are looked for in counts of chunks first.
const CHUNK: usize = 1024;

/// Calls of one kind on one side.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    /// How long each took, nanoseconds, with the stretch of the set that its request is in.
    pub(super) durations: Vec<(i64, u32)>,
    /// How many failed.
    pub(super) failed: usize,
}

/// What is told of calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Latency {
    /// How many there are.
    pub(super) number: usize,
    /// The percentiles in nanoseconds, in the order of [`PERCENTILES`]; none with too few of them.
    pub(super) percentiles: [Option<f64>; 4],
    /// How many failed.
    pub(super) failed: usize,
}

/// Calls of one kind on both sides.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LatencyChange {
    /// Before and after.
    pub(super) sides: [Latency; 2],
    /// The intervals of the change of each percentile, nanoseconds.
    pub(super) intervals: [Option<(f64, f64)>; 4],
    /// The interval of the change of the share that failed, in percent.
    pub(super) failed_pct: Option<(f64, f64)>,
}

impl Latency {
    /// The share that failed in percent.
    pub(super) fn failed_pct(&self) -> f64 {
        if self.number == 0 { 0.0 } else { 100.0 * self.failed as f64 / self.number as f64 }
    }
}

/// What is told of calls of which it is not asked how sure that is: all are in the stretch 0.
pub(super) fn of(calls: Calls) -> Latency {
    Side::new(calls, &Blocks::empty(1, 0)).latency
}

/// How calls of one kind changed. `blocks` are the stretches in which both sides' were counted.
pub(super) fn change(calls: [Calls; 2], blocks: [&Blocks; 2], confidence: f64) -> LatencyChange {
    let [before, after] = calls;
    let sides = [Side::new(before, blocks[0]), Side::new(after, blocks[1])];
    let drawn: Vec<[[Option<f64>; 4]; 2]> = if sides.iter().all(|side| side.latency.number > 1) {
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
    LatencyChange { sides: [before.latency, after.latency], intervals, failed_pct }
}

/// The interval of the difference of two shares by Newcombe (1998), method 10, from Wilson's of each; in percent.
fn failures(before: &Latency, after: &Latency, confidence: f64) -> Option<(f64, f64)> {
    if before.number == 0 || after.number == 0 {
        return None;
    }
    let z = normal::quantile(f64::midpoint(1.0, confidence));
    let share = |side: &Latency| side.failed as f64 / side.number as f64;
    let (a, b) = (share(before), share(after));
    let [(a_low, a_high), (b_low, b_high)] =
        [before, after].map(|side| wilson(side.failed as f64, side.number as f64, z));
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

/// The calls of one side, ready for drawings.
struct Side<'a> {
    /// Durations, ascending, with the stretch each is in.
    durations: Vec<(i64, u32)>,
    /// How many of each chunk are in each stretch: stretches of the first chunk, of the second ...
    counts: Vec<u32>,
    blocks: &'a Blocks,
    latency: Latency,
}

impl<'a> Side<'a> {
    fn new(calls: Calls, blocks: &'a Blocks) -> Side<'a> {
        let Calls { mut durations, failed } = calls;
        durations.sort_unstable();
        let mut counts = vec![0u32; durations.len().div_ceil(CHUNK) * blocks.len()];
        for (at, &(_, block)) in durations.iter().enumerate() {
            counts[at / CHUNK * blocks.len() + block as usize] += 1;
        }
        let latency = Latency { number: durations.len(), failed, ..Latency::default() };
        let mut side = Side { durations, counts, blocks, latency };
        side.latency.percentiles = side.percentiles(&vec![1.0; blocks.len()]);
        side
    }

    fn drawn(&self, drawing: u64) -> [Option<f64>; 4] {
        self.percentiles(&self.blocks.draw(drawing))
    }

    /// Percentiles of the calls, each as often as its stretch is drawn.
    fn percentiles(&self, times: &[f64]) -> [Option<f64>; 4] {
        let chunks: Vec<f64> = self
            .counts
            .chunks(times.len().max(1))
            .map(|counts| counts.iter().zip(times).map(|(&count, times)| f64::from(count) * times).sum())
            .collect();
        let all: f64 = chunks.iter().sum();
        let mut found = [None; 4];
        let (mut below, mut chunk) = (0.0, 0);
        for (found, (share, fewest)) in found.iter_mut().zip(PERCENTILES) {
            let wanted = share * all;
            while chunk < chunks.len() && (below + chunks[chunk] < wanted || chunks[chunk] == 0.0) {
                below += chunks[chunk];
                chunk += 1;
            }
            let mut reached = below;
            let inside = self.durations.iter().skip(chunk * CHUNK).take(CHUNK);
            *found = inside
                .filter(|_| self.durations.len() >= fewest)
                .find(|(_, block)| {
                    reached += times[*block as usize];
                    reached >= wanted && reached > 0.0
                })
                .map(|&(duration, _)| duration as f64);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(durations: impl Iterator<Item = i64>, blocks: usize) -> Calls {
        let durations: Vec<i64> = durations.collect();
        let number = durations.len();
        let failed = number.div_ceil(10);
        let block = |at: usize| (at * blocks / number) as u32;
        Calls {
            durations: durations.iter().enumerate().map(|(at, &took)| (took, block(at))).collect(),
            failed,
        }
    }

    fn compared(before: impl Iterator<Item = i64>, after: impl Iterator<Item = i64>) -> LatencyChange {
        let blocks = [Blocks::empty(40, 1), Blocks::empty(40, 2)];
        change([calls(before, 40), calls(after, 40)], [&blocks[0], &blocks[1]], 0.95)
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_requests() {
        let found = compared((1..=400).rev(), (1..=100).map(|at| at * 2));
        let [before, after] = &found.sides;
        assert_eq!(before.percentiles, [Some(200.0), Some(360.0), Some(380.0), Some(396.0)]);
        assert_eq!(
            after.percentiles,
            [Some(100.0), Some(180.0), Some(190.0), None],
            "too few for one in a hundred"
        );
        assert_eq!((before.number, before.failed, before.failed_pct()), (400, 40, 10.0));
        assert!(found.intervals[3].is_none());
    }

    #[test]
    fn an_interval_holds_the_change_and_the_mirror_its_negative() {
        let noisy = |shift: i64| (0..5000).map(move |at| 1000 + shift + (at * 7919) % 400);
        let found = compared(noisy(0), noisy(300));
        let (low, high) = found.intervals[0].unwrap();
        assert!(low < 300.0 && high > 300.0 && low > 200.0 && high < 400.0, "{low} {high}");
    }

    #[test]
    fn drawings_weigh_every_call_by_its_stretch() {
        // By hand what chunks find: calls repeated as often as their stretch is drawn, sorted.
        let blocks = Blocks::empty(7, 3);
        let calls = calls((0..5000).map(|at| (at * 7919) % 3001), 7);
        let side = Side::new(calls.clone(), &blocks);
        for drawing in 0..20 {
            let times = blocks.draw(drawing);
            let mut all: Vec<i64> = calls
                .durations
                .iter()
                .flat_map(|&(took, block)| std::iter::repeat_n(took, times[block as usize] as usize))
                .collect();
            all.sort_unstable();
            let place = |share: f64| Some(all[(share * all.len() as f64).ceil() as usize - 1] as f64);
            assert_eq!(side.drawn(drawing), PERCENTILES.map(|(share, _)| place(share)));
        }
    }

    #[test]
    fn shares_have_newcombes_intervals() {
        // Newcombe (1998), example (a): 56/70 - 48/80, method 10: 0.0524 to 0.3339.
        let side = |failed, number| Latency { number, failed, ..Latency::default() };
        let (low, high) = failures(&side(48, 80), &side(56, 70), 0.95).unwrap();
        assert!((low - 5.24).abs() < 0.01 && (high - 33.39).abs() < 0.01, "{low} {high}");
    }
}
