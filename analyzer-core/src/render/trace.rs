//! The report on one set of traces into bytes: text, Markdown, JSON and comma-separated values.

use super::csv::cell;
use super::figures::printable;
use super::html::{AboutTraces, traces_page};
use super::markdown;
use super::parts::draw;
use super::requests::{parts_of_one, remarks_of_one};
use super::screen::{Ink, paint, shorten, wrap};
use crate::report::units;
use crate::requests::{TraceFile, TraceReport};
use std::io::{self, Write};

/// Every output of a report on one set, by name. Another is a line here.
pub const TRACE_RENDERERS: &[&dyn TraceRenderer] =
    &[&TraceText { width: 160, color: false }, &TraceHtml, &TraceMarkdown, &TraceJson, &TraceCsv];

/// Turns a report on one set into bytes.
pub trait TraceRenderer: Sync {
    /// The name, as in `--format`.
    fn name(&self) -> &'static str;

    /// The file extension that chooses it, without the dot.
    fn extension(&self) -> &'static str;

    /// Writes the report.
    ///
    /// # Errors
    /// When `out` fails.
    fn render(&self, report: &TraceReport, out: &mut dyn Write) -> io::Result<()>;
}

/// Longer names of files lose their middle.
const NAME_WIDTH: usize = 120;
/// More files and notes are counted.
const MOST_FILES: usize = 10;

/// The page, for postmortems.
#[derive(Clone, Copy, Debug)]
pub struct TraceHtml;

impl TraceRenderer for TraceHtml {
    fn name(&self) -> &'static str {
        "html"
    }

    fn extension(&self) -> &'static str {
        "html"
    }

    fn render(&self, report: &TraceReport, out: &mut dyn Write) -> io::Result<()> {
        let files: Vec<String> = report
            .files
            .iter()
            .map(|TraceFile { file, digest, .. }| match digest {
                Some(digest) => format!("{file} (BLAKE3 {digest})"),
                None => file.clone(),
            })
            .collect();
        let about = AboutTraces {
            title: &head(report),
            verdict: &report.text,
            remarks: &remarks_of_one(report),
            account: &read(report),
            files: &files,
            command: &report.command,
            confidence: report.confidence,
        };
        traces_page(&report.traces.findings, &about, out)
    }
}

/// For a terminal of some width.
#[derive(Clone, Copy, Debug)]
pub struct TraceText {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether titles are in bold.
    pub color: bool,
}

impl TraceRenderer for TraceText {
    fn name(&self) -> &'static str {
        "text"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn render(&self, report: &TraceReport, out: &mut dyn Write) -> io::Result<()> {
        let mut say = |text: &str, ink: Ink| {
            wrap(&printable(text), self.width)
                .into_iter()
                .try_for_each(|line| writeln!(out, "{}", paint(line, ink, self.color)))
        };
        say(&head(report), Ink::Plain)?;
        say(&report.text, Ink::Bold)?;
        for part in parts_of_one(report) {
            draw(&part, self.width, self.color, out)?;
        }
        writeln!(out)?;
        for text in remarks_of_one(report).into_iter().chain(read(report)) {
            for line in wrap(&printable(&text), self.width) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// `after.jaeger.json.gz: 400 requests, 4,676 spans, in 12.00 s`.
fn head(report: &TraceReport) -> String {
    let name = |file: &str| file.rsplit('/').next().unwrap_or(file).to_owned();
    let files = match &report.files[..] {
        [one] => name(&one.file),
        [first, .., last] => {
            let count = units::count(report.files.len() as f64);
            format!("{count} files, {} to {}", name(&first.file), name(&last.file))
        }
        [] => String::new(),
    };
    let window =
        report.window_ns.map_or_else(String::new, |window| format!(", in {}", units::duration(window)));
    let services = report.traces.findings.services.len() as u64;
    format!(
        "{files}: {}, {}, {}{window}",
        units::many(report.requests, "request"),
        units::many(report.spans, "span"),
        units::many(services, "service")
    )
}

/// What was read of each file.
fn read(report: &TraceReport) -> Vec<String> {
    let mut lines: Vec<String> = report
        .files
        .iter()
        .take(MOST_FILES)
        .map(|file| match report.files.len() {
            1 => format!("Read: {}.", file.read),
            _ => format!("Read of {}: {}.", shorten(&file.file, NAME_WIDTH), file.read),
        })
        .collect();
    let more = report.files.len().saturating_sub(MOST_FILES);
    if more > 0 {
        lines.push(format!("{} are in the JSON report.", units::many(more as u64, "more file")));
    }
    lines.extend(
        report.files.iter().flat_map(|file| &file.notes).take(MOST_FILES).map(|note| format!("Note: {note}")),
    );
    lines.extend(report.redacted.map(|texts| {
        format!("Hidden by stand-ins (--redact): {} of the captures.", units::many(texts as u64, "text"))
    }));
    lines
}

/// For a pull request or a chat.
pub struct TraceMarkdown;

impl TraceRenderer for TraceMarkdown {
    fn name(&self) -> &'static str {
        "md"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn render(&self, report: &TraceReport, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "**{}**\n", markdown::escape(&report.text))?;
        writeln!(out, "{}\n", markdown::escape(&head(report)))?;
        markdown::parts(&parts_of_one(report), out)?;
        for text in remarks_of_one(report).into_iter().chain(read(report)) {
            writeln!(out, "{}\n", markdown::escape(&text))?;
        }
        writeln!(out, "<details><summary>How this was made</summary>\n")?;
        writeln!(out, "- plateau {}: {}", report.version, markdown::code(&shorten(&report.command, 1000)))?;
        for file in report.files.iter().take(MOST_FILES) {
            let digest = file.digest.as_deref().unwrap_or("not computed");
            writeln!(
                out,
                "- {}, blake3 {}",
                markdown::code(&shorten(&file.file, NAME_WIDTH)),
                markdown::code(digest)
            )?;
        }
        writeln!(out, "\n</details>")
    }
}

/// Everything, for programs.
pub struct TraceJson;

impl TraceRenderer for TraceJson {
    fn name(&self) -> &'static str {
        "json"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn render(&self, report: &TraceReport, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, report)?;
        writeln!(out)
    }
}

/// What the mean request is made of, for spreadsheets.
pub struct TraceCsv;

impl TraceRenderer for TraceCsv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn render(&self, report: &TraceReport, out: &mut dyn Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        let value = format!(
            "{}_{}per_request",
            report.value_type.name,
            if report.value_type.unit == "count" { "" } else { "us_" }
        );
        csv.write_record([
            "rank",
            "frame",
            "edge",
            "path",
            &value,
            "share_pct",
            "requests_pct",
            "calls_per_request",
            "exemplars",
        ])?;
        for (rank, row) in (1u32..).zip(&report.frames) {
            csv.write_record([
                rank.to_string(),
                cell(&row.frame),
                row.edge.to_string(),
                cell(&row.path.join(";")),
                row.per_request.to_string(),
                row.share_pct.to_string(),
                row.requests_pct.to_string(),
                row.calls_per_request.to_string(),
                cell(&row.exemplars.join(" ")),
            ])?;
        }
        csv.flush()
    }
}
