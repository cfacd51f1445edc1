//! `plateau merge`: captures added up.

use super::convert::{self, Conversion};
use crate::args::Merge;
use crate::exit::Outcome;
use crate::{input, output, progress};
use analyzer_core::Merging;
use analyzer_formats::Capture;
use anyhow::{Result, bail};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) fn run(merge: &Merge) -> Result<Outcome> {
    if let Some(path) = &merge.output {
        let inputs: Vec<&Path> = merge.captures.iter().map(PathBuf::as_path).collect();
        output::refuse_overwriting(std::slice::from_ref(path), &inputs)?;
    }
    let format = convert::format(merge.format, merge.output.as_deref())?;
    if !merge.reading.subtract.is_empty() {
        bail!(
            "--subtract takes an earlier capture off one of the same process; convert does that for each before"
        );
    }
    if merge.captures.iter().filter(|path| path.as_path() == Path::new("-")).count() > 1 {
        bail!("- was given twice, but standard input can be read only once");
    }
    let mut sum = read(merge)?;
    input::redact(&merge.reading, &mut [&mut sum], &[]);
    super::warn_of_losses(&merge.reading, &sum.source.name, &sum.notes);
    if !merge.reading.quiet {
        for code in ["values_too_large", "duration_unknown"] {
            if let Some(note) = sum.notes.get(code) {
                output::warn(&format!("{}: {note}", sum.source.name));
            }
        }
    }
    let conversion = Conversion::new(&sum, merge.sample_index.as_deref(), format)?;
    match &merge.output {
        Some(path) => output::write_file(path, |out| conversion.write(out))?,
        None => output::to_stdout(|out| conversion.write(out))?,
    }
    Ok(Outcome::Done)
}

/// Reads the captures, several at the same time, and adds them up in their order: no more are in memory than are read at
/// once.
fn read(merge: &Merge) -> Result<Capture> {
    progress::expect(merge.captures.len());
    let mut merging = Merging::default();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for window in merge.captures.chunks(2 * rayon::current_num_threads()) {
        let read = |path: &PathBuf| input::read(path, &merge.reading, true);
        let captures: Vec<Capture> = window.par_iter().map(read).collect::<Result<_>>()?;
        for capture in captures {
            super::expect_sound(&capture)?;
            let name = &capture.source.name;
            if let Some(digest) = &capture.source.digest
                && let Some(first) = known.insert(digest.clone(), name.clone())
                && !merge.reading.quiet
            {
                output::warn(&format!("{name}: holds the same bytes as {first}; it is added all the same"));
            }
            merging.add(&capture)?;
        }
    }
    Ok(merging.finish()?)
}
