//! What captures of before tell of one function: how much it differs among them. Few of them hardly tell it, so it is drawn
//! towards the noise of all functions by as much as [`PRIOR`] captures more would (moderated variances, Smyth 2004), and t
//! has as many degrees of freedom more.
//!
//! A function by itself has to change by more than that, too, where there are [`MANY_CAPTURES`] of before, and as much wider
//! is its interval, by which equivalence is told. Regions, classes, and what stands below a path, are judged by the noise of
//! all functions alone: how functions differ together is not known from how each differs by itself. And of each capture of after
//! it is asked whether it has more of a function than captures of before would: a prediction, whose error is the larger of
//! both.

use super::noise::{FEWEST_SAMPLES, Noise};
use super::{normal, student};
use crate::tree::Side;

/// What all functions together say about how much captures differ counts as much as so many captures more.
const PRIOR: f64 = 4.0;
/// Captures of before from which on they tell how much a function differs among them.
const FEWEST_CAPTURES: usize = 3;
/// Captures of before from which on a function whose own scatter explains its change has not changed. Of fewer, to ask for
/// that hides more changes than it does false ones.
const MANY_CAPTURES: usize = 5;

/// A function in one capture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part {
    /// Its samples.
    pub(crate) samples: f64,
    /// All samples of the capture.
    pub(crate) of: f64,
}

/// On how many of the captures of after the function has a larger share than captures of before would have by noise, all
/// of them together with the confidence of `noise`.
pub(crate) fn grown(noise: &Noise, before: &[Part], after: &[Part]) -> usize {
    let pooled = pooled(before);
    let scatter = scatter(before, pooled, noise.phi, noise.alpha);
    let level = (1.0 - noise.confidence) / 2.0 / after.len().max(1) as f64;
    let has_grown = |part: &&Part| {
        pooled.of > 0.0
            && part.of > 0.0
            && part.samples + pooled.samples >= FEWEST_SAMPLES
            && part.samples * pooled.of > pooled.samples * part.of
            && p_value(noise, pooled, scatter, **part) <= level
    };
    after.iter().filter(has_grown).count()
}

fn pooled(captures: &[Part]) -> Part {
    Part {
        samples: captures.iter().map(|part| part.samples).sum(),
        of: captures.iter().map(|part| part.of).sum(),
    }
}

fn p_value(noise: &Noise, before: Part, scatter: Option<Scatter>, after: Part) -> f64 {
    let (a, b) = ((before.samples, before.of), (after.samples, after.of));
    let by_noise = noise.p_value_of_capture(a, b);
    let by_scatter = scatter.map_or(0.0, |Scatter { ratio, degrees }| {
        let (by_phi, by_alpha) = noise.variance_of_capture(a, b);
        let variance = ratio * (noise.phi * by_phi + noise.alpha * by_alpha);
        let growth = after.samples - before.samples * after.of / before.of;
        student::p_value(growth / variance.max(f64::MIN_POSITIVE).sqrt(), degrees) / 2.0
    });
    by_noise.max(by_scatter)
}

/// How much a function differs among captures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scatter {
    /// Its variance over that which the noise says.
    ratio: f64,
    /// How many degrees of freedom that rests on.
    degrees: f64,
}

impl Scatter {
    /// That of each function by key, of which `own` has the samples in every capture; empty for few captures of before.
    pub(crate) fn of_functions(own: &[(Side, Vec<f64>)], noise: &Noise) -> Vec<Scatter> {
        let captures: Vec<(&[f64], f64)> = own
            .iter()
            .filter(|(side, _)| *side == Side::Before)
            .map(|(_, own)| (own.as_slice(), own.iter().sum()))
            .filter(|(_, of)| *of > 0.0)
            .collect();
        if captures.len() < MANY_CAPTURES {
            return Vec::new();
        }
        let functions = captures.iter().map(|(own, _)| own.len()).max().unwrap_or(0);
        let of_function = |function: usize| {
            let samples = |own: &[f64]| own.get(function).copied().unwrap_or(0.0);
            let parts: Vec<Part> =
                captures.iter().map(|&(own, of)| Part { samples: samples(own), of }).collect();
            scatter(&parts, pooled(&parts), noise.phi, noise.alpha)
        };
        (0..functions).filter_map(of_function).collect()
    }

    /// How likely a change is no more than the function's own scatter, that by noise alone is so likely; never less than
    /// that.
    pub(crate) fn p_value(self, by_noise: f64) -> f64 {
        if by_noise >= 0.5 {
            return by_noise;
        }
        let deviate = normal::quantile(by_noise.max(1e-300)) / self.ratio.sqrt();
        by_noise.max(student::p_value(deviate, self.degrees) / 2.0)
    }

    /// How many times as wide an interval is as noise alone has it; never less.
    pub(crate) fn width(self, confidence: f64) -> f64 {
        let p = f64::midpoint(1.0, confidence);
        (self.ratio.sqrt() * student::quantile(p, self.degrees) / normal::quantile(p)).max(1.0)
    }
}

