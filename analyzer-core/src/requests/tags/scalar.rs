//! The value of a tag, the same in all captures: texts by their bytes, numbers by their size, however they are written.

use analyzer_formats::{TagValue, Traces};
use std::cmp::Ordering;

/// A value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'a> {
    /// A number, which some formats write as text.
    Number(Number),
    /// Any other text.
    Text(&'a [u8]),
}

/// A number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    /// A whole one.
    Int(i64),
    /// One with a fraction.
    Float(f64),
}

impl<'a> Scalar<'a> {
    /// The value of a tag.
    pub(super) fn of(traces: &'a Traces, value: TagValue) -> Scalar<'a> {
        match value {
            TagValue::Text(text) => Scalar::parse(traces.strings.get(text)),
            TagValue::Int(number) => Scalar::Number(Number::Int(number)),
            TagValue::Float(number) => Scalar::Number(Number::Float(number)),
            TagValue::Bool(value) => Scalar::Text(if value { b"true" } else { b"false" }),
        }
    }

    /// A text, or the number that it is the usual way to write of: `007` is none.
    fn parse(text: &'a [u8]) -> Scalar<'a> {
        /// No number that is written in the usual way is longer.
        const LONGEST: usize = 24;
        let may_be = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        if text.len() > LONGEST || !text.iter().all(may_be) {
            return Scalar::Text(text);
        }
        let Ok(written) = std::str::from_utf8(text) else { return Scalar::Text(text) };
        let whole = written.parse::<i64>().ok().map(Number::Int);
        let number = whole.or_else(|| written.parse::<f64>().ok().map(Number::Float));
        let number = number.filter(|number| match number {
            Number::Int(number) => number.to_string() == written,
            // `1.10` and `1.1` are two versions.
            Number::Float(number) => number.to_string() == written,
        });
        number.map_or(Scalar::Text(text), Scalar::Number)
    }

    /// Numbers by size, then texts.
    pub(super) fn order(&self, other: &Scalar<'_>) -> Ordering {
        match (self, other) {
            (Scalar::Number(one), Scalar::Number(other)) => one.order(other),
            (Scalar::Text(one), Scalar::Text(other)) => one.cmp(other),
            (Scalar::Number(_), Scalar::Text(_)) => Ordering::Less,
            (Scalar::Text(_), Scalar::Number(_)) => Ordering::Greater,
        }
    }

    /// The number, if it is one.
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Scalar::Number(number) => Some(*number),
            Scalar::Text(_) => None,
        }
    }

    /// As people read it; long texts are cut.
    pub(super) fn text(&self) -> String {
        /// Characters of a value that are enough to know it by.
        const SHOWN: usize = 80;
        match self {
            Scalar::Number(number) => number.text(),
            Scalar::Text(text) => {
                let text = String::from_utf8_lossy(text);
                match text.char_indices().nth(SHOWN) {
                    Some((end, _)) => format!("{}\u{2026}", &text[..end]),
                    None => text.into_owned(),
                }
            }
        }
    }
}

impl Number {
    /// The number, nearly where it is whole and beyond 2^53.
    pub(super) fn value(self) -> f64 {
        match self {
            Number::Int(number) => number as f64,
            Number::Float(number) => number,
        }
    }

    /// By size; of equal ones the whole one first.
    pub(super) fn order(&self, other: &Number) -> Ordering {
        match (self, other) {
            (Number::Int(one), Number::Int(other)) => one.cmp(other),
            _ => self.value().total_cmp(&other.value()).then_with(|| self.is_float().cmp(&other.is_float())),
        }
    }

    fn is_float(self) -> bool {
        matches!(self, Number::Float(_))
    }

    /// Four digits are enough of a fraction.
    pub(super) fn text(self) -> String {
        match self {
            Number::Int(number) => number.to_string(),
            Number::Float(number) if number == number.trunc() && number.abs() < 1e15 => {
                format!("{number:.0}")
            }
            Number::Float(number) if !number.is_finite() || !(1e-4..1e15).contains(&number.abs()) => {
                format!("{number:.3e}")
            }
            Number::Float(number) => {
                let before = number.abs().log10().floor() as i32 + 1;
                let decimals = (4 - before).clamp(0, 8) as usize;
                let text = format!("{number:.decimals$}");
                if text.contains('.') {
                    text.trim_end_matches('0').trim_end_matches('.').to_owned()
                } else {
                    text
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_text_are_numbers() {
        for (text, number) in [
            ("200", Some("200")),
            ("-3", Some("-3")),
            ("0.25", Some("0.25")),
            ("0.250", None),
            ("1.10", None),
            ("007", None),
            ("1.5.0", None),
            ("10.0.0.7", None),
            ("", None),
            ("-", None),
            (".5", None),
            ("2026-11-28", None),
        ] {
            assert_eq!(
                Scalar::parse(text.as_bytes()).number().map(Number::text).as_deref(),
                number,
                "{text}"
            );
        }
    }

    #[test]
    fn fractions_are_short() {
        for (number, text) in [
            (0.123_456_7, "0.1235"),
            (12.3456, "12.35"),
            (123_456.7, "123457"),
            (3.0, "3"),
            (0.000_012, "1.200e-5"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(Number::Float(number).text(), text);
        }
    }

    #[test]
    fn whole_numbers_beyond_fractions_stay_apart() {
        let [one, other] = [Number::Int((1 << 53) + 1), Number::Int(1 << 53)];
        assert_eq!(one.order(&other), Ordering::Greater);
    }
}
