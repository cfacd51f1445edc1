//! Values of options, and how they are written.

use analyzer_core::scale::ScaleChoice;
use analyzer_core::select::{Moment, Selection};
use analyzer_core::unit::{Unit, UnitKind, split_amount};
use regex::bytes::Regex;

pub(super) fn scale(text: &str) -> Result<ScaleChoice, String> {
    match text {
        "auto" => Ok(ScaleChoice::Auto),
        "reference" => Ok(ScaleChoice::Reference),
        "share" => Ok(ScaleChoice::Share),
        "duration" => Ok(ScaleChoice::Duration),
        "absolute" => Ok(ScaleChoice::Absolute),
        _ if text.starts_with("anchor=") => Ok(ScaleChoice::Anchor(pattern(&text["anchor=".len()..])?)),
        _ => {
            let numbers = text.strip_prefix("work=").and_then(|pair| pair.split_once(':'));
            let number = |text: &str| text.parse().ok().filter(|number: &f64| (1e-9..=1e18).contains(number));
            match numbers.map(|(before, after)| (number(before), number(after))) {
                Some((Some(before), Some(after))) => Ok(ScaleChoice::Work(before, after)),
                _ => Err("expected auto, reference, share, duration, absolute, anchor=REGEX or work=BEFORE:AFTER, such as \
                          work=1200000:1310000"
                    .to_owned()),
            }
        }
    }
}

pub(super) fn confidence(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.5..1.0).contains(number));
    number.ok_or_else(|| "expected a share from 0.5 to below 1, such as 0.95".to_owned())
}

pub(super) fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim().parse().ok();
    let share = number.map(|percent: f64| percent / 100.0).filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a percentage from 0% to 100%, such as 0.5%".to_owned())
}

/// A regular expression for names.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    if text.is_empty() {
        return Err("expected a regular expression, such as ^json_".to_owned());
    }
    Regex::new(text).map_err(|error| error.to_string())
}

/// A regular expression for what is to be hidden.
pub(super) fn redact(text: &str) -> Result<Regex, String> {
    let pattern = pattern(text)?;
    if pattern.is_match(b"") {
        return Err(
            "matches the empty text, expected a regular expression for what is to be hidden".to_owned()
        );
    }
    Ok(pattern)
}

/// `k=v`.
pub(super) fn tag(text: &str) -> Result<Selection, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok(Selection::Tag { key: key.to_owned(), value: value.to_owned() })
        }
        _ => Err("expected KEY=VALUE, such as thread=worker".to_owned()),
    }
}

/// `from..to`, both times after the first sample; either end may be left out.
pub(super) fn window(text: &str) -> Result<Selection, String> {
    let expected =
        || "expected FROM..TO after the first sample, such as 10s..70s, 500ms..2s or 0%..50%".to_owned();
    let (from, to) = text.split_once("..").ok_or_else(expected)?;
    let moment = |text: &str, open: Moment| if text.is_empty() { Some(open) } else { moment(text) };
    let from = moment(from, Moment::Nanoseconds(0)).ok_or_else(expected)?;
    let to = moment(to, Moment::Share(1.0)).ok_or_else(expected)?;
    let is_empty = match (from, to) {
        (Moment::Nanoseconds(from), Moment::Nanoseconds(to)) => from >= to,
        (Moment::Share(from), Moment::Share(to)) => from >= to,
        _ => false,
    };
    if is_empty {
        return Err("expected FROM before TO: no sample is in this window".to_owned());
    }
    Ok(Selection::Window { from, to })
}

fn moment(text: &str) -> Option<Moment> {
    let (number, unit) = split_amount(text);
    let number: f64 = number.parse().ok()?;
    let ns = match unit {
        "%" => return (number <= 100.0).then_some(Moment::Share(number / 100.0)),
        "" => number * 1e9,
        "m" => number * 60e9,
        _ => number * time(unit)?,
    };
    (ns < 9e18).then_some(Moment::Nanoseconds(ns.round() as i64))
}

/// How many nanoseconds a unit of time is.
fn time(unit: &str) -> Option<f64> {
    Unit::named(unit).filter(|unit| unit.kind == UnitKind::Time).map(|unit| unit.size)
}

/// A length of time in nanoseconds, such as 10us; 0 needs no unit.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    let expected = || {
        "expected a duration of whole nanoseconds with its unit, such as 500ns, 10us, 1.5ms or 2s".to_owned()
    };
    let (number, unit) = split_amount(text);
    if number == "0" && unit.is_empty() {
        return Ok(0);
    }
    let unit_ns = time(unit).ok_or_else(expected)?;
    let ns = number.parse().ok().map(|number: f64| number * unit_ns);
    // A day is beyond what a request takes, and every number of nanoseconds below it is exact.
    let ns = ns
        .filter(|ns| (0.0..=86_400e9).contains(ns) && (ns - ns.round()).abs() < 1e-3)
        .ok_or_else(expected)?;
    Ok(ns.round() as i64)
}

/// A length of time as it is asked for, in the largest unit that divides it.
pub(super) fn duration_text(ns: i64) -> String {
    let units = ["s", "ms", "us"].map(|name| (name, time(name).map_or(1, |size| size as i64)));
    let (name, size) = units.into_iter().find(|(_, size)| ns % size == 0).unwrap_or(("ns", 1));
    format!("{}{name}", ns / size)
}

/// A word as a shell takes it.
pub(super) fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:@%,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales() {
        assert!(matches!(scale("work=10:20"), Ok(ScaleChoice::Work(10.0, 20.0))));
        assert!(matches!(scale("anchor=^serve$"), Ok(ScaleChoice::Anchor(_))));
        for bad in ["work=", "work=0:1", "work=1:nan", "shares", "anchor=", "anchor=("] {
            assert!(scale(bad).is_err(), "{bad}");
        }
        assert_eq!(percent("0.5%"), Ok(0.005));
        assert!(percent("101").is_err());
    }

    #[test]
    fn durations_come_back() {
        for (text, ns, written) in [
            ("0", 0, "0s"),
            ("500ns", 500, "500ns"),
            ("10us", 10_000, "10us"),
            ("10\u{b5}s", 10_000, "10us"),
            ("1.5ms", 1_500_000, "1500us"),
            ("2s", 2_000_000_000, "2s"),
        ] {
            assert_eq!(duration(text), Ok(ns), "{text}");
            assert_eq!(duration_text(ns), written);
            assert_eq!(duration(written), Ok(ns));
        }
        for bad in ["", "10", "us", "-1us", "1.5ns", "1e3us", "10 us", "10m", "1.2.3s", "9999999999s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn windows_and_tags() {
        let nanoseconds =
            |from, to| Ok(Selection::Window { from: Moment::Nanoseconds(from), to: Moment::Nanoseconds(to) });
        assert_eq!(window("10s..1m"), nanoseconds(10_000_000_000, 60_000_000_000));
        assert_eq!(window("1500ms..2.5"), nanoseconds(1_500_000_000, 2_500_000_000));
        let half = Selection::Window { from: Moment::Share(0.5), to: Moment::Share(1.0) };
        assert_eq!(window("50%.."), Ok(half));
        for bad in ["", "10s", "a..b", "-1s..2s", "1d..2d", "0%..101%", "2s..1s", "50%..50%", "100%.."] {
            assert!(window(bad).is_err(), "{bad}");
        }
        assert_eq!(tag("a=b=c"), Ok(Selection::Tag { key: "a".to_owned(), value: "b=c".to_owned() }));
        assert!(tag("=x").is_err() && tag("x").is_err());
    }
}
