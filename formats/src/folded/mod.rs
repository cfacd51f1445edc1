//! Folded stacks: `root;caller;leaf 42`, one line per stack.
//!
//! Written by stackcollapse-*.pl, inferno, async-profiler, py-spy, Austin and many others. Suffixes such as
//! `_[k]` are attributes of a frame, not part of its name; py-spy's `name (file:line)` and Austin's
//! `file:name:line` give file and line. Lines with two counts, `root;caller;leaf BEFORE AFTER`, are a pair of captures
//! in one file and become two series.
//!
//! `#` begins a comment. A stack of one frame that begins with it has a blank before it, as in ` #run 3`; a line without
//! a stack, ` 3`, is a sample without frames.

mod frame;
mod lines;
mod reader;
mod record;
mod text;
mod write;

use crate::format::{Confidence, Format, ReadOptions, Recognition};
use crate::profile::Joining;
use crate::{Capture, Content, FrameKind, Notes, ReadErrorKind, StringId, chunk};
pub(crate) use frame::name_and_kind;
use lines::Found;
use reader::{Chunk, Layout, Reader};
use record::Line;
pub use record::guard;
pub use text::{Text, Total, Totals};
pub(crate) use write::suffix;
pub use write::{FrameText, Values, frame_name, write, write_decimal};

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
        Some(Recognition {
            confidence,
            why: format!("begins with {stacks} lines like \"root;caller;leaf COUNT\""),
        })
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        let (stacks, found, _) = lines::at_its_scale(|decimals| read(input, options, decimals));
        let mut found = found.notes;
        found.number_lines(input);
        notes.absorb(found);
        Ok(Content::Profile(stacks.builder.finish()))
    }
}

/// Reads `input`, keeping `decimals` decimal places.
fn read(input: &[u8], options: &ReadOptions, decimals: u8) -> (Joining, Found) {
    let ranges = chunk::cut(input, options.chunk_bytes, |from| chunk::line_end(input, from));
    let layout = Layout { style: record::style(input), columns: lines::columns(input), decimals };
    let (mut stacks, mut found) = (Joining::default(), Found::default());
    layout.series(&mut stacks.builder);
    chunk::read(
        &ranges,
        options.progress.as_deref(),
        || Reader::new(input, layout),
        Reader::read,
        |worker, chunk: Chunk| {
            stacks.absorb(worker, chunk.part);
            found.absorb(chunk.found);
        },
    );
    (stacks, found)
}

/// The two captures that a file with two columns of counts holds; `None` for any other capture.
#[must_use]
pub fn split(capture: &Capture) -> Option<(Capture, Capture)> {
    let Content::Profile(profile) = &capture.content else { return None };
    if capture.source.format != Folded.name() || profile.series.len() != 2 {
        return None;
    }
    let samples = profile.strings.iter().position(|string| string == b"samples").map(StringId::new)?;
    let side = |index: usize| {
        let mut side = capture.clone();
        let column = profile.series[index].value_types[0].name;
        side.source.name = format!("{} ({})", capture.source.name, profile.strings.text(column));
        if let Content::Profile(profile) = &mut side.content {
            let mut series = profile.series.swap_remove(index);
            // What is measured has one name in both.
            series.value_types[0].name = samples;
            profile.series = vec![series];
        }
        side
    };
    Some((side(0), side(1)))
}

/// The kind of a frame from its name alone, where there is no suffix.
fn kind_of_name(name: &[u8]) -> FrameKind {
    let is_module =
        name.starts_with(b"[") && name.ends_with(b"]") && memchr::memmem::find(name, b"+0x").is_some();
    if is_module || name == b"[unknown]" { FrameKind::Unknown } else { FrameKind::User }
}

#[cfg(test)]
mod tests;
