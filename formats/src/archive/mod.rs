//! Archives of captures: tar, packed or not, and zip, known by their bytes and never by their name.
//!
//! An archive is a list of members, in the order in which they are stored, and nothing of it is ever written under a
//! name that it holds. Members of a tar are slices of the mapped file; a packed tar is unpacked once into a file
//! without a name, of which they are slices then; members of a zip are unpacked one by one. A member is read as a file
//! of its own would be, gzip and zstd within it as well; an archive within an archive is not.
//!
//! What is whole before a cut or a flaw is kept: [`Archive::fault`] says where the archive breaks off.

mod name;
mod spool;
mod tar;
mod zip;

use crate::error::{Flaw, ReadError, ReadErrorKind};
use crate::input::{self, Opened, Stored};
use crate::unpack::{self, Container};
use crate::{Capture, ReadOptions, read_bytes};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::Path;

/// An archive has at most this many members, and their names at most so many bytes.
const MOST_MEMBERS: usize = 1 << 20;
const MOST_NAME_BYTES: usize = 256 << 20;

/// One kind of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveKind {
    /// POSIX tar: v7, ustar, pax and GNU.
    Tar,
    /// ZIP, with or without Zip64.
    Zip,
}

impl ArchiveKind {
    /// Which kind of archive begins with these bytes; 512 are enough.
    ///
    /// A tar of no member is nothing but zeros, as is many a damaged file, and is not known.
    fn of(first: &[u8]) -> Option<ArchiveKind> {
        if zip::is_zip(first) {
            return Some(ArchiveKind::Zip);
        }
        tar::is_tar(first).then_some(ArchiveKind::Tar)
    }

    /// With an article.
    fn what(self) -> &'static str {
        match self {
            ArchiveKind::Tar => "a tar archive",
            ArchiveKind::Zip => "a zip archive",
        }
    }
}

/// An open archive.
pub struct Archive {
    name: String,
    kind: ArchiveKind,
    container: Container,
    file: Opened,
    /// What a packed tar was unpacked to.
    spool: Option<Stored<'static>>,
    list: List,
    fault: Option<ReadError>,
    options: Limits,
}

/// The limits with which an archive was opened, for [`Archive::bytes`].
type Limits = ReadOptions;

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path in the archive, relative, with `/`; `.` and empty parts are dropped. Bytes that are no UTF-8 and
    /// characters that steer a terminal are written as `\xff`.
    ///
    /// A name that is refused is given as it stands.
    pub name: String,
    /// From 1: which of the members of this name it is. `tar` keeps the last one when it unpacks.
    pub occurrence: u32,
    /// Whether it can be read.
    pub kind: MemberKind,
    /// Its size in bytes, as the archive says; of a member of a zip unpacked.
    pub bytes: u64,
}

impl Member {
    /// The name, which members of equal names share, with its occurrence where it is not the first.
    #[must_use]
    pub fn unique_name(&self) -> Cow<'_, str> {
        match self.occurrence {
            1 => Cow::Borrowed(&self.name),
            again => Cow::Owned(format!("{} ({again})", self.name)),
        }
    }
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A file, which can be read.
    File,
    /// Something else, in words with an article: `a directory`. Reading it is an error.
    Other(&'static str),
}

/// Where the bytes of a member are.
#[derive(Clone, Debug)]
enum Place {
    /// It has none.
    Nowhere,
    /// As they are.
    Slice(Range<usize>),
    /// Packed in a zip.
    Packed(zip::Packed),
    /// The archive ends before they do: where it ends, and how many there should be.
    Cut { ends: u64, bytes: u64 },
    /// The archive does not lead to them: where it is wrong, and how.
    Broken { byte: u64, detail: &'static str },
}

/// The members of an archive as they are found, and where they are.
#[derive(Default)]
struct List {
    members: Vec<Member>,
    places: Vec<Place>,
    name_bytes: usize,
}

impl List {
    /// Adds a member; what has a name that is refused is no file.
    fn add(&mut self, name: name::Name, kind: MemberKind, bytes: u64, place: Place) {
        let kind = match (kind, name.refused) {
            (MemberKind::File, Some(why)) => MemberKind::Other(why),
            _ => kind,
        };
        let place = if kind == MemberKind::File { place } else { Place::Nowhere };
        self.name_bytes += name.shown.len();
        self.members.push(Member { name: name.shown, occurrence: 1, kind, bytes });
        self.places.push(place);
    }

