//! `plateau flame`: the flame graph of one capture, drawn by inferno.

use super::profile;
use crate::args::Flame;
use crate::exit::Outcome;
use crate::{input, output};
use analyzer_core::account::Account;
use analyzer_core::render::figures::printable;
use analyzer_core::{ValueSource, choose_measure};
use analyzer_formats::folded::{self, FrameText, Values};
use anyhow::{Result, bail};
use inferno::flamegraph::{self, Direction, Options};

pub(crate) fn run(flame: &Flame) -> Result<Outcome> {
    output::refuse_overwriting(std::slice::from_ref(&flame.output), &[&flame.capture])?;
    if flame.output.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("svg")) {
        bail!("{}: expected an output ending in .svg", flame.output.display());
    }
    let capture = input::read(&flame.capture, &flame.reading, false)?;
    super::warn_of_losses(&flame.reading, &capture.source.name, &capture.notes);
    let profile = profile(&capture, &flame.measuring)?;
    let (measure, _) = choose_measure(&profile, flame.measuring.sample_index.as_deref())?;
    let mut stacks = Vec::new();
    let values = match measure.source {
        // inferno drops what stands behind a decimal point, so it is given the values as they are stored.
        ValueSource::Column(column) => Values::Stored(column),
        ValueSource::Counts => Values::Counts,
    };
    folded::write(&profile, measure.series, values, FrameText::Function, &mut stacks)?;
    // inferno draws text: names that are not UTF-8 are shown as far as they are.
    let text = String::from_utf8_lossy(&stacks);
    let lines: Vec<String> = text.lines().map(printable).collect();
    if lines.iter().all(|line| line.ends_with(" 0") || line.contains(" -")) {
        bail!("{}: has no {} above zero to draw", capture.source.name, measure.name);
    }

    let mut options = Options::default();
    options.title =
        flame.title.clone().unwrap_or_else(|| format!("{} ({})", capture.source.name, measure.name));
    let account = Account::new(&capture);
    if account.records.left_out > 0 || !account.damages.is_empty() {
        options.subtitle = Some(account.sentence());
    }
    options.count_name = match measure.decimals {
        0 => measure.unit.clone(),
        decimals => format!("{} / {}", measure.unit, 10u64.pow(u32::from(decimals))),
    };
    options.image_width = flame.width;
    options.min_width = flame.minwidth;
    options.reverse_stack_order = flame.reverse;
    options.direction = if flame.inverted { Direction::Inverted } else { Direction::Straight };
    output::write_file(&flame.output, |out| {
        Ok(flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), out)?)
    })?;
    Ok(Outcome::Done)
}
