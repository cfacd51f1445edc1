//! The first rows of an index for a terminal.

use super::counts::Counts;
use super::faults::Faults;
use super::index::{also_grew, change, grown_on, q, reason, subject, verdict};
use super::row::{Failure, Row, Status};
use crate::render::figures::printable;
use crate::render::screen::shorten;
use std::io::{self, Write};

/// How many pairs, and how many failures, are printed.
const MOST_ROWS: usize = 10;
const NAME_WIDTH: usize = 44;
const TEXT_WIDTH: usize = 110;

/// Prints the counts, the first pairs of which something is to be said, and the first failures; `index` is where all are.
///
/// # Errors
/// When a row cannot be had or `out` fails.
pub fn text(
    counts: &Counts,
    rows: impl Iterator<Item = io::Result<Row>>,
    index: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}", counts.text())?;
    let (mut pairs, mut faults, mut told) = (0, 0, Faults::default());
    for row in rows {
        let row = row?;
        let is_changed = matches!(
            verdict(&row),
            "grew" | "grew and shrank" | "may have grown" | "sizes only" | "shrank" | "may have shrunk"
        );
        let also = also_grew(&row);
        if (is_changed || also.is_some()) && pairs < MOST_ROWS {
            if pairs == 0 {
                writeln!(
                    out,
                    "\n{:<NAME_WIDTH$}  {:<15}  {:<NAME_WIDTH$}  {:<24}  q",
                    "pair", "verdict", "first plateau", "change"
                )?;
            }
            pairs += 1;
            let subject = subject(&row);
            let line = format!(
                "{:<NAME_WIDTH$}  {:<15}  {:<NAME_WIDTH$}  {:<24}  {:<8}  {}",
                name(&row.pair),
                verdict(&row),
                subject.map_or_else(String::new, |top| name(&top.function)),
                subject.map_or_else(String::new, change),
                q(&row),
                subject.and_then(grown_on).unwrap_or_default()
            );
            writeln!(out, "{}", line.trim_end())?;
            if let Some(also) = also {
                writeln!(out, "    {}", shorten(&printable(&also), TEXT_WIDTH))?;
            }
        }
        if row.status != Status::Unpaired {
            let failures = told.failures(&row);
            // What is no one file's fault is that of the pair.
            let what = |fault: &Failure| if fault.file.is_none() { "not compared" } else { "not read" };
            let failures = failures.into_iter().map(|fault| (what(fault.1), fault));
            let losses = told.losses(&row).into_iter().map(|fault| ("read in part", fault));
            for (what, (file, fault)) in failures.chain(losses) {
                faults += 1;
                if faults <= MOST_ROWS {
                    let gap = if faults == 1 { "\n" } else { "" };
                    let why = shorten(&printable(&reason(fault)), TEXT_WIDTH);
                    writeln!(out, "{gap}{what}: {}: {why}", printable(file))?;
                }
            }
        }
    }
    if faults > MOST_ROWS {
        writeln!(out, "and {} more", faults - MOST_ROWS)?;
    }
    writeln!(out, "\n{}", printable(index))
}

fn name(text: &str) -> String {
    shorten(&printable(text), NAME_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::super::index::tests::{about, failed, grown};
    use super::*;

    #[test]
    fn the_first_rows_are_printed() {
        let mut rows: Vec<Row> = (0..12).map(|at| grown(&format!("api/h{at}"), "parse")).collect();
        rows.extend((0..12).map(|at| failed(&format!("web/h{at}"))));
        let mut out = Vec::new();
        text(&about(&rows).counts, rows.into_iter().map(Ok), "out/index.html", &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "12 pairs compared: 12 grew; 12 quarantined");
        assert!(
            lines[3].starts_with("api/h0 ")
                && lines[3].ends_with("+2.50 [1.25, 3.75]        0.0010    on 3 of 40 captures"),
            "{}",
            lines[3]
        );
        assert_eq!(text.matches("\napi/h").count(), 10);
        assert!(text.contains("\nnot read: after/web/h0: truncated, byte 812: ends early\n"), "{text}");
        assert!(text.ends_with("and 2 more\n\nout/index.html\n"), "{text}");
    }
}
