//! Folded stacks: `root;caller;leaf 42`, one line per stack.
//!
//! Written by stackcollapse-*.pl, inferno, async-profiler, py-spy, Austin and many others. Suffixes such as
//! `_[k]` are attributes of a frame, not part of its name; py-spy's `name (file:line)` and Austin's
//! `file:name:line` give file and line.

mod frame;
mod record;
mod write;

use crate::format::{Confidence, Format, ReadOptions, Recognition};
use crate::repeated::Repeated;
use crate::{
    Content, Frame, FrameId, FrameKind, Function, Notes, ProfileBuilder, ReadErrorKind, SeriesId, StackId,
    ValueType, chunk,
};
pub(crate) use frame::name_and_kind;
use hashbrown::HashMap;
use record::{Count, Line};
use std::ops::Range;
pub(crate) use write::suffix;
pub use write::{FrameText, Values, frame_name, write, write_decimal};

/// The most decimal places that are kept exactly.
const DECIMALS: usize = 9;

/// Reads folded stacks.
pub struct Folded;

impl Format for Folded {
    fn name(&self) -> &'static str {
        "folded"
    }

    fn description(&self) -> &'static str {
        "folded stacks: stackcollapse-*, inferno, async-profiler, py-spy raw, Austin"
    }

    fn recognise(&self, head: &[u8]) -> Option<Recognition> {
        let (mut stacks, mut deep, mut others) = (0u32, 0u32, 0u32);
        let whole = head.iter().rposition(|&byte| byte == b'\n').map_or(head, |at| &head[..at]);
        for line in whole.split(|&byte| byte == b'\n').take(2000) {
            match record::line(line) {
                Line::Stack { stack, count: Some(_) } => {
                    stacks += 1;
                    deep += u32::from(stack.contains(&b';'));
                }
                Line::Stack { .. } => others += 1,
                Line::Blank | Line::Comment(_) => {}
            }
        }
        let controls = head.iter().filter(|byte| matches!(byte, 0..=8 | 14..=26)).count();
        if stacks == 0 || others > stacks || controls * 50 > head.len() {
            return None;
        }
        let confidence = if deep > 0 { Confidence::Likely } else { Confidence::Possible };
        Some(Recognition { confidence, why: format!("{stacks} lines like \"root;caller;leaf COUNT\"") })
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        let ranges = chunk::cut(input, options.chunk_bytes, |from| chunk::line_end(input, from));
        let style = record::style(input);
        let read = |decimals| {
            let read = |range: Range<usize>| {
                let mut reader = Reader::new(input, style, decimals);
                reader.read(range);
                reader.chunk
            };
            chunk::read(&ranges, read, Chunk::absorb).unwrap_or_else(|| Chunk::new(decimals))
        };
        // Nearly all files hold whole numbers. One that does not is read again at the scale that it turned out to
        // need, so that every count is kept exactly, or is left out, whatever stands around it.
        let mut chunk = read(0);
        if chunk.most_decimals > 0 {
            chunk = read(chunk.most_decimals);
        }
        chunk.notes.number_lines(input);
        notes.absorb(chunk.notes);
        Ok(Content::Profile(chunk.builder.finish()))
    }
}

/// What one chunk of the file holds.
struct Chunk {
    builder: ProfileBuilder,
    series: SeriesId,
    notes: Notes,
    /// The most decimal places of any count, at most [`DECIMALS`].
    most_decimals: u8,
}

impl Chunk {
    fn new(decimals: u8) -> Chunk {
        let mut builder = ProfileBuilder::default();
        let samples = ValueType { decimals, ..builder.value_type(b"samples", b"count") };
        let series = builder.series(&[samples]);
        Chunk { builder, series, notes: Notes::default(), most_decimals: 0 }
    }

    fn absorb(&mut self, later: Chunk) {
        self.builder.absorb(later.builder);
        self.notes.absorb(later.notes);
        self.most_decimals = self.most_decimals.max(later.most_decimals);
    }
}

/// Reads one chunk.
struct Reader<'a> {
    input: &'a [u8],
    style: record::Style,
    /// The decimal places that counts are kept with.
    decimals: u8,
    chunk: Chunk,
    frames: HashMap<&'a [u8], FrameId>,
    /// Stacks by their text: files that were not added up repeat them.
    stacks: Repeated<'a>,
    /// The stack of the line before and, per frame of it, where the frame ends and its stack id.
    previous: &'a [u8],
    path: Vec<(usize, StackId)>,
}

