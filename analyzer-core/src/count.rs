//! How many samples stand behind values.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// A number of samples, kept in parts of one: values of which so many make a sample need not be whole samples line by
/// line. Sums are exact, in whatever order they are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(i128);

/// The parts of a sample.
const PARTS: i128 = 1 << 40;

impl Count {
    /// So many samples; a difference of captures has none.
    #[must_use]
    pub fn new(samples: i128) -> Count {
        Count(samples.max(0).saturating_mul(PARTS))
    }

    /// The samples behind a value of which `weight` are one.
    #[must_use]
    pub fn weighed(value: i128, weight: i64) -> Count {
        let weight = i128::from(weight.max(1));
        let value = value.max(0);
        // In two steps: a value and its parts together may not fit.
        let (whole, rest) = (value / weight, value % weight);
        let parts = whole.saturating_mul(PARTS).saturating_add(rest * PARTS / weight);
        // What was measured is never nothing.
        Count(parts.max(value.min(1)))
    }

    /// The samples, for statistics.
    #[must_use]
    pub fn samples(self) -> f64 {
        self.0 as f64 / PARTS as f64
    }

    /// The nearest whole number of samples.
    #[must_use]
    pub fn whole(self) -> i128 {
        (self.0 + PARTS / 2) / PARTS
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add for Count {
    type Output = Count;

    fn add(self, other: Count) -> Count {
        Count(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        *self = *self + other;
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Count>>(counts: I) -> Count {
        counts.fold(Count::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_samples_add_up() {
        let lines: Count = [400, 350, 251].map(|value| Count::weighed(value, 1000)).into_iter().sum();
        assert_eq!(lines.whole(), 1);
        assert!((lines.samples() - 1.001).abs() < 1e-5);
        assert_eq!(Count::new(i128::from(i64::MAX)).whole(), i128::from(i64::MAX));
        assert_eq!(Count::new(7).samples(), 7.0);
        assert!(Count::weighed(-5, 1).is_zero());
        assert!(Count::weighed(1, i64::MAX).samples() > 0.0);
    }
}
