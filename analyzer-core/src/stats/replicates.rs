//! Captures of the same code on the same side: how much they differ is noise that was measured.

use crate::tree::Side;

/// Functions of fewer samples in all captures together say little.
const FEWEST_SAMPLES: f64 = 20.0;

/// The captures of one side.
#[derive(Clone, Debug)]
pub struct Replicates {
    /// Which side.
    pub side: Side,
    /// How many there are; two at least.
    pub captures: f64,
    /// The mean over them of one over their samples.
    pub inverse: f64,
    /// The sum of the squares of their shares of all samples: 1 over their number, where they are of one size. What
    /// differs from capture to capture differs less in their sum, by this factor.
    pub concentration: f64,
    /// What their functions say.
    pub spreads: Vec<Spread>,
}

/// A function in several captures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Its mean share of the samples, 0 to 1.
    pub share: f64,
    /// The variance of its share from capture to capture (with one degree of freedom less than there are captures).
    pub variance: f64,
}

impl Replicates {
    /// The sides that have several captures, given for each capture as the samples of every function.
    pub(crate) fn of_sides(captures: &[(Side, Vec<f64>)]) -> impl Iterator<Item = Replicates> {
        [Side::Before, Side::After].into_iter().filter_map(|side| {
            let own: Vec<&[f64]> =
                captures.iter().filter(|(of, _)| *of == side).map(|(_, own)| own.as_slice()).collect();
            Replicates::new(side, &own)
        })
    }

    /// Captures of one side, given as the samples of every function; `None` for fewer than two with samples.
    #[must_use]
    pub fn new(side: Side, captures: &[&[f64]]) -> Option<Replicates> {
        let sums: Vec<(f64, &[f64])> = captures
            .iter()
            .map(|own| (own.iter().sum::<f64>(), *own))
            .filter(|(sum, _)| *sum > 0.0)
            .collect();
        let functions = sums.iter().map(|(_, own)| own.len()).max().unwrap_or(0);
        let samples: Vec<f64> = sums.iter().map(|(sum, _)| *sum).collect();
        let shares = (0..functions).map(|function| {
            sums.iter()
                .map(move |(sum, own)| own.get(function).copied().unwrap_or(0.0) / sum)
                .collect::<Vec<_>>()
        });
        let moments = shares.map(|shares| {
            (shares.iter().sum::<f64>(), shares.iter().map(|share| share * share).sum::<f64>())
        });
        Replicates::of_moments(side, &samples, moments)
    }

    /// Captures of so many samples each, and for every function the sum of its shares and that of their squares.
    pub(crate) fn of_moments(
        side: Side,
        samples: &[f64],
        moments: impl Iterator<Item = (f64, f64)>,
    ) -> Option<Replicates> {
        let captures = samples.len() as f64;
        if captures < 2.0 {
            return None;
        }
        let whole: f64 = samples.iter().sum();
        let spreads = moments.map(|(sum, squares)| Spread {
            share: sum / captures,
            variance: ((squares - sum * sum / captures) / (captures - 1.0)).max(0.0),
        });
        Some(Replicates {
            side,
            captures,
            inverse: samples.iter().map(|samples| 1.0 / samples).sum::<f64>() / captures,
            concentration: samples.iter().map(|samples| (samples / whole).powi(2)).sum(),
            spreads: spreads.filter(|spread| spread.share * whole >= FEWEST_SAMPLES).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_those_of_shares() {
        let captures: [&[f64]; 2] = [&[60.0, 40.0], &[160.0, 40.0]];
        let replicates = Replicates::new(Side::Before, &captures).unwrap();
        // Shares of 0.6 and 0.8: mean 0.7, variance 0.02.
        assert!((replicates.spreads[0].share - 0.7).abs() < 1e-12);
        assert!((replicates.spreads[0].variance - 0.02).abs() < 1e-12);
        assert!((replicates.inverse - 0.0075).abs() < 1e-12);
        assert!((replicates.concentration - (1.0 / 9.0 + 4.0 / 9.0)).abs() < 1e-12);
    }

    #[test]
    fn one_capture_says_nothing() {
        assert!(Replicates::new(Side::After, &[&[5.0, 5.0]]).is_none());
        assert!(Replicates::new(Side::After, &[&[5.0, 5.0], &[0.0]]).is_none());
    }
}
