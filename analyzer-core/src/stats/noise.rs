//! How much captures of unchanged code differ.
//!
//! Samples come in bursts and threads, so counts scatter more than Poisson's law says, by a factor phi. This
//! file holds the recorded prior; estimates from replicates, time blocks and the functions of the two captures
//! themselves take its place where they can be had.

use super::normal;

/// Where the figures of a [`Noise`] come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoiseSource {
    /// A prior recorded from other captures.
    Assumed,
}

impl NoiseSource {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            NoiseSource::Assumed => "assumed",
        }
    }
}

/// The noise of a comparison: the variance of `B - kA` under no change is `phi k (A + B)`.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    /// Variance over that of independent samples.
    pub phi: f64,
    /// Where phi comes from.
    pub source: NoiseSource,
    /// The factor from before to after.
    pub k: f64,
    /// How many cells are tested together.
    pub tests: usize,
    /// The share of intervals that should hold the truth.
    pub confidence: f64,
}

/// Overdispersion between runs of one program, measured on archived captures of unchanged code.
const ASSUMED_PHI: f64 = 2.4;

/// Below this many samples on both sides together, nothing is called significant.
const FEWEST_SAMPLES: f64 = 10.0;

impl Noise {
    /// The prior, for a comparison of `tests` cells with the factor `k`.
    #[must_use]
    pub fn assumed(k: f64, tests: usize, confidence: f64) -> Noise {
        Noise { phi: ASSUMED_PHI, source: NoiseSource::Assumed, k, tests: tests.max(1), confidence }
    }

    /// The difference of two counts in standard deviations of what no change would give.
    #[must_use]
    pub fn z(&self, before: f64, after: f64) -> f64 {
        let variance = self.phi * self.k * (before + after);
        if variance > 0.0 { (after - self.k * before) / variance.sqrt() } else { 0.0 }
    }

    /// How many standard deviations a difference must have, with all tests together (Bonferroni's bound).
    #[must_use]
    pub fn threshold(&self) -> f64 {
        -normal::quantile((1.0 - self.confidence) / 2.0 / self.tests as f64)
    }

    /// Whether two counts differ by more than noise.
    #[must_use]
    pub fn is_significant(&self, before: f64, after: f64) -> bool {
        before + after >= FEWEST_SAMPLES && self.z(before, after).abs() >= self.threshold()
    }

    /// Half the width of the interval of `B - kA`, in samples of after: variance `phi (B + k^2 A)`, which does
    /// not assume that nothing changed. An empty side counts as one sample.
    #[must_use]
    pub fn margin(&self, before: f64, after: f64) -> f64 {
        let variance = self.phi * (after.max(1.0) + self.k * self.k * before.max(1.0));
        -normal::quantile((1.0 - self.confidence) / 2.0) * variance.sqrt()
    }

    /// The smallest growth that would be found four times in five, for a cell of `share` of `before` samples, as
    /// a share of all samples.
    #[must_use]
    pub fn detectable(&self, share: f64, before: f64) -> f64 {
        let cell = share * before;
        let deviation = (self.phi * self.k * (cell + self.k * cell)).sqrt();
        (self.threshold() + normal::quantile(0.8)) * deviation / (self.k * before)
    }

    /// How many samples of before it takes to find a growth of a cell of `share`, both shares of all samples: the
    /// inverse of [`Noise::detectable`].
    #[must_use]
    pub fn samples_needed(&self, share: f64, growth: f64) -> u64 {
        // The smallest growth that is found falls with the square root of the samples.
        (self.detectable(share, 1.0) / growth).powi(2).ceil() as u64
    }

    /// The sum of absolute differences that noise alone would give a cell.
    #[must_use]
    pub fn expected_difference(&self, before: f64, after: f64) -> f64 {
        (self.phi * self.k * (before + after) * 2.0 / std::f64::consts::PI).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_are_no_change_and_doubling_is() {
        let noise = Noise::assumed(2.0, 100, 0.95);
        assert_eq!(noise.z(500.0, 1000.0), 0.0);
        assert!(!noise.is_significant(500.0, 1050.0));
        assert!(noise.is_significant(500.0, 2000.0));
        assert!(!noise.is_significant(0.0, 9.0));
    }

    #[test]
    fn as_many_samples_as_are_needed_show_the_growth() {
        let noise = Noise::assumed(1.0, 40, 0.95);
        let needed = noise.samples_needed(0.01, 0.01);
        assert!(noise.detectable(0.01, needed as f64) <= 0.01);
        assert!(noise.detectable(0.01, needed as f64 - 1.0) > 0.01);
    }

    #[test]
    fn turning_the_sides_round_turns_the_sign() {
        let (there, back) = (Noise::assumed(2.0, 10, 0.95), Noise::assumed(0.5, 10, 0.95));
        assert!((there.z(300.0, 900.0) + back.z(900.0, 300.0)).abs() < 1e-12);
    }
}
