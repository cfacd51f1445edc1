//! Names with the places that a deploy may change: hosts, pods, dates, numbers.
//!
//! A name is cut at `/`, `-`, `_`, `.`, `:` and `@`. A part may vary when it is digits alone, a hash, looks like the random
//! end of a pod's name, or mixes digits and letters; of letters before or behind one number the letters stay, so that
//! `s3` and `ec2` are two things and `host17` and `host18` may be one. Parts that may vary and stand side by side are one
//! value: `10.0.3.7`, `7d9f8b6c5-x2x4z`, `2026-11-28T03`. Whether a value does vary is seen when two sides are compared.

use std::ops::Range;

/// The letters of generated names in Kubernetes (`k8s.io/apimachinery`, `util/rand`): no vowels, so hardly a word.
const POD_LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";
/// The length of such a name; behind a hash, as in names of nodes, one less is enough.
const POD_LENGTH: usize = 5;
/// Hexadecimal digits from which on they are a hash and no word.
const HASH_LENGTH: usize = 8;
/// Stands for a value; no name of a file has it.
const VALUE: char = '\0';

/// A name, its values apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template<'a> {
    /// The steady parts, with NUL in the place of each value.
    pub(super) steady: String,
    /// The values, in their order.
    pub(super) values: Vec<&'a str>,
}

impl<'a> Template<'a> {
    pub(super) fn of(name: &'a str) -> Template<'a> {
        let mut template = Template::default();
        let mut at = 0;
        for value in values(name) {
            template.steady.push_str(&name[at..value.start]);
            template.steady.push(VALUE);
            at = value.end;
            template.values.push(&name[value]);
        }
        template.steady.push_str(&name[at..]);
        template
    }

    /// The name with `*` for each value that is not to be kept.
    pub(super) fn keep(&self, is_kept: impl Fn(usize) -> bool) -> String {
        let mut name = String::with_capacity(self.steady.len());
        for (at, steady) in self.steady.split(VALUE).enumerate() {
            if let Some(value) = at.checked_sub(1) {
                name.push_str(self.values.get(value).filter(|_| is_kept(value)).unwrap_or(&"*"));
            }
            name.push_str(steady);
        }
        name
    }
}

/// Where the values of a name are.
fn values(name: &str) -> Vec<Range<usize>> {
    let mut values: Vec<Range<usize>> = Vec::new();
    let (mut start, mut is_behind_hash) = (0, false);
    for part in name.split_inclusive(is_separator) {
        let text = part.trim_end_matches(is_separator);
        if let Some(varying) = varying(text, is_behind_hash) {
            let value = start + varying.start..start + varying.end;
            let is_of_one_folder = !name[..start].ends_with('/');
            match values.last_mut() {
                // Nothing but a separator is between the two.
                Some(last) if last.end + 1 == value.start && value.start == start && is_of_one_folder => {
                    last.end = value.end;
                }
                _ => values.push(value),
            }
        }
        is_behind_hash = is_hash(text);
        start += part.len();
    }
    values
}

fn is_separator(character: char) -> bool {
    matches!(character, '/' | '-' | '_' | '.' | ':' | '@')
}

/// Which bytes of a part may vary.
fn varying(part: &str, is_behind_hash: bool) -> Option<Range<usize>> {
    let is_digit = |character: char| character.is_ascii_digit();
    let is_generated = part.len() == POD_LENGTH || is_behind_hash && part.len() + 1 == POD_LENGTH;
    if is_hash(part) || is_generated && part.chars().all(|letter| POD_LETTERS.contains(letter)) {
        return Some(0..part.len());
    }
    let (first, last) = (part.find(is_digit)?, part.rfind(is_digit)? + 1);
    let is_one_number = part[first..last].chars().all(is_digit);
    let has_letters_on_both_sides = first > 0 && last < part.len();
    Some(if is_one_number && !has_letters_on_both_sides { first..last } else { 0..part.len() })
}

fn is_hash(part: &str) -> bool {
    part.len() >= HASH_LENGTH
        && part.chars().all(|digit| digit.is_ascii_hexdigit())
        && part.contains(|digit: char| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_deploy_may_change_is_a_value() {
        for (name, pooled, values) in [
            ("api-7d9f8b6c5-x2x4z.pb.gz", "api-*.pb.gz", &["7d9f8b6c5-x2x4z"][..]),
            ("api-5c6b8f9d7-kbqlw.pb.gz", "api-*.pb.gz", &["5c6b8f9d7-kbqlw"]),
            ("gke-main-1a2b3c4d-bxzw/cpu", "gke-main-*/cpu", &["1a2b3c4d-bxzw"]),
            ("api/host17/2026-11-28T03.pb.gz", "api/host*/*.pb.gz", &["17", "2026-11-28T03"]),
            ("web_10.0.3.7_cpu.folded", "web_*_cpu.folded", &["10.0.3.7"]),
            ("web-10.0.3.7:8080.folded", "web-*.folded", &["10.0.3.7:8080"]),
            ("s3/host-00/10h.pb", "s*/host-*/*h.pb", &["3", "00", "10"]),
            ("10h-3", "*h-*", &["10", "3"]),
            ("i-0abc12de/x", "i-*/x", &["0abc12de"]),
            ("h2o/a1b2c3/\u{fc}1", "*/*/\u{fc}*", &["h2o", "a1b2c3", "1"]),
            ("api/cpu.pb.gz", "api/cpu.pb.gz", &[]),
            ("deadbeef/http", "deadbeef/http", &[]),
            ("", "", &[]),
            ("--1--", "--*--", &["1"]),
        ] {
            let template = Template::of(name);
            assert_eq!((template.keep(|_| false).as_str(), &template.values[..]), (pooled, values), "{name}");
            assert_eq!(template.keep(|_| true), name);
        }
    }
}
