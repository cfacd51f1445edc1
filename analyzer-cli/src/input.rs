//! Reads the captures of a command.

use crate::args::Reading;
use analyzer_formats::{Capture, ReadOptions, read_path, read_stdin};
use anyhow::{Result, bail};
use std::path::Path;

/// Reads one capture; `-` is standard input.
pub(crate) fn read(path: &Path, reading: &Reading, digest: bool) -> Result<Capture> {
    read_as(path, reading, &reading.options(digest))
}

/// Reads one capture with these options.
pub(crate) fn read_as(path: &Path, reading: &Reading, options: &ReadOptions) -> Result<Capture> {
    let capture = if path == Path::new("-") { read_stdin(options)? } else { read_path(path, options)? };
    if let Some(note) = capture.notes.losses().next().filter(|_| reading.strict) {
        bail!("{}: --strict: {note}", capture.source.name);
    }
    Ok(capture)
}

/// Reads two captures, at the same time where both are files.
pub(crate) fn read_pair(
    before: &Path,
    after: &Path,
    reading: &Reading,
    digest: bool,
) -> Result<(Capture, Capture)> {
    let stdin = Path::new("-");
    if before == stdin && after == stdin {
        bail!("- was given for both captures, but standard input can be read only once; name a file for one");
    }
    let (before, after) = rayon::join(|| read(before, reading, digest), || read(after, reading, digest));
    Ok((before?, after?))
}
