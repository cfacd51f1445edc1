//! Reads chunks of lines into stacks.

use super::frame;
use super::lines::{Columns, Found, Lines, Meaning};
use super::record::Style;
use crate::memory::Memory;
use crate::profile::Part;
use crate::{Frame, FrameId, Function, ProfileBuilder, SeriesId, StackId, ValueType};
use hashbrown::HashMap;
use std::ops::Range;

/// A reader that knows more stacks than this begins anew: the file hardly repeats any, and they are kept elsewhere.
const MOST_STACKS: usize = 1 << 18;

/// What the lines of one file have in common.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) style: Style,
    pub(super) columns: Columns,
    /// The decimal places that counts are kept with.
    pub(super) decimals: u8,
}

impl Layout {
    /// The series of the file: one, or one for each column.
    pub(super) fn series(self, builder: &mut ProfileBuilder) -> [SeriesId; 2] {
        // What each of two columns is a value of, once they are taken apart.
        builder.string(b"samples");
        let mut series = |name: &[u8]| {
            let samples = ValueType { decimals: self.decimals, ..builder.value_type(name, b"count") };
            builder.series(&[samples])
        };
        match self.columns {
            Columns::One => [series(b"samples"); 2],
            Columns::Two => [series(b"before"), series(b"after")],
        }
    }
}

/// What one chunk of the file holds.
pub(super) struct Chunk {
    pub(super) part: Part,
    pub(super) found: Found,
}

/// Reads chunks, and remembers frames and stacks between them.
pub(super) struct Reader<'a> {
    input: &'a [u8],
    layout: Layout,
    lines: Lines<'a>,
    series: [SeriesId; 2],
    stacks: Stacks<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8], layout: Layout) -> Reader<'a> {
        let mut stacks = Stacks::new(layout.style);
        let series = layout.series(&mut stacks.builder);
        let lines = Lines::new(input, layout.columns, layout.decimals);
        Reader { input, layout, lines, series, stacks }
    }

    pub(super) fn read(&mut self, range: Range<usize>) -> Chunk {
        if self.stacks.builder.stacks() > MOST_STACKS {
            *self = Reader::new(self.input, self.layout);
        }
        let Reader { lines, stacks, series, layout, .. } = self;
        lines.walk(range, |meaning| match meaning {
            Meaning::Comment(comment) => {
                let comment = stacks.builder.string(comment);
                stacks.builder.meta.comments.push(comment);
            }
            Meaning::Sample(text, counts) => {
                let stack = stacks.of(text);
                for column in 0..if layout.columns == Columns::Two { 2 } else { 1 } {
                    stacks.builder.sum(series[column], stack, counts[column]);
                }
            }
        });
        Chunk { part: stacks.builder.take(), found: std::mem::take(&mut lines.found) }
    }
}

/// Finds the stacks of texts.
struct Stacks<'a> {
    style: Style,
    builder: ProfileBuilder,
    frames: HashMap<&'a [u8], FrameId>,
    /// Stacks by their text: files that were not added up repeat them.
    whole: Memory<&'a [u8]>,
    /// The stack of the line before and, per frame of it, where the frame ends and its stack id.
    previous: &'a [u8],
    path: Vec<(usize, StackId)>,
}

impl<'a> Stacks<'a> {
    fn new(style: Style) -> Stacks<'a> {
        Stacks {
            style,
            builder: ProfileBuilder::default(),
            frames: HashMap::new(),
            whole: Memory::default(),
            previous: b"",
            path: Vec::new(),
        }
    }

    /// The stack of a text; `None` where there is no frame.
    fn of(&mut self, text: &'a [u8]) -> Option<StackId> {
        if text.is_empty() {
            return None;
        }
        self.whole.get(&text).unwrap_or_else(|| {
            let stack = self.walk(text);
            self.whole.insert(text, stack);
            stack
        })
    }

    /// The stack of a line. Neighbouring lines share most of their frames: the walk starts where they part.
    fn walk(&mut self, stack: &'a [u8]) -> Option<StackId> {
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
            let id = self.builder.stack(parent, frame);
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
        let builder = &mut self.builder;
        let name = builder.string(parts.name);
        let file = parts.file.map(|file| builder.string(file));
        let function = builder.function(Function { name, system_name: None, file, start_line: 0 });
        let frame = builder.frame(Frame { function, mapping: None, line: parts.line, kind: parts.kind });
        self.frames.insert(text, frame);
        frame
    }
}
