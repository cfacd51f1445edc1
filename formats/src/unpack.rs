//! Containers: gzip and zstd, unpacked whole or piece by piece, within bounds; the encoding of text.

use crate::error::{Flaw, ReadErrorKind};
use crate::note::TRUNCATED;
use crate::{Notes, Progress, ReadOptions};
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};
use std::ops::Deref;
use std::sync::Arc;

/// What may be unpacked whatever the ratio. Real captures were seen to pack up to 42 to 1 with gzip; one deep stack
/// alone, sampled again and again, 152 to 1; one line of folded text alone 344 to 1; zeros 1,030 to 1.
const UNPACK_FREELY: u64 = 256 << 20;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Containers are unpacked in pieces of this many bytes. What is left of a damaged one depends on it, so it is
/// always the same.
const PIECE: usize = 1 << 16;

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
    /// By the magic number.
    fn of(stored: &[u8]) -> Container {
        match stored {
            gzip if gzip.starts_with(GZIP) => Container::Gzip,
            zstd if zstd.starts_with(ZSTD) => Container::Zstd,
            _ => Container::Plain,
        }
    }

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

/// Unpacked bytes: the stored ones when they were plain.
pub(crate) enum Unpacked<'a> {
    Plain(&'a [u8]),
    Owned(Vec<u8>),
}

impl Deref for Unpacked<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Unpacked::Plain(bytes) => bytes,
            Unpacked::Owned(bytes) => bytes,
        }
    }
}

impl Unpacked<'_> {
    /// Takes away what stands after the last line end: in a damaged container it is a piece of a line, and a piece
    /// of a number is a wrong number.
    pub(crate) fn drop_cut_line(&mut self, notes: &mut Notes) {
        let end = memchr::memrchr(b'\n', self).map_or(0, |at| at + 1);
        let Unpacked::Owned(bytes) = self else { return };
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

/// Whether the data of a container ended early or turned out corrupt. Bytes that follow a whole container do no harm.
pub(crate) fn ends_early(notes: &Notes) -> bool {
    notes.get(TRUNCATED).or(notes.corruption()).is_some()
}

/// The first bytes of what a container holds, at most `most`; `None` for plain bytes.
pub(crate) fn first_bytes(stored: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut first = Vec::new();
    // Whatever is wrong with the container shows again, and is said, when it is unpacked.
    if stored.starts_with(GZIP) {
        GzDecoder::new(stored).take(most as u64).read_to_end(&mut first).ok()?;
    } else if stored.starts_with(ZSTD) {
        let decoder = zstd::stream::read::Decoder::with_buffer(stored).ok()?;
        decoder.take(most as u64).read_to_end(&mut first).ok()?;
    } else {
        return None;
    }
    Some(first)
}

/// The first bytes of a container or of plain bytes, at most `most`, as far as they can be had, and what they are packed in.
/// No more is read than they take.
pub(crate) fn beginning(mut stored: impl BufRead, most: usize) -> (Vec<u8>, Container) {
    let container = stored.fill_buf().map_or(Container::Plain, Container::of);
    let (mut first, most) = (Vec::new(), most as u64);
    // What is wrong with it shows again, and is said, when it is read as a whole.
    let _ = match container {
        Container::Plain => stored.take(most).read_to_end(&mut first),
        Container::Gzip => GzDecoder::new(stored).take(most).read_to_end(&mut first),
        Container::Zstd => zstd::stream::read::Decoder::with_buffer(stored)
            .and_then(|decoder| decoder.take(most).read_to_end(&mut first)),
    };
    (first, container)
}

/// Unpacks gzip and zstd by their magic numbers, and turns UTF-16 text into UTF-8.
///
/// A container that is cut or corrupt gives what could be unpacked, with a note, and the damage beside it.
pub(crate) fn unpack<'a>(
    stored: &'a [u8],
    options: &ReadOptions,
    notes: &mut Notes,
) -> Result<(Unpacked<'a>, Container, Option<ReadErrorKind>), ReadErrorKind> {
    let Some(mut unpacker) = Unpacker::new(stored, options) else {
        return Ok((decode_text(Unpacked::Plain(stored)), Container::Plain, None));
    };
    let mut bytes = Vec::new();
    while unpacker.fill(&mut bytes, usize::MAX, notes)? != More::End {}
    Ok((decode_text(Unpacked::Owned(bytes)), unpacker.container(), unpacker.take_damage()))
}

