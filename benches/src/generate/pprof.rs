//! pprof profiles made of the CPU profiles of the corpus.
//!
//! A protobuf message followed by more fields of the same message is that message with the fields added, so the recorded profile
//! stays as its runtime wrote it and samples and locations are appended.
//!
//! *Repetitive*: the recorded stacks again and again, as in profiles put one after another without adding them up. *Distinct*: stacks of 20 to 60 locations put together from pieces of recorded ones, over 16 times as many locations
//! (addresses and lines) of the same functions.

use super::random::Random;
use super::{Facts, Made, Variety, cached, corpus};
use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use prost::Message;
use rustc_hash::FxHashSet;
use std::hash::BuildHasher;
use std::io::Write;
use std::path::Path;

/// The fields of `profile.proto` (google/pprof) that are read or appended here.
#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    mapping_id: u64,
    #[prost(uint64, tag = "3")]
    address: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

/// The sampling period of the corpus, in nanoseconds.
const PERIOD_NS: i64 = 4_000_000;
/// Locations that a distinct profile has for each recorded one.
const LOCATIONS_EACH: u64 = 16;

/// Makes a pair of gzip-packed profiles of about `megabytes` (10^6 bytes each) unpacked each.
///
/// # Errors
/// When the cache cannot be written.
pub fn make(cache: &Path, variety: Variety, megabytes: u64) -> Result<[Made; 2]> {
    let side = |name: &str, seed: u64| {
        let bytes = megabytes * 1_000_000;
        cached(cache, &format!("{}.{name}.pb.gz", variety.name()), megabytes, |out| {
            write(out, &corpus(&format!("go/{name}.cpu.pb.gz")), variety, seed, bytes)
        })
    };
    Ok([side("before", 4)?, side("after", 5)?])
}

fn write(out: &mut dyn Write, recorded: &[u8], variety: Variety, seed: u64, bytes: u64) -> Result<Facts> {
    let mut random = Random::new(seed);
    let mut profile = Profile::decode(recorded).context("the corpus is pprof")?;
    let mut packed = GzEncoder::new(out, Compression::default());
    packed.write_all(recorded)?;
    let mut facts = Facts { bytes: recorded.len() as u64, ..Facts::default() };
    let mut seen = FxHashSet::default();
    for sample in &profile.sample {
        facts.records += 1;
        facts.sum += sample.value.last().copied().unwrap_or(0) as u64;
        seen.insert(rustc_hash::FxBuildHasher.hash_one(&sample.location_id));
    }
    let mut append = |added: &Profile, facts: &mut Facts| -> Result<()> {
        let added = added.encode_to_vec();
        facts.bytes += added.len() as u64;
        Ok(packed.write_all(&added)?)
    };
    let first_new = profile.location.iter().map(|location| location.id).max().unwrap_or(0) + 1;
    let mut last_new = first_new;
    if variety == Variety::Distinct {
        let location = more_locations(&profile.location, first_new);
        last_new += location.len() as u64;
        append(&Profile { location, ..Profile::default() }, &mut facts)?;
    }
    profile.location.clear();
    let stacks: Vec<Vec<u64>> = profile.sample.into_iter().map(|sample| sample.location_id).collect();
    while facts.bytes < bytes {
        let count = 1 + random.below(3) as i64;
        let location_id = match variety {
            Variety::Repetitive => random.pick(&stacks).clone(),
            Variety::Distinct => compose(&stacks, first_new..last_new, &mut random),
        };
        seen.insert(rustc_hash::FxBuildHasher.hash_one(&location_id));
        facts.records += 1;
        facts.sum += (count * PERIOD_NS) as u64;
        let sample = Sample { location_id, value: vec![count, count * PERIOD_NS] };
        append(&Profile { sample: vec![sample], ..Profile::default() }, &mut facts)?;
    }
    packed.finish()?;
    facts.unique = seen.len() as u64;
    Ok(facts)
}

/// For each location others in the same function, a few bytes and lines further on, with ids from `first` on.
fn more_locations(recorded: &[Location], first: u64) -> Vec<Location> {
    let mut made = Vec::with_capacity(recorded.len() * LOCATIONS_EACH as usize);
    for step in 1..=LOCATIONS_EACH {
        for location in recorded {
            let mut new = location.clone();
            new.id = first + made.len() as u64;
            new.address += step;
            if let Some(line) = new.line.last_mut() {
                line.line += step as i64;
            }
            made.push(new);
        }
    }
    made
}

/// Pieces of recorded stacks, leaf first as pprof has them, at new locations of their functions.
fn compose(stacks: &[Vec<u64>], new: std::ops::Range<u64>, random: &mut Random) -> Vec<u64> {
    let depth = random.between(20, 60);
    let recorded = (new.end - new.start) / LOCATIONS_EACH;
    let mut stack = Vec::with_capacity(depth);
    while stack.len() < depth {
        let piece = random.pick(stacks);
        if piece.is_empty() {
            continue;
        }
        let length = random.between(1, piece.len()).min(depth - stack.len());
        let from = random.below(piece.len() - length + 1);
        for &id in &piece[from..from + length] {
            // Go numbers its locations from 1 without gaps; another numbering only chooses other functions.
            let step = random.below(LOCATIONS_EACH as usize) as u64;
            stack.push(new.start + step * recorded + (id - 1) % recorded);
        }
    }
    stack
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_those_a_reader_finds() {
        let recorded = corpus("go/before.cpu.pb.gz");
        for variety in [Variety::Repetitive, Variety::Distinct] {
            let mut packed = Vec::new();
            let facts = write(&mut packed, &recorded, variety, 4, 900_000).expect("memory takes it");
            let capture =
                analyzer_formats::read_bytes("made", &packed, &Default::default()).expect("it is read");
            let analyzer_formats::Content::Profile(profile) = &capture.content else { panic!("a profile") };
            assert_eq!(profile.series[0].records, facts.records);
            assert_eq!(profile.series[0].sum(1), i128::from(facts.sum));
            assert_eq!(capture.notes.losses().count(), 0);
        }
    }
}
