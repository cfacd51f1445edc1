//! The beta-binomial distribution: how samples fall on one of two sides where they come in bursts.

/// Samples whose correlation is below this are independent: the functions of its inverse lose their digits.
const INDEPENDENT: f64 = 1e-7;
/// Terms that are smaller than the sum by this factor add nothing to it.
const NOTHING: f64 = 1e-17;

/// How likely it is that at least as many of `before + after` samples fall on the side that has more than its share, where
/// each falls on after's side with probability `share` and the variance is `phi` times that of independent ones.
pub(crate) fn tail(before: f64, after: f64, share: f64, phi: f64) -> f64 {
    let samples = before + after;
    // Of n correlated samples the variance is n p (1 - p) (1 + (n - 1) rho).
    let rho = ((phi - 1.0) / (samples - 1.0).max(1.0)).min(0.999);
    let is_binomial = rho < INDEPENDENT;
    let strength = 1.0 / rho - 1.0;
    let (a, b) =
        if is_binomial { (share, 1.0 - share) } else { (share * strength, (1.0 - share) * strength) };
    // What k adds to the parameters: where samples are independent, earlier ones do not matter.
    let drawn = if is_binomial { 0.0 } else { 1.0 };
    let ln_choose =
        |k: f64| libm::lgamma(samples + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(samples - k + 1.0);
    let ln_beta = |a: f64, b: f64| libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let p = |k: f64| match is_binomial {
        true => (ln_choose(k) + k * a.ln() + (samples - k) * b.ln()).exp(),
        false => (ln_choose(k) + ln_beta(k + a, samples - k + b) - ln_beta(a, b)).exp(),
    };
    let is_up = after >= share * samples;
    let mut k = if is_up { after.ceil() } else { after.floor() };
    let (mut term, mut sum) = (p(k), 0.0);
    // Each term is the one before it times a ratio.
    while (0.0..=samples).contains(&k) && term > NOTHING * sum {
        sum += term;
        term *= match is_up {
            true => (samples - k) * (drawn * k + a) / ((k + 1.0) * (drawn * (samples - k - 1.0) + b)),
            false => k * (drawn * (samples - k) + b) / ((samples - k + 1.0) * (drawn * (k - 1.0) + a)),
        };
        k += if is_up { 1.0 } else { -1.0 };
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_samples_are_binomial() {
        // R: pbinom(2, 10, 0.5), 1 - pbinom(7, 10, 0.5), 1 - pbinom(4, 20, 0.1)
        for (before, after, share, expected) in
            [(8.0, 2.0, 0.5, 0.0546875), (2.0, 8.0, 0.5, 0.0546875), (15.0, 5.0, 0.1, 0.0431745)]
        {
            assert!(
                (tail(before, after, share, 1.0) - expected).abs() < 1e-5,
                "{}",
                tail(before, after, share, 1.0)
            );
        }
    }

    #[test]
    fn the_distribution_is_that_of_statrs() {
        use statrs::distribution::{Binomial, DiscreteCDF};
        use statrs::function::{beta::beta, factorial::binomial};
        for (samples, after, share) in [(20u64, 15u64, 0.5), (39, 3, 0.3), (12, 12, 0.7), (31, 5, 0.2)] {
            let before = (samples - after) as f64;
            let independent = Binomial::new(share, samples).unwrap();
            let expected = match after as f64 >= share * samples as f64 {
                true => independent.sf(after - 1),
                false => independent.cdf(after),
            };
            let found = tail(before, after as f64, share, 1.0);
            assert!((found - expected).abs() < 1e-9, "{samples} {after}: {found} {expected}");
            // With bursts, term by term from its definition.
            let phi = 2.5;
            let strength = (samples - 1) as f64 / (phi - 1.0) - 1.0;
            let (a, b) = (share * strength, (1.0 - share) * strength);
            let p = |k: u64| binomial(samples, k) * beta(k as f64 + a, (samples - k) as f64 + b) / beta(a, b);
            let expected: f64 = match after as f64 >= share * samples as f64 {
                true => (after..=samples).map(p).sum(),
                false => (0..=after).map(p).sum(),
            };
            let found = tail(before, after as f64, share, phi);
            assert!((found - expected).abs() < 1e-9, "{samples} {after}: {found} {expected}");
        }
    }

    #[test]
    fn large_numbers_take_few_terms() {
        // R: 1 - ppois(29, 10) is 2.5e-7; of a million samples each with a chance of one in 100,000 it is as much.
        let tail = tail(999_970.0, 30.0, 1e-5, 1.0);
        assert!((tail / 2.5e-7 - 1.0).abs() < 0.05, "{tail}");
    }

    #[test]
    fn bursts_make_extremes_likelier() {
        assert!(tail(2.0, 18.0, 0.5, 3.0) > 10.0 * tail(2.0, 18.0, 0.5, 1.0));
    }

    #[test]
    fn turning_the_sides_round_changes_nothing() {
        assert!((tail(3.0, 12.0, 0.25, 2.0) - tail(12.0, 3.0, 0.75, 2.0)).abs() < 1e-9);
    }
}
