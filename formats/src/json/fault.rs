//! Faults: where bytes stop being JSON, and how errors and notes say so.

use crate::error::{At, Flaw};
use crate::{Notes, ReadErrorKind, note};

/// Where and why the bytes stop being JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BrokenJson {
    /// Offset of the fault; the length of the input where the input is cut.
    pub(crate) byte: usize,
    /// What should have stood there.
    pub(crate) expected: &'static str,
    /// What sort of fault it is.
    pub(crate) fault: Fault,
}

/// What sort of fault ended the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The input ends, or holds something else, here.
    Syntax,
    /// Nested deeper than any capture is.
    TooDeep,
}

const CUT: &str = "file ends inside its JSON; what is whole before that is used";
const BROKEN: &str =
    "expected JSON, found something else; what is whole before it is used, the rest is not read";

/// Notes where the bytes of a document stop being JSON.
pub(crate) fn note_fault(notes: &mut Notes, input: &[u8], broken: &BrokenJson) {
    let byte = broken.byte.min(input.len());
    let (code, text) = if byte == input.len() { ("json_cut", CUT) } else { ("json_broken", BROKEN) };
    notes.damaged(code, text, byte, &input[byte..]);
}

/// The error that something else stands at `byte` than what is expected there.
pub(crate) fn malformed(input: &[u8], byte: usize, expected: &'static str) -> ReadErrorKind {
    let (before, rest) = input.split_at(byte.min(input.len()));
    let line = memchr::memchr_iter(b'\n', before).count() as u64 + 1;
    let found = match rest {
        [] => "the end of the file".to_owned(),
        rest => format!("\"{}\"", note::excerpt(&rest[..rest.len().min(40)])),
    };
    let flaw = if rest.is_empty() { Flaw::Cut } else { Flaw::Corrupt };
    ReadErrorKind::malformed(At { byte: byte as u64, line: Some(line), field: None }, expected, found)
        .of(flaw)
}
