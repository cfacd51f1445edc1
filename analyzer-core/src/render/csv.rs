//! The plateaus as a table for spreadsheets: RFC 4180, one row per plateau.

use super::Renderer;
use crate::report::Report;
use std::io::{self, Write};

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
                row.function.clone(),
                row.module.clone().unwrap_or_default(),
                row.file.clone().unwrap_or_default(),
                row.line.map_or_else(String::new, |line| line.to_string()),
                row.before.value.to_string(),
                row.after.value.to_string(),
                row.growth.value.to_string(),
                row.growth.pct.to_string(),
                optional(row.growth.low_pct),
                optional(row.growth.high_pct),
                optional(row.explains_pct),
                row.path.join(";"),
            ])?;
        }
        csv.flush()
    }
}
