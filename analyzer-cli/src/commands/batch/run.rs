//! All pairs, some at a time.
//!
//! As many threads as there are jobs each take the next pair, and let it be read and compared by the workers of one pool
//! of as many threads. So no more pairs are in memory than there are jobs, whatever waits within them, and nothing depends
//! on which thread takes which.

use super::bar::Bar;
use super::kept::Kept;
use super::pair;
use super::place::Place;
use super::work::Work;
use crate::args::Batch;
use analyzer_core::CompareOptions;
use analyzer_core::batch::{Failure, File, Pair, Row};
use anyhow::{Context, Result};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Finishes every pair.
///
/// # Errors
/// The first thing that could not be written.
pub(super) fn all(batch: &Batch, work: &Work, place: &Place, kept: &Kept) -> Result<()> {
    let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = batch.jobs.map_or_else(cores, usize::from);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|at| format!("job {at}"))
        .build()
        .context("the threads of --jobs cannot be started")?;
    let options = CompareOptions {
        classes: super::super::class_rules(batch.comparing.classes.as_deref())?,
        ..batch.compare_options()
    };
    let bar = Bar::new(work.pairs.len(), batch.reading.quiet);
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    let take = || {
        while let Some(pair) = work.pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let done = pool.install(|| one(pair, batch, work, place, kept, &options));
            match done {
                Ok(is_failed) => bar.done(is_failed),
                Err(error) => {
                    // The others stop after the pair they are at.
                    next.store(work.pairs.len(), Ordering::Relaxed);
                    failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs.min(work.pairs.len()) {
            // Where a thread cannot be started the others do its work.
            let _ = thread::Builder::new().spawn_scoped(scope, take);
        }
        take();
    });
    bar.end();
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Finishes one pair, unless it is finished; whether anything of it failed.
fn one(
    pair: &Pair,
    batch: &Batch,
    work: &Work,
    place: &Place,
    kept: &Kept,
    options: &CompareOptions,
) -> Result<bool> {
    if kept.has(pair, work, batch) {
        return Ok(kept.row(pair).is_ok_and(|row| !row.failed.is_empty()));
    }
    // A fault in the comparison of one pair must not cost the night's work on the others.
    let finished = catch_unwind(AssertUnwindSafe(|| pair::finish(pair, batch, work, place, options)));
    let finished = match finished {
        Ok(finished) => finished?,
        Err(_) => pair::Finished { row: broken(pair, work, batch), reports: Vec::new() },
    };
    kept.keep(pair, work, batch, &finished)?;
    Ok(!finished.row.failed.is_empty() || finished.row.verdict.is_none())
}

/// The row of a pair on which the comparison itself failed.
fn broken(pair: &Pair, work: &Work, batch: &Batch) -> Row {
    let (pair, unread) = pair.reduced(usize::from(batch.replicates));
    let files = |sources: &[super::source::Source], at: &[usize]| -> Vec<File> {
        at.iter().map(|&at| File { file: sources[at].shown.clone(), digest: None }).collect()
    };
    let mut row =
        Row::new(pair.name.clone(), files(&work.before, &pair.before), files(&work.after, &pair.after));
    row.unread = unread;
    let text = "the comparison failed by a fault of plateau; please report it with these captures";
    row.error = Some(Failure::new("internal", text));
    row
}
