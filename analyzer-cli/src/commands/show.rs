//! `plateau show`: one capture as a list of functions, as a call tree, or functions between callers and callees.

use crate::args::{Show, ShowFormat};
use crate::exit::Outcome;
use crate::{input, output, terminal};
use analyzer_core::render::cell;
use analyzer_core::render::figures::printable;
use analyzer_core::render::outline::{self, Shown};
use analyzer_core::render::screen::{Screen, pad, pad_left, shorten};
use analyzer_core::render::wrap;
use analyzer_core::report::units;
use analyzer_core::{About, Flat, FlatRow, Reach, Single};
use anyhow::{Result, bail};
use regex::bytes::Regex;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Places in the source line up behind names up to this wide.
const NAME_WIDTH: usize = 60;

/// Narrower places say nothing.
const LEAST_PLACE: usize = 12;

pub(crate) fn run(show: &Show) -> Result<Outcome> {
    let mut capture = input::read(&show.capture, &show.reading, show.format == ShowFormat::Json)?;
    input::redact(&show.reading, &mut [&mut capture], &[]);
    super::warn_of_losses(&show.reading, &capture.source.name, &capture.notes);
    super::prepare_spans(&mut capture, &show.measuring)?;
    super::warn_of_shifted(&show.reading, &capture);
    let wanted = show.measuring.sample_index.as_deref();
    let single = Single::new(&capture, wanted, show.measuring.spans())?;
    // What it is made of is in the tree.
    drop(capture);
    if let Some(pattern) = &show.peek {
        expect_match(&single, pattern)?;
    }
    output::to_stdout(|out| match show.format {
        ShowFormat::Text => text(show, &single, out),
        ShowFormat::Json => json(show, &single, out),
        ShowFormat::Csv => csv(show, &single, out),
    })?;
    Ok(Outcome::Done)
}

/// Refuses a name that no function has: there is nothing to show.
fn expect_match(single: &Single, pattern: &Regex) -> Result<()> {
    if single.matches(pattern) {
        return Ok(());
    }
    let file = &single.about.file;
    match single.nearest(pattern.as_str()).as_slice() {
        [] => bail!("{file}: no function matches {pattern}; `plateau show {file}` lists those there are"),
        nearest => {
            let names: Vec<String> = nearest.iter().map(|name| shorten(name, NAME_WIDTH)).collect();
            bail!("{file}: no function matches {pattern}; the nearest are {}", names.join(", "))
        }
    }
}

fn reach(show: &Show) -> Reach {
    if show.tree { Reach::Stacks } else { Reach::Direct }
}

fn text(show: &Show, single: &Single, out: &mut dyn Write) -> Result<()> {
    let screen = terminal::screen(show.color);
    let shown = Shown { most: show.nodecount, least_share: show.min_share };
    head(&single.about, screen, out)?;
    writeln!(out)?;
    match &show.peek {
        Some(pattern) => outline::peek(single, (pattern, reach(show)), shown, screen, out)?,
        None if show.tree => outline::tree(single, shown, screen, out)?,
        None => table(&single.flat(show.by.into()), show.nodecount, screen, out)?,
    }
    Ok(())
}

