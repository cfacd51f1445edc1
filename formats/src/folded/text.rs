//! Folded files line by line: unique stacks by their text, without a model.
//!
//! What is compared raw needs no frames: a stack is the bytes before its count.

use super::Folded;
use super::lines::{self, Columns, Found, Lines, Meaning};
use crate::format::{self, Format, ReadOptions};
use crate::input::{self, Opened};
use crate::unpack::Unpacked;
use crate::{Notes, ReadError, chunk};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;
use std::path::Path;
use std::sync::LazyLock;

/// A folded file, open to be read line by line.
pub struct Text {
    name: String,
    opened: Opened,
    /// What was unpacked; `None` where the file itself is the text, from `start` on.
    unpacked: Option<Vec<u8>>,
    start: usize,
    notes: Notes,
}

impl Text {
    /// Opens a file; `None` when it is no folded text with one column of counts.
    ///
    /// # Errors
    /// When the file cannot be opened, or is in no known format.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Option<Text>, ReadError> {
        let name = path.display().to_string();
        let open = || {
            let opened = input::open(path, options)?;
            let mut notes = Notes::default();
            let (text, _, format, ..) = format::unpack(&opened.stored, options, &mut notes)?;
            if format.name() != Folded.name() || lines::columns(&text) != Columns::One {
                return Ok(None);
            }
            let (start, unpacked) = match text {
                // Past a byte order mark.
                Unpacked::Plain(text) => (opened.stored.len() - text.len(), None),
                Unpacked::Owned(text) => (0, Some(text)),
            };
            Ok(Some(Text { name: name.clone(), opened, unpacked, start, notes }))
        };
        open().map_err(|kind| ReadError { name: name.clone(), kind })
    }

    /// The path as given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds up the lines of each stack.
    #[must_use]
    pub fn totals(&self, options: &ReadOptions) -> Totals<'_> {
        let input = self.unpacked.as_deref().unwrap_or(&self.opened.stored[self.start..]);
        let (mut totals, found, decimals) = lines::at_its_scale(|decimals| totals(input, options, decimals));
        totals.decimals = decimals;
        let (mut notes, mut found) = (self.notes.clone(), found.notes);
        // What is said of the container stands at no line.
        found.number_lines(input);
        notes.absorb(found);
        totals.notes = notes;
        if self.opened.has_changed() {
            input::note_change(&mut totals.notes);
        }
        totals
    }
}

/// The unique stacks of a folded file by their text, in order of first appearance, and their sums.
#[derive(Debug, Default)]
pub struct Totals<'a> {
    stacks: Vec<Total<'a>>,
    /// Indices by hash of the text.
    by_text: HashTable<u32>,
    /// Decimal places: a sum of 15 with `decimals` 1 is 1.5 samples.
    pub decimals: u8,
    /// What was left out or assumed.
    pub notes: Notes,
}

/// A stack and what its lines add up to.
#[derive(Clone, Copy, Debug)]
pub struct Total<'a> {
    /// The text of the stack.
    pub stack: &'a [u8],
    /// The sum, in units of the last decimal place.
    pub sum: i128,
    hash: u64,
}

impl<'a> Totals<'a> {
    /// Every stack, in order of first appearance.
    #[must_use]
    pub fn stacks(&self) -> &[Total<'a>] {
        &self.stacks
    }

    /// The index of the stack with the same text as one of this or another file.
    #[must_use]
    pub fn find(&self, other: &Total<'_>) -> Option<usize> {
        let is_same = |&index: &u32| {
            let ours = &self.stacks[index as usize];
            ours.hash == other.hash && ours.stack == other.stack
        };
        self.by_text.find(other.hash, is_same).map(|&index| index as usize)
    }

    fn add(&mut self, total: Total<'a>) {
        if let Some(index) = self.find(&total) {
            self.stacks[index].sum += total.sum;
            return;
        }
        let index = u32::try_from(self.stacks.len()).expect("2^32 unique lines take over 64 GB before this");
        self.stacks.push(total);
        let stacks = &self.stacks;
        self.by_text.insert_unique(total.hash, index, |&index| stacks[index as usize].hash);
    }
}

/// One for all files, so that texts of different files can be looked up in each other.
static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

fn totals<'a>(input: &'a [u8], options: &ReadOptions, decimals: u8) -> (Totals<'a>, Found) {
    let ranges = chunk::cut(input, options.chunk_bytes, |from| chunk::line_end(input, from));
    let (mut whole, mut found) = (Totals::default(), Found::default());
    chunk::read(
        &ranges,
        options.progress.as_deref(),
        || Lines::new(input, Columns::One, decimals),
        |lines, range| {
            let mut chunk = Totals::default();
            lines.walk(range, |meaning| {
                if let Meaning::Sample(stack, [sum, _]) = meaning {
                    chunk.add(Total { stack, sum: i128::from(sum), hash: HASHER.hash_one(stack) });
                }
            });
            (chunk.stacks, std::mem::take(&mut lines.found))
        },
        |_, (stacks, later)| {
            stacks.into_iter().for_each(|total| whole.add(total));
            found.absorb(later);
        },
    );
    (whole, found)
}
