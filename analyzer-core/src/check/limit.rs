//! By how much something may grow: in points of the whole, of itself, or per unit of work.

use super::words::amount;
use crate::unit::Unit;
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