    /// Whether there are more members than an archive may have.
    fn is_full(&self) -> bool {
        self.members.len() >= MOST_MEMBERS || self.name_bytes >= MOST_NAME_BYTES
    }

    /// The error that there are more members than are taken.
    fn too_many(container: &'static str, byte: u64) -> ReadErrorKind {
        ReadErrorKind::Unpack {
            container,
            flaw: Flaw::TooMany,
            byte,
            detail: format!("more than {MOST_MEMBERS} members, or {MOST_NAME_BYTES} bytes of names"),
            done: "the members before it are read",
        }
    }

    /// Numbers the members of equal names in their order.
    fn count_occurrences(&mut self) {
        let mut seen: FxHashMap<&str, u32> = FxHashMap::default();
        let occurrences: Vec<u32> = self
            .members
            .iter()
            .map(|member| {
                let occurrence = seen.entry(&member.name).or_default();
                *occurrence += 1;
                *occurrence
            })
            .collect();
        for (member, occurrence) in self.members.iter_mut().zip(occurrences) {
            member.occurrence = occurrence;
        }
    }

    fn files(&self) -> u64 {
        self.members.iter().filter(|member| member.kind == MemberKind::File).count() as u64
    }
}

/// What a walk over an archive found: the members, and where it breaks off.
struct Walk {
    list: List,
    fault: Option<ReadErrorKind>,
}

impl Archive {
    /// Opens an archive; `None` for what is none by its bytes. Only files are looked at: a pipe is no archive.
    ///
    /// A packed tar is unpacked into a file without a name in the folder `spool`, within `max_unpacked` and
    /// `max_ratio`; it is gone with the archive. With `map: false` the archive is in memory as long as it is open.
    ///
    /// # Errors
    /// When the file cannot be read, is a packed tar of more bytes than are allowed, or cannot be unpacked to `spool`.
    pub fn open(path: &Path, options: &ReadOptions, spool: &Path) -> Result<Option<Archive>, ReadError> {
        let name = path.display().to_string();
        let opened = match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => return Ok(None),
            Ok(_) => input::open(path, options),
            Err(error) => Err(error.into()),
        };
        match opened.and_then(|file| Archive::of(&name, file, options, spool)) {
            Ok(archive) => Ok(archive),
            Err(kind) => Err(ReadError { name, kind }),
        }
    }

    /// Opens an archive in memory, as [`open`](Archive::open) does a file; `name` is for messages and reports.
    ///
    /// # Errors
    /// As [`open`](Archive::open).
    pub fn from_bytes(
        name: &str,
        bytes: Vec<u8>,
        options: &ReadOptions,
        spool: &Path,
    ) -> Result<Option<Archive>, ReadError> {
        Archive::of(name, Opened::of_bytes(bytes), options, spool)
            .map_err(|kind| ReadError { name: name.to_owned(), kind })
    }

    fn of(
        name: &str,
        file: Opened,
        options: &ReadOptions,
        spool: &Path,
    ) -> Result<Option<Archive>, ReadErrorKind> {
        let Some(kind) = ArchiveKind::of(&unpack::beginning(&file.stored, tar::BLOCK)) else {
            return Ok(None);
        };
        // What is packed is refused by the ordinary reader when it is a zip: none is ever packed again.
        let unpacked = spool::unpack(&file.stored, options, spool)?;
        if unpacked.is_some() && kind == ArchiveKind::Zip {
            return Ok(None);
        }
        let (spool, container, damage) = match unpacked {
            Some(unpacked) => (Some(unpacked.stored), unpacked.container, unpacked.damage),
            None => (None, Container::Plain, None),
        };
        let bytes = spool.as_ref().unwrap_or(&file.stored);
        let Walk { mut list, fault } = match kind {
            ArchiveKind::Tar => tar::walk(bytes),
            ArchiveKind::Zip => zip::walk(bytes),
        };
        list.count_occurrences();
        // Damage to the container is why the tar in it is cut.
        let fault = damage.or(fault).map(|kind| ReadError { name: name.to_owned(), kind });
        let options = options.clone();
        Ok(Some(Archive { name: name.to_owned(), kind, container, file, spool, list, fault, options }))
    }

