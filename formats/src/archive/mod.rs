//! Archives of captures: tar, packed or not, and zip, known by their bytes and never by their name.
//!
//! An archive is a list of members, in the order in which they are stored, and nothing of it is ever written under a
//! name that it holds. It is no open file: each member that is read opens it again. Members of a tar are parts of the
//! file; a packed tar is unpacked into a file without a name, of which they are parts then, and which the [`Spool`]
//! keeps for the next; members of a zip are unpacked one by one. A member is read as a file of its own would be, gzip
//! and zstd within it as well; an archive within an archive is not.
//!
//! What is whole before a cut or a flaw is kept: [`Archive::fault`] says where the archive breaks off.

mod list;
mod name;
mod spool;
mod tar;
mod zip;

pub use list::{Member, MemberKind};
pub use name::escape_name;
pub use spool::Spool;

use crate::error::{Flaw, ReadError, ReadErrorKind};
use crate::input::{self, OpenFile, Stamp, Stored};
use crate::unpack::{self, Container, Unpacker};
use crate::{Capture, ReadOptions, read_bytes};
use list::{List, Place, Walk};
use std::fmt;
use std::io;
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

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

    /// Lists the members of one that is at hand as a whole.
    fn list(self, input: &[u8]) -> Walk {
        let mut walk = match self {
            ArchiveKind::Tar => tar::walk(input),
            ArchiveKind::Zip => zip::walk(input),
        };
        walk.list.settle();
        walk
    }

    /// With an article.
    fn what(self) -> &'static str {
        match self {
            ArchiveKind::Tar => "a tar archive",
            ArchiveKind::Zip => "a zip archive",
        }
    }
}

/// The list of an archive's members, and where they are read from.
pub struct Archive {
    name: String,
    kind: ArchiveKind,
    container: Container,
    home: Home,
    spool: Arc<Spool>,
    /// What a packed tar was unpacked to, as long as the spool keeps it.
    unpacked: Mutex<Weak<Stored<'static>>>,
    list: List,
    fault: Option<ReadError>,
    options: Limits,
}

/// The limits with which an archive was opened, for [`Archive::bytes`] and for unpacking it again.
type Limits = ReadOptions;

/// Where the bytes of an archive are.
enum Home {
    Memory(Vec<u8>),
    /// A file, and how it looked when its members were listed.
    File(PathBuf, Stamp),
}

impl Home {
    /// Opens it again. What was written since has other members elsewhere.
    fn open(&self) -> Result<Open<'_>, ReadErrorKind> {
        match self {
            Home::Memory(stored) => Ok(Open::Memory(stored)),
            Home::File(path, stamp) => match OpenFile::open(path)? {
                Some(file) if file.stamp() == stamp => Ok(Open::File(file)),
                _ => Err(changed()),
            },
        }
    }
}

fn changed() -> ReadErrorKind {
    let found = "it is not what it was when its members were listed";
    ReadErrorKind::Changed { found: Box::new(io::Error::other(found).into()) }
}

/// The archive while a member is read.
enum Open<'a> {
    Memory(&'a [u8]),
    File(OpenFile),
}

impl<'a> Open<'a> {
    fn stored(&self, options: &ReadOptions) -> Result<Stored<'a>, ReadErrorKind> {
        match self {
            Open::Memory(stored) => Ok(Stored::Borrowed(stored)),
            Open::File(file) => Ok(file.stored(options)?),
        }
    }

    fn part(&self, range: &Range<usize>, options: &ReadOptions) -> Result<Stored<'a>, ReadErrorKind> {
        match self {
            Open::Memory(stored) => Ok(Stored::Borrowed(&stored[range.clone()])),
            Open::File(file) => Ok(file.part(range.start as u64, range.len() as u64, options)?),
        }
    }

    fn has_changed(&self) -> bool {
        match self {
            Open::Memory(_) => false,
            Open::File(file) => file.has_changed(),
        }
    }
}

/// The bytes of a member of an archive. They are freed with it.
pub struct Bytes<'a>(Held<'a>);

