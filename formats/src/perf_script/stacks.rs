//! The stack of a sample from the lines below its header.
//!
//! The same text comes again and again in these files, so it is looked at as little as possible: whole stacks are
//! remembered while a file repeats them, lines always, and what a sample shares with the one before it, from the
//! root on, is only compared.

use super::record::{self, FrameLine, Header};
use crate::memory::Memory;
use crate::{
    Frame, FrameId, FrameKind, Function, FunctionId, Mapping, Notes, ProfileBuilder, StackId, StringId,
    module,
};
use hashbrown::HashMap;
use std::ops::Range;

/// A file, and a line in it.
type Source<'a> = (&'a [u8], u32);

/// Finds stacks. Their root frame is the name of the thread.
pub(super) struct Stacks<'a> {
    input: &'a [u8],
    pub(super) builder: ProfileBuilder,
    /// Stacks by thread name and the text of their frames.
    whole: Memory<(StringId, &'a [u8])>,
    /// Frames by the text of their line.
    frames: HashMap<&'a [u8], FrameId>,
    /// The sample before: the root below its frames and, from there on, its lines and the stacks they end.
    root: Option<StackId>,
    path: Vec<(&'a [u8], StackId)>,
}

impl<'a> Stacks<'a> {
    pub(super) fn new(input: &'a [u8]) -> Stacks<'a> {
        Stacks {
            input,
            builder: ProfileBuilder::default(),
            whole: Memory::default(),
            frames: HashMap::new(),
            root: None,
            path: Vec::new(),
        }
    }

    /// How much is remembered: stacks or frame lines.
    pub(super) fn known(&self) -> usize {
        self.builder.stacks().max(self.frames.len())
    }

    /// The stack of a sample whose `lines` below the header fill `body`.
    pub(super) fn stack(
        &mut self,
        header: &Header<'a>,
        body: Range<usize>,
        lines: &[&'a [u8]],
        notes: &mut Notes,
    ) -> Option<StackId> {
        let comm = self.builder.string(header.comm);
        let text = (comm, &self.input[body.clone()]);
        if !body.is_empty()
            && let Some(stack) = self.whole.get(&text)
        {
            return stack;
        }
        let root = (!header.comm.is_empty()).then(|| {
            let function = self.function(comm, None);
            let frame = Frame { function, mapping: None, line: 0, kind: FrameKind::Thread };
            let frame = self.builder.frame(frame);
            self.builder.stack(None, frame)
        });
        if body.is_empty() {
            return self.rest_frame(root, header.rest);
        }
        if let Some(stack) = self.frames_only(root, lines) {
            self.whole.insert(text, Some(stack));
            return Some(stack);
        }
        let noted = notes.occurrences();
        let stack = match self.mixed(root, body, lines, notes) {
            // None of the lines is a frame: the one on the header's line, if there is any, stands.
            stack if stack == root => self.rest_frame(root, header.rest),
            stack => stack,
        };
        // A text with something to note is parsed every time, so that every time is counted.
        if notes.occurrences() == noted {
            self.whole.insert(text, stack);
        }
        stack
    }

    /// The single frame that follows the event on its line where samples take one line each.
    fn rest_frame(&mut self, root: Option<StackId>, rest: &'a [u8]) -> Option<StackId> {
        match record::frame(rest) {
            Some(frame) if !frame.dso.is_empty() => {
                let frame = self.frame(frame, None);
                Some(self.builder.stack(root, frame))
            }
            _ => root,
        }
    }

    /// The stack of lines, leaf first, that are all whole frames; `None` when one is not.
    fn frames_only(&mut self, root: Option<StackId>, lines: &[&'a [u8]]) -> Option<StackId> {
        if self.root != root {
            self.root = root;
            self.path.clear();
        }
        let mut stack = root;
        for (depth, &line) in lines.iter().rev().enumerate() {
            if let Some(&(known, id)) = self.path.get(depth)
                && known == line
            {
                stack = Some(id);
                continue;
            }
            let frame = match self.frames.get(line) {
                Some(&frame) => frame,
                None => {
                    let frame = record::frame(record::trim_end(line)).filter(|_| line.ends_with(b"\n"))?;
                    let frame = self.frame(frame, None);
                    self.frames.insert(line, frame);
                    frame
                }
            };
            let id = self.builder.stack(stack, frame);
            self.path.truncate(depth);
            self.path.push((line, id));
            stack = Some(id);
        }
        stack
    }

    /// The stack of lines, leaf first, among which there may be source positions and others.
    fn mixed(
        &mut self,
        root: Option<StackId>,
        body: Range<usize>,
        lines: &[&'a [u8]],
        notes: &mut Notes,
    ) -> Option<StackId> {
        // Forwards first, so that notes are in the order of the file; a source position follows its frame.
        let mut met: Vec<(&'a [u8], FrameLine<'a>, Option<Source<'a>>)> = Vec::with_capacity(lines.len());
        let mut follows_frame = false;
        let mut at = body.start;
        for &line in lines {
            let text = record::trim_end(line);
            if let Some(frame) = record::frame(text) {
                met.push((line, frame, None));
                follows_frame = true;
            } else {
                let source = no_frame(text, at, notes);
                if let Some((.., last)) = met.last_mut().filter(|_| follows_frame) {
                    *last = source;
                }
                follows_frame = false;
            }
            at += line.len();
        }
        let mut stack = root;
        for (line, parsed, source) in met.into_iter().rev() {
            let known = if source.is_none() { self.frames.get(line).copied() } else { None };
            let frame = known.unwrap_or_else(|| {
                let frame = self.frame(parsed, source);
                if source.is_none() {
                    self.frames.insert(line, frame);
                }
                frame
            });
            stack = Some(self.builder.stack(stack, frame));
        }
        stack
    }

    fn function(&mut self, name: StringId, file: Option<StringId>) -> FunctionId {
        self.builder.function(Function { name, system_name: None, file, start_line: 0 })
    }

    fn frame(&mut self, line: FrameLine<'a>, source: Option<Source<'a>>) -> FrameId {
        let builder = &mut self.builder;
        let known_dso = !line.dso.is_empty() && line.dso != b"[unknown]";
        let mapping = known_dso.then(|| {
            let file = builder.string(line.dso);
            builder.mapping(Mapping { file, build_id: None, start: 0, limit: 0, offset: 0 })
        });
        let unknown = line.symbol.is_empty() || line.symbol == b"[unknown]";
        let name = if !unknown {
            builder.string(line.symbol)
        } else if known_dso {
            builder.string(&module::unsymbolised(line.dso, None))
        } else {
            builder.string(b"[unknown]")
        };
        let kind = if line.inlined {
            FrameKind::Inlined
        } else if unknown {
            FrameKind::Unknown
        } else if module::is_kernel(line.dso) {
            FrameKind::Kernel
        } else if module::is_jit(line.dso) {
            FrameKind::Jit
        } else {
            FrameKind::User
        };
        let file = source.map(|(file, _)| builder.string(file));
        let function = self.function(name, file);
        self.builder.frame(Frame { function, mapping, line: source.map_or(0, |(_, line)| line), kind })
    }
}

/// A line of a sample that is no frame: the source position of the frame above it, or unknown.
fn no_frame<'a>(line: &'a [u8], at: usize, notes: &mut Notes) -> Option<Source<'a>> {
    let source = record::source_line(line);
    if source.is_none() {
        let text = "lines expected to be \"address symbol (dso)\", skipped; the sample is kept";
        notes.damaged("frame_unread", text, at, line);
    }
    source.filter(|(file, _)| !file.is_empty())
}
