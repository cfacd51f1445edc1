//! Two captures as folded stacks with two columns: `root;caller;leaf BEFORE AFTER`, raw and unscaled.
//!
//! The form that difffolded.pl made and that flamegraph.pl and inferno-flamegraph draw. No inference, no
//! renaming: frames are the same when their text is.

use crate::compare::{CompareOptions, Pairing};
use crate::error::CompareError;
use crate::tree::{CallTree, ROOT, Side};
use analyzer_formats::{Capture, FrameId, Profile, folded};
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
    let before_names = names.add(&pair.before);
    let after_names = names.add(&pair.after);
    let mut tree = CallTree::default();
    let name_of = |names: &[u32], frame: FrameId| names[frame.index()];
    tree.add(Side::Before, &pair.before, &measure.before, finest_before, |frame| {
        name_of(&before_names, frame)
    });
    tree.add(Side::After, &pair.after, &measure.after, finest_after, |frame| name_of(&after_names, frame));

    let mut line = Vec::new();
    for (node, cell) in tree.own.iter().enumerate() {
        if (cell.value.before, cell.value.after) == (0, 0) {
            continue;
        }
        line.clear();
        if node != ROOT {
            for (depth, frame) in tree.path(node).into_iter().enumerate() {
                if depth > 0 {
                    line.push(b';');
                }
                line.extend_from_slice(&names.texts[tree.key[frame] as usize]);
            }
        }
        line.push(b' ');
        folded::write_decimal(&mut line, cell.value.before, decimals)?;
        line.push(b' ');
        folded::write_decimal(&mut line, cell.value.after, decimals)?;
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// The texts of frames of both captures.
#[derive(Default)]
struct Names {
    texts: Vec<Vec<u8>>,
    by_text: FxHashMap<Vec<u8>, u32>,
}

impl Names {
    /// The name of every frame of a profile.
    fn add(&mut self, profile: &Profile) -> Vec<u32> {
        let names = profile.frames.iter().map(|frame| {
            let text = folded::frame_name(profile, frame);
            *self.by_text.entry(text).or_insert_with_key(|text| {
                self.texts.push(text.clone());
                self.texts.len() as u32 - 1
            })
        });
        names.collect()
    }
}