impl<'a> Reader<'a> {
    fn new(input: &'a [u8], style: record::Style, decimals: u8) -> Reader<'a> {
        Reader {
            input,
            style,
            decimals,
            chunk: Chunk::new(decimals),
            frames: HashMap::new(),
            stacks: Repeated::default(),
            previous: b"",
            path: Vec::new(),
        }
    }

    fn read(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let end = chunk::line_end(self.input, at);
            match record::line(&self.input[at..end]) {
                Line::Blank => {}
                Line::Comment(comment) => {
                    let comment = self.chunk.builder.string(comment);
                    self.chunk.builder.meta.comments.push(comment);
                }
                Line::Stack { stack, count } => self.sample(stack, count, at, end),
            }
            at = end;
        }
    }

    fn sample(&mut self, stack: &'a [u8], count: Option<Count<'a>>, at: usize, end: usize) {
        let line = &self.input[at..end];
        self.chunk.notes.met(1);
        let Some(count) = count else {
            let text = "lines expected to be \"root;caller;leaf COUNT\", left out";
            self.chunk.notes.left_out("count_unread", text, at, line);
            return;
        };
        let Some(value) = self.value(count, at, line) else {
            let text = "samples whose count is over 2^63 in the last decimal place kept, left out";
            self.chunk.notes.left_out("count_too_large", text, at, line);
            return;
        };
        let stack = self.stacks.get(stack).unwrap_or_else(|| {
            let id = self.stack(stack);
            self.stacks.insert(stack, id);
            id
        });
        let Chunk { builder, series, .. } = &mut self.chunk;
        builder.sum(*series, stack, value);
    }

    /// The count as a whole number of the decimal places that are kept; `None` when it leaves `i64`.
    fn value(&mut self, count: Count<'a>, at: usize, line: &[u8]) -> Option<i64> {
        let mut fraction = count.fraction;
        if fraction.len() > DECIMALS {
            let text = "counts with more than 9 decimal places, cut to 9";
            self.chunk.notes.caveat("decimals_cut", text, at, line);
            fraction = &fraction[..DECIMALS];
        }
        while let [rest @ .., b'0'] = fraction {
            fraction = rest;
        }
        self.chunk.most_decimals = self.chunk.most_decimals.max(fraction.len() as u8);
        let zeros = usize::from(self.decimals).saturating_sub(fraction.len());
        let digits = count.whole.iter().chain(fraction).chain(std::iter::repeat_n(&b'0', zeros));
        digits.copied().try_fold(0i64, |sum, digit| sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
    }

    /// The stack of a line. Neighbouring lines share most of their frames: the walk starts where they part.
    fn stack(&mut self, stack: &'a [u8]) -> Option<StackId> {
        let common = stack.iter().zip(self.previous).take_while(|(new, old)| new == old).count();
        // A frame is shared when it ends within the common bytes, or both stacks end it there.
        let ends_here = |end: usize| stack.get(end).is_none_or(|&byte| byte == b';');
        while let Some(&(end, _)) = self.path.last() {
            if end <= common && ends_here(end) {
                break;
            }
            self.path.pop();
        }
        let (mut start, mut parent) = match self.path.last() {
            Some(&(end, id)) => (end + 1, Some(id)),
            None => (0, None),
        };
        while start <= stack.len() {
            let end = memchr::memchr(b';', &stack[start..]).map_or(stack.len(), |at| start + at);
            let frame = self.frame(&stack[start..end]);
            let id = self.chunk.builder.stack(parent, frame);
            self.path.push((end, id));
            parent = Some(id);
            start = end + 1;
        }
        self.previous = stack;
        parent
    }

    fn frame(&mut self, text: &'a [u8]) -> FrameId {
        if let Some(&frame) = self.frames.get(text) {
            return frame;
        }
        let parts = frame::parts(text, self.style);
        let builder = &mut self.chunk.builder;
        let name = builder.string(parts.name);
        let file = parts.file.map(|file| builder.string(file));
        let function = builder.function(Function { name, system_name: None, file, start_line: 0 });
        let frame = builder.frame(Frame { function, mapping: None, line: parts.line, kind: parts.kind });
        self.frames.insert(text, frame);
        frame
    }
}

/// The kind of a frame from its name alone, where there is no suffix.
fn kind_of_name(name: &[u8]) -> FrameKind {
    let is_module =
        name.starts_with(b"[") && name.ends_with(b"]") && memchr::memmem::find(name, b"+0x").is_some();
    if is_module || name == b"[unknown]" { FrameKind::Unknown } else { FrameKind::User }
}

#[cfg(test)]
mod tests;
