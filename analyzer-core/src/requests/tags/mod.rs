//! Tags that one side has more of: `service.version=1.5.0: 0 % before, 100 % after`; `pod=cart-7c9f: 96 % of slow requests,
//! 3 % of usual ones`.
//!
//! The unit is the request. What many requests have and what differs is told; what follows from something else is not: tags
//! that every call of a service has where the service is called more often, tags of a kind of request of which there are more.
//! What goes together is one row.
//!
//! | file | holds |
//! |---|---|
//! | `facts.rs` | which requests of a capture have which tags |
//! | `scalar.rs` | values that are the same in all captures |
//! | `keys.rs` | what a tag is about |
//! | `labels.rs` | keys of services with their values on both sides |
//! | `items.rs`, `bins.rs` | what is compared: values, bins of numbers, keys |
//! | `evidence.rs` | how much shares differ, and how sure that is |
//! | `clusters.rs` | what goes together |

mod bins;
mod clusters;
mod evidence;
mod facts;
mod items;
mod keys;
mod labels;
mod scalar;

use super::findings::TagRow;
use super::{RequestOptions, Thresholds, Whole};
use crate::stats::student;
use clusters::clusters;
use evidence::{Difference, Places, Shares};
use facts::Part;
use items::{Item, What, items};
use labels::{Label, labels};
use rayon::prelude::*;

/// The share of the error rate that tags may use.
const CHANCE: f64 = 0.4;
/// More rows are no explanation.
const MOST_ROWS: usize = 20;
/// More pairs of a row tell no more.
const MOST_PAIRS: usize = 8;

/// An item that differs.
#[derive(Clone, Debug)]
struct Found<'a> {
    item: Item<'a>,
    places: [Places; 2],
    difference: Difference,
    q: f64,
}

/// The tags that one side has more of, the strongest first.
pub(super) fn tags(whole: &Whole<'_>, options: &RequestOptions) -> Vec<TagRow> {
    let sets = whole.sides.map(|side| side.set);
    if sets.iter().any(|set| (set.requests.len() as u64) < options.thresholds.tag_requests) {
        return Vec::new();
    }
    let shares = Shares::new(sets, whole.question, whole.groups.names.len());
    let parts = Part::all(whole.sides);
    let (labels, labels_of) = labels(&parts);
    let items = items(&labels, whole.question, &options.thresholds);
    let tested = items.len();
    let candidates: Vec<Item<'_>> = items
        .into_iter()
        .filter(|item| may_differ(item, &labels[item.label as usize], shares.counts(), &options.thresholds))
        .collect();
    let places = places(&parts, &labels, &labels_of, &candidates);
    let differences: Vec<Difference> = places.par_iter().map(|places| shares.difference(places)).collect();
    let p_values: Vec<f64> = differences.iter().map(|difference| difference.p).collect();
    let q_values = student::q_values(&p_values, tested);
    let level = CHANCE * (1.0 - options.confidence);
    let mut found: Vec<Found<'_>> = candidates
        .into_iter()
        .zip(places)
        .zip(differences.into_iter().zip(q_values))
        .filter(|(_, (_, q))| *q <= level)
        .map(|((item, places), (difference, q))| Found { item, places, difference, q })
        .filter(|found| matters(found, &labels, &shares, &options.thresholds))
        .collect();
    join_bins(&mut found, &shares);
    leave_out_complements(&mut found);
    found.sort_by(|one, other| {
        let strength = |found: &Found<'_>| found.difference.strength.abs();
        let name = |found: &Found<'_>| {
            let label = &labels[found.item.label as usize];
            (found.item.is_id(label), label.service, found.item.text(label))
        };
        strength(other)
            .total_cmp(&strength(one))
            .then(one.difference.p.total_cmp(&other.difference.p))
            .then_with(|| name(one).cmp(&name(other)))
    });
    let clusters = clusters(&found, &labels);
    clusters.iter().take(MOST_ROWS).map(|cluster| row(cluster, &found, &labels, &shares)).collect()
}

/// Whether the shares can differ enough, as far as that is known before the requests of several values are put together.
fn may_differ(item: &Item<'_>, label: &Label<'_>, of: [u64; 2], thresholds: &Thresholds) -> bool {
    let [value] = item.values[..] else { return true };
    let with = label.values[value as usize].requests;
    let share = |side: usize| 100.0 * with[side] as f64 / of[side] as f64;
    (share(1) - share(0)).abs() >= thresholds.tag_points
}

