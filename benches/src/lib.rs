//! Inputs of the benches: captures of the corpus, unpacked, repeated to a size worth measuring.
//!
//! `cargo bench -p benches` runs all groups; criterion states throughput in bytes of unpacked input. Every bench
//! checks its answer before it is timed.

use std::io::Read;
use std::path::Path;

/// A capture of the corpus, unpacked.
///
/// # Panics
/// When the corpus lacks it: benches run in a checkout.
#[must_use]
pub fn corpus(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/captures").join(name);
    let packed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let unpacked = flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes);
    unpacked.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes
}

/// Text repeated to at least `size` bytes.
#[must_use]
pub fn repeated(text: &[u8], size: usize) -> Vec<u8> {
    text.repeat(size.div_ceil(text.len().max(1)))
}

/// Folded stacks of at least `size` bytes of which nearly every one is different, from the frames of `text`.
///
/// The same input gives the same output: choices come from a fixed linear congruence (Knuth's MMIX constants).
#[must_use]
pub fn distinct(text: &[u8], size: usize) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
    let stacks: Vec<&[u8]> = lines
        .iter()
        .map(|line| &line[..line.iter().rposition(|&byte| byte == b' ').unwrap_or(line.len())])
        .collect();
    let mut state = 1u64;
    let mut draw = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mut out = Vec::with_capacity(size + 4096);
    while out.len() < size {
        let (above, below) = (stacks[draw(stacks.len())], stacks[draw(stacks.len())]);
        out.extend_from_slice(above);
        out.extend_from_slice(format!(";handler_{};", draw(1000)).as_bytes());
        out.extend_from_slice(below);
        out.extend_from_slice(format!(" {}\n", 1 + draw(50)).as_bytes());
    }
    out
}
