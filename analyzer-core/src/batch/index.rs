//! The index as Markdown: counts, the first pairs, failures. It fits a comment of a pull request, whatever the names.

use super::counts::Counts;
use super::faults::Faults;
use super::row::{AlsoGrew, Failure, Row, Status, Top};
use crate::render::markdown::escape;
use crate::render::screen::shorten;
use std::io::{self, Write};

/// Room for rows and for failures, in characters: together with the rest below 60,000.
const ROOM_FOR_PAIRS: usize = 34_000;
const ROOM_FOR_FAILURES: usize = 12_000;
const ROOM_FOR_OTHERS: usize = 4_000;
const NAME_WIDTH: usize = 120;
const TEXT_WIDTH: usize = 240;

/// What stands around the rows of an index.
#[derive(Clone, Debug)]
pub struct About {
    /// The question that was asked.
    pub command: String,
    /// How captures were paired.
    pub pairing: String,
    /// How many pairs there are of each sort.
    pub counts: Counts,
    /// What was met and not read, in words.
    pub passed_over: Vec<String>,
}

/// Writes the index of these rows, which are in their order.
///
/// # Errors
/// When a row cannot be had or `out` fails.
pub fn markdown(
    about: &About,
    rows: impl Iterator<Item = io::Result<Row>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (mut pairs, mut failures) = (Room::new(ROOM_FOR_PAIRS), Room::new(ROOM_FOR_FAILURES));
    let (mut losses, mut unpaired) = (Room::new(ROOM_FOR_OTHERS), Room::new(ROOM_FOR_OTHERS));
    let mut faults = Faults::default();
    for row in rows {
        let row = row?;
        if row.verdict.is_some() {
            pairs.add(&pair(&row));
        }
        let why = |name: &str, failure| {
            format!("| {} | {} |\n", cell(name, NAME_WIDTH), cell(&reason(failure), TEXT_WIDTH))
        };
        faults.failures(&row).iter().for_each(|(name, failure)| failures.add(&why(name, failure)));
        faults.losses(&row).iter().for_each(|(name, loss)| losses.add(&why(name, loss)));
        if row.status == Status::Unpaired {
            let why = row.error.as_ref().map_or("", |error| &error.text);
            unpaired.add(&format!("| {} | {} |\n", cell(&row.pair, NAME_WIDTH), cell(why, TEXT_WIDTH)));
        }
    }
    writeln!(out, "**{}**\n", escape(&about.counts.text()))?;
    let head = "| | pair | verdict | first plateau | change | q |\n|---|---|---|---|---:|---:|";
    pairs.write("Pairs", head, out)?;
    failures.write("Not read or not compared", "| file or pair | why |\n|---|---|", out)?;
    losses.write("Read in part", "| file | what is missing |\n|---|---|", out)?;
    unpaired.write("Without a partner", "| capture | why |\n|---|---|", out)?;
    for line in about.passed_over.iter().take(10) {
        writeln!(out, "- {}", cell(line, TEXT_WIDTH))?;
    }
    if !about.passed_over.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "{}. Change in percentage points of the whole.\n", escape(&about.pairing))?;
    writeln!(out, "{}", cell(&about.command, 1000))
}

/// Lines as long as there is room for them; the others are counted.
struct Room {
    text: String,
    left: usize,
    more: u64,
}

impl Room {
    fn new(room: usize) -> Room {
        Room { text: String::new(), left: room, more: 0 }
    }

    fn add(&mut self, line: &str) {
        let length = line.chars().count();
        // Once one did not fit no other does: what is shown are the first.
        if self.more > 0 || length > self.left {
            self.more += 1;
            return;
        }
        self.left -= length;
        self.text.push_str(line);
    }

    fn write(&self, title: &str, head: &str, out: &mut dyn Write) -> io::Result<()> {
        if self.text.is_empty() && self.more == 0 {
            return Ok(());
        }
        writeln!(out, "### {title}\n\n{head}\n{}", self.text)?;
        if self.more > 0 {
            writeln!(out, "{} more in results.jsonl.\n", crate::report::units::count(self.more as f64))?;
        }
        Ok(())
    }
}

fn cell(text: &str, width: usize) -> String {
    escape(&shorten(text, width))
}

fn pair(row: &Row) -> String {
    let name = cell(&row.pair, NAME_WIDTH);
    let name = match &row.report {
        Some(report) => format!("[{name}]({})", link(report)),
        None => name,
    };
    let (function, change) = subject(row).map_or_else(
        || (String::new(), String::new()),
        |top| {
            let function = cell(&top.function, NAME_WIDTH);
            let function = grown_on(top).map_or(function.clone(), |on| format!("{function}, {on}"));
            (function, change(top).replace(' ', "\u{a0}"))
        },
    );
    let function = match also_grew(row) {
        Some(also) if function.is_empty() => cell(&also, NAME_WIDTH),
        Some(also) => format!("{function}, {}", cell(&also, NAME_WIDTH)),
        None => function,
    };
    let verdict = cell(verdict(row), 40);
    let mark = if row.status == Status::Partial { "partial" } else { "" };
    format!("| {mark} | {name} | {verdict} | {function} | {change} | {} |\n", q(row))
}

/// The path of a report as part of an address. Paths of reports hold letters, digits, `.`, `_`, `-` and `/`.
pub(super) fn link(report: &str) -> String {
    let is_plain = |character: &char| character.is_ascii_alphanumeric() || "._-/".contains(*character);
    report.chars().filter(is_plain).collect()
}

