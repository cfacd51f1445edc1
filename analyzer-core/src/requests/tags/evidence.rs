//! How much the shares of requests that have something differ, and how sure that is.
//!
//! The size of a difference is the logarithm of the ratio of the odds, with half a request added to each of the four counts
//! (Jeffreys' prior; Haldane, 1956, and Anscombe, 1956). Fisher's exact test says how likely such counts are by chance if
//! requests are independent. Neighbouring ones are not: they share a pod, a customer, a batch. The difference must
//! therefore hold between stretches of time as well, shorter and longer ones, and between captures where there are
//! several.

use crate::requests::Question;
use crate::requests::causes::{Mean, p_value, ratio};
use crate::requests::contributions::FEWEST_CAPTURES;
use crate::requests::set::Set;
use crate::requests::sums::{MOST_BLOCKS, range};
use crate::stats::{fisher, normal};

/// Long stretches: what stays the same for longer than a short one is seen between these.
const LONG: usize = 10;
/// The longest ones. Few tell their scatter badly, so it is drawn halfway to that of long ones, as if that were known from as
/// many (Smyth, 2004). Slow and usual requests are of the same time, and what drifts is on both sides; two sets are not.
/// Of 300 simulated pairs of 50 requests without change, in which tags stay the same for 7 requests on average, 6 have a row.
/// By the longest alone it would be 3, but numbers that rise from 1 % to 24 % of 400 requests would go unseen.
const LONGEST: usize = 5;
/// The log-odds that are sure to this probability are what rows are ranked by.
const SURE: f64 = 0.975;
/// The share of each side that is of groups of both from which on only these are compared.
const COMMON: f64 = 0.1;
/// The largest error a stretch can have where it is no error at all, but rounding.
const ROUNDING: f64 = 1e-9;

/// The requests of a side that have something, by their place in the set, in order.
pub(super) type Places = Vec<u32>;

/// Both sides, as shares are taken of them.
pub(super) struct Shares<'a> {
    sets: [&'a Set; 2],
    question: Question,
    /// Requests of each group.
    groups: [Vec<f64>; 2],
    /// Whether requests of both sides are of the same groups, as far as needed.
    has_common_groups: bool,
    /// How many captures each side has.
    captures: [usize; 2],
}

/// What is known of a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Difference {
    /// The log-odds that are sure, with the sign of the difference; 0 where not even that is sure.
    pub(super) strength: f64,
    /// The probability of such a difference by chance.
    pub(super) p: f64,
}

