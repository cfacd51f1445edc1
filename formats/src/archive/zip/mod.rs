//! zip: members one after another, each behind a header of its own, and a directory of them at the end.
//!
//! Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 to 4.5. The directory is read by the crate `rawzip`, over bytes that
//! are at hand: it keeps members of equal names apart, gives their packed bytes as slices, and leaves unpacking to the
//! decoders that are here already. Of an archive whose end is missing, [`local`] walks the members.

mod local;

use super::Bytes;
use super::list::{List, MemberKind, Place, Walk};
use super::name::{Name, Separators};
use crate::ReadOptions;
use crate::error::{Flaw, ReadErrorKind};
use crate::unpack;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ErrorKind, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};
use std::io::{self, Read};
use std::ops::Range;

/// The header of a member, and the end of a directory: what an archive without members begins with.
const LOCAL: &[u8] = b"PK\x03\x04";
const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;

/// File types of Unix, in the upper half of a member's attributes.
const TYPE: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;

/// Whether the bytes begin as a zip. One behind a program that unpacks it is not known.
pub(super) fn is_zip(first: &[u8]) -> bool {
    first.starts_with(LOCAL) || (first.starts_with(END) && first.len() >= END_BYTES)
}

/// The packed bytes of a member, and what they should give.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    pub(super) range: Range<usize>,
    method: CompressionMethod,
    encryption: Encryption,
    /// CRC-32 and size of what is unpacked.
    crc: u32,
    bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    None,
    Some,
}

impl Packed {
    /// Unpacks the member, given its part of the archive, within the limits, and checks size and CRC.
    pub(super) fn unpack<'a>(
        &self,
        packed: Bytes<'a>,
        options: &ReadOptions,
    ) -> Result<Bytes<'a>, ReadErrorKind> {
        if self.encryption == Encryption::Some {
            let advice = "unpack it with its password and pass that";
            return Err(ReadErrorKind::Unsupported { format: "an encrypted file in a zip archive", advice });
        }
        let limit = unpack::limit(&packed, options);
        if self.method != CompressionMethod::STORE && self.bytes > limit {
            return Err(ReadErrorKind::TooLarge { limit });
        }
        let bytes = match self.method {
            CompressionMethod::STORE => packed,
            CompressionMethod::DEFLATE => Bytes::owned(self.read(DeflateDecoder::new(&*packed), limit)?),
            CompressionMethod::ZSTD => {
                let decoder = zstd::stream::read::Decoder::with_buffer(&*packed);
                Bytes::owned(self.read(decoder.map_err(|error| self.corrupt(error.to_string()))?, limit)?)
            }
            other => return Err(unsupported(other)),
        };
        if bytes.len() as u64 != self.bytes {
            return Err(self.corrupt(format!("{} bytes, where its header says {}", bytes.len(), self.bytes)));
        }
        let crc = rawzip::crc32(&bytes);
        if crc != self.crc {
            return Err(self.corrupt(format!("a CRC of {crc:08x}, where its header says {:08x}", self.crc)));
        }
        Ok(bytes)
    }

    fn read(&self, decoder: impl Read, limit: u64) -> Result<Vec<u8>, ReadErrorKind> {
        let mut bytes = Vec::new();
        let read: io::Result<usize> = decoder.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| self.corrupt(error.to_string()))?;
        if bytes.len() as u64 > limit { Err(ReadErrorKind::TooLarge { limit }) } else { Ok(bytes) }
    }

    fn corrupt(&self, detail: String) -> ReadErrorKind {
        let byte = self.range.start as u64;
        fault(Flaw::Corrupt, byte, detail, "nothing of this file is used")
    }
}

fn fault(flaw: Flaw, byte: u64, detail: impl Into<String>, done: &'static str) -> ReadErrorKind {
    ReadErrorKind::Unpack { container: "zip", flaw, byte, detail: detail.into(), done }
}

fn unsupported(method: CompressionMethod) -> ReadErrorKind {
    let format = match method {
        CompressionMethod::DEFLATE64 => "a file in a zip archive packed with Deflate64",
        CompressionMethod::BZIP2 => "a file in a zip archive packed with bzip2",
        CompressionMethod::LZMA => "a file in a zip archive packed with LZMA",
        CompressionMethod::XZ => "a file in a zip archive packed with xz",
        CompressionMethod::PPMD => "a file in a zip archive packed with PPMd",
        _ => "a file in a zip archive packed with something other than Deflate and Zstandard",
    };
    ReadErrorKind::Unsupported { format, advice: "unpack it and pass that" }
}

