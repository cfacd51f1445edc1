//! The protobuf wire format: a cursor over the fields of one message.
//!
//! A message is a run of fields, each a tag (`number << 3 | wire type`, a varint) and a value: a varint, 8 or 4
//! fixed bytes, or a length and that many bytes. Source: protobuf.dev/programming-guides/encoding. Groups
//! (wire types 3 and 4) went out of use before profile.proto existed and are refused.
//!
//! Every error says the absolute byte and the path of the field, put together only when there is an error.

use crate::error::{At, ReadErrorKind};

/// A varint has at most this many bytes.
const VARINT_BYTES: usize = 10;

/// The bytes of a message, and where in the input they stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

impl Message<'_> {
    /// Every varint of the packed bytes, in order.
    #[inline]
    pub(crate) fn varints(self, mut each: impl FnMut(u64)) -> Result<(), WireError> {
        let mut cursor = Cursor::new(self);
        let mut index = 0;
        while !cursor.is_at_end() {
            each(cursor.varint().map_err(|error| error.within(&format!("[{index}]")))?);
            index += 1;
        }
        Ok(())
    }
}

/// The value of one field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Bytes(Message<'a>),
    /// Four or eight fixed bytes: no field of profile.proto has them.
    Fixed,
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) number: u32,
    pub(crate) value: Value<'a>,
    /// Where its tag stands.
    pub(crate) at: usize,
}

/// What breaks the wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The message ends inside a varint or fixed bytes.
    Cut,
    /// The message ends inside length-delimited bytes: the length, and what is left.
    LengthPastEnd(u64, usize),
    /// A varint of more than ten bytes.
    Overlong,
    /// Wire type 3, 4, 6 or 7.
    WireType(u8),
    /// Field number 0, or one over 29 bits.
    FieldNumber,
    /// Another wire type than the field has: expected, found.
    Expected(&'static str, &'static str),
}

/// Where the wire format is broken, and how.
#[derive(Clone, Debug)]
pub(crate) struct WireError(Box<Broken>);

#[derive(Clone, Debug)]
struct Broken {
    byte: usize,
    problem: Problem,
    path: String,
}

impl WireError {
    #[cold]
    fn new(byte: usize, problem: Problem) -> WireError {
        WireError(Box::new(Broken { byte, problem, path: String::new() }))
    }

    /// The same error, seen from the message that holds `field`.
    #[cold]
    pub(crate) fn within(mut self, field: &str) -> WireError {
        let path = &mut self.0.path;
        if !path.is_empty() && !path.starts_with('[') {
            path.insert(0, '.');
        }
        path.insert_str(0, field);
        self
    }

    pub(crate) fn problem(&self) -> Problem {
        self.0.problem
    }

    pub(crate) fn byte(&self) -> usize {
        self.0.byte
    }

    pub(crate) fn path(&self) -> &str {
        &self.0.path
    }
}

impl From<WireError> for ReadErrorKind {
    fn from(error: WireError) -> ReadErrorKind {
        let Broken { byte, problem, path } = *error.0;
        let (expected, found) = match problem {
            Problem::Cut => ("a whole field".to_owned(), "the end of the message".to_owned()),
            Problem::LengthPastEnd(length, left) => {
                (format!("{length} bytes, as the length says"), format!("{left} bytes to the end"))
            }
            Problem::Overlong => {
                (format!("a varint of at most {VARINT_BYTES} bytes"), "a longer one".to_owned())
            }
            Problem::WireType(wire_type) => {
                let what = if wire_type == 3 || wire_type == 4 { " (a group)" } else { "" };
                ("wire type 0, 1, 2 or 5".to_owned(), format!("{wire_type}{what}"))
            }
            Problem::FieldNumber => ("a field number of 1 to 2^29 - 1".to_owned(), "another".to_owned()),
            Problem::Expected(expected, found) => (expected.to_owned(), found.to_owned()),
        };
        let at = At { byte: byte as u64, line: None, field: (!path.is_empty()).then_some(path) };
        ReadErrorKind::malformed(at, expected, found)
    }
}

impl<'a> Value<'a> {
    fn kind(&self) -> &'static str {
        match self {
            Value::Varint(_) => "a varint",
            Value::Bytes(_) => "length-delimited bytes",
            Value::Fixed => "fixed bytes",
        }
    }
}

impl<'a> Field<'a> {
    /// The varint of a field that has one.
    pub(crate) fn varint(&self) -> Result<u64, WireError> {
        match self.value {
            Value::Varint(value) => Ok(value),
            other => Err(WireError::new(self.at, Problem::Expected("a varint", other.kind()))),
        }
    }

    /// The varint of a field of type `int64`.
    #[expect(clippy::cast_possible_wrap, reason = "the wire holds an int64 as its two's complement")]
    pub(crate) fn int64(&self) -> Result<i64, WireError> {
        self.varint().map(|value| value as i64)
    }

    /// The bytes of a length-delimited field.
    pub(crate) fn message(&self) -> Result<Message<'a>, WireError> {
        match self.value {
            Value::Bytes(message) => Ok(message),
            other => Err(WireError::new(self.at, Problem::Expected("length-delimited bytes", other.kind()))),
        }
    }

    /// Every varint of a repeated field, packed or not, in order.
    pub(crate) fn varints(&self, mut each: impl FnMut(u64)) -> Result<(), WireError> {
        match self.value {
            Value::Varint(value) => each(value),
            Value::Bytes(message) => message.varints(each)?,
            Value::Fixed => {
                let problem = Problem::Expected("varints, packed or not", self.value.kind());
                return Err(WireError::new(self.at, problem));
            }
        }
        Ok(())
    }
}

