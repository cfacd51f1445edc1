//! Student's t distribution, and the control of false discoveries among many tests.

use super::normal;

/// The probability that a t of so many degrees of freedom is as far from zero as `t`, on either side.
///
/// By the normal deviate of Wallace (1959), within a tenth of the probability from four degrees of freedom on.
#[must_use]
pub fn p_value(t: f64, degrees: f64) -> f64 {
    2.0 * normal::cdf(-deviate(t.abs(), degrees))
}

/// The value that a share `p` of the distribution lies below, by the same approximation.
#[must_use]
pub fn quantile(p: f64, degrees: f64) -> f64 {
    let z = normal::quantile(p) * (8.0 * degrees + 3.0) / (8.0 * degrees + 1.0);
    ((z * z / degrees).exp_m1() * degrees).sqrt().copysign(z)
}

fn deviate(t: f64, degrees: f64) -> f64 {
    (degrees * (t * t / degrees).ln_1p()).sqrt() * (8.0 * degrees + 1.0) / (8.0 * degrees + 3.0)
}

/// Which of these tests are significant when a share of at most `level` of those may be so by chance (Benjamini and
/// Hochberg, 1995).
#[must_use]
pub fn discoveries(p_values: &[f64], level: f64) -> Vec<bool> {
    q_values(p_values, p_values.len()).into_iter().map(|q| q <= level).collect()
}

/// For each of these tests the least level at which it is one of the [`discoveries`] among `tests` tests; those that are
/// not given count as found nothing.
#[must_use]
pub fn q_values(p_values: &[f64], tests: usize) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&one, &other| p_values[one].total_cmp(&p_values[other]));
    let mut q_values = vec![1.0; p_values.len()];
    let mut least = 1.0f64;
    for (rank, at) in (1..).zip(order).collect::<Vec<(u32, usize)>>().into_iter().rev() {
        least = least.min(p_values[at] * tests as f64 / f64::from(rank));
        q_values[at] = least;
    }
    q_values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_is_near_that_of_statrs() {
        use statrs::distribution::{ContinuousCDF, StudentsT};
        for degrees in [4.0, 8.0, 39.0, 1000.0] {
            let exact = StudentsT::new(0.0, 1.0, degrees).unwrap();
            for t in [0.5, 1.0, 2.0, 3.0, 5.0] {
                let p = 2.0 * (1.0 - exact.cdf(t));
                assert!(
                    (p_value(t, degrees) / p - 1.0).abs() < 0.12,
                    "{t} {degrees}: {} {p}",
                    p_value(t, degrees)
                );
            }
            for p in [0.975, 0.8, 0.2] {
                let (got, wanted) = (quantile(p, degrees), exact.inverse_cdf(p));
                assert!((got / wanted - 1.0).abs() < 0.03, "{p} {degrees}: {got} {wanted}");
            }
        }
    }

    #[test]
    fn the_example_of_benjamini_and_hochberg() {
        // Their table of 15 hypotheses: the first four are rejected at 0.05.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        let found = discoveries(&p, 0.05);
        assert_eq!(found.iter().filter(|&&found| found).count(), 4);
        assert!(found[..4].iter().all(|&found| found));
        assert_eq!(discoveries(&[], 0.05), [] as [bool; 0]);
    }

    #[test]
    fn q_values_by_hand() {
        // R: p.adjust(c(0.03, 0.01, 0.02), "BH"), and with two tests more that found nothing.
        let near = |found: Vec<f64>, wanted: [f64; 3]| {
            found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12)
        };
        assert!(near(q_values(&[0.03, 0.01, 0.02], 3), [0.03, 0.03, 0.03]));
        assert!(near(q_values(&[0.5, 0.001, 0.02], 5), [5.0 / 6.0, 0.005, 0.05]));
    }
}
