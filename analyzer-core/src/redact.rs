//! Names that must not leave the house: what patterns match in any text of captures is replaced by numbered stand-ins.
//!
//! Equal texts get equal stand-ins in all captures of a run, different ones different ones, so that functions stay apart
//! and every figure stays what it is. The numbers follow the order of a digest of the texts: they tell neither the
//! order of names nor which capture has them, and are the same in every run.

use crate::align::demangled;
use analyzer_formats::{Capture, Content, Strings, TagValue, Traces};
use regex::bytes::Regex;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// What is hidden, and what stands for it.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    patterns: Vec<Regex>,
    /// By text: its number.
    stand_ins: HashMap<Vec<u8>, usize>,
    /// Of each pattern, whether it matches anything.
    is_used: Vec<bool>,
}

impl Redaction {
    /// What these patterns match in captures and in other texts that are shown.
    #[must_use]
    pub fn new<'a>(
        patterns: &[Regex],
        captures: impl IntoIterator<Item = &'a Capture>,
        others: &[&str],
    ) -> Redaction {
        let is_used = vec![false; patterns.len()];
        let mut redaction = Redaction { patterns: patterns.to_vec(), stand_ins: HashMap::new(), is_used };
        if patterns.is_empty() {
            return redaction;
        }
        for capture in captures {
            texts(capture).for_each(|text| redaction.meet(text));
            numbers(capture).for_each(|text| redaction.meet(text.as_bytes()));
        }
        others.iter().for_each(|text| redaction.meet(text.as_bytes()));
        let mut found: Vec<Vec<u8>> = redaction.stand_ins.keys().cloned().collect();
        found.sort_by_cached_key(|text| (*blake3::hash(text).as_bytes(), text.clone()));
        redaction.stand_ins = found.into_iter().zip(1..).collect();
        redaction
    }

    /// How many different texts are hidden.
    #[must_use]
    pub fn len(&self) -> usize {
        self.stand_ins.len()
    }

    /// Whether nothing is hidden.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stand_ins.is_empty()
    }

    /// The patterns that match nothing, from 1.
    pub fn unused(&self) -> impl Iterator<Item = usize> {
        (1..).zip(&self.is_used).filter(|(_, is_used)| !**is_used).map(|(number, _)| number)
    }

    /// Hides what the patterns match in a capture. Notes lose what they quote, for that may be cut within a match.
    pub fn apply(&self, capture: &mut Capture) {
        if self.patterns.is_empty() {
            return;
        }
        let hide = |text: &mut String| *text = self.text(text);
        hide(&mut capture.source.name);
        hide(&mut capture.source.why_recognised);
        capture.notes.forget_found();
        match &mut capture.content {
            Content::Profile(profile) => {
                [&mut profile.meta.command, &mut profile.meta.host].into_iter().flatten().for_each(hide);
                profile.strings = self.strings(&profile.strings);
            }
            Content::Traces(traces) => {
                traces.strings = self.strings(&traces.strings);
                self.hide_numbers(traces);
            }
        }
    }

    /// A text with what the patterns match hidden.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// Numbers of tags that match become texts, which no range of numbers is made of.
    fn hide_numbers(&self, traces: &mut Traces) {
        for tag in &mut traces.tags {
            let Some(text) = written(tag.value) else { continue };
            if let Cow::Owned(hidden) = self.bytes(text.as_bytes()) {
                tag.value = TagValue::Text(traces.strings.push(&hidden));
            }
        }
    }

    fn strings(&self, strings: &Strings) -> Strings {
        strings.mapped(|text| self.bytes(text))
    }

    fn bytes<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let (text, found) = self.found(text);
        if found.is_empty() {
            return text;
        }
        let mut hidden = Vec::with_capacity(text.len());
        let mut at = 0;
        for range in found {
            hidden.extend_from_slice(&text[at..range.start]);
            let number = self.stand_ins.get(&text[range.clone()]);
            hidden
                .extend(number.map_or("redacted".to_owned(), |number| format!("redacted-{number}")).bytes());
            at = range.end;
        }
        hidden.extend_from_slice(&text[at..]);
        Cow::Owned(hidden)
    }

    fn meet(&mut self, text: &[u8]) {
        let (text, found) = self.found(text);
        if found.is_empty() {
            return;
        }
        for (pattern, is_used) in self.patterns.iter().zip(&mut self.is_used) {
            *is_used |= pattern.is_match(&text);
        }
        for range in found {
            self.stand_ins.entry(text[range].to_vec()).or_default();
        }
    }

    /// Where patterns match in a text, overlaps joined. Mangled names are searched as people read them.
    fn found<'a>(&self, text: &'a [u8]) -> (Cow<'a, [u8]>, Vec<Range<usize>>) {
        if let Some(readable) = demangled(text) {
            let found = self.ranges(readable.as_bytes());
            if !found.is_empty() {
                return (Cow::Owned(readable.into_bytes()), found);
            }
        }
        (Cow::Borrowed(text), self.ranges(text))
    }

    fn ranges(&self, text: &[u8]) -> Vec<Range<usize>> {
        let all = self.patterns.iter().flat_map(|pattern| pattern.find_iter(text));
        let mut ranges: Vec<Range<usize>> =
            all.map(|found| found.range()).filter(|range| !range.is_empty()).collect();
        ranges.sort_by_key(|range| (range.start, range.end));
        ranges.dedup_by(|next, range| {
            let overlaps = next.start < range.end;
            if overlaps {
                range.end = range.end.max(next.end);
            }
            overlaps
        });
        ranges
    }
}

