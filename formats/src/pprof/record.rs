//! The raw messages of `profile.proto` (google/pprof, `proto/profile.proto`), borrowed from the input.
//!
//! [`Records::walk`] goes over the top level once and keeps where each message stands, so that strings,
//! functions and locations may follow the samples that use them. Nothing here knows the model: ids and string
//! indices are as in the file.

use super::wire::{Cursor, Field, Message, Problem, Value, WireError};
use std::ops::Range;

/// Names of the fields of `Profile`, by number.
const PROFILE: [&str; 16] = [
    "",
    "sample_type",
    "sample",
    "mapping",
    "location",
    "function",
    "string_table",
    "drop_frames",
    "keep_frames",
    "time_nanos",
    "duration_nanos",
    "period_type",
    "period",
    "comment",
    "default_sample_type",
    "doc_url",
];

/// A run of samples is cut after about this many bytes, so that chunks can be made of runs.
const RUN_BYTES: usize = 1 << 16;

/// Everything at the top level of a profile.
#[derive(Debug, Default)]
pub(crate) struct Records<'a> {
    pub(crate) sample_types: Vec<RawValueType>,
    /// Consecutive samples with their tags, in file order.
    pub(crate) samples: Vec<SampleRun>,
    pub(crate) mappings: Vec<Message<'a>>,
    pub(crate) locations: Vec<Message<'a>>,
    pub(crate) functions: Vec<Message<'a>>,
    pub(crate) strings: Vec<Message<'a>>,
    pub(crate) comments: Vec<i64>,
    pub(crate) drop_frames: i64,
    pub(crate) keep_frames: i64,
    pub(crate) time_nanos: i64,
    pub(crate) duration_nanos: i64,
    pub(crate) period_type: Option<RawValueType>,
    pub(crate) period: i64,
    pub(crate) default_sample_type: i64,
    /// How many fields have a number that profile.proto does not know, and where the first stands.
    pub(crate) unknown: Option<(u64, usize)>,
    /// Where the input ends inside a record.
    pub(crate) cut: Option<WireError>,
}

/// Samples that follow each other in the file without another field between them.
#[derive(Clone, Debug)]
pub(crate) struct SampleRun {
    /// Their bytes in the message, tags included.
    pub(crate) range: Range<usize>,
    /// How many samples stand before.
    pub(crate) first: u64,
}

impl<'a> Records<'a> {
    /// Goes over the top level of `input`.
    pub(crate) fn walk(input: Message<'a>) -> Result<Records<'a>, WireError> {
        let mut records = Records::default();
        let mut cursor = Cursor::new(input);
        let mut samples = 0u64;
        loop {
            let at = cursor.at() - input.at;
            let field = match cursor.field() {
                Ok(Some(field)) => field,
                Ok(None) => return Ok(records),
                Err(error) => {
                    let error = error.within(&records.path_of_tag(&input.bytes[at..], samples));
                    if !is_cut(&error, input.bytes.len()) {
                        return Err(error);
                    }
                    records.cut = Some(error);
                    return Ok(records);
                }
            };
            if field.number == 2 {
                field.message().map_err(|error| error.within(&format!("sample[{samples}]")))?;
                let end = cursor.at() - input.at;
                match records.samples.last_mut() {
                    Some(run) if run.range.end == at && run.range.len() < RUN_BYTES => {
                        run.range.end = end;
                    }
                    _ => records.samples.push(SampleRun { range: at..end, first: samples }),
                }
                samples += 1;
            } else if let Err(error) = records.take(field) {
                return Err(error.within(&records.path(field.number, samples)));
            }
        }
    }

    fn take(&mut self, field: Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.sample_types.push(RawValueType::parse(field.message()?)?),
            3 => self.mappings.push(field.message()?),
            4 => self.locations.push(field.message()?),
            5 => self.functions.push(field.message()?),
            6 => self.strings.push(field.message()?),
            7 => self.drop_frames = field.int64()?,
            8 => self.keep_frames = field.int64()?,
            9 => self.time_nanos = field.int64()?,
            10 => self.duration_nanos = field.int64()?,
            11 => self.period_type = Some(RawValueType::parse(field.message()?)?),
            12 => self.period = field.int64()?,
            13 => field.varints(|index| self.comments.push(index.cast_signed()))?,
            14 => self.default_sample_type = field.int64()?,
            15 => _ = field.int64()?,
            _ => self.unknown = Some(self.unknown.map_or((1, field.at), |(count, at)| (count + 1, at))),
        }
        Ok(())
    }

