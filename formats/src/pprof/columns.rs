//! The samples of one part as columns.
//!
//! The bytes of a stack that stood a moment ago are not decoded again; stacks that are, are sorted into a tree.

use super::record::{self, RawLabel};
use super::trie::{Sorter, Stacks, Trie};
use super::wire::{Message, Value, WireError};
use hashbrown::HashMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;

/// Slots of the memory for stacks, a power of two.
const SLOTS: usize = 1 << 14;
/// Location ids below this are symbols.
pub(crate) const DENSE: u32 = 1 << 16;

/// The samples of one part, row by row. Ids and string indices are those of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    /// The absolute position that `offsets` count from.
    base: usize,
    /// Where each sample's message starts.
    offsets: Vec<u32>,
    /// The node of each sample in `trie`, plus one; 0 for a sample without a stack.
    pub(crate) leaves: Vec<u32>,
    pub(crate) trie: Trie,
    /// The location ids of the symbols of the trie from [`DENSE`] on.
    pub(crate) others: Vec<u64>,
    values: Vec<i64>,
    /// How many values the first sample has.
    width: usize,
    /// Where the values of each sample end; empty where all have `width`.
    value_ends: Vec<usize>,
    /// The label set of each sample, 0 for none; shorter than `leaves` where the last samples have none.
    labels: Vec<u32>,
    pub(crate) label_sets: Vec<Vec<RawLabel>>,
}

impl Columns {
    fn clear(&mut self) {
        let Columns {
            base: _,
            offsets,
            leaves,
            trie: _,
            others: _,
            values,
            width,
            value_ends,
            labels,
            label_sets,
        } = self;
        for numbers in [offsets, leaves, labels] {
            numbers.clear();
        }
        values.clear();
        value_ends.clear();
        label_sets.clear();
        *width = 0;
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.leaves.len()
    }

    /// The location id of a symbol of the trie.
    pub(crate) fn id(&self, symbol: u32) -> u64 {
        let other = symbol.checked_sub(DENSE).map(|other| self.others[other as usize]);
        other.unwrap_or(u64::from(symbol))
    }

    /// Where the message of sample `row` stands in the input.
    pub(crate) fn at(&self, row: usize) -> usize {
        self.base + self.offsets[row] as usize
    }

    /// The values of sample `row`.
    #[inline]
    pub(crate) fn values(&self, row: usize) -> &[i64] {
        if self.value_ends.is_empty() {
            return &self.values[row * self.width..(row + 1) * self.width];
        }
        let start = row.checked_sub(1).map_or(0, |before| self.value_ends[before]);
        &self.values[start..self.value_ends[row]]
    }

    /// The position in `label_sets` of the labels of sample `row`.
    #[inline]
    pub(crate) fn label_set(&self, row: usize) -> Option<usize> {
        self.labels.get(row).and_then(|&set| (set as usize).checked_sub(1))
    }
}

/// Decodes samples to [`Columns`], part by part. It keeps its memory from one to the next.
#[derive(Default)]
pub(crate) struct Decoder {
    columns: Columns,
    ids: Symbols,
    stacks: Stacks,
    sorter: Sorter,
    memory: Memory,
    /// Positions + 1 of label sets by their bytes.
    known_sets: HashMap<Vec<u8>, u32>,
}

impl Decoder {
    /// Begins with the samples of the block at `base`.
    pub(crate) fn begin(&mut self, base: usize) {
        self.columns.base = base;
    }

    /// Takes one sample.
    #[inline]
    pub(crate) fn sample(&mut self, message: Message<'_>) -> Result<(), WireError> {
        let first_value = self.columns.values.len();
        let start = self.stacks.symbols.len();
        let mut packed = None;
        let mut labels = Vec::new();
        let Decoder { columns, ids, stacks: Stacks { symbols, .. }, .. } = self;
        record::sample(
            message,
            |field| {
                // One packed field, the rule, may be known by its bytes; whatever else comes is decoded in order.
                if let Some(before) = packed.take() {
                    ids.push(before, symbols)?;
                }
                match field.value {
                    Value::Bytes(all) if symbols.len() == start => packed = Some(all),
                    _ => field.varints(|id| symbols.push(ids.symbol(id)))?,
                }
                Ok(())
            },
            |value| columns.values.push(value),
            |label| labels.push(label),
        )?;
        let stack = self.stack(start, packed).map_err(|error| error.within("location_id"))?;
        let set = if labels.is_empty() { 0 } else { self.label_set(&labels)? };
        let columns = &mut self.columns;
        let row = columns.leaves.len();
        columns.leaves.push(stack);
        columns.offsets.push(u32::try_from(message.at - columns.base).unwrap_or(u32::MAX));
        if set != 0 {
            columns.labels.resize(row, 0);
            columns.labels.push(set);
        }
        let (values, width) = (columns.values.len() - first_value, columns.width);
        if row == 0 {
            columns.width = values;
        } else if values != width && columns.value_ends.is_empty() {
            columns.value_ends.extend((1..=row).map(|row| row * width));
        }
        if !columns.value_ends.is_empty() {
            columns.value_ends.push(columns.values.len());
        }
        Ok(())
    }

