//! Inputs of the benches, made of captures of the corpus: real names, real depth, any size.
//!
//! The same size gives the same bytes: every choice comes from a seeded generator. A made file stands in the cache
//! folder beside `<file>.json`, which holds what a reader must find in it ([`Facts`]).

pub mod folded;
pub mod jaeger;
pub mod perf_script;
pub mod pprof;
pub mod random;
mod request;
mod services;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Changes when a generator does, so that no file of an older one is taken for its own.
const VERSION: u32 = 3;

/// How often an input says the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variety {
    /// Few stacks, many times each.
    Repetitive,
    /// Nearly every stack is new.
    Distinct,
}

impl Variety {
    /// `repetitive` or `distinct`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Variety::Repetitive => "repetitive",
            Variety::Distinct => "distinct",
        }
    }
}

/// What a generator wrote, for readers to be checked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Size unpacked.
    pub bytes: u64,
    /// Samples, lines or spans.
    pub records: u64,
    /// Different stacks as written (addresses count); traces in trace files.
    pub unique: u64,
    /// Different nodes of the call tree, where the generator knows.
    pub nodes: Option<u64>,
    /// Sum of the values.
    pub sum: u64,
}

/// A made file.
#[derive(Clone, Debug)]
pub struct Made {
    /// Where it stands.
    pub path: PathBuf,
    /// What is in it.
    pub facts: Facts,
}

/// Gives the file called `name` of about `megabytes`, making it by `write` unless the cache has it.
///
/// # Errors
/// When the cache folder cannot be written.
pub fn cached(
    cache: &Path,
    name: &str,
    megabytes: u64,
    write: impl FnOnce(&mut dyn Write) -> Result<Facts>,
) -> Result<Made> {
    std::fs::create_dir_all(cache).with_context(|| cache.display().to_string())?;
    let path = cache.join(format!("v{VERSION}-{megabytes}mb-{name}"));
    let beside = PathBuf::from(format!("{}.json", path.display()));
    if let (true, Ok(text)) = (path.exists(), std::fs::read(&beside)) {
        return Ok(Made { path, facts: serde_json::from_slice(&text)? });
    }
    // The facts are written last: a file that was cut short has none and is made anew.
    let mut out = BufWriter::new(File::create(&path).with_context(|| path.display().to_string())?);
    let facts = write(&mut out)?;
    out.flush()?;
    std::fs::write(&beside, serde_json::to_vec(&facts)?)?;
    Ok(Made { path, facts })
}

/// A capture of the corpus, unpacked.
///
/// # Panics
/// When the corpus lacks it: benches run in a checkout.
#[must_use]
pub fn corpus(name: &str) -> Vec<u8> {
    let path = corpus_path(name);
    let packed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let unpacked = flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes);
    unpacked.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes
}

/// Where a capture of the corpus stands.
#[must_use]
pub fn corpus_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/captures").join(name)
}

/// A capture of the corpus as text.
///
/// # Panics
/// When the corpus lacks it or it is no UTF-8.
#[must_use]
pub fn corpus_text(name: &str) -> String {
    String::from_utf8(corpus(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
