//! Which captures of before are compared with which of after.
//!
//! Captures of one name belong together: their name within the folder, or the values of their keys. Dates, times and
//! versions that are keys are no part of it: they are what differs. Hosts and pods are renamed by every deploy. So captures
//! whose names are alike but for hosts, dates and numbers are looked at together, a service say; in the places where fewer
//! than half of the values of one side are found on the other, values are left out of the names, and what has one name
//! then is one group, in which hosts are replicates.

use super::named::{Named, Role};
use super::row::Unread;
use super::template::Template;
use std::collections::{BTreeMap, BTreeSet};

/// What names captures that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Their names.
    Names,
    /// Their keys.
    Keys,
    /// It was said which.
    Given,
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

    /// Sorts pairs by name and numbers names that stand there more than once.
    pub fn sort(pairs: &mut [Pair]) {
        pairs.sort_by(|one, other| (&one.name, &one.after).cmp(&(&other.name, &other.after)));
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
    pub by: By,
    /// What is compared, sorted by name.
    pub pairs: Vec<Pair>,
    /// Of how many pairs the names leave out what fewer than half of the captures have on both sides.
    pub pooled: usize,
    /// What is not compared: captures of before first, each side in its order.
    pub unpaired: Vec<Unpaired>,
    /// What is alike and has captures without a partner on both sides, in words: hosts may have been renamed.
    pub renamed: Vec<String>,
}

impl Pairing {
    /// Nothing yet.
    #[must_use]
    pub fn new(by: By) -> Pairing {
        Pairing { by, pairs: Vec::new(), pooled: 0, unpaired: Vec::new(), renamed: Vec::new() }
    }

    /// How captures were paired, in words.
    #[must_use]
    pub fn text(&self) -> String {
        let (by, few, how) = match self.by {
            By::Given => return "paired as listed".to_owned(),
            By::Names => ("name", "names", "by their names without hosts, dates and numbers"),
            By::Keys => ("keys", "hosts", "by the other keys, hosts as replicates"),
        };
        let few = format!("fewer than half of the {few} are on both sides, so captures are pooled {how}");
        match self.pooled {
            0 => format!("paired by {by}"),
            pooled if pooled == self.pairs.len() => few,
            1 => format!("paired by {by}; in one pair {few}"),
            pooled => format!("paired by {by}; in {pooled} pairs {few}"),
        }
    }
}

/// Pairs the captures of two sides; `apart` are keys that choose the sides.
#[must_use]
pub fn pair(before: &[Named], after: &[Named], apart: &[&str]) -> Pairing {
    let smaller = if after.len() < before.len() { after } else { before };
    let keyed = smaller.iter().filter(|capture| capture.keys.is_some()).count();
    let by = if keyed > 0 && keyed * 2 >= smaller.len() { By::Keys } else { By::Names };
    let mut pairing = Pairing::new(by);
    let mut alike: BTreeMap<Likeness<'_>, Alike<'_>> = BTreeMap::new();
    for (is_after, captures) in [(false, before), (true, after)] {
        for (at, capture) in captures.iter().enumerate() {
            match Member::of(at, capture, by, apart) {
                Some((likeness, member)) => alike.entry(likeness).or_default().add(is_after, member),
                None => {
                    let capture = if is_after { Err(at) } else { Ok(at) };
                    pairing.unpaired.push(Unpaired { capture, why: "its path tells no keys".to_owned() });
                }
            }
        }
    }
    for (likeness, alike) in alike {
        alike.pair(&likeness, &mut pairing);
    }
    Pair::sort(&mut pairing.pairs);
    pairing.unpaired.sort_by(|one, other| {
        let key = |row: &Unpaired| match row.capture {
            Ok(at) => (0, before[at].name.as_str(), at),
            Err(at) => (1, after[at].name.as_str(), at),
        };
        key(one).cmp(&key(other))
    });
    pairing
}

/// What captures have in common that are alike but for hosts, dates and numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Likeness<'a> {
    /// Values of the keys of services and the like.
    group: Vec<&'a str>,
    /// How many keys of hosts there are.
    hosts: usize,
    /// The steady parts of what of the name is no key.
    steady: String,
}

/// A capture among those that it is like.
struct Member<'a> {
    at: usize,
    hosts: Vec<&'a str>,
    template: Template<'a>,
}

impl<'a> Member<'a> {
    fn of(at: usize, capture: &'a Named, by: By, apart: &[&str]) -> Option<(Likeness<'a>, Member<'a>)> {
        let (group, hosts, name) = match (by, &capture.keys) {
            (By::Keys, None) => return None,
            (By::Keys, Some(_)) => {
                (capture.values(Role::Group, apart), capture.values(Role::Host, apart), &capture.rest)
            }
            _ => (Vec::new(), Vec::new(), &capture.name),
        };
        let template = Template::of(name);
        let likeness = Likeness { group, hosts: hosts.len(), steady: template.steady.clone() };
        Some((likeness, Member { at, hosts, template }))
    }

