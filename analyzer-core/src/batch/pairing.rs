//! Which captures of before are compared with which of after.
//!
//! Captures of one name belong together: their name within the folder, or the values of their keys. Dates, times and
//! versions are no part of it: they are what differs. Hosts and pods are renamed by every deploy, so where fewer than half
//! of the names of the smaller side are found on the other, hosts are left out of the names, and all captures of a
//! service are one group, in which hosts are replicates.

use super::names::Parts;
use super::pattern::{Keys, PathPattern, hive_keys};
use super::row::Unread;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that tell captures of one side apart in time or release: no part of a pair's name.
const VARYING: &[&str] = &["version", "date", "ts", "time", "hour", "build", "commit", "release"];
/// Keys that tell replicates apart.
const REPLICATES: &[&str] = &["host", "pod", "instance", "node", "container"];

/// A capture by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name within its folder, `/` between the parts.
    pub name: String,
    /// Its keys, of a pattern or of Hive folders.
    pub keys: Option<Keys>,
    /// What of the name is no key: the rest of a name in Hive folders, and nothing with a pattern.
    pub rest: String,
}

impl Named {
    /// A capture with the keys of its Hive folders, where it is in such.
    #[must_use]
    pub fn new(name: String) -> Named {
        match hive_keys(&name) {
            Some((keys, rest)) => Named { name, keys: Some(keys), rest },
            None => Named { rest: name.clone(), keys: None, name },
        }
    }

    /// A capture with the keys of a pattern; without any where the pattern does not describe its name.
    #[must_use]
    pub fn matched(name: String, pattern: &PathPattern) -> Named {
        Named { keys: pattern.keys(&name), name, rest: String::new() }
    }

    fn value(&self, key: &str) -> Option<&str> {
        let (_, value) = self.keys.iter().flatten().find(|(known, _)| known == key)?;
        Some(value)
    }
}

/// A key and its value, such as `version=1.4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// What names captures that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Their names.
    Names,
    /// Their names without what every deploy changes.
    PooledNames,
    /// Their keys.
    Keys,
    /// Their keys but for hosts.
    PooledKeys,
    /// It was said which.
    Given,
}

impl How {
    /// The way in words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            How::Names => "paired by name",
            How::PooledNames => {
                "fewer than half of the names are on both sides, so captures are pooled by their names without hosts, \
                 dates and numbers"
            }
            How::Keys => "paired by keys",
            How::PooledKeys => {
                "fewer than half of the hosts are on both sides, so captures are pooled by the other keys, hosts as \
                 replicates"
            }
            How::Given => "paired as listed",
        }
    }
}

/// Captures to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name, unique among pairs.
    pub name: String,
    /// Positions among the captures of before.
    pub before: Vec<usize>,
    /// Positions among the captures of after.
    pub after: Vec<usize>,
}

impl Pair {
    /// The pair with at most so many captures of a side, evenly chosen, and how many are left out.
    #[must_use]
    pub fn reduced(&self, most: usize) -> (Pair, Unread) {
        let (before, after) = (evenly(&self.before, most), evenly(&self.after, most));
        let unread =
            Unread { before: self.before.len() - before.len(), after: self.after.len() - after.len() };
        (Pair { name: self.name.clone(), before, after }, unread)
    }

    /// Numbers names that stand there more than once; pairs are sorted by name.
    pub fn make_unique(pairs: &mut [Pair]) {
        let mut known: BTreeSet<String> = BTreeSet::new();
        // The last number of each name: a name may be there a hundred thousand times.
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        for pair in pairs {
            let name = pair.name.clone();
            while !known.insert(pair.name.clone()) {
                let number = numbers.entry(name.clone()).or_insert(1);
                *number += 1;
                pair.name = format!("{name} ({number})");
            }
        }
    }
}

/// A capture without a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpaired {
    /// Position among the captures of before, or of after.
    pub capture: Result<usize, usize>,
    /// Why.
    pub why: String,
}

/// What belongs together, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// By what.
    pub how: How,
    /// What is compared.
    pub pairs: Vec<Pair>,
    /// What is not: captures of before first, each side in its order.
    pub unpaired: Vec<Unpaired>,
}

/// Positions of the captures of before and of after among those of one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// Key and value of before.
    pub before_key: KeyValue,
    /// Key and value of after.
    pub after_key: KeyValue,
    /// The captures of before.
    pub before: Vec<usize>,
    /// The captures of after.
    pub after: Vec<usize>,
    /// Captures that are on neither side.
    pub others: usize,
}

