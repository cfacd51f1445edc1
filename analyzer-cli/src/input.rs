//! Reads the captures of a command.

use crate::args::{Reading, Sides, Sources};
use crate::{output, progress};
use analyzer_core::account::Account;
use analyzer_core::baseline::Baseline;
use analyzer_core::redact::Redaction;
use analyzer_core::select::{Selection, select};
use analyzer_core::{Question, subtract};
use analyzer_formats::folded::{self, Text, Totals};
use analyzer_formats::{Capture, Container, ReadOptions, Source, Tags, read_path, read_stdin};
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads one capture; `-` is standard input.
pub(crate) fn read(path: &Path, reading: &Reading, digest: bool) -> Result<Capture> {
    read_as(path, reading, &reading.options(digest))
}

/// Reads one capture with these options, less what is to be subtracted.
pub(crate) fn read_as(path: &Path, reading: &Reading, options: &ReadOptions) -> Result<Capture> {
    match &reading.subtract[..] {
        [] => read_whole(path, reading, options),
        [base] => less(path, base, reading, options),
        _ => bail!("--subtract was given more than once, and there is one capture"),
    }
}

fn read_whole(path: &Path, reading: &Reading, options: &ReadOptions) -> Result<Capture> {
    let watched = progress::watch(path, reading.quiet);
    let progress = watched.as_ref().map(|(_, progress)| Arc::clone(progress));
    let options = &ReadOptions { progress, ..options.clone() };
    let read = if path == Path::new("-") { read_stdin(options) } else { read_path(path, options) };
    drop(watched);
    let capture = read?;
    if reading.strict
        && let Some(loss) = Account::new(&capture).loss()
    {
        bail!("{}: --strict: {loss}", capture.source.name);
    }
    Ok(capture)
}

fn less(path: &Path, base: &Path, reading: &Reading, options: &ReadOptions) -> Result<Capture> {
    let (capture, base) =
        rayon::join(|| read_whole(path, reading, options), || read_whole(base, reading, options));
    Ok(subtract(&capture?, &base?)?)
}

/// Hides what is asked to be hidden, in captures and in other texts that are shown.
pub(crate) fn redact(reading: &Reading, captures: &mut [&mut Capture], others: &[&str]) -> Redaction {
    let redaction = Redaction::new(&reading.redact, captures.iter().map(|capture| &**capture), others);
    for number in redaction.unused() {
        output::warn(&format!("--redact: pattern {number} matches nothing in the captures; is it right?"));
    }
    captures.iter_mut().for_each(|capture| redaction.apply(capture));
    redaction
}

/// The captures of a comparison.
pub(crate) struct Captures {
    pub(crate) before: Vec<Capture>,
    pub(crate) after: Vec<Capture>,
    pub(crate) baseline: Option<Baseline>,
}

impl Captures {
    /// What is asked of them.
    pub(crate) fn question(&self) -> Question<'_> {
        let before = match &self.baseline {
            Some(baseline) => std::slice::from_ref(&baseline.capture),
            None => &self.before,
        };
        Question { before, after: &self.after, baseline: self.baseline.as_ref() }
    }

    /// Hides what is asked to be hidden in all of them, and in the question.
    pub(crate) fn redact(&mut self, reading: &Reading, question: &mut String) -> usize {
        let archived = self.baseline.iter_mut().map(|baseline| &mut baseline.capture);
        let mut captures: Vec<&mut Capture> =
            self.before.iter_mut().chain(&mut self.after).chain(archived).collect();
        let redaction = redact(reading, &mut captures, &[question]);
        if let Some(baseline) = &mut self.baseline {
            baseline.redact(&redaction);
        }
        *question = redaction.text(question);
        redaction.len()
    }

    /// All of them, those of before first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Capture> {
        self.before.iter().chain(&self.after)
    }

    /// The same, to be changed.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Capture> {
        self.before.iter_mut().chain(&mut self.after)
    }
}

