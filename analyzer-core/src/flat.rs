//! One capture as a ranked list of functions.

use crate::error::CompareError;
use crate::function::functions;
use crate::single::{About, Single};
use crate::spans::TraceValue;
use analyzer_formats::Capture;
use serde::Serialize;

/// What rows are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The function's own value.
    #[default]
    Own,
    /// The function's value and that of what it calls.
    Total,
}

/// One capture as a ranked list of functions.
#[derive(Clone, Debug, Serialize)]
pub struct Flat {
    /// `plateau-show/1`.
    pub schema: &'static str,
    /// What is shown.
    #[serde(flatten)]
    pub about: About,
    /// Every function, largest first.
    pub functions: Vec<FlatRow>,
}

/// One function.
#[derive(Clone, Debug, Serialize)]
pub struct FlatRow {
    /// Its name.
    pub function: String,
    /// The module it was loaded from.
    pub module: Option<String>,
    /// Its source file.
    pub file: Option<String>,
    /// Its line.
    pub line: Option<u32>,
    /// Its own value.
    #[serde(rename = "self")]
    pub own: f64,
    /// Its own value in percent of the total.
    pub self_pct: f64,
    /// Its value and that of what it calls, recursion counted once.
    pub total: f64,
    /// The same in percent of the total.
    pub total_pct: f64,
}

/// Ranks the functions of a capture.
///
/// # Errors
/// When the capture measures nothing, or not the wanted value type.
pub fn flat(
    capture: &Capture,
    value: Option<&str>,
    trace_value: TraceValue,
    order: Order,
) -> Result<Flat, CompareError> {
    Ok(Single::new(capture, value, trace_value)?.flat(order))
}

impl Single {
    /// Ranks the functions.
    #[must_use]
    pub fn flat(&self, order: Order) -> Flat {
        let cells = functions(&self.tree, &self.outermost, self.keys.keys().len());
        let mut rows: Vec<FlatRow> = self
            .keys
            .keys()
            .iter()
            .zip(&cells)
            .map(|(key, cell)| {
                let own = self.in_unit(cell.own.value.after);
                let total = self.in_unit(cell.total.value.after);
                FlatRow {
                    function: String::from_utf8_lossy(&key.name).into_owned(),
                    module: key.module.clone(),
                    file: key.file.clone(),
                    line: (key.line > 0).then_some(key.line),
                    own,
                    self_pct: self.about.percent(own),
                    total,
                    total_pct: self.about.percent(total),
                }
            })
            .filter(|row| row.own != 0.0 || row.total != 0.0)
            .collect();
        let size = |row: &FlatRow| match order {
            Order::Own => (row.own, row.total),
            Order::Total => (row.total, row.own),
        };
        rows.sort_by(|one, other| {
            let (a, b) = (size(one), size(other));
            b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).then_with(|| one.function.cmp(&other.function))
        });
        Flat { schema: "plateau-show/1", about: self.about.clone(), functions: rows }
    }
}
