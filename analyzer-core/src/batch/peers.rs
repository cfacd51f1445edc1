//! Each host of one folder with its peers, the other hosts of its group.

use super::named::{Named, Role};
use super::pairing::{By, Pair, Pairing, Unpaired, joined};
use super::template::Template;
use std::collections::BTreeMap;

/// What captures of one group have in common: keys that are no hosts and no times, and the steady parts of a name.
type Group<'a> = (Vec<&'a str>, Vec<&'a str>, String);

/// Each host with its peers: before are captures of other hosts of its group and of the same release, at most `most` of
/// them, evenly chosen; after are its own captures. A capture whose path tells no host is a host by itself. What is known
/// not to be readable is nobody's peer. Captures of hosts without a peer are listed.
#[must_use]
pub fn peers(captures: &[Named], is_readable: impl Fn(usize) -> bool, most: usize) -> Pairing {
    let mut groups: BTreeMap<Group<'_>, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
    let mut pairing = Pairing::new(By::Given);
    for (at, capture) in captures.iter().enumerate() {
        if !capture.is_described() {
            pairing.unpaired.push(Unpaired { capture: Err(at), why: "its path tells no keys".to_owned() });
            continue;
        }
        let template = Template::of(&capture.rest);
        let [group, release, hosts] =
            [Role::Group, Role::Release, Role::Host].map(|role| capture.values(role, &[]));
        let values = group.iter().chain(&release).chain(&hosts).copied();
        let host = match hosts[..] {
            [] => capture.name.clone(),
            _ => joined(values, &template.keep(|_| false)),
        };
        groups.entry((group, release, template.steady)).or_default().entry(host).or_default().push(at);
    }
    for hosts in groups.values() {
        // Readable captures of one host stand side by side, from `start` on.
        let readable: Vec<usize> = hosts.values().flatten().copied().filter(|&at| is_readable(at)).collect();
        let mut start = 0;
        for (name, own) in hosts {
            let of_own = own.iter().filter(|&&at| is_readable(at)).count();
            let others = readable.len() - of_own;
            let chosen = others.min(most);
            let places = (0..chosen).map(|peer| peer * others / chosen);
            let peer = |place: usize| readable[if place < start { place } else { place + of_own }];
            let before: Vec<usize> = places.map(peer).collect();
            start += of_own;
            if before.is_empty() {
                let why = "no other host is its peer".to_owned();
                let alone = own.iter().map(|&at| Unpaired { capture: Err(at), why: why.clone() });
                pairing.unpaired.extend(alone);
                continue;
            }
            pairing.pairs.push(Pair { name: name.clone(), before, after: own.clone() });
        }
    }
    pairing.unpaired.sort_by_key(|row| row.capture);
    Pair::sort(&mut pairing.pairs);
    pairing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::PathPattern;

    fn named(names: &[&str]) -> Vec<Named> {
        names.iter().map(|name| Named::new((*name).to_owned())).collect()
    }

    fn shown(pairing: &Pairing) -> Vec<(&str, &[usize], &[usize])> {
        pairing.pairs.iter().map(|pair| (pair.name.as_str(), &pair.before[..], &pair.after[..])).collect()
    }

    #[test]
    fn peers_are_others_of_the_group() {
        let pairing = peers(&named(&["api-1", "api-2", "api-3", "web-1"]), |_| true, 50);
        let expected = [("api-1", &[1, 2][..], &[0][..]), ("api-2", &[0, 2], &[1]), ("api-3", &[0, 1], &[2])];
        assert_eq!(shown(&pairing), expected);
        assert_eq!(pairing.unpaired.len(), 1);
        assert_eq!(peers(&named(&["s3/h1", "ec2/h1", "oauth2/h1"]), |_| true, 50).pairs, []);
    }

    #[test]
    fn a_host_is_not_its_own_peer_and_releases_are_not_mixed() {
        let names = ["h1/ts=1", "h1/ts=2", "h2/ts=1", "h2/ts=2", "h3/ts=1"];
        let mut names: Vec<String> =
            names.map(|name| format!("version=1/service=api/host={name}/x.pb")).to_vec();
        names.push("version=2/service=api/host=h1/ts=3/x.pb".to_owned());
        let captures: Vec<Named> = names.into_iter().map(Named::new).collect();
        let pairing = peers(&captures, |_| true, 50);
        let expected = [
            ("api/1/h1/x.pb", &[2, 3, 4][..], &[0, 1][..]),
            ("api/1/h2/x.pb", &[0, 1, 4], &[2, 3]),
            ("api/1/h3/x.pb", &[0, 1, 2, 3], &[4]),
        ];
        assert_eq!(shown(&pairing), expected);
        assert_eq!(pairing.unpaired[0].capture, Err(5));
        let pattern = PathPattern::new("{service}/{host}.pb").unwrap();
        let odd = ["api/eu/h1.pb", "web/x/h2.pb"].map(|name| Named::matched(name.to_owned(), &pattern));
        assert_eq!(peers(&odd, |_| true, 50).pairs, [], "what a pattern does not describe is nobody's peer");
    }

    #[test]
    fn few_of_many_are_chosen_and_none_that_cannot_be_read() {
        let captures = named(&["a-0", "a-1", "a-2", "a-3", "a-4", "a-5"]);
        let pairing = peers(&captures, |at| at != 3, 2);
        assert_eq!(pairing.pairs[0].before, [1, 4]);
        assert_eq!((&pairing.pairs[3].before[..], &pairing.pairs[3].after[..]), (&[0, 2][..], &[3][..]));
        assert_eq!(pairing.pairs[5].before, [0, 2]);
    }
}