enum Held<'a> {
    Own(Stored<'a>),
    /// A part of what an archive was unpacked to.
    Part(Arc<Stored<'static>>, Range<usize>),
}

impl Bytes<'_> {
    fn owned(bytes: Vec<u8>) -> Self {
        Bytes(Held::Own(Stored::Owned(bytes)))
    }
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Held::Own(stored) => stored,
            Held::Part(stored, range) => &stored[range.clone()],
        }
    }
}

impl Archive {
    /// Opens an archive and lists its members; `None` for what is none by its first bytes. Only files are looked at: a
    /// pipe is no archive.
    ///
    /// A packed tar is unpacked into the spool, within `max_unpacked` and `max_ratio`.
    ///
    /// # Errors
    /// When the file cannot be read, is a packed tar of more bytes than are allowed, or cannot be unpacked.
    pub fn open(
        path: &Path,
        options: &ReadOptions,
        spool: &Arc<Spool>,
    ) -> Result<Option<Archive>, ReadError> {
        let name = path.display().to_string();
        let list = || -> Result<_, ReadErrorKind> {
            let Some(file) = OpenFile::open(path)? else { return Ok(None) };
            let (first, container) = unpack::beginning(file.reader(), tar::BLOCK);
            let Some(kind) = kind(&first, container) else { return Ok(None) };
            let home = Home::File(path.to_owned(), file.stamp().clone());
            let mut archive = Archive::new(&name, kind, container, home, options, spool);
            archive.list(&file.stored(options)?)?;
            Ok(Some(archive))
        };
        list().map_err(|kind| ReadError { name: name.clone(), kind })
    }

    /// Lists the members of an archive in memory, as [`open`](Archive::open) those of a file; `name` is for messages and
    /// reports.
    ///
    /// # Errors
    /// As [`open`](Archive::open).
    pub fn from_bytes(
        name: &str,
        bytes: Vec<u8>,
        options: &ReadOptions,
        spool: &Arc<Spool>,
    ) -> Result<Option<Archive>, ReadError> {
        let (first, container) = unpack::beginning(&bytes[..], tar::BLOCK);
        let Some(kind) = kind(&first, container) else { return Ok(None) };
        let mut archive = Archive::new(name, kind, container, Home::Memory(Vec::new()), options, spool);
        archive.list(&bytes).map_err(|kind| ReadError { name: name.to_owned(), kind })?;
        archive.home = Home::Memory(bytes);
        Ok(Some(archive))
    }

    fn new(
        name: &str,
        kind: ArchiveKind,
        container: Container,
        home: Home,
        options: &ReadOptions,
        spool: &Arc<Spool>,
    ) -> Archive {
        Archive {
            name: name.to_owned(),
            kind,
            container,
            home,
            spool: Arc::clone(spool),
            unpacked: Mutex::default(),
            list: List::default(),
            fault: None,
            options: options.clone(),
        }
    }

