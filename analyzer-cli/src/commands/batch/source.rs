//! Where a capture comes from: a file, a member of an archive, or what stands in a folder and is no capture.

use super::super::prepare_spans;
use crate::args::Batch;
use analyzer_core::account::Account;
use analyzer_core::batch::Failure;
use analyzer_formats::archive::Archive;
use analyzer_formats::{Capture, Pipes, ReadError, ReadErrorKind, ReadOptions, Tags, read_path};
use std::path::PathBuf;
use std::sync::Arc;
use std::{fs, io};

/// Something that was found where captures are.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Its name within the folder, `/` between the parts.
    pub(super) name: String,
    /// The path as given, for people.
    pub(super) shown: String,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum Origin {
    File(PathBuf),
    /// A member of an archive.
    Member(Arc<Archive>, usize),
    /// What cannot be read, and why.
    Broken(Failure),
}

impl Source {
    /// What cannot be read.
    pub(super) fn broken(name: String, shown: String, code: &str, text: impl Into<String>) -> Source {
        let failure = Failure::new(code, text).of(&shown);
        Source { name, shown, origin: Origin::Broken(failure) }
    }

    /// Reads the capture.
    ///
    /// # Errors
    /// When there is none to compare.
    pub(super) fn read(&self, batch: &Batch) -> Result<Capture, Failure> {
        let options = ReadOptions { tags: Tags::All, pipes: Pipes::Refuse, ..batch.reading.options(true) };
        let read = match &self.origin {
            Origin::File(path) => read_path(path, &options).map_err(one_of_a_pair),
            Origin::Member(archive, member) => archive.read(*member, &options),
            Origin::Broken(failure) => return Err(failure.clone()),
        };
        let mut capture = read.map_err(|error| failure(&self.shown, &error))?;
        if capture.notes.corruption().is_some()
            && let Some(loss) = self.loss(&capture)
        {
            // Of a container that is corrupt any byte may be wrong, and a wrong name is one that is new.
            return Err(loss);
        }
        if batch.reading.strict
            && let Some(loss) = self.loss(&capture)
        {
            return Err(Failure { text: format!("--strict: {}", loss.text), ..loss });
        }
        prepare_spans(&mut capture, &batch.measuring)
            .map_err(|error| Failure::new("not_comparable", error.to_string()).of(&self.shown))?;
        Ok(capture)
    }

    /// What is missing of its capture; none where all of it was read.
    pub(super) fn loss(&self, capture: &Capture) -> Option<Failure> {
        let account = Account::new(capture);
        let first = account.first_loss()?;
        let loss = Failure::new(first.code, account.loss()?).of(&self.shown);
        Some(Failure { byte: first.byte(), ..loss })
    }

    /// blake3 of the stored bytes; where they cannot be read, why. It tells whether a capture is what it was.
    pub(super) fn digest(&self) -> String {
        let hex = |hash: blake3::Hash| hash.to_hex().to_string();
        match &self.origin {
            Origin::File(path) => {
                let hash = || {
                    // Opening what has become a pipe would wait for its writer.
                    if !fs::metadata(path)?.is_file() {
                        return Ok(None);
                    }
                    let mut hasher = blake3::Hasher::new();
                    hasher.update_reader(fs::File::open(path)?)?;
                    io::Result::Ok(Some(hasher.finalize()))
                };
                match hash() {
                    Ok(Some(hash)) => hex(hash),
                    Ok(None) => "not_a_file".to_owned(),
                    Err(_) => "unreadable".to_owned(),
                }
            }
            Origin::Member(archive, member) => match archive.bytes(*member) {
                Ok(bytes) => hex(blake3::hash(&bytes)),
                Err(error) => format!("{}: {}", error.kind.code(), error.kind),
            },
            Origin::Broken(failure) => format!("{}: {}", failure.code, failure.text),
        }
    }
}

/// Archives stand for what they hold but in a list of pairs.
fn one_of_a_pair(error: ReadError) -> ReadError {
    let kind = match error.kind {
        ReadErrorKind::Archive { what, files, .. } => {
            let advice =
                "a pair is of one capture a side; name archives one a line, or two of them as the folders";
            ReadErrorKind::Archive { what, files, advice }
        }
        other => other,
    };
    ReadError { kind, ..error }
}

/// What became of a file that cannot be read.
pub(super) fn failure(shown: &str, error: &ReadError) -> Failure {
    let failure = Failure::new(error.kind.code(), error.kind.to_string()).of(shown);
    Failure { byte: error.kind.byte(), ..failure }
}
