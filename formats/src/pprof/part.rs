//! Parts: whole top-level records that stand together in the input, decoded without knowing the others.
//!
//! Samples may stand before or after the tables they refer to, so a part keeps numbers as they are in the
//! file. Parts are decoded in any order on any thread, and put together in the order of the file.

use super::columns::{Columns, Decoder};
use super::record::Records;
use super::wire::{Cursor, Message, Problem, WireError};

/// What stands between two ends of records.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) records: Records,
    pub(crate) samples: Columns,
    /// What ended it early.
    pub(crate) error: Option<Broken>,
}

/// An error, and the number of the top-level field it stands in, where that can be read.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) error: WireError,
    pub(crate) number: Option<u32>,
    /// Whether the field itself could not be read, and not something in it.
    pub(crate) is_top_level: bool,
}

impl Part {
    /// Decodes the records of `block`; `samples` may have decoded others before.
    pub(crate) fn decode(block: Message<'_>, samples: &mut Decoder) -> Part {
        let mut records = Records::default();
        samples.begin(block.at);
        let mut cursor = Cursor::new(block);
        let error = loop {
            let at = cursor.at() - block.at;
            let (number, outcome) = match cursor.field() {
                Ok(Some(field)) if field.number == 2 => {
                    (2, field.message().and_then(|message| samples.sample(message)))
                }
                Ok(Some(field)) => (field.number, records.take(field)),
                Ok(None) => break None,
                Err(error) => {
                    let number = tag_number(&block.bytes[at..]);
                    break Some(Broken { error, number, is_top_level: true });
                }
            };
            if let Err(error) = outcome {
                break Some(Broken { error, number: Some(number), is_top_level: false });
            }
        };
        Part { records, samples: samples.finish(), error }
    }
}

/// Where the last whole record of `bytes` ends. What breaks the format counts as whole: no more bytes mend it.
pub(crate) fn whole_records(bytes: &[u8]) -> usize {
    let mut cursor = Cursor::new(Message { bytes, at: 0 });
    loop {
        let end = cursor.at();
        match cursor.field() {
            Ok(Some(_)) => {}
            Ok(None) => return end,
            Err(error) => match error.problem() {
                Problem::Cut | Problem::LengthPastEnd(..) => return end,
                _ => return bytes.len(),
            },
        }
    }
}

/// The field number of the tag at the start of `rest`, which does not hold its record whole.
fn tag_number(rest: &[u8]) -> Option<u32> {
    let mut tag = 0u64;
    for (index, &byte) in rest.iter().take(5).enumerate() {
        tag |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return u32::try_from(tag >> 3).ok();
        }
    }
    None
}