impl<'a> Shares<'a> {
    pub(super) fn new(sets: [&'a Set; 2], question: Question, groups: usize) -> Shares<'a> {
        let groups = sets.map(|set| {
            let mut counts = vec![0.0; groups];
            set.requests.iter().for_each(|request| counts[request.group as usize] += 1.0);
            counts
        });
        let has_common_groups = [0, 1].iter().all(|&side: &usize| {
            let pairs = groups[side].iter().zip(&groups[1 - side]);
            let common: f64 = pairs.filter(|(_, other)| **other > 0.0).map(|(own, _)| *own).sum();
            common >= COMMON * sets[side].requests.len() as f64
        });
        let captures = sets
            .map(|set| set.requests.iter().map(|request| request.capture as usize + 1).max().unwrap_or(0));
        Shares { sets, question, groups, has_common_groups, captures }
    }

    /// Requests of each side.
    pub(super) fn counts(&self) -> [u64; 2] {
        self.sets.map(|set| set.requests.len() as u64)
    }

    /// By how many points the share of after is larger than that of before, among requests for the same: what a different
    /// mix of requests did is left out (Mantel and Haenszel, 1959).
    pub(super) fn points(&self, places: &[Places; 2]) -> f64 {
        let plain = || {
            let share =
                |side: usize| places[side].len() as f64 / self.sets[side].requests.len().max(1) as f64;
            share(1) - share(0)
        };
        if !self.has_common_groups {
            return 100.0 * plain();
        }
        let with = [0, 1].map(|side: usize| {
            let mut with = vec![0.0; self.groups[side].len()];
            for &place in &places[side] {
                with[self.sets[side].requests[place as usize].group as usize] += 1.0;
            }
            with
        });
        let (mut sum, mut weights) = (0.0, 0.0);
        let groups = self.groups[0].iter().zip(&self.groups[1]).zip(with[0].iter().zip(&with[1]));
        for ((&before, &after), (with_before, with_after)) in groups {
            if before > 0.0 && after > 0.0 {
                let weight = before * after / (before + after);
                sum += weight * (with_after / after - with_before / before);
                weights += weight;
            }
        }
        100.0 * if weights > 0.0 { sum / weights } else { plain() }
    }

    /// How large and how sure the difference is.
    pub(super) fn difference(&self, places: &[Places; 2]) -> Difference {
        let of = self.counts();
        let with = [0, 1].map(|side: usize| places[side].len() as u64);
        let exact = fisher::p_value(with, of);
        let means = [0, 1].map(|side: usize| self.mean(side, &places[side]));
        let is_certain = means.iter().all(|mean| mean.error <= ROUNDING);
        let p = if is_certain { exact } else { exact.max(p_value(&means)) };
        Difference { strength: strength(with, of), p }
    }

    /// The share of a side, with the largest error that stretches and captures tell.
    fn mean(&self, side: usize, places: &Places) -> Mean {
        let over = |stretches: usize| self.over_stretches(side, places, stretches);
        let long = over(LONG);
        let longest = match self.question {
            Question::Changed => halfway(long, over(LONGEST)),
            Question::Slow => Mean::default(),
        };
        let means = [long, longest, self.over_captures(side, places)];
        means
            .into_iter()
            .fold(over(MOST_BLOCKS), |one, other| if other.error > one.error { other } else { one })
    }

    fn over_stretches(&self, side: usize, places: &Places, stretches: usize) -> Mean {
        let requests = self.sets[side].requests.len();
        let stretches = stretches.min(requests);
        let mut left = places.as_slice();
        let parts: Vec<(f64, f64)> = (0..stretches)
            .map(|stretch| {
                let range = range(requests, stretches, stretch);
                let with = left.partition_point(|&place| (place as usize) < range.end);
                left = &left[with..];
                (with as f64, range.len() as f64)
            })
            .collect();
        ratio(&parts)
    }

    /// As the captures tell it; without an error where there are too few.
    fn over_captures(&self, side: usize, places: &Places) -> Mean {
        let captures = self.captures[side];
        if captures < FEWEST_CAPTURES {
            return Mean::default();
        }
        let requests = &self.sets[side].requests;
        let mut parts = vec![(0.0, 0.0); captures];
        requests.iter().for_each(|request| parts[request.capture as usize].1 += 1.0);
        places.iter().for_each(|&place| parts[requests[place as usize].capture as usize].0 += 1.0);
        ratio(&parts)
    }
}

/// A mean whose variance is halfway between two of equal weight.
fn halfway(one: Mean, other: Mean) -> Mean {
    let variance = f64::midpoint(one.error.powi(2), other.error.powi(2));
    Mean { error: variance.sqrt(), degrees: 2.0 * other.degrees, ..other }
}

/// The log-odds that are sure: as far from 0 as the end of their interval that is nearest to it.
fn strength(with: [u64; 2], of: [u64; 2]) -> f64 {
    let log_odds = log_odds(with, of);
    let inverse =
        |side: usize| 1.0 / (with[side] as f64 + 0.5) + 1.0 / ((of[side] - with[side]) as f64 + 0.5);
    let inverse = inverse(0) + inverse(1);
    (log_odds.abs() - normal::quantile(SURE) * inverse.sqrt()).max(0.0).copysign(log_odds)
}

/// The logarithm of how many times as large the odds of after are as those of before.
fn log_odds(with: [u64; 2], of: [u64; 2]) -> f64 {
    let odds = |side: usize| (with[side] as f64 + 0.5) / ((of[side] - with[side]) as f64 + 0.5);
    odds(1).ln() - odds(0).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::set::Request;
    use analyzer_formats::SpanId;

    fn set(groups: &[u32]) -> Set {
        let request = |(place, &group): (u32, &u32)| Request {
            capture: 0,
            trace: place,
            root: SpanId::new(0),
            group,
            start_ns: i64::from(place),
            duration_ns: 1,
            failed: false,
            costs: 0..0,
        };
        Set { requests: (0u32..).zip(groups).map(request).collect(), costs: Vec::new() }
    }

    #[test]
    fn log_odds_by_hand() {
        // 3 of 10 against 8 of 10: (8.5 / 2.5) / (3.5 / 7.5) = 7.2857.
        assert!((log_odds([3, 8], [10, 10]) - 7.285_714_f64.ln()).abs() < 1e-6);
        // Their error is the root of 1/3.5 + 1/7.5 + 1/8.5 + 1/2.5 = 0.93669; 1.96 of it are 1.8969 of 1.9859.
        assert!((strength([3, 8], [10, 10]) - 0.0890).abs() < 1e-4, "{}", strength([3, 8], [10, 10]));
        assert_eq!(strength([8, 3], [10, 10]), -strength([3, 8], [10, 10]));
        assert_eq!(strength([4, 5], [10, 10]), 0.0);
        assert!(strength([0, 10], [10, 10]) > strength([3, 8], [10, 10]));
    }

    #[test]
    fn a_share_that_only_one_stretch_differs_in_is_no_evidence() {
        let (before, after) = (set(&[0; 200]), set(&[0; 200]));
        let shares = Shares::new([&before, &after], Question::Changed, 1);
        let none: Places = Vec::new();
        let [burst, spread] = [(0..20).collect::<Places>(), (0..200).step_by(10).collect()];
        let p = |places: &Places| shares.difference(&[none.clone(), places.clone()]).p;
        // Fisher: 20 of 40 draws all of one half, about 1e-6.
        assert!(p(&spread) < 1e-4, "{}", p(&spread));
        assert!(p(&burst) > 0.05, "{}", p(&burst));
        let all: Places = (0..200).collect();
        assert!(p(&all) < 1e-50, "nothing scatters: the exact test alone");
    }

    #[test]
    fn a_different_mix_of_requests_is_no_difference_of_tags() {
        // Half of the requests of group 1 have it, none of group 0.
        let before = set(&[[0, 0, 1, 1].as_slice(); 10].concat());
        let after = set(&[[0, 1, 1, 1].as_slice(); 20].concat());
        let shares = Shares::new([&before, &after], Question::Changed, 2);
        let of = |set: &Set| -> Places {
            let of_group = (0u32..).zip(&set.requests).filter(|(_, request)| request.group == 1);
            of_group.map(|(place, _)| place).step_by(2).collect()
        };
        let places = [of(&before), of(&after)];
        assert_eq!([places[0].len(), places[1].len()], [10, 30], "25 % and 37.5 % of all");
        assert!(shares.points(&places).abs() < 1e-9, "{}", shares.points(&places));
    }
}
