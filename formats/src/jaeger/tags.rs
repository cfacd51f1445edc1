//! Reads tags, most of which stand in the file again and again.
//!
//! A tag that was read before is known by its bytes, and which tag follows which is known, too: where the expected
//! one stands, a comparison of bytes is all that it takes. What is remembered changes nothing but the speed.

use crate::Tags;
use crate::json::{BrokenJson, Cursor, Text, Value, text};
use crate::trace::is_needed;
use crate::trace_json::Declared;
use rustc_hash::FxBuildHasher;
use std::borrow::Cow;
use std::hash::BuildHasher;

/// How many tags are remembered: a power of two.
const SLOTS: usize = 512;

/// A tag by its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct TagRecord<'a> {
    /// Where it was first met: the same slice for tags that are known to be equal.
    pub(super) raw: &'a [u8],
    /// Where it is remembered; another tag may take its place.
    pub(super) slot: usize,
    /// What it says, where it stands in a map and is not remembered.
    pub(super) in_map: Option<TagFields<'a>>,
}

/// A key and value, with the type the file declares.
#[derive(Clone, Copy, Debug)]
pub(super) struct TagFields<'a> {
    pub(super) key: Text<'a>,
    pub(super) declared: Option<Text<'a>>,
    pub(super) value: Value<'a>,
    /// Whether the key has `@` in the place of dots, which storage cannot have in the names of fields.
    pub(super) dotless: bool,
}

impl<'a> TagFields<'a> {
    /// The key.
    pub(super) fn name(&self) -> Cow<'a, [u8]> {
        if !self.dotless {
            return self.key.bytes();
        }
        let dotted = |&byte: &u8| if byte == b'@' { b'.' } else { byte };
        Cow::Owned(self.key.bytes().iter().map(dotted).collect())
    }

    /// The type that the file declares.
    pub(super) fn declared(&self) -> Declared {
        match self.declared.map_or(&b""[..], |declared| declared.raw) {
            b"bool" => Declared::Bool,
            b"int64" => Declared::Int,
            b"float64" => Declared::Float,
            _ => Declared::Nothing,
        }
    }
}

impl<'a> TagRecord<'a> {
    /// A tag of a map.
    pub(super) fn in_map(tag: TagFields<'a>) -> TagRecord<'a> {
        TagRecord { raw: b"", slot: 0, in_map: Some(tag) }
    }

    /// What it says; `None` when it is no tag, which no record is.
    pub(super) fn fields(&self) -> Option<TagFields<'a>> {
        self.in_map.or_else(|| fields(&mut Cursor::new(self.raw, 0)).ok().flatten())
    }
}

/// What stood in the place of a tag.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    /// A tag.
    Tag(TagRecord<'a>),
    /// A tag of a span that nobody asks for.
    NotWanted,
    /// No tag.
    Other,
}

/// Whose tags are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Span,
    /// All tags of a process are kept: they tell it from others.
    Process,
}

/// Reads tags and remembers them.
#[derive(Debug, Default)]
pub(super) struct TagReader<'a> {
    wanted: Tags,
    /// Empty until the first tag, then `SLOTS` of them.
    slots: Vec<Slot<'a>>,
    /// The slot of the tag that was read last.
    last: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot<'a> {
    /// `None` where nothing is remembered.
    tag: Option<TagRecord<'a>>,
    needed: bool,
    /// The slot of the tag that last followed this one.
    next: usize,
}

impl<'a> TagReader<'a> {
    pub(super) fn new(wanted: Tags) -> TagReader<'a> {
        TagReader { wanted, ..TagReader::default() }
    }

    /// Whether a tag is kept.
    pub(super) fn wants(&self, tag: &TagFields<'_>, owner: Owner) -> bool {
        owner == Owner::Process || self.wanted == Tags::All || is_needed(&tag.name())
    }

    /// Reads the tag that comes next.
    #[inline]
    pub(super) fn read(&mut self, cursor: &mut Cursor<'a>, owner: Owner) -> Result<Found<'a>, BrokenJson> {
        if let Some(last) = self.slots.get(self.last)
            && let Some(expected) = self.slots[last.next].tag
            && cursor.passes(expected.raw)
        {
            self.last = last.next;
            return Ok(self.found(expected, owner));
        }
        self.read_unexpected(cursor, owner)
    }

    fn read_unexpected(&mut self, cursor: &mut Cursor<'a>, owner: Owner) -> Result<Found<'a>, BrokenJson> {
        let start = cursor.at;
        let Some(fields) = fields(cursor)? else { return Ok(Found::Other) };
        let raw = cursor.since(start);
        if self.slots.is_empty() {
            self.slots = vec![Slot { tag: None, needed: false, next: 0 }; SLOTS];
        }
        // The upper bits of this hash are the good ones.
        let slot = (FxBuildHasher.hash_one(raw) >> 32) as usize % SLOTS;
        self.slots[self.last].next = slot;
        self.last = slot;
        let known = &mut self.slots[slot];
        let tag = match known.tag {
            Some(tag) if tag.raw == raw => tag,
            _ => {
                known.needed = self.wanted == Tags::All || is_needed(&fields.key.bytes());
                *known.tag.insert(TagRecord { raw, slot, in_map: None })
            }
        };
        Ok(self.found(tag, owner))
    }

    #[inline]
    fn found(&self, tag: TagRecord<'a>, owner: Owner) -> Found<'a> {
        let wanted = owner == Owner::Process || self.slots[tag.slot].needed;
        if wanted { Found::Tag(tag) } else { Found::NotWanted }
    }
}

/// Reads a tag; `None` when it is not one.
fn fields<'a>(cursor: &mut Cursor<'a>) -> Result<Option<TagFields<'a>>, BrokenJson> {
    let start = cursor.at;
    if let Some(fields) = plain(cursor) {
        return Ok(Some(fields));
    }
    cursor.at = start;
    any(cursor)
}

/// A tag as Jaeger writes them, without white space and in this order; `None` for any other.
fn plain<'a>(cursor: &mut Cursor<'a>) -> Option<TagFields<'a>> {
    let mut field = |name: &[u8]| cursor.passes(name).then(|| cursor.value().ok()).flatten();
    let Value::Text(key) = field(b"{\"key\":")? else { return None };
    let Value::Text(declared) = field(b",\"type\":")? else { return None };
    let value = field(b",\"value\":")?;
    cursor.passes(b"}").then_some(TagFields { key, declared: Some(declared), value, dotless: false })
}

/// A tag in any order of fields; `None` when it is not one.
fn any<'a>(cursor: &mut Cursor<'a>) -> Result<Option<TagFields<'a>>, BrokenJson> {
    if cursor.peek() != Some(b'{') {
        cursor.value()?;
        return Ok(None);
    }
    cursor.at += 1;
    let (mut key, mut declared, mut value, mut first, mut right) = (None, None, None, true, true);
    while let Some(field) = cursor.key(&mut first)? {
        match &*field.bytes() {
            b"key" => right &= text(cursor, &mut key)?,
            b"type" => right &= text(cursor, &mut declared)?,
            b"value" => value = Some(cursor.value()?),
            _ => {
                cursor.value()?;
            }
        }
    }
    let fields = key.zip(value).map(|(key, value)| TagFields { key, declared, value, dotless: false });
    Ok(fields.filter(|_| right))
}
