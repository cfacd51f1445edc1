//! Input bytes: from a path, standard input or memory; mapped or read; unpacked.
//!
//! This is the only file of the project with `unsafe` code: the memory map.

use crate::error::ReadErrorKind;
use crate::{Notes, ReadOptions};
use flate2::bufread::GzDecoder;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, Read};
use std::ops::Deref;
use std::path::Path;
use std::time::SystemTime;

/// Files of at least this size are mapped; below it a read is as fast and carries no risk.
const MAP_FROM_BYTES: u64 = 1 << 20;
/// What may be unpacked whatever the ratio. Real captures were seen to pack up to 42 to 1 with gzip; one deep stack
/// alone, sampled again and again, 152 to 1; one line of folded text alone 344 to 1; zeros 1,030 to 1.
const UNPACK_FREELY: u64 = 256 << 20;

/// How the bytes of a capture were packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// Not packed.
    Plain,
    /// gzip, one or more members.
    Gzip,
    /// Zstandard, one or more frames.
    Zstd,
}

impl Container {
    /// `plain`, `gzip` or `zstd`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Container::Plain => "plain",
            Container::Gzip => "gzip",
            Container::Zstd => "zstd",
        }
    }
}

/// The bytes of a file as stored.
pub(crate) enum Stored<'a> {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
    Borrowed(&'a [u8]),
}

impl Deref for Stored<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Stored::Mapped(map) => map,
            Stored::Owned(bytes) => bytes,
            Stored::Borrowed(bytes) => bytes,
        }
    }
}

/// A file whose bytes are at hand, and how it looked before they were.
pub(crate) struct Opened {
    pub(crate) stored: Stored<'static>,
    /// `None` of pipes, which have no length and no time.
    file: Option<(File, Stamp)>,
}

/// Length and time of the last change of a file.
#[derive(PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp { bytes: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl Opened {
    /// Whether the file was written to since it was opened. Another file in its place is no change of this one.
    pub(crate) fn has_changed(&self) -> bool {
        self.file.as_ref().is_some_and(|(file, before)| {
            file.metadata().map_or(true, |metadata| Stamp::of(&metadata) != *before)
        })
    }
}

/// Opens a file: large regular files are mapped, everything else is read.
pub(crate) fn open(path: &Path, options: &ReadOptions) -> Result<Opened, ReadErrorKind> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        let advice = "name a file inside it";
        return Err(ReadErrorKind::NotAFile { what: "a directory", advice });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if metadata.file_type().is_char_device() || metadata.file_type().is_block_device() {
            let advice = "name a file, or - for standard input";
            return Err(ReadErrorKind::NotAFile { what: "a device", advice });
        }
    }
    let mut file = File::open(path)?;
    // Of what was opened: the path may lead elsewhere by now.
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let mut bytes = Vec::new();
        read_bounded(file, options.max_unpacked, &mut bytes)?;
        return Ok(Opened { stored: Stored::Owned(bytes), file: None });
    }
    let stored = if metadata.len() >= MAP_FROM_BYTES && options.map {
        Stored::Mapped(map(&file)?)
    } else {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Stored::Owned(bytes)
    };
    Ok(Opened { stored, file: Some((file, Stamp::of(&metadata))) })
}

/// Reads standard input to its end, at most `max_unpacked` bytes.
pub(crate) fn stdin(options: &ReadOptions) -> Result<Stored<'static>, ReadErrorKind> {
    let mut bytes = Vec::new();
    read_bounded(io::stdin().lock(), options.max_unpacked, &mut bytes)?;
    Ok(Stored::Owned(bytes))
}

fn read_bounded(from: impl Read, limit: u64, bytes: &mut Vec<u8>) -> Result<(), ReadErrorKind> {
    from.take(limit.saturating_add(1)).read_to_end(bytes)?;
    if bytes.len() as u64 > limit { Err(ReadErrorKind::TooLarge { limit }) } else { Ok(()) }
}

