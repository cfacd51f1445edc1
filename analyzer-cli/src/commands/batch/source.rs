//! Where a capture comes from: a file, a member of an archive, or what stands in a folder and is no capture.

use super::super::prepare_spans;
use super::archive::Archive;
use crate::args::Batch;
use analyzer_core::account::Account;
use analyzer_core::batch::Failure;
use analyzer_formats::{Capture, ReadError, ReadOptions, Tags, read_path};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        let failure = Failure {
            code: code.to_owned(),
            byte: None,
            text: text.into(),
            file: Some(shown.clone()),
            side: None,
        };
        Source { name, shown, origin: Origin::Broken(failure) }
    }

    /// Reads the capture.
    ///
    /// # Errors
    /// When there is none to compare.
    pub(super) fn read(&self, batch: &Batch) -> Result<Capture, Failure> {
        let options = ReadOptions { tags: Tags::All, ..batch.reading.options(true) };
        let read = match &self.origin {
            Origin::File(path) => expect_file(path).and_then(|()| read_path(path, &options).map_err(Into::into)),
            Origin::Member(archive, member) => archive.read(*member, &options).map_err(Into::into),
            Origin::Broken(failure) => return Err(failure.clone()),
        };
        let failed = |code: &str, byte, text| Failure {
            code: code.to_owned(),
            byte,
            text,
            file: Some(self.shown.clone()),
            side: None,
        };
        let mut capture = read.map_err(|Fault { code, byte, text }| failed(code, byte, text))?;
        if batch.reading.strict
            && let Some(loss) = Account::new(&capture).loss()
        {
            return Err(failed("left_out", None, format!("--strict: {loss}")));
        }
        prepare_spans(&mut capture, &batch.measuring)
            .map_err(|error| failed("not_comparable", None, error.to_string()))?;
        Ok(capture)
    }

    /// blake3 of the stored bytes; where they cannot be read, why. It tells whether a capture is what it was.
    pub(super) fn digest(&self) -> String {
        let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
        match &self.origin {
            Origin::File(path) => {
                let hashed = expect_file(path).and_then(|()| {
                    let mut hasher = blake3::Hasher::new();
                    let file = std::fs::File::open(path).map_err(Fault::from)?;
                    hasher.update_reader(file).map_err(Fault::from)?;
                    Ok(hasher.finalize().to_hex().to_string())
                });
                hashed.unwrap_or_else(|fault| fault.code.to_owned())
            }
            Origin::Member(archive, member) => {
                archive.bytes(*member).map_or_else(|error| Fault::from(error).code.to_owned(), |bytes| hash(&bytes))
            }
            Origin::Broken(failure) => failure.code.clone(),
        }
    }
}

/// Why a file cannot be read.
struct Fault {
    code: &'static str,
    byte: Option<u64>,
    text: String,
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Fault {
        Fault { code: error.kind.code(), byte: byte_of(&error), text: error.kind.to_string() }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        Fault { code: "unreadable", byte: None, text: error.to_string() }
    }
}

/// What was a file when the folder was looked through may be a pipe by now, and opening one would wait.
fn expect_file(path: &Path) -> Result<(), Fault> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() {
        return Ok(());
    }
    Err(Fault { code: "not_a_file", byte: None, text: "is no file any more".to_owned() })
}

fn byte_of(_error: &ReadError) -> Option<u64> {
    None
}
