//! `plateau baseline`: an archive of captures to compare with.

use crate::args::{Baseline as Command, BaselineBuild, BaselineShow, BaselineUpdate, InfoFormat, Reading};
use crate::exit::Outcome;
use crate::{input, output, progress};
use analyzer_core::baseline::{Baseline, Sum, Summary};
use analyzer_core::render::figures::printable;
use analyzer_core::report::units;
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(crate) fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Build(build) => self::build(build)?,
        Command::Update(update) => self::update(update)?,
        Command::Show(show) => self::show(show)?,
    }
    Ok(Outcome::Done)
}

fn build(build: &BaselineBuild) -> Result<()> {
    let inputs = build.reading.with_subtracted(&build.captures);
    output::refuse_overwriting(std::slice::from_ref(&build.output), &inputs)?;
    write(&read(Sum::default(), &build.captures, &build.reading)?, &build.output)
}

fn update(update: &BaselineUpdate) -> Result<()> {
    let inputs = update.reading.with_subtracted(&update.captures);
    let target = update.output.as_ref().unwrap_or(&update.baseline);
    output::refuse_overwriting(std::slice::from_ref(target), &inputs)?;
    let mut sum = Sum::default();
    sum.add(input::read_baseline(&update.baseline)?)?;
    write(&read(sum, &update.captures, &update.reading)?, target)
}

/// Adds captures, several read at the same time, in their order: no more are in memory than are read at once. Files that are
/// baselines are merged.
fn read(mut sum: Sum, paths: &[PathBuf], reading: &Reading) -> Result<Baseline> {
    if !reading.redact.is_empty() {
        bail!(
            "--redact: later captures are matched with a baseline by the names in it; give it to diff --baseline"
        );
    }
    let one = |path: &PathBuf| -> Result<_> {
        if is_baseline(path) {
            return Ok((input::read_baseline(path)?, None));
        }
        let capture = input::read(path, reading, true)?;
        super::expect_sound(&capture)?;
        let baseline = Baseline::build(std::slice::from_ref(&capture))?;
        Ok((baseline, Some((capture.source.name, capture.notes))))
    };
    progress::expect(paths.len());
    let mut notes = Vec::new();
    for window in paths.chunks(2 * rayon::current_num_threads()) {
        for (baseline, its_notes) in window.par_iter().map(one).collect::<Result<Vec<_>>>()? {
            sum.add(baseline)?;
            notes.extend(its_notes);
        }
    }
    // Once all are read, so that nothing is written into the line of progress.
    for (name, notes) in notes {
        super::warn_of_losses(reading, &name, &notes);
    }
    sum.finish().context("no capture was given, expected one or more")
}

fn is_baseline(path: &Path) -> bool {
    use std::io::Read as _;
    // What is read of a pipe is gone.
    if !path.is_file() {
        return false;
    }
    let mut head = [0; 40];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut head)).unwrap_or(0);
    head[..read].starts_with(br#"{"schema":"plateau-baseline/"#)
}

fn write(baseline: &Baseline, path: &Path) -> Result<()> {
    output::write_file(path, |out| Ok(baseline.write(out)?))
}

fn show(show: &BaselineShow) -> Result<()> {
    let summary = input::read_baseline(&show.baseline)?.summary();
    output::to_stdout(|out| match show.format {
        InfoFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &summary)?;
            Ok(writeln!(out)?)
        }
        InfoFormat::Text => text(&show.baseline, &summary, out),
    })
}

fn text(path: &Path, summary: &Summary, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "{}: {}",
        printable(&path.display().to_string()),
        units::many(summary.captures.len() as u64, "capture")
    )?;
    for capture in &summary.captures {
        writeln!(out, "  {}", printable(&capture.name))?;
    }
    for measure in &summary.measures {
        let spread = match measure.spread_pct {
            Some(spread) => {
                format!("a function of 1 % differs by {spread:.0} % of itself from capture to capture")
            }
            None => "one capture tells no noise; add more of the same code".to_owned(),
        };
        let samples = units::many(measure.samples, "sample");
        writeln!(out, "{}: {samples}, {} functions; {spread}", printable(&measure.name), measure.functions)?;
        for row in &measure.widest {
            let line = format!(
                "  {:>6.2} % +- {:.2}  {}",
                row.share_pct,
                row.deviation_pct,
                printable(&row.function)
            );
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