/// Why captures of one folder have no sides.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairingError {
    /// No capture has keys.
    #[error(
        "one folder holds both sides only where paths tell them apart; name two folders, or say how paths are made, such \
         as --path-pattern '{{service}}/{{version}}/{{host}}.pb.gz'"
    )]
    NoKeys,
    /// There are not two versions, nor two dates.
    #[error(
        "expected two values at least of the key version or date among the captures, found {found}; choose the sides with \
         --before-key KEY=VALUE and --after-key KEY=VALUE"
    )]
    OneValue {
        /// The values there are.
        found: String,
    },
    /// A key was asked for that no capture has.
    #[error("no capture has {key}={value}; {key} is {known}")]
    NoSuchValue {
        /// The key.
        key: String,
        /// The value that was asked for.
        value: String,
        /// The values there are.
        known: String,
    },
}

/// Pairs the captures of two sides; `apart` are keys that choose the sides.
#[must_use]
pub fn pair(before: &[Named], after: &[Named], apart: &[&str]) -> Pairing {
    let smaller = if after.len() < before.len() { after } else { before };
    let keyed = smaller.iter().filter(|capture| capture.keys.is_some()).count();
    let is_keyed = keyed > 0 && keyed * 2 >= smaller.len();
    if is_keyed {
        let name = |with: &'static [&'static str]| {
            let (one, other) = (rests(before), rests(after));
            let of = move |captures: &[Named], others: &Parts<'_>| -> Vec<Option<Vec<String>>> {
                captures.iter().map(|capture| identity(capture, with, apart, others)).collect()
            };
            grouped(&of(before, &other), &of(after, &one))
        };
        let by_host = name(REPLICATES);
        if by_host.is_half_matched() {
            return by_host.finish(How::Keys, before, after);
        }
        return name(&[]).finish(How::PooledKeys, before, after);
    }
    let whole = |captures: &[Named]| -> Vec<_> {
        captures.iter().map(|capture| Some(vec![capture.name.clone()])).collect()
    };
    let by_name = grouped(&whole(before), &whole(after));
    if by_name.is_half_matched() {
        return by_name.finish(How::Names, before, after);
    }
    let (one, other) = (names(before), names(after));
    let pooled = |captures: &[Named], others: &Parts<'_>| -> Vec<_> {
        captures.iter().map(|capture| Some(vec![Parts::pooled(&capture.name, others)])).collect()
    };
    let pooled = grouped(&pooled(before, &other), &pooled(after, &one));
    // Where that finds no more, names are what people know.
    if pooled.matched() > by_name.matched() {
        pooled.finish(How::PooledNames, before, after)
    } else {
        by_name.finish(How::Names, before, after)
    }
}

/// Each capture with its peers: those of the same group but for hosts, dates and numbers. Before is the peers, at most
/// `most` of them, evenly chosen; captures without a peer are left out and listed.
#[must_use]
pub fn peers(captures: &[Named], most: usize) -> Pairing {
    let nothing = Parts::default();
    let group = |capture: &Named| match &capture.keys {
        Some(_) => identity(capture, &[], &[], &nothing).unwrap_or_default(),
        None => vec![Parts::pooled(&capture.name, &nothing)],
    };
    let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (at, capture) in captures.iter().enumerate() {
        groups.entry(group(capture)).or_default().push(at);
    }
    let (mut pairs, mut unpaired) = (Vec::new(), Vec::new());
    for members in groups.values() {
        let others = members.len() - 1;
        for (own, &at) in members.iter().enumerate() {
            if others == 0 {
                unpaired.push(Unpaired { capture: Err(at), why: "no other capture is its peer".to_owned() });
                continue;
            }
            // Evenly among the others: those behind its own place are one further on.
            let number = others.min(most);
            let places = (0..number).map(|peer| peer * others / number);
            let before = places.map(|place| members[place + usize::from(place >= own)]).collect();
            pairs.push(Pair { name: captures[at].name.clone(), before, after: vec![at] });
        }
    }
    unpaired.sort_by_key(|row| row.capture);
    pairs.sort_by(|one, other| (&one.name, &one.after).cmp(&(&other.name, &other.after)));
    Pair::make_unique(&mut pairs);
    Pairing { how: How::Given, pairs, unpaired }
}

/// At most `most` of these, evenly spread.
fn evenly(all: &[usize], most: usize) -> Vec<usize> {
    if all.len() <= most {
        return all.to_vec();
    }
    (0..most).map(|at| all[at * all.len() / most]).collect()
}

