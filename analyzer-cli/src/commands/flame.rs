//! `plateau flame`: the flame graph of one capture, as a page or drawn by inferno.

use super::profile;
use crate::args::Flame;
use crate::exit::Outcome;
use crate::{input, output};
use analyzer_core::account::Account;
use analyzer_core::render::figures::printable;
use analyzer_core::render::html;
use analyzer_core::{Single, ValueSource, choose_measure};
use analyzer_formats::folded::{self, FrameText, Values};
use anyhow::{Result, bail};
use inferno::flamegraph::{self, Direction, Options};

/// Frames narrower than this many percent are not drawn, as inferno's own program does.
const LEAST_PERCENT: f64 = 0.01;

pub(crate) fn run(flame: &Flame) -> Result<Outcome> {
    output::refuse_overwriting(
        std::slice::from_ref(&flame.output),
        &flame.reading.with_subtracted([&flame.capture]),
    )?;
    let is = |wanted: &str| {
        flame.output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
    };
    match (is("html"), is("svg")) {
        (true, _) => page(flame)?,
        (_, true) => picture(flame)?,
        _ => bail!("{}: expected an output ending in .svg or .html", flame.output.display()),
    }
    Ok(Outcome::Done)
}

/// The page of one capture.
fn page(flame: &Flame) -> Result<()> {
    let is_for_svg = [
        ("title", flame.title.is_some()),
        ("width", flame.width.is_some()),
        ("minwidth", flame.minwidth.is_some()),
        ("reverse", flame.reverse),
        ("inverted", flame.inverted),
    ];
    if let Some((name, _)) = is_for_svg.iter().find(|(_, is_given)| *is_given) {
        bail!("--{name} is for an output ending in .svg; the page has its own title and fits the window");
    }
    let mut capture = input::read(&flame.capture, &flame.reading, true)?;
    let command = flame.command();
    let command = input::redact(&flame.reading, &mut [&mut capture], &[&command]).text(&command);
    super::warn_of_losses(&flame.reading, &capture.source.name, &capture.notes);
    super::prepare_spans(&mut capture, &flame.measuring)?;
    super::warn_of_shifted(&flame.reading, &capture);
    let single = Single::new(&capture, flame.measuring.sample_index.as_deref(), flame.measuring.spans())?;
    if single.about.total <= 0.0 {
        bail!("{}: has no {} above zero to draw", capture.source.name, single.about.value_type);
    }
    output::write_file(&flame.output, |out| Ok(html::page_of_one(&single, &command, out)?))
}

/// The picture that inferno draws.
fn picture(flame: &Flame) -> Result<()> {
    let mut capture = input::read(&flame.capture, &flame.reading, false)?;
    input::redact(&flame.reading, &mut [&mut capture], &[]);
    super::warn_of_losses(&flame.reading, &capture.source.name, &capture.notes);
    super::prepare_spans(&mut capture, &flame.measuring)?;
    super::warn_of_shifted(&flame.reading, &capture);
    let profile = profile(&capture, &flame.measuring);
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
    options.min_width = flame.minwidth.unwrap_or(LEAST_PERCENT);
    options.reverse_stack_order = flame.reverse;
    options.direction = if flame.inverted { Direction::Inverted } else { Direction::Straight };
    output::write_file(&flame.output, |out| {
        Ok(flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), out)?)
    })
}
