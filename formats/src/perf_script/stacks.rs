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
            let is_last = body.end == self.input.len() && !self.input.ends_with(b"\n");
            if is_last && record::frame(header.rest).is_some_and(|frame| frame.dso.is_empty()) {
                notes.damaged("cut_at_end", CUT, body.end - header.rest.len(), header.rest);
            }
            return self.rest_frame(root, header.rest);
        }
        if let Some(stack) = self.frames_only(root, lines) {
            self.whole.insert(text, Some(stack));
            return Some(stack);
        }
        let noted = notes.occurrences();
        let stack = self.mixed(root, body, lines, notes);
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
        let mut stack = root;
        // Reading upwards, a source position is met before the frame it belongs to.
        let mut source = None;
        let mut damage = Vec::new();
        let mut at = body.end;
        for (number, &line) in lines.iter().enumerate().rev() {
            at -= line.len();
            let known = if source.is_none() { self.frames.get(line).copied() } else { None };
            let frame = known.or_else(|| {
                let text = record::trim_end(line);
                let Some(parsed) = record::frame(text) else {
                    match record::source_line(text) {
                        Some(position) => source = Some(position).filter(|(file, _)| !file.is_empty()),
                        None => damage.push(("frame_unread", UNREAD, at, line)),
                    }
                    return None;
                };
                let above = number.checked_sub(1).map(|above| lines[above]);
                if is_cut(parsed, line, above) {
                    damage.push(("cut_at_end", CUT, at, line));
                    return None;
                }
                let position = source.take();
                let frame = self.frame(parsed, position);
                if position.is_none() {
                    self.frames.insert(line, frame);
                }
                Some(frame)
            });
            if let Some(frame) = frame {
                stack = Some(self.builder.stack(stack, frame));
            }
        }
        for (code, text, at, line) in damage.into_iter().rev() {
            notes.damaged(code, text, at, line);
        }
        stack
    }

    fn function(&mut self, name: StringId, file: Option<StringId>) -> FunctionId {
        self.builder.function(Function { name, system_name: None, file, start_line: 0 })
    }

    fn frame(&mut self, line: FrameLine<'a>, source: Option<(&'a [u8], u32)>) -> FrameId {
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

/// Whether the end of the file cut the line: it lacks the newline, and the dso that the line above has or none can tell.
fn is_cut(frame: FrameLine<'_>, line: &[u8], above: Option<&[u8]>) -> bool {
    !line.ends_with(b"\n")
        && frame.dso.is_empty()
        && !frame.inlined
        && above.is_none_or(|above| record::trim_end(above).ends_with(b")"))
}

const CUT: &str = "frame lines cut by the end of the file, left out";
const UNREAD: &str = "lines expected to be \"address symbol (dso)\", skipped; the sample is kept";
