//! `plateau info`: what captures hold, and what their readers left out.

use crate::args::{Info as InfoArgs, InfoFormat};
use crate::exit::Outcome;
use crate::{input, output};
use analyzer_core::info::{Info, Sum, info};
use analyzer_core::render::figures::printable;
use analyzer_core::report::units;
use anyhow::Result;
use std::io::Write;

pub(crate) fn run(args: &InfoArgs) -> Result<Outcome> {
    let mut infos = Vec::with_capacity(args.captures.len());
    for path in &args.captures {
        infos.push(info(&input::read(path, &args.reading, false)?));
    }
    output::to_stdout(|out| match args.format {
        InfoFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &infos)?;
            Ok(writeln!(out)?)
        }
        InfoFormat::Text => infos.iter().try_for_each(|info| print(info, out)),
    })?;
    Ok(Outcome::Done)
}

fn print(info: &Info, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}", printable(&info.file))?;
    let mut field = |name: &str, value: Option<String>| -> Result<()> {
        match value {
            Some(value) => Ok(writeln!(out, "  {name:<12} {}", printable(&value))?),
            None => Ok(()),
        }
    };
    field(
        "format",
        Some(format!("{} ({}, {} bytes)", info.format, info.container, units::count(info.bytes as f64))),
    )?;
    field("recognised", Some(info.why_recognised.clone()))?;
    for value in &info.value_types {
        let sum = match value.sum {
            Sum::Whole(sum) => sum as f64,
            Sum::Decimal(sum) => sum,
        };
        let samples = units::count(value.samples as f64);
        field(
            "value",
            Some(format!("{}: {} in {samples} records", value.name, units::value(sum, &value.unit))),
        )?;
    }
    let number = |number: usize| units::count(number as f64);
    field("functions", info.functions.map(number))?;
    field(
        "stacks",
        info.stacks.map(|stacks| format!("{}, at most {} deep", number(stacks), info.max_depth.unwrap_or(0))),
    )?;
    field("threads", info.threads.map(|threads| units::count(threads as f64)))?;
    field("traces", info.traces.map(number))?;
    field("spans", info.spans.map(number))?;
    field("services", info.services.as_ref().map(|services| services.join(", ")))?;
    field("start", info.start.clone())?;
    field("duration", info.duration_ns.map(units::duration))?;
    field(
        "unknown",
        info.unknown_pct
            .filter(|&share| share > 0.0)
            .map(|share| format!("{share:.1} % is in code without symbols")),
    )?;
    field(
        "lost",
        info.lost_events.map(|lost| format!("{} events while recording", units::count(lost as f64))),
    )?;
    for left_out in &info.left_out {
        field("left out", Some(left_out.text.clone()))?;
    }
    for note in &info.notes {
        field("note", Some(note.text.clone()))?;
    }
    Ok(())
}
