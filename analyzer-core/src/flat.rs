//! One capture as a ranked list of functions.

use crate::account::{Account, LeftOut, Records};
use crate::align::{KeySpace, Names};
use crate::error::CompareError;
use crate::function::{functions, outermost};
use crate::spans::{self, TraceValue};
use crate::tree::{CallTree, ROOT, Side};
use crate::value::{self, Column, Measure, measures};
use analyzer_formats::{Capture, Content, Profile};
use serde::Serialize;
use std::borrow::Cow;

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
    /// The path as given.
    pub file: String,
    /// The value type.
    pub value_type: String,
    /// Its unit.
    pub unit: String,
    /// The value types not shown.
    pub other_value_types: Vec<String>,
    /// Sum of all values, in the unit.
    pub total: f64,
    /// Length of the recording in nanoseconds.
    pub duration_ns: Option<i64>,
    /// Records in the file, used and left out.
    pub records: Records,
    /// What the reader left out.
    pub left_out: Vec<LeftOut>,
    /// The account as a sentence.
    #[serde(skip)]
    pub account: String,
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
    let profile = match &capture.content {
        Content::Profile(profile) => Cow::Borrowed(profile),
        Content::Traces(traces) => Cow::Owned(spans::project(traces, trace_value)),
    };
    let (measure, others) = choose_measure(&profile, value)?;
    let names = if matches!(capture.content, Content::Traces(_)) { Names::Exact } else { Names::Canonical };
    let mut keys = KeySpace::new(names, &[&profile]);
    let key_of = keys.add(&profile);
    keys.locate(&profile, &measure, &key_of);
    let mut tree = CallTree::default();
    let column = Column { measure, finest: 1 };
    tree.add(Side::After, &profile, &column, &[], |frame| key_of[profile.frame(frame).function.index()]);
    let measure = column.measure;
    tree.add_up();
    let outermost = outermost(&tree, &tree.children(), keys.keys().len());
    let cells = functions(&tree, &outermost, keys.keys().len());
    let per_unit = 10f64.powi(i32::from(measure.decimals));
    let total = tree.total[ROOT].value.after as f64 / per_unit;
    let percent = |value: f64| if total > 0.0 { 100.0 * value / total } else { 0.0 };
    let mut rows: Vec<FlatRow> = keys
        .keys()
        .iter()
        .zip(&cells)
        .map(|(key, cell)| {
            let own = cell.own.value.after as f64 / per_unit;
            let below = cell.total.value.after as f64 / per_unit;
            FlatRow {
                function: String::from_utf8_lossy(&key.name).into_owned(),
                module: key.module.clone(),
                file: key.file.clone(),
                line: (key.line > 0).then_some(key.line),
                own,
                self_pct: percent(own),
                total: below,
                total_pct: percent(below),
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
    let account = Account::new(capture);
    Ok(Flat {
        schema: "plateau-show/1",
        file: capture.source.name.clone(),
        value_type: measure.name,
        unit: measure.unit,
        other_value_types: others,
        total,
        duration_ns: profile.meta.duration_ns,
        records: account.records,
        account: account.sentence(),
        left_out: account.left_out,
        functions: rows,
    })
}

/// The wanted measure, or the default, and the names of the others.
///
/// # Errors
/// When the profile does not measure it, or nothing.
pub fn choose_measure(
    profile: &Profile,
    wanted: Option<&str>,
) -> Result<(Measure, Vec<String>), CompareError> {
    let mut all = measures(profile);
    let list = |all: &[Measure]| all.iter().map(|measure| measure.name.clone()).collect::<Vec<_>>();
    if all.is_empty() {
        return Err(CompareError::NothingMeasured);
    }
    let index = match wanted {
        None => 0,
        Some(name) => {
            value::position(all.iter().map(|measure| measure.name.as_str()), name).unwrap_or(all.len())
        }
    };
    if index >= all.len() {
        let wanted = wanted.unwrap_or("any").to_owned();
        return Err(CompareError::NoSuchValueType { wanted, common: list(&all).join(", ") });
    }
    let chosen = all.remove(index);
    let others = list(&all);
    Ok((chosen, others))
}
