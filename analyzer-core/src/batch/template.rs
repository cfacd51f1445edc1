//! Names with the places that a deploy may change: hosts, pods, dates, numbers.
//!
//! A name is cut at `/`, `-`, `_`, `.`, `:` and `@`. A part may vary when it is digits alone, a hash, looks like the random
//! end of a pod's name, or mixes digits and letters; letters before or behind a number stay, so that `s3` and `ec2` are
//! two things and `host17` and `host18` may be one. The parts of an address, a date, a UUID and of the name of a pod are one
//! value: `10.0.3.7`, `2026-11-28T03`, `7d9f8b6c5-x2x4z`. Whether a value does vary is seen when two sides are compared.

use std::ops::Range;

/// The letters of generated names in Kubernetes (`k8s.io/apimachinery`, `util/rand`): no vowels, so hardly a word.
const POD_LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";
/// The length of such a name; behind a hash, as in names of nodes, one less is enough.
const POD_LENGTH: usize = 5;
/// Hexadecimal digits from which on they are a hash and no word: as many as git shows at least.
const HASH_LENGTH: usize = 7;
/// The most letters of the hash of a set of pods.
const POD_HASH_LENGTH: usize = 10;
/// Letters from which on they are no random ones before a number of digits and letters.
const STEM_LENGTH: usize = 3;
/// The groups of a UUID, joined by `-`.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];
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
        let at = start;
        start += part.len();
        if values.last().is_some_and(|last| at < last.end) {
            continue;
        }
        if let Some(end) = uuid_end(name, at).or_else(|| address_end(name, at)) {
            values.push(at..end);
            continue;
        }
        let text = part.trim_end_matches(is_separator);
        if let Some(varying) = varying(text, is_behind_hash) {
            let value = at + varying.start..at + varying.end;
            match values.last_mut() {
                Some(last) if value.start == at && go_on(&name[last.start..at], text) => last.end = value.end,
                _ => values.push(value),
            }
        }
        is_behind_hash = is_hash(text) && !part.ends_with('/');
    }
    values
}

/// Whether a part belongs to the value before it, which is given with what is between the two.
fn go_on(before: &str, part: &str) -> bool {
    let Some(separator) = before.chars().next_back() else { return false };
    let before = &before[..before.len() - separator.len_utf8()];
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    match separator {
        '.' | ':' => before.split(['.', ':']).all(is_number) && is_number(part),
        '-' | '_' => {
            let mut parts = before.split(separator);
            let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
            let has_digits = |text: &str, digits: usize| text.len() == digits && is_number(text);
            let is_year = has_digits(first, 4) && third.is_none();
            let is_date = is_year
                && second.is_none_or(|month| has_digits(month, 2))
                && part.get(..2).is_some_and(is_number)
                && !part.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
            let is_pod = is_hash(first) || has_digits(first, first.len()) && is_number_of_pod(first, part);
            is_date || second.is_none() && is_pod
        }
        _ => false,
    }
}

/// Where a UUID ends that begins there.
fn uuid_end(name: &str, start: usize) -> Option<usize> {
    let mut at = start;
    for (group, length) in UUID.into_iter().enumerate() {
        at += usize::from(group > 0 && name[at..].starts_with('-'));
        let digits = name.get(at..at + length)?;
        if !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        at += length;
    }
    let length = UUID.iter().sum::<usize>() + UUID.len() - 1;
    let is_whole = name[at..].chars().next().is_none_or(|next| !next.is_alphanumeric());
    (at - start == length && is_whole).then_some(at)
}

/// Where an address ends that begins there, its numbers joined by `-` as in names of hosts.
fn address_end(name: &str, start: usize) -> Option<usize> {
    let mut at = start;
    for number in 0..4 {
        if number > 0 {
            at += usize::from(name[at..].starts_with('-'));
        }
        let digits = name[at..].bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=3).contains(&digits) || (number > 0 && !name[..at].ends_with('-')) {
            return None;
        }
        at += digits;
    }
    let is_whole = name[at..].chars().next().is_none_or(|next| !next.is_alphanumeric());
    let begins_anew = !name[..start]
        .strip_suffix('-')
        .is_some_and(|before| before.ends_with(|last: char| last.is_ascii_digit()));
    (is_whole && begins_anew).then_some(at)
}

/// Whether a number is the hash of a set of pods that happens to have no letter.
fn is_number_of_pod(number: &str, part: &str) -> bool {
    (HASH_LENGTH + 1..=POD_HASH_LENGTH).contains(&number.len()) && is_generated(part, POD_LENGTH)
}

fn is_generated(part: &str, length: usize) -> bool {
    part.len() == length && part.chars().all(|letter| POD_LETTERS.contains(letter))
}

