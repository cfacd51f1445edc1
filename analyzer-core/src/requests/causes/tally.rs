//! What each pattern takes of the requests of a side, and how sure a change of that is.

use super::pattern::{Occurrence, Pattern, Subject};
use crate::requests::set::Set;
use crate::requests::sums::{MOST_BLOCKS, range};
use rustc_hash::FxHashMap;

/// What patterns are told apart by.
pub(super) type Key = (Pattern, Subject);

/// What a pattern takes of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Time on the critical path, nanoseconds.
    pub(super) path_ns: i64,
    /// Calls that are part of it.
    pub(super) calls: u32,
}

/// What one pattern takes of the requests of a side.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// The requests that show it, by their place in the set, with what it takes of them.
    pub(super) requests: Vec<(usize, Part)>,
}

/// What all patterns take of the requests of a side.
pub(super) struct Tallies {
    /// How many requests there are.
    pub(super) count: usize,
    /// Those of each capture.
    of_captures: Vec<usize>,
    /// The capture that each request is in.
    capture: Vec<u32>,
    by_key: FxHashMap<Key, Tally>,
}

/// A mean of all requests and its standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::requests) struct Mean {
    pub(in crate::requests) value: f64,
    pub(in crate::requests) error: f64,
    /// The degrees of freedom of the error; 0 where it is unknown.
    pub(in crate::requests) degrees: f64,
}

impl Tallies {
    /// Adds up what was found in each request of a set.
    pub(super) fn new(set: &Set, found: &[Vec<Occurrence>]) -> Tallies {
        let mut by_key: FxHashMap<Key, Tally> = FxHashMap::default();
        for (request, occurrences) in found.iter().enumerate() {
            for occurrence in occurrences {
                let tally = by_key.entry((occurrence.pattern, occurrence.subject)).or_default();
                if tally.requests.last().is_none_or(|(last, _)| *last != request) {
                    tally.requests.push((request, Part::default()));
                }
                if let Some((_, part)) = tally.requests.last_mut() {
                    part.path_ns += occurrence.path_ns;
                    part.calls += occurrence.calls;
                }
            }
        }
        let capture: Vec<u32> = set.requests.iter().map(|request| request.capture).collect();
        let captures = capture.iter().max().map_or(0, |&last| last as usize + 1);
        let mut of_captures = vec![0; captures];
        capture.iter().for_each(|&capture| of_captures[capture as usize] += 1);
        Tallies { count: set.requests.len(), of_captures, capture, by_key }
    }

    /// The patterns there are, in order.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.by_key.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    /// What one pattern takes; nothing where no request shows it.
    pub(super) fn get(&self, key: Key) -> Tally {
        self.by_key.get(&key).cloned().unwrap_or_default()
    }

    /// The share of requests that show a pattern, percent.
    pub(super) fn prevalence_pct(&self, tally: &Tally) -> f64 {
        100.0 * tally.requests.len() as f64 / self.count.max(1) as f64
    }

    /// Calls per request.
    pub(super) fn calls(&self, tally: &Tally) -> f64 {
        let calls: f64 = tally.requests.iter().map(|(_, part)| f64::from(part.calls)).sum();
        calls / self.count.max(1) as f64
    }

    /// Time per request, nanoseconds: over stretches of the set, as neighbouring requests are alike, or over its
    /// captures where these differ more.
    pub(super) fn time(&self, tally: &Tally) -> Mean {
        let blocks = self.count.min(MOST_BLOCKS);
        let mut sums = vec![(0.0, 0.0); blocks];
        let mut block = 0;
        for (block, sum) in sums.iter_mut().enumerate() {
            sum.1 = range(self.count, blocks, block).len() as f64;
        }
        for (request, part) in &tally.requests {
            while range(self.count, blocks, block).end <= *request {
                block += 1;
            }
            sums[block].0 += part.path_ns as f64;
        }
        let mean = ratio(&sums);
        if self.of_captures.len() < crate::requests::contributions::FEWEST_CAPTURES {
            return mean;
        }
        let mut sums: Vec<(f64, f64)> = self.of_captures.iter().map(|&count| (0.0, count as f64)).collect();
        for (request, part) in &tally.requests {
            sums[self.capture[*request] as usize].0 += part.path_ns as f64;
        }
        let captures = ratio(&sums);
        if captures.error > mean.error { Mean { value: mean.value, ..captures } } else { mean }
    }
}

/// The sum of sums over the sum of counts, and the error of that by how much the parts differ.
pub(in crate::requests) fn ratio(parts: &[(f64, f64)]) -> Mean {
    let all = parts.iter().fold((0.0, 0.0), |all, part| (all.0 + part.0, all.1 + part.1));
    let value = if all.1 > 0.0 { all.0 / all.1 } else { 0.0 };
    let number = parts.len() as f64;
    if parts.len() < 2 {
        return Mean { value, error: 0.0, degrees: 0.0 };
    }
    let squares: f64 = parts.iter().map(|(sum, count)| (sum - value * count).powi(2)).sum();
    Mean { value, error: (squares * number / (number - 1.0)).sqrt() / all.1, degrees: number - 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_over_parts_has_the_error_of_their_scatter() {
        // Four stretches of 10 requests with sums 10, 20, 30, 40: mean 2.5, deviations of sums -15, -5, 5, 15.
        let mean = ratio(&[(10.0, 10.0), (20.0, 10.0), (30.0, 10.0), (40.0, 10.0)]);
        assert_eq!((mean.value, mean.degrees), (2.5, 3.0));
        assert!((mean.error - (500.0f64 * 4.0 / 3.0).sqrt() / 40.0).abs() < 1e-12, "{mean:?}");
        assert_eq!(ratio(&[(7.0, 7.0)]), Mean { value: 1.0, error: 0.0, degrees: 0.0 });
    }
}
