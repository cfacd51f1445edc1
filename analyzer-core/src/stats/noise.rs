//! How much captures of unchanged code differ.
//!
//! With k the factor from before to after, the difference `B - kA` of a function that did not change has the variance
//! `phi k (A + B) + 2 alpha (k (A + B) / (1 + k))^2`. Samples come in bursts and threads, so counts scatter more than
//! Poisson's law says, by the factor phi; and code runs a little faster or slower in each run, by a relative variance
//! alpha that more samples do not shrink.
//!
//! Both are unknown. The functions of the two captures tell: most of them did not change. [`Noise`] holds how likely
//! each (phi, alpha) is, given them and a prior from archived captures, and what it says is averaged over that. A
//! function that changed says little: its likelihood has a part that does not depend on phi and alpha (a
//! contaminated normal, Tukey 1960), and none has a say when it is judged itself.

use super::replicates::{Replicates, Spread};
use super::{beta_binomial, normal, student};
use crate::tree::{Pair, Side};

/// Where the figures of a [`Noise`] come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoiseSource {
    /// A prior recorded from other captures.
    Assumed,
    /// That, and the functions of the two captures.
    Empirical,
    /// Captures of the same side as well.
    Replicates,
}

impl NoiseSource {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            NoiseSource::Assumed => "assumed",
            NoiseSource::Empirical => "empirical",
            NoiseSource::Replicates => "replicates",
        }
    }
}

/// The noise of a comparison.
#[derive(Clone, Debug)]
pub struct Noise {
    points: Vec<Point>,
    /// Those that matter, with weights that add up to 1.
    likely: Vec<(Point, f64)>,
    /// Variance over that of independent samples, on average.
    pub phi: f64,
    /// Relative variance of a function's speed from run to run, on average.
    pub alpha: f64,
    /// Where it comes from.
    pub source: NoiseSource,
    /// The factor from before to after, in samples.
    pub k: f64,
    /// Standard error of ln k.
    pub se_ln_k: f64,
    /// All samples of both captures, where totals are made equal: a function that is nearly all cannot grow then.
    whole: Option<f64>,
    /// How much of alpha is left on each side: 1 for one capture, less for the sum of several.
    concentration: Pair<f64>,
    /// Whether functions have told.
    has_learned: bool,
    /// How many cells are tested together.
    pub tests: usize,
    /// The share of intervals that should hold the truth.
    pub confidence: f64,
}

/// One (phi, alpha) and the logarithm of how likely it is.
#[derive(Clone, Copy, Debug)]
struct Point {
    phi: f64,
    alpha: f64,
    ln_weight: f64,
}

/// The logarithm of phi before anything is known: center and deviation.
const PRIOR_PHI: (f64, f64) = (0.5, 0.5);
/// The logarithm of the square root of alpha: center (1.5 %) and deviation.
const PRIOR_DRIFT: (f64, f64) = (-4.2, 0.7);
/// Functions of fewer samples on both sides together do not tell the noise.
const FEWEST_FITTED: f64 = 20.0;
/// Nor do those of which fewer are expected on one of the sides: it says little but whether there was a burst.
const FEWEST_OF_A_SIDE: f64 = 5.0;
/// Fewer functions do not tell it either.
const FEWEST_FUNCTIONS: usize = 8;
/// The share of functions that are expected to have changed, and by how much relative to their samples.
const CHANGED: f64 = 0.1;
const CHANGE: f64 = 0.2;
/// The variance of functions that differ more than others from capture to capture, over that of others.
const UNLIKE: f64 = 25.0;
/// More captures than this say no more: they are not all independent.
const MOST_FREEDOM: f64 = 20.0;
/// Below this many samples on both sides together, nothing is called significant.
pub(crate) const FEWEST_SAMPLES: f64 = 10.0;
/// Below this many samples the normal distribution is too far from that of counts,
const SMALL: f64 = 40.0;
/// and so it is where theirs is more skewed than this, as where one capture has many times the samples of the other.
const SKEWED: f64 = 0.1;
/// The share of real changes that a change called detectable would show in.
const POWER: f64 = 0.8;

