//! Borrowed records of spans and their references. Their fields are looked for in the order in which Jaeger writes them.

use super::record::{Flaw, ProcessRecord, TraceRecord, flaw};
use super::tags::Owner;
use crate::json::{BrokenJson, Cursor, Text, Value, text};
use crate::trace_json::{Unit, nanoseconds};
use std::ops::Range;

/// One span.
#[derive(Clone, Debug, Default)]
pub(super) struct SpanRecord<'a> {
    /// Offset of its brace.
    pub(super) byte: usize,
    pub(super) trace: Option<Text<'a>>,
    pub(super) id: Option<Text<'a>>,
    pub(super) parent: Option<Text<'a>>,
    pub(super) operation: Option<Text<'a>>,
    pub(super) process: Option<Text<'a>>,
    pub(super) embedded: Option<ProcessRecord<'a>>,
    pub(super) start_ns: Option<i64>,
    pub(super) duration_ns: Option<i64>,
    pub(super) references: Range<usize>,
    pub(super) tags: Range<usize>,
    /// The tags of the map beside the list.
    pub(super) more_tags: Range<usize>,
    /// Why it cannot be used.
    pub(super) flaw: Option<Flaw>,
}

/// A reference to another span.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReferenceRecord<'a> {
    pub(super) kind: Option<Text<'a>>,
    pub(super) trace: Option<Text<'a>>,
    pub(super) span: Option<Text<'a>>,
}

const WRONG_TYPE: (&str, &str) = ("span_wrong_type", "span has a field of the wrong type; it is left out");
const REPEATED: (&str, &str) = ("span_repeated_key", "span has the same field twice; it is left out");
const TIME: (&str, &str) =
    ("span_time_range", "span's time does not fit 64 bits of nanoseconds; it is left out");
const NOT_OBJECT: (&str, &str) = ("span_not_object", "expected a span, found something else; it is left out");

impl<'a> TraceRecord<'a> {
    /// Reads what stands in the place of a span.
    ///
    /// # Errors
    /// Where the bytes stop being JSON.
    pub(super) fn read_element(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        if cursor.peek() == Some(b'{') {
            let span = self.read_span(cursor)?;
            self.spans.push(span);
        } else {
            let byte = cursor.at;
            cursor.value()?;
            let flaw = Some(flaw(NOT_OBJECT, byte));
            self.spans.push(SpanRecord { byte, flaw, ..SpanRecord::default() });
        }
        Ok(())
    }