/// The sides of one folder: those that were asked for, else the last two versions, else the last two dates.
///
/// # Errors
/// When no capture has keys, there are not two values, or none has the wanted one.
pub fn sides_by_key(
    captures: &[Named],
    wanted: Option<(&KeyValue, &KeyValue)>,
) -> Result<Sides, PairingError> {
    if captures.iter().all(|capture| capture.keys.is_none()) {
        return Err(PairingError::NoKeys);
    }
    let values = |key: &str| -> Vec<&str> {
        let all: BTreeSet<&str> = captures.iter().filter_map(|capture| capture.value(key)).collect();
        let mut all: Vec<&str> = all.into_iter().collect();
        all.sort_by(|one, other| natural(one).cmp(&natural(other)).then(one.cmp(other)));
        all
    };
    let list = |values: &[&str]| match values {
        [] => "in no path".to_owned(),
        _ => values.iter().rev().take(10).rev().copied().collect::<Vec<_>>().join(", "),
    };
    let (before_key, after_key) = match wanted {
        Some((before, after)) => {
            for KeyValue { key, value } in [before, after] {
                let known = values(key);
                if !known.contains(&value.as_str()) {
                    let (key, value) = (key.clone(), value.clone());
                    return Err(PairingError::NoSuchValue { key, value, known: list(&known) });
                }
            }
            (before.clone(), after.clone())
        }
        None => {
            let found = ["version", "date"].map(|key| (key, values(key)));
            let two = found.iter().find(|(_, values)| values.len() >= 2);
            let Some((key, values)) = two else {
                let found = found.map(|(key, values)| format!("{key} {}", list(&values))).join(", ");
                return Err(PairingError::OneValue { found });
            };
            let last = |from_end: usize| KeyValue {
                key: (*key).to_owned(),
                value: values[values.len() - from_end].to_owned(),
            };
            (last(2), last(1))
        }
    };
    let with = |wanted: &KeyValue| -> Vec<usize> {
        let is_in = |&at: &usize| captures[at].value(&wanted.key) == Some(&wanted.value);
        (0..captures.len()).filter(is_in).collect()
    };
    let (before, after) = (with(&before_key), with(&after_key));
    let taken: BTreeSet<&usize> = before.iter().chain(&after).collect();
    let others = captures.len() - taken.len();
    Ok(Sides { before_key, after_key, before, after, others })
}

/// A text in which numbers compare as numbers: `1.10` after `1.9`.
fn natural(text: &str) -> Vec<(u64, String)> {
    let mut parts = vec![(0, String::new())];
    let mut digits = String::new();
    for character in text.chars().chain(['\0']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        if !digits.is_empty() {
            // Longer numbers than that are no versions; they compare as the largest and then by their text.
            parts.push((digits.parse().unwrap_or(u64::MAX), String::new()));
            digits.clear();
        }
        if let Some((_, text)) = parts.last_mut() {
            text.push(character);
        }
    }
    parts
}

fn rests(captures: &[Named]) -> Parts<'_> {
    Parts::new(captures.iter().map(|capture| capture.rest.as_str()))
}

fn names(captures: &[Named]) -> Parts<'_> {
    Parts::new(captures.iter().map(|capture| capture.name.as_str()))
}

/// What names the group of a capture: its keys but for those that vary, and the steady part of the rest of its name.
/// With `replicates` the keys of hosts belong to it. `None` without keys.
fn identity(capture: &Named, replicates: &[&str], apart: &[&str], others: &Parts<'_>) -> Option<Vec<String>> {
    let is_named = |key: &str| {
        !VARYING.contains(&key)
            && !apart.contains(&key)
            && (replicates.contains(&key) || !REPLICATES.contains(&key))
    };
    let keys = capture.keys.as_ref()?;
    let mut values: Vec<(&str, &str)> =
        keys.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    values.retain(|(key, _)| is_named(key));
    let mut identity: Vec<String> = values.into_iter().map(|(_, value)| value.to_owned()).collect();
    if !capture.rest.is_empty() {
        identity.push(Parts::pooled(&capture.rest, others));
    }
    Some(identity)
}

/// Captures of both sides by what names their group.
struct Groups {
    groups: BTreeMap<Vec<String>, (Vec<usize>, Vec<usize>)>,
    /// Captures that no group has: they have no keys.
    nameless: Vec<Result<usize, usize>>,
}