#[allow(unsafe_code)]
fn map(file: &File) -> io::Result<memmap2::Mmap> {
    // SAFETY: the map is private to this process and read only. What no one can exclude is that another
    // process writes to the file meanwhile. Bytes that change give a note (`Opened::has_changed`); of a file that
    // is truncated, pages past its new end are gone, and the kernel ends the process that touches one with SIGBUS.
    // The map lives only while the file is read, the manual says so, and `--no-mmap` (`ReadOptions::map`) avoids it.
    let map = unsafe { memmap2::Mmap::map(file)? };
    #[cfg(unix)]
    // Advice only: reading works the same when the kernel refuses it.
    let _ = map.advise(memmap2::Advice::Sequential);
    Ok(map)
}

/// Unpacked bytes: the stored ones when they were plain.
pub(crate) enum Unpacked<'a> {
    Plain(&'a [u8]),
    Owned(Vec<u8>),
    /// Of several gzip members, and where in the bytes each of them ends.
    Members(Vec<u8>, Vec<usize>),
}

impl Unpacked<'_> {
    /// Where each gzip member ends, when there are several.
    pub(crate) fn ends(&self) -> &[usize] {
        match self {
            Unpacked::Members(_, ends) => ends,
            _ => &[],
        }
    }
}

impl Deref for Unpacked<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Unpacked::Plain(bytes) => bytes,
            Unpacked::Owned(bytes) | Unpacked::Members(bytes, _) => bytes,
        }
    }
}

impl Unpacked<'_> {
    /// Takes away what stands after the last line end: in a damaged container it is a piece of a line, and a piece
    /// of a number is a wrong number.
    pub(crate) fn drop_cut_line(&mut self, notes: &mut Notes) {
        let end = memchr::memrchr(b'\n', self).map_or(0, |at| at + 1);
        let (Unpacked::Owned(bytes) | Unpacked::Members(bytes, _)) = self else { return };
        if end < bytes.len() {
            notes.damaged("line_cut", "lines cut by damage to the container, left out", end, &bytes[end..]);
            bytes.truncate(end);
        }
    }
}

impl Unpacked<'_> {
    /// Makes line feeds of the CRs of a text that has no line feed: some systems end lines so. Offsets stay.
    pub(crate) fn end_lines_at_cr(&mut self) {
        if memchr::memchr(b'\n', self).is_some() || memchr::memchr(b'\r', self).is_none() {
            return;
        }
        let mut bytes = self.to_vec();
        bytes.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        *self = Unpacked::Owned(bytes);
    }
}

/// The first bytes of what a container holds, at most `most`; `None` for plain bytes.
pub(crate) fn first_bytes(stored: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut first = Vec::new();
    // Whatever is wrong with the container shows again, and is said, when it is unpacked.
    if stored.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(stored).take(most as u64).read_to_end(&mut first).ok()?;
    } else if stored.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = zstd::stream::read::Decoder::with_buffer(stored).ok()?;
        decoder.take(most as u64).read_to_end(&mut first).ok()?;
    } else {
        return None;
    }
    Some(first)
}

/// Unpacks gzip and zstd by their magic numbers, and turns UTF-16 text into UTF-8.
///
/// A container that is cut or corrupt gives what could be unpacked, with a note.
pub(crate) fn unpack<'a>(
    stored: &'a [u8],
    options: &ReadOptions,
    notes: &mut Notes,
) -> Result<(Unpacked<'a>, Container), ReadErrorKind> {
    let limit = limit(stored, options);
    let (bytes, container) = if stored.starts_with(&[0x1f, 0x8b]) {
        (gunzip(stored, limit, notes)?, Container::Gzip)
    } else if stored.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        (Unpacked::Owned(unzstd(stored, limit, notes)?), Container::Zstd)
    } else {
        (Unpacked::Plain(stored), Container::Plain)
    };
    Ok((decode_text(bytes), container))
}