fn head(about: &About, screen: Screen, out: &mut dyn Write) -> Result<()> {
    let total = units::value(about.total, &about.unit);
    let duration =
        about.duration_ns.map_or_else(String::new, |duration| format!(" in {}", units::duration(duration)));
    let mut lines = vec![
        format!("{}: {} {total}{duration}", about.file, about.value_type),
        format!("read: {}", about.account),
    ];
    if !about.other_value_types.is_empty() {
        lines.push(format!("also measured: {}", about.other_value_types.join(", ")));
    }
    for line in lines {
        for line in wrap(&printable(&line), screen.width) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// Which figures stand before a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Columns {
    Values,
    Percentages,
    OnePercentage,
}

impl Columns {
    /// Those that leave room for names.
    fn of(width: usize) -> Columns {
        match width {
            72.. => Columns::Values,
            44.. => Columns::Percentages,
            _ => Columns::OnePercentage,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Columns::Values => "        self                  total            function",
            Columns::Percentages => "    self     total  function",
            Columns::OnePercentage => "    self  function",
        }
    }

    fn figures(self, row: &FlatRow, unit: &str) -> String {
        let value = |value: f64| pad_left(&units::value(value, unit), 12);
        let pct = |pct: f64| format!("{pct:>6.2} %");
        match self {
            Columns::Values => {
                format!(
                    "{} {}  {} {}",
                    value(row.own),
                    pct(row.self_pct),
                    value(row.total),
                    pct(row.total_pct)
                )
            }
            Columns::Percentages => format!("{}  {}", pct(row.self_pct), pct(row.total_pct)),
            Columns::OnePercentage => pct(row.self_pct),
        }
    }
}

fn table(flat: &Flat, most: usize, screen: Screen, out: &mut dyn Write) -> Result<()> {
    let unit = printable(&flat.about.unit);
    let columns = Columns::of(screen.width);
    let rows = &flat.functions[..most.min(flat.functions.len())];
    writeln!(out, "{}", columns.heading())?;
    let widest = rows.iter().map(|row| printable(&row.function).width()).max().unwrap_or(0);
    for row in rows {
        let figures = columns.figures(row, &unit) + "  ";
        let room = screen.width.saturating_sub(figures.width());
        // Long names leave a third of the room to places.
        let column = widest.min(NAME_WIDTH).min(room - room / 3);
        let source = match (&row.file, row.line, &row.module) {
            (Some(file), Some(line), _) => format!("{file}:{line}"),
            (Some(file), None, _) => file.clone(),
            (None, _, Some(module)) => module.clone(),
            (None, _, None) => String::new(),
        };
        let source = printable(&source);
        let has_place = !source.is_empty() && room >= column + 2 + LEAST_PLACE;
        let name = printable(&row.function);
        let name = if has_place { pad(&shorten(&name, column), column) } else { shorten(&name, room) };
        let place = if has_place { shorten(&source, room - name.width() - 2) } else { String::new() };
        writeln!(out, "{}", format!("{figures}{name}  {place}").trim_end())?;
    }
    let more = flat.functions.len() - rows.len();
    if more > 0 {
        for line in wrap(&format!("{more} more; -n shows as many as it is given"), screen.width) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn json(show: &Show, single: &Single, out: &mut dyn Write) -> Result<()> {
    match &show.peek {
        Some(pattern) => {
            serde_json::to_writer_pretty(&mut *out, &single.peek(pattern, reach(show), usize::MAX))?;
        }
        None if show.tree => serde_json::to_writer_pretty(&mut *out, &single.tree_rows())?,
        None => serde_json::to_writer_pretty(&mut *out, &single.flat(show.by.into()))?,
    }
    Ok(writeln!(out)?)
}

fn csv(show: &Show, single: &Single, out: &mut dyn Write) -> Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    match &show.peek {
        Some(pattern) => {
            csv.write_record(["function", "side", "row", "next", "name", "total", "total_pct"])?;
            for function in single.peek(pattern, reach(show), usize::MAX).functions {
                let sides = [("caller", &function.callers), ("callee", &function.callees)];
                for (side, at, row) in sides
                    .into_iter()
                    .flat_map(|(side, rows)| rows.iter().enumerate().map(move |(at, row)| (side, at, row)))
                {
                    csv.write_record([
                        &cell(&function.function),
                        side,
                        &at.to_string(),
                        &row.next.map_or_else(String::new, |next| next.to_string()),
                        &cell(&row.function),
                        &row.total.to_string(),
                        &row.total_pct.to_string(),
                    ])?;
                }
            }
        }
        None if show.tree => {
            csv.write_record(["depth", "function", "self", "self_pct", "total", "total_pct"])?;
            for row in single.tree_rows().nodes {
                csv.write_record([
                    &row.depth.to_string(),
                    &cell(&row.function),
                    &row.own.to_string(),
                    &row.self_pct.to_string(),
                    &row.total.to_string(),
                    &row.total_pct.to_string(),
                ])?;
            }
        }
        None => {
            csv.write_record([
                "function",
                "module",
                "file",
                "line",
                "self",
                "self_pct",
                "total",
                "total_pct",
            ])?;
            for row in &single.flat(show.by.into()).functions {
                csv.write_record([
                    &cell(&row.function),
                    &row.module.as_deref().map_or_else(String::new, cell),
                    &row.file.as_deref().map_or_else(String::new, cell),
                    &row.line.map_or_else(String::new, |line| line.to_string()),
                    &row.own.to_string(),
                    &row.self_pct.to_string(),
                    &row.total.to_string(),
                    &row.total_pct.to_string(),
                ])?;
            }
        }
    }
    Ok(csv.flush()?)
}
