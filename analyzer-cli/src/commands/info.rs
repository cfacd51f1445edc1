//! `plateau info`: what captures hold, what their readers left out, and whether they are fit to compare.

use crate::args::{Info as InfoArgs, InfoFormat};
use crate::exit::Outcome;
use crate::{input, output, progress};
use analyzer_core::fitness::share;
use analyzer_core::info::{Info, Sum, ValueInfo, info};
use analyzer_core::render::figures::printable;
use analyzer_core::render::wrap;
use analyzer_core::report::units::{self, many};
use analyzer_core::survey::{UnknownModule, advice};
use anyhow::Result;
use std::io::Write;

/// The narrowest terminal in use.
const WIDTH: usize = 80;
/// Where the text behind a field's name begins.
const INDENT: usize = 14;
/// More modules, services and build ids are counted; JSON has them.
const MOST_MODULES: usize = 3;
const MOST_SERVICES: usize = 8;
/// From this share on, symbols are worth the trouble of getting them.
const WORTH_ADVICE: f64 = 1.0;

pub(crate) fn run(args: &InfoArgs) -> Result<Outcome> {
    let mut infos = Vec::with_capacity(args.captures.len());
    let mut failed = None;
    // What is hidden is numbered over all captures.
    let mut held = Vec::new();
    progress::expect(args.captures.len());
    for path in &args.captures {
        let read = input::read(path, &args.reading, false).and_then(|mut capture| {
            super::prepare(&mut capture, args.clocks.of_traces(), args.clocks)?;
            Ok(capture)
        });
        match read {
            Ok(capture) if args.reading.redact.is_empty() => infos.push(info(&capture)),
            Ok(capture) => held.push(capture),
            // One file that cannot be read does not cost the others; the last such one ends the command.
            Err(error) => {
                if let Some(earlier) = failed.replace(error) {
                    output::warn(&format!("{earlier:#}"));
                }
            }
        }
    }
    input::redact(&args.reading, &mut held.iter_mut().collect::<Vec<_>>(), &[]);
    infos.extend(held.iter().map(info));
    if let Some(error) = failed.take_if(|_| infos.is_empty()) {
        return Err(error);
    }
    output::to_stdout(|out| match args.format {
        InfoFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &infos)?;
            Ok(writeln!(out)?)
        }
        InfoFormat::Text => infos.iter().try_for_each(|info| print(info, out)),
    })?;
    failed.map_or(Ok(Outcome::Done), Err)
}

fn print(info: &Info, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}", printable(&info.file))?;
    let mut last = "";
    for (name, text) in fields(info) {
        let mut shown = if name == last { "" } else { name };
        for line in wrap(&printable(&text), WIDTH - INDENT) {
            writeln!(out, "  {shown:<width$}{line}", width = INDENT - 2)?;
            shown = "";
        }
        last = name;
    }
    writeln!(out, "  fit to compare: {}", info.fit.verdict.name())?;
    for reason in &info.fit.reasons {
        let mut bullet = "-";
        for line in wrap(&printable(&reason.text), WIDTH - 6) {
            writeln!(out, "    {bullet:<2}{line}")?;
            bullet = "";
        }
    }
    Ok(())
}

/// The lines, in the order in which one asks. A name that repeats is printed once.
fn fields(info: &Info) -> Vec<(&'static str, String)> {
    let number = |number: u64| units::count(number as f64);
    let mut fields = vec![(
        "format",
        format!(
            "{} ({}, {} bytes): {}",
            info.format,
            info.container,
            number(info.bytes),
            info.why_recognised
        ),
    )];
    fields.extend(info.value_types.iter().map(|value| ("value", value_type(value, info.noun))));
    if let (Some(traces), Some(spans)) = (info.traces, info.spans) {
        fields.push(("traces", format!("{} of {}", number(traces as u64), many(spans as u64, "span"))));
    }
    fields.extend(info.services.as_deref().map(|services| ("services", first(services, MOST_SERVICES))));
    if let Some(rate) = info.rate {
        let thread =
            rate.per_thread_s.map_or_else(String::new, |rate| format!(", {} per thread", per_second(rate)));
        fields.push(("rate", format!("{} samples per second{thread}", per_second(rate.samples_per_s))));
    }
    fields.extend(info.duration_ns.map(|duration| ("duration", units::duration(duration))));
    fields.extend(info.start.clone().map(|start| ("start", start)));
    fields.extend(info.threads.map(|threads| ("threads", number(threads))));
    if let (Some(functions), Some(stacks)) = (info.functions, info.stacks) {
        let depth = number(info.max_depth.unwrap_or(0).into());
        let (functions, stacks) = (many(functions as u64, "function"), many(stacks as u64, "stack"));
        fields.push(("code", format!("{functions}, {stacks}, at most {depth} deep")));
    }
    fields.extend(unknown(info).into_iter().map(|line| ("no symbols", line)));
    if let (Some(pct), Some(depth)) = (info.cut_stacks_pct, info.cut_depth) {
        fields.push(("cut stacks", format!("{} has stacks cut at {depth} frames", share(pct))));
    }
    if let Some(lost) = info.lost_events {
        let pct = info
            .lost_pct
            .filter(|_| lost > 0)
            .map_or_else(String::new, |pct| format!(", {} of all", share(pct)));
        fields.push(("lost", format!("{} while recording{pct}", many(lost, "event"))));
    }
    fields.push(("read", info.account.clone()));
    fields.extend(info.left_out.iter().map(|left_out| ("left out", left_out.text.clone())));
    fields.extend(info.notes.iter().map(|note| ("note", note.text.clone())));
    fields
}

fn value_type(value: &ValueInfo, noun: &str) -> String {
    let sum = match value.sum {
        Sum::Whole(sum) => sum as f64,
        Sum::Decimal(sum) => sum,
    };
    format!(
        "{}: {} in {}",
        value.name,
        units::value(sum, &value.unit),
        many(value.samples, noun.trim_end_matches('s'))
    )
}

/// A rate without more digits than help.
fn per_second(rate: f64) -> String {
    if rate < 10.0 { format!("{rate:.2}") } else { units::count(rate.round()) }
}

/// How much has no symbol, where it is, and what to do about it.
fn unknown(info: &Info) -> Vec<String> {
    let (leaves, frames) = (info.unknown_pct.unwrap_or(0.0), info.unknown_frames_pct.unwrap_or(0.0));
    if leaves == 0.0 && frames == 0.0 {
        return Vec::new();
    }
    let mut lines = vec![format!("{} at the leaf, {} of all frames", share(leaves), share(frames))];
    let modules = &info.unknown_modules;
    let shown = &modules[..modules.len().min(MOST_MODULES)];
    lines.extend(shown.iter().map(module));
    if modules.len() > shown.len() {
        lines.push(format!("and {} more modules", modules.len() - shown.len()));
    }
    if leaves >= WORTH_ADVICE {
        let mut advices: Vec<&str> = Vec::new();
        for advice in shown.iter().map(|module| advice(&module.module)) {
            if !advices.contains(&advice) {
                advices.push(advice);
                lines.push(format!("to do: {advice}"));
            }
        }
    }
    lines
}

fn module(module: &UnknownModule) -> String {
    let build_id = module.build_id.as_ref().map_or_else(String::new, |id| format!(" (build id {id})"));
    format!("{} {}{build_id}", share(module.pct), module.module)
}

/// The first names of a list, and how many there are more.
fn first(names: &[String], most: usize) -> String {
    let shown = &names[..names.len().min(most)];
    let more = names.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
