//! What goes together: items that nearly the same requests have.

use super::Found;
use super::evidence::Places;
use super::items::What;
use super::labels::Label;

/// The share of the requests that have either of two items and have both, from which on they are told together (Jaccard).
const TOGETHER: f64 = 0.9;
/// Items beyond these are weaker than twenty rows of others.
const MOST: usize = 1000;

/// The clusters of items that stand in the order of their rank, as their places in it; first the one that ranks first.
///
/// An item joins the clusters of which it goes together with any member, or in which it stands already for another service: a
/// version that is deployed to all is one thing. Ids are left out where something else says
/// the same. Keys of another instrumentation are one cluster for each side, at the end.
pub(super) fn clusters(found: &[Found<'_>], labels: &[Label<'_>]) -> Vec<Vec<usize>> {
    let texts: Vec<String> =
        found.iter().take(MOST).map(|one| one.item.text(&labels[one.item.label as usize])).collect();
    let rises = |one: &Found<'_>| one.difference.strength.is_sign_positive();
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    let mut instrumented: [Vec<usize>; 2] = Default::default();
    for (at, one) in found.iter().enumerate().take(MOST) {
        if matches!(one.item.what, What::Instrumented) {
            instrumented[usize::from(rises(one))].push(at);
            continue;
        }
        let is_together = |&other: &usize| {
            let is_same = texts[at] == texts[other] && rises(one) == rises(&found[other]);
            is_same || together(&one.places, &found[other].places)
        };
        let joined = |cluster: &mut Vec<usize>| cluster.iter().any(is_together);
        let mut cluster: Vec<usize> = clusters.extract_if(.., joined).flatten().collect();
        cluster.push(at);
        cluster.sort_unstable();
        let rank = clusters.partition_point(|other| other[0] < cluster[0]);
        clusters.insert(rank, cluster);
    }
    for cluster in &mut clusters {
        let is_id = |at: usize| found[at].item.is_id(&labels[found[at].item.label as usize]);
        if cluster.iter().any(|&at| !is_id(at)) {
            cluster.retain(|&at| !is_id(at));
        }
    }
    let [falling, rising] = instrumented;
    clusters.extend([rising, falling].into_iter().filter(|cluster| !cluster.is_empty()));
    clusters
}

/// Whether two items are of nearly the same requests.
fn together(one: &[Places; 2], other: &[Places; 2]) -> bool {
    let count = |places: &[Places; 2]| (places[0].len() + places[1].len()) as f64;
    let [fewer, more] = [count(one).min(count(other)), count(one).max(count(other))];
    if fewer < TOGETHER * more {
        return false;
    }
    let both = (common(&one[0], &other[0]) + common(&one[1], &other[1])) as f64;
    both >= TOGETHER * (fewer + more - both)
}

/// How many places two lists in order have in common.
fn common(mut one: &[u32], mut other: &[u32]) -> usize {
    let mut both = 0;
    while let (Some((first, rest)), Some((second, others))) = (one.split_first(), other.split_first()) {
        both += usize::from(first == second);
        if first <= second {
            one = rest;
        }
        if second <= first {
            other = others;
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_of_ten_requests_are_together() {
        let places = |range: std::ops::Range<u32>| [range.collect::<Places>(), vec![7]];
        // 18 + 1 of 20 + 1; 17 + 1 of 21 + 1.
        assert!(together(&places(0..20), &places(2..20)));
        assert!(!together(&places(0..19), &places(2..21)));
        assert_eq!(common(&[1, 3, 5, 9], &[0, 3, 4, 9, 10]), 2);
        assert_eq!(common(&[], &[1]), 0);
    }
}
