//! The report on a terminal: a headline, a table, nothing that wraps.

use super::Renderer;
use super::figures::{self, Figures, figures, printable};
use crate::plateau::Tier;
use crate::report::{Plateau, Report};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The table for a terminal of some width.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to mark growth and shrinkage with colour.
    pub color: bool,
}

/// Narrower tables would cut every name.
const LEAST_WIDTH: usize = 72;

/// More rows of growth, and of shrinkage, do not fit a screen.
const MOST_GROWN: usize = 20;
const MOST_SHRUNK: usize = 10;

/// Names are not cut shorter than this for the sake of other columns.
const LEAST_NAME: usize = 24;

impl Renderer for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn description(&self) -> &'static str {
        "table for a terminal"
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let (before, after) = (figures::side(report, &report.before), figures::side(report, &report.after));
        writeln!(out, "{}", printable(&format!("{before}   ->   {after}   {}", report.value_type.name)))?;
        for line in wrap(&printable(&report.verdict.text), self.width.max(LEAST_WIDTH)) {
            writeln!(out, "{}", self.paint(line, Ink::Bold))?;
        }
        for line in wrap(&format!("Read {}.", figures::accounts(report)), self.width.max(LEAST_WIDTH)) {
            writeln!(out, "{line}")?;
        }
        if let Some(noise) = &report.noise {
            let text = format!(
                "These captures show changes above {:.2} points in a function of 1 % (noise {}, phi {:.1}); the \
                 captures differ by {:.1} %, noise alone gives {:.1} %.",
                noise.detectable_pct.share_1,
                noise.source,
                noise.phi,
                report.verdict.distance_pct.unwrap_or(0.0),
                report.verdict.distance_noise_pct.unwrap_or(0.0),
            );
            for line in wrap(&text, self.width.max(LEAST_WIDTH)) {
                writeln!(out, "{line}")?;
            }
        }
        if let Some(certainty) = report.certainty {
            for line in wrap(certainty, self.width.max(LEAST_WIDTH)) {
                writeln!(out, "{line}")?;
            }
        }
        let more = [figures::classes(report), figures::other_values(report)].into_iter().flatten();
        for text in more.chain(figures::alignment(report)) {
            for line in wrap(&printable(&text), self.width.max(LEAST_WIDTH)) {
                writeln!(out, "{line}")?;
            }
        }
        let warnings = report.scale.warning.iter().chain(report.comparability.iter().map(|row| &row.text));
        for warning in warnings {
            for line in wrap(&format!("warning: {}", printable(warning)), self.width.max(LEAST_WIDTH)) {
                writeln!(out, "{line}")?;
            }
        }
        if !report.plateaus.is_empty() {
            writeln!(out)?;
            let (shown, hidden) = shown(&report.plateaus);
            let interval = format!("{:.0} % interval", 100.0 * report.confidence);
            self.table(&shown, &interval, out)?;
            if hidden > 0 {
                writeln!(out, "    {hidden} more in the other outputs (-o report.html)")?;
            }
        }
        if let Some(unchanged) = figures::unchanged(report) {
            writeln!(out, " ~  {unchanged}")?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Ink {
    Plain,
    Bold,
    Grew,
    Shrank,
    Faint,
}

impl Text {
    fn paint(&self, text: &str, ink: Ink) -> String {
        let code = match ink {
            Ink::Plain => return text.to_owned(),
            _ if !self.color => return text.to_owned(),
            Ink::Bold => "1",
            Ink::Grew => "33",
            Ink::Shrank => "34",
            Ink::Faint => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    fn table(&self, plateaus: &[&Plateau], interval_name: &str, out: &mut dyn Write) -> io::Result<()> {
        let width = self.width.max(LEAST_WIDTH);
        let rows: Vec<Figures> = plateaus.iter().map(|plateau| figures(plateau)).collect();
        let column = |heading: &str, cell: fn(&Figures) -> &str| {
            Column::new(heading, rows.iter().map(|row| cell(row).to_owned()).collect())
        };
        let mut columns = vec![
            column("before", |row| &row.before),
            column("after", |row| &row.after),
            column("change", |row| &row.change),
            column(interval_name, |row| &row.interval),
            column("explains", |row| &row.explains),
            column("why", |row| row.why),
        ];
        columns.retain(|column| !column.is_empty());
        let taken = |columns: &[Column]| 4 + columns.iter().map(|column| column.width + 2).sum::<usize>();
        // What explains the growth, and why, give way before names are cut to nothing.
        while width < taken(&columns) + LEAST_NAME && columns.len() > 3 {
            columns.pop();
        }
        let free = width.saturating_sub(taken(&columns)).max(LEAST_NAME);
        let names: Vec<String> = plateaus.iter().map(|row| printable(&row.function)).collect();
        let name_width = names.iter().map(|name| name.width()).max().unwrap_or(0).clamp(16, free);
        let mut heading = "";
        for (row, &plateau) in plateaus.iter().enumerate() {
            if heading != figures::heading(plateau) {
                let headings = columns.iter().map(|column| column.pad(&column.heading));
                let headings: String = headings.map(|heading| format!("  {heading}")).collect();
                let headings = if heading.is_empty() { headings } else { String::new() };
                heading = figures::heading(plateau);
                let line = format!(" #  {}{headings}", pad(heading, name_width));
                writeln!(out, "{}", self.paint(line.trim_end(), Ink::Faint))?;
            }
            let name = self.paint(&pad(&shorten(&names[row], name_width), name_width), ink(plateau));
            let cells: String =
                columns.iter().map(|column| format!("  {}", column.pad(&column.cells[row]))).collect();
            let place = printable(&rows[row].place);
            // A place that does not fit beside the figures gets its own line where it matters most.
            let fits = name_width + 2 + place.width() <= free;
            let beside = if fits { place.as_str() } else { "" };
            let line = format!("{:>2}  {name}{cells}  {beside}", plateau.rank);
            writeln!(out, "{}", line.trim_end())?;
            if !fits && plateau.growth.value > 0.0 && plateau.tier != Tier::MayHaveGrown {
                writeln!(out, "      {}", self.paint(&shorten(&place, width - 6), Ink::Faint))?;
            }
        }
        Ok(())
    }
}

fn ink(plateau: &Plateau) -> Ink {
    match plateau.tier {
        Tier::Grew => Ink::Grew,
        Tier::Shrank => Ink::Shrank,
        Tier::Unquantified if plateau.growth.value > 0.0 => Ink::Grew,
        Tier::Unquantified => Ink::Shrank,
        Tier::MayHaveGrown | Tier::MayHaveShrunk => Ink::Plain,
    }
}

/// A column of figures, set flush right.
struct Column {
    heading: String,
    cells: Vec<String>,
    width: usize,
}

impl Column {
    fn new(heading: &str, cells: Vec<String>) -> Column {
        let width = cells.iter().map(|cell| cell.width()).max().unwrap_or(0).max(heading.width());
        Column { heading: heading.to_owned(), cells, width }
    }

    fn is_empty(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }

    fn pad(&self, text: &str) -> String {
        format!("{}{text}", " ".repeat(self.width.saturating_sub(text.width())))
    }
}

/// The rows that fit a screen, and how many do not: growth is what people look for.
fn shown(plateaus: &[Plateau]) -> (Vec<&Plateau>, usize) {
    let (grown, shrunk): (Vec<&Plateau>, Vec<&Plateau>) =
        plateaus.iter().partition(|plateau| plateau.growth.value > 0.0);
    let shown: Vec<&Plateau> =
        grown.into_iter().take(MOST_GROWN).chain(shrunk.into_iter().take(MOST_SHRUNK)).collect();
    let hidden = plateaus.len() - shown.len();
    (shown, hidden)
}

/// Cuts a text in its middle, where names differ least.
fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    if width < 4 {
        return String::new();
    }
    let keep = width - 2;
    let head: String = take_width(text.chars(), keep / 2);
    let tail: String = take_width(text.chars().rev(), keep - keep / 2);
    format!("{head}..{}", tail.chars().rev().collect::<String>())
}

fn take_width(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut text = String::new();
    for c in chars {
        text.push(c);
        if text.width() > width {
            text.pop();
            break;
        }
    }
    text
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Lines of at most `width` columns, broken at blanks.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.width() > width {
        let mut columns = 0;
        let mut cut = None;
        for (at, c) in rest.char_indices() {
            columns += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
            if columns > width {
                break;
            }
            if c == ' ' {
                cut = Some(at);
            }
        }
        // A word longer than the line is left whole.
        let Some(cut) = cut.or_else(|| rest.find(' ')) else { break };
        lines.push(&rest[..cut]);
        rest = rest[cut..].trim_start();
    }
    lines.push(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shorten("alpha::beta::gamma", 10), "alph..amma");
        assert_eq!(shorten("short", 10), "short");
    }

    #[test]
    fn text_wraps_at_blanks() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("immeasurable", 4), ["immeasurable"]);
    }
}
