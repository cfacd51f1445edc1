//! Means over parts of a set, and how sure a change of one is.

use crate::stats::student;

/// A mean of all requests and its standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mean {
    pub(super) value: f64,
    pub(super) error: f64,
    /// The degrees of freedom of the error; 0 where it is unknown.
    pub(super) degrees: f64,
}

/// The sum of sums over the sum of counts, and the error of that by how much the parts differ.
pub(super) fn ratio(parts: &[(f64, f64)]) -> Mean {
    let all = parts.iter().fold((0.0, 0.0), |all, part| (all.0 + part.0, all.1 + part.1));
    let value = if all.1 > 0.0 { all.0 / all.1 } else { 0.0 };
    let number = parts.len() as f64;
    if parts.len() < 2 {
        return Mean { value, error: 0.0, degrees: 0.0 };
    }
    let squares: f64 = parts.iter().map(|(sum, count)| (sum - value * count).powi(2)).sum();
    Mean { value, error: (squares * number / (number - 1.0)).sqrt() / all.1, degrees: number - 1.0 }
}

/// The probability of such a change of a mean by chance (Welch, 1947, with the fewer degrees of freedom); 1 where there is no
/// telling.
pub(super) fn p_value([before, after]: &[Mean; 2]) -> f64 {
    let degrees = before.degrees.min(after.degrees);
    let error = before.error.hypot(after.error);
    if degrees < 4.0 || error == 0.0 {
        1.0
    } else {
        student::p_value((after.value - before.value) / error, degrees)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_over_parts_has_the_error_of_their_scatter() {
        // Four stretches of 10 requests with sums 10, 20, 30, 40: mean 2.5, deviations of sums -15, -5, 5, 15.
        let mean = ratio(&[(10.0, 10.0), (20.0, 10.0), (30.0, 10.0), (40.0, 10.0)]);
        assert_eq!((mean.value, mean.degrees), (2.5, 3.0));
        assert!((mean.error - (500.0f64 * 4.0 / 3.0).sqrt() / 40.0).abs() < 1e-12, "{mean:?}");
        assert_eq!(ratio(&[(7.0, 7.0)]), Mean { value: 1.0, error: 0.0, degrees: 0.0 });
    }
}