    /// The path of the record that would be the next of its kind.
    fn path(&self, number: u32, samples: u64) -> String {
        let Some(&name) = PROFILE.get(number as usize) else { return format!("field {number}") };
        let index = match number {
            1 => self.sample_types.len(),
            2 => return format!("sample[{samples}]"),
            3 => self.mappings.len(),
            4 => self.locations.len(),
            5 => self.functions.len(),
            6 => self.strings.len(),
            13 => self.comments.len(),
            _ => return name.to_owned(),
        };
        format!("{name}[{index}]")
    }

    /// The path of the record whose tag is at the start of `rest`, which does not hold it whole.
    fn path_of_tag(&self, rest: &[u8], samples: u64) -> String {
        let mut tag = 0u64;
        for (index, &byte) in rest.iter().take(5).enumerate() {
            tag |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                return u32::try_from(tag >> 3).map_or_else(|_| "tag".to_owned(), |n| self.path(n, samples));
            }
        }
        "tag".to_owned()
    }

    /// The bytes of a string, `None` when the table has no such index.
    pub(crate) fn string(&self, index: i64) -> Option<&'a [u8]> {
        let index = usize::try_from(index).ok()?;
        self.strings.get(index).map(|message| message.bytes)
    }
}

/// Whether an error at the top level is the end of a cut file. A length that no file of about this size could
/// ever have met is a broken length.
fn is_cut(error: &WireError, input_bytes: usize) -> bool {
    match error.problem() {
        Problem::Cut => true,
        Problem::LengthPastEnd(length, _) => length <= (input_bytes as u64).max(1 << 20),
        _ => false,
    }
}

/// `ValueType`: indices of the strings of its name and unit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawValueType {
    pub(crate) name: i64,
    pub(crate) unit: i64,
    pub(crate) at: usize,
}

/// `Mapping`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawMapping {
    pub(crate) id: u64,
    pub(crate) start: u64,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    pub(crate) file: i64,
    pub(crate) build_id: i64,
}

/// `Function`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawFunction {
    pub(crate) id: u64,
    pub(crate) name: i64,
    pub(crate) system_name: i64,
    pub(crate) file: i64,
    pub(crate) start_line: i64,
}

/// `Location`, without its lines.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawLocation {
    pub(crate) id: u64,
    pub(crate) mapping_id: u64,
    pub(crate) address: u64,
}

/// `Line`: the first of a location is the innermost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawLine {
    pub(crate) function_id: u64,
    pub(crate) line: i64,
}

/// `Label`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawLabel {
    pub(crate) key: i64,
    pub(crate) text: i64,
    pub(crate) number: i64,
    pub(crate) unit: i64,
}

/// Hands each field of `message` to `take`; `names` are those of its fields, by number.
fn each<'a>(
    message: Message<'a>,
    names: &[&str],
    mut take: impl FnMut(Field<'a>) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let name = |number: usize| names.get(number).copied().filter(|name| !name.is_empty());
    let mut cursor = Cursor::new(message);
    loop {
        let at = cursor.at();
        let field = match cursor.field() {
            Ok(Some(field)) => field,
            Ok(None) => return Ok(()),
            Err(error) => {
                let tag = message.bytes[at - message.at];
                return Err(match name(usize::from(tag >> 3)) {
                    Some(name) => error.within(name),
                    None => error,
                });
            }
        };
        take(field).map_err(|error| error.within(name(field.number as usize).unwrap_or("field")))?;
    }
}

