//! Writes a profile as folded stacks, one line per stack, in the order of the capture.

use super::frame::SUFFIXES;
use crate::{Frame, Profile, SeriesId, StackId};
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// Writes one column of a series. Rows of one stack are added up; stacks of zero are kept.
///
/// `;` and line ends in names become `:` and blanks, because folded text cannot hold them.
///
/// # Errors
/// When `out` fails.
pub fn write(profile: &Profile, series: SeriesId, column: usize, out: &mut impl Write) -> io::Result<()> {
    let series = &profile.series[series.index()];
    let values = series.samples.values[column].iter().map(|&value| i128::from(value));
    write_values(profile, &series.samples.stacks, values, series.value_types[column].decimals, out)
}

/// Writes one column of a series as it is stored: whole numbers, times ten to the column's decimals.
///
/// # Errors
/// When `out` fails.
pub fn write_stored(
    profile: &Profile,
    series: SeriesId,
    column: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    let samples = &profile.series[series.index()].samples;
    write_values(
        profile,
        &samples.stacks,
        samples.values[column].iter().map(|&value| i128::from(value)),
        0,
        out,
    )
}

/// Writes how many samples each stack of a series has; nothing where the capture does not tell.
///
/// # Errors
/// When `out` fails.
pub fn write_counts(profile: &Profile, series: SeriesId, out: &mut impl Write) -> io::Result<()> {
    let samples = &profile.series[series.index()].samples;
    let counts = samples.counts.iter().flatten().map(|&count| i128::from(count));
    write_values(profile, &samples.stacks, counts, 0, out)
}

fn write_values(
    profile: &Profile,
    stacks: &[Option<StackId>],
    values: impl Iterator<Item = i128>,
    decimals: u8,
    out: &mut impl Write,
) -> io::Result<()> {
    let names: Vec<Vec<u8>> = profile.frames.iter().map(|frame| frame_name(profile, frame)).collect();
    let mut rows: FxHashMap<Option<StackId>, usize> = FxHashMap::default();
    let mut sums: Vec<(Option<StackId>, i128)> = Vec::new();
    for (&stack, value) in stacks.iter().zip(values) {
        let row = *rows.entry(stack).or_insert_with(|| {
            sums.push((stack, 0));
            sums.len() - 1
        });
        sums[row].1 += value;
    }
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
        line.push(b' ');
        write_decimal(&mut line, sum, decimals)?;
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// The text of a frame in folded stacks: its name, with the place in the source or the suffix of its kind.
///
/// `;` and line ends become `:` and blanks, because folded text cannot hold them.
#[must_use]
pub fn frame_name(profile: &Profile, frame: &Frame) -> Vec<u8> {
    let function = profile.function(frame.function);
    let mut text: Vec<u8> = profile.strings.get(function.name).to_vec();
    let suffix = SUFFIXES.iter().find(|(_, kind)| *kind == frame.kind);
    match (function.file, suffix) {
        (Some(file), _) if frame.line > 0 => {
            text.extend_from_slice(b" (");
            text.extend_from_slice(profile.strings.get(file));
            text.extend(format!(":{})", frame.line).bytes());
        }
        (_, Some((suffix, _))) => text.extend_from_slice(suffix),
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

/// Writes a fixed-point value without trailing zeros.
///
/// # Errors
/// When `out` fails.
pub fn write_decimal(out: &mut impl Write, value: i128, decimals: u8) -> io::Result<()> {
    if decimals == 0 {
        return write!(out, "{value}");
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
