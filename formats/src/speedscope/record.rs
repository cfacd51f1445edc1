//! Documents as they stand: offsets of arrays, and what their elements hold, borrowed, without a model.
//!
//! A document is walked once to find its arrays, because the frames may stand behind the samples that name them and
//! the unit behind the weights it measures.

use super::thread::ThreadName;
use crate::json::{BrokenJson, Cursor, Decimal, Text, Value, fields, text};

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
    pub broken: Option<BrokenJson>,
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
    /// Plateau's own: what the value is called, its unit where speedscope knows none, sample counts, the thread.
    pub value_name: Option<Text<'a>>,
    pub value_unit: Option<Text<'a>>,
    pub counts: Counts,
    pub thread: ThreadField<'a>,
}

/// What the profiles that Plateau writes say of their thread.
#[derive(Debug, Default)]
pub(super) enum ThreadField<'a> {
    /// Nothing: the name of the profile may be that of a thread.
    #[default]
    Unsaid,
    /// That the samples are of no known thread.
    Nobody,
    Of(ThreadName<'a>),
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
    fn walk(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
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

    fn shared(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        fields(cursor, |key, cursor| {
            let byte = cursor.at;
            if key.raw == b"frames" && cursor.peek() == Some(b'[') && self.frames.is_none() {
                self.frames = Some(byte);
            } else if key.raw == b"frames" {
                self.strange.push(byte);
            }
            cursor.value().map(|_| ())
        })
        .map(|_| ())
    }

    fn list(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
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
            let outcome = profile.walk(cursor, &mut self.strange);
            profiles.push(profile);
            outcome?;
        }
        Ok(())
    }
}

impl<'a> ProfileRecord<'a> {
    /// Reads a profile. The offsets of what is not as expected go to `strange`.
    fn walk(&mut self, cursor: &mut Cursor<'a>, strange: &mut Vec<usize>) -> Result<(), BrokenJson> {
        fields(cursor, |key, cursor| {
            let byte = cursor.at;
            let right = self.field(&key.bytes(), cursor)?;
            if !right {
                strange.push(byte);
            }
            Ok(())
        })
        .map(|_| ())
    }

    /// Reads a field; whether it is as expected.
    fn field(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Result<bool, BrokenJson> {
        match key {
            b"name" => text(cursor, &mut self.name),
            b"unit" => text(cursor, &mut self.unit),
            b"valueName" => text(cursor, &mut self.value_name),
            b"valueUnit" => text(cursor, &mut self.value_unit),
            b"startValue" => bound(cursor, &mut self.start),
            b"endValue" => bound(cursor, &mut self.end),
            b"samples" => array(cursor, &mut self.samples),
            b"weights" => array(cursor, &mut self.weights),
            b"events" => array(cursor, &mut self.events),
            b"counts" => {
                if cursor.peek() == Some(b'[') {
                    self.counts = Counts::List(cursor.at);
                    return cursor.value().map(|_| true);
                }
                self.counts = match cursor.value()? {
                    Value::Null => Counts::Unknown,
                    Value::Number(b"1") => Counts::One,
                    _ => return Ok(false),
                };
                Ok(true)
            }
            b"thread" => {
                let mut name = ThreadName::default();
                let is_object = cursor.peek() == Some(b'{');
                let right = fields(cursor, |key, cursor| {
                    let number = |value: Value<'_>| value.int().and_then(|number| u32::try_from(number).ok());
                    match (key.raw, cursor.value()?) {
                        (b"name", Value::Text(text)) => name.name = text.bytes(),
                        (b"pid", value) => name.pid = number(value),
                        (b"tid", value) => name.tid = number(value),
                        _ => {}
                    }
                    Ok(())
                })?;
                self.thread = if is_object { ThreadField::Of(name) } else { ThreadField::Nobody };
                Ok(right)
            }
            _ => cursor.value().map(|_| true),
        }
    }
}

/// Goes past an array and keeps where it begins; whether it is the first such, or null.
fn array(cursor: &mut Cursor<'_>, start: &mut Option<usize>) -> Result<bool, BrokenJson> {
    let byte = cursor.at;
    if cursor.peek() != Some(b'[') {
        return Ok(cursor.value()? == Value::Null);
    }
    // Noted before it is passed, so that the whole part of a cut one can be read.
    let is_first = start.is_none();
    start.get_or_insert(byte);
    cursor.value()?;
    Ok(is_first)
}

/// Reads where a profile begins or ends; whether that is a number or null.
fn bound(cursor: &mut Cursor<'_>, at: &mut Option<Decimal>) -> Result<bool, BrokenJson> {
    let value = cursor.value()?;
    *at = number(value);
    Ok(at.is_some() || value == Value::Null)
}

/// The number that a value is.
pub(super) fn number(value: Value<'_>) -> Option<Decimal> {
    match value {
        Value::Number(digits) => Decimal::read(digits),
        _ => None,
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
pub(super) fn frame<'a>(cursor: &mut Cursor<'a>) -> Result<FrameRecord<'a>, BrokenJson> {
    let mut frame = FrameRecord::default();
    fields(cursor, |key, cursor| {
        match (&*key.bytes(), cursor.value()?) {
            (b"name", Value::Text(text)) => frame.name = Some(text),
            (b"file", Value::Text(text)) => frame.file = Some(text).filter(|text| !text.raw.is_empty()),
            (b"line", value) => frame.line = value.int().and_then(|line| u32::try_from(line).ok()),
            _ => {}
        }
        Ok(())
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
pub(super) fn event(cursor: &mut Cursor<'_>) -> Result<Event, BrokenJson> {
    let mut event = Event::default();
    fields(cursor, |key, cursor| {
        match (&*key.bytes(), cursor.value()?) {
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
        }
        Ok(())
    })?;
    Ok(event)
}
