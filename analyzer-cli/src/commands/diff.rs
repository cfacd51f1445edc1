//! `plateau diff`: which plateaus grew?

use crate::args::{Color, Diff, Printing};
use crate::exit::Outcome;
use crate::input;
use crate::output::{self, Files, Form};
use analyzer_core::plateau::Tier;
use analyzer_core::render::{Renderer, Text};
use analyzer_core::report::{Plateau, Report};
use analyzer_core::{CompareOptions, compare, folded_diff};
use analyzer_formats::Capture;
use anyhow::Result;
use std::io::{self, IsTerminal, Write};

/// The width of a table that goes to a file or a pipe.
const WIDTH_ELSEWHERE: usize = 120;

pub(crate) fn run(diff: &Diff) -> Result<Outcome> {
    output::refuse_overwriting(&diff.output, &[&diff.before, &diff.after])?;
    let forms: Vec<Form> = diff.output.iter().map(|path| output::form_of(path)).collect::<Result<_>>()?;
    let printed = output::form_named(&diff.format).unwrap_or(Form::FoldedDiff);
    let needs_report =
        diff.exit_code || forms.iter().chain([&printed]).any(|form| matches!(form, Form::Report(_)));

    let options = diff.compare_options();
    let captures = input::read_pair(&diff.before, &diff.after, &diff.reading, needs_report)?;
    if !diff.printing.quiet {
        super::warn_of_losses(&captures.0);
        super::warn_of_losses(&captures.1);
    }
    let report = needs_report.then(|| compare(&captures.0, &captures.1, &options)).transpose()?;
    let result = Answer { captures: &captures, options: &options, report: report.as_ref() };

    let mut files = Files::default();
    for (path, &form) in diff.output.iter().zip(&forms) {
        files.write(path, |out| result.write(form, out))?;
    }
    files.commit()?;
    if !diff.printing.quiet || diff.format != "text" {
        output::to_stdout(|out| match (diff.format.as_str(), &report) {
            ("text", Some(report)) => Ok(table(diff.printing).render(report, out)?),
            _ => result.write(printed, out),
        })?;
    }
    let grew = |row: &Plateau| match row.tier {
        Tier::Grew => true,
        Tier::Unquantified => row.growth.value > 0.0,
        _ => false,
    };
    let grew = report.is_some_and(|report| report.plateaus.iter().any(grew));
    Ok(if grew && diff.exit_code { Outcome::Grew } else { Outcome::Done })
}

/// What every output is made from.
struct Answer<'a> {
    captures: &'a (Capture, Capture),
    options: &'a CompareOptions,
    report: Option<&'a Report>,
}

impl Answer<'_> {
    fn write(&self, form: Form, mut out: &mut dyn Write) -> Result<()> {
        match (form, self.report) {
            (Form::Report(renderer), Some(report)) => renderer.render(report, out)?,
            _ => folded_diff(&self.captures.0, &self.captures.1, self.options, &mut out)?,
        }
        Ok(())
    }
}

/// The table for whatever standard output is.
fn table(printing: Printing) -> Text {
    let stdout = io::stdout();
    let color = match printing.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
    };
    let width = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
    Text { width: width.filter(|_| stdout.is_terminal()).unwrap_or(WIDTH_ELSEWHERE), color }
}
