//! The figures of a plateau as every table prints them.

use super::requests;
use crate::classes::ClassRow;
use crate::plateau::{Tier, Why};
use crate::report::{
    Basis, CapturesGrown, DepthLimit, InlinedRow, Inserted, Plateau, Renamed, Report, Summary, units,
};
use crate::scale::ScaleMode;

/// The columns of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Share of before, in percent of scaled before.
    pub before: String,
    /// After, in percent of scaled before.
    pub after: String,
    /// The change, in percentage points.
    pub change: String,
    /// The interval of the change; empty where unknown.
    pub interval: String,
    /// Share of all growth or shrinkage; empty where it is too small to say.
    pub explains: String,
    /// `new`, `gone`, `self`, `moved` or `with callees`.
    pub why: &'static str,
    /// On how many captures it grew, the nearest caller, the place in the source and the class of such code.
    pub place: String,
}

/// The figures of a plateau.
#[must_use]
pub fn figures(plateau: &Plateau) -> Figures {
    let before = plateau.before.share_pct;
    let interval = match (plateau.growth.low_pct, plateau.growth.high_pct) {
        (Some(low), Some(high)) => format!("[{low:.2}, {high:.2}]"),
        _ => String::new(),
    };
    Figures {
        before: format!("{before:.2} %"),
        after: format!("{:.2} %", before + plateau.growth.pct),
        change: format!("{:+.2}", plateau.growth.pct),
        interval,
        explains: plateau
            .explains_pct
            .filter(|&share| share >= 0.5)
            .map_or_else(String::new, |share| format!("{share:.0} %")),
        why: why(plateau.why),
        place: place(plateau),
    }
}

/// Why a row is there, in a word.
#[must_use]
pub fn why(why: Why) -> &'static str {
    match why {
        Why::Own => "self",
        Why::New => "new",
        Why::Gone => "gone",
        Why::Scaled => "with callees",
        Why::Moved => "moved",
    }
}

/// On how many captures of after a plateau grew, as words; empty where that is not known.
#[must_use]
pub fn captures_grown(plateau: &Plateau) -> String {
    match plateau.captures_grown {
        None => String::new(),
        Some(CapturesGrown { grew: 0, of }) => format!("on none of {of} captures by itself"),
        Some(CapturesGrown { grew, of }) => format!("grew on {grew} of {of} captures"),
    }
}

fn place(plateau: &Plateau) -> String {
    let caller = plateau.callers.first().map_or_else(String::new, |caller| format!("< {caller}"));
    let captures = captures_grown(plateau);
    let class = plateau.class.as_ref().map_or_else(String::new, |class| format!("({class})"));
    [captures, caller, source(plateau), class]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("  ")
}

/// Where the function is: `file:line`, or else its module.
#[must_use]
pub fn source(plateau: &Plateau) -> String {
    match (&plateau.file, plateau.line, &plateau.module) {
        (Some(file), Some(line), _) => format!("{file}:{line}"),
        (Some(file), None, _) => file.clone(),
        (None, _, Some(module)) => module.clone(),
        (None, _, None) => String::new(),
    }
}

/// The heading of the rows of a tier.
#[must_use]
pub fn heading(plateau: &Plateau) -> &'static str {
    match plateau.tier {
        Tier::Grew => "grew",
        Tier::MayHaveGrown => "may have grown",
        Tier::Shrank => "shrank",
        Tier::MayHaveShrunk => "may have shrunk",
        Tier::Unquantified if plateau.growth.value > 0.0 => "grew (by size)",
        Tier::Unquantified => "shrank (by size)",
    }
}

/// One side in a line: `name, 13,162 samples, 13 s, build 3fa9c1`.
#[must_use]
pub fn side(report: &Report, side: &Summary) -> String {
    let mut parts = vec![side.name.clone()];
    match side.samples {
        Some(samples) => {
            let noun = report.basis.noun().trim_end_matches('s');
            parts.push(units::many(u64::try_from(samples).unwrap_or(0), noun));
        }
        None => parts.push(units::value(side.value, &report.value_type.unit)),
    }
    if let Some(duration) = side.duration_ns {
        parts.push(units::duration(duration));
    }
    if let Some(build) = &side.build_id {
        parts.push(format!("build {}", build.chars().take(8).collect::<String>()));
    }
    parts.join(", ")
}

/// What was read of both captures: `before: 13,162 samples, all used; after: 14,106 samples, all used`.
#[must_use]
pub fn accounts(report: &Report) -> String {
    format!("before: {}; after: {}", report.before.account, report.after.account)
}

/// The classes that changed by more than noise, the widest change first; `None` when there are none.
#[must_use]
pub fn classes(report: &Report) -> Option<String> {
    let changed = report.classes.iter().flatten().filter(|row| matches!(row.tier, "grew" | "shrank"));
    let mut changed: Vec<_> = changed.collect();
    let change = |row: &ClassRow| (row.after_pct - row.before_pct).abs();
    changed.sort_by(|one, other| change(other).total_cmp(&change(one)));
    let texts: Vec<String> = changed
        .iter()
        .map(|row| format!("{} {:.1} % -> {:.1} %", row.class, row.before_pct, row.after_pct))
        .collect();
    (!texts.is_empty())
        .then(|| format!("Classes of code that changed, as shares of each side: {}.", texts.join(", ")))
}

/// More functions are counted, not named.
const NAMED: usize = 5;