fn is_separator(character: char) -> bool {
    matches!(character, '/' | '-' | '_' | '.' | ':' | '@')
}

/// Which bytes of a part may vary.
fn varying(part: &str, is_behind_hash: bool) -> Option<Range<usize>> {
    let is_digit = |character: char| character.is_ascii_digit();
    let is_hex = || part.chars().all(|digit| digit.is_ascii_hexdigit());
    let goes_on =
        is_behind_hash && part.len() + 1 >= POD_LENGTH && (is_hex() || is_generated(part, POD_LENGTH - 1));
    if is_hash(part) || is_generated(part, POD_LENGTH) || goes_on {
        return Some(0..part.len());
    }
    let (first, last) = (part.find(is_digit)?, part.rfind(is_digit)? + 1);
    let is_one_number = part[first..last].chars().all(is_digit);
    Some(match (first, last < part.len()) {
        (0, _) if is_one_number => 0..last,
        (_, false) if is_one_number => first..last,
        (STEM_LENGTH.., _) => first..part.len(),
        _ => 0..part.len(),
    })
}

/// Whether a text is a hash, of a commit or of a set of pods, and no number.
pub(super) fn is_hash(part: &str) -> bool {
    let is_of_pods = (HASH_LENGTH + 1..=POD_HASH_LENGTH).contains(&part.len())
        && part.chars().all(|letter| POD_LETTERS.contains(letter));
    part.len() >= HASH_LENGTH
        && (is_of_pods || part.chars().all(|digit| digit.is_ascii_hexdigit()))
        && part.contains(|digit: char| digit.is_ascii_digit())
        && part.contains(|digit: char| digit.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_deploy_may_change_is_a_value() {
        for (name, pooled, values) in [
            ("api-7d9f8b6c5-x2x4z.pb.gz", "api-*.pb.gz", &["7d9f8b6c5-x2x4z"][..]),
            ("api-5c6b8f9d7-kbqlw.pb.gz", "api-*.pb.gz", &["5c6b8f9d7-kbqlw"]),
            ("api-bcd1234.pb", "api-*.pb", &["bcd1234"]),
            ("api-5d3f0ab.pb", "api-*.pb", &["5d3f0ab"]),
            (
                "api-3f2504e0-beef-41d3-9a0c-0305e82c3301.pb",
                "api-*.pb",
                &["3f2504e0-beef-41d3-9a0c-0305e82c3301"],
            ),
            ("3f2504e0-beef-41d3-9a0c", "*-*-*", &["3f2504e0-beef", "41d3", "9a0c"]),
            ("web-996745554-c0bpl.pb", "web-*-*.pb", &["996745554", "c0bpl"]),
            ("web-996745554-c2bpl.pb", "web-*.pb", &["996745554-c2bpl"]),
            ("checkout-m448h2k4g-x2x4z", "checkout-*", &["m448h2k4g-x2x4z"]),
            ("web-c7caf17d-fa28", "web-*", &["c7caf17d-fa28"]),
            ("web-ip-10-0-3-181.pb", "web-ip-*.pb", &["10-0-3-181"]),
            ("ip-10-0-0-225-8080", "ip-*-*", &["10-0-0-225", "8080"]),
            ("gke-main-1a2b3c4d-bxzw/cpu", "gke-main-*/cpu", &["1a2b3c4d-bxzw"]),
            ("aks-pool-12345678-vmss00000a", "aks-pool-*-vmss*", &["12345678", "00000a"]),
            ("aks-pool-12345678-vmss000001", "aks-pool-*-vmss*", &["12345678", "000001"]),
            ("api/host17/2026-11-28T03.pb.gz", "api/host*/*.pb.gz", &["17", "2026-11-28T03"]),
            ("2026/11/28/web-3.pb", "*/*/*/web-*.pb", &["2026", "11", "28", "3"]),
            ("20261127-http.pb", "*-http.pb", &["20261127"]),
            ("kafka-0-20261127.pb", "kafka-*-*.pb", &["0", "20261127"]),
            ("web-3-1764288000.pb", "web-*-*.pb", &["3", "1764288000"]),
            ("web_10.0.3.7_cpu.folded", "web_*_cpu.folded", &["10.0.3.7"]),
            ("web-10.0.3.7:8080-20261127.folded", "web-*-*.folded", &["10.0.3.7:8080", "20261127"]),
            ("s3/host-00/10h.pb", "s*/host-*/*h.pb", &["3", "00", "10"]),
            ("10h-3", "*h-*", &["10", "3"]),
            ("i-0abc12de/http", "i-*/http", &["0abc12de"]),
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
