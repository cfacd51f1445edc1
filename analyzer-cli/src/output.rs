//! Where results go: standard output, or files written whole or not at all.

use crate::interrupt;
use analyzer_core::render::figures::printable;
use analyzer_core::render::{
    CHECK_RENDERERS, CheckRenderer, RENDERERS, Renderer, TRACE_RENDERERS, TraceRenderer,
};
use anyhow::{Context, Result, bail};
use regex::bytes::Regex;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Raw stacks may be hundreds of megabytes; they are handed over in pieces of this size.
const BUFFER: usize = 1 << 18;

/// The format of `plateau diff` that is no renderer of a report.
pub(crate) const FOLDED_DIFF: &str = "folded-diff";

/// What `plateau diff --format` takes.
pub(crate) fn report_formats() -> clap::builder::PossibleValuesParser {
    let names = RENDERERS.iter().map(|renderer| renderer.name());
    names.chain([FOLDED_DIFF]).collect::<Vec<_>>().into()
}

/// The form of a report.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Report(&'static dyn Renderer),
    FoldedDiff,
}

/// The form called `name`.
pub(crate) fn form_named(name: &str) -> Option<Form> {
    if name == FOLDED_DIFF {
        return Some(Form::FoldedDiff);
    }
    RENDERERS.iter().copied().find(|renderer| renderer.name() == name).map(Form::Report)
}

/// The form that the extension of an output file asks for.
pub(crate) fn form_of(path: &Path) -> Result<Form> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let extension = extension.as_deref().unwrap_or("");
    if extension == "folded" {
        return Ok(Form::FoldedDiff);
    }
    let renderer = RENDERERS.iter().copied().find(|renderer| renderer.extension() == extension);
    let Some(renderer) = renderer else {
        let known: Vec<&str> = RENDERERS.iter().map(|renderer| renderer.extension()).collect();
        bail!("{}: expected an output ending in one of: {}, folded", path.display(), known.join(", "));
    };
    Ok(Form::Report(renderer))
}

/// What `plateau trace --format` takes.
pub(crate) fn trace_formats() -> clap::builder::PossibleValuesParser {
    TRACE_RENDERERS.iter().map(|renderer| renderer.name()).collect::<Vec<_>>().into()
}

/// The form of a report on one set of traces called `name`.
pub(crate) fn trace_form_named(name: &str) -> Option<&'static dyn TraceRenderer> {
    TRACE_RENDERERS.iter().copied().find(|renderer| renderer.name() == name)
}

/// The form of such a report that the extension of an output file asks for.
pub(crate) fn trace_form_of(path: &Path) -> Result<&'static dyn TraceRenderer> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let extension = extension.as_deref().unwrap_or("");
    let renderer = TRACE_RENDERERS.iter().copied().find(|renderer| renderer.extension() == extension);
    renderer.with_context(|| {
        let known: Vec<&str> = TRACE_RENDERERS.iter().map(|renderer| renderer.extension()).collect();
        format!("{}: expected an output ending in one of: {}", path.display(), known.join(", "))
    })
}

/// What `plateau check --format` takes.
pub(crate) fn check_formats() -> clap::builder::PossibleValuesParser {
    CHECK_RENDERERS.iter().map(|renderer| renderer.name()).collect::<Vec<_>>().into()
}

/// The form of the result of a check called `name`.
pub(crate) fn check_form_named(name: &str) -> Option<&'static dyn CheckRenderer> {
    CHECK_RENDERERS.iter().copied().find(|renderer| renderer.name() == name)
}

/// The form of such a result that the extension of an output file asks for.
pub(crate) fn check_form_of(path: &Path) -> Result<&'static dyn CheckRenderer> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let extension = extension.as_deref().unwrap_or("");
    let renderer = CHECK_RENDERERS.iter().copied().find(|renderer| renderer.extension() == extension);
    renderer.with_context(|| {
        let known: Vec<&str> = CHECK_RENDERERS.iter().map(|renderer| renderer.extension()).collect();
        format!("{}: expected an output ending in one of: {}", path.display(), known.join(", "))
    })
}

/// Refuses outputs that would overwrite an input or each other.
pub(crate) fn refuse_overwriting(outputs: &[PathBuf], inputs: &[&Path]) -> Result<()> {
    for (index, output) in outputs.iter().enumerate() {
        if output == Path::new("-") {
            bail!(
                "-o takes the name of a file; without it, and with --format, results go to standard output"
            );
        }
        // What comes by standard input may be a file too.
        let stored = |input: &Path| {
            if input == Path::new("-") { PathBuf::from("/dev/stdin") } else { input.to_owned() }
        };
        if let Some(input) = inputs.iter().find(|input| is_same_file(output, &stored(input))) {
            bail!(
                "{}: is the input {}, which is never overwritten; name another output",
                output.display(),
                input.display()
            );
        }
        if outputs[..index].iter().any(|other| is_same_file(output, other)) {
            bail!("{}: was given twice as an output", output.display());
        }
        if output.is_dir() {
            bail!("{}: is a directory, expected the name of a file to write", output.display());
        }
    }
    Ok(())
}

