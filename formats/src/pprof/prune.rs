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
    let regex = pattern.and_then(|pattern| Regex::new(&format!("^(?:{})$", translated(pattern))).ok());
    if regex.is_none() {
        let what = "expected a regular expression in drop_frames and keep_frames; no frames left out";
        notes.caveat("pprof_frames_pattern", what, 0, text);
    }
    regex
}

/// A pattern in the syntax of RE2, which profilers write, as one for `regex`, which has no `\Q...\E`, takes `[`,
/// `&` and `~` inside a class for operators, and a `{` for the start of a repetition even where none follows.
/// Source: github.com/google/re2/wiki/Syntax.
fn translated(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    // Inside a class: how long the rest was where a `]` would still be a member of it.
    let mut class: Option<usize> = None;
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        if let Some(literal) = rest.strip_prefix("\\Q") {
            let (literal, after) = literal.split_once("\\E").unwrap_or((literal, ""));
            text.push_str(&regex::escape(literal));
            rest = after;
            continue;
        }
        match (first, class) {
            ('\\', _) => taken += rest[1..].chars().next().map_or(0, char::len_utf8),
            ('[', None) => {
                taken = if rest.starts_with("[^") { 2 } else { 1 };
                class = Some(rest.len() - taken);
            }
            ('[', Some(_)) if named_class(rest) > 0 => taken = named_class(rest),
            (']', Some(first)) if rest.len() < first => class = None,
            ('[' | ']' | '&' | '~', Some(_)) => text.push('\\'),
            ('{', None) if !is_repetition(rest) => text.push('\\'),
            _ => {}
        }
        text.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    text
}

/// The length of the `[:alpha:]` or `[:^alpha:]` that `rest` starts with, else 0. Looks no further than its letters.
fn named_class(rest: &str) -> usize {
    let Some(name) = rest.strip_prefix("[:") else { return 0 };
    let name = name.strip_prefix('^').unwrap_or(name);
    let after = name.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
    if after.starts_with(":]") { rest.len() - after.len() + 2 } else { 0 }
}

/// Whether `rest` starts with `{2}`, `{2,}` or `{2,3}`. Looks no further than their digits.
fn is_repetition(rest: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let inside = &rest[1..];
    let (least, after) = inside.split_at(digits(inside));
    let after = after.strip_prefix(',').map_or(after, |most| &most[digits(most)..]);
    !least.is_empty() && after.starts_with('}')
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

    /// A look at the whole rest for every one of these would take hours.
    #[test]
    fn long_patterns_come_to_an_end() {
        for pattern in ["{", "{1,", "[[:", "[[:a", "\\Q", "(", "\\"] {
            assert!(translated(&pattern.repeat(1 << 20)).len() >= pattern.len() << 20, "{pattern}");
        }
        let name = "(anonymous namespace)operator()".repeat(1 << 15);
        assert_eq!(simplified(name.as_bytes()), name.as_bytes());
    }

    #[test]
    fn patterns_of_re2_mean_the_same() {
        let cases = [
            (r"\Qoperator new[]\E.*", "operator new[](int)", true),
            (r"\Qa.c\E", "abc", false),
            (r"\Qrest.of+it", "rest.of+it", true),
            ("[[a]b", "[b", true),
            ("[]a]b", "]b", true),
            ("[^]a]b", "]b", false),
            ("[&&x]", "&", true),
            ("[[:digit:]]+", "42", true),
            ("a{b", "a{b", true),
            ("a{2,}", "aaa", true),
            ("func{}", "func{}", true),
            (r"\[x\]", "[x]", true),
            ("[[:^digit:]]+", "a", true),
            ("[[:]+", "[:", true),
            ("a{2,3}", "aaaa", false),
        ];
        for (pattern, name, matches) in cases {
            let regex = Regex::new(&format!("^(?:{})$", translated(pattern))).unwrap();
            assert_eq!(regex.is_match(name.as_bytes()), matches, "{pattern} on {name}");
        }
    }
}