    /// The value in a place: those of hosts first.
    fn value(&self, place: usize) -> &'a str {
        let behind = || self.template.values.get(place - self.hosts.len());
        self.hosts.get(place).or_else(behind).copied().unwrap_or_default()
    }

    /// The values in the places that are kept.
    fn kept(&self, kept: &[bool]) -> Vec<&'a str> {
        (0..kept.len()).filter(|&place| kept[place]).map(|place| self.value(place)).collect()
    }

    fn places(&self) -> usize {
        self.hosts.len() + self.template.values.len()
    }
}

/// Captures that are alike, by side.
#[derive(Default)]
struct Alike<'a> {
    before: Vec<Member<'a>>,
    after: Vec<Member<'a>>,
}

impl<'a> Alike<'a> {
    fn add(&mut self, is_after: bool, member: Member<'a>) {
        if is_after { &mut self.after } else { &mut self.before }.push(member);
    }

    /// Which places tell what belongs together: those of which half of the values of one side at least are found on the
    /// other, as far as that holds of all of them together as well.
    fn kept(&self, places: usize) -> Vec<bool> {
        let values = |side: &[Member<'a>], place: usize| -> BTreeSet<&str> {
            side.iter().map(|member| member.value(place)).collect()
        };
        let is_kept = |place| is_half_found(&values(&self.before, place), &values(&self.after, place));
        let mut kept: Vec<bool> = (0..places).map(is_kept).collect();
        loop {
            let names = |side: &[Member<'a>]| -> BTreeSet<Vec<&str>> {
                side.iter().map(|member| member.kept(&kept)).collect()
            };
            if is_half_found(&names(&self.before), &names(&self.after)) {
                return kept;
            }
            // The place that tells most of them apart is the first to go.
            let number =
                |&place: &usize| values(&self.before, place).len() + values(&self.after, place).len();
            match (0..places).filter(|&place| kept[place]).max_by_key(number) {
                Some(place) => kept[place] = false,
                None => return kept,
            }
        }
    }

    fn pair(&self, likeness: &Likeness<'_>, pairing: &mut Pairing) {
        let places = self.before.iter().chain(&self.after).map(Member::places).max().unwrap_or(0);
        let kept = self.kept(places);
        let name = |member: &Member<'_>| {
            let hosts = member.hosts.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(host, _)| *host);
            let rest = member.template.keep(|value| kept[likeness.hosts + value]);
            joined(likeness.group.iter().copied().chain(hosts), &rest)
        };
        // Within folders of keys the rest of a name is mostly a date or a number.
        let of_hosts = if pairing.by == By::Keys { likeness.hosts } else { places };
        let is_pooled = kept[..of_hosts].contains(&false);

        let mut groups: BTreeMap<Vec<&str>, [Vec<&Member<'_>>; 2]> = BTreeMap::new();
        self.before.iter().for_each(|member| groups.entry(member.kept(&kept)).or_default()[0].push(member));
        self.after.iter().for_each(|member| groups.entry(member.kept(&kept)).or_default()[1].push(member));
        let mut alone_on = [0; 2];
        let at = |members: &[&Member<'_>]| members.iter().map(|member| member.at).collect();
        for [before, after] in groups.into_values() {
            let (is_after, alone) = match (before.first(), after.first()) {
                (Some(_), None) => (false, before),
                (None, Some(_)) => (true, after),
                (Some(first), Some(_)) => {
                    let pair = Pair { name: name(first), before: at(&before), after: at(&after) };
                    pairing.pairs.push(pair);
                    pairing.pooled += usize::from(is_pooled);
                    continue;
                }
                (None, None) => continue,
            };
            let missing = if is_after { "BEFORE" } else { "AFTER" };
            alone_on[usize::from(is_after)] += alone.len();
            let why = match (&alone[..], pairing.by) {
                ([_], By::Names) => format!("{missing} has no capture of this name"),
                ([first, ..], _) => format!("{missing} has no capture of {}", name(first)),
                ([], _) => continue,
            };
            pairing.unpaired.extend(alone.into_iter().map(|member| Unpaired {
                capture: if is_after { Err(member.at) } else { Ok(member.at) },
                why: why.clone(),
            }));
        }
        let [of_before, of_after] = alone_on;
        if let Some(first) = self.before.first().filter(|_| of_before > 0 && of_after > 0) {
            pairing.renamed.push(format!(
                "{}: {of_before} of {} captures of BEFORE and {of_after} of {} of AFTER have no partner and are not compared; \
                 where hosts were renamed, a --path-pattern with {{_}} in their place pools them",
                joined(likeness.group.iter().copied(), &first.template.keep(|_| false)),
                self.before.len(),
                self.after.len()
            ));
        }
    }
}

