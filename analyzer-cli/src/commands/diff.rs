//! `plateau diff`: which plateaus grew?

use crate::args::{Diff, Printing, Reading};
use crate::exit::Outcome;
use crate::input::{self, Captures};
use crate::output::{self, Files, Form};
use crate::terminal;
use analyzer_core::plateau::{Tier, Why};
use analyzer_core::render::screen::Screen;
use analyzer_core::render::{self, Renderer};
use analyzer_core::report::{Plateau, Report};
use analyzer_core::{CompareOptions, compare_all, folded_diff, folded_text_diff};
use analyzer_formats::folded::{Text, Totals};
use anyhow::{Result, bail};
use std::io::Write;
use std::path::PathBuf;

pub(crate) fn run(diff: &Diff) -> Result<Outcome> {
    let inputs = diff.inputs();
    let rules = diff.comparing.classes.iter().map(PathBuf::as_path);
    output::refuse_overwriting(&diff.output, &inputs.iter().copied().chain(rules).collect::<Vec<_>>())?;
    let mut forms: Vec<Form> = diff.output.iter().map(|path| output::form_of(path)).collect::<Result<_>>()?;
    let mut printed = output::form_named(&diff.format).unwrap_or(Form::FoldedDiff);
    if diff.template.is_some() {
        fill(forms.iter_mut().chain([&mut printed]))?;
    }
    let asks_for = |form: fn(&Form) -> bool| forms.iter().chain([&printed]).any(form);
    let needs_report = diff.exit_code || asks_for(|form| matches!(form, Form::Report(_)));

    // Folded files whose raw lines are wanted are added up as they stand.
    let is_plain = diff.is_plain() && diff.reading.redact.is_empty() && diff.measuring.of_traces().is_none();
    let texts = match asks_for(|form| matches!(form, Form::FoldedDiff)) && is_plain {
        true => input::open_texts(&inputs, &diff.reading)?,
        false => None,
    };
    let totals = texts.as_ref().map(|texts| input::totals(texts, &diff.reading)).transpose()?;
    let mut options = diff.compare_options();
    options.classes = super::class_rules(diff.comparing.classes.as_deref())?;
    let mut captures = match &totals {
        Some(_) if !needs_report => None,
        _ => Some(super::read_compared(&diff.sides, &diff.measuring, &diff.reading, needs_report)?),
    };
    if let Some(captures) = captures.as_mut().filter(|_| !diff.reading.redact.is_empty()) {
        options.redacted = Some(captures.redact(&diff.reading, &mut options.command));
    }
    if !diff.reading.quiet {
        warn(&diff.reading, captures.as_ref(), texts.as_ref().zip(totals.as_ref()));
    }
    let report = match &captures {
        Some(captures) if needs_report => Some(compare_all(&captures.question(), &options)?),
        _ => None,
    };
    let result = Answer {
        captures: captures.as_ref(),
        totals: totals.as_ref(),
        options: &options,
        report: report.as_ref(),
    };

    let mut files = Files::default();
    for (path, &form) in diff.output.iter().zip(&forms) {
        files.write(path, |out| result.write(form, out))?;
    }
    files.commit()?;
    if !diff.reading.quiet || diff.format != "text" {
        output::to_stdout(|out| match (diff.format.as_str(), &report) {
            ("text", Some(report)) => Ok(table(diff.printing).render(report, out)?),
            _ => result.write(printed, out),
        })?;
    }
    let grew = diff.exit_code && report.as_ref().is_some_and(has_grown);
    Ok(if grew { Outcome::Grew } else { Outcome::Done })
}

/// Makes postmortems of all Markdown.
fn fill<'a>(forms: impl Iterator<Item = &'a mut Form>) -> Result<()> {
    let mut is_filled = false;
    for form in forms {
        if matches!(form, Form::Report(renderer) if renderer.name() == "md") {
            *form = Form::Report(&render::Postmortem);
            is_filled = true;
        }
    }
    if !is_filled {
        bail!("--template postmortem is a form of Markdown; add -o FILE.md or --format md");
    }
    Ok(())
}

/// Says what is missing of either side: once, where it was read twice.
fn warn(reading: &Reading, captures: Option<&Captures>, texts: Option<(&[Text; 2], &[Totals<'_>; 2])>) {
    if let Some(captures) = captures {
        for capture in captures.all() {
            super::warn_of_losses(reading, &capture.source.name, &capture.notes);
        }
    } else if let Some((texts, totals)) = texts {
        for (text, totals) in texts.iter().zip(totals) {
            super::warn_of_losses(reading, text.name(), &totals.notes);
        }
    }
}

/// Whether anything grew: by size alone, where it is not known how sure that is.
fn has_grown(report: &Report) -> bool {
    let grew = |row: &Plateau| match row.tier {
        // What moved has not made the whole any larger.
        Tier::Grew => row.why != Why::Moved,
        Tier::Unquantified => row.growth.value > 0.0,
        _ => false,
    };
    report.plateaus.iter().any(grew)
}

/// What every output is made from.
struct Answer<'a> {
    captures: Option<&'a Captures>,
    totals: Option<&'a [Totals<'a>; 2]>,
    options: &'a CompareOptions,
    report: Option<&'a Report>,
}

impl Answer<'_> {
    fn write(&self, form: Form, mut out: &mut dyn Write) -> Result<()> {
        match (form, self.report, self.totals, self.captures) {
            (Form::Report(renderer), Some(report), ..) => renderer.render(report, out)?,
            (_, _, Some([before, after]), _) => folded_text_diff(before, after, &mut out)?,
            (_, _, _, Some(captures)) => folded_diff(&captures.question(), self.options, &mut out)?,
            _ => unreachable!("captures are read whenever there are no totals"),
        }
        Ok(())
    }
}

/// The table for whatever standard output is.
fn table(printing: Printing) -> render::Text {
    let Screen { width, color, .. } = terminal::screen(printing.color);
    render::Text { width, color }
}
