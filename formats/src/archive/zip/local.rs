//! The members of a zip without its directory: one that is cut, or whose directory is corrupt.
//!
//! Each member has a header of its own, which says how long it is, or that this stands behind it: then its end is where
//! its Deflate stream ends. Files that are not packed and only say behind them how long they are end the walk.

use super::{LOCAL, Packed, encryption, fault};
use crate::archive::list::{List, MemberKind, Place, Walk};
use crate::archive::name::{Name, Separators};
use crate::error::{Flaw, ReadErrorKind};
use flate2::{Decompress, FlushDecompress, Status};
use rawzip::CompressionMethod;

/// Headers of members have this many bytes, and then a name and extra fields.
const HEADER: usize = 30;
/// What stands behind a member may begin with this.
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// The extra field that holds sizes of 8 bytes.
const ZIP64: u16 = 1;
/// Flag: CRC and sizes stand behind the member.
const SIZES_FOLLOW: u16 = 1 << 3;
/// The most that is unpacked to find where members end: what is looked at is no reason to work for hours.
const UNPACKED: u64 = 8 << 30;

const DONE: &str = "the members before it are read";

/// Lists the members up to where they end, given what is wrong with the directory.
pub(super) fn walk(input: &[u8], flaw: Flaw) -> Walk {
    let mut walker = Walker { input, at: 0, budget: UNPACKED, list: List::default() };
    let fault = walker.walk(flaw);
    Walk { list: walker.list, fault: Some(fault) }
}

struct Walker<'a> {
    input: &'a [u8],
    at: usize,
    /// How much may still be unpacked.
    budget: u64,
    list: List,
}

/// The header of a member.
struct Header<'a> {
    flags: u16,
    method: CompressionMethod,
    crc: u32,
    packed: u64,
    bytes: u64,
    /// Whether sizes of 8 bytes follow the member.
    is_wide: bool,
    name: &'a [u8],
    /// Where the packed bytes begin.
    start: usize,
}

impl<'a> Walker<'a> {
    /// Goes from member to member: why there is no next one.
    fn walk(&mut self, flaw: Flaw) -> ReadErrorKind {
        loop {
            let rest = &self.input[self.at..];
            if !rest.starts_with(LOCAL) {
                // Behind the last member: what is missing or corrupt is the directory.
                let is_directory = rest.starts_with(b"PK\x01\x02") || rest.starts_with(b"PK\x05\x06");
                let detail = if is_directory { "no whole directory" } else { "no directory" };
                let flaw = if rest.len() < LOCAL.len() { Flaw::Cut } else { flaw };
                let byte = if flaw == Flaw::Cut { self.input.len() } else { self.at };
                return fault(flaw, byte as u64, detail, DONE);
            }
            if self.list.is_full() {
                return List::too_many("zip", self.at as u64);
            }
            let Some(header) = self.header() else { return self.cut("the end of the archive in a header") };
            if let Err(broken) = self.member(&header) {
                return broken;
            }
        }
    }