/// Lists the members of a zip that is at hand as a whole.
pub(super) fn walk(input: &[u8]) -> Walk {
    match directory(input) {
        Ok(walk) => walk,
        Err(flaw) => local::walk(input, flaw),
    }
}

/// The members as the directory has them, or what is wrong with it.
fn directory(input: &[u8]) -> Result<Walk, Flaw> {
    let archive = ZipArchive::from_slice(input).map_err(|error| match error.kind() {
        ErrorKind::MissingEndOfCentralDirectory | ErrorKind::Eof => Flaw::Cut,
        _ => Flaw::Corrupt,
    })?;
    let mut list = List::default();
    // Where the members are, with the headers before them: first byte, last, index.
    let mut ranges: Vec<(u64, u64, usize)> = Vec::new();
    let (mut found, mut first) = (0, archive.directory_offset());
    for entry in archive.entries() {
        let entry = entry.map_err(|_| Flaw::Corrupt)?;
        if list.is_full() {
            let byte = entry.central_directory_offset();
            return Ok(Walk { list, fault: Some(List::too_many("zip", byte)) });
        }
        found += 1;
        first = first.min(entry.local_header_offset());
        let name = Name::new(entry.file_path().as_bytes(), Separators::SlashAndBackslash);
        let place = place(&archive, &entry);
        if let Place::Packed(packed) = &place {
            ranges.push((entry.local_header_offset(), packed.range.end as u64, list.members.len()));
        }
        list.add(name, member_kind(&entry), entry.uncompressed_size_hint(), place);
    }
    // A directory that does not begin with the first member is that of a zip inside this one, which is cut behind it.
    if first != 0 {
        return Err(Flaw::Cut);
    }
    refuse_overlaps(&mut list, ranges);
    let (stated, end) = (archive.entries_hint(), archive.end_offset());
    let done = "the members that are listed are read";
    let mut broken = None;
    if stated != found {
        let detail = format!("a directory of {found} members, where its end says {stated}");
        broken = Some(fault(Flaw::Corrupt, archive.eocd_offset(), detail, done));
    } else if end < input.len() as u64 {
        broken = Some(fault(Flaw::Corrupt, end, "more bytes after the end of the archive", done));
    }
    Ok(Walk { list, fault: broken })
}

/// Members share no bytes but in bombs (Fifield 2019, "A better zip bomb"): of those that do, the first is kept.
fn refuse_overlaps(list: &mut List, mut ranges: Vec<(u64, u64, usize)>) {
    ranges.sort_unstable_by_key(|&(start, _, index)| (start, index));
    let mut end = 0;
    for (start, its_end, index) in ranges {
        if start < end {
            list.members[index].kind = MemberKind::Other("a member that shares its bytes with another");
            list.places[index] = Place::Nowhere;
        }
        end = end.max(its_end);
    }
}

fn place(archive: &ZipSliceArchive<&[u8]>, entry: &ZipFileHeaderRecord<'_>) -> Place {
    let range = archive.get_entry(entry.wayfinder()).ok().and_then(|found| {
        let (start, end) = found.compressed_data_range();
        Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    });
    let Some(range) = range else {
        let detail = "no file where the directory says";
        return Place::Broken { byte: entry.local_header_offset(), detail };
    };
    Place::Packed(Packed {
        range,
        method: entry.compression_method(),
        encryption: encryption(entry.flags().bits()),
        crc: entry.crc32(),
        bytes: entry.uncompressed_size_hint(),
    })
}

/// From the flags of a header.
fn encryption(flags: u16) -> Encryption {
    if flags & 1 == 0 { Encryption::None } else { Encryption::Some }
}

fn member_kind(entry: &ZipFileHeaderRecord<'_>) -> MemberKind {
    let mode = entry.mode();
    match mode.value() & TYPE {
        _ if entry.is_dir() => MemberKind::Directory,
        _ if mode.is_symlink() => MemberKind::SymbolicLink,
        0 | REGULAR => MemberKind::File,
        DIRECTORY => MemberKind::Directory,
        _ => MemberKind::Other("a device"),
    }
}
