//! One file per verb.

mod baseline;
mod convert;
mod diff;
mod flame;
mod info;
mod show;
mod trace;

use crate::args::{Args, Command, Measuring, Reading};
use crate::exit::Outcome;
use crate::output;
use analyzer_core::spans;
use analyzer_formats::{Capture, Content, Notes, Profile};
use anyhow::bail;
use std::borrow::Cow;

/// Runs a command.
pub(crate) fn run(args: Args) -> anyhow::Result<Outcome> {
    output::hide(args.command.redact());
    match args.command {
        Command::Diff(diff) => diff::run(&diff),
        Command::Show(show) => show::run(&show),
        Command::Flame(flame) => flame::run(&flame),
        Command::Trace(trace) => trace::run(&trace),
        Command::Info(info) => info::run(&info),
        Command::Baseline(baseline) => baseline::run(&baseline),
        Command::Convert(convert) => convert::run(&convert),
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
fn profile<'a>(capture: &'a Capture, measuring: &Measuring) -> anyhow::Result<Cow<'a, Profile>> {
    expect_value_of_traces(capture, measuring)?;
    Ok(match &capture.content {
        Content::Profile(profile) => Cow::Borrowed(profile),
        Content::Traces(traces) => Cow::Owned(spans::project(traces, measuring.trace_value())),
    })
}

/// Refuses `--value` for a profile, in which it would choose nothing.
fn expect_value_of_traces(capture: &Capture, measuring: &Measuring) -> anyhow::Result<()> {
    if measuring.value.is_some() && matches!(capture.content, Content::Profile(_)) {
        bail!(
            "{}: --value chooses what spans of traces are measured by, and this is a profile; \
             --sample-index chooses its value type",
            capture.source.name
        );
    }
    Ok(())
}
