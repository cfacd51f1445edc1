//! `drop_frames` and `keep_frames`: frames that the profiler asks to leave out, such as those of the
//! allocator in a heap profile.
//!
//! The rules are those of google/pprof's `profile/prune.go`: a frame whose simplified name matches
//! `drop_frames` as a whole, and not `keep_frames`, is left out with everything below it (its callees); frames
//! above the first one that does not match are never left out, so that no stack is lost.

use super::record::Records;
use super::tables::Locations;
use crate::profile::ProfileBuilder;
use crate::{FrameId, FrameKind, Notes};
use regex::bytes::Regex;

/// What pruning does to a stack that runs through a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Nothing.
    None,
    /// The location and everything below is left out.
    Here,
    /// Everything below is left out.
    Below,
}

/// The cuts of all locations, by position.
#[derive(Debug)]
pub(crate) struct Prune {
    cuts: Vec<Cut>,
}

impl Prune {
    /// Reads the two patterns and applies them to `locations`. `None` when there is nothing to leave out.
    pub(crate) fn new(
        records: &Records,
        builder: &ProfileBuilder,
        locations: &mut Locations,
        notes: &mut Notes,
    ) -> Option<Prune> {
        let drop = pattern(records, records.drop_frames.unwrap_or(0), notes)?;
        let keep = match records.keep_frames.unwrap_or(0) {
            0 => None,
            index => Some(pattern(records, index, notes)?),
        };
        let is_dropped = |frame: FrameId| {
            let (frame, function) = builder.frame_and_function(frame);
            let name = simplified(builder.strings().get(function.name));
            frame.kind != FrameKind::Unknown
                && !name.is_empty()
                && drop.is_match(name)
                && !keep.as_ref().is_some_and(|keep| keep.is_match(name))
        };
        let cuts = (0..locations.len()).map(|position| {
            match locations.frames(position).iter().position(|&frame| is_dropped(frame)) {
                None => Cut::None,
                Some(0) => Cut::Here,
                Some(frame) => {
                    locations.truncate(position, frame);
                    Cut::Below
                }
            }
        });
        Some(Prune { cuts: cuts.collect() })
    }

    /// What happens to stacks that run through the location at `position`, below a frame that stays.
    pub(crate) fn cut(&self, position: u32) -> Cut {
        self.cuts[position as usize]
    }
}

/// The pattern at string `index`, to match whole names. `None` when there is none or it cannot be used.
fn pattern(records: &Records, index: i64, notes: &mut Notes) -> Option<Regex> {
    if index == 0 {
        return None;
    }
    let text = records.string(index).unwrap_or_default();
    let pattern = std::str::from_utf8(text).ok().filter(|text| !text.is_empty());
    let regex = pattern.and_then(|pattern| Regex::new(&format!("^(?:{pattern})$")).ok());
    if regex.is_none() {
        let what = "expected a regular expression in drop_frames and keep_frames; no frames left out";
        notes.caveat("pprof_frames_pattern", what, 0, text);
    }
    regex
}

/// A name without its argument list and without the leading dot of PowerPC's ABI.
fn simplified(name: &[u8]) -> &[u8] {
    const RESERVED: [&[u8]; 2] = [b"(anonymous namespace)", b"operator()"];
    let name = name.strip_prefix(b".").unwrap_or(name);
    let mut from = 0;
    while let Some(bracket) = memchr::memchr(b'(', &name[from..]).map(|at| from + at) {
        let reserved = RESERVED.iter().find_map(|reserved| {
            let start = bracket.checked_sub(memchr::memchr(b'(', reserved)?)?;
            (start >= from && name[start..].starts_with(reserved)).then_some(start + reserved.len())
        });
        match reserved {
            Some(end) => from = end,
            None => return &name[..bracket],
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_arguments_only() {
        let cases = [
            ("malloc(unsigned long)", "malloc"),
            (".malloc", "malloc"),
            ("(anonymous namespace)::f(int)", "(anonymous namespace)::f"),
            ("a::operator()(int) const", "a::operator()"),
            ("operator()", "operator()"),
            ("plain", "plain"),
        ];
        for (name, expected) in cases {
            assert_eq!(simplified(name.as_bytes()), expected.as_bytes());
        }
    }
}