/// The answer in words.
pub(super) fn verdict(row: &Row) -> &'static str {
    match row.verdict.as_ref().map_or("", |verdict| &verdict.code) {
        "grew" => "grew",
        "mixed" => "grew and shrank",
        "may_have_grown" => "may have grown",
        "unquantified" => "sizes only",
        "shrank" => "shrank",
        "may_have_shrunk" => "may have shrunk",
        "equivalent" => "equivalent",
        _ => "no change detected",
    }
}

/// `+2.50 [1.20, 3.80]`.
pub(super) fn change(top: &Top) -> String {
    let interval = match (top.growth.low_pct, top.growth.high_pct) {
        (Some(low), Some(high)) => format!(" [{low:.2}, {high:.2}]"),
        _ => String::new(),
    };
    format!("{:+.2}{interval}", top.growth.pct)
}

/// `on 3 of 40 captures`, where there are several and it grew.
pub(super) fn grown_on(top: &Top) -> Option<String> {
    let captures = top.captures_grown?;
    Some(format!("on {} of {} captures", captures.grew, captures.of))
}

/// The plateau that its verdict is about: none where nothing was detected.
pub(super) fn subject(row: &Row) -> Option<&Top> {
    row.first().filter(|_| !matches!(verdict(row), "equivalent" | "no change detected"))
}

/// `of inuse_space; alloc_space grew by 90.9 % (--sample-index alloc_space)`, where other values grew by more.
pub(super) fn also_grew(row: &Row) -> Option<String> {
    let first = row.also_grew.first()?;
    let own = row.value_type.as_deref().unwrap_or_default();
    let AlsoGrew { name, change_pct, .. } = first;
    Some(format!("of {own}; {name} grew by {change_pct:.1} % (--sample-index {name})"))
}

/// The rate of false discoveries of what its verdict says, short.
pub(super) fn q(row: &Row) -> String {
    let has_shrunk = matches!(verdict(row), "shrank" | "may have shrunk");
    let chance = if has_shrunk { row.shrank } else { row.grew };
    match chance.map(|chance| chance.q) {
        None => String::new(),
        Some(q) if q < 1e-4 => "< 0.0001".to_owned(),
        Some(q) if q < 0.1 => format!("{q:.4}"),
        Some(q) => format!("{q:.2}"),
    }
}

/// `truncated, byte 812: ...`.
pub(super) fn reason(failure: &Failure) -> String {
    // Sentences about bytes mostly say themselves where that is.
    match failure.byte.filter(|byte| !failure.text.contains(&format!("byte {byte}"))) {
        Some(byte) => format!("{}, byte {byte}: {}", failure.code, failure.text),
        None => format!("{}: {}", failure.code, failure.text),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::batch::row::{RowVerdict, TopGrowth, TopSide};

    /// A row that grew by a function of this name.
    pub(in super::super) fn grown(pair: &str, function: &str) -> Row {
        let mut row = Row::new(pair.to_owned(), Vec::new(), Vec::new());
        let side = TopSide { count: Some(1), value: 1.0, share_pct: 1.0 };
        row.status = Status::Ok;
        row.verdict = Some(RowVerdict { code: "grew".to_owned(), text: format!("{function} grew") });
        row.grew = Some(crate::batch::row::Chance { p: 0.001, q: 0.001 });
        row.report = Some("reports/x-0a1b2c3d.html".to_owned());
        row.top = vec![Top {
            rank: 1,
            id: "0".to_owned(),
            tier: "grew".to_owned(),
            kind: "plateau".to_owned(),
            function: function.to_owned(),
            module: None,
            file: None,
            line: None,
            why: "self".to_owned(),
            class: None,
            before: side,
            after: side,
            growth: TopGrowth { value: 1.0, pct: 2.5, low_pct: Some(1.25), high_pct: Some(3.75) },
            captures_grown: Some(crate::batch::row::TopGrown { grew: 3, of: 40 }),
        }];
        row
    }

    /// A row without a result.
    pub(in super::super) fn failed(pair: &str) -> Row {
        let mut row = Row::new(pair.to_owned(), Vec::new(), Vec::new());
        row.failed = vec![Failure {
            code: "truncated".to_owned(),
            byte: Some(812),
            text: "ends early".to_owned(),
            file: Some(format!("after/{pair}")),
            side: Some("after".to_owned()),
        }];
        row.error = row.failed.first().cloned();
        row
    }

    pub(in super::super) fn about(rows: &[Row]) -> About {
        let mut counts = crate::batch::Counter::default();
        rows.iter().for_each(|row| counts.add(row));
        About {
            command: "plateau batch before after".to_owned(),
            pairing: "paired by name".to_owned(),
            counts: counts.finish(),
            passed_over: Vec::new(),
        }
    }

    fn rendered(rows: &[Row]) -> String {
        let mut out = Vec::new();
        markdown(&about(rows), rows.iter().cloned().map(Ok), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_first_rows_are_shown_and_failures_are_named() {
        let text = rendered(&[grown("api/h1", "parse|json"), failed("api/h2")]);
        assert!(text.starts_with("**1 pair compared: 1 grew; 1 quarantined**"), "{text}");
        let row = "|  | [api/h1](reports/x-0a1b2c3d.html) | grew | parse\\|json, on 3 of 40 captures | +2.50\u{a0}[1.25,\u{a0}3.75] | 0.0010 |";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("| after/api/h2 | truncated, byte 812: ends early |"), "{text}");
    }

    #[test]
    fn it_fits_a_comment_whatever_there_is() {
        let name = "|`@x<".repeat(1000);
        let mut rows: Vec<Row> = (0..3000).map(|at| grown(&format!("{at}{name}"), &name)).collect();
        rows.extend((0..3000).map(|at| failed(&format!("{at}{name}"))));
        let text = rendered(&rows);
        assert!(text.chars().count() <= 60_000, "{}", text.chars().count());
        assert!(text.contains(" more in results.jsonl."));
    }
}
