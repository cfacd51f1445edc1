//! What is finished of a run: one file for each pair, so that a run that was ended goes on.
//!
//! A file holds the row, and what it was made of: the version, the question, the digests of the captures, the digests of the
//! reports. It is used again only where all of that still holds. It is written after the reports, whole or not at all.

use super::pair::Finished;
use super::place::{Place, plain};
use super::source::Source;
use super::work::Work;
use crate::args::Batch;
use crate::output;
use analyzer_core::batch::{Pair, Row};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

pub(super) struct Kept {
    partial: PathBuf,
    folder: PathBuf,
    /// What shapes the results besides the captures.
    question: String,
}

impl Kept {
    /// # Errors
    /// When the file of classes cannot be read.
    pub(super) fn new(batch: &Batch, place: &Place) -> Result<Kept> {
        let classes = match &batch.comparing.classes {
            None => String::new(),
            Some(path) => {
                let bytes = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
                blake3::hash(&bytes).to_hex().to_string()
            }
        };
        let question = format!("{} {} {classes}", env!("CARGO_PKG_VERSION"), batch.command());
        Ok(Kept { partial: place.partial().to_owned(), folder: place.folder().to_owned(), question })
    }

    fn path(&self, pair: &Pair) -> PathBuf {
        self.partial.join(format!("{}.json", plain(&pair.name)))
    }

    /// Keeps a pair that is finished.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(&self, pair: &Pair, work: &Work, batch: &Batch, finished: &Finished) -> Result<()> {
        let reports: Vec<(&String, String)> = finished
            .reports
            .iter()
            .map(|report| Ok((report, self.report_digest(report)?)))
            .collect::<Result<_>>()?;
        // Of what was read the digest is known; what could not be read is looked at again.
        let read = finished.row.before.iter().chain(&finished.row.after);
        let inputs = chosen(pair, work, batch).zip(read).map(|(source, file)| {
            let digest = file.digest.clone().unwrap_or_else(|| source.digest());
            (source.shown.clone(), digest)
        });
        let inputs: Vec<(String, String)> = inputs.collect();
        let kept = json!({
            "question": self.question,
            "inputs": inputs,
            "reports": reports,
            "row": finished.row,
        });
        output::write_file(&self.path(pair), |out| {
            serde_json::to_writer(&mut *out, &kept)?;
            Ok(out.flush()?)
        })
    }

    /// Whether a pair is finished, and everything is as it was.
    pub(super) fn has(&self, pair: &Pair, work: &Work, batch: &Batch) -> bool {
        let Some(kept) = self.read(pair) else { return false };
        // A row of another form was written by another version.
        let is_row = serde_json::from_value::<Row>(kept["row"].clone()).is_ok();
        if kept["question"] != json!(self.question) || !is_row {
            return false;
        }
        let reports: Option<Vec<(String, String)>> = serde_json::from_value(kept["reports"].clone()).ok();
        let is_there = |(report, digest): &(String, String)| {
            self.report_digest(report).is_ok_and(|found| found == *digest)
        };
        if !reports.is_some_and(|reports| reports.iter().all(is_there)) {
            return false;
        }
        let inputs: Vec<(String, String)> =
            chosen(pair, work, batch).map(|source| (source.shown.clone(), source.digest())).collect();
        kept["inputs"] == json!(inputs)
    }

    /// The row of a pair that is finished.
    ///
    /// # Errors
    /// When it is not there any more.
    pub(super) fn row(&self, pair: &Pair) -> Result<Row> {
        let path = self.path(pair);
        let explain = || format!("{}: was removed or changed during the run; run it again", path.display());
        let mut kept = self.read(pair).with_context(explain)?;
        serde_json::from_value(kept["row"].take()).with_context(explain)
    }

    /// The reports of a pair that is finished.
    pub(super) fn reports(&self, pair: &Pair) -> Vec<String> {
        let reports: Option<Vec<(String, String)>> =
            self.read(pair).and_then(|mut kept| serde_json::from_value(kept["reports"].take()).ok());
        reports.unwrap_or_default().into_iter().map(|(report, _)| report).collect()
    }

    fn read(&self, pair: &Pair) -> Option<Value> {
        serde_json::from_slice(&fs::read(self.path(pair)).ok()?).ok()
    }

    fn report_digest(&self, report: &str) -> Result<String> {
        let path = self.folder.join(report);
        let mut hasher = blake3::Hasher::new();
        let file = fs::File::open(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
        hasher.update_reader(file)?;
        Ok(hasher.finalize().to_hex().to_string())
    }
}

/// The captures of a pair that are read, those of before first.
fn chosen<'a>(pair: &Pair, work: &'a Work, batch: &Batch) -> impl Iterator<Item = &'a Source> {
    let (pair, _) = pair.reduced(usize::from(batch.replicates));
    let before = pair.before.into_iter().map(|at| &work.before[at]);
    before.chain(pair.after.into_iter().map(|at| &work.after[at]))
}
