//! `plateau check`: did anything grow by more than it may?

use crate::args::Check as Command;
use crate::exit::Outcome;
use crate::output::{self, Files};
use crate::terminal;
use analyzer_core::check::{Budgets, Check, CheckOptions, Inconclusive, RowVerdict, check};
use analyzer_core::compare_all;
use analyzer_core::render::screen::Screen;
use analyzer_core::render::{CheckRenderer, CheckText};
use analyzer_core::scale::ScaleChoice;
use anyhow::{Context, Result, bail};
use std::path::Path;

pub(crate) fn run(command: &Command) -> Result<Outcome> {
    output::refuse_overwriting(&command.output, &command.inputs())?;
    let forms: Vec<&dyn CheckRenderer> =
        command.output.iter().map(|path| output::check_form_of(path)).collect::<Result<_>>()?;
    let budgets = match &command.budgets {
        Some(path) => read_budgets(path)?,
        None => Budgets::default(),
    };
    let mut options = command.compare_options();
    if !command.reading.redact.is_empty() {
        bail!("--redact hides the names that budgets are about; give it to plateau diff");
    }
    if !options.trace_value.is_critical_path() {
        bail!("--value: a check judges time on the critical path, of which it is known how sure changes are");
    }
    options.classes = super::class_rules(command.comparing.classes.as_deref())?;
    budgets.expect_classes(options.classes.as_ref())?;
    options.thresholds = budgets.thresholds();
    options.budgets = Some(budgets.clone());
    let captures = super::read_compared(&command.sides, &command.measuring, &command.reading, true)?;
    for capture in captures.all() {
        super::expect_sound(capture)?;
        super::warn_of_losses(&command.reading, &capture.source.name, &capture.notes);
    }
    let report = compare_all(&captures.question(), &options)?;
    let options = CheckOptions {
        today: command.today.unwrap_or_else(|| jiff::Zoned::now().date()),
        inconclusive: command.inconclusive.into(),
        work: match options.scale {
            ScaleChoice::Work(_, after) => Some(after),
            _ => None,
        },
    };
    let result = check(&report, &budgets, &options)?;
    write(command, &forms, &result)?;
    Ok(match (result.verdict.code, result.inconclusive) {
        (RowVerdict::Failed, _) => Outcome::Grew,
        (RowVerdict::Inconclusive, Inconclusive::Fail) => Outcome::Inconclusive,
        _ => Outcome::Done,
    })
}

fn read_budgets(path: &Path) -> Result<Budgets> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| format!("{name}: cannot be read"))?;
    let text = String::from_utf8(bytes)
        .with_context(|| format!("{name}: expected a file of budgets in TOML, which is UTF-8"))?;
    Ok(Budgets::parse(&name, &text)?)
}

fn write(command: &Command, forms: &[&dyn CheckRenderer], result: &Check) -> Result<()> {
    let mut files = Files::default();
    for (path, form) in command.output.iter().zip(forms) {
        files.write(path, |out| Ok(form.render(result, out)?))?;
    }
    files.commit()?;
    if command.reading.quiet && command.format == "text" {
        return Ok(());
    }
    output::to_stdout(|out| match output::check_form_named(&command.format) {
        Some(form) if command.format != "text" => Ok(form.render(result, out)?),
        _ => {
            let Screen { width, color, .. } = terminal::screen(command.printing.color);
            Ok(CheckText { width, color }.render(result, out)?)
        }
    })
}
