//! Documents as they stand: offsets of arrays, and their elements one by one, borrowed, without a model.
//!
//! A document is walked once to find its arrays, because the frames may stand behind the samples that name them and
//! the unit behind the weights it measures.

use crate::json::{Broken, Cursor, Decimal, Text, Value};

/// A document: where its arrays begin, and what is small.
#[derive(Default)]
pub(super) struct Document<'a> {
    /// Offset of the array `shared.frames`.
    pub frames: Option<usize>,
    /// What is in `profiles`; `None` without that key.
    pub profiles: Option<Vec<ProfileRecord<'a>>>,
    /// `activeProfileIndex`.
    pub active: Option<usize>,
    /// Offsets of what is no profile or stands twice.
    pub strange: Vec<usize>,
    /// Where the bytes stop being JSON.
    pub broken: Option<Broken>,
}

/// One of `profiles`. Arrays are offsets of their brackets.
#[derive(Default)]
pub(super) struct ProfileRecord<'a> {
    pub byte: usize,
    pub name: Option<Text<'a>>,
    pub unit: Option<Text<'a>>,
    pub start: Option<Decimal>,
    pub end: Option<Decimal>,
    pub samples: Option<usize>,
    pub weights: Option<usize>,
    pub events: Option<usize>,
    /// Plateau's own: what the value is called, its unit where speedscope knows none, and sample counts.
    pub value_name: Option<Text<'a>>,
    pub value_unit: Option<Text<'a>>,
    pub counts: Counts,
}

/// How many samples the entries of a sampled profile stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Counts {
    /// The file does not say.
    #[default]
    Unsaid,
    /// The file says that this is not known.
    Unknown,
    /// One each.
    One,
    /// Offset of an array of counts.
    List(usize),
}

/// Walks a document. What is whole before a fault is in the result.
pub(super) fn document(input: &[u8]) -> Document<'_> {
    let mut document = Document::default();
    let mut cursor = Cursor::new(input, 0);
    if let Err(broken) = document.walk(&mut cursor) {
        document.broken = Some(broken);
    }
    document
}

