//! Figures and names as they stand in sentences.

use super::build::round;
use crate::render::screen::shorten;

/// A name that leaves the sentence readable.
pub(super) fn name(function: &str) -> String {
    shorten(function, 120)
}

/// A change in percent, never less than nothing by a zero.
pub(super) fn percent(change: f64) -> String {
    format!("{:+.1} %", (10.0 * change).round() / 10.0 + 0.0)
}

/// A difference of shares.
pub(super) fn points(number: f64) -> String {
    let number = round(number);
    format!("{number} point{}", if number == 1.0 { "" } else { "s" })
}

/// A factor to three places, or to three digits where those would be zeros.
pub(super) fn factor(k: f64) -> String {
    let places = if k > 0.0 && k < 0.1 { (2.0 - k.log10().floor()).min(12.0) as usize } else { 3 };
    format!("{k:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_say_something() {
        assert_eq!((percent(-0.04), percent(-0.06)), ("+0.0 %".to_owned(), "-0.1 %".to_owned()));
        assert_eq!((points(1.0), points(100.0 * 0.07)), ("1 point".to_owned(), "7 points".to_owned()));
        let factors = [1.75, 0.05, 0.000_128_4].map(factor);
        assert_eq!(factors, ["1.750", "0.0500", "0.000128"]);
        assert_eq!(name(&"f".repeat(1 << 16)).len(), 120);
    }
}
