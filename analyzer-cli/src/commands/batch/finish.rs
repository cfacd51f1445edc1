//! The end of a batch: rows in their order, the index in both forms, and the manifest.

use super::kept::Kept;
use super::place::Place;
use super::work::Work;
use crate::args::Batch;
use crate::output;
use analyzer_core::batch::{
    About, Counter, Counts, MANIFEST_SCHEMA, Manifest, Results, Row, Standing, markdown, order, page,
};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Writes what is told of all pairs together. Rows are read one by one, so their number takes no memory to speak of.
///
/// # Errors
/// When something cannot be written.
pub(super) fn finish(batch: &Batch, work: &Work, place: &Place, kept: &Kept) -> Result<Counts> {
    let row = |at: usize| match work.pairs.get(at) {
        Some(pair) => kept.row(pair),
        None => Ok(work.alone[at - work.pairs.len()].clone()),
    };
    let all = work.pairs.len() + work.alone.len();
    let standings: Vec<Standing> = (0..all).map(|at| Ok(Standing::of(&row(at)?))).collect::<Result<_>>()?;
    let placed = order(&standings);
    drop(standings);

    let mut counter = Counter::default();
    let mut results = Results { file: "results.jsonl", bytes: 0, blake3: String::new() };
    output::write_file(&place.results(), |out| {
        let mut hasher = blake3::Hasher::new();
        for placed in &placed {
            let mut row = row(placed.index)?;
            placed.tell(&mut row);
            counter.add(&row);
            let line = row.line()? + "\n";
            hasher.update(line.as_bytes());
            results.bytes += line.len() as u64;
            out.write_all(line.as_bytes())?;
        }
        results.blake3 = hasher.finalize().to_hex().to_string();
        Ok(())
    })?;

    let counts = counter.finish();
    let about = About {
        command: batch.command(),
        pairing: work.pairing.clone(),
        counts,
        passed_over: work.passed_over.clone(),
    };
    output::write_file(&place.index_markdown(), |out| Ok(markdown(&about, rows(&place.results())?, out)?))?;
    output::write_file(&place.index(), |out| Ok(page(&about, || rows(&place.results()), out)?))?;
    let reports: BTreeSet<String> = work.pairs.iter().flat_map(|pair| kept.reports(pair)).collect();
    place.sweep(&reports)?;
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        command: about.command,
        pairing: about.pairing,
        counts,
        results,
        passed_over: about.passed_over,
    };
    output::write_file(&place.manifest(), |out| {
        serde_json::to_writer_pretty(&mut *out, &manifest)?;
        Ok(writeln!(out)?)
    })?;
    fs::remove_dir_all(place.partial())
        .with_context(|| format!("{}: cannot be removed", place.partial().display()))?;
    Ok(counts)
}

/// The rows of a file, in its order.
pub(super) fn rows(results: &Path) -> io::Result<impl Iterator<Item = io::Result<Row>> + use<>> {
    let lines = BufReader::new(File::open(results)?).lines();
    Ok(lines.map(|line| serde_json::from_str(&line?).map_err(io::Error::from)))
}
