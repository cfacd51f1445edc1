//! Fisher's exact test of a table of two rows and two columns: whether a share differs between two groups (R. A. Fisher,
//! "On the interpretation of chi-square from contingency tables, and the calculation of P", 1922).

/// Tables whose probabilities differ by less than this factor are as likely as each other but for rounding.
const ROUNDING: f64 = 1e-7;
/// Terms that are smaller than the sum by this factor add nothing to it.
const NOTHING: f64 = 1e-17;

/// The probability of a table as unlikely as this one, or more so, where both groups have the same share: of the first
/// group `with[0]` of `of[0]` have it, of the second `with[1]` of `of[1]`.
///
/// The sum of the probabilities of all such tables with the same margins, on both sides.
///
/// ```
/// use analyzer_core::stats::fisher;
///
/// // Three of four against one of four: (1 + 16 + 16 + 1) / 70.
/// assert!((fisher::p_value([3, 1], [4, 4]) - 34.0 / 70.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn p_value(with: [u64; 2], of: [u64; 2]) -> f64 {
    let table = Table { rows: of, column: with[0] + with[1] };
    let observed = with[0].clamp(table.least(), table.most());
    let limit = table.ln_p(observed) + ROUNDING;
    // Probabilities rise to the most likely table and fall beyond it.
    let mode = ((table.column + 1) as f64 * (of[0] + 1) as f64 / ((of[0] + of[1]) as f64 + 2.0)) as u64;
    let mode = mode.clamp(table.least(), table.most());
    let (low, high) = if observed == mode {
        return 1.0;
    } else if observed < mode {
        (Some(observed), first(mode, table.most(), |k| table.ln_p(k) <= limit))
    } else {
        let below = first(0, mode - table.least(), |steps| table.ln_p(mode - steps) <= limit);
        (below.map(|steps| mode - steps), Some(observed))
    };
    (low.map_or(0.0, |k| table.below(k)) + high.map_or(0.0, |k| table.above(k))).min(1.0)
}

/// All tables of the same margins: they differ in how many of the first row are in the first column.
struct Table {
    rows: [u64; 2],
    column: u64,
}

impl Table {
    fn least(&self) -> u64 {
        self.column.saturating_sub(self.rows[1])
    }

    fn most(&self) -> u64 {
        self.column.min(self.rows[0])
    }

    fn ln_p(&self, k: u64) -> f64 {
        let [first, second] = self.rows;
        ln_choose(first, k) + ln_choose(second, self.column - k) - ln_choose(first + second, self.column)
    }

    /// The probability of at most `k`.
    fn below(&self, k: u64) -> f64 {
        let ratio = |k: u64| {
            let others = (self.rows[1] + k - self.column) as f64;
            k as f64 * others / ((self.rows[0] - k + 1) as f64 * (self.column - k + 1) as f64)
        };
        summed(self.ln_p(k).exp(), (self.least() + 1..=k).rev().map(ratio))
    }

    /// The probability of at least `k`.
    fn above(&self, k: u64) -> f64 {
        let ratio = |k: u64| {
            let others = (self.rows[1] + k + 1 - self.column) as f64;
            (self.rows[0] - k) as f64 * (self.column - k) as f64 / ((k + 1) as f64 * others)
        };
        summed(self.ln_p(k).exp(), (k..self.most()).map(ratio))
    }
}

/// The sum of terms of which each is the one before it times a ratio.
fn summed(first: f64, ratios: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut term) = (first, first);
    for ratio in ratios {
        term *= ratio;
        sum += term;
        if term <= NOTHING * sum && ratio < 1.0 {
            break;
        }
    }
    sum
}

/// The first number from `from` to `to` of which this holds, where it holds of all after it.
fn first(from: u64, to: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if !holds(to) {
        return None;
    }
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

fn ln_choose(of: u64, k: u64) -> f64 {
    ln_factorial(of) - ln_factorial(k) - ln_factorial(of - k)
}

fn ln_factorial(number: u64) -> f64 {
    libm::lgamma(number as f64 + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_by_hand() {
        for (with, of, p) in [
            // Of the 252 ways to choose five of ten, two are as extreme.
            ([0, 5], [5, 5], 2.0 / 252.0),
            ([5, 0], [5, 5], 2.0 / 252.0),
            ([3, 1], [4, 4], 34.0 / 70.0),
            // (10 choose k) (5 choose 6 - k) / 5005 for k = 1..=6: 10, 225, 1200, 2100, 1260, 210; at most 225 are as unlikely.
            ([2, 4], [10, 5], (10.0 + 225.0 + 210.0) / 5005.0),
            ([2, 2], [4, 4], 1.0),
            ([0, 0], [7, 9], 1.0),
            ([7, 9], [7, 9], 1.0),
            ([0, 3], [0, 9], 1.0),
        ] {
            assert!((p_value(with, of) - p).abs() < 1e-12, "{with:?} of {of:?}: {} {p}", p_value(with, of));
        }
    }

    #[test]
    fn tails_are_those_of_statrs() {
        use statrs::distribution::{Discrete, Hypergeometric};
        for (with, of) in [
            ([12, 5], [40, 60]),
            ([3, 17], [200, 190]),
            ([19, 12], [20, 400]),
            ([50, 80], [1000, 1000]),
            ([1, 0], [9, 900]),
        ] {
            let all = Hypergeometric::new(of[0] + of[1], of[0], with[0] + with[1]).unwrap();
            let observed = all.pmf(with[0]);
            let as_unlikely =
                (0..=with[0] + with[1]).map(|k| all.pmf(k)).filter(|&p| p <= observed * 1.000_001);
            let expected: f64 = as_unlikely.sum();
            let found = p_value(with, of);
            assert!((found / expected - 1.0).abs() < 1e-6, "{with:?} of {of:?}: {found} {expected}");
        }
    }

    #[test]
    fn large_tables_take_no_time_and_keep_their_order() {
        let far = p_value([0, 500_000], [1_000_000, 1_000_000]);
        assert!((0.0..1e-300).contains(&far), "{far}");
        let near = p_value([500_000, 500_700], [1_000_000, 1_000_000]);
        // A normal deviate of 0.99.
        assert!((near - 0.3225).abs() < 0.002, "{near}");
    }

    #[test]
    fn turning_the_groups_round_changes_nothing() {
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
        assert!(near(p_value([3, 9], [20, 31]), p_value([9, 3], [31, 20])));
        assert!(near(p_value([3, 9], [20, 31]), p_value([17, 22], [20, 31])));
    }
}