/// How much a container of this size may give.
fn limit(stored: &[u8], options: &ReadOptions) -> u64 {
    options.max_unpacked.min(options.max_ratio.saturating_mul(stored.len() as u64).max(UNPACK_FREELY))
}

fn gunzip(stored: &[u8], limit: u64, notes: &mut Notes) -> Result<Unpacked<'static>, ReadErrorKind> {
    let mut bytes = Vec::new();
    let mut ends = Vec::new();
    let mut rest = stored;
    while !rest.is_empty() {
        let at = stored.len() - rest.len();
        if at > 0 && !rest.starts_with(&[0x1f, 0x8b]) {
            if rest.iter().any(|&byte| byte != 0) {
                notes.damaged("gzip_trailing", "bytes after the last gzip member, not read", at, rest);
            }
            break;
        }
        let mut member = GzDecoder::new(rest);
        let room = limit.saturating_sub(bytes.len() as u64).saturating_add(1);
        let outcome = (&mut member).take(room).read_to_end(&mut bytes);
        if bytes.len() as u64 > limit {
            return Err(ReadErrorKind::TooLarge { limit });
        }
        let unread = member.into_inner();
        if let Err(error) = outcome {
            let byte = stored.len() - unread.len();
            if bytes.is_empty() {
                let detail = error.to_string();
                return Err(ReadErrorKind::Unpack { container: "gzip", byte: byte as u64, detail });
            }
            let text = "gzip data cut or corrupt, what was unpacked before it is used";
            notes.damaged("gzip_damaged", text, byte, error.to_string().as_bytes());
            ends.push(bytes.len());
            break;
        }
        ends.push(bytes.len());
        rest = unread;
    }
    Ok(if ends.len() > 1 { Unpacked::Members(bytes, ends) } else { Unpacked::Owned(bytes) })
}

fn unzstd(stored: &[u8], limit: u64, notes: &mut Notes) -> Result<Vec<u8>, ReadErrorKind> {
    let broken =
        |error: &io::Error| ReadErrorKind::Unpack { container: "zstd", byte: 0, detail: error.to_string() };
    let mut decoder = zstd::stream::read::Decoder::with_buffer(stored).map_err(|error| broken(&error))?;
    let mut bytes = Vec::new();
    let outcome = (&mut decoder).take(limit.saturating_add(1)).read_to_end(&mut bytes);
    if bytes.len() as u64 > limit {
        return Err(ReadErrorKind::TooLarge { limit });
    }
    if let Err(error) = outcome {
        if bytes.is_empty() {
            return Err(broken(&error));
        }
        let unread = decoder.finish().fill_buf().map_or(0, <[u8]>::len);
        let text = "zstd data cut or corrupt, what was unpacked before it is used";
        notes.damaged("zstd_damaged", text, stored.len() - unread, error.to_string().as_bytes());
    }
    Ok(bytes)
}