/// Every text of a capture that an output may show.
fn texts(capture: &Capture) -> impl Iterator<Item = &[u8]> {
    let (strings, meta) = match &capture.content {
        Content::Profile(profile) => (&profile.strings, [&profile.meta.command, &profile.meta.host]),
        Content::Traces(traces) => (&traces.strings, [&None, &None]),
    };
    let meta = meta.into_iter().flatten().map(String::as_bytes);
    [&capture.source.name, &capture.source.why_recognised]
        .into_iter()
        .map(|text| text.as_bytes())
        .chain(meta)
        .chain(strings.iter())
}

/// The values of tags that are no texts, as outputs write them.
fn numbers(capture: &Capture) -> impl Iterator<Item = String> {
    let tags = match &capture.content {
        Content::Profile(_) => &[],
        Content::Traces(traces) => traces.tags.as_slice(),
    };
    tags.iter().filter_map(|tag| written(tag.value))
}

fn written(value: TagValue) -> Option<String> {
    match value {
        TagValue::Text(_) => None,
        TagValue::Int(number) => Some(number.to_string()),
        TagValue::Float(number) => Some(number.to_string()),
        TagValue::Bool(value) => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn capture(name: &str, folded: &str) -> Capture {
        read_bytes(name, folded.as_bytes(), &ReadOptions::default()).unwrap()
    }

    fn names(capture: &Capture) -> Vec<String> {
        let Content::Profile(profile) = &capture.content else { panic!("folded is a profile") };
        profile.functions.iter().map(|function| profile.strings.text(function.name).into_owned()).collect()
    }

    fn redacted(patterns: &[&str], captures: &mut [Capture]) -> Redaction {
        let patterns: Vec<Regex> = patterns.iter().map(|pattern| Regex::new(pattern).unwrap()).collect();
        let redaction = Redaction::new(&patterns, captures.iter(), &["plateau diff acme.folded"]);
        captures.iter_mut().for_each(|capture| redaction.apply(capture));
        redaction
    }

    #[test]
    fn equal_texts_have_equal_stand_ins_in_all_captures() {
        let before = capture("acme.folded", "main;acme_pay 3\nmain;acme_bill;parse 2\n");
        let after = capture("b.folded", "main;acme_bill;parse 9\nmain;acme_pay 3\n");
        let mut captures = [before, after];
        let redaction = redacted(&["acme_[a-z]+", "acme"], &mut captures);
        let [pay, bill] = ["acme_pay", "acme_bill"].map(|text| redaction.text(text));
        assert_ne!(pay, bill);
        assert!(pay.starts_with("redacted-") && !redaction.is_empty());
        assert_eq!(names(&captures[0]), ["main", &pay, &bill, "parse"]);
        assert_eq!(names(&captures[1]), ["main", &bill, "parse", &pay]);
        assert_eq!(captures[0].source.name, format!("{}.folded", redaction.text("acme")));
        assert_eq!((redaction.len(), redaction.unused().count()), (3, 0));
    }

    #[test]
    fn what_overlaps_is_hidden_together_and_patterns_without_a_match_are_told() {
        let mut captures = [capture("x", "main;abcdef 1\n")];
        let redaction = redacted(&["abcd", "nothing", "cde"], &mut captures);
        assert_eq!(names(&captures[0])[1], "redacted-1f");
        assert_eq!(redaction.unused().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn mangled_names_are_searched_as_they_are_read() {
        let mut captures =
            [capture("x", "main;_ZN4acme6secret4load17h0123456789abcdefE 1\n_ZN3foo3barE 1\n")];
        redacted(&["acme::secret"], &mut captures);
        let names = names(&captures[0]);
        assert!(names[1].starts_with("redacted-1::load"), "{names:?}");
        assert_eq!(names[2], "_ZN3foo3barE", "others stay as they are");
    }
}