impl RawValueType {
    fn parse(message: Message<'_>) -> Result<RawValueType, WireError> {
        let mut raw = RawValueType { at: message.at, ..RawValueType::default() };
        each(message, &["", "type", "unit"], |field| {
            match field.number {
                1 => raw.name = field.int64()?,
                2 => raw.unit = field.int64()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(raw)
    }
}

impl RawMapping {
    pub(crate) fn parse(message: Message<'_>) -> Result<RawMapping, WireError> {
        let mut raw = RawMapping::default();
        let names =
            ["", "id", "memory_start", "memory_limit", "file_offset", "filename", "build_id"].as_slice();
        each(message, names, |field| {
            match field.number {
                1 => raw.id = field.varint()?,
                2 => raw.start = field.varint()?,
                3 => raw.limit = field.varint()?,
                4 => raw.offset = field.varint()?,
                5 => raw.file = field.int64()?,
                6 => raw.build_id = field.int64()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(raw)
    }
}

impl RawFunction {
    pub(crate) fn parse(message: Message<'_>) -> Result<RawFunction, WireError> {
        let mut raw = RawFunction::default();
        each(message, &["", "id", "name", "system_name", "filename", "start_line"], |field| {
            match field.number {
                1 => raw.id = field.varint()?,
                2 => raw.name = field.int64()?,
                3 => raw.system_name = field.int64()?,
                4 => raw.file = field.int64()?,
                5 => raw.start_line = field.int64()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(raw)
    }
}

impl RawLocation {
    /// The location; its lines are appended to `lines`.
    pub(crate) fn parse(message: Message<'_>, lines: &mut Vec<RawLine>) -> Result<RawLocation, WireError> {
        let mut raw = RawLocation::default();
        let before = lines.len();
        each(message, &["", "id", "mapping_id", "address", "line"], |field| {
            match field.number {
                1 => raw.id = field.varint()?,
                2 => raw.mapping_id = field.varint()?,
                3 => raw.address = field.varint()?,
                4 => {
                    let index = lines.len() - before;
                    let line = field.message().and_then(RawLine::parse);
                    lines.push(line.map_err(|error| error.within(&format!("[{index}]")))?);
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(raw)
    }
}

impl RawLine {
    fn parse(message: Message<'_>) -> Result<RawLine, WireError> {
        let mut raw = RawLine::default();
        each(message, &["", "function_id", "line"], |field| {
            match field.number {
                1 => raw.function_id = field.varint()?,
                2 => raw.line = field.int64()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(raw)
    }
}

impl RawLabel {
    pub(crate) fn parse(message: Message<'_>) -> Result<RawLabel, WireError> {
        let mut raw = RawLabel::default();
        each(message, &["", "key", "str", "num", "num_unit"], |field| {
            match field.number {
                1 => raw.key = field.int64()?,
                2 => raw.text = field.int64()?,
                3 => raw.number = field.int64()?,
                4 => raw.unit = field.int64()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(raw)
    }
}

/// Reads one sample: hands on each location id (leaf first), each value, and each label message.
#[inline]
pub(crate) fn sample<'a>(
    message: Message<'a>,
    mut location: impl FnMut(u64),
    mut value: impl FnMut(i64),
    mut label: impl FnMut(Message<'a>),
) -> Result<(), WireError> {
    each(message, &["", "location_id", "value", "label"], |field| {
        match field.number {
            1 => field.varints(&mut location)?,
            2 => field.varints(|number| value(number.cast_signed()))?,
            3 => label(field.message()?),
            _ => {}
        }
        Ok(())
    })
}

/// Whether `value` has the shape of field `number` of a profile: `None` when that number is not known.
/// `Some(true)` needs something in it that another file would hardly have.
pub(crate) fn looks_right(number: u32, value: Value<'_>) -> Option<bool> {
    let known = |message: Message<'_>, fields: u32| {
        let mut cursor = Cursor::new(message);
        let mut seen = 0;
        while let Ok(Some(field)) = cursor.field() {
            if field.number > fields || matches!(field.value, Value::Fixed) {
                return false;
            }
            seen += 1;
        }
        seen > 0 && cursor.is_at_end()
    };
    match (number, value) {
        (1 | 11, Value::Bytes(message)) => Some(known(message, 2) && RawValueType::parse(message).is_ok()),
        (2, Value::Bytes(message)) => {
            Some(known(message, 3) && sample(message, |_| {}, |_| {}, |_| {}).is_ok())
        }
        (3, Value::Bytes(message)) => Some(known(message, 10) && RawMapping::parse(message).is_ok()),
        (4, Value::Bytes(message)) => {
            Some(known(message, 5) && RawLocation::parse(message, &mut Vec::new()).is_ok())
        }
        (5, Value::Bytes(message)) => Some(known(message, 5) && RawFunction::parse(message).is_ok()),
        (6, Value::Bytes(message)) => Some(std::str::from_utf8(message.bytes).is_ok()),
        (7..=10 | 12..=15, Value::Varint(_)) | (13, Value::Bytes(_)) => Some(true),
        (1..=15, _) => Some(false),
        _ => None,
    }
}