    /// The members, as stored.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.list.members
    }

    /// Which kind of archive it is.
    #[must_use]
    pub fn kind(&self) -> ArchiveKind {
        self.kind
    }

    /// What the archive is packed in.
    #[must_use]
    pub fn container(&self) -> Container {
        self.container
    }

    /// Where the archive is cut or corrupt: the members before are whole, what came after is not known.
    ///
    /// A member inside which it is cut is listed too, and reading it is an error.
    #[must_use]
    pub fn fault(&self) -> Option<&ReadError> {
        self.fault.as_ref()
    }

    /// Reads a member, by its index in [`members`](Archive::members), as [`read_bytes`] reads a file. Its source is
    /// called `archive.tar!path/in/it`; size and digest are those of the member as it is stored in a tar and unpacked
    /// from a zip.
    ///
    /// # Errors
    /// As [`read_bytes`]; when the member is no file, is cut, encrypted, corrupt, an archive, or gives too much.
    ///
    /// # Panics
    /// When there is no such member.
    pub fn read(&self, member: usize, options: &ReadOptions) -> Result<Capture, ReadError> {
        let name = self.source_name(member);
        let outcome = self
            .member_bytes(member, options)
            .and_then(|bytes| read_bytes(&name, &bytes, options).map_err(|error| nested(error.kind)));
        if !self.file.has_changed() {
            return outcome.map_err(|kind| ReadError { name, kind });
        }
        match outcome {
            Ok(mut capture) => {
                input::note_change(&mut capture.notes);
                Ok(capture)
            }
            Err(found) => Err(ReadError { name, kind: ReadErrorKind::Changed { found: Box::new(found) } }),
        }
    }

    /// The bytes of a member, out of a zip unpacked.
    ///
    /// # Errors
    /// When the member is no file, is cut, encrypted, corrupt or gives too much.
    ///
    /// # Panics
    /// When there is no such member.
    pub fn bytes(&self, member: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        self.member_bytes(member, &self.options)
            .map_err(|kind| ReadError { name: self.source_name(member), kind })
    }

    /// What captures and errors of a member are called.
    fn source_name(&self, member: usize) -> String {
        format!("{}!{}", self.name, self.list.members[member].unique_name())
    }

    fn member_bytes(&self, member: usize, options: &ReadOptions) -> Result<Cow<'_, [u8]>, ReadErrorKind> {
        if let MemberKind::Other(what) = self.list.members[member].kind {
            return Err(ReadErrorKind::NotAFile { what, advice: "only files in an archive are read" });
        }
        let container = match self.kind {
            ArchiveKind::Tar => "tar",
            ArchiveKind::Zip => "zip",
        };
        let stored = self.spool.as_ref().unwrap_or(&self.file.stored);
        match &self.list.places[member] {
            Place::Nowhere => Ok(Cow::Borrowed(&[])),
            Place::Slice(range) => Ok(Cow::Borrowed(&stored[range.clone()])),
            Place::Packed(packed) => packed.unpack(stored, options),
            &Place::Cut { ends, bytes } => Err(ReadErrorKind::Unpack {
                container,
                flaw: Flaw::Cut,
                byte: ends,
                detail: format!("the archive ends inside this file of {bytes} bytes"),
                done: "nothing of it is used",
            }),
            &Place::Broken { byte, detail } => Err(ReadErrorKind::Unpack {
                container,
                flaw: Flaw::Corrupt,
                byte,
                detail: detail.to_owned(),
                done: "nothing of it is used",
            }),
        }
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Archive")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("container", &self.container)
            .field("members", &self.list.members)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// What to say of an archive where one capture is expected; `None` for anything else. The files of one that is at
/// hand as a whole are counted.
pub(crate) fn refusal(input: &[u8]) -> Option<ReadErrorKind> {
    let kind = ArchiveKind::of(input)?;
    let Walk { list, fault } = match kind {
        ArchiveKind::Tar => tar::walk(input),
        ArchiveKind::Zip => zip::walk(input),
    };
    let advice = "`plateau batch` reads archives, and what is unpacked of one can be passed";
    Some(ReadErrorKind::Archive { what: kind.what(), files: fault.is_none().then(|| list.files()), advice })
}

/// An archive in an archive is not read by what reads archives either.
fn nested(kind: ReadErrorKind) -> ReadErrorKind {
    match kind {
        ReadErrorKind::Archive { what, files, .. } => {
            let advice = "archives inside archives are not read; unpack the outer one and pass the folder";
            ReadErrorKind::Archive { what, files, advice }
        }
        other => other,
    }
}