    /// Lists the members, given all bytes of the archive.
    fn list(&mut self, stored: &[u8]) -> Result<(), ReadErrorKind> {
        let (walk, damage) = match Unpacker::new(stored, &self.options) {
            None => (self.kind.list(stored), None),
            Some(unpacker) => {
                let unpacked = self.spool.unpack(unpacker)?;
                self.unpacked = Mutex::new(Arc::downgrade(&unpacked.stored));
                (self.kind.list(&unpacked.stored), unpacked.damage)
            }
        };
        self.list = walk.list;
        // Damage to the container is why the tar in it is cut.
        let fault = damage.or(walk.fault);
        self.fault = fault.map(|kind| ReadError { name: self.name.clone(), kind });
        Ok(())
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
    /// As [`read_bytes`]; when the member is no file, is cut, encrypted, corrupt, an archive, or gives too much; when the
    /// archive is not what it was when its members were listed.
    ///
    /// # Panics
    /// When there is no such member.
    pub fn read(&self, member: usize, options: &ReadOptions) -> Result<Capture, ReadError> {
        let name = self.source_name(member);
        let read = || -> Result<Capture, ReadErrorKind> {
            let archive = self.home.open()?;
            let outcome = self
                .member_bytes(member, &archive, options)
                .and_then(|bytes| read_bytes(&name, &bytes, options).map_err(|error| nested(error.kind)));
            if !archive.has_changed() {
                return outcome;
            }
            let mut capture = outcome.map_err(|found| ReadErrorKind::Changed { found: Box::new(found) })?;
            input::note_change(&mut capture.notes);
            Ok(capture)
        };
        read().map_err(|kind| ReadError { name: name.clone(), kind })
    }

    /// The bytes of a member, out of a zip unpacked.
    ///
    /// # Errors
    /// When the member is no file, is cut, encrypted, corrupt or gives too much; when the archive is not what it was.
    ///
    /// # Panics
    /// When there is no such member.
    pub fn bytes(&self, member: usize) -> Result<Bytes<'_>, ReadError> {
        let bytes = self.home.open().and_then(|archive| self.member_bytes(member, &archive, &self.options));
        bytes.map_err(|kind| ReadError { name: self.source_name(member), kind })
    }

    /// What captures and errors of a member are called.
    fn source_name(&self, member: usize) -> String {
        format!("{}!{}", self.name, self.list.members[member].unique_name())
    }

    fn member_bytes<'a>(
        &'a self,
        member: usize,
        archive: &Open<'a>,
        options: &ReadOptions,
    ) -> Result<Bytes<'a>, ReadErrorKind> {
        let kind = self.list.members[member].kind;
        if kind != MemberKind::File {
            let advice = "only files in an archive are read";
            return Err(ReadErrorKind::NotAFile { what: kind.what(), advice });
        }
        let container = match self.kind {
            ArchiveKind::Tar => "tar",
            ArchiveKind::Zip => "zip",
        };
        match &self.list.places[member] {
            Place::Nowhere => Ok(Bytes::owned(Vec::new())),
            Place::Slice(range) => self.part(range, archive, options),
            Place::Packed(packed) => packed.unpack(self.part(&packed.range, archive, options)?, options),
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

    /// A part of the archive, or of what it unpacks to.
    fn part<'a>(
        &self,
        range: &Range<usize>,
        archive: &Open<'a>,
        options: &ReadOptions,
    ) -> Result<Bytes<'a>, ReadErrorKind> {
        if self.container == Container::Plain {
            return Ok(Bytes(Held::Own(archive.part(range, options)?)));
        }
        let stored = self.unpacked(archive)?;
        // Lengths and times are the same of what was changed with care.
        if range.end > stored.len() {
            return Err(changed());
        }
        Ok(Bytes(Held::Part(stored, range.clone())))
    }

    /// What the archive unpacks to. Whoever wants it at the same time waits for the one that unpacks it.
    fn unpacked(&self, archive: &Open<'_>) -> Result<Arc<Stored<'static>>, ReadErrorKind> {
        let mut unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stored) = unpacked.upgrade() {
            self.spool.keep(&stored);
            return Ok(stored);
        }
        let packed = archive.stored(&self.options)?;
        let again = self.spool.unpack(Unpacker::new(&packed, &self.options).ok_or_else(changed)?)?.stored;
        *unpacked = Arc::downgrade(&again);
        Ok(again)
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

/// Which archive begins so; `None` for none, and for a zip that is packed again, which the ordinary reader refuses.
fn kind(first: &[u8], container: Container) -> Option<ArchiveKind> {
    let kind = ArchiveKind::of(first)?;
    (kind == ArchiveKind::Tar || container == Container::Plain).then_some(kind)
}

/// What to say of an archive where one capture is expected; `None` for anything else. The files of one that is at
/// hand as a whole are counted.
pub(crate) fn refusal(input: &[u8]) -> Option<ReadErrorKind> {
    let kind = ArchiveKind::of(input)?;
    let Walk { list, fault } = kind.list(input);
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