/// The values of phi and of the square root of alpha that are weighed, by their prior.
fn prior() -> Vec<Point> {
    let phis = (0..14).map(|step| 1.25f64.powi(step));
    let drifts = (0..12).map(|step| 0.002 * 1.5f64.powi(step));
    let ln = |value: f64, (center, deviation): (f64, f64)| -0.5 * ((value.ln() - center) / deviation).powi(2);
    phis.flat_map(|phi| {
        drifts.clone().map(move |drift| Point {
            phi,
            alpha: drift * drift,
            ln_weight: ln(phi, PRIOR_PHI) + ln(drift, PRIOR_DRIFT),
        })
    })
    .collect()
}

impl Point {
    /// What one function that differs so much says of this point, its variance being phi times `by_phi` plus alpha times
    /// `by_alpha`.
    fn ln_likelihood(&self, of: &Observed) -> f64 {
        let Observed { k, difference, samples, by_phi, by_alpha } = *of;
        // A sample at least: a function that is all there is tells nothing.
        let variance = (self.phi * by_phi + self.alpha * by_alpha).max(k);
        let unchanged = (-0.5 * difference * difference / variance).exp()
            / (2.0 * std::f64::consts::PI * variance).sqrt();
        let width = CHANGE * 2.0 * k * samples / (1.0 + k);
        let changed = 1.0 / (std::f64::consts::PI * width * (1.0 + (difference / width).powi(2)));
        ((1.0 - CHANGED) * unchanged + CHANGED * changed).ln()
    }

    /// What the spread of a function's share over captures of one side says, as a variance with so many degrees of
    /// freedom; one that differs far more than others is not theirs.
    fn ln_likelihood_of_spread(&self, spread: &Spread, inverse: f64, freedom: f64) -> f64 {
        let Spread { share, variance } = *spread;
        let expected = self.phi * share * (1.0 - share) * inverse + self.alpha * share * share;
        let ln = |expected: f64| -0.5 * freedom * (expected.ln() + variance / expected);
        let expected = expected.max(1e-18);
        let (ordinary, other) = (ln(expected), ln(expected * UNLIKE));
        let most = ordinary.max(other);
        most + ((1.0 - CHANGED) * (ordinary - most).exp() + CHANGED * (other - most).exp()).ln()
    }
}

/// What was observed of a function on both sides.
struct Observed {
    k: f64,
    difference: f64,
    samples: f64,
    by_phi: f64,
    by_alpha: f64,
}

impl Noise {
    /// The prior, for a comparison of `tests` cells with the factor `k`.
    #[must_use]
    pub fn assumed(k: f64, tests: usize, confidence: f64) -> Noise {
        let noise = Noise {
            points: Vec::new(),
            likely: Vec::new(),
            phi: 1.0,
            alpha: 0.0,
            source: NoiseSource::Assumed,
            k,
            se_ln_k: 0.0,
            whole: None,
            concentration: Pair { before: 1.0, after: 1.0 },
            has_learned: false,
            tests: tests.max(1),
            confidence,
        };
        noise.with(prior())
    }

    /// The same noise at another factor, of whose logarithm the standard error is known.
    #[must_use]
    pub fn at(self, k: f64, se_ln_k: f64) -> Noise {
        Noise { k, se_ln_k, whole: None, ..self }
    }

    /// The same noise at the factor that makes totals of so many samples equal.
    #[must_use]
    pub fn at_equal_totals(self, k: f64, before: f64, after: f64) -> Noise {
        Noise { k, se_ln_k: 0.0, whole: Some(before + after), ..self }
    }

    /// What there is beside so many samples, 0 to 1, where totals are made equal.
    fn rest(&self, samples: f64) -> f64 {
        self.whole.map_or(1.0, |whole| (1.0 - samples / whole.max(samples)).max(0.0))
    }

    /// The samples that the error of the factor bears on: what is on one side only has none. Neither side stands for
    /// both, so that they may be turned round.
    #[must_use]
    pub fn scaled(&self, before: f64, after: f64) -> f64 {
        (self.k * before.max(0.0) * after.max(0.0)).sqrt()
    }

    /// The variance of `B - kA` under no change, for a function of so many samples on both sides together, is phi times
    /// the first plus alpha times the second.
    #[must_use]
    pub fn variance_parts(&self, samples: f64) -> (f64, f64) {
        self.variance_parts_beside(samples, self.rest(samples))
    }

