//! Writes a profile as folded stacks, one line per stack, in the order of the capture.

use super::frame::SUFFIXES;
use super::record::guard;
use crate::{Frame, FrameKind, Profile, SeriesId, StackId, write_overlapped};
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// Which values of a series are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Those of a column, as decimal numbers.
    Column(usize),
    /// Those of a column as they are stored: whole numbers, times ten to the column's decimals.
    Stored(usize),
    /// The number of samples of each row.
    Counts,
}

/// What a frame is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameText {
    /// The name of its function, with the suffix of its kind. Frames at several lines of a function are one.
    Function,
    /// The same with file and line where they are known, as py-spy writes them.
    Line,
}

/// Writes values of a series, one line per stack. Stacks of the same text are added up; those of zero are kept.
///
/// A sample without frames is a line without a stack, ` 3`; a lone frame that begins with `#` has a blank before it, so
/// that it is no comment. Both are read back as they were.
///
/// # Errors
/// When `out` fails.
pub fn write(
    profile: &Profile,
    series: SeriesId,
    values: Values,
    text: FrameText,
    out: &mut impl Write,
) -> io::Result<()> {
    let series = &profile.series[series.index()];
    let samples = &series.samples;
    let decimals = if let Values::Column(column) = values { series.value_types[column].decimals } else { 0 };
    let value = |row: usize| match values {
        Values::Column(column) | Values::Stored(column) => i128::from(samples.values[column][row]),
        Values::Counts => samples.counts.as_ref().map_or(0, |counts| i128::from(counts[row])),
    };
    let names: Vec<Vec<u8>> = profile.frames.iter().map(|frame| frame_name(profile, frame, text)).collect();
    let same = first_of_text(profile, &names);
    let mut rows: FxHashMap<Option<StackId>, usize> = FxHashMap::default();
    let mut sums: Vec<(Option<StackId>, i128)> = Vec::new();
    for (row, &stack) in samples.stacks.iter().enumerate() {
        let stack = stack.map(|stack| same.as_ref().map_or(stack, |same| same[stack.index()]));
        let sum = *rows.entry(stack).or_insert_with(|| {
            sums.push((stack, 0));
            sums.len() - 1
        });
        sums[sum].1 += value(row);
    }
    write_overlapped(out, |out| {
        let mut frames = Vec::new();
        let mut line = Vec::new();
        for (stack, sum) in sums {
            frames.clear();
            frames.extend(profile.frames_of(stack));
            line.clear();
            for (depth, frame) in frames.iter().rev().enumerate() {
                if depth > 0 {
                    line.push(b';');
                }
                line.extend_from_slice(&names[frame.index()]);
            }
            out.write_all(guard(&line))?;
            line.push(b' ');
            write_decimal(&mut line, sum, decimals)?;
            line.push(b'\n');
            out.write_all(&line)?;
        }
        Ok(())
    })
}

/// For every stack the first one that is written the same; `None` when all are written differently.
fn first_of_text(profile: &Profile, names: &[Vec<u8>]) -> Option<Vec<StackId>> {
    let mut frames: FxHashMap<&[u8], usize> = FxHashMap::default();
    let text_of: Vec<usize> =
        names.iter().enumerate().map(|(index, name)| *frames.entry(name).or_insert(index)).collect();
    if frames.len() == names.len() {
        return None;
    }
    let mut stacks: FxHashMap<(Option<StackId>, usize), StackId> = FxHashMap::default();
    let mut first: Vec<StackId> = Vec::with_capacity(profile.stacks.len());
    for (index, stack) in profile.stacks.iter().enumerate() {
        let parent = stack.parent.map(|parent| first[parent.index()]);
        let text = text_of[stack.frame.index()];
        first.push(*stacks.entry((parent, text)).or_insert_with(|| StackId::new(index)));
    }
    Some(first)
}

/// The text of a frame in folded stacks: its name, with the place in the source or the suffix of its kind.
///
/// `;` and line ends become `:` and blanks, because folded text cannot hold them.
#[must_use]
pub fn frame_name(profile: &Profile, frame: &Frame, form: FrameText) -> Vec<u8> {
    let function = profile.function(frame.function);
    let mut text: Vec<u8> = profile.strings.get(function.name).to_vec();
    match (function.file, suffix(frame.kind)) {
        (Some(file), _) if frame.line > 0 && form == FrameText::Line => {
            text.extend_from_slice(b" (");
            text.extend_from_slice(profile.strings.get(file));
            text.extend(format!(":{})", frame.line).bytes());
        }
        (_, Some(suffix)) => text.extend_from_slice(suffix),
        _ => {}
    }
    for byte in &mut text {
        match *byte {
            b';' => *byte = b':',
            b'\n' | b'\r' => *byte = b' ',
            _ => {}
        }
    }
    text
}

/// The suffix that stands for a kind of frame.
pub(crate) fn suffix(kind: FrameKind) -> Option<&'static [u8]> {
    SUFFIXES.iter().find(|(_, known)| *known == kind).map(|(suffix, _)| *suffix)
}

/// Writes a fixed-point value without trailing zeros.
///
/// # Errors
/// When `out` fails.
pub fn write_decimal(out: &mut impl Write, value: i128, decimals: u8) -> io::Result<()> {
    if decimals == 0 {
        return out.write_all(itoa::Buffer::new().format(value).as_bytes());
    }
    let scale = 10u128.pow(u32::from(decimals));
    let (whole, fraction) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    let sign = if value < 0 { "-" } else { "" };
    write!(out, "{sign}{whole}")?;
    if fraction > 0 {
        let digits = format!("{fraction:0width$}", width = usize::from(decimals));
        write!(out, ".{}", digits.trim_end_matches('0'))?;
    }
    Ok(())
}
