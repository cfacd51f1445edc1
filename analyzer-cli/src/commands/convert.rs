//! `plateau convert`: a capture in another format.

use super::profile;
use crate::args::{Convert, ConvertFormat};
use crate::exit::Outcome;
use crate::{input, output};
use analyzer_core::{Measure, ValueSource, choose_measure};
use analyzer_formats::folded::{self, FrameText, Values};
use analyzer_formats::{Capture, Content, Profile, ReadOptions, pprof, speedscope};
use anyhow::{Result, bail};
use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

pub(crate) fn run(convert: &Convert) -> Result<Outcome> {
    if let Some(path) = &convert.output {
        output::refuse_overwriting(
            std::slice::from_ref(path),
            &convert.reading.with_subtracted([&convert.capture]),
        )?;
    }
    let format = format(convert.format, convert.output.as_deref())?;
    // speedscope shows samples by thread, in the order of time.
    let timeline = format == ConvertFormat::Speedscope;
    let options = ReadOptions { timeline, ..convert.reading.options(false) };
    let mut capture = input::read_as(&convert.capture, &convert.reading, &options)?;
    input::redact(&convert.reading, &mut [&mut capture], &[]);
    super::prepare_spans(&mut capture, &convert.measuring)?;
    super::warn_of_losses(&convert.reading, &capture.source.name, &capture.notes);
    super::warn_of_shifted(&convert.reading, &capture);
    if let Cow::Owned(profile) = profile(&capture, &convert.measuring) {
        capture.content = Content::Profile(profile);
    }
    let conversion = Conversion::new(&capture, convert.measuring.sample_index.as_deref(), format)?;
    match &convert.output {
        Some(path) => output::write_file(path, |out| conversion.write(out))?,
        None => output::to_stdout(|out| conversion.write(out))?,
    }
    Ok(Outcome::Done)
}

/// A profile that is to be written in a format.
pub(super) struct Conversion<'a> {
    capture: &'a Capture,
    profile: Cow<'a, Profile>,
    /// What is written where the format has room for one value type, and the default elsewhere.
    measure: Measure,
    format: ConvertFormat,
}

impl<'a> Conversion<'a> {
    /// Chooses what is written. What the format has no place for is said on standard error.
    pub(super) fn new(capture: &'a Capture, chosen: Option<&str>, format: ConvertFormat) -> Result<Self> {
        let Content::Profile(profile) = &capture.content else {
            bail!("{}: expected a profile, found traces", capture.source.name);
        };
        let mut profile = Cow::Borrowed(profile);
        let (measure, others) = choose_measure(&profile, chosen)?;
        if let ValueSource::Column(column) = measure.source
            && profile.meta.default_value != Some((measure.series, column))
        {
            profile.to_mut().meta.default_value = Some((measure.series, column));
        }
        // pprof holds every value type of a series, folded text one column, speedscope whatever there is.
        let left_behind = match format {
            ConvertFormat::Folded => {
                profile.series.iter().map(|series| series.value_types.len()).sum::<usize>() > 1
            }
            ConvertFormat::Pprof => profile.series.len() > 1,
            ConvertFormat::Speedscope => false,
        };
        if left_behind {
            let others = others.join(", ");
            output::warn(&format!(
                "{}: converts {}; --sample-index chooses another of: {others}",
                capture.source.name, measure.name
            ));
        }
        Ok(Conversion { capture, profile, measure, format })
    }

    /// Writes it.
    pub(super) fn write(&self, mut out: &mut dyn Write) -> Result<()> {
        let Conversion { capture, profile, measure, format } = self;
        let values = match measure.source {
            ValueSource::Column(column) => Values::Column(column),
            ValueSource::Counts => Values::Counts,
        };
        // Lines stay where the capture itself made them part of its frames.
        let has_lines = matches!(capture.source.format, "folded" | "speedscope");
        let text = if has_lines { FrameText::Line } else { FrameText::Function };
        match format {
            ConvertFormat::Folded => folded::write(profile, measure.series, values, text, &mut out)?,
            ConvertFormat::Pprof => pprof::write(profile, measure.series, &mut out)?,
            ConvertFormat::Speedscope => {
                let chosen = (measure.series, values);
                let all = speedscope::all_values(profile);
                // Numbers of samples are written only when they are asked for: weights mostly say the same.
                let (parts, active) = match all.iter().position(|part| *part == chosen) {
                    Some(active) => (all, active),
                    None => (vec![chosen], 0),
                };
                let changed = speedscope::write(profile, &parts, active, text, &mut out)?;
                if changed > 0 {
                    output::warn(&format!(
                        "{}: {changed} names are not UTF-8; JSON cannot hold those bytes, they became U+FFFD",
                        capture.source.name
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The format that is asked for, or that the extension of the output says.
pub(super) fn format(asked: Option<ConvertFormat>, output: Option<&Path>) -> Result<ConvertFormat> {
    if let Some(format) = asked {
        return Ok(format);
    }
    let Some(path) = output else { return Ok(ConvertFormat::Folded) };
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    if ends(&[".folded", ".collapsed", ".txt"]) {
        Ok(ConvertFormat::Folded)
    } else if ends(&[".pb.gz", ".pprof", ".prof"]) {
        Ok(ConvertFormat::Pprof)
    } else if ends(&[".speedscope.json", ".speedscope"]) {
        Ok(ConvertFormat::Speedscope)
    } else {
        unknown(path)
    }
}

fn unknown(path: &Path) -> Result<ConvertFormat> {
    bail!("{}: expected an output ending in .folded, .pb.gz or .speedscope.json, or --format", path.display())
}
