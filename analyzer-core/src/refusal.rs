//! Why two sides are not compared unless that is forced: the result would be no answer to any question.

use crate::function::FunctionCells;
use crate::sides::{Part, Sides};
use crate::tree::Pair;
use crate::value::Column;
use analyzer_formats::Profile;

/// A difference of two captures has negative values; of what was taken off a capture a little may have been freed.
const MOST_NEGATIVE: f64 = 0.1;

/// Why not to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Stable code.
    pub(crate) code: &'static str,
    /// The sentence.
    pub(crate) reason: String,
}

/// How a profile was measured, where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Cpu,
    Wall,
    OffCpu,
}

impl Clock {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Clock::Cpu => "CPU time",
            Clock::Wall => "wall time",
            Clock::OffCpu => "time off the CPU",
        }
    }

    /// What a profile measures, if it is one thing.
    pub(crate) fn of(profile: &Profile) -> Option<Clock> {
        let types = profile.series.iter().flat_map(|series| &series.value_types);
        let names =
            types.chain(&profile.meta.period_type).map(|value_type| profile.strings.text(value_type.name));
        let clocks = names.filter_map(|name| Clock::named(&name));
        let mut clocks: Vec<Clock> = clocks.collect();
        clocks.dedup();
        match clocks[..] {
            [clock] => Some(clock),
            _ => None,
        }
    }

    pub(crate) fn named(name: &str) -> Option<Clock> {
        let is = |words: &[&str]| {
            name.to_ascii_lowercase().split([':', '/', '_', '-']).any(|part| words.contains(&part))
        };
        match name {
            _ if is(&["wall", "wallclock"]) => Some(Clock::Wall),
            _ if is(&["offcpu"]) || name.contains("off-cpu") || name.contains("off_cpu") => {
                Some(Clock::OffCpu)
            }
            _ if is(&["cpu", "cycles", "task", "itimer"]) => Some(Clock::Cpu),
            _ => None,
        }
    }
}

/// What speaks against a comparison before it is made.
pub(crate) fn refusal(sides: &Sides<'_>) -> Option<Refusal> {
    other_clock(sides).or_else(|| empty(sides)).or_else(|| difference(sides))
}

/// Two sides that measure different things under one name.
fn other_clock(sides: &Sides<'_>) -> Option<Refusal> {
    let clocks = sides.parts().filter_map(|part| Some((part, Clock::of(&part.profile)?)));
    let clocks: Vec<_> = clocks.collect();
    let (first, clock) = clocks.first()?;
    let (other, differs) = clocks.iter().find(|(_, other)| other != clock)?;
    let reason = format!(
        "{} measures {}, {} measures {}: what waits is in one of them only",
        first.capture.source.name,
        clock.name(),
        other.capture.source.name,
        differs.name()
    );
    Some(Refusal { code: "different_measurements", reason })
}

/// Captures in which nothing was measured.
fn empty(sides: &Sides<'_>) -> Option<Refusal> {
    let common = &sides.common[0];
    let is_empty = |(_, part, column): &(_, &Part<'_>, &Column)| {
        let samples = &part.profile.series[column.measure.series.index()].samples;
        (0..samples.len()).all(|row| column.measure.value(samples, row) == 0)
    };
    let (_, part, _) = sides.with(common).find(is_empty)?;
    let name = &part.capture.source.name;
    Some(Refusal { code: "empty", reason: format!("{name}: nothing was measured of {}", common.name) })
}

/// Captures that are differences of two.
fn difference(sides: &Sides<'_>) -> Option<Refusal> {
    let common = &sides.common[0];
    sides.with(common).find_map(|(_, part, column)| {
        let samples = &part.profile.series[column.measure.series.index()].samples;
        let values = (0..samples.len()).map(|row| column.measure.value(samples, row) as f64);
        let (negative, all) =
            values.fold((0.0, 0.0), |(negative, all), value| (negative - value.min(0.0), all + value.abs()));
        (negative > MOST_NEGATIVE * all).then(|| Refusal {
            code: "difference",
            reason: format!(
                "{} is a difference of two profiles, no capture: {:.0} % of its {} are less than nothing",
                part.capture.source.name,
                100.0 * negative / all,
                common.name
            ),
        })
    })
}

/// From so many functions a side on, fewer callers in common, main say, do not make two captures those of one program.
const MANY: usize = 5;

/// Sides without a function that both have.
pub(crate) fn nothing_in_common(sides: &Sides<'_>, functions: &[FunctionCells]) -> Option<Refusal> {
    let numbers = |value: fn(&FunctionCells) -> &Pair<i128>| {
        let values = functions.iter().map(value);
        values.fold((0, 0, 0), |(before, after, both), value| {
            let (one, other) = (usize::from(value.before != 0), usize::from(value.after != 0));
            (before + one, after + other, both + one * other)
        })
    };
    let (own, total) = (numbers(|function| &function.own.value), numbers(|function| &function.total.value));
    let fewest = if own.0.min(own.1) >= MANY { MANY } else { 1 };
    (total.0 > 0 && total.1 > 0 && own.2 == 0 && total.2 < fewest).then(|| Refusal {
        code: "nothing_in_common",
        reason: format!(
            "{} and {} have no function in common that was measured in both: they are not of one program, or one has no symbols",
            sides.before[0].capture.source.name, sides.after[0].capture.source.name
        ),
    })
}

#[cfg(test)]
mod tests {
    use crate::{CompareError, CompareOptions, compare};
    use analyzer_formats::{Capture, Content, ReadOptions, read_bytes};

    fn read(text: &str) -> Capture {
        read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
    }

    fn refused(before: &str, after: &Capture) -> Option<String> {
        let compare = |force| {
            let options = CompareOptions { force, ..CompareOptions::default() };
            compare(&read(before), after, &options)
        };
        let Err(CompareError::NotComparable { reason }) = compare(false) else { return None };
        let forced = compare(true).unwrap();
        assert!(forced.verdict.text.starts_with("Not fit to be compared ("), "{}", forced.verdict.text);
        Some(reason)
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let plain = "main;parse 30\nmain;read 9\n";
        let difference = |taken_off: i64| {
            let mut capture = read(plain);
            let Content::Profile(profile) = &mut capture.content else { unreachable!("folded is a profile") };
            profile.series[0].samples.values[0] = vec![30, -taken_off];
            refused(plain, &capture)
        };
        assert_eq!((difference(-9), difference(3)), (None, None));
        assert!(difference(10).unwrap().contains("25 % of its samples"));
        assert!(difference(40).unwrap().contains("difference of two profiles"));
        assert!(refused(plain, &read("main;parse 0\n")).unwrap().contains("nothing was measured"));
        assert!(refused(plain, &read("other;draw 30\n")).unwrap().contains("no function in common"));
        // All programs have a main.
        let program =
            |name: &str| (0..5).map(|n| format!("main;{name};{name}{n} {}\n", 30 + n)).collect::<String>();
        assert!(
            refused(&program("parse"), &read(&program("draw"))).unwrap().contains("no function in common")
        );
        assert_eq!(refused("main;f 30\n", &read("main;g 30\n")), None);
    }
}
