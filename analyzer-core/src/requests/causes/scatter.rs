//! How sure a change of a mean is, by how much the stretches and the captures of a side differ.
//!
//! A mean is a sum over a count: time over calls, failed requests over requests. Its error is that of a ratio of sums
//! over stretches of a set (Cochran, 1977, chapter 6), as neighbouring requests are alike, or, where there are several
//! captures of before and these differ more, what those say.

use crate::requests::contributions::FEWEST_CAPTURES;
use crate::requests::means::{Mean, ratio};
use crate::requests::set::Set;
use crate::requests::sums::{MOST_BLOCKS, range};
use crate::stats::student;

/// Stretches of a side that must have some of what is counted; with fewer there is no telling.
const FEWEST_STRETCHES: usize = 5;
/// What all means together say about how much captures differ counts as much as so many captures more.
const PRIOR: f64 = 4.0;

/// In which stretch and which capture each request of a set is.
pub(super) struct Layout {
    stretch: Vec<u32>,
    stretches: usize,
    capture: Vec<u32>,
    captures: usize,
    /// The number of requests of each.
    all: Sums,
}

/// Sums and counts of one thing, by stretch and by capture.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    stretches: Vec<(f64, f64)>,
    captures: Vec<(f64, f64)>,
}

/// A mean of both sides.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub(super) before: f64,
    pub(super) after: f64,
    /// What was counted.
    pub(super) counts: (f64, f64),
    /// The standard error of after less before.
    error: f64,
    /// Its degrees of freedom; 0 where there is no telling.
    degrees: f64,
}

impl Layout {
    pub(super) fn new(set: &Set) -> Layout {
        let count = set.requests.len();
        let stretches = count.min(MOST_BLOCKS);
        let mut stretch = vec![0; count];
        for block in 0..stretches {
            stretch[range(count, stretches, block)].fill(block as u32);
        }
        let capture: Vec<u32> = set.requests.iter().map(|request| request.capture).collect();
        let captures = capture.iter().max().map_or(0, |&last| last as usize + 1);
        let mut layout = Layout { stretch, stretches, capture, captures, all: Sums::default() };
        let mut all = layout.nothing();
        (0..count as u32).for_each(|request| layout.add(&mut all, request, 0.0, 1.0));
        layout.all = all;
        layout
    }

    /// The sums of what some requests have, over all requests.
    pub(super) fn per_request(&self, list: impl Iterator<Item = (u32, f64)>) -> Sums {
        let mut sums = self.all.clone();
        list.for_each(|(request, sum)| self.add(&mut sums, request, sum, 0.0));
        sums
    }

    /// How many requests there are.
    pub(super) fn requests(&self) -> usize {
        self.stretch.len()
    }

    /// Nothing yet.
    pub(super) fn nothing(&self) -> Sums {
        Sums { stretches: vec![(0.0, 0.0); self.stretches], captures: vec![(0.0, 0.0); self.captures] }
    }

    /// Adds what a request has.
    pub(super) fn add(&self, sums: &mut Sums, request: u32, sum: f64, count: f64) {
        let at = request as usize;
        for part in
            [&mut sums.stretches[self.stretch[at] as usize], &mut sums.captures[self.capture[at] as usize]]
        {
            *part = (part.0 + sum, part.1 + count);
        }
    }

    /// The sums of a list of requests with what each has.
    pub(super) fn sums(&self, list: impl Iterator<Item = (u32, f64, f64)>) -> Sums {
        let mut sums = self.nothing();
        list.for_each(|(request, sum, count)| self.add(&mut sums, request, sum, count));
        sums
    }
}

impl Sums {
    /// What was counted.
    pub(super) fn count(&self) -> f64 {
        self.stretches.iter().map(|part| part.1).sum()
    }

    /// What was added up.
    pub(super) fn sum(&self) -> f64 {
        self.stretches.iter().map(|part| part.0).sum()
    }
}

impl Change {
    /// The probability of such a change by chance; 1 where there is no telling, 0 where neither side scatters.
    pub(super) fn p_value(&self) -> f64 {
        if self.degrees < FEWEST_STRETCHES as f64 - 1.0 || self.after == self.before {
            1.0
        } else if self.error == 0.0 {
            0.0
        } else {
            student::p_value((self.after - self.before) / self.error, self.degrees)
        }
    }

    /// After over before.
    pub(super) fn ratio(&self) -> f64 {
        if self.before > 0.0 { self.after / self.before } else { f64::INFINITY }
    }

    /// After less before.
    pub(super) fn growth(&self) -> f64 {
        self.after - self.before
    }
}

/// The changes of several means, in their order. Where there are several captures of before, the variance of each is
/// drawn towards what all together say of it (Smyth, 2004).
pub(super) fn changes(list: &[[Sums; 2]]) -> Vec<Change> {
    let captures: Vec<Option<(f64, f64)>> =
        list.iter().map(|[before, _]| between(&before.captures)).collect();
    let mut relative: Vec<f64> = captures.iter().flatten().map(|&(relative, _)| relative).collect();
    relative.retain(|&relative| relative > 0.0);
    relative.sort_by(f64::total_cmp);
    let usual = relative.get(relative.len() / 2).copied().unwrap_or(0.0);
    let changes = list.iter().zip(&captures).map(|([before, after], captures)| {
        let [one, other] = [before, after].map(|side| mean(&side.stretches));
        let mut change = Change {
            before: one.value,
            after: other.value,
            counts: (before.count(), after.count()),
            error: one.error.hypot(other.error),
            degrees: one.degrees.min(other.degrees),
        };
        if let Some((relative, captures)) = *captures {
            let degrees = PRIOR + captures - 1.0;
            let variance = (PRIOR * usual.powi(2) + (captures - 1.0) * relative.powi(2)) / degrees;
            let error = one.value * (variance * (1.0 + 1.0 / captures)).sqrt();
            if error > change.error {
                change = Change { error, degrees: degrees.min(change.degrees), ..change };
            }
        }
        change
    });
    changes.collect()
}

/// A mean over stretches and its error; the degrees are those of stretches that have something.
fn mean(stretches: &[(f64, f64)]) -> Mean {
    let occupied: Vec<(f64, f64)> = stretches.iter().copied().filter(|part| part.1 > 0.0).collect();
    ratio(&occupied)
}

/// The standard deviation of a mean between captures over the mean, and how many captures there are.
fn between(captures: &[(f64, f64)]) -> Option<(f64, f64)> {
    let means: Vec<f64> =
        captures.iter().filter(|part| part.1 > 0.0).map(|(sum, count)| sum / count).collect();
    if means.len() < FEWEST_CAPTURES {
        return None;
    }
    let count = means.len() as f64;
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Some((if mean > 0.0 { variance.sqrt() / mean } else { 0.0 }, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_that_differ_more_than_stretches_count() {
        let side = |captures: &[f64]| Sums {
            stretches: (0..40).map(|at| (10.0 + f64::from(at % 2), 1.0)).collect(),
            captures: captures.iter().map(|&mean| (mean, 1.0)).collect(),
        };
        let alone = changes(&[[side(&[10.5]), side(&[10.5])]])[0];
        let several = changes(&[[side(&[8.0, 10.0, 13.0]), side(&[10.5])]])[0];
        assert_eq!(alone.degrees, 39.0);
        assert!(several.error > 10.0 * alone.error && several.degrees == 6.0, "{several:?}");
    }
}
