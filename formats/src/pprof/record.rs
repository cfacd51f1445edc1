//! The raw messages of `profile.proto` (google/pprof, `proto/profile.proto`).
//!
//! Nothing here knows the model: ids and string indices are as in the file.

use super::wire::{Cursor, Field, Message, Problem, Value, WireError};

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

/// Everything at the top level of a profile but its samples, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) sample_types: Vec<RawValueType>,
    pub(crate) mappings: Vec<RawMapping>,
    pub(crate) locations: Vec<RawLocation>,
    /// The lines of all locations in a row.
    pub(crate) lines: Vec<RawLine>,
    pub(crate) functions: Vec<RawFunction>,
    pub(crate) strings: RawStrings,
    pub(crate) comments: Vec<i64>,
    pub(crate) drop_frames: Option<i64>,
    pub(crate) keep_frames: Option<i64>,
    pub(crate) time_nanos: Option<i64>,
    pub(crate) duration_nanos: Option<i64>,
    pub(crate) period_type: Option<RawValueType>,
    pub(crate) period: Option<i64>,
    pub(crate) default_sample_type: Option<i64>,
    /// How many fields have a number that profile.proto does not know, and where the first stands.
    pub(crate) unknown: Option<(u64, usize)>,
}

/// The string table, copied.
#[derive(Debug, Default)]
pub(crate) struct RawStrings {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Where the first stands in the input.
    pub(crate) first_at: usize,
    /// Where the first empty one after the first stands in the input.
    pub(crate) next_empty_at: Option<usize>,
}

impl RawStrings {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a string, `None` when the table has no such index.
    pub(crate) fn get(&self, index: i64) -> Option<&[u8]> {
        let index = usize::try_from(index).ok()?;
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[start..end])
    }

    fn push(&mut self, string: Message<'_>) {
        if self.ends.is_empty() {
            self.first_at = string.at;
        } else if string.bytes.is_empty() {
            self.next_empty_at.get_or_insert(string.at);
        }
        self.bytes.extend_from_slice(string.bytes);
        self.ends.push(self.bytes.len());
    }

    fn absorb(&mut self, other: RawStrings) {
        if self.ends.is_empty() {
            *self = other;
            return;
        }
        let theirs = other.get(0).filter(|first| first.is_empty()).map(|_| other.first_at);
        self.next_empty_at = self.next_empty_at.or(theirs).or(other.next_empty_at);
        let before = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }
}

impl Records {
    /// Takes a field that is no sample.
    pub(crate) fn take(&mut self, field: Field<'_>) -> Result<(), WireError> {
        match field.number {
            1 => self.sample_types.push(RawValueType::parse(field.message()?)?),
            3 => self.mappings.push(RawMapping::parse(field.message()?)?),
            4 => self.locations.push(RawLocation::parse(field.message()?, &mut self.lines)?),
            5 => self.functions.push(RawFunction::parse(field.message()?)?),
            6 => self.strings.push(field.message()?),
            7 => self.drop_frames = Some(field.int64()?),
            8 => self.keep_frames = Some(field.int64()?),
            9 => self.time_nanos = Some(field.int64()?),
            10 => self.duration_nanos = Some(field.int64()?),
            11 => self.period_type = Some(RawValueType::parse(field.message()?)?),
            12 => self.period = Some(field.int64()?),
            13 => field.varints(|index| self.comments.push(index.cast_signed()))?,
            14 => self.default_sample_type = Some(field.int64()?),
            15 => _ = field.int64()?,
            _ => self.unknown = Some(self.unknown.map_or((1, field.at), |(count, at)| (count + 1, at))),
        }
        Ok(())
    }

    /// Adds the records of the part that follows; of a field that is not repeated the last counts.
    pub(crate) fn absorb(&mut self, other: Records) {
        self.sample_types.extend(other.sample_types);
        self.mappings.extend(other.mappings);
        let lines = self.lines.len();
        let locations = other.locations.into_iter();
        self.locations.extend(locations.map(|raw| RawLocation { lines_end: lines + raw.lines_end, ..raw }));
        self.lines.extend(other.lines);
        self.functions.extend(other.functions);
        self.strings.absorb(other.strings);
        self.comments.extend(other.comments);
        self.drop_frames = other.drop_frames.or(self.drop_frames);
        self.keep_frames = other.keep_frames.or(self.keep_frames);
        self.time_nanos = other.time_nanos.or(self.time_nanos);
        self.duration_nanos = other.duration_nanos.or(self.duration_nanos);
        self.period_type = other.period_type.or(self.period_type);
        self.period = other.period.or(self.period);
        self.default_sample_type = other.default_sample_type.or(self.default_sample_type);
        self.unknown = match (self.unknown, other.unknown) {
            (Some((ours, at)), Some((theirs, _))) => Some((ours + theirs, at)),
            (ours, theirs) => ours.or(theirs),
        };
    }

    /// The path of the record that would be the next of its kind, after so many samples.
    pub(crate) fn path(&self, number: Option<u32>, samples: u64) -> String {
        let Some(number) = number else { return "tag".to_owned() };
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

    /// The bytes of a string, `None` when the table has no such index.
    pub(crate) fn string(&self, index: i64) -> Option<&[u8]> {
        self.strings.get(index)
    }

    /// The lines of the location at `position`, innermost first.
    pub(crate) fn lines(&self, position: usize) -> &[RawLine] {
        let start = position.checked_sub(1).map_or(0, |before| self.locations[before].lines_end);
        &self.lines[start..self.locations[position].lines_end]
    }
}

/// Whether an error at the top level is the end of a cut file of so many bytes. A length that no file of about
/// this size could ever have met is a broken length.
pub(crate) fn is_cut(error: &WireError, input_bytes: usize) -> bool {
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
    pub(crate) at: usize,
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
    pub(crate) at: usize,
    pub(crate) id: u64,
    pub(crate) name: i64,
    pub(crate) system_name: i64,
    pub(crate) file: i64,
    pub(crate) start_line: i64,
}

/// `Location`; its lines stand apart.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawLocation {
    pub(crate) at: usize,
    pub(crate) id: u64,
    pub(crate) mapping_id: u64,
    pub(crate) address: u64,
    /// Where its lines end among those of all locations.
    pub(crate) lines_end: usize,
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
        let mut raw = RawMapping { at: message.at, ..RawMapping::default() };
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
        let mut raw = RawFunction { at: message.at, ..RawFunction::default() };
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
        let mut raw = RawLocation { at: message.at, ..RawLocation::default() };
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
        raw.lines_end = lines.len();
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

/// Reads one sample: hands on each field of location ids (leaf first), each value, and each label message.
#[inline]
pub(crate) fn sample<'a>(
    message: Message<'a>,
    mut locations: impl FnMut(Field<'a>) -> Result<(), WireError>,
    mut value: impl FnMut(i64),
    mut label: impl FnMut(Message<'a>),
) -> Result<(), WireError> {
    each(message, &["", "location_id", "value", "label"], |field| {
        match field.number {
            1 => locations(field)?,
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
            Some(known(message, 3) && sample(message, |field| field.varints(|_| {}), |_| {}, |_| {}).is_ok())
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