    fn header(&self) -> Option<Header<'a>> {
        let fixed = self.input.get(self.at..self.at + HEADER)?;
        let u16_at = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let u32_at = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let name_at = self.at + HEADER;
        let extra_at = name_at + usize::from(u16_at(26));
        let start = extra_at + usize::from(u16_at(28));
        let name = self.input.get(name_at..extra_at)?;
        let extra = self.input.get(extra_at..start)?;
        let mut header = Header {
            flags: u16_at(6),
            method: CompressionMethod::new(u16_at(8)),
            crc: u32_at(14),
            packed: u64::from(u32_at(18)),
            bytes: u64::from(u32_at(22)),
            is_wide: false,
            name,
            start,
        };
        if let Some(wide) = wide_sizes(extra) {
            header.is_wide = true;
            if let [bytes, packed] = wide[..]
                && (u32_at(18), u32_at(22)) == (u32::MAX, u32::MAX)
            {
                (header.bytes, header.packed) = (bytes, packed);
            }
        }
        Some(header)
    }

    /// Adds the member of the header, and goes on to the next.
    fn member(&mut self, header: &Header<'_>) -> Result<(), ReadErrorKind> {
        let sizes_follow = header.flags & SIZES_FOLLOW != 0;
        let (mut crc, mut bytes) = (header.crc, header.bytes);
        let held = if sizes_follow && header.packed == 0 {
            let Some(held) = self.find_end(header)? else { return Err(self.cut_inside(header)) };
            held
        } else {
            header.packed
        };
        let end = usize::try_from(held).ok().and_then(|held| header.start.checked_add(held));
        let Some(end) = end.filter(|&end| end <= self.input.len()) else {
            return Err(self.cut_inside(header));
        };
        let mut next = end;
        if sizes_follow {
            let Some(found) = Descriptor::at(&self.input[end..], header.is_wide) else {
                return Err(self.cut_inside(header));
            };
            (crc, bytes) = (found.crc, found.bytes);
            next = end + found.length;
        }
        let packed = Packed {
            range: header.start..end,
            method: header.method,
            encryption: encryption(header.flags),
            crc,
            bytes,
        };
        self.add(header, bytes, Place::Packed(packed));
        self.at = next;
        Ok(())
    }

    fn add(&mut self, header: &Header<'_>, bytes: u64, place: Place) {
        // Links and devices are known by the directory only.
        let is_directory = header.name.ends_with(b"/");
        let kind = if is_directory { MemberKind::Directory } else { MemberKind::File };
        self.list.add(Name::new(header.name, Separators::SlashAndBackslash), kind, bytes, place);
    }

    fn cut_inside(&mut self, header: &Header<'_>) -> ReadErrorKind {
        let ends = self.input.len() as u64;
        self.add(header, header.bytes, Place::Cut { ends, bytes: header.bytes });
        self.cut("the end of the archive in a file")
    }

    fn cut(&self, detail: &str) -> ReadErrorKind {
        fault(Flaw::Cut, self.input.len() as u64, detail, DONE)
    }

    /// How many bytes the member takes whose size stands behind it; `None` when the archive ends before.
    fn find_end(&mut self, header: &Header<'_>) -> Result<Option<u64>, ReadErrorKind> {
        let start = header.start as u64;
        if header.method != CompressionMethod::DEFLATE || header.flags & 1 != 0 {
            let detail = "a file whose size is not in its header, and no directory";
            return Err(fault(Flaw::Corrupt, start, detail, DONE));
        }
        let packed = &self.input[header.start..];
        let (mut stream, mut scratch) = (Decompress::new(false), vec![0; 1 << 16]);
        loop {
            let (before_in, before_out) = (stream.total_in(), stream.total_out());
            // What was taken is part of the slice, so its length is a usize.
            let rest = &packed[before_in as usize..];
            match stream.decompress(rest, &mut scratch, FlushDecompress::None) {
                Ok(Status::StreamEnd) => {
                    self.budget = self.budget.saturating_sub(stream.total_out());
                    return Ok(Some(stream.total_in()));
                }
                Ok(_) if (stream.total_in(), stream.total_out()) == (before_in, before_out) => {
                    return Ok(None);
                }
                Ok(_) if stream.total_out() > self.budget => {
                    return Err(ReadErrorKind::TooLarge { limit: UNPACKED });
                }
                Ok(_) => {}
                Err(error) => return Err(fault(Flaw::Corrupt, start, error.to_string(), DONE)),
            }
            if stream.total_in() as usize == packed.len() && stream.total_out() == before_out {
                return Ok(None);
            }
        }
    }
}

/// The sizes that a Zip64 extra field holds, in its order; `None` where there is no such field.
fn wide_sizes(mut extra: &[u8]) -> Option<Vec<u64>> {
    while let [a, b, c, d, rest @ ..] = extra {
        let (id, length) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
        let field = rest.get(..length)?;
        if id == ZIP64 {
            let (sizes, _) = field.as_chunks::<8>();
            return Some(sizes.iter().map(|&size| u64::from_le_bytes(size)).collect());
        }
        extra = &rest[length..];
    }
    None
}

/// What stands behind a member whose header had no sizes.
struct Descriptor {
    crc: u32,
    bytes: u64,
    length: usize,
}

impl Descriptor {
    fn at(rest: &[u8], is_wide: bool) -> Option<Descriptor> {
        let signature = if rest.starts_with(DESCRIPTOR) { DESCRIPTOR.len() } else { 0 };
        let rest = &rest[signature..];
        let crc = u32::from_le_bytes(*rest.first_chunk()?);
        let (bytes, length) = if is_wide {
            (u64::from_le_bytes(*rest.get(12..)?.first_chunk()?), 20)
        } else {
            (u64::from(u32::from_le_bytes(*rest.get(8..)?.first_chunk()?)), 12)
        };
        Some(Descriptor { crc, bytes, length: signature + length })
    }
}
