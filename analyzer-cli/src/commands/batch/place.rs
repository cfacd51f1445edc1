//! The folder of results: what is in it, and what must not be.
//!
//! ```text
//! DIR/.partial/       what is finished of a run that is not; locked by its file `lock` while one is at it
//! DIR/reports/        a report for each pair
//! DIR/results.jsonl index.html index.md
//! DIR/manifest.json   last of all: with it the folder is whole
//! ```

use crate::args::Batch;
use analyzer_core::batch::MANIFEST_SCHEMA;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const REPORTS: &str = "reports";
const MANIFEST: &str = "manifest.json";
/// Names of files are kept short: some systems take no more than 143 bytes.
const NAME_LENGTH: usize = 80;

pub(super) struct Place {
    folder: PathBuf,
    partial: PathBuf,
    /// Held as long as the run lasts; the system lets go of it however that ends.
    _lock: File,
}

impl Place {
    /// Makes the folder, or takes up one that a batch has made.
    ///
    /// # Errors
    /// When it would be read as an input, holds something else, or cannot be made.
    pub(super) fn open(batch: &Batch) -> Result<Place> {
        let folder = batch.output.clone();
        let shown = folder.display().to_string();
        for input in &batch.folders {
            refuse_within(&folder, input)?;
        }
        let partial = folder.join(".partial");
        let lock = partial.join("lock");
        match fs::read_dir(&folder) {
            Ok(mut entries) => {
                let is_ours = lock.is_file() || is_manifest(&folder.join(MANIFEST));
                if entries.next().is_some() && !is_ours {
                    bail!("{shown}: is not empty and holds no batch; name a new folder for the results");
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("{shown}: expected a folder for the results"));
            }
        }
        let explain = || format!("{shown}: cannot be written");
        fs::create_dir_all(&partial).with_context(explain)?;
        let lock = File::create(lock).with_context(explain)?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            bail!("{shown}: another run is writing into it; wait for its end or name another folder");
        }
        // Where a file system has no locks, whoever runs two must give them two folders.
        Ok(Place { folder, partial, _lock: lock })
    }

    /// Begins: what was finished in the folder is so no more.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(super) fn begin(&self) -> Result<()> {
        let explain = || format!("{}: cannot be written", self.folder.display());
        fs::create_dir_all(self.folder.join(REPORTS)).with_context(explain)?;
        match fs::remove_file(self.manifest()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).with_context(explain),
            _ => Ok(()),
        }
    }

    /// Takes back what opening made, as far as nothing of an earlier run is in it.
    pub(super) fn leave(&self) {
        let is_empty = |folder: &Path| fs::read_dir(folder).is_ok_and(|entries| entries.count() == 1);
        if is_empty(&self.partial) {
            let _ = fs::remove_dir_all(&self.partial);
        }
        // What is not empty stays.
        let _ = fs::remove_dir(&self.folder);
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn partial(&self) -> &Path {
        &self.partial
    }

    pub(super) fn manifest(&self) -> PathBuf {
        self.folder.join(MANIFEST)
    }

    pub(super) fn results(&self) -> PathBuf {
        self.folder.join("results.jsonl")
    }

    pub(super) fn index(&self) -> PathBuf {
        self.folder.join("index.html")
    }

    pub(super) fn index_markdown(&self) -> PathBuf {
        self.folder.join("index.md")
    }

    /// The report of a pair, relative to the folder: readable, and of each name another, on any file system.
    pub(super) fn report(&self, pair: &str, extension: &str) -> String {
        format!("{REPORTS}/{}.{extension}", plain(pair))
    }

    /// Removes what an earlier run left among the reports.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(super) fn sweep(&self, reports: &BTreeSet<String>) -> Result<()> {
        let folder = self.folder.join(REPORTS);
        let explain = || format!("{}: cannot be tidied", folder.display());
        for entry in fs::read_dir(&folder).with_context(explain)? {
            let entry = entry.with_context(explain)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !reports.contains(&format!("{REPORTS}/{name}")) && is_ours(&name) {
                fs::remove_file(entry.path()).with_context(explain)?;
            }
        }
        for entry in fs::read_dir(&self.folder).with_context(explain)? {
            let entry = entry.with_context(explain)?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(entry.path()).with_context(explain)?;
            }
        }
        Ok(())
    }
}

/// Whether a file is the manifest of a batch.
fn is_manifest(path: &Path) -> bool {
    let family = MANIFEST_SCHEMA.split('/').next().unwrap_or_default();
    fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("\"{family}/")))
}

/// How files that are not yet in their place are called.
const UNFINISHED: &str = ".plateau-";

/// Digits of a hash in a name.
const HASH_DIGITS: usize = 16;

/// A name for a file: letters, digits, `.`, `_` and `-` of the text, and sixteen digits of its hash: of 100,000 names no two are alike.
pub(super) fn plain(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let mut name: String = text
        .chars()
        .map(|character| if is_plain(character) { character } else { '_' })
        .take(NAME_LENGTH)
        .collect();
    if name.starts_with('.') {
        name.replace_range(..1, "_");
    }
    format!("{name}-{}", &blake3::hash(text.as_bytes()).to_hex()[..HASH_DIGITS])
}

/// Whether a report of this name was made by a batch.
fn is_ours(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let hash = stem.rsplit_once('-').map_or("", |(_, hash)| hash);
    let is_hash = hash.len() == HASH_DIGITS && hash.chars().all(|digit| digit.is_ascii_hexdigit());
    is_hash || name.starts_with(UNFINISHED)
}

/// Refuses an output that would be read again, and one that holds its input.
fn refuse_within(output: &Path, input: &Path) -> Result<()> {
    let Ok(input_at) = fs::canonicalize(input) else { return Ok(()) };
    // What does not exist yet is where its nearest folder is.
    let output_at = output.ancestors().find_map(|folder| {
        let folder_at = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let rest = output.strip_prefix(folder).ok()?;
        Some(fs::canonicalize(folder_at).ok()?.join(rest))
    });
    let Some(output_at) = output_at else { return Ok(()) };
    if output_at.starts_with(&input_at) {
        bail!(
            "{}: is in the input {} and would be read with it; name a folder elsewhere",
            output.display(),
            input.display()
        );
    }
    if input_at.starts_with(&output_at) {
        bail!("{}: holds the input {}; name a folder of its own", output.display(), input.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_reports_are_plain_and_differ() {
        assert!(plain("api/h1.pb.gz").starts_with("api_h1.pb.gz-"));
        assert_ne!(plain("a/b"), plain("a_b"));
        assert_ne!(plain("A"), plain("a").to_uppercase());
        assert!(
            plain("../x").starts_with("_.")
                && plain(&"ü".repeat(1000)).len() == NAME_LENGTH + 1 + HASH_DIGITS
        );
        assert!(is_ours(&format!("{}.html", plain("x"))) && is_ours(".plateau-Xy12"));
        assert!(!is_ours("notes.txt") && !is_ours("my-report.html"));
    }
}