    /// The same of a function that is added up with others: totals that are made equal hold for the sum alone.
    #[must_use]
    pub fn variance_of_sum(&self, samples: f64) -> (f64, f64) {
        self.variance_parts_beside(samples, 1.0)
    }

    fn variance_parts_beside(&self, samples: f64, rest: f64) -> (f64, f64) {
        let k = self.k;
        let drift = self.concentration.before + self.concentration.after;
        (k * samples * rest, drift * (k * samples / (1.0 + k) * rest).powi(2))
    }

    /// Whether a function of so many samples tells the noise.
    fn tells(&self, before: f64, after: f64) -> bool {
        let samples = before + after;
        let fewest = samples * self.k.min(1.0) / (1.0 + self.k);
        samples >= FEWEST_FITTED && fewest >= FEWEST_OF_A_SIDE
    }

    fn observed(&self, (before, after): (f64, f64)) -> Observed {
        let samples = before + after;
        let (by_phi, by_alpha) = self.variance_parts(samples);
        Observed { k: self.k, difference: after - self.k * before, samples, by_phi, by_alpha }
    }

    /// Learns from captures of one side.
    #[must_use]
    pub fn learn_replicates(mut self, replicates: &Replicates) -> Noise {
        let freedom = (replicates.captures - 1.0).min(MOST_FREEDOM);
        let mut points = std::mem::take(&mut self.points);
        for point in &mut points {
            let said = |spread| point.ln_likelihood_of_spread(spread, replicates.inverse, freedom);
            point.ln_weight += replicates.spreads.iter().map(said).sum::<f64>();
        }
        match replicates.side {
            Side::Before => self.concentration.before = replicates.concentration,
            Side::After => self.concentration.after = replicates.concentration,
        }
        if !replicates.spreads.is_empty() {
            self.source = NoiseSource::Replicates;
        }
        self.with(points)
    }

    /// Learns from functions, given as samples of before and after.
    #[must_use]
    pub fn learn(mut self, functions: impl Iterator<Item = (f64, f64)>) -> Noise {
        let functions: Vec<(f64, f64)> =
            functions.filter(|&(before, after)| self.tells(before, after)).collect();
        if functions.len() < FEWEST_FUNCTIONS {
            return self;
        }
        let mut points = std::mem::take(&mut self.points);
        for point in &mut points {
            let said = functions.iter().map(|&function| point.ln_likelihood(&self.observed(function)));
            point.ln_weight += said.sum::<f64>();
        }
        self.has_learned = true;
        if self.source == NoiseSource::Assumed {
            self.source = NoiseSource::Empirical;
        }
        self.with(points)
    }

    fn with(mut self, points: Vec<Point>) -> Noise {
        self.points = normalised(points);
        self.likely = weighed(self.points.clone());
        let mean = |of: fn(&Point) -> f64| self.likely.iter().map(|(point, weight)| weight * of(point)).sum();
        (self.phi, self.alpha) = (mean(|point| point.phi), mean(|point| point.alpha));
        self
    }

    /// The points with their weights, without what one function said.
    fn without(&self, before: f64, after: f64) -> Vec<(Point, f64)> {
        let has_a_say = self.has_learned && self.tells(before, after);
        let observed = self.observed((before, after));
        let points = self.points.iter().map(|&point| {
            let said = if has_a_say { point.ln_likelihood(&observed) } else { 0.0 };
            Point { ln_weight: point.ln_weight - said, ..point }
        });
        weighed(normalised(points.collect()))
    }

    /// How likely it is, where nothing changed, that two counts differ at least as much in the same direction.
    #[must_use]
    pub fn p_value(&self, before: f64, after: f64) -> f64 {
        self.p_value_of(&self.without(before, after), before, after)
    }

    fn p_value_of(&self, points: &[(Point, f64)], before: f64, after: f64) -> f64 {
        let samples = before + after;
        if samples <= 0.0 {
            return 0.5;
        }
        let (by_phi, by_alpha) = self.variance_parts(samples);
        let by_k = (self.scaled(before, after) * self.se_ln_k).powi(2);
        let p = |point: &Point| {
            // Totals made equal take nothing from the scatter of few samples.
            let least = if samples < SMALL { point.phi * self.k * samples } else { 0.0 };
            tail(self.k, before, after, (point.phi * by_phi + point.alpha * by_alpha + by_k).max(least))
        };
        points.iter().map(|(point, weight)| weight * p(point)).sum()
    }

