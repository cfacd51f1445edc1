//! The report as Markdown: fits a pull request comment and one screen.

use super::Renderer;
use super::figures::{self, figures, printable};
use super::requests::{self, Part, Table};
use super::screen::shorten;
use crate::report::{Plateau, Report};
use std::io::{self, Write};

/// Rows beyond this are counted, not shown, and so are files, notes and explanations. A comment of a pull request has
/// room for 65,536 characters.
const MOST_ROWS: usize = 20;
/// Longer names, and longer paths, lose their middle.
const NAME_WIDTH: usize = 120;
const PATH_WIDTH: usize = 1000;

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
        let is_of_requests = report.traces.is_some();
        if !is_of_requests {
            basis(report, out)?;
        }
        warnings(report, out)?;
        // The parts on requests say the same in time, and more.
        if !report.plateaus.is_empty() && !requests::say_all(report) {
            table(report, out)?;
            paths(report, out)?;
        }
        requests(report, out)?;
        if is_of_requests {
            basis(report, out)?;
        }
        for explanation in report.explanations.iter().flatten().take(MOST_ROWS) {
            writeln!(out, "- {}", escape(&explanation.text))?;
        }
        how(report, out)
    }
}

/// What the figures rest on.
fn basis(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Read {}.\n", escape(&figures::accounts(report)))?;
    if let Some(certainty) = report.certainty {
        writeln!(out, "{certainty}\n")?;
    }
    figures::remarks(report).iter().try_for_each(|line| writeln!(out, "{}\n", escape(line)))
}

