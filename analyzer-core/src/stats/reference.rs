//! The factor between two captures as most of their functions see it.
//!
//! Where one function grows, the shares of all others fall. The functions that did not change still agree on the
//! factor between the captures: it is where half of their log ratios lie closest together (the shorth, Andrews
//! et al. 1972), refined by Tukey's biweight (Mosteller and Tukey 1977).

/// Functions of fewer samples on both sides together say too little.
const FEWEST_SAMPLES: f64 = 10.0;
/// Functions that both sides have must hold this share of the samples, on average of the sides.
const LEAST_COMMON: f64 = 0.25;
/// No function has more than this share of the weight: one wide function that grew must not be the reference.
const MOST_WEIGHT: f64 = 0.05;
/// The same for the last step, in which those that changed no longer count.
const MOST_FINAL_WEIGHT: f64 = 0.25;
/// Residuals beyond this many scales do not count.
const BIWEIGHT: f64 = 3.0;
/// The median of the absolute value of a standard normal variable.
const MEDIAN_ABSOLUTE: f64 = 0.674_489_75;

/// The factor from before to after of the functions that agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reference {
    /// After = k x before in samples, for functions that did not change.
    pub k: f64,
    /// Standard error of ln k.
    pub se_ln_k: f64,
    /// The share of the weight, 0 to 1, of functions that agree.
    pub support: f64,
    /// How many functions of equal weight would say as much.
    pub functions: f64,
}

struct Ratio {
    ln: f64,
    /// Variance of `ln` for independent samples.
    variance: f64,
    weight: f64,
}

impl Reference {
    /// The reference of functions given as samples of before and after. Only those that both sides have count: what
    /// one side alone has says nothing of the other. `None` with fewer than five, or little in such functions.
    #[must_use]
    pub fn new(functions: impl Iterator<Item = (f64, f64)>) -> Option<Reference> {
        let (mut whole, mut common) = ((0.0, 0.0), (0.0, 0.0));
        let mut ratios: Vec<Ratio> = Vec::new();
        for (before, after) in functions {
            whole = (whole.0 + before, whole.1 + after);
            if before <= 0.0 || after <= 0.0 {
                continue;
            }
            common = (common.0 + before, common.1 + after);
            if before + after >= FEWEST_SAMPLES {
                let variance = 1.0 / (after + 0.5) + 1.0 / (before + 0.5);
                let ln = ((after + 0.5) / (before + 0.5)).ln();
                ratios.push(Ratio { ln, variance, weight: 1.0 / variance });
            }
        }
        if ratios.len() < 5 || (common.0 / whole.0 + common.1 / whole.1) / 2.0 < LEAST_COMMON {
            return None;
        }
        // Of two halves as short, and of two medians, one has to be taken: with the sides turned round it is the other.
        let there = Reference::of(&mut ratios);
        ratios.iter_mut().for_each(|ratio| ratio.ln = -ratio.ln);
        let back = Reference::of(&mut ratios);
        Some(Reference {
            k: ((there.k.ln() - back.k.ln()) / 2.0).exp(),
            se_ln_k: (there.se_ln_k + back.se_ln_k) / 2.0,
            support: (there.support + back.support) / 2.0,
            functions: there.functions,
        })
    }

    fn of(ratios: &mut [Ratio]) -> Reference {
        ratios.sort_by(|one, other| one.ln.total_cmp(&other.ln).then(one.weight.total_cmp(&other.weight)));
        let start = capped(ratios, MOST_WEIGHT);
        let functions = 1.0 / start.iter().map(|weight| weight * weight).sum::<f64>();
        let mut center = shorth(ratios, &start);
        let mut scale = 1.0;
        for _ in 0..30 {
            scale = self::scale(ratios, &start, center);
            let next = biweight(ratios, &start, center, scale).0;
            let is_there = (next - center).abs() < 1e-9;
            center = next;
            if is_there {
                break;
            }
        }
        let agrees = |ratio: &Ratio| residual(ratio, center, scale).abs() < 1.0;
        let support =
            ratios.iter().zip(&start).filter(|(ratio, _)| agrees(ratio)).map(|(_, weight)| weight).sum();
        let last = capped(ratios, MOST_FINAL_WEIGHT);
        let mut se_ln_k = f64::INFINITY;
        for _ in 0..10 {
            (center, se_ln_k) = biweight(ratios, &last, center, scale);
        }
        Reference { k: center.exp(), se_ln_k, support, functions }
    }
}

