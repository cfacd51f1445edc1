//! Why the mean request takes longer or shorter: an exact sum of what each frame, and the mix of requests, did to it.
//!
//! With `w` the share of a group among requests, `m` the mean of a group, and A and B the two sides,
//!
//! ```text
//! mB - mA = sum_g (wB - wA) (mA + mB) / 2              the mix
//!         + sum_g (wA + wB) / 2 sum_f (tB_gf - tA_gf)  each frame, t being its time per request
//! ```
//!
//! and of a frame, with `c` calls per request and `u` time per call, `dt = dc (uA + uB) / 2 + (cA + cB) / 2 du`: called
//! more, and slower per call. Swapping the sides changes the sign of every term and nothing else. A side without
//! requests of a group, or without calls of a frame, takes the other's mean.

use super::sums::{Cell, Sums};

/// What became of the mean request, nanoseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Decomposition {
    /// The mean of all requests of before and of after.
    pub(super) mean: (f64, f64),
    /// What the mix of requests did.
    pub(super) mix: f64,
    /// What each frame did, by its number.
    pub(super) frames: Vec<FrameChange>,
}

/// What a frame did to the mean request, at the mean mix of both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct FrameChange {
    /// Time per request of before and of after.
    pub(super) time: (f64, f64),
    /// Calls per request of before and of after.
    pub(super) calls: (f64, f64),
    /// What more calls did.
    pub(super) by_calls: f64,
    /// What slower calls did.
    pub(super) by_time: f64,
}

impl FrameChange {
    /// What it did in all.
    pub(super) fn change(&self) -> f64 {
        self.by_calls + self.by_time
    }
}

impl Decomposition {
    /// From the sums of both sides.
    pub(super) fn new(cells: &[Cell], frames: usize, before: &Sums, after: &Sums) -> Decomposition {
        let all = |sums: &Sums| sums.requests.iter().sum::<f64>().max(1.0);
        let all = (all(before), all(after));
        let groups = before.requests.len();
        let mut spent = vec![(0.0, 0.0); groups];
        for (cell, (a, b)) in cells.iter().zip(before.time.iter().zip(&after.time)) {
            let sum = &mut spent[cell.group as usize];
            *sum = (sum.0 + a, sum.1 + b);
        }
        let mut found = Decomposition { frames: vec![FrameChange::default(); frames], ..Self::default() };
        let mut weights = vec![0.0; groups];
        for group in 0..groups {
            let (n, m) = (before.requests[group], after.requests[group]);
            let (a, b) = means(spent[group], (n, m));
            let share = (n / all.0, m / all.1);
            found.mean.0 += share.0 * a;
            found.mean.1 += share.1 * b;
            found.mix += (share.1 - share.0) * (a + b) / 2.0;
            weights[group] = (share.0 + share.1) / 2.0;
        }
        for (at, cell) in cells.iter().enumerate() {
            let group = cell.group as usize;
            let requests = (before.requests[group], after.requests[group]);
            let time = means((before.time[at], after.time[at]), requests);
            let calls = means((before.calls[at], after.calls[at]), requests);
            let per_call = means((before.time[at], after.time[at]), (before.calls[at], after.calls[at]));
            let weight = weights[group];
            let frame = &mut found.frames[cell.frame as usize];
            let add =
                |sum: &mut (f64, f64), (a, b): (f64, f64)| *sum = (sum.0 + weight * a, sum.1 + weight * b);
            add(&mut frame.time, time);
            add(&mut frame.calls, calls);
            let by_calls = (calls.1 - calls.0) * (per_call.0 + per_call.1) / 2.0;
            frame.by_calls += weight * by_calls;
            frame.by_time += weight * (time.1 - time.0 - by_calls);
        }
        found
    }
}