    /// How likely it is, where nothing changed, that as many samples of one capture of after are a function's: `after` of
    /// `after_of`, where of all those of before it had `before` of `before_of`.
    pub(crate) fn p_value_of_capture(
        &self,
        (before, before_of): (f64, f64),
        (after, after_of): (f64, f64),
    ) -> f64 {
        let (by_phi, by_alpha) = self.variance_of_capture((before, before_of), (after, after_of));
        let k = after_of / before_of;
        let p = |point: &Point| tail(k, before, after, point.phi * by_phi + point.alpha * by_alpha);
        self.likely.iter().map(|(point, weight)| weight * p(point)).sum()
    }

    /// The variance of `B - kA` under no change, of one capture of after and all of before brought to its size, is phi
    /// times the first plus alpha times the second.
    pub(crate) fn variance_of_capture(
        &self,
        (before, before_of): (f64, f64),
        (after, after_of): (f64, f64),
    ) -> (f64, f64) {
        let (k, samples) = (after_of / before_of, before + after);
        let rest = (1.0 - samples / (before_of + after_of)).max(0.0);
        let drift = self.concentration.before + 1.0;
        (k * samples * rest, drift * (k * samples / (1.0 + k) * rest).powi(2))
    }

    /// The deviation under no change of a sum of differences, whose variance is phi times `by_phi` plus alpha times
    /// `by_alpha`, of `scaled` samples of before at the scale of after.
    #[must_use]
    pub fn deviation(&self, by_phi: f64, by_alpha: f64, scaled: f64) -> f64 {
        (self.phi * by_phi + self.alpha * by_alpha + (scaled * self.se_ln_k).powi(2)).sqrt()
    }

    /// How likely a sum of differences as far from zero as `growth`, and on the same side of it, is where nothing changed,
    /// with the variance that [`deviation`](Self::deviation) takes.
    #[must_use]
    pub fn p_value_of_sum(&self, growth: f64, by_phi: f64, by_alpha: f64, scaled: f64) -> f64 {
        // Of n samples the part that comes from phi is kn, and B - kA is the growth.
        let samples = by_phi / self.k;
        let before = ((samples - growth) / (1.0 + self.k)).clamp(0.0, samples);
        let by_k = (scaled * self.se_ln_k).powi(2);
        let p = |point: &Point| {
            tail(self.k, before, samples - before, point.phi * by_phi + point.alpha * by_alpha + by_k)
        };
        self.likely.iter().map(|(point, weight)| weight * p(point)).sum()
    }

    /// The difference of two counts in standard deviations of what no change would give.
    #[must_use]
    pub fn z(&self, before: f64, after: f64) -> f64 {
        let p = self.p_value(before, after).clamp(1e-300, 0.5);
        -normal::quantile(p) * (after - self.k * before).signum()
    }

    /// How unlikely a difference in one direction must be, with all tests together (Bonferroni's bound).
    #[must_use]
    pub fn level(&self) -> f64 {
        (1.0 - self.confidence) / 2.0 / self.tests as f64
    }

    /// Whether two counts differ by more than noise.
    #[must_use]
    pub fn is_significant(&self, before: f64, after: f64) -> bool {
        before + after >= FEWEST_SAMPLES && self.p_value(before, after) <= self.level()
    }

    /// Whether two counts differ by more than noise when so many are tested together.
    #[must_use]
    pub fn differs(&self, before: f64, after: f64, tests: usize) -> bool {
        let level = (1.0 - self.confidence) / 2.0 / tests.max(1) as f64;
        before + after >= FEWEST_SAMPLES && self.p_value(before, after) <= level
    }

    /// Half the width of the interval of `B - kA` of a function, in samples of after, that holds the truth with this
    /// confidence. Its variance, `phi (B + k^2 A) + alpha (B^2 + k^2 A^2)`, does not assume that nothing changed. An
    /// empty side counts as one sample.
    #[must_use]
    pub fn margin(&self, before: f64, after: f64, confidence: f64) -> f64 {
        let (a, b, rest) = (self.k * before.max(1.0), after.max(1.0), self.rest(before + after));
        let points = self.without(before, after);
        let drift = a * a * self.concentration.before + b * b * self.concentration.after;
        self.half_width(&points, (before, after), (b + self.k * a) * rest, drift * rest * rest, confidence)
    }

