//! The beta-binomial distribution: how samples fall on one of two sides where they come in bursts.

/// How likely it is that at least as many of `before + after` samples fall on the side that has more than its share, where
/// each falls on after's side with probability `share` and the variance is `phi` times that of independent ones.
pub(crate) fn tail(before: f64, after: f64, share: f64, phi: f64) -> f64 {
    let samples = before + after;
    // Of n correlated samples the variance is n p (1 - p) (1 + (n - 1) rho).
    let rho = ((phi - 1.0) / (samples - 1.0).max(1.0)).clamp(1e-9, 0.999);
    let strength = 1.0 / rho - 1.0;
    let (a, b) = (share * strength, (1.0 - share) * strength);
    let ln_choose =
        |k: f64| libm::lgamma(samples + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(samples - k + 1.0);
    let ln_beta = |a: f64, b: f64| libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let p = |k: f64| (ln_choose(k) + ln_beta(k + a, samples - k + b) - ln_beta(a, b)).exp();
    let side = if after >= share * samples {
        after.ceil() as usize..=samples as usize
    } else {
        0..=after.floor() as usize
    };
    side.map(|k| p(k as f64)).sum::<f64>().min(1.0)
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
            assert!((found - expected).abs() < 1e-6, "{samples} {after}: {found} {expected}");
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
    fn bursts_make_extremes_likelier() {
        assert!(tail(2.0, 18.0, 0.5, 3.0) > 10.0 * tail(2.0, 18.0, 0.5, 1.0));
    }

    #[test]
    fn turning_the_sides_round_changes_nothing() {
        assert!((tail(3.0, 12.0, 0.25, 2.0) - tail(12.0, 3.0, 0.75, 2.0)).abs() < 1e-9);
    }
}
