//! The members of an archive, and where they are.

use super::name::Name;
use super::zip;
use crate::error::{Flaw, ReadErrorKind};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::ops::Range;

/// An archive has at most this many members, and their names at most so many bytes.
const MOST_MEMBERS: usize = 1 << 20;
const MOST_NAME_BYTES: usize = 256 << 20;

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path in the archive, relative, with `/`; `.` and empty parts are dropped. It is written as
    /// [`escape_name`](super::escape_name) has it.
    ///
    /// A name that is refused is given as it stands.
    pub name: String,
    /// From 1: which of the members of this name it is.
    pub occurrence: u32,
    /// Whether a later file or link of the same name stands in its place, as with `tar`, which overwrites when it
    /// unpacks. It can be read all the same.
    pub is_replaced: bool,
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

/// What a member is. Only files can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A file, or a hard link to one before it, which is that file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link. It is not followed: what it leads to is a member of its own, or not in the archive.
    SymbolicLink,
    /// Something else, in words with an article: `a device`.
    Other(&'static str),
}

impl MemberKind {
    /// In words with an article.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            MemberKind::File => "a file",
            MemberKind::Directory => "a directory",
            MemberKind::SymbolicLink => "a symbolic link",
            MemberKind::Other(what) => what,
        }
    }
}

/// Where the bytes of a member are.
#[derive(Clone, Debug)]
pub(super) enum Place {
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

/// The members of an archive as they are found.
#[derive(Default)]
pub(super) struct List {
    pub(super) members: Vec<Member>,
    pub(super) places: Vec<Place>,
    /// Hard links, and the names of what they are links to.
    links: Vec<(usize, String)>,
    name_bytes: usize,
}

impl List {
    /// Adds a member; what has a name that is refused is no file.
    pub(super) fn add(&mut self, name: Name, kind: MemberKind, bytes: u64, place: Place) {
        let kind = match (kind, name.refused) {
            (MemberKind::File | MemberKind::SymbolicLink, Some(why)) => MemberKind::Other(why),
            _ => kind,
        };
        let place = if kind == MemberKind::File { place } else { Place::Nowhere };
        self.name_bytes += name.shown.len();
        self.members.push(Member { name: name.shown, occurrence: 1, is_replaced: false, kind, bytes });
        self.places.push(place);
    }

    /// Adds a hard link to a member before it.
    pub(super) fn add_link(&mut self, name: Name, target: Name) {
        if name.refused.is_none() && target.refused.is_none() {
            self.name_bytes += target.shown.len();
            self.links.push((self.members.len(), target.shown));
        }
        let kind =
            MemberKind::Other(name.refused.unwrap_or("a hard link to what is not in the archive before it"));
        self.add(name, kind, 0, Place::Nowhere);
    }

    /// Whether there are more members than an archive may have.
    pub(super) fn is_full(&self) -> bool {
        self.members.len() >= MOST_MEMBERS || self.name_bytes >= MOST_NAME_BYTES
    }

    /// The error that there are more members than are taken.
    pub(super) fn too_many(container: &'static str, byte: u64) -> ReadErrorKind {
        ReadErrorKind::Unpack {
            container,
            flaw: Flaw::TooMany,
            byte,
            detail: format!("more than {MOST_MEMBERS} members, or {MOST_NAME_BYTES} bytes of names"),
            done: "the members before it are read",
        }
    }

    /// Once all are found: makes of each hard link what it leads to, and tells members of equal names apart.
    pub(super) fn settle(&mut self) {
        /// What is known of a name.
        #[derive(Default)]
        struct Known {
            members: u32,
            last: usize,
            /// What stands there when all so far is unpacked.
            current: Option<usize>,
        }
        let names: Vec<String> =
            self.members.iter_mut().map(|member| std::mem::take(&mut member.name)).collect();
        let mut known: FxHashMap<&str, Known> = FxHashMap::default();
        let mut links = self.links.iter().peekable();
        for (at, name) in names.iter().enumerate() {
            if let Some((_, target)) = links.next_if(|(link, _)| *link == at)
                && let Some(target) = known.get(target.as_str()).map(|known| known.last)
            {
                let Member { kind, bytes, .. } = self.members[target];
                (self.members[at].kind, self.members[at].bytes) = (kind, bytes);
                self.places[at] = self.places[target].clone();
            }
            let known = known.entry(name).or_default();
            (known.members, known.last) = (known.members + 1, at);
            self.members[at].occurrence = known.members;
            if matches!(self.members[at].kind, MemberKind::File | MemberKind::SymbolicLink)
                && let Some(earlier) = known.current.replace(at)
            {
                self.members[earlier].is_replaced = true;
            }
        }
        for (member, name) in self.members.iter_mut().zip(names) {
            member.name = name;
        }
        self.links = Vec::new();
    }

    /// How many files there are when it is unpacked.
    pub(super) fn files(&self) -> u64 {
        let is_there = |member: &&Member| member.kind == MemberKind::File && !member.is_replaced;
        self.members.iter().filter(is_there).count() as u64
    }
}

/// What a walk over an archive found: the members, and where it breaks off.
pub(super) struct Walk {
    pub(super) list: List,
    pub(super) fault: Option<ReadErrorKind>,
}
