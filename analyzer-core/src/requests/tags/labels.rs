//! Labels: the keys of a service, with all values that requests of either side have for them.

use super::facts::Part;
use super::keys;
use super::scalar::Scalar;
use rustc_hash::FxHashMap;

/// A key of a service.
#[derive(Clone, Debug)]
pub(super) struct Label<'a> {
    /// The service.
    pub(super) service: &'a [u8],
    /// The key.
    pub(super) key: &'a [u8],
    /// Its values in order. Texts that one request of a capture has are counted in `rare`.
    pub(super) values: Vec<Value<'a>>,
    /// Texts that one request of a capture has, of before and of after.
    pub(super) rare: [u64; 2],
    /// Requests that have the service, of before and of after.
    pub(super) with_service: [u64; 2],
    /// Whether its numbers rise or fall in the order of the requests, as counters do.
    pub(super) is_counter: bool,
}

/// A value of a label.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    /// The value.
    pub(super) scalar: Scalar<'a>,
    /// Where it is found: numbers of parts and of their facts.
    pub(super) facts: Vec<(u32, u32)>,
    /// Requests that have it, of before and of after.
    pub(super) requests: [u64; 2],
    /// How many of these are of captures through which it is found all along.
    pub(super) all_along: [u64; 2],
}

impl Label<'_> {
    /// How often requests have the key, once for each value; of before and of after.
    pub(super) fn requests(&self) -> [u64; 2] {
        [0, 1].map(|side: usize| {
            self.rare[side] + self.values.iter().map(|value| value.requests[side]).sum::<u64>()
        })
    }

    /// How many values there are.
    pub(super) fn distinct(&self) -> u64 {
        self.values.len() as u64 + self.rare[0] + self.rare[1]
    }
}

/// The labels of all parts in order of their first appearance, and for every part the label of each fact.
pub(super) fn labels<'a>(parts: &[Part<'a>]) -> (Vec<Label<'a>>, Vec<Vec<u32>>) {
    let mut known: FxHashMap<(&'a [u8], &'a [u8]), u32> = FxHashMap::default();
    let mut labels: Vec<Label<'a>> = Vec::new();
    let mut found: Vec<Vec<Found<'a>>> = Vec::new();
    let mut of_parts = Vec::with_capacity(parts.len());
    for (number, part) in (0u32..).zip(parts) {
        let mut of_keys = FxHashMap::default();
        let mut of_facts = Vec::with_capacity(part.facts.len());
        for (at, fact) in (0u32..).zip(&part.facts) {
            let tag = part.traces.tags[fact.tag.index()];
            let label = *of_keys.entry((fact.service, tag.key)).or_insert_with(|| {
                let (service, key) = (part.service(fact.service), part.traces.strings.get(tag.key));
                *known.entry((service, key)).or_insert_with(|| {
                    labels.push(Label {
                        service,
                        key,
                        values: Vec::new(),
                        rare: [0; 2],
                        with_service: [0; 2],
                        is_counter: false,
                    });
                    found.push(Vec::new());
                    labels.len() as u32 - 1
                })
            });
            of_facts.push(label);
            let scalar = Scalar::of(part.traces, tag.value);
            if fact.requests < 2 && scalar.number().is_none() {
                labels[label as usize].rare[part.side] += 1;
            } else {
                found[label as usize].push(Found { scalar, part: number, fact: at });
            }
        }
        of_parts.push(of_facts);
    }
    let with_service = with_service(parts);
    for (label, found) in labels.iter_mut().zip(found) {
        label.with_service = with_service.get(label.service).copied().unwrap_or_default();
        label.is_counter = is_counter(&found);
        label.values = values(found, parts);
    }
    (labels, of_parts)
}

/// A value in a part.
struct Found<'a> {
    scalar: Scalar<'a>,
    part: u32,
    fact: u32,
}

/// Requests that have each service, of before and of after.
fn with_service<'a>(parts: &[Part<'a>]) -> FxHashMap<&'a [u8], [u64; 2]> {
    let mut with_service: FxHashMap<&[u8], [u64; 2]> = FxHashMap::default();
    for part in parts {
        for &(service, requests) in &part.services {
            with_service.entry(part.traces.strings.get(service)).or_default()[part.side] +=
                u64::from(requests);
        }
    }
    with_service
}

/// The unique values, with the requests that have them.
fn values<'a>(mut found: Vec<Found<'a>>, parts: &[Part<'a>]) -> Vec<Value<'a>> {
    found.sort_by(|one, other| {
        one.scalar.order(&other.scalar).then((one.part, one.fact).cmp(&(other.part, other.fact)))
    });
    let same = found.chunk_by(|one, other| one.scalar.order(&other.scalar).is_eq());
    let values = same.map(|same| {
        let mut value = Value {
            scalar: same[0].scalar,
            facts: same.iter().map(|found| (found.part, found.fact)).collect(),
            requests: [0; 2],
            all_along: [0; 2],
        };
        for &(part, fact) in &value.facts {
            let part = &parts[part as usize];
            let fact = part.facts[fact as usize];
            value.requests[part.side] += u64::from(fact.requests);
            if part.holds_all_along(&fact) {
                value.all_along[part.side] += u64::from(fact.requests);
            }
        }
        value
    });
    values.collect()
}

/// Whether numbers rise or fall in the order in which requests first have them, the nearest ones left out: what runs side by
/// side changes places.
fn is_counter(found: &[Found<'_>]) -> bool {
    /// So many numbers rise by chance in one of 2,000 keys.
    const FEWEST: usize = 16;
    /// The share that rises of a counter.
    const SHARE: f64 = 0.9;
    let (mut pairs, mut rising, mut falling) = (0.0, 0.0, 0.0);
    for part in found.chunk_by(|one, other| one.part == other.part) {
        let numbers: Vec<f64> =
            part.iter().filter_map(|found| found.scalar.number()).map(|number| number.value()).collect();
        let apart = numbers.len() / 4;
        if numbers.len() < FEWEST {
            continue;
        }
        for (one, other) in numbers.iter().zip(&numbers[apart..]) {
            pairs += 1.0;
            rising += f64::from(u8::from(other > one));
            falling += f64::from(u8::from(other < one));
        }
    }
    pairs > 0.0 && (rising >= SHARE * pairs || falling >= SHARE * pairs)
}

/// Whether all numbers of a label are times since the epoch.
pub(super) fn is_epoch(label: &Label<'_>) -> bool {
    let numbers = label.values.iter().map(|value| value.scalar.number());
    !label.values.is_empty()
        && label.rare == [0; 2]
        && numbers.into_iter().all(|number| number.is_some_and(|number| keys::is_epoch(number.value())))
}