    fn read_span(&mut self, cursor: &mut Cursor<'a>) -> Result<SpanRecord<'a>, BrokenJson> {
        let mut span = SpanRecord { byte: cursor.at, ..SpanRecord::default() };
        cursor.at += 1;
        let (mut first, mut seen, mut next, mut start_millis_ns) = (true, 0u16, 0, None);
        while let Some(bit) = next_field(cursor, SPAN, &mut first, &mut next)? {
            if bit == OTHER {
                if !cursor.passes(b"[]") && !cursor.passes(b"null") {
                    cursor.value()?;
                }
                continue;
            }
            cursor.peek();
            let byte = cursor.at;
            let right = match bit {
                // Most spans repeat the id of their trace.
                0 => text_like(cursor, self.id, &mut span.trace)?,
                1 => text(cursor, &mut span.id)?,
                2 => text(cursor, &mut span.parent)?,
                3 => text(cursor, &mut span.operation)?,
                4 => text(cursor, &mut span.process)?,
                5 => {
                    span.embedded = self.read_process(cursor)?;
                    span.embedded.is_some()
                }
                6 | 7 => {
                    let time = if bit == 6 { &mut span.start_ns } else { &mut span.duration_ns };
                    let value = cursor.value()?;
                    *time = nanoseconds(&value, Unit::Microsecond);
                    if time.is_none() && value.is_number() {
                        span.flaw.get_or_insert(flaw(TIME, byte));
                    }
                    time.is_some()
                }
                8 => match self.read_references(cursor, span.trace)? {
                    Some(references) => {
                        span.references = references;
                        true
                    }
                    None => false,
                },
                9 | 10 => {
                    let (name, field) = match bit {
                        9 => (&b"tags"[..], &mut span.tags),
                        _ => (&b"tag"[..], &mut span.more_tags),
                    };
                    let tags = self.read_tags_of(name, cursor, Owner::Span)?;
                    let right = tags.is_some();
                    *field = tags.unwrap_or_default();
                    right
                }
                _ => {
                    let value = cursor.value()?;
                    let as_micros_ns = nanoseconds(&value, Unit::Microsecond);
                    start_millis_ns = as_micros_ns.and_then(|micros_ns| micros_ns.checked_mul(1000));
                    start_millis_ns.is_some() || value == Value::Null
                }
            };
            if seen & 1 << bit != 0 {
                span.flaw.get_or_insert(flaw(REPEATED, byte));
            } else if !right {
                span.flaw.get_or_insert(flaw(WRONG_TYPE, byte));
            }
            seen |= 1 << bit;
        }
        span.start_ns = span.start_ns.or(start_millis_ns);
        if let (Some(start), Some(duration)) = (span.start_ns, span.duration_ns)
            && start.checked_add(duration).is_none()
        {
            span.flaw.get_or_insert(flaw(TIME, span.byte));
        }
        Ok(span)
    }

    /// Reads a list of references; `None` when it is not one.
    fn read_references(
        &mut self,
        cursor: &mut Cursor<'a>,
        trace: Option<Text<'a>>,
    ) -> Result<Option<Range<usize>>, BrokenJson> {
        let start = self.references.len();
        if cursor.peek() != Some(b'[') {
            return Ok((cursor.value()? == Value::Null).then_some(start..start));
        }
        cursor.at += 1;
        let (mut first, mut right) = (true, true);
        while cursor.element(&mut first)? {
            if cursor.peek() != Some(b'{') {
                right &= cursor.value()? == Value::Null;
                continue;
            }
            cursor.at += 1;
            let mut reference = ReferenceRecord::default();
            let (mut first, mut next) = (true, 0);
            while let Some(field) = next_field(cursor, REFERENCE, &mut first, &mut next)? {
                right &= match field {
                    0 => text(cursor, &mut reference.kind)?,
                    1 => text_like(cursor, trace, &mut reference.trace)?,
                    2 => text(cursor, &mut reference.span)?,
                    // A copy of the span itself, which the UI adds.
                    _ => cursor.value().map(|_| true)?,
                };
            }
            self.references.push(reference);
        }
        Ok(right.then_some(start..self.references.len()))
    }
}

/// The fields of a span and their numbers, in Jaeger's order.
const SPAN: &[(&[u8], u8)] = &[
    (b"traceID", 0),
    (b"spanID", 1),
    (b"operationName", 3),
    (b"references", 8),
    (b"startTime", 6),
    (b"duration", 7),
    (b"tags", 9),
    (b"tag", 10),
    (b"logs", OTHER),
    (b"processID", 4),
    (b"warnings", OTHER),
    (b"parentSpanID", 2),
    (b"process", 5),
    (b"startTimeMillis", 11),
];
/// The fields of a reference.
const REFERENCE: &[(&[u8], u8)] = &[(b"refType", 0), (b"traceID", 1), (b"spanID", 2)];
/// The number of any other field.
const OTHER: u8 = u8::MAX;

/// Goes past the key of the next field; `None` past the end of the object.
///
/// `next` is the place in `fields` after that of the field before, where the next is looked for first.
#[inline]
fn next_field(
    cursor: &mut Cursor<'_>,
    fields: &[(&[u8], u8)],
    first: &mut bool,
    next: &mut usize,
) -> Result<Option<u8>, BrokenJson> {
    if let Some((name, number)) = fields.get(*next)
        && cursor.passes_key(name, first)
    {
        *next += 1;
        return Ok(Some(*number));
    }
    let Some(key) = cursor.key(first)? else { return Ok(None) };
    let key = key.bytes();
    let Some(place) = fields.iter().position(|(name, _)| *name == &*key) else { return Ok(Some(OTHER)) };
    *next = place + 1;
    Ok(Some(fields[place].1))
}

/// Reads text into `field`, which is probably the same as `known`; whether it was text or null.
#[inline]
fn text_like<'a>(
    cursor: &mut Cursor<'a>,
    known: Option<Text<'a>>,
    field: &mut Option<Text<'a>>,
) -> Result<bool, BrokenJson> {
    if let Some(known) = known
        && cursor.passes_string(known.raw)
    {
        *field = Some(known);
        return Ok(true);
    }
    text(cursor, field)
}