/// Whether two paths are one file, also through links and other spellings, and if it is yet to be made.
fn is_same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if let (Ok(one), Ok(other)) = (fs::metadata(one), fs::metadata(other)) {
            return (one.dev(), one.ino()) == (other.dev(), other.ino());
        }
    }
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
    };
    one == other || place(one).is_some_and(|one| Some(one) == place(other))
}

/// Files that are to appear together: each is written beside its place and moved there by [`Files::commit`].
#[derive(Default)]
pub(crate) struct Files {
    written: Vec<(tempfile::NamedTempFile, PathBuf)>,
}

impl Files {
    /// Writes one file beside its place. A pipe or a device that stands there is written to; of a link, what it
    /// leads to is replaced.
    pub(crate) fn write(
        &mut self,
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let explain = || format!("{}: cannot be written", path.display());
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
            let file = fs::OpenOptions::new().write(true).open(&target).with_context(explain)?;
            return while_read(file, write).with_context(explain);
        }
        let folder =
            target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".plateau-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // What an ordinary new file gets; the umask takes its part off.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file =
            interrupt::unfinished(|| builder.tempfile_in(folder).map_err(plain)).with_context(explain)?;
        let mut buffered = BufWriter::with_capacity(BUFFER, file);
        write(&mut buffered).with_context(explain)?;
        let file = buffered.into_inner().map_err(io::IntoInnerError::into_error).with_context(explain)?;
        self.written.push((file, target));
        Ok(())
    }

    /// Moves every file to its place.
    pub(crate) fn commit(self) -> Result<()> {
        for (file, path) in self.written {
            interrupt::finish(file, &path)
                .with_context(|| format!("{}: cannot be written", path.display()))?;
        }
        Ok(())
    }
}

/// The error without the name of the file that is yet to be moved to its place.
fn plain(error: io::Error) -> io::Error {
    error.raw_os_error().map_or(io::Error::from(error.kind()), io::Error::from_raw_os_error)
}

/// Writes one file whole or not at all.
pub(crate) fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut files = Files::default();
    files.write(path, write)?;
    files.commit()
}

/// Writes to standard output.
pub(crate) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    while_read(io::stdout().lock(), write).map_err(|error| match error.is::<io::Error>() {
        true => error.context("standard output: cannot be written"),
        false => error,
    })
}

/// Writes for as long as there is a reader. One that has seen enough, `head` say, ends the writing and nothing else: what a
/// command found is its exit code all the same.
fn while_read(out: impl Write, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut pipe = Pipe { out, is_closed: false };
    let mut buffered = BufWriter::with_capacity(BUFFER, &mut pipe);
    let written = write(&mut buffered).and_then(|()| Ok(buffered.flush()?));
    // What is still in the buffer of a failed write is not tried again.
    drop(buffered.into_parts());
    if pipe.is_closed { Ok(()) } else { written }
}

/// An output that remembers whether its reader is gone: errors that were passed on do not always tell.
struct Pipe<W> {
    out: W,
    is_closed: bool,
}

impl<W> Pipe<W> {
    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        self.is_closed |= result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        result
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.noted(flushed)
    }
}

/// What must not be shown on standard error either.
static HIDDEN: OnceLock<Vec<Regex>> = OnceLock::new();

/// Hides what these patterns match in everything that is said on standard error from now on.
pub(crate) fn hide(patterns: &[Regex]) {
    // A run has one command.
    let _ = HIDDEN.set(patterns.to_vec());
}

/// A text for standard error: printable, and without what is hidden. What is quoted of a file may be cut within a match,
/// so then nothing is quoted.
pub(crate) fn shown(text: &str) -> String {
    let Some(hidden) = HIDDEN.get().filter(|hidden| !hidden.is_empty()) else { return printable(text) };
    let mut text = text.as_bytes().to_vec();
    for pattern in hidden {
        text = pattern.replace_all(&text, b"redacted").into_owned();
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let parts = text.split('"').enumerate();
    let parts: Vec<&str> = parts.map(|(at, part)| if at % 2 == 1 { "…" } else { part }).collect();
    printable(&parts.join("\""))
}

/// Says something on standard error.
pub(crate) fn warn(text: &str) {
    // If standard error is closed there is no one left to tell.
    let _ = writeln!(anstream::stderr(), "plateau: {}", shown(text));
}
