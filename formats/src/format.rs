//! The registry of formats, recognition by bytes, and the entry points of reading.

use crate::error::{ReadError, ReadErrorKind};
use crate::input::{self, Stored};
use crate::unpack::{self, Container, Unpacked, Unpacker};
use crate::{
    Capture, Content, Notes, Progress, Source, Tags, archive, console, folded, jaeger, json, otlp,
    perf_script, pprof, speedscope, zipkin,
};
use std::path::Path;
use std::sync::Arc;

/// Every format that is read, most distinctive first.
pub const FORMATS: &[&dyn Format] = &[
    &jaeger::Jaeger,
    &jaeger::storage::Storage,
    &otlp::Otlp,
    &zipkin::Zipkin,
    &console::Console,
    &speedscope::Speedscope,
    &perf_script::PerfScript,
    &folded::Folded,
    &pprof::Pprof,
];

/// How much of the input recognition looks at.
const HEAD: usize = 1 << 16;
/// A deep folded stack may fill more than that with its first line.
const LONGEST_LINE: usize = 16 << 20;

/// A capture format: recognises its bytes and reads them.
pub trait Format: Sync {
    /// The name, as in `--from` and in reports.
    fn name(&self) -> &'static str;

    /// One line for help and tables: what writes it.
    fn description(&self) -> &'static str;

    /// Whether the input looks like this format, judged by its first bytes: `head` is the first 64 KiB, or
    /// the first line where that is longer, up to 16 MiB.
    fn recognise(&self, head: &[u8]) -> Option<Recognition>;

    /// Reads the whole unpacked input.
    ///
    /// # Errors
    /// When no result is possible; anything less is noted in `notes`.
    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind>;

    /// Whether a record of the format ends with its line, so that a cut line is no record.
    fn is_lines(&self) -> bool {
        false
    }

    /// Reads a packed input while it is unpacked; `None` where the format reads whole inputs only.
    fn read_packed(
        &self,
        _input: &mut Unpacker<'_>,
        _options: &ReadOptions,
        _notes: &mut Notes,
    ) -> Option<Result<Content, ReadErrorKind>> {
        None
    }
}

/// How sure a format is that bytes are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The bytes can be read as this format, and as others.
    Possible,
    /// The bytes look like this format.
    Likely,
    /// A signature that no other format has.
    Certain,
}

/// What recognition found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognition {
    /// How sure.
    pub confidence: Confidence,
    /// What in the bytes gave it away.
    pub why: String,
}

/// What is done about a path that leads to a pipe: opening one waits until something writes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipes {
    /// It is read to its end, as the shell's `<(command)` wants it.
    Read,
    /// It is an error at once, as whatever else is found in a folder and is no file.
    Refuse,
}

/// How to read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Read as the format of this name whatever the bytes look like. A name that no format has is an error.
    pub from: Option<&'static str>,
    /// Map large files into memory instead of reading them.
    pub map: bool,
    /// What is done about a path that leads to a pipe.
    pub pipes: Pipes,
    /// The most bytes a compressed file or a pipe may give.
    pub max_unpacked: u64,
    /// The most bytes a compressed file may give for each byte it takes, above 256 MiB. Real captures give up to some
    /// hundred, gzip can at most 1,032.
    pub max_ratio: u64,
    /// Compute the blake3 digest of the stored bytes.
    pub digest: bool,
    /// Keep the samples one by one, with time and thread, where the format has them.
    pub timeline: bool,
    /// Which tags of spans are kept.
    pub tags: Tags,
    /// Where to say how much was read.
    pub progress: Option<Arc<Progress>>,
    /// About how many bytes one parallel task reads. The result does not depend on it.
    pub chunk_bytes: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            from: None,
            map: true,
            pipes: Pipes::Read,
            max_unpacked: 8 << 30,
            max_ratio: 500,
            digest: false,
            timeline: false,
            tags: Tags::All,
            progress: None,
            chunk_bytes: 4 << 20,
        }
    }
}

