//! Sums over the requests of a set, in stretches of time, from which sets are drawn anew.
//!
//! Neighbouring requests share a load, a cache, a noisy neighbour: they are not independent. A set is therefore cut
//! into stretches of equally many requests, and drawn anew by drawing stretches (the block bootstrap of Kuensch, 1989,
//! with blocks that do not overlap). What is computed from the sums can be computed from any drawing of them.

use super::set::Set;
use rustc_hash::FxHashMap;

/// More stretches tell no more of the scatter, and fewer requests in each are less independent of the next's.
pub(super) const MOST_BLOCKS: usize = 40;

/// Sums of one side.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sums {
    /// Requests, by group.
    pub(super) requests: Vec<f64>,
    /// Nanoseconds on the critical path, by cell.
    pub(super) time: Vec<f64>,
    /// Calls, by cell.
    pub(super) calls: Vec<f64>,
}

/// A group and a frame that requests of it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cell {
    /// The group.
    pub(super) group: u32,
    /// The frame.
    pub(super) frame: u32,
}

/// The cells that either side has, in order.
pub(super) fn cells(sets: [&Set; 2]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for set in sets {
        let mut seen: rustc_hash::FxHashSet<Cell> = rustc_hash::FxHashSet::default();
        for request in &set.requests {
            let group = request.group;
            seen.extend(set.costs_of(request).iter().map(|cost| Cell { group, frame: cost.frame }));
        }
        cells.extend(seen);
    }
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// The sums of a side in stretches.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    groups: usize,
    cells: usize,
    /// Per stretch: requests by group, and time and calls by cell, of what is not zero.
    blocks: Vec<Block>,
    /// Where drawings of this side start; it depends on nothing but what the side holds.
    seed: u64,
}

#[derive(Clone, Debug, Default)]
struct Block {
    requests: Vec<(u32, f64)>,
    costs: Vec<(u32, f64, f64)>,
}

impl Blocks {
    /// Cuts a set into stretches.
    pub(super) fn new(set: &Set, groups: usize, cells: &[Cell]) -> Blocks {
        let number: FxHashMap<Cell, u32> = cells.iter().zip(0u32..).map(|(&cell, at)| (cell, at)).collect();
        let count = set.requests.len().min(MOST_BLOCKS);
        let mut blocks = Vec::with_capacity(count);
        for block in 0..count {
            let mut requests: FxHashMap<u32, f64> = FxHashMap::default();
            let mut costs: FxHashMap<u32, (f64, f64)> = FxHashMap::default();
            for request in &set.requests[range(set.requests.len(), count, block)] {
                *requests.entry(request.group).or_default() += 1.0;
                for cost in set.costs_of(request) {
                    let cell = number[&Cell { group: request.group, frame: cost.frame }];
                    let sum = costs.entry(cell).or_default();
                    *sum = (sum.0 + cost.time_ns as f64, sum.1 + f64::from(cost.calls));
                }
            }
            let mut block = Block {
                requests: requests.into_iter().collect(),
                costs: costs.into_iter().map(|(cell, (time, calls))| (cell, time, calls)).collect(),
            };
            block.requests.sort_unstable_by_key(|&(group, _)| group);
            block.costs.sort_unstable_by_key(|&(cell, ..)| cell);
            blocks.push(block);
        }
        let seed = set.requests.iter().fold(set.requests.len() as u64, |seed, request| {
            mixed(seed ^ request.duration_ns.cast_unsigned())
        });
        Blocks { groups, cells: cells.len(), blocks, seed }
    }

    /// Stretches of a set of which nothing is known but their number.
    pub(super) fn empty(blocks: usize, seed: u64) -> Blocks {
        Blocks { groups: 0, cells: 0, blocks: vec![Block::default(); blocks], seed }
    }

    /// How many stretches there are.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// The numbers of the stretches, and the requests of each, of which there are so many in all.
    pub(super) fn ranges(&self, requests: usize) -> impl Iterator<Item = (u32, std::ops::Range<usize>)> {
        let blocks = self.len();
        (0u32..).zip((0..blocks).map(move |block| range(requests, blocks, block)))
    }

    /// The sums of the set as it is.
    pub(super) fn sums(&self) -> Sums {
        self.weighed(&vec![1.0; self.len()])
    }

    /// The sums of a drawing.
    pub(super) fn drawn(&self, drawing: u64) -> Sums {
        self.weighed(&self.draw(drawing))
    }

    /// How often each stretch is in a drawing.
    pub(super) fn draw(&self, drawing: u64) -> Vec<f64> {
        let mut times = vec![0.0; self.len()];
        let mut state = mixed(self.seed ^ mixed(drawing));
        for _ in 0..self.len() {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let at = (u128::from(mixed(state)) * self.len() as u128) >> 64;
            times[at as usize] += 1.0;
        }
        times
    }

    fn weighed(&self, times: &[f64]) -> Sums {
        let zeros = |count| vec![0.0; count];
        let mut sums =
            Sums { requests: zeros(self.groups), time: zeros(self.cells), calls: zeros(self.cells) };
        for (block, &times) in self.blocks.iter().zip(times).filter(|(_, times)| **times > 0.0) {
            for &(group, requests) in &block.requests {
                sums.requests[group as usize] += times * requests;
            }
            for &(cell, time, calls) in &block.costs {
                sums.time[cell as usize] += times * time;
                sums.calls[cell as usize] += times * calls;
            }
        }
        sums
    }
}

/// The requests of a stretch.
pub(super) fn range(requests: usize, blocks: usize, block: usize) -> std::ops::Range<usize> {
    block * requests / blocks..(block + 1) * requests / blocks
}

/// The output function of splitmix64 (Steele, Lea and Flood, 2014).
fn mixed(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_hold_every_request_once() {
        for requests in [1, 7, 40, 41, 1000] {
            let blocks = requests.min(MOST_BLOCKS);
            let mut next = 0;
            for block in 0..blocks {
                let range = range(requests, blocks, block);
                assert_eq!(range.start, next);
                assert!(!range.is_empty());
                next = range.end;
            }
            assert_eq!(next, requests);
        }
    }

    #[test]
    fn drawings_are_fair_and_repeatable() {
        let blocks = Blocks::empty(40, 1);
        let mut drawn = vec![0.0; 40];
        for drawing in 0..2000 {
            let times = blocks.draw(drawing);
            assert_eq!(times.iter().sum::<f64>(), 40.0);
            drawn.iter_mut().zip(times).for_each(|(sum, times)| *sum += times);
        }
        // 2,000 expected, standard deviation 44.
        assert!(drawn.iter().all(|&sum| (sum - 2000.0f64).abs() < 220.0), "{drawn:?}");
        assert_eq!(blocks.draw(7), blocks.draw(7));
    }
}