/// Reads the fields of a message one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    message: Message<'a>,
    /// Position in the message; never past its end.
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(message: Message<'a>) -> Cursor<'a> {
        Cursor { message, position: 0 }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.position == self.message.bytes.len()
    }

    /// The absolute position in the input.
    pub(crate) fn at(&self) -> usize {
        self.message.at + self.position
    }

    /// The next field, `None` at the end.
    #[inline]
    pub(crate) fn field(&mut self) -> Result<Option<Field<'a>>, WireError> {
        if self.is_at_end() {
            return Ok(None);
        }
        let at = self.at();
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| (1..1 << 29).contains(number));
        let number = number.ok_or_else(|| WireError::new(at, Problem::FieldNumber))?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.fixed(8)?,
            2 => Value::Bytes(self.delimited(at)?),
            5 => self.fixed(4)?,
            wire_type => return Err(WireError::new(at, Problem::WireType(wire_type as u8))),
        };
        Ok(Some(Field { number, value, at }))
    }

    /// The number of a length-delimited field that ends past the end, and what is there of its bytes.
    pub(crate) fn begun(&self) -> Option<(u32, Message<'a>)> {
        let mut cursor = self.clone();
        let tag = cursor.varint().ok().filter(|tag| tag & 7 == 2)?;
        let length = cursor.varint().ok()?;
        let bytes = &cursor.message.bytes[cursor.position..];
        let is_cut = length > bytes.len() as u64;
        let number = u32::try_from(tag >> 3).ok()?;
        is_cut.then_some((number, Message { bytes, at: cursor.at() }))
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, WireError> {
        match self.message.bytes.get(self.position) {
            Some(&byte) if byte < 0x80 => {
                self.position += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, WireError> {
        let rest = &self.message.bytes[self.position..];
        let mut value = 0u64;
        for (index, &byte) in rest.iter().take(VARINT_BYTES).enumerate() {
            // The tenth byte carries one bit; protobuf drops the others.
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.position += index + 1;
                return Ok(value);
            }
        }
        let problem = if rest.len() < VARINT_BYTES { Problem::Cut } else { Problem::Overlong };
        Err(WireError::new(self.at(), problem))
    }

    fn fixed(&mut self, size: usize) -> Result<Value<'a>, WireError> {
        if self.message.bytes.len() - self.position < size {
            return Err(WireError::new(self.at(), Problem::Cut));
        }
        self.position += size;
        Ok(Value::Fixed)
    }

    fn delimited(&mut self, tag_at: usize) -> Result<Message<'a>, WireError> {
        let length = self.varint()?;
        let rest = &self.message.bytes[self.position..];
        match usize::try_from(length).ok().and_then(|length| rest.get(..length)) {
            Some(bytes) => {
                let at = self.at();
                self.position += bytes.len();
                Ok(Message { bytes, at })
            }
            None => Err(WireError::new(tag_at, Problem::LengthPastEnd(length, rest.len()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Result<Vec<(u32, String)>, Problem> {
        let mut cursor = Cursor::new(Message { bytes, at: 100 });
        let mut fields = Vec::new();
        while let Some(field) = cursor.field().map_err(|error| error.problem())? {
            let value = match field.value {
                Value::Varint(value) => value.to_string(),
                Value::Bytes(message) => format!("{:?}@{}", message.bytes, message.at),
                Value::Fixed => "fixed".to_owned(),
            };
            fields.push((field.number, value));
        }
        Ok(fields)
    }

    #[test]
    fn each_wire_type_is_read() {
        let bytes = [0x08, 0x96, 0x01, 0x12, 0x02, 7, 8, 0x19, 0, 0, 0, 0, 0, 0, 0, 0, 0x25, 0, 0, 0, 0];
        let expected = [(1, "150"), (2, "[7, 8]@105"), (3, "fixed"), (4, "fixed")];
        assert_eq!(fields(&bytes).unwrap(), expected.map(|(number, value)| (number, value.to_owned())));
    }

    #[test]
    fn a_negative_number_takes_ten_bytes() {
        let bytes = [&[0x08][..], &[0xff; 9], &[0x01]].concat();
        assert_eq!(fields(&bytes).unwrap(), [(1, u64::MAX.to_string())]);
        let bytes = [&[0x08][..], &[0xff; 10], &[0x01]].concat();
        assert_eq!(fields(&bytes), Err(Problem::Overlong));
    }

    #[test]
    fn what_breaks_the_wire_format_is_named() {
        assert_eq!(fields(&[0x08]), Err(Problem::Cut));
        assert_eq!(fields(&[0x08, 0x80]), Err(Problem::Cut));
        assert_eq!(fields(&[0x09, 0, 0]), Err(Problem::Cut));
        assert_eq!(fields(&[0x0a, 3, 0]), Err(Problem::LengthPastEnd(3, 1)));
        assert_eq!(fields(&[0x0b]), Err(Problem::WireType(3)));
        assert_eq!(fields(&[0x0f]), Err(Problem::WireType(7)));
        assert_eq!(fields(&[0x00, 0x00]), Err(Problem::FieldNumber));
    }

    #[test]
    fn an_error_says_the_path_and_the_byte() {
        let mut cursor = Cursor::new(Message { bytes: &[0x0a, 2, 1, 0x80], at: 100 });
        let field = cursor.field().unwrap().unwrap();
        let error = field.varints(|_| {}).unwrap_err().within("location_id").within("sample[17]");
        let message = ReadErrorKind::from(error).to_string();
        assert!(
            message.starts_with("byte 103, sample[17].location_id[1]: expected a whole field"),
            "{message}"
        );
    }
}
