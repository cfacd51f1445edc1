//! One pair: its captures read, compared, its report written.

use super::place::Place;
use super::source::Source;
use super::work::Work;
use crate::args::Batch;
use crate::output::{self, Form};
use analyzer_core::batch::{Failure, File, Pair, Row, Status, odd};
use analyzer_core::{CompareError, CompareOptions, Question, compare_all};
use analyzer_formats::Capture;
use anyhow::Result;
use rayon::prelude::*;

/// A pair that is finished.
pub(super) struct Finished {
    pub(super) row: Row,
    /// Its reports, relative to the folder of results.
    pub(super) reports: Vec<String>,
}

/// Reads, compares and reports a pair. What fails of its captures is in the row.
///
/// # Errors
/// When a report cannot be written.
pub(super) fn finish(
    pair: &Pair,
    batch: &Batch,
    work: &Work,
    place: &Place,
    options: &CompareOptions,
) -> Result<Finished> {
    let (pair, unread) = pair.reduced(usize::from(batch.replicates));
    let mut row = Row::new(pair.name.clone(), Vec::new(), Vec::new());
    row.unread = unread;
    let (before, after) = rayon::join(
        || read(&work.before, &pair.before, "before", batch),
        || read(&work.after, &pair.after, "after", batch),
    );
    row.before = before.files;
    row.after = after.files;
    row.failed = before.failed.into_iter().chain(after.failed).collect();
    row.losses = before.losses.into_iter().chain(after.losses).collect();
    let (mut before, mut after) = (before.captures, after.captures);
    leave_out_odd(&mut row, &mut before, &mut after);
    row.error = row.failed.first().cloned();
    if before.is_empty() || after.is_empty() {
        return Ok(Finished { row, reports: Vec::new() });
    }
    let names = |captures: &[Capture]| -> Vec<String> {
        captures.iter().map(|capture| capture.source.name.clone()).collect()
    };
    let mut options = options.clone();
    options.command = batch.diff_command(&names(&before), &names(&after));
    let question = Question { before: &before, after: &after, baseline: None };
    let report = match compare_all(&question, &options) {
        Ok(report) => report,
        Err(error) => {
            refuse(&mut row, &error);
            return Ok(Finished { row, reports: Vec::new() });
        }
    };
    row.error = row.failed.first().or(row.losses.first()).cloned();
    row.status = if row.error.is_some() { Status::Partial } else { Status::Ok };
    row.answer(&report);
    let mut reports = Vec::new();
    for form in batch.report.iter().filter_map(|form| form.name()) {
        let Some(Form::Report(renderer)) = output::form_named(form) else { continue };
        let name = place.report(&pair.name, renderer.extension());
        output::write_file(&place.folder().join(&name), |out| Ok(renderer.render(&report, out)?))?;
        reports.push(name);
    }
    row.report = reports.first().cloned();
    Ok(Finished { row, reports })
}

/// The captures of a side, and what of it failed.
struct Side {
    files: Vec<File>,
    captures: Vec<Capture>,
    failed: Vec<Failure>,
    losses: Vec<Failure>,
}

fn read(sources: &[Source], chosen: &[usize], side: &str, batch: &Batch) -> Side {
    let read: Vec<_> = chosen.par_iter().map(|&at| sources[at].read(batch)).collect();
    let mut all = Side { files: Vec::new(), captures: Vec::new(), failed: Vec::new(), losses: Vec::new() };
    for (&at, read) in chosen.iter().zip(read) {
        let digest = read.as_ref().ok().and_then(|capture| capture.source.digest.clone());
        all.files.push(File { file: sources[at].shown.clone(), digest });
        match read {
            Ok(capture) => {
                let is_same = |known: &&Capture| {
                    known.source.digest.is_some() && known.source.digest == capture.source.digest
                };
                if let Some(known) = all.captures.iter().find(is_same) {
                    // Counted twice, captures would look more alike than they are.
                    let text =
                        format!("holds the same bytes as {}, which is counted once", known.source.name);
                    all.losses.push(Failure::new("same_file", text).of(&sources[at].shown).on(side));
                    continue;
                }
                all.losses.extend(sources[at].loss(&capture).map(|loss| loss.on(side)));
                all.captures.push(capture);
            }
            Err(failure) => all.failed.push(failure.on(side)),
        }
    }
    all
}

/// Takes away what measures something else than the others, and says so in the row.
fn leave_out_odd(row: &mut Row, before: &mut Vec<Capture>, after: &mut Vec<Capture>) {
    let mut why = odd(before, after).into_iter();
    for (side, captures) in [("before", before), ("after", after)] {
        captures.retain(|capture| {
            let Some(text) = why.next().flatten() else { return true };
            row.failed.push(Failure::new("no_common_value_type", text).of(&capture.source.name).on(side));
            false
        });
    }
}

/// Says in the row why its captures are not compared. What is missing of them may be why, and then stands before it.
fn refuse(row: &mut Row, error: &CompareError) {
    let losses = std::mem::take(&mut row.losses);
    let refused = match losses.is_empty() {
        true => vec![Failure::new(code(error), error.to_string())],
        false => losses
            .into_iter()
            .map(|loss| Failure {
                text: format!("{}; what was read cannot be compared: {error}", loss.text),
                ..loss
            })
            .collect(),
    };
    row.error = refused.first().cloned();
    row.failed.extend(refused);
}

/// A stable code for why captures cannot be compared.
fn code(error: &CompareError) -> &'static str {
    match error {
        CompareError::DifferentKinds { .. } => "different_kinds",
        CompareError::NoCommonValueType { .. } | CompareError::NoSuchValueType { .. } => {
            "no_common_value_type"
        }
        CompareError::NoAnchor { .. } | CompareError::NoReference | CompareError::NoDuration { .. } => {
            "no_scale"
        }
        CompareError::NothingMeasured => "nothing_measured",
        CompareError::NotComparable { .. } | CompareError::NotFolded => "not_comparable",
    }
}
