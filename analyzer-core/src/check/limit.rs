//! By how much something may grow: in points of the whole, of itself, or per unit of work.

use super::words::amount;
use std::fmt::Write;

/// The limits of a budget, each of which counts by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// A share of the whole, 0 to 1.
    pub share: Option<f64>,
    /// A share of itself.
    pub growth: Option<f64>,
    /// An amount per unit of work, or per request.
    pub per_unit: Option<UnitLimit>,
}

/// An amount per unit of work.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitLimit {
    /// How much, in the smallest unit of its kind: nanoseconds, bytes, or whatever is measured.
    pub amount: f64,
    /// The unit it was given in.
    pub unit: Unit,
    /// As it was given.
    pub text: String,
}

/// A unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// What it measures.
    pub kind: UnitKind,
    /// How many of the smallest unit it is.
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
const UNITS: [(&str, UnitKind, f64); 19] = [
    ("ns", UnitKind::Time, 1.0),
    ("nanoseconds", UnitKind::Time, 1.0),
    ("us", UnitKind::Time, 1e3),
    ("\u{b5}s", UnitKind::Time, 1e3),
    ("microseconds", UnitKind::Time, 1e3),
    ("ms", UnitKind::Time, 1e6),
    ("milliseconds", UnitKind::Time, 1e6),
    ("s", UnitKind::Time, 1e9),
    ("seconds", UnitKind::Time, 1e9),
    ("B", UnitKind::Memory, 1.0),
    ("byte", UnitKind::Memory, 1.0),
    ("bytes", UnitKind::Memory, 1.0),
    ("KiB", UnitKind::Memory, 1024.0),
    ("MiB", UnitKind::Memory, 1_048_576.0),
    ("GiB", UnitKind::Memory, 1_073_741_824.0),
    ("kB", UnitKind::Memory, 1e3),
    ("MB", UnitKind::Memory, 1e6),
    ("GB", UnitKind::Memory, 1e9),
    ("", UnitKind::Other, 1.0),
];

impl Unit {
    /// The unit of this name; an empty one is that of whatever is measured.
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
}

impl Limits {
    /// A share of the whole alone.
    #[must_use]
    pub fn share(share: f64) -> Limits {
        Limits { share: Some(share), ..Limits::default() }
    }

    /// Whether there is no limit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Limits::default()
    }

    /// In words: `2 % of the whole, 10 % of itself`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut add = |part: String| {
            let comma = if text.is_empty() { "" } else { ", " };
            // Writing to a string does not fail.
            let _ = write!(text, "{comma}{part}");
        };
        if let Some(share) = self.share {
            add(format!("{} % of the whole", amount(100.0 * share)));
        }
        if let Some(growth) = self.growth {
            add(format!("{} % of itself", amount(100.0 * growth)));
        }
        if let Some(per_unit) = &self.per_unit {
            add(format!("{} per unit of work", per_unit.text));
        }
        text
    }
}
