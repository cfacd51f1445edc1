//! Documents of spans: one big one, one per line, or printed prettily one after the other.
//!
//! Nested values of a whole document are followed by a comma or a bracket. So where something whole begins with
//! `{` or `[` at the very start of a line and nothing of that kind follows, the file is a stream: it is cut at
//! such lines, the pieces are read in parallel, and a flawed piece does not cost the next. Anything else is read
//! in one go, and what stands before a fault is kept.

use crate::json::{BrokenJson, Cursor, Fault, malformed, note_fault};
use crate::{Content, Notes, ReadErrorKind, ReadOptions, Tags, TracesBuilder, chunk};
use std::ops::Range;

/// How many pieces are looked at to tell whether a file is a stream.
const LOOKED_AT: usize = 8;

const LINE: &str = "document is not whole JSON; what is whole in it is used, and reading goes on at the next line \
     that begins with '{' or '['";
const TEXT: &str = "text between JSON documents; the line is skipped";
const LOST: &str = "text between JSON documents that may have been one; the line is skipped";
const NOTHING: &str = "document holds no span; was the search empty?";

/// Reads the documents of one format.
pub(crate) trait ReadSpans<'a> {
    /// What its documents hold, for errors.
    const EXPECTED: &'static str;
    /// The tick of its clock in nanoseconds.
    const TICK_NS: i64;

    /// A reader for documents in `input`, of whose spans these tags are kept.
    fn new(input: &'a [u8], tags: Tags) -> Self;

    /// Reads the object or array that the cursor stands at, up to its end.
    ///
    /// # Errors
    /// Where the bytes stop being JSON; what was whole before is loaded.
    fn document(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson>;

    /// Where notes go.
    fn notes(&mut self) -> &mut Notes;

    /// What was read.
    fn finish(self) -> Part;
}

/// What some documents hold.
pub(crate) struct Part {
    pub(crate) builder: TracesBuilder,
    pub(crate) notes: Notes,
    /// Whether anything of the format was found.
    pub(crate) found: bool,
    /// The first fault.
    fault: Option<BrokenJson>,
}

impl Part {
    pub(crate) fn new(builder: TracesBuilder, notes: Notes, found: bool) -> Part {
        Part { builder, notes, found, fault: None }
    }

    fn absorb(&mut self, later: Part) {
        self.builder.absorb(later.builder);
        self.notes.absorb(later.notes);
        self.found |= later.found;
        self.fault = self.fault.or(later.fault);
    }
}

/// Reads every document of `input`.
///
/// # Errors
/// When there is not one span and something is wrong, or a single document is nested too deep.
pub(crate) fn read<'a, R: ReadSpans<'a>>(
    input: &'a [u8],
    options: &ReadOptions,
    notes: &mut Notes,
) -> Result<Content, ReadErrorKind> {
    let stream = is_stream(input);
    let size = if stream { options.chunk_bytes } else { usize::MAX };
    let ranges = chunk::cut(input, size, |from| next_piece(input, from));
    let mut part = R::new(input, options.tags).finish();
    chunk::read(
        &ranges,
        options.progress.as_deref(),
        || (),
        |(), range| read_range(R::new(input, options.tags), input, range, stream),
        |_, later| part.absorb(later),
    );
    let fatal = |broken: &BrokenJson| part.builder.is_empty() || (!stream && broken.fault == Fault::TooDeep);
    if let Some(broken) = part.fault.filter(fatal) {
        return Err(malformed(input, broken.byte, broken.expected));
    }
    if !part.found {
        return Err(malformed(input, 0, R::EXPECTED));
    }
    if part.notes.records() == 0 && part.notes.losses().next().is_none() {
        part.notes.caveat("no_traces", NOTHING, 0, input);
    }
    let traces = part.builder.finish(&mut part.notes);
    part.notes.number_lines(input);
    notes.absorb(part.notes);
    Ok(Content::Traces(traces))
}

fn read_range<'a, R: ReadSpans<'a>>(
    mut reader: R,
    input: &'a [u8],
    range: Range<usize>,
    stream: bool,
) -> Part {
    let mut fault = None;
    let mut at = range.start;
    while at < range.end {
        let end = if stream { next_piece(input, at + 1).min(range.end) } else { range.end };
        if let Err(broken) = read_piece(&mut reader, &input[..end], at) {
            fault = fault.or(Some(broken));
            if stream && broken.byte < input.len() {
                let byte = broken.byte.min(end);
                reader.notes().damaged("document_broken", LINE, byte, &input[byte..end]);
            } else {
                note_fault(reader.notes(), input, &broken);
            }
        }
        at = end;
    }
    Part { fault, ..reader.finish() }
}

/// Reads the documents from `at` to the end of `input`.
fn read_piece<'a, R: ReadSpans<'a>>(reader: &mut R, input: &'a [u8], at: usize) -> Result<(), BrokenJson> {
    let mut cursor = Cursor::new(input, at);
    loop {
        match cursor.peek() {
            None => return Ok(()),
            Some(_) if is_document(cursor) => reader.document(&mut cursor)?,
            Some(_) => {
                let end = chunk::line_end(input, cursor.at);
                let text = &input[cursor.at..end];
                match text.contains(&b'{') {
                    true => reader.notes().damaged("text_lost", LOST, cursor.at, text),
                    false => reader.notes().caveat("text_skipped", TEXT, cursor.at, text),
                }
                cursor.at = end;
            }
        }
    }
}

/// Whether an object comes next, or a list of objects or of lists: `[INFO]` begins a line of a log.
fn is_document(mut cursor: Cursor<'_>) -> bool {
    match cursor.peek() {
        Some(b'{') => true,
        Some(b'[') => {
            cursor.at += 1;
            matches!(cursor.peek(), None | Some(b'{' | b'[' | b']'))
        }
        _ => false,
    }
}

/// Where the first line at or after `from` begins with a bracket.
fn next_piece(input: &[u8], from: usize) -> usize {
    let mut at = from.saturating_sub(1);
    while let Some(ahead) = memchr::memchr(b'\n', &input[at.min(input.len())..]) {
        at += ahead + 1;
        if matches!(input.get(at), Some(b'{' | b'[')) {
            return at;
        }
    }
    input.len()
}

fn is_stream(input: &[u8]) -> bool {
    let mut start = 0;
    for _ in 0..LOOKED_AT {
        let end = next_piece(input, start + 1);
        if start == 0 && end == input.len() {
            return false;
        }
        if is_whole(&input[..end], start) {
            return true;
        }
        start = end;
    }
    false
}

/// Whether the value that begins at `start` ends, and is not part of another.
fn is_whole(input: &[u8], start: usize) -> bool {
    let mut cursor = Cursor::new(input, start);
    matches!(cursor.peek(), Some(b'{' | b'['))
        && cursor.value().is_ok()
        && !matches!(cursor.peek(), Some(b',' | b']' | b'}' | b':'))
}

/// Hands what comes next to `visit`, or each element where that is an array, however deep in arrays.
///
/// # Errors
/// Those of `visit`, and where the bytes stop being JSON.
pub(crate) fn each<'a>(
    cursor: &mut Cursor<'a>,
    mut visit: impl FnMut(&mut Cursor<'a>) -> Result<(), BrokenJson>,
) -> Result<(), BrokenJson> {
    const DEEPEST: u32 = 128;
    let (mut depth, mut first) = (0, true);
    loop {
        if cursor.peek() == Some(b'[') {
            if depth == DEEPEST {
                let expected = "arrays nested at most 128 deep";
                return Err(BrokenJson { byte: cursor.at, expected, fault: Fault::TooDeep });
            }
            depth += 1;
            cursor.at += 1;
            first = true;
        } else {
            visit(cursor)?;
        }
        loop {
            if depth == 0 {
                return Ok(());
            }
            if cursor.element(&mut first)? {
                break;
            }
            depth -= 1;
            // There is an element before what follows: the array that just ended.
            first = false;
        }
    }
}

/// Whether an empty list comes next: a search that found nothing.
pub(crate) fn is_empty_list(mut cursor: Cursor<'_>) -> bool {
    cursor.pass(b'[', "'['").is_ok() && cursor.peek() == Some(b']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_told_from_documents() {
        for (input, stream) in [
            ("{\"a\":1}\n{\"a\":2}\n", true),
            ("{\n \"a\":1\n}\n{\n \"a\":2\n}\n", true),
            ("[{}]\n[{}]", true),
            // The first line is cut.
            ("{\"a\":\n{\"a\":2}\n", true),
            ("{\"a\":1}\nINFO up\n{\"a\":\n", true),
            ("{\"a\":1}\n", false),
            ("[\n{\"a\":1},\n{\"a\":2}\n]\n", false),
            ("[\n{\"a\":1}\n]\n", false),
            ("[\n[\n{\"a\":1}\n]\n,\n[{}]\n]", false),
            ("{\"a\":\n[1]\n,\"b\":\n{}\n}", false),
            ("[\n{\"a\":1},\n{\"a\":", false),
            ("", false),
        ] {
            assert_eq!(is_stream(input.as_bytes()), stream, "{input}");
        }
    }

    #[test]
    fn arrays_of_arrays_are_walked() {
        for (json, expected) in
            [("{}", 1), ("[]", 0), ("[[],[{}],[[{},{}],{}]]", 4), ("[7,{}]", 2), ("[[[]]]", 0)]
        {
            let mut cursor = Cursor::new(json.as_bytes(), 0);
            let mut seen = 0;
            let visit = |cursor: &mut Cursor<'_>| {
                seen += 1;
                cursor.value().map(|_| ())
            };
            each(&mut cursor, visit).unwrap();
            assert_eq!((seen, cursor.at), (expected, json.len()), "{json}");
        }
        let deep = "[".repeat(100_000);
        let broken = each(&mut Cursor::new(deep.as_bytes(), 0), |_| Ok(())).unwrap_err();
        assert_eq!((broken.fault, broken.byte), (Fault::TooDeep, 128));
    }
}