    /// The same of a sum over functions, whose part that comes from alpha is alpha times `by_alpha`.
    #[must_use]
    pub fn margin_of_sum(&self, before: f64, after: f64, by_alpha: f64, confidence: f64) -> f64 {
        let by_phi = after.max(1.0) + self.k * self.k * before.max(1.0);
        self.half_width(&self.likely, (before, after), by_phi, by_alpha, confidence)
    }

    fn half_width(
        &self,
        points: &[(Point, f64)],
        (before, after): (f64, f64),
        by_phi: f64,
        by_alpha: f64,
        confidence: f64,
    ) -> f64 {
        let by_k = (self.scaled(before, after) * self.se_ln_k).powi(2);
        let deviation = |point: &Point| (point.phi * by_phi + point.alpha * by_alpha + by_k).sqrt();
        let deviations: Vec<(f64, f64)> =
            points.iter().map(|(point, weight)| (deviation(point), *weight)).collect();
        quantile(&deviations, (1.0 - confidence) / 2.0)
    }

    /// The smallest growth that would be found four times in five, for a cell of `share` of `before` samples, as
    /// a share of all samples.
    #[must_use]
    pub fn detectable(&self, share: f64, before: f64) -> f64 {
        let (by_phi, by_alpha) = self.variance_parts_beside(share * before * (1.0 + self.k), 1.0 - share);
        let by_k = (self.scaled(share * before, share * before * self.k) * self.se_ln_k).powi(2);
        let deviation = |point: &Point| (point.phi * by_phi + point.alpha * by_alpha + by_k).sqrt();
        let deviations: Vec<(f64, f64)> =
            self.likely.iter().map(|(point, weight)| (deviation(point), *weight)).collect();
        let mean =
            deviations.iter().map(|(deviation, weight)| weight * deviation * deviation).sum::<f64>().sqrt();
        (quantile(&deviations, self.level()) + normal::quantile(POWER) * mean) / (self.k * before)
    }

    /// How many samples of before it takes to find a growth of a cell of `share`, both shares of all samples: the
    /// inverse of [`Noise::detectable`]. `None` where no number is enough.
    #[must_use]
    pub fn samples_needed(&self, share: f64, growth: f64) -> Option<u64> {
        let is_enough = |samples: u64| self.detectable(share, samples as f64) <= growth;
        let (mut too_few, mut enough) = (0u64, 1u64);
        while !is_enough(enough) {
            (too_few, enough) = (enough, enough.checked_mul(2).filter(|&enough| enough < 1 << 40)?);
        }
        while enough - too_few > 1 {
            let middle = too_few + (enough - too_few) / 2;
            if is_enough(middle) { enough = middle } else { too_few = middle }
        }
        Some(enough)
    }

    /// The sum of absolute differences that noise alone would give a cell.
    #[must_use]
    pub fn expected_difference(&self, before: f64, after: f64) -> f64 {
        let (by_phi, by_alpha) = self.variance_parts(before + after);
        ((self.phi * by_phi + self.alpha * by_alpha) * 2.0 / std::f64::consts::PI).sqrt()
    }

    /// The standard deviation of the logarithm of the ratio of two totals of so many samples; `None` where one is empty.
    #[must_use]
    pub fn deviation_of_ln(&self, before: f64, after: f64) -> Option<f64> {
        let drift = self.alpha * (self.concentration.before + self.concentration.after);
        (before > 0.0 && after > 0.0).then(|| (self.phi * (1.0 / before + 1.0 / after) + drift).sqrt())
    }

    /// The largest phi at which two counts would still differ by more than noise: how much samples may have come in
    /// bursts. `None` where they do not differ.
    #[must_use]
    pub fn survives(&self, before: f64, after: f64) -> Option<f64> {
        if !self.is_significant(before, after) {
            return None;
        }
        let (by_phi, by_alpha) = self.variance_parts(before + after);
        let most = ((after - self.k * before) / normal::quantile(self.level())).powi(2);
        let rest = most - self.alpha * by_alpha - (self.scaled(before, after) * self.se_ln_k).powi(2);
        Some((rest / by_phi).max(self.phi))
    }
}