/// Two means; where one side has nothing to take a mean of, the other's.
fn means(sums: (f64, f64), counts: (f64, f64)) -> (f64, f64) {
    match (counts.0 > 0.0, counts.1 > 0.0) {
        (true, true) => (sums.0 / counts.0, sums.1 / counts.1),
        (true, false) => (sums.0 / counts.0, sums.0 / counts.0),
        (false, true) => (sums.1 / counts.1, sums.1 / counts.1),
        (false, false) => (0.0, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(group: u32, frame: u32) -> Cell {
        Cell { group, frame }
    }

    #[test]
    fn called_more_and_slower_per_call() {
        // Ten requests a side. Frame 0: 1 call of 5 each, then 4 calls of 5. Frame 1: 2 calls of 3, then 2 of 4.
        let cells = [cell(0, 0), cell(0, 1)];
        let before = Sums { requests: vec![10.0], time: vec![50.0, 60.0], calls: vec![10.0, 20.0] };
        let after = Sums { requests: vec![10.0], time: vec![200.0, 80.0], calls: vec![40.0, 20.0] };
        let found = Decomposition::new(&cells, 2, &before, &after);
        assert_eq!((found.mean, found.mix), ((11.0, 28.0), 0.0));
        let [first, second] = [found.frames[0], found.frames[1]];
        assert_eq!((first.by_calls, first.by_time, first.calls), (15.0, 0.0, (1.0, 4.0)));
        assert_eq!((second.by_calls, second.by_time, second.time), (0.0, 2.0, (6.0, 8.0)));
    }

    #[test]
    fn a_group_that_one_side_lacks_is_mix() {
        let cells = [cell(0, 0), cell(1, 1)];
        let before = Sums { requests: vec![10.0, 0.0], time: vec![100.0, 0.0], calls: vec![10.0, 0.0] };
        let after = Sums { requests: vec![5.0, 5.0], time: vec![50.0, 150.0], calls: vec![5.0, 5.0] };
        let found = Decomposition::new(&cells, 2, &before, &after);
        assert_eq!((found.mean, found.mix), ((10.0, 20.0), 10.0));
        assert!(found.frames.iter().all(|frame| frame.change() == 0.0));
    }

    proptest! {
        #[test]
        fn terms_sum_to_the_change_and_mirror(
            before in sums(), after in sums(),
        ) {
            let cells: Vec<Cell> = (0..9).map(|at| cell(at / 3, at % 3 + at / 6)).collect();
            let [before, after] = [before, after].map(|(requests, costs)| {
                let (time, calls): (Vec<f64>, Vec<f64>) = costs.iter().enumerate().map(|(at, &(time, calls))| {
                    let is_there = requests[at / 3] > 0 && calls > 0;
                    if is_there { (f64::from(time), f64::from(calls)) } else { (0.0, 0.0) }
                }).unzip();
                Sums { requests: requests.iter().map(|&n| f64::from(n)).collect(), time, calls }
            });
            let found = Decomposition::new(&cells, 5, &before, &after);
            let all = found.mix + found.frames.iter().map(FrameChange::change).sum::<f64>();
            let change = found.mean.1 - found.mean.0;
            prop_assert!((all - change).abs() <= 1e-9 * (found.mean.0 + found.mean.1), "{all} {change}");
            let mirror = Decomposition::new(&cells, 5, &after, &before);
            prop_assert_eq!(mirror.mix, -found.mix);
            for (one, other) in found.frames.iter().zip(&mirror.frames) {
                prop_assert!((one.by_calls + other.by_calls).abs() <= 1e-9 * (one.time.0 + one.time.1));
                prop_assert!((one.change() + other.change()).abs() <= 1e-9 * (one.time.0 + one.time.1));
            }
        }
    }

    fn sums() -> impl Strategy<Value = (Vec<u32>, Vec<(u32, u32)>)> {
        (prop::collection::vec(0u32..20, 3), prop::collection::vec((0u32..1000, 0u32..5), 9))
            .prop_filter("a side has requests", |(requests, _)| requests.iter().any(|&n| n > 0))
    }
}
