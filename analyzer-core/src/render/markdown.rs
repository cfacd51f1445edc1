//! The report as Markdown: fits a pull request comment and one screen.

use super::Renderer;
use super::figures::{self, figures, printable};
use crate::report::{Plateau, Report};
use std::io::{self, Write};

/// Rows beyond this are counted, not shown.
const MOST_ROWS: usize = 20;

/// The comment form.
pub struct Markdown;

impl Renderer for Markdown {
    fn name(&self) -> &'static str {
        "md"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn description(&self) -> &'static str {
        "Markdown for a pull request or a postmortem"
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "**{}**\n", escape(&report.verdict.text))?;
        writeln!(
            out,
            "{} → {} · {}\n",
            escape(&figures::side(report, &report.before)),
            escape(&figures::side(report, &report.after)),
            escape(&report.value_type.name)
        )?;
        writeln!(out, "Read {}.\n", escape(&figures::accounts(report)))?;
        if let Some(certainty) = report.certainty {
            writeln!(out, "{certainty}\n")?;
        }
        let more = [figures::classes(report), figures::other_values(report)].into_iter().flatten();
        for line in more.chain(figures::alignment(report)) {
            writeln!(out, "{}\n", escape(&line))?;
        }
        let warnings: Vec<&String> =
            report.scale.warning.iter().chain(report.comparability.iter().map(|row| &row.text)).collect();
        if !warnings.is_empty() {
            writeln!(out, "> [!WARNING]")?;
            for warning in warnings {
                writeln!(out, "> - {}", escape(warning))?;
            }
            writeln!(out)?;
        }
        if !report.plateaus.is_empty() {
            self.table(report, out)?;
            self.paths(report, out)?;
        }
        self.how(report, out)
    }
}

impl Markdown {
    fn table(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "| # | function | | before | after | change | interval | explains | why | where |")?;
        writeln!(out, "|--:|:--|:--|--:|--:|--:|:--|--:|:--|:--|")?;
        for plateau in report.plateaus.iter().take(MOST_ROWS) {
            let row = figures(plateau);
            writeln!(
                out,
                "| {} | {} | {} {} | {} | {} | {} | {} | {} | {} | {} |",
                plateau.rank,
                code(&plateau.function),
                bar(plateau),
                figures::heading(plateau),
                row.before,
                row.after,
                row.change,
                row.interval,
                row.explains,
                row.why,
                escape(&figures::source(plateau)),
            )?;
        }
        let more = report.plateaus.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            writeln!(out, "\n{more} more rows are in the HTML and JSON reports.")?;
        }
        writeln!(out)
    }

    fn paths(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<details><summary>Paths</summary>\n")?;
        for plateau in report.plateaus.iter().take(MOST_ROWS) {
            // The ends tell most; deep paths are cut in their middle.
            let path: Vec<&str> = plateau.path.iter().map(String::as_str).collect();
            let shown = if path.len() > 12 {
                [&path[..4], &["..."], &path[path.len() - 7..]].concat().join(" › ")
            } else {
                path.join(" › ")
            };
            writeln!(out, "{}. {}", plateau.rank, code(&shown))?;
        }
        writeln!(out, "\n</details>\n")
    }

    fn how(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<details><summary>How this was made</summary>\n")?;
        writeln!(out, "- plateau {}: {}", report.version, code(&report.command))?;
        for (name, side) in [("before", &report.before), ("after", &report.after)] {
            let digest = side.digest.as_deref().unwrap_or("not computed");
            writeln!(out, "- {name}: {}, blake3 {}", code(&side.files.join(" ")), code(digest))?;
        }
        for alternative in &report.scale.alternatives {
            let used = if alternative.mode == report.scale.mode { " (used)" } else { "" };
            writeln!(
                out,
                "- scale by {}{used}: k = {:.4}",
                figures::scale_name(alternative.mode),
                alternative.k
            )?;
        }
        if let Some(noise) = &report.noise {
            writeln!(out, "- noise {}: phi {:.2}", noise.source, noise.phi)?;
        }
        for note in report.left_out.iter().chain(&report.notes) {
            writeln!(out, "- {}: {}", note.side, escape(&note.text))?;
        }
        writeln!(out, "\n</details>")
    }
}

/// Block characters: one per half percentage point of change, at most ten.
fn bar(plateau: &Plateau) -> String {
    let blocks = (plateau.growth.pct.abs() / 0.5).round().clamp(1.0, 10.0) as usize;
    let block = if plateau.growth.value > 0.0 { "▓" } else { "░" };
    block.repeat(blocks)
}

/// A name as code that stays one cell of a table whatever it holds.
fn code(name: &str) -> String {
    let name = printable(name).replace('|', "\\|");
    // A run of backticks inside needs a longer run around it.
    let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if name.starts_with('`') || name.ends_with('`') {
        format!("{fence} {name} {fence}")
    } else {
        format!("{fence}{name}{fence}")
    }
}

/// Text without meaning to Markdown or HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '@' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_cell() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("x\ny"), "`x\\u{a}y`");
        assert_eq!(escape("<script>@all"), "&lt;script&gt;\\@all");
    }
}
