//! Interning: equal things get one dense id, numbered by first occurrence.
//!
//! Numbering by first occurrence is what makes parallel reading deterministic: absorbing the tables of
//! consecutive chunks in file order gives the ids of a sequential read.

use hashbrown::{DefaultHashBuilder, HashTable};
use rustc_hash::FxBuildHasher;
use std::hash::{BuildHasher, Hash};
use std::num::NonZeroU32;
use std::sync::LazyLock;

/// A dense index as a `u32` that is never zero inside, so that `Option` of an id takes four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Dense(NonZeroU32);

impl Dense {
    /// The id of entry `index`.
    pub(crate) fn new(index: usize) -> Dense {
        let one_based = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        Dense(one_based.expect("a table of 2^32 - 1 entries takes over 16 GB before its index overflows"))
    }

    /// The entry this id stands for.
    pub(crate) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Declares a newtype id over [`Dense`].
macro_rules! dense_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($crate::interner::Dense);

        impl $name {
            /// The id of the entry at `index` of its table.
            #[must_use]
            pub fn new(index: usize) -> Self {
                Self($crate::interner::Dense::new(index))
            }

            /// The position of the entry in its table.
            #[must_use]
            pub fn index(self) -> usize {
                self.0.index()
            }
        }
    };
}
pub(crate) use dense_id;

dense_id! {
    /// A unique string of a capture: an index into its [`Strings`].
    StringId
}

/// Unique byte strings in one arena, immutable once built.
///
/// Names in captures are bytes, mostly UTF-8; nothing here requires it.
#[derive(Clone, Debug, Default)]
pub struct Strings {
    bytes: Vec<u8>,
    /// End of each string in `bytes`; the start is the end of the one before.
    ends: Vec<usize>,
}

impl Strings {
    /// The bytes of a string.
    ///
    /// # Panics
    /// When `id` comes from another capture and is out of range here.
    #[must_use]
    pub fn get(&self, id: StringId) -> &[u8] {
        let index = id.index();
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    /// A string for people: UTF-8, with `U+FFFD` in place of invalid bytes.
    #[must_use]
    pub fn text(&self, id: StringId) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.get(id))
    }

    /// How many unique strings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no string at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every string in the order of its id.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.get(StringId::new(index)))
    }

    /// A table in which other bytes stand for each string, under the same id.
    #[must_use]
    pub fn mapped<'a>(&'a self, mut map: impl FnMut(&'a [u8]) -> std::borrow::Cow<'a, [u8]>) -> Strings {
        let mut mapped = Strings::default();
        for string in self.iter() {
            mapped.push(&map(string));
        }
        mapped
    }

    /// The strings from index `from` on, as a table of their own.
    pub(crate) fn since(&self, from: usize) -> Strings {
        let start = from.checked_sub(1).map_or(0, |last| self.ends[last]);
        Strings {
            bytes: self.bytes[start..].to_vec(),
            ends: self.ends[from..].iter().map(|end| end - start).collect(),
        }
    }

    /// Adds a string under a new id, whether it is there already or not.
    pub fn push(&mut self, string: &[u8]) -> StringId {
        let id = StringId::new(self.ends.len());
        self.bytes.extend_from_slice(string);
        self.ends.push(self.bytes.len());
        id
    }
}

/// Builds [`Strings`].
#[derive(Clone, Debug, Default)]
pub(crate) struct StringInterner {
    strings: Strings,
    /// The hash of each string, so that neither growing nor absorbing hashes it again.
    hashes: Vec<u32>,
    table: HashTable<StringId>,
}

/// One for the whole process, so that interners can take over each other's hashes. Its seed is random.
static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// Spreads a stored hash: the table uses the lowest and the highest bits.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl StringInterner {
    /// The id of `string`, new or known.
    pub(crate) fn intern(&mut self, string: &[u8]) -> StringId {
        self.intern_hashed(string, HASHER.hash_one(string) as u32)
    }

    fn intern_hashed(&mut self, string: &[u8], hash: u32) -> StringId {
        let StringInterner { strings, hashes, table } = self;
        let same = |&id: &StringId| hashes[id.index()] == hash && strings.get(id) == string;
        if let Some(id) = table.find(spread(hash), same) {
            return *id;
        }
        let id = strings.push(string);
        hashes.push(hash);
        table.insert_unique(spread(hash), id, |&id| spread(hashes[id.index()]));
        id
    }

    /// The strings interned so far.
    pub(crate) fn strings(&self) -> &Strings {
        &self.strings
    }

    /// Interns every string of `other` in its order; the result maps its ids to ids here.
    pub(crate) fn absorb(&mut self, other: &StringInterner) -> Vec<StringId> {
        let hashed = other.strings.iter().zip(&other.hashes);
        hashed.map(|(string, &hash)| self.intern_hashed(string, hash)).collect()
    }

    pub(crate) fn finish(mut self) -> Strings {
        self.strings.bytes.shrink_to_fit();
        self.strings.ends.shrink_to_fit();
        self.strings
    }
}

/// Unique rows of a table, numbered by first occurrence.
#[derive(Clone, Debug)]
pub(crate) struct Dedup<T> {
    rows: Vec<T>,
    table: HashTable<u32>,
}

impl<T> Default for Dedup<T> {
    fn default() -> Self {
        Dedup { rows: Vec::new(), table: HashTable::new() }
    }
}

impl<T: Eq + Hash> Dedup<T> {
    /// The index of `row`, new or known.
    pub(crate) fn intern(&mut self, row: T) -> usize {
        let Dedup { rows, table } = self;
        let hash = FxBuildHasher.hash_one(&row);
        if let Some(&index) = table.find(hash, |&index| rows[index as usize] == row) {
            return index as usize;
        }
        let index = Dense::new(rows.len()).index();
        rows.push(row);
        table.insert_unique(hash, index as u32, |&index| FxBuildHasher.hash_one(&rows[index as usize]));
        index
    }

    /// The rows so far, by index.
    pub(crate) fn rows(&self) -> &[T] {
        &self.rows
    }

    pub(crate) fn finish(mut self) -> Vec<T> {
        self.rows.shrink_to_fit();
        self.rows
    }
}
