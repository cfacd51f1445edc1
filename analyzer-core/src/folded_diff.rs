//! Two captures as folded stacks with two columns: `root;caller;leaf BEFORE AFTER`, raw and unscaled.
//!
//! The form that difffolded.pl made and that flamegraph.pl and inferno-flamegraph draw. No inference, no
//! renaming: frames are the same when their text is.

use crate::compare::CompareOptions;
use crate::error::CompareError;
use crate::refusal::refusal;
use crate::sides::{Question, Sides};
use crate::tree::{Paths, ROOT, Side};
use analyzer_formats::folded::{self, FrameText, Totals};
use analyzer_formats::{Profile, write_overlapped};
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// Why two captures could not be written as folded stacks.
#[derive(Debug, thiserror::Error)]
pub enum FoldedDiffError {
    /// They cannot be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The output failed.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes every stack of either capture with its own value in both, in order of first appearance.
///
/// # Errors
/// As [`compare`](crate::compare), and when `out` fails.
pub fn folded_diff(
    question: &Question<'_>,
    options: &CompareOptions,
    out: &mut impl Write,
) -> Result<(), FoldedDiffError> {
    let sides = Sides::new(question, options)?;
    if let Some(refusal) =
        refusal(&sides).filter(|refusal| !options.force && refusal.code == "different_measurements")
    {
        return Err(CompareError::NotComparable { reason: refusal.reason }.into());
    }
    let common = &sides.common[0];
    let decimals = common.decimals;
    let mut names = Names::default();
    // Lines are part of a frame only where both captures write them so themselves.
    let both_folded = sides.parts().all(|part| part.capture.source.format == "folded");
    let form = if both_folded { FrameText::Line } else { FrameText::Function };
    let mut paths = Paths::default();
    let mut nodes = Vec::new();
    for (_, part, column) in sides.with(common) {
        let texts = names.add(&part.profile, form);
        let rows = &part.profile.series[column.measure.series.index()].samples.stacks;
        nodes.push(paths.add(&part.profile, rows, |frame| texts[frame.index()]));
    }
    let mut values = vec![(0i128, 0i128); paths.len()];
    for ((side, part, column), node_of) in sides.with(common).zip(nodes) {
        let samples = &part.profile.series[column.measure.series.index()].samples;
        for (row, stack) in samples.stacks.iter().enumerate() {
            let value = &mut values[stack.map_or(ROOT, |id| node_of[id.index()] as usize)];
            let sum = if side == Side::Before { &mut value.0 } else { &mut value.1 };
            *sum += column.measure.value(samples, row) * column.finest;
        }
    }

    write_overlapped(out, |out| {
        let mut frames = Vec::new();
        for (node, &(before, after)) in values.iter().enumerate() {
            if (before, after) == (0, 0) {
                continue;
            }
            frames.clear();
            let mut at = node;
            while at != ROOT {
                frames.push(paths.key[at] as usize);
                at = paths.parent[at] as usize;
            }
            if let [frame] = frames[..] {
                out.write_all(folded::guard(&names.texts[frame]))?;
            }
            for (depth, &frame) in frames.iter().rev().enumerate() {
                if depth > 0 {
                    out.write_all(b";")?;
                }
                out.write_all(&names.texts[frame])?;
            }
            write_columns(out, before, after, decimals)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Writes every stack of either folded file with its own value in both, in order of first appearance: the text of
/// the file as it stands, so no frame has to be told from the next.
///
/// # Errors
/// When `out` fails.
pub fn folded_text_diff(before: &Totals<'_>, after: &Totals<'_>, out: &mut impl Write) -> io::Result<()> {
    let decimals = before.decimals.max(after.decimals);
    let unit = |totals: &Totals<'_>| 10i128.pow(u32::from(decimals - totals.decimals));
    let (unit_before, unit_after) = (unit(before), unit(after));
    let mut afters = vec![0; before.stacks().len()];
    let mut appeared = Vec::new();
    for total in after.stacks() {
        match before.find(total) {
            Some(index) => afters[index] = total.sum,
            None => appeared.push(total),
        }
    }
    let both = before.stacks().iter().zip(afters).map(|(total, after)| (total.stack, total.sum, after));
    let lines = both.chain(appeared.into_iter().map(|total| (total.stack, 0, total.sum)));
    write_overlapped(out, |out| {
        for (stack, before, after) in lines.filter(|&(_, before, after)| (before, after) != (0, 0)) {
            out.write_all(folded::guard(stack))?;
            out.write_all(stack)?;
            write_columns(out, before * unit_before, after * unit_after, decimals)?;
        }
        Ok(())
    })
}

/// The two columns behind a stack, and the end of its line.
fn write_columns(out: &mut impl Write, before: i128, after: i128, decimals: u8) -> io::Result<()> {
    out.write_all(b" ")?;
    folded::write_decimal(out, before, decimals)?;
    out.write_all(b" ")?;
    folded::write_decimal(out, after, decimals)?;
    out.write_all(b"\n")
}

/// The texts of frames of both captures.
#[derive(Default)]
struct Names {
    texts: Vec<Vec<u8>>,
    by_text: FxHashMap<Vec<u8>, u32>,
}

impl Names {
    /// The name of every frame of a profile.
    fn add(&mut self, profile: &Profile, form: FrameText) -> Vec<u32> {
        let names = profile.frames.iter().map(|frame| {
            let text = folded::frame_name(profile, frame, form);
            *self.by_text.entry(text).or_insert_with_key(|text| {
                self.texts.push(text.clone());
                self.texts.len() as u32 - 1
            })
        });
        names.collect()
    }
}
