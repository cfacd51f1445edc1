//! Borrowed records of spans, as all formats but Jaeger's have them.

use super::time::{Unit, nanoseconds};
use crate::json::{BrokenJson, Cursor, Text, Value, fields};
use std::ops::Range;

/// One span. Everything stands as in the file; its attributes are in a list beside it.
#[derive(Clone, Debug)]
pub(crate) struct SpanRecord<'a> {
    /// Offset of its brace.
    pub(crate) byte: usize,
    pub(crate) trace: Option<Text<'a>>,
    pub(crate) id: Option<Text<'a>>,
    pub(crate) parent: Option<Text<'a>>,
    pub(crate) operation: Option<Text<'a>>,
    /// A number or a word.
    pub(crate) kind: Value<'a>,
    /// A number or a word.
    pub(crate) status: Value<'a>,
    /// Whether the format says in a way of its own that the span failed.
    pub(crate) failed: bool,
    pub(crate) start_ns: Option<i64>,
    pub(crate) duration_ns: Option<i64>,
    pub(crate) attributes: Range<usize>,
    /// Why it cannot be used.
    pub(crate) flaw: Option<Flaw>,
}

impl<'a> SpanRecord<'a> {
    /// Reads the span that comes next. Its fields are handed to `field`, which reads their values and says whether
    /// they are of their type.
    ///
    /// # Errors
    /// Where the bytes stop being JSON.
    #[inline]
    pub(crate) fn read(
        cursor: &mut Cursor<'a>,
        mut field: impl FnMut(&mut SpanRecord<'a>, &[u8], &mut Cursor<'a>) -> Result<bool, BrokenJson>,
    ) -> Result<SpanRecord<'a>, BrokenJson> {
        let is_object = cursor.peek() == Some(b'{');
        let mut span = SpanRecord::new(cursor.at);
        if !is_object {
            span.flaw = Some(Flaw::NotObject(cursor.at));
            cursor.value()?;
            return Ok(span);
        }
        fields(cursor, |key, cursor| {
            let byte = cursor.at;
            let right = field(&mut span, &key.bytes(), cursor)?;
            if !right {
                span.flaw.get_or_insert(Flaw::WrongType(byte));
            }
            Ok(())
        })?;
        Ok(span)
    }

    /// A span of which nothing is known but where it stands.
    fn new(byte: usize) -> Self {
        SpanRecord {
            byte,
            trace: None,
            id: None,
            parent: None,
            operation: None,
            kind: Value::Null,
            status: Value::Null,
            failed: false,
            start_ns: None,
            duration_ns: None,
            attributes: 0..0,
            flaw: None,
        }
    }

    /// Sets the duration from the end; a span whose end or duration does not fit 64 bits is flawed.
    pub(crate) fn ends_at(&mut self, end_ns: Option<i64>) {
        if let (Some(start), Some(end)) = (self.start_ns, end_ns) {
            self.duration_ns = end.checked_sub(start);
            if self.duration_ns.is_none() {
                self.flaw.get_or_insert(Flaw::TimeRange(self.byte));
            }
        }
    }

    /// Reads a time; absent where the file says null.
    ///
    /// # Errors
    /// Where the bytes stop being JSON.
    pub(crate) fn read_time(
        &mut self,
        cursor: &mut Cursor<'a>,
        unit: Unit,
    ) -> Result<Option<i64>, BrokenJson> {
        let byte = cursor.at;
        let value = cursor.value()?;
        Ok(self.time(&value, unit, byte))
    }

    /// The time that `value` at `byte` is; absent where the file says null.
    pub(crate) fn time(&mut self, value: &Value<'_>, unit: Unit, byte: usize) -> Option<i64> {
        let time = nanoseconds(value, unit);
        if time.is_none() && *value != Value::Null {
            let flaw = if value.is_number() { Flaw::TimeRange(byte) } else { Flaw::WrongType(byte) };
            self.flaw.get_or_insert(flaw);
        }
        time
    }
}

/// Why a span cannot be used, and the byte that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Something else stands in the place of a span.
    NotObject(usize),
    /// A field has the wrong type.
    WrongType(usize),
    /// A time does not fit 64 bits of nanoseconds.
    TimeRange(usize),
}

/// A key and value, with the type the file declares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) key: Text<'a>,
    pub(crate) value: Value<'a>,
    pub(crate) declared: Declared,
}

impl<'a> Attribute<'a> {
    /// One that is of the type that JSON says.
    pub(crate) fn new(key: Text<'a>, value: Value<'a>) -> Attribute<'a> {
        Attribute { key, value, declared: Declared::Nothing }
    }
}

/// The type that a file declares for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    /// None: it is what JSON says.
    Nothing,
    Bool,
    Int,
    Float,
    /// A list, every value in it wrapped in its type, as OTLP has it.
    WrappedList,
    /// A map, every value in it wrapped in its type.
    WrappedMap,
}

/// Adds the fields of an object to `attributes`; `false` where it is none.
pub(crate) fn read_map<'a>(
    cursor: &mut Cursor<'a>,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<bool, BrokenJson> {
    fields(cursor, |key, cursor| {
        let value = cursor.value()?;
        attributes.push(Attribute::new(key, value));
        Ok(())
    })
}

/// Keeps the value of the one field of an object that has one of these names; whether it was an object or null.
pub(crate) fn read_one<'a>(
    cursor: &mut Cursor<'a>,
    names: &[&[u8]],
    found: &mut Value<'a>,
) -> Result<bool, BrokenJson> {
    fields(cursor, |key, cursor| {
        let value = cursor.value()?;
        if names.contains(&key.raw) {
            *found = value;
        }
        Ok(())
    })
}

/// Keeps the value that comes next, whatever it is.
pub(crate) fn keep<'a>(cursor: &mut Cursor<'a>, found: &mut Value<'a>) -> Result<bool, BrokenJson> {
    *found = cursor.value()?;
    Ok(true)
}