/// Reads the captures of a comparison, several at the same time.
pub(crate) fn read_sides(sides: &Sides, reading: &Reading, digest: bool) -> Result<Captures> {
    let sources = sides.sources().map_err(anyhow::Error::msg)?;
    let stdin = Path::new("-");
    if sides.inputs(reading).into_iter().filter(|&path| path == stdin).count() > 1 {
        bail!("- was given for two captures, but standard input can be read only once; name a file for one");
    }
    progress::expect(sides.inputs(reading).len());
    let selections = sides.selections();
    let read_side =
        |paths: &[&Path], selections: &[&Selection], base: Option<&PathBuf>| -> Result<Vec<Capture>> {
            let timeline = !selections.is_empty();
            let options = ReadOptions { timeline, tags: Tags::All, ..reading.options(digest) };
            let read = |path: &&Path| {
                let mut capture = match base {
                    Some(base) => less(path, base, reading, &options)?,
                    None => read_whole(path, reading, &options)?,
                };
                for selection in selections {
                    capture = select(&capture, selection)?;
                }
                Ok(capture)
            };
            paths.par_iter().map(read).collect()
        };
    let bases = &reading.subtract;
    if bases.len() > 2 {
        bail!("--subtract was given {} times; expected one for both sides, or one for each", bases.len());
    }
    let read_both = |before: &[&Path], after: &[&Path]| {
        let (before, after) = rayon::join(
            || read_side(before, &selections.0, bases.first()),
            || read_side(after, &selections.1, bases.last()),
        );
        Ok::<_, anyhow::Error>((before?, after?))
    };
    let (before, after, baseline) = match sources {
        Sources::Files { before, after } => {
            let (before, after) = read_both(&before, &after)?;
            (before, after, None)
        }
        Sources::Baseline { baseline, after } => {
            if bases.len() > 1 {
                bail!(
                    "--subtract was given twice, and a baseline has nothing to subtract from; give it once, for AFTER"
                );
            }
            if !selections.0.is_empty() {
                bail!("--before-tag and --before-window choose samples of a capture, and a baseline is none");
            }
            let baseline = read_baseline(baseline)?;
            (Vec::new(), read_side(&after, &selections.1, bases.last())?, Some(baseline))
        }
        Sources::One(path) if sides.has_selections() => {
            if selections.0.is_empty() || selections.1.is_empty() {
                let missing = if selections.0.is_empty() { "before" } else { "after" };
                bail!(
                    "{}: one capture was given, and a tag or window for one side only; choose the samples of \
                     {missing} too (--{missing}-tag, --{missing}-window), or name a second capture",
                    path.display()
                );
            }
            let options = ReadOptions { timeline: true, tags: Tags::All, ..reading.options(digest) };
            let whole = read_as(path, reading, &options)?;
            let chosen = |selections: &[&Selection]| {
                let mut capture = None;
                for selection in selections {
                    capture = Some(select(capture.as_ref().unwrap_or(&whole), selection)?);
                }
                Ok::<_, anyhow::Error>(capture.into_iter().collect::<Vec<_>>())
            };
            (chosen(&selections.0)?, chosen(&selections.1)?, None)
        }
        Sources::One(path) => {
            let both = read(path, reading, digest)?;
            let text = "holds one capture, expected two; name the capture to compare it with";
            let split = folded::split(&both).with_context(|| format!("{}: {text}", both.source.name))?;
            (vec![split.0], vec![split.1], None)
        }
    };
    Ok(Captures { before, after, baseline })
}

/// Reads a baseline.
pub(crate) fn read_baseline(path: &Path) -> Result<Baseline> {
    let bytes = std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let digest = Some(blake3::hash(&bytes).to_hex().to_string());
    let source = Source {
        name: path.display().to_string(),
        format: "baseline",
        why_recognised: "--baseline".to_owned(),
        container: Container::Plain,
        bytes: bytes.len() as u64,
        digest,
    };
    Ok(Baseline::read(&bytes, source)?)
}

/// Opens two files as folded text; `None` when one of them is anything else.
pub(crate) fn open_texts(inputs: &[&Path], reading: &Reading) -> Result<Option<[Text; 2]>> {
    let &[before, after] = inputs else { return Ok(None) };
    if inputs.contains(&Path::new("-")) {
        return Ok(None);
    }
    let options = reading.options(false);
    let Some(before) = Text::open(before, &options)? else { return Ok(None) };
    Ok(Text::open(after, &options)?.map(|after| [before, after]))
}

/// Adds up the lines of two files, at the same time.
pub(crate) fn totals<'a>(texts: &'a [Text; 2], reading: &Reading) -> Result<[Totals<'a>; 2]> {
    let options = reading.options(false);
    let (before, after) = rayon::join(|| texts[0].totals(&options), || texts[1].totals(&options));
    for (text, totals) in texts.iter().zip([&before, &after]) {
        if reading.strict && totals.notes.losses().next().is_some() {
            // Says what is missing in the words of every other command.
            read(Path::new(text.name()), reading, false)?;
        }
    }
    Ok([before, after])
}