/// The weights with a sum of 1 and none above `most`, or above what a few functions need.
fn capped(ratios: &[Ratio], most: f64) -> Vec<f64> {
    let most = most.max(2.0 / ratios.len() as f64);
    let mut weights: Vec<f64> = ratios.iter().map(|ratio| ratio.weight).collect();
    for _ in 0..6 {
        let sum: f64 = weights.iter().sum();
        for weight in &mut weights {
            *weight = (*weight / sum).min(most);
        }
    }
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// The weighted median of the shortest interval that holds half of the weight.
fn shorth(ratios: &[Ratio], weights: &[f64]) -> f64 {
    let (mut best, mut end, mut inside) = (0..ratios.len(), 0, 0.0);
    let mut length = f64::INFINITY;
    for start in 0..ratios.len() {
        while end < ratios.len() && inside < 0.5 {
            inside += weights[end];
            end += 1;
        }
        if inside < 0.5 {
            break;
        }
        if ratios[end - 1].ln - ratios[start].ln < length {
            length = ratios[end - 1].ln - ratios[start].ln;
            best = start..end;
        }
        inside -= weights[start];
    }
    let values = ratios[best.clone()].iter().map(|ratio| ratio.ln);
    weighted_median(values.zip(weights[best].iter().copied()))
}

/// The scale of standardised residuals: at least that of independent samples.
fn scale(ratios: &[Ratio], weights: &[f64], center: f64) -> f64 {
    let mut residuals: Vec<(f64, f64)> = ratios
        .iter()
        .zip(weights)
        .map(|(ratio, &weight)| ((ratio.ln - center).abs() / ratio.variance.sqrt(), weight))
        .collect();
    residuals.sort_by(|one, other| one.0.total_cmp(&other.0));
    (weighted_median(residuals.into_iter()) / MEDIAN_ABSOLUTE).max(1.0)
}

/// The median of values in order.
fn weighted_median(values: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let half = values.clone().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut below = 0.0;
    let mut median = 0.0;
    for (value, weight) in values {
        median = value;
        below += weight;
        if below >= half {
            break;
        }
    }
    median
}

/// How far a ratio lies from the center, in units of where it stops to count.
fn residual(ratio: &Ratio, center: f64, scale: f64) -> f64 {
    (ratio.ln - center) / (ratio.variance.sqrt() * BIWEIGHT * scale)
}

/// The mean of the ratios that agree with `center`, and its standard error.
fn biweight(ratios: &[Ratio], weights: &[f64], center: f64, scale: f64) -> (f64, f64) {
    let (mut sum, mut mean, mut variance) = (0.0, 0.0, 0.0);
    for (ratio, weight) in ratios.iter().zip(weights) {
        let residual = residual(ratio, center, scale);
        if residual.abs() < 1.0 {
            let weight = weight * (1.0 - residual * residual).powi(2);
            sum += weight;
            mean += weight * ratio.ln;
            variance += weight * weight * ratio.variance;
        }
    }
    if sum > 0.0 { (mean / sum, variance.sqrt() * scale / sum) } else { (center, f64::INFINITY) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_function_that_grows_by_half_the_total_does_not_move_it() {
        // Shares would say k = 1.95.
        let functions = (0..30).map(|index| (100.0 + f64::from(index), 130.0 + 1.3 * f64::from(index)));
        let grown = functions.chain([(3000.0, 3900.0 + 3000.0)]);
        let reference = Reference::new(grown).unwrap();
        assert!((reference.k / 1.3).ln().abs() < 0.015, "{reference:?}");
        assert!(reference.support > 0.9 && reference.functions > 15.0, "{reference:?}");
    }

    #[test]
    fn turning_the_sides_round_turns_the_factor() {
        let functions =
            [(50.0, 80.0), (100.0, 90.0), (40.0, 44.0), (200.0, 230.0), (70.0, 75.0), (10.0, 60.0)];
        let there = Reference::new(functions.into_iter()).unwrap();
        let back = Reference::new(functions.into_iter().map(|(before, after)| (after, before))).unwrap();
        assert!((there.k * back.k - 1.0).abs() < 1e-9);
        assert!((there.se_ln_k - back.se_ln_k).abs() < 1e-9);
    }

    #[test]
    fn few_functions_are_no_reference() {
        assert_eq!(Reference::new([(500.0, 400.0); 4].into_iter()), None);
        assert_eq!(Reference::new([(5.0, 4.0); 40].into_iter()), None);
    }

    #[test]
    fn functions_of_one_side_are_no_reference() {
        let common = [(100.0, 130.0); 20];
        let alone = [(0.0, 300.0), (40.0, 0.0)].repeat(20);
        let k = |functions: &[(f64, f64)]| Reference::new(functions.iter().copied()).map(|found| found.k);
        assert_eq!(k(&[common.as_slice(), &alone].concat()), k(&common));
        assert_eq!(k(&alone), None);
        // Libraries that two programs share.
        assert_eq!(k(&[common.as_slice(), &alone.repeat(20)].concat()), None);
    }
}
