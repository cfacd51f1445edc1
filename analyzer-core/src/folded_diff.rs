//! Two captures as folded stacks with two columns: `root;caller;leaf BEFORE AFTER`, raw and unscaled.
//!
//! The form that difffolded.pl made and that flamegraph.pl and inferno-flamegraph draw. No inference, no
//! renaming: frames are the same when their text is.

use crate::compare::{CompareOptions, Pairing};
use crate::error::CompareError;
use crate::tree::{Paths, ROOT};
use analyzer_formats::folded::{self, FrameText, Totals};
use analyzer_formats::{Capture, Profile, write_overlapped};
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
    before: &Capture,
    after: &Capture,
    options: &CompareOptions,
    out: &mut impl Write,
) -> Result<(), FoldedDiffError> {
    let pair = Pairing::new(before, after, options)?;
    let (measure, ..) = &pair.measures[0];
    let (_, decimals, finest_before, finest_after) = measure.finest();
    let mut names = Names::default();
    // Lines are part of a frame only where both captures write them so themselves.
    let both_folded = [before, after].iter().all(|capture| capture.source.format == "folded");
    let form = if both_folded { FrameText::Line } else { FrameText::Function };
    let before_names = names.add(&pair.before, form);
    let after_names = names.add(&pair.after, form);
    let mut paths = Paths::default();
    let sides = [(&pair.before, &measure.before, &before_names), (&pair.after, &measure.after, &after_names)];
    let mut nodes = sides.map(|(profile, measure, names)| {
        let rows = &profile.series[measure.series.index()].samples.stacks;
        paths.add(profile, rows, |frame| names[frame.index()])
    });
    let mut values = vec![(0i128, 0i128); paths.len()];
    for (side, (profile, measure, _)) in sides.into_iter().enumerate() {
        let node_of = std::mem::take(&mut nodes[side]);
        let samples = &profile.series[measure.series.index()].samples;
        for (row, stack) in samples.stacks.iter().enumerate() {
            let value = &mut values[stack.map_or(ROOT, |id| node_of[id.index()] as usize)];
            if side == 0 {
                value.0 += measure.value(samples, row) * finest_before;
            } else {
                value.1 += measure.value(samples, row) * finest_after;
            }
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