/// The degrees of freedom of a t as far out as noise is in many comparisons. Of 4,000 pairs without change, counts of 150
/// functions drawn in bursts of four, 30,000 samples a side, 589 have at most 0.1 by the normal distribution, 65 at most 0.01
/// and 5 at most 0.001; with so many degrees 168, 5 and none. Whole comparisons are in `tests/simulated.rs`.
const DEGREES: f64 = 20.0;

/// What a p-value of this noise counts as among those of many comparisons: noise was learned from few functions, and the
/// far end of their distribution is not known as well as its middle.
pub(crate) fn among_many(p_value: f64) -> f64 {
    if p_value >= 0.5 {
        return p_value;
    }
    student::p_value(normal::quantile(p_value.max(1e-300)), DEGREES) / 2.0
}

/// How likely it is that two counts differ at least as much in the same direction, where the variance of `B - kA` is so
/// much under no change.
fn tail(k: f64, before: f64, after: f64, variance: f64) -> f64 {
    let samples = before + after;
    let share = k / (1.0 + k);
    // As many as expected are on neither side of it, however k rounds.
    if (after - k * before).abs() <= 1e-9 * samples {
        return 0.5;
    }
    // That of independent samples is kn.
    let phi = variance / (k * samples);
    let skewness = (1.0 - 2.0 * share).abs() * (phi / (samples * share * (1.0 - share))).sqrt();
    if samples < SMALL || skewness > SKEWED {
        return beta_binomial::tail(before, after, share, phi);
    }
    normal::cdf(-(after - k * before).abs() / variance.max(1e-9).sqrt())
}

/// The points with their largest weight at 1.
fn normalised(mut points: Vec<Point>) -> Vec<Point> {
    let most = points.iter().map(|point| point.ln_weight).fold(f64::NEG_INFINITY, f64::max);
    points.iter_mut().for_each(|point| point.ln_weight -= most);
    points
}

/// The points that matter, with weights that add up to 1.
fn weighed(points: Vec<Point>) -> Vec<(Point, f64)> {
    let mut points: Vec<(Point, f64)> = points
        .into_iter()
        .map(|point| (point, point.ln_weight.exp()))
        .filter(|&(_, weight)| weight > 1e-9)
        .collect();
    let sum: f64 = points.iter().map(|(_, weight)| weight).sum();
    points.iter_mut().for_each(|(_, weight)| *weight /= sum);
    points
}