/// The format called `name`.
#[must_use]
pub fn format_named(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// Reads a capture file.
///
/// # Errors
/// When the file cannot be opened, is in no known format, or breaks its format so that nothing can be used.
pub fn read_path(path: &Path, options: &ReadOptions) -> Result<Capture, ReadError> {
    let name = path.display().to_string();
    read_file(&name, path, options).map_err(|kind| ReadError { name, kind })
}

fn read_file(name: &str, path: &Path, options: &ReadOptions) -> Result<Capture, ReadErrorKind> {
    let opened = input::open(path, options)?;
    let outcome = read_stored(name, &opened.stored, options);
    if !opened.has_changed() {
        return outcome;
    }
    let mut capture = outcome.map_err(|found| ReadErrorKind::Changed { found: Box::new(found) })?;
    input::note_change(&mut capture.notes);
    Ok(capture)
}

/// Reads a capture from standard input.
///
/// # Errors
/// As [`read_path`].
pub fn read_stdin(options: &ReadOptions) -> Result<Capture, ReadError> {
    let outcome = input::stdin(options).and_then(|stored| read_stored("-", &stored, options));
    outcome.map_err(|kind| ReadError { name: "-".to_owned(), kind })
}

/// Reads a capture from memory; `name` is for messages and reports.
///
/// # Errors
/// As [`read_path`].
pub fn read_bytes(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Capture, ReadError> {
    read_stored(name, &Stored::Borrowed(bytes), options)
        .map_err(|kind| ReadError { name: name.to_owned(), kind })
}

fn read_stored(name: &str, stored: &Stored<'_>, options: &ReadOptions) -> Result<Capture, ReadErrorKind> {
    let mut notes = Notes::default();
    if stored.is_empty() {
        return Err(ReadErrorKind::Empty);
    }
    let wanted = wanted(options)?;
    let source = |format: &'static dyn Format, why_recognised, container| Source {
        name: name.to_owned(),
        format: format.name(),
        why_recognised,
        container,
        bytes: stored.len() as u64,
        digest: options.digest.then(|| digest(stored)),
    };
    if let Some(progress) = &options.progress {
        progress.of(stored.len());
    }
    if let Some(mut unpacker) = Unpacker::new(stored, options) {
        // What is counted are stored bytes.
        let options = &ReadOptions { progress: None, ..options.clone() };
        let found = wanted.clone().or_else(|| recognise(&unpack::first_bytes(stored, HEAD)?).ok());
        if let Some((format, why)) = found
            && let Some(content) = format.read_packed(&mut unpacker, options, &mut notes)
        {
            let content = content.map_err(|found| because_of(&mut unpacker.take_damage(), found))?;
            return Ok(Capture { source: source(format, why, unpacker.container()), content, notes });
        }
    }
    let Found { bytes, container, format, why_recognised, mut damage } = unpack(stored, options, &mut notes)?;
    let is_plain = container == Container::Plain;
    let progress = options.progress.clone().filter(|_| is_plain);
    let content = format
        .read(&bytes, &ReadOptions { progress, ..options.clone() }, &mut notes)
        .map_err(|found| because_of(&mut damage, found))?;
    Ok(Capture { source: source(format, why_recognised, container), content, notes })
}

/// Where a container is damaged, that is why what was unpacked makes no sense.
fn because_of(damage: &mut Option<ReadErrorKind>, found: ReadErrorKind) -> ReadErrorKind {
    match found {
        ReadErrorKind::Unrecognised { .. } | ReadErrorKind::Empty | ReadErrorKind::Malformed { .. } => {
            damage.take().unwrap_or(found)
        }
        other => other,
    }
}

/// The format that is asked for.
fn wanted(options: &ReadOptions) -> Result<Option<(&'static dyn Format, String)>, ReadErrorKind> {
    let Some(name) = options.from else { return Ok(None) };
    match format_named(name) {
        Some(format) => Ok(Some((format, "--from".to_owned()))),
        None => Err(ReadErrorKind::NoSuchFormat { name, known: names() }),
    }
}

/// The names of all formats, for people.
fn names() -> String {
    FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ")
}

/// What a file holds, unpacked.
pub(crate) struct Found<'a> {
    pub(crate) bytes: Unpacked<'a>,
    pub(crate) container: Container,
    pub(crate) format: &'static dyn Format,
    pub(crate) why_recognised: String,
    /// Where the container is cut or corrupt.
    damage: Option<ReadErrorKind>,
}

/// Unpacks a file and recognises what it holds.
pub(crate) fn unpack<'a>(
    stored: &'a Stored<'_>,
    options: &ReadOptions,
    notes: &mut Notes,
) -> Result<Found<'a>, ReadErrorKind> {
    if stored.is_empty() {
        return Err(ReadErrorKind::Empty);
    }
    let wanted = wanted(options)?;
    // What is no capture is refused by its first bytes, before gigabytes of it are unpacked.
    if let Some(first) =
        unpack::first_bytes(stored, HEAD).filter(|first| options.from.is_none() && is_enough(first))
    {
        recognise(&first)?;
    }
    let (mut bytes, container, mut damage) = unpack::unpack(stored, options, notes)?;
    let (format, why_recognised) =
        wanted.map_or_else(|| recognise(&bytes), Ok).map_err(|found| because_of(&mut damage, found))?;
    if format.is_lines() && unpack::ends_early(notes) {
        bytes.drop_cut_line(notes);
    }
    if format.is_lines() {
        bytes.end_lines_at_cr();
    }
    Ok(Found { bytes, container, format, why_recognised, damage })
}

fn digest(stored: &[u8]) -> String {
    blake3::Hasher::new().update_rayon(stored).finalize().to_hex().to_string()
}

