//! One file per verb.

mod convert;
mod diff;
mod flame;
mod info;
mod show;

use crate::args::{Args, Command};
use crate::exit::Outcome;
use crate::output;
use analyzer_core::spans::{self, TraceValue};
use analyzer_formats::{Capture, Content, Notes, Profile};
use std::borrow::Cow;

/// Runs a command.
pub(crate) fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.command {
        Command::Diff(diff) => diff::run(&diff),
        Command::Show(show) => show::run(&show),
        Command::Flame(flame) => flame::run(&flame),
        Command::Info(info) => info::run(&info),
        Command::Convert(convert) => convert::run(&convert),
    }
}

/// Says on standard error what is missing of a capture.
fn warn_of_losses(name: &str, notes: &Notes) {
    for note in notes.losses() {
        output::warn(&format!("{name}: {note}"));
    }
}

/// The stacks of a capture: traces are projected.
fn profile(capture: &Capture, value: TraceValue) -> Cow<'_, Profile> {
    match &capture.content {
        Content::Profile(profile) => Cow::Borrowed(profile),
        Content::Traces(traces) => Cow::Owned(spans::project(traces, value)),
    }
}
