//! tar: a header of 512 bytes, the bytes of the file padded to 512, the next header, two blocks of zeros at the end.
//!
//! Sources: POSIX.1-2024, `pax`, "ustar Interchange Format" and "pax Header Block"; GNU tar's manual, "Basic Tar Format",
//! for long names and sparse files. Fields of headers are decoded by the crate `tar`; the walk is here, over bytes that
//! are at hand, so that a cut is found where it is, a name takes no memory, and nothing is believed that is not there.

use super::list::{List, MemberKind, Place, Walk};
use super::name::{Name, Separators};
use crate::error::{Flaw, ReadErrorKind};
use ::tar::{EntryType, Header};
use std::borrow::Cow;

/// Headers, and what is between them, come in blocks of this many bytes.
pub(super) const BLOCK: usize = 512;
/// The type of the header that GNU tar names a volume by: there is nothing in it.
const LABEL: u8 = b'V';

/// No header that only describes the next member is longer.
const LONGEST_EXTENSION: u64 = 1 << 20;

/// Whether the bytes begin with the header of a tar: one whose checksum is that of its bytes.
///
/// v7 headers have no magic. A text whose bytes 148 to 155 are by chance their own sum in octal is not known.
pub(super) fn is_tar(first: &[u8]) -> bool {
    let Some(block) = first.get(..BLOCK) else { return false };
    (block[0] != 0 || block[257..].starts_with(b"ustar")) && is_header(block)
}

fn is_header(block: &[u8]) -> bool {
    let header = Header::from_byte_slice(block);
    // The sum is taken with its own field as spaces; old writers on machines of signed bytes summed those.
    let others = || block[..148].iter().chain(&block[156..]);
    let unsigned: u32 = others().map(|&byte| u32::from(byte)).sum::<u32>() + 8 * 32;
    let signed: i64 = others().map(|&byte| i64::from(byte as i8)).sum::<i64>() + 8 * 32;
    header.cksum().is_ok_and(|sum| sum == unsigned || i64::from(sum) == signed)
}

/// What headers say of the member that follows them.
#[derive(Default)]
struct Extensions<'a> {
    name: Option<Cow<'a, [u8]>>,
    /// What it is a link to.
    link: Option<Cow<'a, [u8]>>,
    bytes: Option<u64>,
    is_sparse: bool,
}

/// Lists the members of a tar that is at hand as a whole.
pub(super) fn walk(input: &[u8]) -> Walk {
    let mut walker = Walker { input, at: 0, list: List::default() };
    let fault = walker.walk().err();
    Walk { list: walker.list, fault }
}

struct Walker<'a> {
    input: &'a [u8],
    /// Where the next header stands.
    at: usize,
    list: List,
}

impl<'a> Walker<'a> {
    fn walk(&mut self) -> Result<(), ReadErrorKind> {
        let mut next = Extensions::default();
        // Global pax headers are passed over: no writer gives one size or one name to all members.
        loop {
            let Some(block) = self.input.get(self.at..self.at + BLOCK) else {
                return Err(self.cut("no end of the archive"));
            };
            if block.iter().all(|&byte| byte == 0) {
                return self.end();
            }
            if !is_header(block) {
                return Err(self.corrupt("a header whose checksum is not that of its bytes"));
            }
            if self.list.is_full() {
                return Err(List::too_many("tar", self.at as u64));
            }
            let header = Header::from_byte_slice(block);
            let kind = header.entry_type();
            // Its size may be left out.
            if kind.as_byte() == LABEL {
                self.at += BLOCK;
                continue;
            }
            let Ok(stored) = header.entry_size() else {
                return Err(self.corrupt("a size that is no number"));
            };
            if is_extension(kind) {
                let extension = self.extension(stored)?;
                if kind.is_gnu_longname() || kind.is_gnu_longlink() {
                    let end = memchr::memchr(0, extension).unwrap_or(extension.len());
                    let long = if kind.is_gnu_longname() { &mut next.name } else { &mut next.link };
                    *long = Some(Cow::Borrowed(&extension[..end]));
                } else if kind.is_pax_local_extensions() && !pax(extension, &mut next) {
                    return Err(self.corrupt("a pax header that is none"));
                }
                self.at += BLOCK + padded(extension.len());
                continue;
            }
            self.member(header, kind, stored, std::mem::take(&mut next))?;
        }
    }