impl<'a> Document<'a> {
    fn walk(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Broken> {
        cursor.pass(b'{', "'{', the start of a speedscope document")?;
        let mut first = true;
        while let Some(key) = cursor.key(&mut first)? {
            cursor.peek();
            let byte = cursor.at;
            match &*key.bytes() {
                b"shared" if cursor.peek() == Some(b'{') && self.frames.is_none() => self.shared(cursor)?,
                b"profiles" if cursor.peek() == Some(b'[') && self.profiles.is_none() => {
                    self.list(cursor)?;
                }
                b"shared" | b"profiles" => {
                    self.strange.push(byte);
                    cursor.value()?;
                }
                b"activeProfileIndex" => {
                    self.active = cursor.value()?.int().and_then(|index| usize::try_from(index).ok());
                }
                _ => {
                    cursor.value()?;
                }
            }
        }
        match cursor.peek() {
            None => Ok(()),
            Some(_) => Err(cursor.broken("the end of the file")),
        }
    }

    fn shared(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Broken> {
        cursor.at += 1;
        let mut first = true;
        while let Some(key) = cursor.key(&mut first)? {
            if &*key.bytes() == b"frames" && cursor.peek() == Some(b'[') {
                self.frames = Some(cursor.at);
            }
            cursor.value()?;
        }
        Ok(())
    }

    fn list(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Broken> {
        cursor.at += 1;
        let mut first = true;
        let profiles = self.profiles.get_or_insert_default();
        while cursor.element(&mut first)? {
            let byte = cursor.at;
            if cursor.peek() != Some(b'{') {
                self.strange.push(byte);
                cursor.value()?;
                continue;
            }
            let mut profile = ProfileRecord { byte, ..ProfileRecord::default() };
            let outcome = profile.walk(cursor);
            profiles.push(profile);
            outcome?;
        }
        Ok(())
    }
}

impl<'a> ProfileRecord<'a> {
    fn walk(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Broken> {
        cursor.at += 1;
        let mut first = true;
        while let Some(key) = cursor.key(&mut first)? {
            // An array is noted before it is passed, so that the whole part of a cut one can be read.
            let array = (cursor.peek() == Some(b'[')).then_some(cursor.at);
            match (&*key.bytes(), array) {
                (b"samples", Some(_)) => self.samples = array,
                (b"weights", Some(_)) => self.weights = array,
                (b"events", Some(_)) => self.events = array,
                (b"counts", Some(at)) => self.counts = Counts::List(at),
                _ => {}
            }
            let value = cursor.value()?;
            match (&*key.bytes(), value) {
                (b"name", Value::Text(text)) => self.name = Some(text),
                (b"unit", Value::Text(text)) => self.unit = Some(text),
                (b"valueName", Value::Text(text)) => self.value_name = Some(text),
                (b"valueUnit", Value::Text(text)) => self.value_unit = Some(text),
                (b"startValue", value) => self.start = number(value),
                (b"endValue", value) => self.end = number(value),
                (b"counts", Value::Null) => self.counts = Counts::Unknown,
                (b"counts", Value::Number(b"1")) => self.counts = Counts::One,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The number that a value is.
pub(super) fn number(value: Value<'_>) -> Option<Decimal> {
    match value {
        Value::Number(digits) => Decimal::read(digits),
        _ => None,
    }
}

/// The elements of an array, until it ends or its bytes stop being JSON.
pub(super) struct Elements<'a> {
    cursor: Cursor<'a>,
    first: bool,
    ended: bool,
    /// Where the bytes stop being JSON.
    pub broken: Option<Broken>,
}

impl<'a> Elements<'a> {
    /// Those of the array at `start`; none where there is no array.
    pub(super) fn of(input: &'a [u8], start: Option<usize>) -> Elements<'a> {
        let cursor = Cursor::new(input, start.map_or(input.len(), |bracket| bracket + 1));
        Elements { cursor, first: true, ended: start.is_none(), broken: None }
    }

    /// Reads the next element with `read`; its offset and what that gave. `None` after the last.
    #[inline]
    pub(super) fn next<T>(
        &mut self,
        read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Broken>,
    ) -> Option<(usize, T)> {
        if self.ended {
            return None;
        }
        let element = || -> Result<Option<(usize, T)>, Broken> {
            if !self.cursor.element(&mut self.first)? {
                return Ok(None);
            }
            let byte = self.cursor.at;
            Ok(Some((byte, read(&mut self.cursor)?)))
        };
        let next = element().unwrap_or_else(|broken| {
            self.broken = Some(broken);
            None
        });
        self.ended = next.is_none();
        next
    }

    /// Whether the array was read to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.ended && self.broken.is_none()
    }
}

/// An entry of `shared.frames`.
#[derive(Default)]
pub(super) struct FrameRecord<'a> {
    pub name: Option<Text<'a>>,
    pub file: Option<Text<'a>>,
    pub line: Option<u32>,
}

/// Reads a frame; what is no object has no name.
pub(super) fn frame<'a>(cursor: &mut Cursor<'a>) -> Result<FrameRecord<'a>, Broken> {
    let mut frame = FrameRecord::default();
    fields(cursor, |key, value| match (key, value) {
        (b"name", Value::Text(text)) => frame.name = Some(text),
        (b"file", Value::Text(text)) => frame.file = Some(text).filter(|text| !text.raw.is_empty()),
        (b"line", value) => frame.line = value.int().and_then(|line| u32::try_from(line).ok()),
        _ => {}
    })?;
    Ok(frame)
}

/// An event of an evented profile.
#[derive(Default)]
pub(super) struct Event {
    /// Whether a call begins or ends.
    pub kind: Option<EventKind>,
    pub frame: Option<usize>,
    pub at: Option<Decimal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    Open,
    Close,
}

/// Reads an event; what is no object has no fields.
#[inline]
pub(super) fn event(cursor: &mut Cursor<'_>) -> Result<Event, Broken> {
    let mut event = Event::default();
    fields(cursor, |key, value| match (key, value) {
        (b"type", Value::Text(text)) => {
            event.kind = match text.raw {
                b"O" => Some(EventKind::Open),
                b"C" => Some(EventKind::Close),
                _ => None,
            }
        }
        (b"frame", value) => event.frame = value.int().and_then(|frame| usize::try_from(frame).ok()),
        (b"at", value) => event.at = number(value),
        _ => {}
    })?;
    Ok(event)
}

#[inline]
fn fields<'a>(cursor: &mut Cursor<'a>, mut field: impl FnMut(&[u8], Value<'a>)) -> Result<(), Broken> {
    if cursor.peek() != Some(b'{') {
        cursor.value()?;
        return Ok(());
    }
    cursor.at += 1;
    let mut first = true;
    while let Some(key) = cursor.key(&mut first)? {
        let value = cursor.value()?;
        field(&key.bytes(), value);
    }
    Ok(())
}
