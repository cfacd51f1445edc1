//! What changed as a table for spreadsheets: RFC 4180, one row per plateau, of traces one per part of the mean request.

use super::{Renderer, markup};
use crate::report::Report;
use crate::requests::Findings;
use std::io::{self, Write};

/// Text from a capture for a cell of a table that people open in a spreadsheet.
///
/// Control and bidi characters are shown as `\u{..}`. A text that a spreadsheet would run as a formula, because it
/// starts with `=`, `+`, `-` or `@`, gets a `'` in front, as OWASP advises ("CSV Injection"). The JSON report has
/// the names as they are.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut shown = markup::visible(text);
    if shown.starts_with(['=', '+', '-', '@']) {
        shown.insert(0, '\'');
    }
    shown
}

/// The plateaus as comma-separated values.
pub struct Csv;

impl Renderer for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn description(&self) -> &'static str {
        "the ranked table for spreadsheets"
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        if let Some(findings) = &report.traces {
            return contributions(findings, out);
        }
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record([
            "rank",
            "id",
            "tier",
            "why",
            "function",
            "module",
            "file",
            "line",
            "before_value",
            "after_value",
            "growth_value",
            "growth_pct",
            "low_pct",
            "high_pct",
            "explains_pct",
            "path",
        ])?;
        for row in &report.plateaus {
            let optional = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
            let tier = serde_json::to_value(row.tier)?;
            let why = serde_json::to_value(row.why)?;
            csv.write_record([
                row.rank.to_string(),
                row.id.clone(),
                tier.as_str().unwrap_or_default().to_owned(),
                why.as_str().unwrap_or_default().to_owned(),
                cell(&row.function),
                row.module.as_deref().map_or_else(String::new, cell),
                row.file.as_deref().map_or_else(String::new, cell),
                row.line.map_or_else(String::new, |line| line.to_string()),
                row.before.value.to_string(),
                row.after.value.to_string(),
                row.growth.value.to_string(),
                row.growth.pct.to_string(),
                optional(row.growth.low_pct),
                optional(row.growth.high_pct),
                optional(row.explains_pct),
                cell(&row.path.join(";")),
            ])?;
        }
        csv.flush()
    }
}

/// What each frame did to the mean request, as in the JSON report. Times in microseconds; paths are joined by `;`, trace ids
/// by blanks.
fn contributions(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "rank",
        "frame",
        "edge",
        "path",
        "before_us_per_request",
        "after_us_per_request",
        "delta_us_per_request",
        "low",
        "high",
        "before_calls",
        "after_calls",
        "calls_us_per_request",
        "delta_us_per_call",
        "tier",
        "exemplars",
    ])?;
    for row in &findings.contributions {
        let optional = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        csv.write_record([
            row.rank.to_string(),
            cell(&row.frame),
            row.edge.to_string(),
            cell(&row.path.join(";")),
            row.before_us_per_request.to_string(),
            row.after_us_per_request.to_string(),
            row.delta_us_per_request.to_string(),
            optional(row.low),
            optional(row.high),
            row.before_calls.to_string(),
            row.after_calls.to_string(),
            row.calls_us_per_request.to_string(),
            row.delta_us_per_call.to_string(),
            row.tier.to_owned(),
            cell(&row.exemplars.join(" ")),
        ])?;
    }
    csv.flush()
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(cell("-[NSObject init]"), "'-[NSObject init]");
        assert_eq!(cell("\t=1+1"), "\\u{9}=1+1");
        assert_eq!(cell("operator=="), "operator==");
    }
}
