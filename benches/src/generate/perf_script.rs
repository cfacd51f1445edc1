//! Text of `perf script` made of the samples of the corpus.
//!
//! *Repetitive*: the recorded stacks, as often as they were recorded, under new times, threads and periods: what a
//! longer recording of the same program holds. *Distinct*: every stack is put together from pieces of three to eight recorded
//! ones, 20 to 60 frames deep, and each frame returns to one of 16 addresses in its function.

use super::random::Random;
use super::{Facts, Made, Variety, cached, corpus_text};
use anyhow::Result;
use rustc_hash::FxHashSet;
use std::fmt::Write as _;
use std::hash::BuildHasher;
use std::io::Write;
use std::path::Path;

/// A recorded sample: the command's name, and its frame lines, leaf first.
struct Recorded<'a> {
    command: &'a str,
    frames: Vec<&'a str>,
}

/// Makes `perf script` text of about `megabytes` (10^6 bytes each).
///
/// # Errors
/// When the cache cannot be written.
pub fn make(cache: &Path, variety: Variety, megabytes: u64) -> Result<Made> {
    let name = format!("{}.perf.txt", variety.name());
    cached(cache, &name, megabytes, |out| write(out, variety, megabytes * 1_000_000))
}

fn write(out: &mut dyn Write, variety: Variety, bytes: u64) -> Result<Facts> {
    let text = ["before", "after"].map(|side| corpus_text(&format!("rust/{side}.perf.txt.gz")));
    let samples: Vec<Recorded<'_>> = text.iter().flat_map(|text| recorded(text)).collect();
    let mut random = Random::new(1);
    let mut facts = Facts::default();
    let mut seen = FxHashSet::default();
    let mut time_us = 1_881_327_290_u64;
    let (mut stack, mut header) = (String::new(), String::new());
    while facts.bytes < bytes {
        let sample = random.pick(&samples);
        stack.clear();
        match variety {
            Variety::Repetitive => sample.frames.iter().for_each(|frame| {
                stack.push_str(frame);
                stack.push('\n');
            }),
            Variety::Distinct => compose(&mut stack, &samples, &mut random),
        }
        // In frequency mode the period moves with the load; 997 Hz on four busy cores are 250 us apart.
        let period = random.between(700_000, 1_400_000) as u64;
        time_us += random.between(150, 350) as u64;
        let tid = 24_068 + random.below(64);
        header.clear();
        let (command, seconds, micros) = (sample.command, time_us / 1_000_000, time_us % 1_000_000);
        writeln!(header, "{command} {tid} {seconds:5}.{micros:06}: {period:10} cycles: ")?;
        out.write_all(header.as_bytes())?;
        out.write_all(stack.as_bytes())?;
        out.write_all(b"\n")?;
        seen.insert(rustc_hash::FxBuildHasher.hash_one((command, &stack)));
        facts.bytes += (header.len() + stack.len() + 1) as u64;
        facts.records += 1;
        facts.sum += period;
    }
    facts.unique = seen.len() as u64;
    Ok(facts)
}

/// The samples of a recorded text; comments and samples without frames are passed over.
fn recorded(text: &str) -> Vec<Recorded<'_>> {
    let mut samples = Vec::new();
    for block in text.split("\n\n") {
        let mut lines = block.lines().skip_while(|line| line.starts_with('#'));
        let command = lines.next().and_then(|header| header.split(' ').next());
        let frames: Vec<&str> = lines.collect();
        if let (Some(command), false) = (command, frames.is_empty()) {
            samples.push(Recorded { command, frames });
        }
    }
    samples
}

/// Pieces of recorded stacks one above the other until the stack is as deep as it should be.
fn compose(stack: &mut String, samples: &[Recorded<'_>], random: &mut Random) {
    let depth = random.between(20, 60);
    let mut left = depth;
    while left > 0 {
        let frames = &random.pick(samples).frames;
        let length = random.between(1, frames.len()).min(left);
        let from = random.below(frames.len() - length + 1);
        for frame in &frames[from..from + length] {
            moved(stack, frame, random.below(16) as u64 * 8);
        }
        left -= length;
    }
}

/// Writes `\t<address> <symbol>+0x<offset> (<file>)` with address and offset moved; other lines as they are.
fn moved(out: &mut String, line: &str, by: u64) {
    let parts = || {
        let trimmed = line.trim_start();
        let (address, rest) = trimmed.split_once(' ')?;
        let plus = rest.rfind("+0x")?;
        let (symbol, offset) = (&rest[..plus], &rest[plus + 3..]);
        let (offset, file) = offset.split_once(' ')?;
        let number = |digits| u64::from_str_radix(digits, 16).ok();
        Some((number(address)?, symbol, number(offset)?, file))
    };
    match parts() {
        Some((address, symbol, offset, file)) => {
            let (address, offset) = (address.wrapping_add(by), offset.wrapping_add(by));
            // Writing to a String cannot fail.
            let _ = writeln!(out, "\t{address:16x} {symbol}+0x{offset:x} {file}");
        }
        None => {
            out.push_str(line);
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_frame_keeps_its_function() {
        let mut out = String::new();
        moved(&mut out, "\t           1f623 <a as b>::main+0xcf3 (/tmp/x)", 8);
        assert_eq!(out, "\t           1f62b <a as b>::main+0xcfb (/tmp/x)\n");
        out.clear();
        moved(&mut out, "\t           1f623 [unknown] ([unknown])", 8);
        assert_eq!(out, "\t           1f623 [unknown] ([unknown])\n");
    }

    #[test]
    fn facts_are_those_a_reader_finds() {
        for variety in [Variety::Repetitive, Variety::Distinct] {
            let mut text = Vec::new();
            let facts = write(&mut text, variety, 300_000).expect("memory takes it");
            assert_eq!(facts.bytes, text.len() as u64);
            let capture =
                analyzer_formats::read_bytes("made", &text, &Default::default()).expect("it is read");
            let analyzer_formats::Content::Profile(profile) = &capture.content else { panic!("a profile") };
            assert_eq!(profile.series[0].records, facts.records);
            assert_eq!(profile.series[0].sum(0), i128::from(facts.sum));
        }
    }
}
