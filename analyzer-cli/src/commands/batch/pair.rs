//! One pair: its captures read, compared, its report written.

use super::place::Place;
use super::source::Source;
use super::work::Work;
use crate::args::Batch;
use crate::output::{self, Form};
use analyzer_core::account::Account;
use analyzer_core::batch::{Failure, File, Pair, Row, Status};
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
    row.error = row.failed.first().cloned();
    let (before, after) = (before.captures, after.captures);
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
            row.error = Some(Failure {
                code: code(&error).to_owned(),
                byte: None,
                text: error.to_string(),
                file: None,
                side: None,
            });
            return Ok(Finished { row, reports: Vec::new() });
        }
    };
    let loss = before
        .iter()
        .chain(&after)
        .find_map(|capture| Some((capture.source.name.clone(), Account::new(capture).loss()?.to_string())));
    row.status = if loss.is_some() || !row.failed.is_empty() { Status::Partial } else { Status::Ok };
    if row.error.is_none() {
        row.error = loss.map(|(file, text)| Failure {
            code: "left_out".to_owned(),
            byte: None,
            text,
            file: Some(file),
            side: None,
        });
    }
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
}

fn read(sources: &[Source], chosen: &[usize], side: &str, batch: &Batch) -> Side {
    let read: Vec<_> = chosen.par_iter().map(|&at| sources[at].read(batch)).collect();
    let mut all = Side { files: Vec::new(), captures: Vec::new(), failed: Vec::new() };
    for (&at, read) in chosen.iter().zip(read) {
        let digest = read.as_ref().ok().and_then(|capture| capture.source.digest.clone());
        all.files.push(File { file: sources[at].shown.clone(), digest });
        match read {
            Ok(capture) => all.captures.push(capture),
            Err(failure) => all.failed.push(Failure { side: Some(side.to_owned()), ..failure }),
        }
    }
    all
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
