//! Floors: the least that any reader has to do, timed in this process.

use crate::measure::median;
use analyzer_formats::{ReadOptions, read_bytes};
use anyhow::Result;
use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

/// A floor and its time.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Floor {
    /// What is done.
    pub name: &'static str,
    /// Median seconds.
    pub seconds: f64,
}

/// The name of [`no_merge`].
pub const NO_MERGE: &str = "read chunks, all threads, no merging";
/// The name of [`inflate`].
pub const INFLATE: &str = "inflate, 1 thread";

const RUNS: usize = 5;
const BUFFER: usize = 256 << 10;

fn timed<T>(name: &'static str, mut run: impl FnMut() -> Result<T>) -> Result<Floor> {
    let mut seconds = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let begun = Instant::now();
        std::hint::black_box(run()?);
        seconds.push(begun.elapsed().as_secs_f64());
    }
    Ok(Floor { name, seconds: median(seconds.into_iter()) })
}

/// Reads files through one buffer and counts their lines, on one thread.
///
/// # Errors
/// When one cannot be read.
pub fn read(paths: &[&Path]) -> Result<Floor> {
    let mut buffer = vec![0; BUFFER];
    timed("read and count lines, 1 thread", || {
        let mut lines = 0;
        for path in paths {
            let mut file = File::open(path)?;
            loop {
                match file.read(&mut buffer)? {
                    0 => break,
                    read => lines += memchr::memchr_iter(b'\n', &buffer[..read]).count(),
                }
            }
        }
        Ok(lines)
    })
}

/// Inflates gzip to nowhere, on one thread.
///
/// # Errors
/// When the file cannot be read or is damaged.
pub fn inflate(path: &Path) -> Result<Floor> {
    let mut buffer = vec![0; BUFFER];
    timed(INFLATE, || {
        let mut unpacked = MultiGzDecoder::new(File::open(path)?);
        let mut bytes = 0;
        loop {
            match unpacked.read(&mut buffer)? {
                0 => break Ok(bytes),
                read => bytes += read,
            }
        }
    })
}

/// Reads the chunks of text files on all threads, each for itself: what reading costs before anything is merged. The
/// files are in memory before the time is taken. A record ends with `record_end`.
///
/// # Errors
/// When a file or a chunk of it cannot be read.
pub fn no_merge(paths: &[&Path], format: &'static str, record_end: &str) -> Result<Floor> {
    let files = paths.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let options = ReadOptions { from: Some(format), ..ReadOptions::default() };
    let mut chunks = Vec::new();
    for mut rest in files.iter().map(Vec::as_slice) {
        while !rest.is_empty() {
            let from = options.chunk_bytes.min(rest.len());
            let end = memchr::memmem::find(&rest[from..], record_end.as_bytes());
            let (chunk, after) = rest.split_at(end.map_or(rest.len(), |end| from + end + record_end.len()));
            chunks.push(chunk);
            rest = after;
        }
    }
    timed(NO_MERGE, || {
        let read = chunks.par_iter().map(|chunk| read_bytes("chunk", chunk, &options).map(drop));
        Ok(read.collect::<Result<(), _>>()?)
    })
}
