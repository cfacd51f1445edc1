//! The report on a terminal: a headline, a table, nothing that wraps.

use super::Renderer;
use super::figures::{self, Figures, figures, printable};
use super::screen::{self, Ink, pad, shorten, wrap};
use super::{parts, requests};
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
        let title = printable(&format!("{before}   ->   {after}   {}", report.value_type.name));
        for line in wrap(&title, self.width) {
            writeln!(out, "{line}")?;
        }
        for line in wrap(&printable(&report.verdict.text), self.width) {
            writeln!(out, "{}", self.paint(line, Ink::Bold))?;
        }
        let is_of_requests = report.traces.is_some();
        if !is_of_requests {
            self.basis(report, out)?;
        }
        let warnings = report.scale.warning.iter().chain(report.comparability.iter().map(|row| &row.text));
        for warning in warnings {
            for line in wrap(&format!("warning: {}", printable(warning)), self.width) {
                writeln!(out, "{line}")?;
            }
        }
        // The parts on requests say the same in time, and more.
        if !requests::say_all(report) {
            self.plateaus(report, out)?;
        }
        for part in requests::parts(report) {
            parts::draw(&part, self.width, self.color, out)?;
        }
        if is_of_requests {
            writeln!(out)?;
            self.basis(report, out)?;
        }
        for (row, explanation) in report.explanations.iter().flatten().enumerate() {
            if row == 0 {
                writeln!(out)?;
            }
            for line in wrap(&printable(&explanation.text), self.width) {
                writeln!(out, "{line}")?;
            }
        }
        if report.explanations.as_ref().is_some_and(Vec::is_empty) {
            let text = "No function of either capture has the name that --explain asks about.";
            for line in wrap(text, self.width) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }
}

impl Text {
    fn paint(&self, text: &str, ink: Ink) -> String {
        screen::paint(text, ink, self.color)
    }

    /// What the figures rest on: what was read, how small a change shows, what to know of the captures.
    fn basis(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        for line in wrap(&format!("Read {}.", figures::accounts(report)), self.width) {
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
            for line in wrap(&text, self.width) {
                writeln!(out, "{line}")?;
            }
        }
        if let Some(certainty) = report.certainty {
            for line in wrap(certainty, self.width) {
                writeln!(out, "{line}")?;
            }
        }
        for text in figures::remarks(report) {
            for line in wrap(&printable(&text), self.width) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    /// What changed, and how much did not.
    fn plateaus(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        if !report.plateaus.is_empty() {
            writeln!(out)?;
            let (shown, hidden) = shown(&report.plateaus);
            let interval = format!("{:.0} % interval", 100.0 * report.confidence);
            self.table(&shown, &interval, out)?;
            if hidden > 0 {
                for line in
                    wrap(&format!("{hidden} more in the other outputs (-o report.html)"), self.width - 4)
                {
                    writeln!(out, "    {line}")?;
                }
            }
        }
        if let Some(unchanged) = figures::unchanged(report) {
            for (row, line) in wrap(&unchanged, self.width - 4).into_iter().enumerate() {
                writeln!(out, "{}{line}", if row == 0 { " ~  " } else { "    " })?;
            }
        }
        Ok(())
    }

    fn table(&self, plateaus: &[&Plateau], interval_name: &str, out: &mut dyn Write) -> io::Result<()> {
        let width = self.width;
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
        while width < taken(&columns) + LEAST_NAME && columns.len() > 1 {
            // The change itself is the last to go.
            let least = if columns.len() > 3 { columns.len() - 1 } else { 0 };
            columns.remove(least);
        }
        let free = width.saturating_sub(taken(&columns)).max(4);
        let names: Vec<String> = plateaus.iter().map(|row| printable(&row.function)).collect();
        let name_width = names.iter().map(|name| name.width()).max().unwrap_or(0).max(16).min(free);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::report;

    #[test]
    fn narrow_screens_are_never_exceeded() {
        let line = |after: u32| {
            let names = [
                "解析する関数::オブジェクト::長い名前の関数",
                "e\u{301}cole🦀::a_rather_long_name_of_a_function",
            ];
            let texts = names.iter().enumerate().map(|(at, name)| {
                let grown = if at == 0 { after } else { 900 };
                format!("main;a_caller_with_a_long_name_as_well;{name} {grown}\n")
            });
            let others = (0..20).map(|at| format!("main;function_{at} {}\n", 500 + 7 * at));
            texts.chain(others).collect::<String>()
        };
        let mut report = report(line(900), line(3_000));
        report.before.name = format!("captures/{}/before.folded", "deep/".repeat(20));
        for width in [40, 60, 80, 100, 200] {
            let mut out = Vec::new();
            Text { width, color: false }.render(&report, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.contains(" 1  "), "{text}");
            for line in text.lines() {
                assert!(line.width() <= width, "{} in {width}: {line}", line.width());
            }
        }
    }
}
