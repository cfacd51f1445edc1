//! `plateau show`: the functions of one capture, largest first.

use crate::args::{Show, ShowFormat};
use crate::exit::Outcome;
use crate::{input, output};
use analyzer_core::render::cell;
use analyzer_core::render::figures::printable;
use analyzer_core::report::units;
use analyzer_core::{Flat, flat};
use anyhow::Result;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Places in the source line up behind names up to this wide.
const NAME_WIDTH: usize = 60;

pub(crate) fn run(show: &Show) -> Result<Outcome> {
    let capture = input::read(&show.capture, &show.reading, false)?;
    super::warn_of_losses(&capture.source.name, &capture.notes);
    super::expect_value_of_traces(&capture, &show.measuring)?;
    let wanted = show.measuring.sample_index.as_deref();
    let mut flat = flat(&capture, wanted, show.measuring.trace_value(), show.by.into())?;
    let all = flat.functions.len();
    if show.format == ShowFormat::Text {
        flat.functions.truncate(show.nodecount);
    }
    output::to_stdout(|out| match show.format {
        ShowFormat::Text => table(&flat, all, out),
        ShowFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &flat)?;
            Ok(writeln!(out)?)
        }
        ShowFormat::Csv => csv(&flat, out),
    })?;
    Ok(Outcome::Done)
}

fn table(flat: &Flat, all: usize, out: &mut dyn Write) -> Result<()> {
    let unit = printable(&flat.about.unit);
    let total = units::value(flat.about.total, &unit);
    let duration = flat
        .about
        .duration_ns
        .map_or_else(String::new, |duration| format!(" in {}", units::duration(duration)));
    writeln!(
        out,
        "{}: {} {total}{duration}",
        printable(&flat.about.file),
        printable(&flat.about.value_type)
    )?;
    writeln!(out, "read: {}", flat.about.account)?;
    if !flat.about.other_value_types.is_empty() {
        writeln!(out, "also measured: {}", printable(&flat.about.other_value_types.join(", ")))?;
    }
    writeln!(out, "\n{:>12} {:>8}  {:>12} {:>8}  function", "self", "", "total", "")?;
    let widest = flat.functions.iter().map(|row| printable(&row.function).width()).max().unwrap_or(0);
    let column = widest.min(NAME_WIDTH);
    for row in &flat.functions {
        let name = printable(&row.function);
        let source = match (&row.file, row.line, &row.module) {
            (Some(file), Some(line), _) => format!("{file}:{line}"),
            (Some(file), None, _) => file.clone(),
            (None, _, Some(module)) => module.clone(),
            (None, _, None) => String::new(),
        };
        let pad = " ".repeat(column.saturating_sub(name.width()));
        let line = format!(
            "{:>12} {:>6.2} %  {:>12} {:>6.2} %  {name}{pad}  {}",
            units::value(row.own, &unit),
            row.self_pct,
            units::value(row.total, &unit),
            row.total_pct,
            printable(&source)
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    let more = all - flat.functions.len();
    if more > 0 {
        writeln!(out, "{more} more; -n shows as many as it is given")?;
    }
    Ok(())
}

fn csv(flat: &Flat, out: &mut dyn Write) -> Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["function", "module", "file", "line", "self", "self_pct", "total", "total_pct"])?;
    for row in &flat.functions {
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
    Ok(csv.flush()?)
}
