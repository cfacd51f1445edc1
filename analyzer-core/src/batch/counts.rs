//! How many pairs there are of each sort, and the manifest: the last file that a batch writes, so that a folder with a
//! manifest is whole.

use super::faults::Faults;
use super::row::{Row, Status};
use rustc_hash::FxHashSet;
use serde::Serialize;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The name and version of the manifest.
pub const MANIFEST_SCHEMA: &str = "plateau-batch/1";

/// How many pairs there are of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows, those of captures without a partner too.
    pub rows: u64,
    /// Pairs compared, nothing missing.
    pub ok: u64,
    /// Pairs compared, something missing.
    pub partial: u64,
    /// Pairs without a result.
    pub quarantined: u64,
    /// Captures without a partner.
    pub unpaired: u64,
    /// Pairs of which growth stands among all.
    pub grew: u64,
    /// Pairs that grew by themselves, which among so many may be chance.
    pub may_have_grown: u64,
    /// Pairs in which something shrank and nothing grew.
    pub shrank: u64,
    /// Pairs that shrank by themselves, which among so many may be chance.
    pub may_have_shrunk: u64,
    /// Pairs of which the evidence is unknown.
    pub unquantified: u64,
    /// Pairs without detectable change.
    pub unchanged: u64,
    /// Files of pairs that were read, or could not be; each once.
    pub files: u64,
    /// Files that could not be read, and pairs that cannot be compared.
    pub failed: u64,
    /// Files of which something is missing, and the rest was compared.
    pub in_part: u64,
}

/// Counts rows.
#[derive(Debug, Default)]
pub struct Counter {
    counts: Counts,
    /// Hashes of names: of a million files two have the same one in one case of 10 million.
    files: FxHashSet<u64>,
    faults: Faults,
}

impl Counter {
    /// Counts a row in its final form.
    pub fn add(&mut self, row: &Row) {
        self.counts.add(row);
        if row.status != Status::Unpaired {
            let files = row.before.iter().chain(&row.after);
            self.files.extend(files.map(|file| {
                let mut hasher = DefaultHasher::new();
                file.file.hash(&mut hasher);
                hasher.finish()
            }));
        }
        self.counts.failed += self.faults.failures(row).len() as u64;
        self.counts.in_part += self.faults.losses(row).len() as u64;
    }

    /// The counts of all rows.
    #[must_use]
    pub fn finish(self) -> Counts {
        Counts { files: self.files.len() as u64, ..self.counts }
    }
}

impl Counts {
    fn add(&mut self, row: &Row) {
        self.rows += 1;
        match row.status {
            Status::Ok => self.ok += 1,
            Status::Partial => self.partial += 1,
            Status::Quarantined => self.quarantined += 1,
            Status::Unpaired => self.unpaired += 1,
        }
        match row.verdict.as_ref().map(|verdict| verdict.code.as_str()) {
            None => {}
            Some("grew" | "mixed") => self.grew += 1,
            Some("may_have_grown") => self.may_have_grown += 1,
            Some("shrank") => self.shrank += 1,
            Some("may_have_shrunk") => self.may_have_shrunk += 1,
            Some("unquantified") => self.unquantified += 1,
            Some(_) => self.unchanged += 1,
        }
    }

    /// How many pairs were compared.
    #[must_use]
    pub fn compared(&self) -> u64 {
        self.ok + self.partial
    }

    /// The counts as a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let compared = crate::report::units::many(self.compared(), "pair");
        let mut parts = Vec::new();
        for (number, words) in [
            (self.grew, "grew"),
            (self.may_have_grown, "may have grown"),
            (self.unquantified, "of unknown evidence"),
            (self.shrank, "shrank"),
            (self.may_have_shrunk, "may have shrunk"),
            (self.unchanged, "without detectable change"),
        ] {
            if number > 0 {
                parts.push(format!("{} {words}", crate::report::units::count(number as f64)));
            }
        }
        let mut text = format!("{compared} compared");
        if !parts.is_empty() {
            text += &format!(": {}", parts.join(", "));
        }
        for (number, words) in [(self.quarantined, "quarantined"), (self.unpaired, "unpaired")] {
            if number > 0 {
                text += &format!("; {} {words}", crate::report::units::count(number as f64));
            }
        }
        text
    }
}

/// What a finished batch says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// [`MANIFEST_SCHEMA`].
    pub schema: &'static str,
    /// The version of plateau.
    pub version: &'static str,
    /// The question that was asked.
    pub command: String,
    /// How captures were paired.
    pub pairing: String,
    /// How many pairs there are of each sort.
    pub counts: Counts,
    /// The rows.
    pub results: Results,
    /// What was met and not read, in words.
    pub passed_over: Vec<String>,
}

/// The file of rows.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    /// Its name.
    pub file: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its digest.
    pub blake3: String,
}