fn grouped(before: &[Option<Vec<String>>], after: &[Option<Vec<String>>]) -> Groups {
    let mut all = Groups { groups: BTreeMap::new(), nameless: Vec::new() };
    for (at, identity) in before.iter().enumerate() {
        match identity {
            Some(identity) => all.groups.entry(identity.clone()).or_default().0.push(at),
            None => all.nameless.push(Ok(at)),
        }
    }
    for (at, identity) in after.iter().enumerate() {
        match identity {
            Some(identity) => all.groups.entry(identity.clone()).or_default().1.push(at),
            None => all.nameless.push(Err(at)),
        }
    }
    all
}

impl Groups {
    /// How many groups have captures on both sides.
    fn matched(&self) -> usize {
        self.groups.values().filter(|(before, after)| !before.is_empty() && !after.is_empty()).count()
    }

    /// Whether half of the groups of the smaller side at least are found on the other.
    fn is_half_matched(&self) -> bool {
        let before = self.groups.values().filter(|(before, _)| !before.is_empty()).count();
        let after = self.groups.values().filter(|(_, after)| !after.is_empty()).count();
        let matched = self.matched();
        matched > 0 && matched * 2 >= before.min(after)
    }

    fn finish(self, how: How, before: &[Named], after: &[Named]) -> Pairing {
        let (mut pairs, mut unpaired) = (Vec::new(), Vec::new());
        for (identity, (of_before, of_after)) in self.groups {
            let name = identity.join("/");
            if !of_before.is_empty() && !of_after.is_empty() {
                pairs.push(Pair { name, before: of_before, after: of_after });
                continue;
            }
            let missing = if of_after.is_empty() { "AFTER" } else { "BEFORE" };
            let why = match how {
                How::Names | How::Given => format!("{missing} has no capture of this name"),
                _ => format!("{missing} has no capture of {name}"),
            };
            let captures = of_before.into_iter().map(Ok).chain(of_after.into_iter().map(Err));
            unpaired.extend(captures.map(|capture| Unpaired { capture, why: why.clone() }));
        }
        let nameless = self.nameless.into_iter();
        unpaired
            .extend(nameless.map(|capture| Unpaired { capture, why: "its path tells no keys".to_owned() }));
        unpaired.sort_by(|one, other| {
            let key = |row: &Unpaired| match row.capture {
                Ok(at) => (0, before[at].name.clone(), at),
                Err(at) => (1, after[at].name.clone(), at),
            };
            key(one).cmp(&key(other))
        });
        Pair::make_unique(&mut pairs);
        Pairing { how, pairs, unpaired }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::PathPattern;

    fn named(names: &[&str]) -> Vec<Named> {
        names.iter().map(|name| Named::new((*name).to_owned())).collect()
    }

    fn with(pattern: &str, names: &[&str]) -> Vec<Named> {
        let pattern = PathPattern::new(pattern).unwrap();
        names.iter().map(|name| Named::matched((*name).to_owned(), &pattern)).collect()
    }

    /// `name: before | after` of each pair, with names.
    fn shown(pairing: &Pairing, before: &[Named], after: &[Named]) -> Vec<String> {
        let names = |captures: &[Named], at: &[usize]| {
            at.iter().map(|&at| captures[at].name.clone()).collect::<Vec<_>>().join(" ")
        };
        let line = |pair: &Pair| {
            format!("{}: {} | {}", pair.name, names(before, &pair.before), names(after, &pair.after))
        };
        pairing.pairs.iter().map(line).collect()
    }

    #[test]
    fn names_pair_when_half_of_them_match() {
        let (before, after) = (named(&["a", "b/x", "gone"]), named(&["a", "b/x", "new"]));
        let pairing = pair(&before, &after, &[]);
        assert_eq!(pairing.how, How::Names);
        assert_eq!(shown(&pairing, &before, &after), ["a: a | a", "b/x: b/x | b/x"]);
        let unpaired: Vec<_> = pairing.unpaired.iter().map(|row| (row.capture, row.why.as_str())).collect();
        let why = ["AFTER has no capture of this name", "BEFORE has no capture of this name"];
        assert_eq!(unpaired, [(Ok(2), why[0]), (Err(2), why[1])]);
    }

    #[test]
    fn renamed_pods_are_pooled_per_service() {
        let before = named(&["api-7d9f8b6c5-x2x4z.pb", "api-7d9f8b6c5-kbqlw.pb", "web-1.pb", "old-x2x4z.pb"]);
        let after = named(&["api-5c6b8f9d7-zzzzz.pb", "web-2.pb", "pay-22222.pb"]);
        let pairing = pair(&before, &after, &[]);
        assert_eq!(pairing.how, How::PooledNames);
        assert_eq!(
            shown(&pairing, &before, &after),
            [
                "api-*.pb: api-7d9f8b6c5-x2x4z.pb api-7d9f8b6c5-kbqlw.pb | api-5c6b8f9d7-zzzzz.pb",
                "web-*.pb: web-1.pb | web-2.pb"
            ]
        );
        assert_eq!(pairing.unpaired.len(), 2, "services of one side have no partner");
    }

    #[test]
    fn keys_pair_by_host_and_pool_without() {
        let pattern = "{service}/{date}/{host}-{ts}.pb.gz";
        let before = with(pattern, &["api/27/h1-1.pb.gz", "api/27/h2-1.pb.gz", "api/26/h1-9.pb.gz"]);
        let after = with(pattern, &["api/28/h1-5.pb.gz", "api/28/h2-5.pb.gz", "README"]);
        let pairing = pair(&before, &after, &[]);
        assert_eq!(pairing.how, How::Keys);
        assert_eq!(
            shown(&pairing, &before, &after),
            [
                "api/h1: api/27/h1-1.pb.gz api/26/h1-9.pb.gz | api/28/h1-5.pb.gz",
                "api/h2: api/27/h2-1.pb.gz | api/28/h2-5.pb.gz"
            ]
        );
        assert_eq!(pairing.unpaired[0].why, "its path tells no keys");
        let renamed = with(pattern, &["api/28/g1-5.pb.gz", "api/28/g2-5.pb.gz", "web/28/h1-5.pb.gz"]);
        let pairing = pair(&before, &renamed, &[]);
        assert_eq!((pairing.how, pairing.pairs.len()), (How::PooledKeys, 1));
        assert_eq!(pairing.pairs[0].before.len() + pairing.pairs[0].after.len(), 5);
    }

    #[test]
    fn kinds_of_captures_in_hive_folders_are_not_mixed() {
        let of = |date: &str| {
            named(&[
                &format!("service=api/date={date}/host=h1/cpu-1{date}.pb.gz"),
                &format!("service=api/date={date}/host=h1/heap-1{date}.pb.gz"),
            ])
        };
        let (before, after) = (of("27"), of("28"));
        let names: Vec<String> = pair(&before, &after, &[]).pairs.into_iter().map(|pair| pair.name).collect();
        assert_eq!(names, ["api/h1/cpu-*.pb.gz", "api/h1/heap-*.pb.gz"]);
    }

    #[test]
    fn one_folder_has_the_last_two_versions_as_sides() {
        let names = ["service=a/version=1.9/x", "service=a/version=1.10/x", "service=a/version=1.2/x"];
        let captures = named(&names);
        let sides = sides_by_key(&captures, None).unwrap();
        assert_eq!((sides.before, sides.after, sides.others), (vec![0], vec![1], 1));
        let key = |value: &str| KeyValue { key: "version".to_owned(), value: value.to_owned() };
        let sides = sides_by_key(&captures, Some((&key("1.2"), &key("1.9")))).unwrap();
        assert_eq!((sides.before, sides.after), (vec![2], vec![0]));
        let error = sides_by_key(&captures, Some((&key("1.2"), &key("3")))).unwrap_err().to_string();
        assert_eq!(error, "no capture has version=3; version is 1.2, 1.9, 1.10");
        assert!(matches!(sides_by_key(&named(&["a"]), None), Err(PairingError::NoKeys)));
        let error = sides_by_key(&captures[..1], None).unwrap_err().to_string();
        assert!(error.contains("version 1.9, date in no path"), "{error}");
    }

    #[test]
    fn peers_are_others_of_the_group() {
        let captures = named(&["api-1", "api-2", "api-3", "web-1"]);
        let pairing = peers(&captures, 50);
        assert_eq!(pairing.pairs.len(), 3);
        assert_eq!(
            (pairing.pairs[1].before.as_slice(), pairing.pairs[1].after.as_slice()),
            (&[0, 2][..], &[1][..])
        );
        assert_eq!(pairing.unpaired.len(), 1);
        assert_eq!(evenly(&[0, 1, 2, 3, 4, 5, 6], 3), [0, 2, 4]);
    }
}
