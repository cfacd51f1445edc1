//! Numbers as they are written, without a detour over binary fractions.

/// A JSON number: `mantissa` times ten to the power of `exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    mantissa: u128,
    /// Negative for decimal places; zeros at the end of a fraction are not counted.
    exponent: i32,
}

/// A number whose mantissa has this many digits leaves `i64` or is rounded, whatever follows.
const FULL: u128 = 10u128.pow(36);
/// Far beyond what any number in use has.
const LARGEST_EXPONENT: i32 = 10_000;

impl Decimal {
    /// Reads the digits of a number; `None` where they are none.
    pub(crate) fn read(text: &[u8]) -> Option<Decimal> {
        let (negative, mut rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mut number = Decimal { negative, mantissa: 0, exponent: 0 };
        let whole = number.whole(&mut rest);
        let fraction = match rest {
            [b'.', after @ ..] => {
                rest = after;
                number.fraction(&mut rest)
            }
            _ => 0,
        };
        if whole + fraction == 0 {
            return None;
        }
        match rest {
            [] => Some(number),
            [b'e' | b'E', digits @ ..] => {
                number.exponent = number.exponent.saturating_add(exponent(digits)?);
                Some(number)
            }
            _ => None,
        }
    }

    /// Takes the digits before the point; how many there were.
    fn whole(&mut self, rest: &mut &[u8]) -> usize {
        let mut taken = 0;
        while let [digit @ b'0'..=b'9', after @ ..] = *rest {
            if self.mantissa < FULL {
                self.mantissa = self.mantissa * 10 + u128::from(digit - b'0');
            } else {
                self.exponent = self.exponent.saturating_add(1);
            }
            *rest = after;
            taken += 1;
        }
        taken
    }

    /// Takes the digits after the point; how many there were. Those beyond 36 in all are dropped.
    fn fraction(&mut self, rest: &mut &[u8]) -> usize {
        let (mut taken, mut pending) = (0, 0);
        while let [digit @ b'0'..=b'9', after @ ..] = *rest {
            (taken, pending) = (taken + 1, pending + 1);
            // Zeros count only when another digit follows them.
            if *digit != b'0'
                && let Some(power) = 10u128.checked_pow(pending)
                && let Some(raised) = self.mantissa.checked_mul(power).filter(|&raised| raised < FULL)
            {
                self.mantissa = raised + u128::from(digit - b'0');
                self.exponent -= pending as i32;
                pending = 0;
            }
            *rest = after;
        }
        taken
    }

    /// The least number of decimal places that holds all digits.
    pub(crate) fn places(self) -> u32 {
        if self.mantissa == 0 { 0 } else { (-self.exponent).max(0).unsigned_abs() }
    }

    /// As a whole number of the last of `places` decimal places, the nearest one; `None` when it leaves `i64`.
    pub(crate) fn fixed(self, places: u8) -> Option<i64> {
        let shift = self.exponent + i32::from(places);
        let power = 10u128.checked_pow(shift.unsigned_abs());
        let size = match (self.mantissa, power) {
            (0, _) => 0,
            (mantissa, Some(power)) if shift >= 0 => mantissa.checked_mul(power)?,
            (mantissa, Some(power)) => mantissa / power + u128::from(mantissa % power >= power.div_ceil(2)),
            (_, None) if shift >= 0 => return None,
            (_, None) => 0,
        };
        let size = i128::try_from(size).ok()?;
        i64::try_from(if self.negative { -size } else { size }).ok()
    }
}

fn exponent(digits: &[u8]) -> Option<i32> {
    let (negative, digits) = match digits {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size =
        digits.iter().fold(0i32, |sum, digit| (sum * 10 + i32::from(digit - b'0')).min(LARGEST_EXPONENT));
    Some(if negative { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str, places: u8) -> Option<i64> {
        Decimal::read(text.as_bytes()).unwrap().fixed(places)
    }

    #[test]
    fn digits_are_kept_and_rounded_beyond_the_last_place() {
        for (text, places, expected) in [
            ("0.0025", 4, Some(25)),
            ("0.010000000000000231", 9, Some(10_000_000)),
            ("32.585", 9, Some(32_585_000_000)),
            ("-1.5", 0, Some(-2)),
            ("1.4999", 0, Some(1)),
            ("2.5e-7", 9, Some(250)),
            ("1E3", 2, Some(100_000)),
            ("1.500000000000000000000000000000000000000000001", 1, Some(15)),
            ("9223372036854775807", 0, Some(i64::MAX)),
            ("-9223372036854775808", 0, Some(i64::MIN)),
            ("9223372036854775808", 0, None),
            ("1e400", 0, None),
            ("1e-400", 9, Some(0)),
            ("0e99999999999", 9, Some(0)),
            ("123456789012345678901234567890123456789012345678901234567890", 0, None),
        ] {
            assert_eq!(fixed(text, places), expected, "{text}");
        }
        assert_eq!(
            fixed("0.00000000000000000000000000000000000000000000000000000000000000000001", 9),
            Some(0)
        );
    }

    #[test]
    fn places_are_those_that_are_needed() {
        for (text, places) in [("1.500", 1), ("3", 0), ("25e-4", 4), ("0.0", 0), ("1.5e3", 0), ("1e-9", 9)] {
            assert_eq!(Decimal::read(text.as_bytes()).unwrap().places(), places, "{text}");
        }
        for bad in ["", "-", ".", "1e", "1x", "1.5.2", "e5", "1e+"] {
            assert_eq!(Decimal::read(bad.as_bytes()), None, "{bad}");
        }
    }
}
