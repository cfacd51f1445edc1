//! Times, changes and intervals as the sections on requests write them. Microseconds in, text out.

use crate::report::units;
use crate::requests::{Change, ChangePct};

/// A time: `12.30 ms`.
pub(super) fn time(us: f64) -> String {
    units::value(us * 1e3, "nanoseconds").replace('-', "\u{2212}")
}

/// A change: `+5.17 ms`.
pub(super) fn change(us: f64) -> String {
    let text = time(us);
    if us < 0.0 { text } else { format!("+{text}") }
}

/// Two times in the unit of the larger: `0.19 → 5.36 ms`.
pub(super) fn both(before_us: f64, after_us: f64) -> String {
    let largest = before_us.abs().max(after_us.abs());
    format!("{} \u{2192} {}", number(before_us, largest), beside(after_us, largest))
}

/// A change with its interval in one unit: `+5.17 [4.83, 5.50] ms`.
pub(super) fn interval(change: Change) -> String {
    let Change { us, low, high } = change;
    let largest = us.abs().max(low.abs()).max(high.abs());
    let of = |us: f64| number(us, largest);
    let unit = beside(us, largest).rsplit(' ').next().unwrap_or_default().to_owned();
    let sign = if us < 0.0 { "" } else { "+" };
    format!("{sign}{} [{}, {}] {unit}", of(us), of(low), of(high))
}

/// The interval of a change: `[4.83, 5.50] ms`.
pub(super) fn range(low_us: f64, high_us: f64) -> String {
    let largest = low_us.abs().max(high_us.abs());
    format!("[{}, {}", number(low_us, largest), beside(high_us, largest).replacen(' ', "] ", 1))
}

/// A change of a share: `+3.8 [1.2, 6.0] points`.
pub(super) fn points(change: ChangePct) -> String {
    let ChangePct { points, low, high } = change;
    format!("{points:+.1} [{low:.1}, {high:.1}] points").replace('-', "\u{2212}")
}

/// Two shares: `0.2 → 96.0 %`.
pub(super) fn shares(before_pct: f64, after_pct: f64) -> String {
    format!("{before_pct:.1} \u{2192} {after_pct:.1} %")
}

/// A number of calls per request: `5.59`.
pub(super) fn calls(calls: f64) -> String {
    units::count((calls * 100.0).round() / 100.0)
}

fn beside(us: f64, largest_us: f64) -> String {
    units::beside(us * 1e3, largest_us * 1e3, "nanoseconds").replace('-', "\u{2212}")
}

fn number(us: f64, largest_us: f64) -> String {
    beside(us, largest_us).split(' ').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_per_figure() {
        assert_eq!(both(194.0, 5360.0), "0.19 \u{2192} 5.36 ms");
        let shorter = Change { us: -168.0, low: -621.0, high: 429.0 };
        assert_eq!(interval(shorter), "\u{2212}168.00 [\u{2212}621.00, 429.00] us");
        assert_eq!(range(-5.0, 1500.0), "[\u{2212}0.01, 1.50] ms");
        assert_eq!(interval(Change { us: 900.0, low: 800.0, high: 1100.0 }), "+0.90 [0.80, 1.10] ms");
        assert_eq!(
            points(ChangePct { points: -2.0, low: -3.04, high: 0.5 }),
            "\u{2212}2.0 [\u{2212}3.0, 0.5] points"
        );
        assert_eq!((change(0.0), change(-1500.0)), ("+0.00 ns".to_owned(), "\u{2212}1.50 ms".to_owned()));
    }
}
