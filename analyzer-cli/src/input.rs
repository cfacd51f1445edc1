//! Reads the captures of a command.

use crate::args::Reading;
use analyzer_core::account::Account;
use analyzer_formats::folded::{self, Text, Totals};
use analyzer_formats::{Capture, ReadOptions, read_path, read_stdin};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Reads one capture; `-` is standard input.
pub(crate) fn read(path: &Path, reading: &Reading, digest: bool) -> Result<Capture> {
    read_as(path, reading, &reading.options(digest))
}

/// Reads one capture with these options.
pub(crate) fn read_as(path: &Path, reading: &Reading, options: &ReadOptions) -> Result<Capture> {
    let capture = if path == Path::new("-") { read_stdin(options)? } else { read_path(path, options)? };
    if reading.strict
        && let Some(loss) = Account::new(&capture).loss()
    {
        bail!("{}: --strict: {loss}", capture.source.name);
    }
    Ok(capture)
}

/// Reads two captures, at the same time where both are files, or the two that one file holds.
pub(crate) fn read_pair(
    before: &Path,
    after: Option<&Path>,
    reading: &Reading,
    digest: bool,
) -> Result<(Capture, Capture)> {
    let Some(after) = after else {
        let both = read(before, reading, digest)?;
        let text = "holds one capture, expected two; name the capture to compare it with";
        return folded::split(&both).with_context(|| format!("{}: {text}", both.source.name));
    };
    let stdin = Path::new("-");
    if before == stdin && after == stdin {
        bail!("- was given for both captures, but standard input can be read only once; name a file for one");
    }
    let (before, after) = rayon::join(|| read(before, reading, digest), || read(after, reading, digest));
    Ok((before?, after?))
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