/// What to beware of, as an alert.
pub(super) fn warnings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let warnings: Vec<&String> =
        report.scale.warning.iter().chain(report.comparability.iter().map(|row| &row.text)).collect();
    if !warnings.is_empty() {
        writeln!(out, "> [!WARNING]")?;
        for warning in warnings {
            writeln!(out, "> - {}", escape(warning))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What became of requests.
pub(super) fn requests(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    parts(&requests::parts(report), out)
}

/// Tables, and lists of sentences.
pub(super) fn parts(parts: &[Part], out: &mut dyn Write) -> io::Result<()> {
    for part in parts {
        match part {
            Part::Table(table) => requests_table(table, out)?,
            Part::List(list) => {
                writeln!(out, "**{}**\n", list.title)?;
                for (number, (sentence, figures)) in (1u32..).zip(&list.items) {
                    let sentence = escape(&shorten(sentence, PATH_WIDTH));
                    writeln!(out, "{number}. {sentence}  \n   {}", escape(&shorten(figures, PATH_WIDTH)))?;
                }
                list.note.iter().try_for_each(|note| writeln!(out, "\n{note}"))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Deeper rows of a tree are not indented further.
const MOST_INDENT: usize = 20;

fn requests_table(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let of =
        table.of.as_ref().map_or_else(String::new, |of| format!(": {}", escape(&shorten(of, PATH_WIDTH))));
    writeln!(out, "**{}**{of}\n", table.title)?;
    // Columns that say nothing in any row are left out.
    let is_told = |column: &usize| table.rows.iter().any(|row| !row[*column].is_empty());
    let columns: Vec<usize> = (1..table.heads.len()).filter(is_told).collect();
    let heads: Vec<&str> = columns.iter().map(|&column| table.heads[column]).collect();
    writeln!(out, "| {} | {} |\n|:--|{}", table.heads[0], heads.join(" | "), "--:|".repeat(columns.len()))?;
    for (at, row) in table.rows.iter().enumerate() {
        let depth = table.depths.get(at).map_or(0, |&depth| depth as usize).min(MOST_INDENT);
        let first = format!("{}{}", "\u{b7} ".repeat(depth), code(&shorten(&row[0], NAME_WIDTH)));
        let others: Vec<String> =
            columns.iter().map(|&column| escape(&shorten(&row[column], NAME_WIDTH))).collect();
        writeln!(out, "| {first} | {} |", others.join(" | "))?;
    }
    table.note.iter().try_for_each(|note| writeln!(out, "\n{note}"))
}

/// What changed.
pub(super) fn table(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| # | function | | before | after | change | interval | explains | why | where |")?;
    writeln!(out, "|--:|:--|:--|--:|--:|--:|:--|--:|:--|:--|")?;
    for plateau in report.plateaus.iter().take(MOST_ROWS) {
        let row = figures(plateau);
        let (captures, source) = (figures::captures_grown(plateau), figures::source(plateau));
        let place = if captures.is_empty() || source.is_empty() {
            format!("{captures}{source}")
        } else {
            format!("{captures}, {source}")
        };
        writeln!(
            out,
            "| {} | {} | {} {} | {} | {} | {} | {} | {} | {} | {} |",
            plateau.rank,
            code(&shorten(&plateau.function, NAME_WIDTH)),
            bar(plateau),
            figures::heading(plateau),
            row.before,
            row.after,
            row.change,
            row.interval,
            row.explains,
            row.why,
            escape(&shorten(&place, NAME_WIDTH)),
        )?;
    }
    let more = report.plateaus.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        writeln!(out, "\n{more} more rows are in the HTML and JSON reports.")?;
    }
    writeln!(out)
}

/// The stacks that lead to what changed.
pub(super) fn paths(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<details><summary>Paths</summary>\n")?;
    for plateau in report.plateaus.iter().take(MOST_ROWS) {
        // The ends tell most; deep paths are cut in their middle.
        let path: Vec<&str> = plateau.path.iter().map(String::as_str).collect();
        let shown = if path.len() > 12 {
            [&path[..4], &["..."], &path[path.len() - 7..]].concat().join(" › ")
        } else {
            path.join(" › ")
        };
        writeln!(out, "{}. {}", plateau.rank, code(&shorten(&shown, PATH_WIDTH)))?;
    }
    writeln!(out, "\n</details>\n")
}

/// How the report was made.
pub(super) fn how(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<details><summary>How this was made</summary>\n")?;
    writeln!(out, "- plateau {}: {}", report.version, code(&shorten(&report.command, PATH_WIDTH)))?;
    for (name, side) in [("before", &report.before), ("after", &report.after)] {
        let digest = side.digest.as_deref().unwrap_or("not computed");
        let (shown, more) = side.files.split_at(side.files.len().min(MOST_ROWS));
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        let files: Vec<String> = shown.iter().map(|file| code(&shorten(file, NAME_WIDTH))).collect();
        writeln!(out, "- {name}: {}{more}, blake3 {}", files.join(" "), code(digest))?;
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
    for note in report.left_out.iter().chain(&report.notes).take(MOST_ROWS) {
        writeln!(out, "- {}: {}", note.side, escape(&note.text))?;
    }
    writeln!(out, "\n</details>")
}

/// Block characters: one per half percentage point of change, at most ten.
fn bar(plateau: &Plateau) -> String {
    let blocks = (plateau.growth.pct.abs() / 0.5).round().clamp(1.0, 10.0) as usize;
    let block = if plateau.growth.value > 0.0 { "▓" } else { "░" };
    block.repeat(blocks)
}

const JOINER: char = '\u{2060}';

/// A name as code that stays one cell of a table whatever it holds.
pub(super) fn code(name: &str) -> String {
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

/// Text without meaning to Markdown or HTML. Where comments are shown, people, issues and addresses in text become links,
/// escaped or not: a word joiner, which nobody sees, keeps them text.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' | '#' => escaped.extend([c, JOINER]),
            '/' if escaped.ends_with(':') => escaped.extend([JOINER, c]),
            '.' if escaped.to_ascii_lowercase().ends_with("www") => escaped.extend([JOINER, c]),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::report;

    #[test]
    fn a_comment_has_room_for_it_whatever_the_names() {
        let name = "|`@x<".repeat(13_000);
        let side = |grown: u32| format!("main;{name};{name} {grown}\nmain;still 9000\n");
        let mut report = report(side(500), side(3000));
        report.plateaus = vec![report.plateaus[0].clone(); 50];
        let mut out = Vec::new();
        Markdown.render(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.chars().count() <= 60_000, "{}", text.chars().count());
        let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| #"));
        assert_eq!(rows.count(), MOST_ROWS, "{}", report.plateaus.len());
    }

    #[test]
    fn names_stay_in_their_cell() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("x\ny"), "`x\\u{a}y`");
        assert_eq!(escape("<script>@all #1"), "&lt;script&gt;@\u{2060}all #\u{2060}1");
        assert_eq!(escape("http://x www.y"), "http:\u{2060}//x www\u{2060}.y");
    }
}