/// What a mixture of normal distributions around zero, given as deviations and weights, exceeds with probability `p`, which
/// is below a half.
///
/// Newton steps on the logarithm of that probability, which is nearly a parabola, within a bracket: some five, each of
/// which costs two exponentials a part.
fn quantile(deviations: &[(f64, f64)], p: f64) -> f64 {
    let parts = || deviations.iter().copied().filter(|&(deviation, _)| deviation > 0.0);
    let z = -normal::quantile(p);
    let (mut low, mut high) = (0.0, z * parts().map(|(deviation, _)| deviation).fold(0.0, f64::max));
    let mut value = z * parts().map(|(deviation, weight)| weight * deviation * deviation).sum::<f64>().sqrt();
    for _ in 0..60 {
        let (above, density) = parts().fold((0.0, 0.0), |(above, density), (deviation, weight)| {
            let z = value / deviation;
            (above + weight * normal::cdf(-z), density + weight * normal::density(z) / deviation)
        });
        if above > p {
            low = value
        } else {
            high = value
        }
        let next = value + (above / p).ln() * above / density;
        let next = if low < next && next < high { next } else { f64::midpoint(low, high) };
        if (next - value).abs() <= 1e-13 * value {
            return next;
        }
        value = next;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_mixtures_are_where_halving_finds_them() {
        let by_halving = |deviations: &[(f64, f64)], p: f64| {
            let (mut low, mut high) = (0.0, 1e6);
            for _ in 0..100 {
                let middle = f64::midpoint(low, high);
                let above: f64 = deviations
                    .iter()
                    .map(|(deviation, weight)| weight * normal::cdf(-middle / deviation))
                    .sum();
                if above > p { low = middle } else { high = middle }
            }
            high
        };
        for deviations in [
            &[(3.0, 1.0)][..],
            &[(1.0, 0.99), (100.0, 0.01)],
            &[(0.1, 0.5), (1.0, 0.4999), (5e4, 0.0001)],
            &[(7.0, 0.2), (7.1, 0.3), (9.0, 0.5)],
            &[(1.0, 0.5), (2.0, 0.5), (1e-9, 0.0)],
        ] {
            for p in [0.4, 0.1, 0.025, 1e-3, 1e-6, 1e-12] {
                let (found, expected) = (quantile(deviations, p), by_halving(deviations, p));
                assert!(
                    (found - expected).abs() <= 1e-9 * expected,
                    "{deviations:?} {p}: {found} {expected}"
                );
            }
        }
        assert_eq!(quantile(&[(0.0, 1.0)], 0.025), 0.0);
    }

    #[test]
    fn equal_shares_are_no_change_and_doubling_is() {
        let noise = Noise::assumed(2.0, 100, 0.95);
        assert!(noise.z(500.0, 1000.0).abs() < 1e-9);
        assert!(!noise.is_significant(500.0, 1050.0));
        assert!(noise.is_significant(500.0, 2000.0));
        assert!(!noise.is_significant(0.0, 9.0));
    }

    #[test]
    fn as_many_samples_as_are_needed_show_the_growth() {
        let noise = Noise::assumed(1.0, 40, 0.95);
        let needed = noise.samples_needed(0.01, 0.01).unwrap();
        assert!(noise.detectable(0.01, needed as f64) <= 0.01);
        assert!(noise.detectable(0.01, needed as f64 - 1.0) > 0.01);
        // A tenth of a percent of a function of ten: its speed differs more from run to run.
        assert_eq!(noise.samples_needed(0.1, 0.0001), None);
    }

    #[test]
    fn p_values_among_many_are_larger_and_keep_their_order() {
        use statrs::distribution::{ContinuousCDF, StudentsT};
        let t = StudentsT::new(0.0, 1.0, 20.0).unwrap();
        let mut last = 1.0;
        for p in [0.9, 0.5, 0.1, 1e-2, 1e-4, 1e-8, 1e-30, 1e-200, 0.0] {
            let found = among_many(p);
            assert!(found >= p && found < last, "{p}: {found}");
            last = found;
        }
        let expected = t.cdf(normal::quantile(1e-4));
        assert!((among_many(1e-4) / expected - 1.0).abs() < 0.05, "{} {expected}", among_many(1e-4));
    }

    #[test]
    fn turning_the_sides_round_turns_the_sign() {
        let functions = [
            (300.0, 700.0),
            (50.0, 90.0),
            (200.0, 420.0),
            (120.0, 240.0),
            (80.0, 170.0),
            (99.0, 180.0),
            (400.0, 810.0),
            (31.0, 70.0),
            (90.0, 900.0),
        ];
        let there = Noise::assumed(2.0, 10, 0.95).learn(functions.into_iter());
        let back = Noise::assumed(0.5, 10, 0.95).learn(functions.into_iter().map(|(a, b)| (b, a)));
        for (before, after) in functions {
            assert!((there.z(before, after) + back.z(after, before)).abs() < 1e-9);
            let (margin, turned) = (there.margin(before, after, 0.95), back.margin(after, before, 0.95));
            assert!((margin - 2.0 * turned).abs() < 1e-6 * margin, "{margin} {turned}");
        }
    }

    #[test]
    fn functions_that_scatter_tell_phi_and_one_that_changed_does_not() {
        // Differences of two deviations of independent samples, alternating.
        let scattered = |factor: f64| {
            (0..40).map(move |index| {
                let samples = 50.0 + f64::from(index * 7);
                let half = factor * samples.sqrt() * if index % 2 == 0 { 0.5 } else { -0.5 };
                (samples - half, samples + half)
            })
        };
        let phi = |functions: Vec<(f64, f64)>| Noise::assumed(1.0, 40, 0.95).learn(functions.into_iter()).phi;
        let (calm, wild) = (phi(scattered(1.4).collect()), phi(scattered(3.0).collect()));
        assert!(calm < 1.6 && (3.0..7.0).contains(&wild), "{calm} {wild}");
        let changed: Vec<_> = scattered(1.4).chain([(500.0, 2500.0)]).collect();
        assert!((phi(changed) / calm - 1.0).abs() < 0.1);
    }
}
