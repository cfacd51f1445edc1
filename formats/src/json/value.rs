//! Values as they stand in the text, and the numbers that they are.

use super::Text;

/// A value. Containers are given as their bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Number(&'a [u8]),
    Text(Text<'a>),
    Container(&'a [u8]),
}

impl Value<'_> {
    /// Whether this stands as a number, or holds text that is one.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Value::Number(_)) || self.float().is_some()
    }

    /// The whole number this is, also where it is written as text (JavaScript loses digits beyond 2^53).
    pub(crate) fn int(&self) -> Option<i64> {
        match self {
            Value::Number(digits) => int(digits),
            Value::Text(text) => int(text.raw),
            _ => None,
        }
    }

    /// The number this is, whole or not; `None` where it is none in decimal digits, or beyond what a float holds.
    pub(crate) fn float(&self) -> Option<f64> {
        let digits = match self {
            Value::Number(digits) => digits,
            Value::Text(text) => text.raw,
            _ => return None,
        };
        float(digits)
    }
}

fn int(digits: &[u8]) -> Option<i64> {
    /// So many digits cannot overflow.
    const MOST_DIGITS: usize = 18;
    let (negative, digits) = match digits {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i64;
    if digits.len() <= MOST_DIGITS {
        for digit in digits {
            let digit = Some(digit.wrapping_sub(b'0')).filter(|&digit| digit < 10)?;
            value = value * 10 + i64::from(digit);
        }
        return Some(if negative { -value } else { value });
    }
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        let digit = i64::from(digit);
        // Counted downwards when negative, so that i64::MIN is read too.
        value = value.checked_mul(10)?;
        value = if negative { value.checked_sub(digit)? } else { value.checked_add(digit)? };
    }
    Some(value)
}

fn float(digits: &[u8]) -> Option<f64> {
    // Rust reads words, too: "inf", "nan". Nothing that begins with a digit is one of them.
    let first = digits.strip_prefix(b"-").unwrap_or(digits).first();
    let float: f64 =
        std::str::from_utf8(digits).ok().filter(|_| first.is_some_and(u8::is_ascii_digit))?.parse().ok()?;
    float.is_finite().then_some(float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{BrokenJson, Cursor};

    fn value(json: &str) -> Result<Value<'_>, BrokenJson> {
        Cursor::new(json.as_bytes(), 0).value()
    }

    #[test]
    fn numbers_are_exact_and_may_be_text() {
        for (json, expected) in [
            ("9223372036854775807 ", Some(i64::MAX)),
            ("-9223372036854775808 ", Some(i64::MIN)),
            ("\"9007199254740993\"", Some(9_007_199_254_740_993)),
            ("9223372036854775808 ", None),
            ("1.5 ", None),
            ("\"\"", None),
            ("true", None),
        ] {
            assert_eq!(value(json).unwrap().int(), expected, "{json}");
        }
        assert_eq!(value("1.5e3 ").unwrap().float(), Some(1500.0));
        assert_eq!(value("\"1.5e3\"").unwrap().float(), Some(1500.0));
        assert_eq!(value("null").unwrap().float(), None);
    }

    #[test]
    fn words_are_no_numbers() {
        for word in [
            "inf", "-inf", "Infinity", "nan", "-NaN", "+1", "0x10", ".5", "-.5", "1_0", "1 ", "", "-",
            "1e999",
        ] {
            let json = format!("\"{word}\"");
            let value = value(&json).unwrap();
            assert_eq!((value.int(), value.float(), value.is_number()), (None, None, false), "{word}");
        }
        let large = value("1e999 ").unwrap();
        assert_eq!((large.float(), large.is_number()), (None, true));
        assert_eq!(value("\"-0.5\"").unwrap().float(), Some(-0.5));
    }
}
