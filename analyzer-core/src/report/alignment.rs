//! What was done so that the same code stands at the same place in both captures.

use super::build::{Inputs, round};
use crate::align::KeySpace;
use crate::tree::{ROOT, Side};
use serde::Serialize;

/// What was done so that the same code stands at the same place in both captures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Alignment {
    /// What counts as what it interrupted; null where nothing does.
    pub interrupts: Option<Interrupts>,
    /// Functions with another name in after, the surest first.
    pub renamed: Vec<Renamed>,
    /// Frames that one side has between two others; what they call was put below their caller.
    pub inserted: Vec<Inserted>,
    /// Functions that are part of their callers on one side; they were made so on both.
    pub inlined: Vec<InlinedRow>,
    /// Modules that lack symbols on one side; they were compared as one function.
    pub modules: Vec<ModuleRow>,
    /// Where profilers cut stacks.
    pub depth_limits: Vec<DepthLimit>,
    /// How many frames next to the leaf were compared, on both sides; null where stacks were compared whole.
    pub compared_depth: Option<u32>,
    /// The rules that changed names of functions in either capture, in their order.
    pub rules: Vec<RuleRow>,
}

/// Samples in interrupts of timers and schedulers.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Interrupts {
    /// Share of before, in percent.
    pub before_pct: f64,
    /// Share of after, in percent.
    pub after_pct: f64,
}

/// A function with another name in after.
#[derive(Clone, Debug, Serialize)]
pub struct Renamed {
    /// Its name in before.
    #[serde(rename = "from")]
    pub before: String,
    /// Its name in after.
    #[serde(rename = "to")]
    pub after: String,
    /// How alike the two are, 0 to 1: by callers and callees, by name, by share. 1 where the names differ in template
    /// arguments, parameters or folders only.
    pub score: f64,
}

/// A frame that one side has between two others.
#[derive(Clone, Debug, Serialize)]
pub struct Inserted {
    /// The function.
    pub function: String,
    /// The function below which it is one; null where the other side does not have it at all.
    pub caller: Option<String>,
    /// The side that has it: `after` where it was put in, `before` where it was taken out.
    pub side: &'static str,
}

/// A function that is part of a caller on one side.
#[derive(Clone, Debug, Serialize)]
pub struct InlinedRow {
    /// The function.
    pub function: String,
    /// Its caller.
    pub into: String,
    /// The side that has it in its caller.
    pub side: &'static str,
}

/// A module that lacks symbols on one side.
#[derive(Clone, Debug, Serialize)]
pub struct ModuleRow {
    /// Its name, without folder.
    pub module: String,
    /// The side that lacks them.
    pub side: &'static str,
}

/// Where a profiler cut stacks.
#[derive(Clone, Debug, Serialize)]
pub struct DepthLimit {
    /// `before` or `after`.
    pub side: &'static str,
    /// The greatest depth, in frames.
    pub depth: u32,
    /// Share of the value that has a cut stack, in percent.
    pub pct: f64,
}

/// A rule that changed names.
#[derive(Clone, Debug, Serialize)]
pub struct RuleRow {
    /// Its name.
    pub rule: &'static str,
    /// How many functions have a name that it changed.
    pub functions: usize,
}

impl Alignment {
    /// Whether nothing was done.
    fn is_empty(&self) -> bool {
        self.interrupts.is_none()
            && self.renamed.is_empty()
            && self.inserted.is_empty()
            && self.inlined.is_empty()
            && self.modules.is_empty()
            && self.depth_limits.is_empty()
            && self.rules.is_empty()
    }
}

/// What was done; `None` where that is nothing.
pub(super) fn alignment(inputs: &Inputs<'_>) -> Option<Alignment> {
    let Inputs { keys, aligned, cuts, functions, .. } = inputs;
    let renamed = aligned.renamed.iter().map(|rename| Renamed {
        before: key_name(keys, rename.before),
        after: key_name(keys, rename.after),
        score: (100.0 * rename.score).round() / 100.0,
    });
    let inserted = aligned.wrappers.iter().map(|wrapper| Inserted {
        function: key_name(keys, wrapper.function),
        caller: wrapper.caller.map(|caller| key_name(keys, caller)),
        side: side_name(wrapper.side),
    });
    let inlined = aligned.inlined.iter().map(|row| InlinedRow {
        function: key_name(keys, row.function),
        into: key_name(keys, row.into),
        side: side_name(row.side),
    });
    let modules = aligned
        .modules
        .iter()
        .map(|module| ModuleRow { module: module.name.clone(), side: side_name(module.side) });
    let depth_limits = cuts.found.iter().map(|(side, cut)| DepthLimit {
        side: side_name(*side),
        depth: cut.stacks.depth,
        pct: cut.stacks.pct,
    });
    // A function that was joined with another is measured as that.
    let is_measured = |key: usize| {
        let key = aligned.same.get(key).map_or(key, |&key| key as usize);
        let total = functions[key].total.value;
        total.before != 0 || total.after != 0
    };
    let rules = keys.rules(is_measured).into_iter().map(|(rule, functions)| RuleRow { rule, functions });
    let whole = inputs.tree.total[ROOT].value;
    let pct =
        |value: i128, whole: i128| if whole > 0 { round(100.0 * value as f64 / whole as f64) } else { 0.0 };
    let alignment = Alignment {
        interrupts: aligned.interrupts.map(|interrupts| Interrupts {
            before_pct: pct(interrupts.before, whole.before),
            after_pct: pct(interrupts.after, whole.after),
        }),
        renamed: renamed.collect(),
        inserted: inserted.collect(),
        inlined: inlined.collect(),
        modules: modules.collect(),
        depth_limits: depth_limits.collect(),
        compared_depth: cuts.frames(),
        rules: rules.collect(),
    };
    Some(alignment).filter(|alignment| !alignment.is_empty())
}

pub(super) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Before => "before",
        Side::After => "after",
    }
}

fn key_name(keys: &KeySpace, key: u32) -> String {
    String::from_utf8_lossy(&keys.keys()[key as usize].name).into_owned()
}