    /// The number of the stack of `packed` ids, or else of those in `symbols` from `start` on; 0 for none.
    fn stack(&mut self, start: usize, packed: Option<Message<'_>>) -> Result<u32, WireError> {
        let Decoder { ids, stacks: Stacks { symbols, ends }, memory, .. } = self;
        let slot = packed.map(|packed| memory.slot(packed.bytes));
        if let (Some(packed), Some(slot)) = (packed, slot) {
            if let Some(known) = memory.get(slot, packed.bytes) {
                return Ok(known);
            }
            ids.push(packed, symbols)?;
        }
        if symbols.len() == start {
            return Ok(0);
        }
        symbols[start..].reverse();
        ends.push(symbols.len());
        // A stack takes a byte at least, and a part of 4 GiB is one record.
        let number = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        if let (Some(packed), Some(slot)) = (packed, slot) {
            memory.put(slot, packed.bytes, number);
        }
        Ok(number)
    }

    #[cold]
    fn label_set(&mut self, messages: &[Message<'_>]) -> Result<u32, WireError> {
        let mut key = Vec::new();
        for message in messages {
            key.extend_from_slice(&message.bytes.len().to_le_bytes());
            key.extend_from_slice(message.bytes);
        }
        if let Some(&number) = self.known_sets.get(&key) {
            return Ok(number);
        }
        let mut set = Vec::with_capacity(messages.len());
        for (index, &message) in messages.iter().enumerate() {
            set.push(RawLabel::parse(message).map_err(|error| error.within(&format!("label[{index}]")))?);
        }
        self.columns.label_sets.push(set);
        let number = u32::try_from(self.columns.label_sets.len()).unwrap_or(u32::MAX);
        self.known_sets.insert(key, number);
        Ok(number)
    }

    /// The samples since the beginning.
    pub(crate) fn finish(&mut self) -> Columns {
        let Decoder { columns, ids, stacks, sorter, memory, known_sets } = self;
        sorter.sort(stacks, ids.bits, &mut columns.trie);
        for leaf in &mut columns.leaves {
            if let Some(stack) = (*leaf as usize).checked_sub(1) {
                *leaf = sorter.nodes[stack] + 1;
            }
        }
        columns.others.clone_from(&ids.others);
        // The copy takes no more memory than it needs.
        let finished = columns.clone();
        columns.clear();
        ids.clear();
        stacks.symbols.clear();
        stacks.ends.clear();
        memory.clear();
        known_sets.clear();
        finished
    }
}

/// Location ids as symbols. Those from 1 up to [`DENSE`], the rule, are their own symbols: equal in all parts, and in
/// the order of the table, which is that of the frames.
#[derive(Default)]
struct Symbols {
    /// The ids of the symbols from [`DENSE`] on, in order of first appearance.
    others: Vec<u64>,
    numbers: FxHashMap<u64, u32>,
    /// All symbols or'ed: none has a higher bit.
    bits: u32,
}

impl Symbols {
    fn clear(&mut self) {
        self.others.clear();
        self.numbers.clear();
        self.bits = 0;
    }

    /// Appends the symbols of `packed` ids to `symbols`.
    fn push(&mut self, packed: Message<'_>, symbols: &mut Vec<u32>) -> Result<(), WireError> {
        packed.varints(|id| symbols.push(self.symbol(id)))
    }

    #[inline]
    fn symbol(&mut self, id: u64) -> u32 {
        let symbol = if (1..u64::from(DENSE)).contains(&id) { id as u32 } else { self.other(id) };
        self.bits |= symbol;
        symbol
    }

    #[cold]
    fn other(&mut self, id: u64) -> u32 {
        // Ids are fewer than the bytes of a part.
        let next = u32::try_from(DENSE as usize + self.others.len()).unwrap_or(u32::MAX);
        let symbol = *self.numbers.entry(id).or_insert(next);
        if symbol == next {
            self.others.push(id);
        }
        symbol
    }
}

/// Remembers the numbers of stacks by their bytes: each slot the last stack that fell into it.
#[derive(Default)]
struct Memory {
    /// Where the bytes stand in `bytes`, their length, and the stack.
    slots: Vec<(u32, u32, u32)>,
    bytes: Vec<u8>,
}

impl Memory {
    fn clear(&mut self) {
        self.slots.clear();
        self.bytes.clear();
    }

    fn slot(&mut self, bytes: &[u8]) -> usize {
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, (0, 0, 0));
        }
        (FxBuildHasher.hash_one(bytes) >> 32) as usize % SLOTS
    }

    #[inline]
    fn get(&self, slot: usize, bytes: &[u8]) -> Option<u32> {
        let (start, length, stack) = self.slots[slot];
        let known = &self.bytes[start as usize..start as usize + length as usize];
        (stack != 0 && known == bytes).then_some(stack)
    }

    #[inline]
    fn put(&mut self, slot: usize, bytes: &[u8], stack: u32) {
        let (Ok(start), Ok(length)) = (u32::try_from(self.bytes.len()), u32::try_from(bytes.len())) else {
            return;
        };
        self.bytes.extend_from_slice(bytes);
        self.slots[slot] = (start, length, stack);
    }
}