/// Whether the difference matters, among requests for the same and among those that have the service.
fn matters(found: &Found<'_>, labels: &[Label<'_>], shares: &Shares<'_>, thresholds: &Thresholds) -> bool {
    let of_service = labels[found.item.label as usize].with_service;
    let points_of = |of: [u64; 2]| {
        let share = |side: usize| 100.0 * found.places[side].len() as f64 / of[side].max(1) as f64;
        share(1) - share(0)
    };
    let all = points_of(shares.counts());
    [all, points_of(of_service), shares.points(&found.places)]
        .iter()
        .all(|points| points.abs() >= thresholds.tag_points && points.signum() == all.signum())
        && found.places.iter().any(|places| places.len() as u64 >= thresholds.tag_requests)
}

/// The requests that have each item.
fn places(
    parts: &[Part<'_>],
    labels: &[Label<'_>],
    labels_of: &[Vec<u32>],
    items: &[Item<'_>],
) -> Vec<[Places; 2]> {
    let mut keys: Vec<Option<u32>> = vec![None; labels.len()];
    let mut of_facts: Vec<Vec<Option<u32>>> = parts.iter().map(|part| vec![None; part.facts.len()]).collect();
    // A key may be an item besides its values: those are gone through a second time.
    for (number, item) in (0u32..).zip(items) {
        if item.values.is_empty() {
            keys[item.label as usize] = Some(number);
        }
        for &value in &item.values {
            for &(part, fact) in &labels[item.label as usize].values[value as usize].facts {
                of_facts[part as usize][fact as usize] = Some(number);
            }
        }
    }
    let of_keys = labels_of.iter().map(|labels| labels.iter().map(|&label| keys[label as usize]).collect());
    let has_keys = keys.iter().any(Option::is_some);
    let of_keys: Vec<Vec<Option<u32>>> = if has_keys { of_keys.collect() } else { Vec::new() };
    let mut places: Vec<[Places; 2]> = vec![Default::default(); items.len()];
    for groups_of in [&of_facts, &of_keys] {
        let of_parts: Vec<Vec<Places>> = parts
            .par_iter()
            .zip(groups_of.par_iter())
            .map(|(part, groups_of)| part.requests_of(groups_of, items.len()))
            .collect();
        for (part, of_part) in parts.iter().zip(of_parts) {
            for (places, more) in places.iter_mut().zip(of_part) {
                places[part.side].extend(more);
            }
        }
    }
    // Captures of a side may have been recorded at the same time.
    places.par_iter_mut().flatten().for_each(|places| places.sort_unstable());
    places
}

/// Makes one of bins that lie beside each other and differ in the same direction.
fn join_bins(found: &mut Vec<Found<'_>>, shares: &Shares<'_>) {
    found.dedup_by(|next, one| {
        let (What::Bin(low, _), What::Bin(_, high)) = (&one.item.what, &next.item.what) else { return false };
        let rises = |found: &Found<'_>| found.difference.strength.is_sign_positive();
        let is_next = one.item.label == next.item.label
            && one.item.values.last().map(|last| last + 1) == next.item.values.first().copied()
            && rises(one) == rises(next);
        if is_next {
            one.item.what = What::Bin(*low, *high);
            one.item.values.extend(&next.item.values);
            for side in [0, 1] {
                one.places[side].extend(&next.places[side]);
                one.places[side].sort_unstable();
                one.places[side].dedup();
            }
            one.difference = shares.difference(&one.places);
            one.q = one.q.min(next.q);
        }
        is_next
    });
}

/// Leaves out what falls where something else of the same key rises: it says the same.
fn leave_out_complements(found: &mut Vec<Found<'_>>) {
    let rises = |found: &Found<'_>| found.difference.strength.is_sign_positive();
    let mut rising: Vec<u32> = found.iter().filter(|one| rises(one)).map(|one| one.item.label).collect();
    rising.sort_unstable();
    found.retain(|one| rises(one) || rising.binary_search(&one.item.label).is_err());
}

/// A cluster as reports carry it.
fn row(cluster: &[usize], found: &[Found<'_>], labels: &[Label<'_>], shares: &Shares<'_>) -> TagRow {
    let label = |at: usize| &labels[found[at].item.label as usize];
    let lead = cluster[0];
    let service = |at: usize| String::from_utf8_lossy(label(at).service);
    let pair = |&at: &usize| {
        let text = found[at].item.text(label(at));
        if label(at).service == label(lead).service { text } else { format!("{}: {text}", service(at)) }
    };
    let mut pairs: Vec<String> = cluster.iter().take(MOST_PAIRS).map(pair).collect();
    if cluster.len() > MOST_PAIRS {
        pairs.push(format!("and {} more", cluster.len() - MOST_PAIRS));
    }
    let of = shares.counts();
    let pct = |side: usize| 100.0 * found[lead].places[side].len() as f64 / of[side] as f64;
    TagRow {
        service: service(lead).into_owned(),
        pairs,
        before_pct: pct(0),
        after_pct: pct(1),
        q: found[lead].q,
    }
}
