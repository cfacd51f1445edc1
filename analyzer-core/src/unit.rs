//! Units: what they measure, and how large they are. Readers of captures, budgets, options and what is printed have them from
//! here.
//!
//! `kilobytes`, `kb`, `megabytes` and `mb` are 1,024 and 1,048,576 bytes, as in pprof's `measurement.go`; `kB` and `MB` are
//! those of the SI.

/// A unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// What it measures.
    pub kind: UnitKind,
    /// How many of the smallest unit of its kind it is.
    pub size: f64,
}

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// Time; the smallest unit is the nanosecond.
    Time,
    /// Memory; the smallest unit is the byte.
    Memory,
    /// Anything else, in the unit of the value type.
    Other,
}

/// Names of units: those of value types, and those that people write.
const UNITS: [(&str, UnitKind, f64); 29] = [
    ("ns", UnitKind::Time, 1.0),
    ("nanoseconds", UnitKind::Time, 1.0),
    ("us", UnitKind::Time, 1e3),
    ("\u{b5}s", UnitKind::Time, 1e3),
    ("microseconds", UnitKind::Time, 1e3),
    ("ms", UnitKind::Time, 1e6),
    ("milliseconds", UnitKind::Time, 1e6),
    ("s", UnitKind::Time, 1e9),
    ("seconds", UnitKind::Time, 1e9),
    ("min", UnitKind::Time, 60e9),
    ("minutes", UnitKind::Time, 60e9),
    ("h", UnitKind::Time, 3600e9),
    ("hours", UnitKind::Time, 3600e9),
    ("B", UnitKind::Memory, 1.0),
    ("byte", UnitKind::Memory, 1.0),
    ("bytes", UnitKind::Memory, 1.0),
    ("KiB", UnitKind::Memory, 1024.0),
    ("kilobytes", UnitKind::Memory, 1024.0),
    ("kb", UnitKind::Memory, 1024.0),
    ("MiB", UnitKind::Memory, 1_048_576.0),
    ("megabytes", UnitKind::Memory, 1_048_576.0),
    ("mb", UnitKind::Memory, 1_048_576.0),
    ("GiB", UnitKind::Memory, 1_073_741_824.0),
    ("gigabytes", UnitKind::Memory, 1_073_741_824.0),
    ("gb", UnitKind::Memory, 1_073_741_824.0),
    ("kB", UnitKind::Memory, 1e3),
    ("MB", UnitKind::Memory, 1e6),
    ("GB", UnitKind::Memory, 1e9),
    ("", UnitKind::Other, 1.0),
];

/// The units in which values are written, largest first.
const TIMES: [(f64, &str); 4] = [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns")];
const SIZES: [(f64, &str); 4] = [(1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB"), (1.0, "B")];

impl Unit {
    /// The unit of this name; an empty one is that of whatever is measured.
    ///
    /// ```
    /// use analyzer_core::unit::{Unit, UnitKind};
    ///
    /// assert_eq!(Unit::named("megabytes"), Some(Unit { kind: UnitKind::Memory, size: 1_048_576.0 }));
    /// assert_eq!(Unit::named("parsecs"), None);
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Option<Unit> {
        let (_, kind, size) = UNITS.iter().find(|(known, ..)| *known == name)?;
        Some(Unit { kind: *kind, size: *size })
    }

    /// The unit that values of a type are in.
    #[must_use]
    pub fn of_values(name: &str) -> Unit {
        Unit::named(name).unwrap_or(Unit { kind: UnitKind::Other, size: 1.0 })
    }

    /// The units in which values of this one are written, largest first, by how many of this one they are; none where values
    /// are plain numbers.
    #[must_use]
    pub fn steps(self) -> Vec<(f64, &'static str)> {
        let steps: &[(f64, &str)] = match self.kind {
            UnitKind::Time => &TIMES,
            UnitKind::Memory => &SIZES,
            UnitKind::Other => &[],
        };
        // Nothing below the unit itself: there is no telling what its last digit stands for. Of minutes, seconds are left.
        let finest = steps.iter().position(|(size, _)| *size < self.size).unwrap_or(steps.len()).max(1);
        steps.iter().take(finest).map(|(size, name)| (size / self.size, *name)).collect()
    }
}

/// Splits an amount such as `1.5ms` into its number and the name of its unit.
#[must_use]
pub fn split_amount(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()))
}

/// How many of `to` one of `from` is, where one of them is a whole number of the other; `None` when they measure different
/// things.
#[must_use]
pub(crate) fn factor(from: &str, to: &str) -> Option<f64> {
    if from == to {
        return Some(1.0);
    }
    let (from, to) = (Unit::named(from)?, Unit::named(to)?);
    let ratio = from.size.max(to.size) / from.size.min(to.size);
    let converts = from.kind == to.kind && from.kind != UnitKind::Other && ratio.fract() == 0.0;
    converts.then_some(from.size / to.size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_convert_within_their_kind() {
        assert_eq!(factor("milliseconds", "nanoseconds"), Some(1e6));
        assert_eq!(factor("mb", "KiB"), Some(1024.0));
        assert_eq!(factor("count", "count"), Some(1.0));
        assert_eq!(factor("bytes", "nanoseconds"), None);
        assert_eq!(factor("", "count"), None);
        // No whole number of them.
        assert_eq!(factor("MiB", "kB"), None);
    }

    #[test]
    fn nothing_is_written_in_less_than_its_unit() {
        let names = |unit: &str| -> Vec<&str> {
            Unit::of_values(unit).steps().into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(names("microseconds"), ["s", "ms", "us"]);
        assert_eq!(names("megabytes"), ["GiB", "MiB"]);
        assert_eq!(Unit::of_values("minutes").steps(), [(1.0 / 60.0, "s")]);
        assert!(names("count").is_empty() && names("cycles").is_empty());
    }
}