/// The scatter over captures, where there are enough of them.
fn scatter(captures: &[Part], pooled: Part, phi: f64, alpha: f64) -> Option<Scatter> {
    let share = pooled.samples / pooled.of;
    let deviations = captures.iter().filter(|part| part.of > 0.0).map(|part| {
        let expected = share * part.of;
        let variance = phi * expected * (1.0 - share) + alpha * (expected * (1.0 - share)).powi(2);
        if variance > 0.0 { (part.samples - expected).powi(2) / variance } else { 0.0 }
    });
    let (captures, sum) = deviations.fold((0, 0.0), |(captures, sum), one| (captures + 1, sum + one));
    let degrees = PRIOR + captures as f64 - 1.0;
    (captures >= FEWEST_CAPTURES).then(|| Scatter { ratio: (PRIOR + sum) / degrees, degrees })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<const N: usize>(samples: [f64; N]) -> [Part; N] {
        samples.map(|samples| Part { samples, of: 1000.0 })
    }

    #[test]
    fn scatter_by_hand() {
        let captures = parts([80.0, 100.0, 120.0]);
        let pooled = Part { samples: 300.0, of: 3000.0 };
        // A tenth of 1,000 has the variance 90: (400 + 0 + 400) / 90 with two degrees of freedom, and 4 of the noise.
        let found = scatter(&captures, pooled, 1.0, 0.0).unwrap();
        assert!((found.ratio - (4.0 + 800.0 / 90.0) / 6.0).abs() < 1e-12, "{found:?}");
        assert!((found.degrees - 6.0).abs() < 1e-12);
        // Twice the phi and alpha of a hundredth: 180 + 0.01 x 90^2 = 261.
        let found = scatter(&captures, pooled, 2.0, 0.01).unwrap();
        assert!((found.ratio - (4.0 + 800.0 / 261.0) / 6.0).abs() < 1e-12, "{found:?}");
        assert_eq!(scatter(&captures[..2], Part { samples: 180.0, of: 2000.0 }, 1.0, 0.0), None);
    }

    #[test]
    fn many_captures_tell_how_much_a_function_differs() {
        let noise = Noise::assumed(1.0, 10, 0.95);
        let own = |samples: &[f64]| -> Vec<(Side, Vec<f64>)> {
            let capture = |&of_one: &f64| (Side::Before, vec![of_one, 100.0, 800.0 - of_one + 100.0]);
            samples.iter().map(capture).chain([(Side::After, vec![0.0, 100.0, 900.0])]).collect()
        };
        assert_eq!(Scatter::of_functions(&own(&[30.0, 170.0, 60.0, 140.0]), &noise), []);
        let found = Scatter::of_functions(&own(&[30.0, 170.0, 60.0, 140.0, 100.0]), &noise);
        // Squares of 70, 70, 40, 40, 0 over the variance of 100 in 1,000, with 4 degrees of freedom, and 4 of the noise.
        let variance = noise.phi * 90.0 + noise.alpha * 90.0 * 90.0;
        let expected = [(4.0 + 13_000.0 / variance) / 8.0, 0.5];
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found.ratio - expected).abs() < 1e-9 && (found.degrees - 8.0).abs() < 1e-12,
                "{found:?}"
            );
        }
        // Four deviations by noise are hardly one by such scatter, and as good as four by little of it.
        let by_noise = normal::cdf(-4.0);
        assert!(found[0].p_value(by_noise) > 0.05 && found[1].p_value(by_noise) < 2e-3, "{found:?}");
        assert!(found[0].width(0.95) > 2.0 && (found[1].width(0.95) - 1.0).abs() < 1e-9, "{found:?}");
        assert!((found[0].p_value(0.6) - 0.6).abs() < 1e-12);
    }

    #[test]
    fn captures_that_have_twice_as_much_grew() {
        let noise = Noise::assumed(1.0, 10, 0.95);
        let before = parts([98.0, 101.0, 100.0, 102.0]);
        assert_eq!(grown(&noise, &before, &parts([99.0, 200.0, 104.0, 210.0, 97.0])), 2);
        assert_eq!(grown(&noise, &before, &parts([99.0, 101.0, 104.0])), 0);
        assert_eq!(grown(&noise, &before, &parts([20.0, 30.0])), 0);
    }

    #[test]
    fn a_function_that_differs_among_captures_of_before_has_to_grow_by_more() {
        let noise = Noise::assumed(1.0, 10, 0.95);
        let after = parts([200.0, 100.0]);
        assert_eq!(grown(&noise, &parts([98.0, 101.0, 100.0, 102.0]), &after), 1);
        assert_eq!(grown(&noise, &parts([30.0, 170.0, 60.0, 140.0]), &after), 0);
    }

    #[test]
    fn few_samples_of_a_small_capture_are_no_growth() {
        // Of a thousandth in a million, two of 500 where half a sample is expected.
        let noise = Noise::assumed(1.0, 10, 0.95);
        let before = [Part { samples: 1000.0, of: 1e6 }];
        assert_eq!(grown(&noise, &before, &[Part { samples: 2.0, of: 500.0 }]), 0);
        assert_eq!(grown(&noise, &before, &[Part { samples: 0.0, of: 0.0 }]), 0);
        assert_eq!(grown(&noise, &before, &[Part { samples: 40.0, of: 500.0 }]), 1);
        // What is new.
        assert_eq!(grown(&noise, &[Part { samples: 0.0, of: 1e6 }], &[Part { samples: 40.0, of: 500.0 }]), 1);
    }
}
