//! One file per verb.

mod baseline;
mod batch;
mod check;
mod completions;
mod convert;
mod diff;
mod flame;
mod info;
mod man;
mod merge;
mod show;
mod trace;

use crate::args::{Args, Clocks, Command, Measuring, Reading, Sides};
use crate::exit::Outcome;
use crate::input::{self, Captures};
use crate::output;
use analyzer_core::classes::ClassRules;
use analyzer_core::requests::of_group;
use analyzer_core::spans;
use analyzer_formats::{Capture, Content, Notes, Profile};
use anyhow::{Context, Result, bail};
use std::borrow::Cow;
use std::path::Path;

/// Runs a command.
pub(crate) fn run(args: Args) -> anyhow::Result<Outcome> {
    output::hide(args.command.redact());
    match args.command {
        Command::Diff(diff) => diff::run(&diff),
        Command::Batch(batch) => batch::run(&batch),
        Command::Show(show) => show::run(&show),
        Command::Flame(flame) => flame::run(&flame),
        Command::Trace(trace) => trace::run(&trace),
        Command::Info(info) => info::run(&info),
        Command::Baseline(baseline) => baseline::run(&baseline),
        Command::Check(check) => check::run(&check),
        Command::Merge(merge) => merge::run(&merge),
        Command::Convert(convert) => convert::run(&convert),
        Command::Completions(completions) => completions::run(&completions),
        Command::Man(man) => man::run(&man),
    }
}

/// Reads the captures of both sides, and makes of them what is asked for.
fn read_compared(sides: &Sides, measuring: &Measuring, reading: &Reading, digest: bool) -> Result<Captures> {
    let mut captures = input::read_sides(sides, reading, digest)?;
    if let Some(pattern) = &sides.group {
        if captures.baseline.is_some() {
            bail!("--group chooses requests of traces, and a baseline holds a profile");
        }
        let choose = |captures: Vec<Capture>| -> Result<Vec<Capture>> {
            captures.into_iter().map(|capture| Ok(of_group(capture, pattern)?)).collect()
        };
        captures.before = choose(captures.before)?;
        captures.after = choose(captures.after)?;
    }
    for capture in captures.all_mut() {
        prepare_spans(capture, measuring)?;
    }
    Ok(captures)
}

/// The classes of a file, and behind them those of the project.
fn class_rules(path: Option<&Path>) -> Result<Option<ClassRules>> {
    let Some(path) = path else { return Ok(None) };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(Some(ClassRules::new(&text).with_context(|| path.display().to_string())?))
}

/// Refuses a capture whose container is corrupt: it is no ground for a verdict, a sum or a baseline.
fn expect_sound(capture: &Capture) -> Result<()> {
    match capture.notes.corruption() {
        Some(note) => bail!(
            "{}: {note}; whatever is in it may be wrong, and what is made here outlasts a warning. plateau diff compares it \
             all the same",
            capture.source.name
        ),
        None => Ok(()),
    }
}

/// Says on standard error what is missing of a capture.
fn warn_of_losses(reading: &Reading, name: &str, notes: &Notes) {
    if reading.quiet {
        return;
    }
    for note in notes.losses() {
        output::warn(&format!("{name}: {note}"));
    }
}

/// The stacks of a capture: traces are projected.
fn profile<'a>(capture: &'a Capture, measuring: &Measuring) -> Cow<'a, Profile> {
    match &capture.content {
        Content::Profile(profile) => Cow::Borrowed(profile),
        Content::Traces(traces) => Cow::Owned(spans::project(traces, measuring.spans())),
    }
}

/// Does with the spans of a capture what is asked for before they are measured; refuses a profile, for which it would do
/// nothing.
fn prepare_spans(capture: &mut Capture, measuring: &Measuring) -> anyhow::Result<()> {
    prepare(capture, measuring.of_traces(), measuring.clocks)
}

fn prepare(
    capture: &mut Capture,
    of_traces: Option<(&'static str, &'static str)>,
    clocks: Clocks,
) -> anyhow::Result<()> {
    if let Some((option, why)) = of_traces.filter(|_| matches!(capture.content, Content::Profile(_))) {
        bail!("{}: {option} {why}", capture.source.name);
    }
    if clocks.fix_skew {
        spans::fix_skew_of(capture);
    }
    Ok(())
}

/// Says on standard error how many spans were moved, where the output itself has no place for it.
fn warn_of_shifted(reading: &Reading, capture: &Capture) {
    if let Some(note) = capture.notes.get("span_shifted").filter(|_| !reading.quiet) {
        output::warn(&format!("{}: {note}", capture.source.name));
    }
}