/// A name of these values of keys and of what of a name is no key.
pub(super) fn joined<'a>(values: impl Iterator<Item = &'a str>, rest: &'a str) -> String {
    values.chain(Some(rest).filter(|rest| !rest.is_empty())).collect::<Vec<_>>().join("/")
}

/// Whether half of the smaller set at least is in the other.
fn is_half_found<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> bool {
    let found = one.intersection(other).count();
    found > 0 && found * 2 >= one.len().min(other.len())
}

/// At most `most` of these, evenly spread.
pub(super) fn evenly(all: &[usize], most: usize) -> Vec<usize> {
    if all.len() <= most {
        return all.to_vec();
    }
    (0..most).map(|at| all[at * all.len() / most]).collect()
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
        assert_eq!((pairing.by, pairing.pooled), (By::Names, 0));
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
        assert_eq!((pairing.by, pairing.pooled), (By::Names, 2));
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
        assert_eq!((pairing.by, pairing.pooled), (By::Keys, 0));
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
        assert_eq!((pairing.pooled, pairing.pairs.len()), (1, 1));
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
    fn few_equal_names_do_not_keep_the_others_apart() {
        let (before, after) =
            (named(&["api-1.pb", "api-2.pb", "api-3.pb"]), named(&["api-3.pb", "api-4.pb", "api-5.pb"]));
        let pairing = pair(&before, &after, &[]);
        let expected = "api-*.pb: api-1.pb api-2.pb api-3.pb | api-3.pb api-4.pb api-5.pb";
        assert_eq!(shown(&pairing, &before, &after), [expected]);
        // Where half of them are on both sides, the others have no partner.
        let after = named(&["api-2.pb", "api-3.pb", "api-4.pb"]);
        let pairing = pair(&before, &after, &[]);
        assert_eq!((pairing.pairs.len(), pairing.pooled, pairing.unpaired.len()), (2, 0, 2));
    }

    #[test]
    fn each_service_is_pooled_or_not_by_itself() {
        let before = named(&["db/h1.pb", "db/h2.pb", "api/h3.pb", "api/h4.pb", "s3/h1.pb"]);
        let after = named(&["db/h1.pb", "db/h2.pb", "api/h5.pb", "api/h6.pb", "ec2/h1.pb"]);
        let pairing = pair(&before, &after, &[]);
        assert_eq!(
            shown(&pairing, &before, &after),
            [
                "api/h*.pb: api/h3.pb api/h4.pb | api/h5.pb api/h6.pb",
                "db/h1.pb: db/h1.pb | db/h1.pb",
                "db/h2.pb: db/h2.pb | db/h2.pb"
            ]
        );
        assert_eq!(pairing.unpaired.len(), 2, "s3 is no ec2");
        assert!(
            pairing.text().starts_with("paired by name; in one pair fewer than half"),
            "{}",
            pairing.text()
        );
        let keyed = |names: &[Named]| -> Vec<Named> {
            let pattern = PathPattern::new("{service}/{host}.pb").unwrap();
            names.iter().map(|capture| Named::matched(capture.name.clone(), &pattern)).collect()
        };
        let (before, after) = (keyed(&before), keyed(&after));
        let pairing = pair(&before, &after, &[]);
        let names: Vec<&str> = pairing.pairs.iter().map(|pair| pair.name.as_str()).collect();
        assert_eq!((names, pairing.pooled), (vec!["api", "db/h1", "db/h2"], 1));
    }

    #[test]
    fn places_are_kept_where_they_match_together() {
        // Each hour and each host is on both sides, and no host at the same hour.
        let (before, after) =
            (named(&["03/web-1.pb", "04/web-2.pb"]), named(&["03/web-2.pb", "04/web-1.pb"]));
        let pairing = pair(&before, &after, &[]);
        assert_eq!((pairing.pairs.len(), pairing.unpaired.len()), (2, 0), "{pairing:?}");
        // Brokers stay, days do not.
        let of = |day: &str| -> Vec<Named> {
            (0..3).map(|at| Named::new(format!("kafka-{at}-202611{day}.pb"))).collect()
        };
        let pairing = pair(&of("27"), &of("28"), &[]);
        let names: Vec<&str> = pairing.pairs.iter().map(|pair| pair.name.as_str()).collect();
        assert_eq!(names, ["kafka-0-*.pb", "kafka-1-*.pb", "kafka-2-*.pb"]);
    }

    #[test]
    fn addresses_are_one_value() {
        let before = named(&["api-10.0.3.7:8080.pb", "api-10.0.3.9:8080.pb"]);
        let after = named(&["api-10.0.4.7:8080.pb", "api-10.0.4.9:8080.pb"]);
        let pairing = pair(&before, &after, &[]);
        assert_eq!((pairing.pairs.len(), pairing.pairs[0].before.len()), (1, 2));
        assert_eq!(evenly(&[0, 1, 2, 3, 4, 5, 6], 3), [0, 2, 4]);
    }
}
