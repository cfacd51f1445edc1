//! Values for people.

use crate::unit::Unit;

/// A value with its unit: `1.20 s`, `3.50 MiB`, `12,345`.
///
/// ```
/// use analyzer_core::report::units::value;
///
/// assert_eq!(value(1_200_000_000.0, "nanoseconds"), "1.20 s");
/// assert_eq!(value(3_670_016.0, "bytes"), "3.50 MiB");
/// assert_eq!(value(12_345.0, "count"), "12,345");
/// ```
#[must_use]
pub fn value(value: f64, unit: &str) -> String {
    beside(value, value, unit)
}

/// A value with the unit that fits the largest of a column: `0.05 s` beside `1.20 s`.
///
/// ```
/// use analyzer_core::report::units::beside;
///
/// assert_eq!(beside(50_000_000.0, 1_200_000_000.0, "nanoseconds"), "0.05 s");
/// ```
#[must_use]
pub fn beside(value: f64, largest: f64, unit: &str) -> String {
    let steps = Unit::of_values(unit).steps();
    let Some(smallest) = steps.last() else {
        return if unit == "count" { count(value) } else { format!("{} {unit}", count(value)) };
    };
    let (size, name) = steps.iter().find(|(size, _)| largest.abs() >= *size).unwrap_or(smallest);
    format!("{:.2} {name}", value / size)
}

/// A whole number with thousands separated, a fraction with two places.
#[must_use]
pub fn count(value: f64) -> String {
    if value.fract() != 0.0 && value.abs() < 1e6 {
        return format!("{value:.2}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

/// A number of things, named by the word for one: `1 request`, `12,345 samples`.
///
/// ```
/// use analyzer_core::report::units::many;
///
/// assert_eq!(many(1, "request"), "1 request");
/// assert_eq!(many(12_345, "sample"), "12,345 samples");
/// ```
#[must_use]
pub fn many(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number as f64), if number == 1 { "" } else { "s" })
}

/// A length of time in nanoseconds, short: `60 s`, `1.5 ms`.
#[must_use]
pub fn duration(nanoseconds: i64) -> String {
    let text = value(nanoseconds as f64, "nanoseconds");
    text.replace(".00 ", " ")
}
