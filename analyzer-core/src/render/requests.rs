//! What reports on traces say of requests, as tables that every output lays out.

use crate::report::{Report, units};
use crate::requests::{Change, ContributionRow, Findings, Group, GroupSide};

/// A table: the first column is a name, the others are figures.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) heads: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
    /// What stands below it.
    pub(super) note: Option<String>,
}

/// Rows of a table that fit a screen.
const MOST_ROWS: usize = 10;

/// The tables on requests, those without rows left out.
pub(super) fn tables(report: &Report) -> Vec<Table> {
    let Some(findings) = &report.traces else { return Vec::new() };
    let tables = [groups(findings), contributions(findings), services(findings)];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// What to know of the traces before the figures are believed.
pub(super) fn remarks(report: &Report) -> Vec<String> {
    let Some(findings) = &report.traces else { return Vec::new() };
    let mut remarks = Vec::new();
    remarks.push(match findings.evidence {
        "captures" => "Intervals are of how much the captures of before differ.".to_owned(),
        "stretches" => "Intervals are of how much stretches of each capture differ; what differs from one recording to the \
                        next is not in them: three captures of before tell that (--before)."
            .to_owned(),
        _ => "There are too few requests for intervals.".to_owned(),
    });
    let quality = &findings.quality;
    let flaws = [
        (quality.orphans, "without their parent"),
        (quality.duplicates, "twice in a file"),
        (quality.skewed, "outside the span that waits for them, for clocks differ"),
    ];
    let flaws: Vec<String> = flaws
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", units::many(*count, "span")))
        .collect();
    if !flaws.is_empty() {
        remarks.push(format!("Of the traces: {}.", flaws.join("; ")));
    }
    if findings.mean.mix_us != 0.0 {
        let change = findings.mean.after_us - findings.mean.before_us;
        remarks.push(format!(
            "Of the change of the mean request, {}, other requests than before make {}.",
            time(change, true),
            time(findings.mean.mix_us, true)
        ));
    }
    remarks
}

fn groups(findings: &Findings) -> Table {
    let rows = findings.groups.iter().take(MOST_ROWS).map(|group| {
        let Group { root, before, after, .. } = group;
        let percentile = |of: fn(&GroupSide) -> Option<f64>| {
            of(before).zip(of(after)).map_or_else(String::new, |(one, other)| both(one, other))
        };
        let change = |change: &Option<Change>| {
            let text =
                |change: Change| format!("{} {}", time(change.us, true), interval(change.low, change.high));
            change.map_or_else(String::new, text)
        };
        vec![
            root.clone().unwrap_or_else(|| "all requests".to_owned()),
            format!("{} \u{2192} {}", units::count(before.n as f64), units::count(after.n as f64)),
            percentile(|side| side.p50_us),
            change(&group.p50_change),
            percentile(|side| side.p95_us),
            change(&group.p95_change),
            percentile(|side| side.p99_us),
            if before.error_pct + after.error_pct > 0.0 {
                format!("{:.1} % \u{2192} {:.1} %", before.error_pct, after.error_pct)
            } else {
                "none".to_owned()
            },
        ]
    });
    Table {
        title: "Requests",
        heads: vec!["request", "number", "p50", "change", "p95", "change", "p99", "failed"],
        rows: rows.collect(),
        note: more(findings.groups.len()),
    }
}

fn contributions(findings: &Findings) -> Table {
    let is_sure = |row: &&ContributionRow| !row.tier.starts_with("may");
    let shown = findings.contributions.iter().filter(is_sure).take(MOST_ROWS);
    let rows = shown.map(|row| {
        let by_calls = format!(
            "{} \u{2192} {} ({})",
            units::count(round(row.before_calls)),
            units::count(round(row.after_calls)),
            time(row.calls_us_per_request, true)
        );
        let per_call = |time: f64, calls: f64| if calls > 0.0 { time / calls } else { 0.0 };
        let slower = row.delta_us_per_request - row.calls_us_per_request;
        let by_time = format!(
            "{} ({})",
            both(
                per_call(row.before_us_per_request, row.before_calls),
                per_call(row.after_us_per_request, row.after_calls)
            ),
            time(slower, true)
        );
        let sure =
            row.low.zip(row.high).map_or_else(String::new, |(low, high)| format!(" {}", interval(low, high)));
        vec![
            row.frame.clone(),
            both(row.before_us_per_request, row.after_us_per_request),
            format!("{}{sure}", time(row.delta_us_per_request, true)),
            by_calls,
            by_time,
            row.exemplars.first().cloned().unwrap_or_default(),
        ]
    });
    Table {
        title: "What the mean request waited for",
        heads: vec!["where", "per request", "change", "calls per request", "time per call", "see trace"],
        rows: rows.collect(),
        note: None,
    }
}

fn services(findings: &Findings) -> Table {
    let rows = findings.services.iter().take(MOST_ROWS).map(|row| {
        vec![
            row.service.clone(),
            both(row.before_us_per_request, row.after_us_per_request),
            time(row.after_us_per_request - row.before_us_per_request, true),
        ]
    });
    Table {
        title: "Services",
        heads: vec!["service", "per request", "change"],
        rows: rows.collect(),
        note: more(findings.services.len()),
    }
}

fn more(rows: usize) -> Option<String> {
    let more = rows.checked_sub(MOST_ROWS).filter(|&more| more > 0)?;
    Some(format!("{} more in the JSON report.", units::count(more as f64)))
}

/// Two times in the unit of the larger: `2.68 -> 7.85 ms`.
fn both(before_us: f64, after_us: f64) -> String {
    let largest = before_us.abs().max(after_us.abs());
    let beside = |us: f64| units::beside(us * 1e3, largest * 1e3, "nanoseconds");
    let (before, after) = (beside(before_us), beside(after_us));
    let number = before.split(' ').next().unwrap_or_default();
    format!("{number} \u{2192} {after}")
}

fn time(us: f64, is_signed: bool) -> String {
    let text = units::value(us * 1e3, "nanoseconds");
    if is_signed && !text.starts_with('-') { format!("+{text}") } else { text }
}

fn interval(low_us: f64, high_us: f64) -> String {
    let largest = low_us.abs().max(high_us.abs()) * 1e3;
    let beside = |us: f64| units::beside(us * 1e3, largest, "nanoseconds");
    let (low, high) = (beside(low_us), beside(high_us));
    let number = low.split(' ').next().unwrap_or_default();
    format!("[{number}, {high}]")
}

fn round(calls: f64) -> f64 {
    (calls * 100.0).round() / 100.0
}
