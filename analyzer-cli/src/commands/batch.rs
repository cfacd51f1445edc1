//! `plateau batch`: folders of captures, pair by pair, and an index of what grew.
//!
//! | file | holds |
//! |---|---|
//! | `source.rs` | where a capture comes from, reading it, why that failed |
//! | `walk.rs` | what a folder or an archive holds |
//! | `list.rs` | captures named by a list |
//! | `work.rs` | which captures are compared |
//! | `pair.rs` | one pair: read, compared, its report |
//! | `kept.rs` | what is finished, for a run that goes on |
//! | `run.rs` | all pairs, some at a time |
//! | `place.rs` | the folder of results, and what must not be in it |
//! | `finish.rs` | rows in their order, index and manifest |
//! | `bar.rs` | how far it is |

mod bar;
mod finish;
mod kept;
mod list;
mod pair;
mod place;
mod run;
mod source;
mod walk;
mod work;

use crate::args::{Batch, BatchFormat, MaxFailed};
use crate::exit::Outcome;
use crate::output;
use analyzer_core::batch::Counts;
use anyhow::{Result, bail};
use std::fs::File;
use std::io;

pub(crate) fn run(batch: &Batch) -> Result<Outcome> {
    expect_sense(batch)?;
    let place = place::Place::open(batch)?;
    let prepared =
        work::Work::find(batch, &place).and_then(|work| Ok((work, kept::Kept::new(batch, &place)?)));
    let (work, kept) = prepared.inspect_err(|_| place.leave())?;
    place.begin()?;
    for line in work.passed_over.iter().take(5).filter(|_| !batch.reading.quiet) {
        output::warn(line);
    }
    run::all(batch, &work, &place, &kept)?;
    let counts = finish::finish(batch, &work, &place, &kept)?;
    print(batch, &place, &counts)?;
    let most = MaxFailed::of(batch.max_failed, counts.files);
    Ok(if counts.failed > most {
        Outcome::TooManyFailed { failed: counts.failed, most }
    } else if batch.exit_code && counts.grew > 0 {
        Outcome::Grew
    } else {
        Outcome::Done
    })
}

/// Refuses options that have no sense for many captures.
fn expect_sense(batch: &Batch) -> Result<()> {
    if !batch.reading.redact.is_empty() {
        bail!(
            "--redact: names of files and functions stand in the index; give it to diff for a report to be shown"
        );
    }
    if !batch.reading.subtract.is_empty() {
        bail!("--subtract takes one capture off another, and a folder holds many; give it to diff");
    }
    if batch.folders.is_empty() && batch.files_from.is_none() {
        bail!("expected two folders, one whose paths tell the sides apart, or --files-from");
    }
    if batch.outliers && batch.folders.len() > 1 {
        bail!("--outliers compares the captures of one folder with each other; two were given");
    }
    if batch.folders.len() > 1 && batch.before_key.is_some() {
        bail!("--before-key and --after-key choose the sides of one folder; two were given");
    }
    Ok(())
}

/// Prints the rows, or counts and the first rows.
fn print(batch: &Batch, place: &place::Place, counts: &Counts) -> Result<()> {
    match batch.format {
        BatchFormat::Jsonl => output::to_stdout(|out| {
            io::copy(&mut File::open(place.results())?, out)?;
            Ok(())
        }),
        BatchFormat::Text if batch.reading.quiet => Ok(()),
        BatchFormat::Text => output::to_stdout(|out| {
            let index = place.index().display().to_string();
            Ok(analyzer_core::batch::text(counts, finish::rows(&place.results())?, &index, out)?)
        }),
    }
}