/// Removes a UTF-8 byte order mark; turns UTF-16 with a byte order mark into UTF-8 (PowerShell's `>` writes it).
fn decode_text(bytes: Unpacked<'_>) -> Unpacked<'_> {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: String =
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        text.into_bytes()
    };
    match *bytes {
        [0xff, 0xfe, ..] => Unpacked::Owned(utf16(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => Unpacked::Owned(utf16(u16::from_be_bytes)),
        [0xef, 0xbb, 0xbf, ..] => match bytes {
            Unpacked::Plain(bytes) => Unpacked::Plain(&bytes[3..]),
            Unpacked::Owned(mut bytes) | Unpacked::Members(mut bytes, _) => {
                bytes.drain(..3);
                Unpacked::Owned(bytes)
            }
        },
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(stored: &[u8]) -> (Vec<u8>, Notes) {
        let mut notes = Notes::default();
        let (bytes, _) = unpack(stored, &ReadOptions::default(), &mut notes).unwrap();
        (bytes.to_vec(), notes)
    }

    #[test]
    fn gzip_members_follow_each_other() {
        let stored = [gzip(b"one "), gzip(b"two"), vec![0; 512]].concat();
        assert_eq!(unpacked(&stored), (b"one two".to_vec(), Notes::default()));
    }

    #[test]
    fn garbage_after_gzip_is_noted() {
        let stored = [gzip(b"one"), b"garbage".to_vec()].concat();
        let (bytes, notes) = unpacked(&stored);
        assert_eq!(bytes, b"one");
        assert_eq!(notes.get("gzip_trailing").unwrap().first[0].found, "garbage");
    }

    #[test]
    fn a_cut_gzip_gives_what_is_whole() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|i| format!("frame{i};").into_bytes()).collect();
        let stored = gzip(&text);
        let (bytes, notes) = unpacked(&stored[..stored.len() / 2]);
        assert!(!bytes.is_empty() && text.starts_with(&bytes));
        assert_eq!(notes.get("gzip_damaged").unwrap().count, 1);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let stored = gzip(&vec![0; 1 << 20]);
        let options = ReadOptions { max_unpacked: 1000, ..ReadOptions::default() };
        let error = unpack(&stored, &options, &mut Notes::default()).err().unwrap();
        assert_eq!(error.code(), "too_large");
    }

    #[test]
    fn a_ratio_no_capture_has_is_refused_before_memory_is_full() {
        // 256 MiB of zeros and one, at about 1,030 to 1, in members that are made once.
        let mebibyte = gzip(&vec![0; 1 << 20]);
        let stored = [mebibyte.repeat(256), gzip(&[0])].concat();
        let refused = |options: &ReadOptions| match unpack(&stored, options, &mut Notes::default()) {
            Ok((bytes, _)) => (bytes.len(), String::new()),
            Err(error) => (0, error.to_string()),
        };
        let words = "gives more than 268435456 bytes";
        assert!(refused(&ReadOptions::default()).1.contains(words));
        let trusted = ReadOptions { max_ratio: u64::MAX, ..ReadOptions::default() };
        assert_eq!(refused(&trusted), ((256 << 20) + 1, String::new()));
    }

    /// Opens a file, as it is mapped or read, cuts it and reads what was opened.
    fn cut_after_opening(map: bool) -> bool {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(2 << 20).unwrap();
        let opened = open(file.path(), &ReadOptions { map, ..ReadOptions::default() }).unwrap();
        assert!(!opened.has_changed());
        file.as_file().set_len(0).unwrap();
        // The folder is cleared before the process may end.
        file.close().unwrap();
        assert_eq!(opened.stored.iter().map(|&byte| u64::from(byte)).sum::<u64>(), 0);
        opened.has_changed()
    }

    /// What the manual says: a file that is truncated ends the process that has it mapped, and no other.
    #[cfg(unix)]
    #[test]
    fn a_mapped_file_that_is_truncated_ends_the_process_and_a_read_one_does_not() {
        use std::os::unix::process::ExitStatusExt;
        const CHILD: &str = "PLATEAU_TEST_TRUNCATES";
        if std::env::var_os(CHILD).is_some() {
            cut_after_opening(true);
            return;
        }
        assert!(cut_after_opening(false), "the change is seen");
        let this = "input::tests::a_mapped_file_that_is_truncated_ends_the_process_and_a_read_one_does_not";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", this])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let bus = if cfg!(target_os = "linux") { 7 } else { 10 };
        assert_eq!(child.status.signal(), Some(bus), "{child:?}");
    }

    #[test]
    fn zstd_and_utf16_are_unpacked() {
        let stored = zstd::encode_all(&b"main 1\n"[..], 1).unwrap();
        assert_eq!(unpacked(&stored).0, b"main 1\n");
        let utf16: Vec<u8> = "\u{feff}main 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(unpacked(&utf16).0, b"main 1\n");
    }
}
