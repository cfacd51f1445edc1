//! What traces tell of requests, in the order in which to read it: causes, one request of each side, what the mean request
//! waited for, figures of groups and services, calls and tags that differ, and how far to trust all that.

use super::amounts::{change, time};
use super::waterfall;
use crate::render::markup::{Text, visible};
use crate::render::svg::fit;
use crate::report::Plateau;
use crate::requests::{ContributionRow, Findings};
use std::io::{self, Write};

/// Causes that are read; all are in the JSON report.
const MOST_CAUSES: usize = 15;
/// Columns of a name, and of the id of a trace.
const COLUMNS: usize = 500;
const ID_COLUMNS: usize = 64;

/// What there is to say of requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requests<'a> {
    pub(super) findings: &'a Findings,
    /// The rows of the report, whose numbers mark what is said of the same operations here; none on a page of requests alone.
    pub(super) plateaus: Option<&'a [Plateau]>,
    /// The share of intervals that should hold the truth.
    pub(super) confidence: f64,
    /// What to know before the figures are believed.
    pub(super) remarks: &'a [String],
}

impl Requests<'_> {
    /// All sections that have something to say.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.causes(out)?;
        waterfall::section(self, out)?;
        self.contributions().write(out)?;
        self.groups().write(out)?;
        self.services().write(out)?;
        self.pair().write(out)?;
        self.structure().write(out)?;
        self.tags().write(out)?;
        self.quality(out)
    }

    /// What the sides are called.
    pub(super) fn sides(&self) -> [&'static str; 2] {
        if self.findings.compared == "slow_and_usual" { ["usual", "slow"] } else { ["before", "after"] }
    }

    /// The number by which an operation is marked: that of its row in the report, or in the table of contributions.
    pub(super) fn number(&self, frame: &str) -> Option<u32> {
        match self.plateaus {
            Some(plateaus) => plateaus.iter().find(|row| row.function == frame).map(|row| row.rank as u32),
            None => self.findings.contributions.iter().find(|row| row.frame == frame).map(|row| row.rank),
        }
    }

    /// Known patterns, a sentence each.
    fn causes(&self, out: &mut dyn Write) -> io::Result<()> {
        let causes = &self.findings.causes;
        if causes.is_empty() {
            return Ok(());
        }
        let [one, other] = self.sides();
        writeln!(
            out,
            "<section aria-labelledby=\"causes\">\n<h2 id=\"causes\">Likely causes</h2>\n<ol class=\"causes\">"
        )?;
        for cause in causes.iter().take(MOST_CAUSES) {
            let (few, many) = (cause.before_pct, cause.after_pct);
            let (share, takes) = match (self.findings.compared, one) {
                ("all", _) => (
                    format!("In {many:.1} % of requests"),
                    format!("{} per request", time(cause.us_per_request)),
                ),
                (_, "usual") => (
                    format!("In {few:.1} % of usual requests and {many:.1} % of slow ones"),
                    format!("{} per slow request", time(cause.us_per_request)),
                ),
                _ => (
                    format!("In {few:.1} % of requests {one}, {many:.1} % {other}"),
                    format!("{} per request", change(cause.us_per_request)),
                ),
            };
            write!(
                out,
                "<li><b>{}</b> <span class=\"quiet\">{}</span><span class=\"where\">{share}",
                Text(&fit(&visible(&cause.title), COLUMNS)),
                Text(cause.code)
            )?;
            if cause.us_per_request != 0.0 {
                write!(out, "; {takes}")?;
            }
            if cause.saving_us > 0.0 {
                write!(out, "; without it a request would take {} less", time(cause.saving_us))?;
            }
            write!(out, ".")?;
            if !cause.exemplars.is_empty() {
                write!(out, " See ")?;
                ids(&cause.exemplars, out)?;
            }
            writeln!(out, "</span></li>")?;
        }
        writeln!(out, "</ol>\n</section>")
    }

    /// Flaws of the traces, how they were chosen, and what intervals rest on.
    fn quality(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "<section aria-labelledby=\"quality\">\n<h2 id=\"quality\">How far to trust this</h2>\n<ul class=\"notes\">"
        )?;
        self.remarks
            .iter()
            .try_for_each(|remark| writeln!(out, "<li>{}</li>", Text(&fit(&visible(remark), COLUMNS))))?;
        writeln!(out, "</ul>\n</section>")
    }

    /// What intervals are of: `95 %`.
    pub(super) fn percent(&self) -> String {
        format!("{:.0} %", 100.0 * self.confidence)
    }
}

/// The class of colours of a change.
pub(super) fn direction(row: &ContributionRow) -> &'static str {
    match row.delta_us_per_request {
        _ if is_doubtful(row) => "doubtful",
        change if change < 0.0 => "shrank",
        _ => "grew",
    }
}

/// Whether a change may be noise.
pub(super) fn is_doubtful(row: &ContributionRow) -> bool {
    row.tier.starts_with("may")
}

/// Ids of traces to look at.
pub(super) fn ids(ids: &[String], out: &mut dyn Write) -> io::Result<()> {
    for (place, id) in ids.iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        write!(out, "{comma}<code>{}</code>", Text(&fit(&visible(id), ID_COLUMNS)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
