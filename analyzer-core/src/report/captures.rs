//! On how many captures of after a plateau grew, where there are several.

use crate::stats::captures::{Part, grown};
use crate::stats::noise::Noise;
use crate::tree::Side;
use serde::Serialize;

/// On how many captures of after a plateau has a larger share than captures of before would have by noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CapturesGrown {
    /// On so many it has.
    pub grew: usize,
    /// So many there are.
    pub of: usize,
}

/// Samples of each function itself in each capture.
pub(super) struct Captures<'a> {
    before: Vec<(&'a [f64], f64)>,
    after: Vec<(&'a [f64], f64)>,
}

impl<'a> Captures<'a> {
    pub(super) fn new(own: &'a [(Side, Vec<f64>)]) -> Captures<'a> {
        let of = |side: Side| {
            let captures = own.iter().filter(|(of, _)| *of == side);
            captures.map(|(_, own)| (own.as_slice(), own.iter().sum())).collect()
        };
        Captures { before: of(Side::Before), after: of(Side::After) }
    }

    /// On how many a function grew; `None` where after is one capture.
    pub(super) fn grown(&self, key: u32, noise: &Noise) -> Option<CapturesGrown> {
        let parts = |captures: &[(&[f64], f64)]| -> Vec<Part> {
            let samples = |own: &[f64]| own.get(key as usize).copied().unwrap_or(0.0);
            captures.iter().map(|&(own, of)| Part { samples: samples(own), of }).collect()
        };
        let of = self.after.len();
        (of > 1).then(|| CapturesGrown { grew: grown(noise, &parts(&self.before), &parts(&self.after)), of })
    }
}