    /// The bytes of a header that describes the next member.
    fn extension(&self, bytes: u64) -> Result<&'a [u8], ReadErrorKind> {
        if bytes > LONGEST_EXTENSION {
            return Err(self.corrupt("a name or pax header of more than 1 MiB"));
        }
        let start = self.at + BLOCK;
        let extension = self.input.get(start..start + bytes as usize);
        extension.ok_or_else(|| self.cut("the end of the archive in a name or pax header"))
    }

    /// Adds the member of the header, and goes on to the next.
    fn member(
        &mut self,
        header: &Header,
        kind: EntryType,
        stored: u64,
        extensions: Extensions<'a>,
    ) -> Result<(), ReadErrorKind> {
        let mut start = self.at + BLOCK;
        // The map of a sparse file goes on in blocks of its own, up to one that says it is the last.
        let mut goes_on = kind.is_gnu_sparse() && header.as_gnu().is_some_and(|gnu| gnu.is_extended());
        while goes_on {
            let Some(block) = self.input.get(start..start + BLOCK) else {
                return Err(self.cut("the end of the archive in the map of a sparse file"));
            };
            goes_on = block[504] != 0;
            start += BLOCK;
        }
        let raw = extensions.name.unwrap_or_else(|| header.path_bytes());
        let bytes = extensions.bytes.unwrap_or(stored);
        // Links, devices and directories hold no bytes, whatever size they state; bytes follow all others.
        let held = if has_bytes(kind) { bytes } else { 0 };
        let name = Name::new(&raw, Separators::Slash);
        // POSIX: hard links may have bytes in pax archives, but no tar in use writes them.
        if kind.is_hard_link() {
            let target = extensions.link.or_else(|| header.link_name_bytes()).unwrap_or_default();
            self.list.add_link(name, Name::new(&target, Separators::Slash));
            self.at = start;
            return Ok(());
        }
        let is_directory =
            kind.is_dir() || (kind.is_file() && header.as_ustar().is_none() && raw.ends_with(b"/"));
        let kind = match kind {
            _ if is_directory => MemberKind::Directory,
            _ if extensions.is_sparse => MemberKind::Other("a sparse file"),
            kind => member_kind(kind),
        };
        let end = usize::try_from(held).ok().and_then(|held| start.checked_add(held));
        match end.filter(|&end| end <= self.input.len()) {
            Some(end) => {
                self.list.add(name, kind, bytes, Place::Slice(start..end));
                // The padding of the last member may be cut off: the member is whole.
                self.at = (start + padded(end - start)).min(self.input.len());
                Ok(())
            }
            None => {
                let ends = self.input.len() as u64;
                self.list.add(name, kind, bytes, Place::Cut { ends, bytes });
                Err(self.cut("the end of the archive in a file"))
            }
        }
    }

    /// After the first block of zeros: whatever follows is zeros too, or is not read.
    fn end(&self) -> Result<(), ReadErrorKind> {
        match self.input[self.at..].iter().position(|&byte| byte != 0) {
            None => Ok(()),
            Some(offset) => Err(ReadErrorKind::Unpack {
                container: "tar",
                flaw: Flaw::Corrupt,
                byte: (self.at + offset) as u64,
                detail: "more bytes after the end of the archive".to_owned(),
                done: "they are not read",
            }),
        }
    }

    fn cut(&self, detail: &str) -> ReadErrorKind {
        self.fault(Flaw::Cut, self.input.len(), detail)
    }

    fn corrupt(&self, detail: &str) -> ReadErrorKind {
        self.fault(Flaw::Corrupt, self.at, detail)
    }

    fn fault(&self, flaw: Flaw, byte: usize, detail: &str) -> ReadErrorKind {
        let done = "the members before it are read";
        ReadErrorKind::Unpack { container: "tar", flaw, byte: byte as u64, detail: detail.to_owned(), done }
    }
}

/// Whether it only describes the member that follows, or all of them.
fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
        // Solaris' pax headers.
        || kind.as_byte() == b'X'
}

fn has_bytes(kind: EntryType) -> bool {
    !(kind.is_symlink()
        || kind.is_character_special()
        || kind.is_block_special()
        || kind.is_fifo()
        || kind.is_dir())
}

fn member_kind(kind: EntryType) -> MemberKind {
    MemberKind::Other(match kind {
        EntryType::Regular | EntryType::Continuous => return MemberKind::File,
        EntryType::Directory => return MemberKind::Directory,
        EntryType::Symlink => return MemberKind::SymbolicLink,
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a named pipe",
        EntryType::GNUSparse => "a sparse file",
        // GNU: a file that goes on from another volume, the names of a directory, the label of a volume.
        other => match other.as_byte() {
            b'M' => "the rest of a file of another volume",
            b'D' => return MemberKind::Directory,
            b'V' => "the label of a volume",
            _ => "a member of a kind that tar does not have",
        },
    })
}

/// Reads the records of a pax header, `LENGTH KEY=VALUE\n` each, where the length counts all of it: values may hold line
/// ends. Whether it is one.
fn pax<'a>(mut rest: &'a [u8], next: &mut Extensions<'a>) -> bool {
    while !rest.is_empty() && rest[0] != 0 {
        let record = memchr::memchr(b' ', rest).and_then(|space| {
            let length = number(&rest[..space])?;
            let length = usize::try_from(length).ok().filter(|&length| length <= rest.len())?;
            let record = rest.get(space + 1..length)?.strip_suffix(b"\n")?;
            let equals = memchr::memchr(b'=', record)?;
            Some((length, &record[..equals], &record[equals + 1..]))
        });
        let Some((length, key, value)) = record else { return false };
        match key {
            b"linkpath" => next.link = Some(Cow::Borrowed(value)),
            b"path" if !next.is_sparse => next.name = Some(Cow::Borrowed(value)),
            b"GNU.sparse.name" => {
                next.name = Some(Cow::Borrowed(value));
                next.is_sparse = true;
            }
            b"size" => match number(value) {
                Some(bytes) => next.bytes = Some(bytes),
                None => return false,
            },
            _ if key.starts_with(b"GNU.sparse.") => next.is_sparse = true,
            _ => {}
        }
        rest = &rest[length..];
    }
    true
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Up to the next block. The length is that of bytes at hand, so this does not overflow.
fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(BLOCK)
}