/// The one format that is surest of these bytes, and why.
fn recognise(input: &[u8]) -> Result<(&'static dyn Format, String), ReadErrorKind> {
    if input.is_empty() {
        return Err(ReadErrorKind::Empty);
    }
    if let Some(refusal) = archive::refusal(input) {
        return Err(refusal);
    }
    let head = head(input);
    if let Some((format, advice)) = unsupported(input).or_else(|| json::unsupported(head)) {
        return Err(ReadErrorKind::Unsupported { format, advice });
    }
    let claims: Vec<(&'static dyn Format, Recognition)> =
        FORMATS.iter().filter_map(|&format| Some((format, format.recognise(head)?))).collect();
    let surest = claims.iter().map(|(_, claim)| claim.confidence).max();
    let mut surest = claims.into_iter().filter(|(_, claim)| Some(claim.confidence) == surest);
    let best = surest.next();
    if let (Some((first, _)), Some((second, _))) = (&best, surest.next()) {
        return Err(ReadErrorKind::Ambiguous { first: first.name(), second: second.name() });
    }
    match best {
        Some((format, recognition)) => Ok((format, recognition.why)),
        None => {
            let expected = format!("one of: {}", names());
            Err(ReadErrorKind::Unrecognised {
                found: head[..head.len().min(40)].escape_ascii().to_string(),
                expected,
            })
        }
    }
}

/// What recognition looks at: the first 64 KiB, or the first line where that is longer, up to 16 MiB.
fn head(input: &[u8]) -> &[u8] {
    let head = &input[..input.len().min(HEAD)];
    if is_text(head) && !head.contains(&b'\n') {
        let line = &input[..input.len().min(LONGEST_LINE)];
        return memchr::memchr(b'\n', line).map_or(line, |end| &line[..=end]);
    }
    head
}

fn is_text(head: &[u8]) -> bool {
    !head.contains(&0) && !matches!(head.first(), Some(b'{' | b'['))
}

/// Whether recognition looks at no more of the input than this beginning.
fn is_enough(first: &[u8]) -> bool {
    first.len() == HEAD && head(first).len() == HEAD && (first.contains(&b'\n') || !is_text(first))
}

/// Formats that people do pass to an analyzer and that are not read yet, by their signatures.
fn unsupported(input: &[u8]) -> Option<(&'static str, &'static str)> {
    const SIGNATURES: &[(&[u8], &str, &str)] = &[
        (
            b"PERFILE2",
            "a binary perf.data file",
            "run `perf script -F +pid,+time,+period -i FILE > FILE.perf.txt` on the machine that recorded it and pass that",
        ),
        (b"FLR\0", "a Java Flight Recorder file", "convert it with async-profiler's `jfrconv --collapsed`"),
        (b"heap profile:", "a legacy heap profile", "convert it with `go tool pprof -proto`"),
        (b"heap_v2/", "a jemalloc heap profile", "convert it with `jeprof --collapsed`"),
        (b"--- contention", "a legacy contention profile", "convert it with `go tool pprof -proto`"),
        (b"--- mutex:", "a legacy mutex profile", "convert it with `go tool pprof -proto`"),
        (b"--- threadz", "a legacy thread profile", "convert it with `go tool pprof -proto`"),
        (b"goroutine profile: total", "a goroutine dump", "fetch it with `?debug=0` to get pprof"),
    ];
    SIGNATURES
        .iter()
        .find(|(signature, ..)| input.starts_with(signature))
        .map(|&(_, format, advice)| (format, advice))
        .or_else(|| {
            pprof::legacy(&input[..input.len().min(HEAD)])
                .map(|format| (format, "convert it with `go tool pprof -proto`"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_format_that_does_not_exist_is_an_error_that_names_those_that_do() {
        for bytes in [b"a;b 1\n".to_vec(), gzip("a;b 1\n")] {
            let options = ReadOptions { from: Some("foldet"), ..ReadOptions::default() };
            let error = read_bytes("x", &bytes, &options).unwrap_err();
            assert_eq!(error.kind.code(), "no_such_format");
            let text = error.to_string();
            assert!(
                text.contains("foldet") && FORMATS.iter().all(|known| text.contains(known.name())),
                "{text}"
            );
        }
    }

    #[test]
    fn what_follows_a_whole_container_costs_no_line() {
        // No newline at the end: a piece of a line in a cut container only.
        let whole = gzip("a;b 1\na;c 22");
        let codes = |stored: &[u8]| {
            let capture = read_bytes("x", stored, &ReadOptions::default()).unwrap();
            let codes: Vec<_> = capture.notes.iter().map(|note| note.code).collect();
            (capture.records_used(), codes)
        };
        assert_eq!(codes(&[&whole[..], b"garbage"].concat()), (2, vec!["gzip_trailing"]));
        assert_eq!(codes(&whole[..whole.len() - 1]), (1, vec!["truncated", "line_cut"]));
    }
}