/// How much a container of this size may give.
pub(crate) fn limit(stored: &[u8], options: &ReadOptions) -> u64 {
    options.max_unpacked.min(options.max_ratio.saturating_mul(stored.len() as u64).max(UNPACK_FREELY))
}

/// Whether a decoder wanted more bytes than there are, or did not like those it had.
pub(crate) fn flaw(error: &io::Error) -> Flaw {
    if error.kind() == io::ErrorKind::UnexpectedEof { Flaw::Cut } else { Flaw::Corrupt }
}

/// Whether an [`Unpacker`] has more to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// As much as was wanted is there.
    Yes,
    /// A gzip member ends here, and another follows.
    NextMember,
    /// All has been given.
    End,
}

/// Unpacks a gzip or zstd container piece by piece.
///
/// A container that is cut or corrupt gives what could be unpacked, with a note.
pub struct Unpacker<'a> {
    stored: &'a [u8],
    decoder: Decoder<'a>,
    /// How many bytes it gave.
    given: u64,
    limit: u64,
    /// Where the container turned out cut or corrupt, after it gave something.
    damage: Option<ReadErrorKind>,
    progress: Option<Arc<Progress>>,
}

enum Decoder<'a> {
    Gzip(Box<GzDecoder<&'a [u8]>>),
    Zstd(zstd::stream::read::Decoder<'static, &'a [u8]>),
    /// A zstd container without a whole header.
    Broken(io::Error),
}

