//! What each pattern takes of the requests of a side.

use super::pattern::{Occurrence, Pattern, Subject};
use crate::requests::set::Set;
use rustc_hash::FxHashMap;

/// What patterns are told apart by.
pub(super) type Key = (Pattern, Subject);

/// What a pattern takes of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Time on the critical path, nanoseconds.
    pub(super) path_ns: i64,
    /// Calls that are part of it.
    pub(super) calls: u32,
}

/// What one pattern takes of the requests of a side.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// The requests that show it, by their place in the set, with what it takes of them.
    pub(super) requests: Vec<(usize, Part)>,
}

impl Tally {
    /// The requests that show it, with its time, nanoseconds.
    pub(super) fn times(&self) -> impl Iterator<Item = (u32, f64)> {
        self.requests.iter().map(|&(request, part)| (request as u32, part.path_ns as f64))
    }
}

/// What all patterns take of the requests of a side.
pub(super) struct Tallies {
    /// How many requests there are.
    pub(super) count: usize,
    by_key: FxHashMap<Key, Tally>,
}

impl Tallies {
    /// Adds up what was found in each request of a set.
    pub(super) fn new(set: &Set, found: &[Vec<Occurrence>]) -> Tallies {
        let mut by_key: FxHashMap<Key, Tally> = FxHashMap::default();
        for (request, occurrences) in found.iter().enumerate() {
            for occurrence in occurrences {
                let tally = by_key.entry((occurrence.pattern, occurrence.subject)).or_default();
                if tally.requests.last().is_none_or(|(last, _)| *last != request) {
                    tally.requests.push((request, Part::default()));
                }
                if let Some((_, part)) = tally.requests.last_mut() {
                    // Calls within calls of the same kind are told twice, and take no more than the request does.
                    let all = part.path_ns.saturating_add(occurrence.path_ns);
                    part.path_ns = all.min(set.requests[request].duration_ns);
                    part.calls += occurrence.calls;
                }
            }
        }
        Tallies { count: set.requests.len(), by_key }
    }

    /// The patterns there are, in order.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.by_key.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    /// What one pattern takes; nothing where no request shows it.
    pub(super) fn get(&self, key: Key) -> Tally {
        self.by_key.get(&key).cloned().unwrap_or_default()
    }

    /// The share of requests that show a pattern, percent.
    pub(super) fn prevalence_pct(&self, tally: &Tally) -> f64 {
        100.0 * tally.requests.len() as f64 / self.count.max(1) as f64
    }

    /// Calls per request.
    pub(super) fn calls(&self, tally: &Tally) -> f64 {
        let calls: f64 = tally.requests.iter().map(|(_, part)| f64::from(part.calls)).sum();
        calls / self.count.max(1) as f64
    }
}
