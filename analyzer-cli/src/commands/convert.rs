//! `plateau convert`: a capture in another format.

use super::profile;
use crate::args::{Convert, ConvertFormat};
use crate::exit::Outcome;
use crate::{input, output};
use analyzer_core::{ValueSource, choose_measure};
use analyzer_formats::folded::{self, FrameText, Values};
use analyzer_formats::pprof;
use anyhow::{Result, bail};
use std::io::Write;
use std::path::Path;

pub(crate) fn run(convert: &Convert) -> Result<Outcome> {
    if let Some(path) = &convert.output {
        output::refuse_overwriting(std::slice::from_ref(path), &[&convert.capture])?;
    }
    let format = format(convert)?;
    let capture = input::read(&convert.capture, &convert.reading, false)?;
    let mut profile = profile(&capture, convert.measuring.value.into());
    let (measure, others) = choose_measure(&profile, convert.measuring.sample_index.as_deref())?;
    if let ValueSource::Column(column) = measure.source {
        profile.to_mut().meta.default_value = Some((measure.series, column));
    }
    // pprof holds every value type of a series, folded text one column.
    let left_behind = match format {
        ConvertFormat::Folded => {
            profile.series.iter().map(|series| series.value_types.len()).sum::<usize>() > 1
        }
        ConvertFormat::Pprof => profile.series.len() > 1,
    };
    if left_behind {
        let others = others.join(", ");
        output::warn(&format!(
            "{}: converts {}; --sample-index chooses another of: {others}",
            capture.source.name, measure.name
        ));
    }
    super::warn_of_losses(&capture.source.name, &capture.notes);
    let values = match measure.source {
        ValueSource::Column(column) => Values::Column(column),
        ValueSource::Counts => Values::Counts,
    };
    // Lines stay where the capture itself made them part of its frames.
    let text = if capture.source.format == "folded" { FrameText::Line } else { FrameText::Function };
    let write = |mut out: &mut dyn Write| -> Result<()> {
        match format {
            ConvertFormat::Folded => folded::write(&profile, measure.series, values, text, &mut out)?,
            ConvertFormat::Pprof => pprof::write(&profile, measure.series, &mut out)?,
        }
        Ok(())
    };
    match &convert.output {
        Some(path) => output::write_file(path, write)?,
        None => output::to_stdout(write)?,
    }
    Ok(Outcome::Done)
}

/// The format that is asked for, or that the extension of the output says.
fn format(convert: &Convert) -> Result<ConvertFormat> {
    if let Some(format) = convert.format {
        return Ok(format);
    }
    let Some(path) = convert.output.as_deref() else { return Ok(ConvertFormat::Folded) };
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    if ends(&[".folded", ".collapsed", ".txt"]) {
        Ok(ConvertFormat::Folded)
    } else if ends(&[".pb.gz", ".pprof", ".prof"]) {
        Ok(ConvertFormat::Pprof)
    } else {
        unknown(path)
    }
}

fn unknown(path: &Path) -> Result<ConvertFormat> {
    bail!("{}: expected an output ending in .folded or .pb.gz, or --format", path.display())
}
