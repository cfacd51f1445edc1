//! The standard normal distribution.

/// The probability of a value below `z`.
#[must_use]
pub fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// The density at `z`.
#[must_use]
pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The value that a share `p` of the distribution lies below, for `p` strictly between 0 and 1.
///
/// Newton steps on [`cdf`] from the rational start of Abramowitz and Stegun (1964), formula 26.2.23.
#[must_use]
pub fn quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    let t = (-2.0 * p.ln()).sqrt();
    let top = 2.515517 + t * (0.802853 + t * 0.010328);
    let bottom = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    let mut z = top / bottom - t;
    for _ in 0..4 {
        z -= (cdf(z) - p) / density(z);
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_is_that_of_statrs() {
        use statrs::distribution::{ContinuousCDF, Normal};
        let normal = Normal::standard();
        for step in -160..=160 {
            let z = f64::from(step) / 20.0;
            let expected = normal.cdf(z);
            assert!((cdf(z) - expected).abs() <= 1e-9 * expected, "{z}: {} {expected}", cdf(z));
            if (-7.0..=7.0).contains(&z) {
                assert!((quantile(expected) - normal.inverse_cdf(expected)).abs() < 1e-4, "{z}");
            }
        }
    }

    #[test]
    fn tabulated_values() {
        // R: qnorm(c(0.975, 0.8, 1e-6, 0.5))
        for (p, z) in
            [(0.975, 1.959963984540054), (0.8, 0.8416212335729143), (1e-6, -4.753424308822899), (0.5, 0.0)]
        {
            assert!((quantile(p) - z).abs() < 1e-9, "{p}: {}", quantile(p));
            assert!((cdf(z) - p).abs() < 1e-12);
        }
    }
}