impl<'a> Decoder<'a> {
    /// `None` for plain bytes.
    fn new(stored: &'a [u8]) -> Option<Decoder<'a>> {
        if stored.starts_with(GZIP) {
            return Some(Decoder::Gzip(Box::new(GzDecoder::new(stored))));
        }
        stored.starts_with(ZSTD).then(|| match zstd::stream::read::Decoder::with_buffer(stored) {
            Ok(decoder) => Decoder::Zstd(decoder),
            Err(error) => Decoder::Broken(error),
        })
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Decoder::Gzip(decoder) => decoder.read(buffer),
            Decoder::Zstd(decoder) => decoder.read(buffer),
            Decoder::Broken(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }
}

impl<'a> Unpacker<'a> {
    /// For a container; `None` for plain bytes.
    pub(crate) fn new(stored: &'a [u8], options: &ReadOptions) -> Option<Unpacker<'a>> {
        let decoder = Decoder::new(stored)?;
        let limit = limit(stored, options);
        Some(Unpacker { stored, decoder, given: 0, limit, damage: None, progress: options.progress.clone() })
    }

    /// What the bytes are packed in.
    #[must_use]
    pub fn container(&self) -> Container {
        match self.decoder {
            Decoder::Gzip(_) => Container::Gzip,
            Decoder::Zstd(_) | Decoder::Broken(_) => Container::Zstd,
        }
    }

    /// Appends to `bytes` until it holds at least `wanted`, or a gzip member or everything ends.
    ///
    /// # Errors
    /// When nothing can be unpacked, or more than the limit.
    pub fn fill(
        &mut self,
        bytes: &mut Vec<u8>,
        wanted: usize,
        notes: &mut Notes,
    ) -> Result<More, ReadErrorKind> {
        loop {
            let before = bytes.len();
            bytes.resize(before + PIECE, 0);
            let (read, error) = read_piece(&mut self.decoder, &mut bytes[before..]);
            bytes.truncate(before + read);
            self.given += read as u64;
            if let Some(progress) = &self.progress {
                progress.reach(self.stored.len() - self.rest().len());
            }
            if self.given > self.limit {
                return Err(ReadErrorKind::TooLarge { limit: self.limit });
            }
            if let Some(error) = error {
                self.damaged(&error, notes)?;
                return Ok(More::End);
            }
            if read < PIECE {
                return Ok(self.next_member(notes));
            }
            if bytes.len() >= wanted {
                return Ok(More::Yes);
            }
        }
    }

    /// What is left of the stored bytes.
    fn rest(&self) -> &'a [u8] {
        match &self.decoder {
            Decoder::Gzip(decoder) => decoder.get_ref(),
            Decoder::Zstd(decoder) => decoder.get_ref(),
            Decoder::Broken(_) => self.stored,
        }
    }

    /// Where the container turned out cut or corrupt, once it gave all that is before it.
    pub(crate) fn take_damage(&mut self) -> Option<ReadErrorKind> {
        self.damage.take()
    }

    fn damaged(&mut self, error: &io::Error, notes: &mut Notes) -> Result<(), ReadErrorKind> {
        let byte = self.stored.len() - self.rest().len();
        let (container, detail) = (self.container().name(), error.to_string());
        let kind = |done| ReadErrorKind::Unpack {
            container,
            flaw: flaw(error),
            byte: byte as u64,
            detail: detail.clone(),
            done,
        };
        if self.given == 0 {
            return Err(kind("nothing could be unpacked"));
        }
        let damage = kind("what was unpacked before it cannot be used without the rest");
        let text = match (self.container(), flaw(error)) {
            (Container::Gzip, Flaw::Cut) => "gzip data cut, what was unpacked before it is used",
            (Container::Gzip, _) => "gzip data corrupt, what was unpacked before it is used",
            (_, Flaw::Cut) => "zstd data cut, what was unpacked before it is used",
            _ => "zstd data corrupt, what was unpacked before it is used",
        };
        // The code of the error that it is where nothing can be used.
        notes.damaged(damage.code(), text, byte, detail.as_bytes());
        self.damage = Some(damage);
        Ok(())
    }

    /// Goes on with the gzip member that follows the one that ended.
    fn next_member(&mut self, notes: &mut Notes) -> More {
        let rest = self.rest();
        if self.container() != Container::Gzip || rest.is_empty() {
            return More::End;
        }
        if rest.starts_with(GZIP) {
            self.decoder = Decoder::Gzip(Box::new(GzDecoder::new(rest)));
            return More::NextMember;
        }
        if rest.iter().any(|&byte| byte != 0) {
            let at = self.stored.len() - rest.len();
            notes.damaged("gzip_trailing", "bytes after the last gzip member, not read", at, rest);
        }
        More::End
    }
}

/// Fills `piece` as far as the decoder has bytes: how many, and what stopped it.
fn read_piece(decoder: &mut Decoder<'_>, piece: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut read = 0;
    while read < piece.len() {
        match decoder.read(&mut piece[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (read, Some(error)),
        }
    }
    (read, None)
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
            Unpacked::Owned(mut bytes) => {
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
        let (bytes, ..) = unpack(stored, &ReadOptions::default(), &mut notes).unwrap();
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
        assert_eq!(notes.get("truncated").unwrap().count, 1);
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
            Ok((bytes, ..)) => (bytes.len(), String::new()),
            Err(error) => (0, error.to_string()),
        };
        let words = "gives more than 268435456 bytes";
        assert!(refused(&ReadOptions::default()).1.contains(words));
        let trusted = ReadOptions { max_ratio: u64::MAX, ..ReadOptions::default() };
        assert_eq!(refused(&trusted), ((256 << 20) + 1, String::new()));
    }

    #[test]
    fn zstd_and_utf16_are_unpacked() {
        let stored = zstd::encode_all(&b"main 1\n"[..], 1).unwrap();
        assert_eq!(unpacked(&stored).0, b"main 1\n");
        let utf16: Vec<u8> = "\u{feff}main 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(unpacked(&utf16).0, b"main 1\n");
    }
}