/// The first of a list in one line; `None` for an empty list.
fn first<T>(rows: &[T], text: impl Fn(&T) -> String) -> Option<String> {
    let mut texts: Vec<String> = rows.iter().take(NAMED).map(text).collect();
    if rows.len() > NAMED {
        texts.push(format!("{} more", rows.len() - NAMED));
    }
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// What was done so that the same code stands at the same place, a line each: which functions were taken for the same
/// under a new name, which were bridged or put into their callers, and to which depth stacks were compared.
#[must_use]
pub fn alignment(report: &Report) -> Vec<String> {
    let Some(alignment) = &report.alignment else { return Vec::new() };
    let renamed = |row: &Renamed| format!("{} -> {} (score {:.2})", row.before, row.after, row.score);
    let inserted = |row: &Inserted| {
        let what = if row.side == "after" { "inserted" } else { "removed" };
        let below = row.caller.as_ref().map_or_else(String::new, |caller| format!(" below {caller}"));
        format!("{} ({what}{below})", row.function)
    };
    let inlined = |row: &InlinedRow| format!("{} into {} (in {})", row.function, row.into, row.side);
    let limit = |row: &DepthLimit| format!("{} at {} ({:.1} %)", row.side, row.depth, row.pct);
    let limits = first(&alignment.depth_limits, limit).zip(alignment.compared_depth);
    let interrupts = alignment.interrupts.map(|interrupts| {
        let (before, after) = (interrupts.before_pct, interrupts.after_pct);
        format!("Interrupts count as what they interrupt: {before:.1} % of before, {after:.1} % of after (--keep-interrupts).")
    });
    [
        interrupts,
        first(&alignment.renamed, renamed).map(|rows| format!("Taken for renamed (--no-renames): {rows}.")),
        first(&alignment.inserted, inserted).map(|rows| format!("Bridged (--no-wrappers): {rows}.")),
        first(&alignment.inlined, inlined).map(|rows| format!("Inlined (--no-wrappers): {rows}.")),
        limits.map(|(rows, depth)| {
            format!("Stacks are cut in {rows}: {depth} frames of all are compared (--no-max-stack).")
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What waited and was left out; `None` when nothing was.
#[must_use]
pub fn idle(report: &Report) -> Option<String> {
    let idle = report.idle.as_ref()?;
    let value = |value: f64| units::value(value, &report.value_type.unit);
    Some(format!(
        "Waiting is left out: {} ({:.0} %) of before, {} ({:.0} %) of after (--keep-idle).",
        value(idle.before),
        idle.before_pct,
        value(idle.after),
        idle.after_pct
    ))
}

/// How long to record in order to see half of what grew most; `None` where that is not known, or enough was recorded.
#[must_use]
pub fn half(report: &Report) -> Option<String> {
    let needed = report.noise.as_ref()?.samples_for_half? as f64;
    let samples = report.before.samples? as f64;
    (needed > samples && samples > 0.0).then(|| {
        format!(
            "Growth half as large as that of the first row would take {} samples, {:.1} times as many.",
            units::count(needed),
            needed / samples
        )
    })
}

/// Sentences for the reader of a table, in the order of their weight.
#[must_use]
pub fn remarks(report: &Report) -> Vec<String> {
    let remarks = [idle(report), classes(report), other_values(report), redacted(report)];
    remarks
        .into_iter()
        .flatten()
        .chain(report.traces.iter().flat_map(requests::remarks))
        .chain(alignment(report))
        .chain(half(report))
        .collect()
}

/// How much is hidden; `None` where that was not asked for.
#[must_use]
pub fn redacted(report: &Report) -> Option<String> {
    let texts = report.redacted?;
    let text = if texts == 1 { "text" } else { "texts" };
    Some(format!("Hidden by stand-ins (--redact): {} {text} of the captures.", units::count(texts as f64)))
}

/// How the totals of the value types that were not compared changed; `None` when there are none.
#[must_use]
pub fn other_values(report: &Report) -> Option<String> {
    let changes =
        report.other_value_types.iter().map(|other| match (other.change_pct, other.low, other.high) {
            (Some(change), Some(low), Some(high)) => {
                format!("{} {change:+.1} % [{low:+.1}, {high:+.1}]", other.name)
            }
            (Some(change), ..) => format!("{} {change:+.1} %", other.name),
            (None, ..) => format!("{} new", other.name),
        });
    let changes: Vec<String> = changes.collect();
    (!changes.is_empty()).then(|| format!("Also measured (--sample-index): {}.", changes.join(", ")))
}

/// The functions that are wide enough to be listed and did not change enough; `None` when there are none.
#[must_use]
pub fn unchanged(report: &Report) -> Option<String> {
    let number = report.unchanged_functions;
    let functions = if number == 1 { "function" } else { "functions" };
    let change = if report.basis == Basis::Samples { "no change detected" } else { "no large change" };
    let more = if report.plateaus.is_empty() { "" } else { " more" };
    (number > 0).then(|| {
        format!(
            "{}{more} {functions} of {} % or more: {change}",
            units::count(number as f64),
            report.min_share_pct
        )
    })
}

/// The name of a scale.
#[must_use]
pub fn scale_name(mode: ScaleMode) -> &'static str {
    match mode {
        ScaleMode::Reference => "reference",
        ScaleMode::Share => "share",
        ScaleMode::Duration => "duration",
        ScaleMode::Work => "work",
        ScaleMode::Anchor => "anchor",
        ScaleMode::Absolute => "absolute",
    }
}

/// A text with control and bidirectional characters shown as `\u{..}`: names come from captures.
#[must_use]
pub fn printable(text: &str) -> String {
    super::markup::visible(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_are_shown() {
        assert_eq!(printable("a\u{1b}[31m\u{202e}b\n"), "a\\u{1b}[31m\\u{202e}b\\u{a}");
        assert_eq!(printable("Größe::new<T>"), "Größe::new<T>");
    }
}
