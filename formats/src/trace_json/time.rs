//! Times in files, as nanoseconds since the Unix epoch.

use crate::json::Value;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanosecond,
    Microsecond,
}

/// A number of `unit`, also as text, or a date and time of RFC 3339, in nanoseconds.
///
/// `None` where it is none of these or does not fit.
pub(crate) fn nanoseconds(value: &Value<'_>, unit: Unit) -> Option<i64> {
    let scale = match unit {
        Unit::Nanosecond => 1,
        Unit::Microsecond => 1000,
    };
    if let Some(number) = value.int() {
        return number.checked_mul(scale);
    }
    if let Value::Text(text) = value
        && text.raw.contains(&b'-')
        && text.raw.contains(&b':')
    {
        return date_time(text.raw);
    }
    let nanoseconds = (value.float()? * scale as f64).round();
    // Beyond 2^63 the cast would saturate.
    (nanoseconds.abs() < 9.2e18).then_some(nanoseconds as i64)
}

/// `2021-07-20T07:47:45.247956+09:00`. Digits beyond the ninth are dropped.
fn date_time(text: &[u8]) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range)?;
        digits.iter().try_fold(0i64, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
        })
    };
    let is = |at: usize, bytes: &[u8]| text.get(at).is_some_and(|byte| bytes.contains(byte));
    let right = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !right
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 24
        || minute > 59
        || second > 60
    {
        return None;
    }
    let (mut at, mut fraction) = (19, 0);
    if is(at, b".,") {
        let mut scale = 100_000_000;
        at += 1;
        while let Some(digit) = number(at..at + 1) {
            fraction += digit * scale;
            scale /= 10;
            at += 1;
        }
    }
    let offset = match text.get(at..)? {
        b"" | b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let minutes = number(at + 1..at + 3)? * 60 + number(at + 4..at + 6)?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let seconds = days(year, month, day) * 86_400 + (hour * 60 + minute - offset) * 60 + second;
    seconds.checked_mul(1_000_000_000)?.checked_add(fraction)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar (Hinnant, "chrono-compatible low-level date
/// algorithms", `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Cursor;

    #[test]
    fn times_are_numbers_text_or_dates() {
        for (json, expected) in [
            ("1544712660000000000 ", Some(1_544_712_660_000_000_000)),
            ("\"1544712660000000001\"", Some(1_544_712_660_000_000_001)),
            ("1.5e3 ", Some(1500)),
            ("\"2021-07-20T07:47:45.247956+09:00\"", Some(1_626_734_865_247_956_000)),
            ("\"2021-07-19T22:47:45.247956Z\"", Some(1_626_734_865_247_956_000)),
            ("\"2021-07-19T22:47:45.2479561239Z\"", Some(1_626_734_865_247_956_123)),
            ("\"1970-01-01T00:00:00Z\"", Some(0)),
            ("\"2000-03-01T00:00:00\"", Some(951_868_800_000_000_000)),
            ("\"2000-02-29 23:59:59-00:30\"", Some(951_870_599_000_000_000)),
            ("\"0001-01-01T00:00:00Z\"", None),
            ("\"2021-13-20T07:47:45Z\"", None),
            ("\"2021-07-20T07:47\"", None),
            ("\"2021-07-20T07:47:45 CET\"", None),
            ("18446744073709551615 ", None),
            ("\"soon\"", None),
            ("null", None),
            ("{}", None),
        ] {
            let value = Cursor::new(json.as_bytes(), 0).value().unwrap();
            assert_eq!(nanoseconds(&value, Unit::Nanosecond), expected, "{json}");
        }
        let value = Cursor::new(b"1531282088548312 ", 0).value().unwrap();
        assert_eq!(nanoseconds(&value, Unit::Microsecond), Some(1_531_282_088_548_312_000));
    }
}
