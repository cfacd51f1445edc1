//! `plateau trace`: what one set of traces tells, and why its slow requests are slow.

use crate::args::Trace;
use crate::exit::Outcome;
use crate::output::{self, Files};
use crate::{input, progress, terminal};
use analyzer_core::render::screen::Screen;
use analyzer_core::render::{TraceRenderer, TraceText};
use analyzer_core::requests::{TraceReport, Wanted, of_group, trace_report};
use analyzer_formats::{Capture, Content, ReadOptions, Tags};
use anyhow::{Result, bail};
use rayon::prelude::*;
use std::path::Path;

pub(crate) fn run(trace: &Trace) -> Result<Outcome> {
    output::refuse_overwriting(&trace.output, &trace.inputs())?;
    let forms: Vec<&dyn TraceRenderer> =
        trace.output.iter().map(|path| output::trace_form_of(path)).collect::<Result<_>>()?;
    expect_sense(trace)?;
    let mut options = trace.options();
    let mut captures = read(trace)?;
    if !trace.reading.redact.is_empty() {
        let mut all: Vec<&mut Capture> = captures.iter_mut().collect();
        let redaction = input::redact(&trace.reading, &mut all, &[&options.command]);
        options.command = redaction.text(&options.command);
        options.redacted = Some(redaction.len());
    }
    for capture in &captures {
        super::warn_of_losses(&trace.reading, &capture.source.name, &capture.notes);
    }
    let report = trace_report(&captures, &options);
    if let Wanted::Traces(ids) = options.paths {
        expect_found(&report, ids)?;
    }
    let mut files = Files::default();
    for (path, form) in trace.output.iter().zip(&forms) {
        files.write(path, |out| Ok(form.render(&report, out)?))?;
    }
    files.commit()?;
    if !trace.reading.quiet || trace.format != "text" {
        output::to_stdout(|out| match output::trace_form_named(&trace.format) {
            Some(form) if trace.format != "text" => Ok(form.render(&report, out)?),
            _ => {
                let Screen { width, color, .. } = terminal::screen(trace.printing.color);
                Ok(TraceText { width, color }.render(&report, out)?)
            }
        })?;
    }
    Ok(Outcome::Done)
}

/// Refuses options that say nothing of traces.
fn expect_sense(trace: &Trace) -> Result<()> {
    if !trace.reading.subtract.is_empty() {
        bail!(
            "--subtract is for values of profiles that add up since the start of a process; traces hold none"
        );
    }
    if trace.measuring.sample_index.is_some() {
        bail!(
            "--sample-index chooses the value type of a profile; --value chooses what spans are measured by"
        );
    }
    if trace.captures.iter().filter(|path| path.as_path() == Path::new("-")).count() > 1 {
        bail!("- was given twice, but standard input can be read only once");
    }
    Ok(())
}

/// Reads the captures, several at the same time.
fn read(trace: &Trace) -> Result<Vec<Capture>> {
    progress::expect(trace.captures.len());
    let read = |path: &std::path::PathBuf| {
        let options = ReadOptions { tags: Tags::All, ..trace.reading.options(true) };
        let mut capture = input::read_as(path, &trace.reading, &options)?;
        if matches!(capture.content, Content::Profile(_)) {
            let name = &capture.source.name;
            bail!("{name}: holds a profile, expected traces; plateau show lists the functions of a profile");
        }
        super::prepare_spans(&mut capture, &trace.measuring)?;
        Ok(capture)
    };
    let captures: Vec<Capture> = trace.captures.par_iter().map(read).collect::<Result<_>>()?;
    choose(captures, trace)
}

/// The requests that are asked for. Of several captures some may have none of them.
fn choose(captures: Vec<Capture>, trace: &Trace) -> Result<Vec<Capture>> {
    let Some(pattern) = &trace.group else { return Ok(captures) };
    let (mut chosen, mut failed) = (Vec::new(), None);
    for capture in captures {
        match of_group(capture, pattern) {
            Ok(capture) => chosen.push(capture),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        Some(error) if chosen.is_empty() => Err(error.into()),
        _ => Ok(chosen),
    }
}

/// Refuses ids of traces that no capture has.
fn expect_found(report: &TraceReport, ids: &[String]) -> Result<()> {
    let found = report.traces.critical_paths.as_deref().unwrap_or_default();
    let missing = ids.iter().find(|id| !found.iter().any(|path| path.trace_id.eq_ignore_ascii_case(id)));
    match missing {
        Some(id) => {
            bail!("no request has the trace id {id}; ids are written as in the file, see those of a report")
        }
        None => Ok(()),
    }
}
