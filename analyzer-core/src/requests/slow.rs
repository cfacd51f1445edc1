//! Slow and usual requests of one set.

use super::set::Set;

/// The slowest requests of each group.
const SLOW: f64 = 0.05;
/// Fewer slow requests of a group tell nothing.
const FEWEST: usize = 2;

/// The usual requests, and the slow ones.
///
/// Slow are the longest 5 % of each group, so that not all of them are of the group that takes longest anyway; usual is
/// the middle half. Groups with too few requests for two slow ones are left out.
pub(super) fn split(all: &Set, groups: usize) -> [Set; 2] {
    let mut of_groups: Vec<Vec<usize>> = vec![Vec::new(); groups];
    for (at, request) in all.requests.iter().enumerate() {
        of_groups[request.group as usize].push(at);
    }
    let mut kinds = vec![Kind::Neither; all.requests.len()];
    for mut group in of_groups {
        group.sort_by_key(|&at| (all.requests[at].duration_ns, at));
        let slow = (group.len() as f64 * SLOW).ceil() as usize;
        if slow < FEWEST || group.len() < 4 * slow {
            continue;
        }
        let (middle, rest) = group.split_at(group.len() - slow);
        rest.iter().for_each(|&at| kinds[at] = Kind::Slow);
        let quarter = group.len() / 4;
        middle[quarter..middle.len().min(group.len() - quarter)]
            .iter()
            .for_each(|&at| kinds[at] = Kind::Usual);
    }
    [Kind::Usual, Kind::Slow].map(|wanted| {
        let mut at = 0;
        all.only(|_| {
            at += 1;
            kinds[at - 1] == wanted
        })
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Neither,
    Usual,
    Slow,
}
