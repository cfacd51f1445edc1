//! Which requests of a capture have which tags, by the numbers that the capture has for both.
//!
//! A request has a tag of a service when any of its spans, or a process of any of its spans, has it. Spans repeat the tags
//! of others, so a capture of ten million tags is gone through by number; texts are looked at once per unique tag.

use super::keys;
use crate::requests::set::{Set, Side};
use analyzer_formats::{SpanId, StringId, TagId, Traces};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// A tag of a service in a part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    /// The service, a number of [`Part::services`].
    pub(super) service: u32,
    /// The tag.
    pub(super) tag: TagId,
    /// How many requests have it.
    pub(super) requests: u32,
    /// The first of them, by its place in the set.
    pub(super) first: u32,
    /// The last of them.
    pub(super) last: u32,
}

/// The requests that a side has of one capture.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Before or after: 0 or 1.
    pub(super) side: usize,
    /// The spans.
    pub(super) traces: &'a Traces,
    /// The services, with how many requests have a span of them.
    pub(super) services: Vec<(StringId, u32)>,
    /// Tags of services, in the order in which requests first have them.
    pub(super) facts: Vec<Fact>,
    /// The requests: places in the set, and numbers of traces.
    requests: Vec<(u32, u32)>,
    /// Of each process its service, a number of `services`.
    service_of: Vec<u32>,
    known: Known,
}

/// The numbers of facts.
#[derive(Debug, Default)]
struct Known {
    /// Of each tag the service that had it first, and the fact: nearly all tags are of one service.
    first: Vec<(u32, u32)>,
    /// Facts of other services.
    others: FxHashMap<(u32, TagId), u32>,
}

/// No fact yet.
const NEW: u32 = u32::MAX;
/// A tag whose key says nothing.
const SKIPPED: u32 = u32::MAX - 1;
/// No request yet.
const NEVER: u32 = u32::MAX;

impl<'a> Part<'a> {
    /// The parts of both sides, those of before first.
    pub(super) fn all(sides: [Side<'a>; 2]) -> Vec<Part<'a>> {
        let captures = [0, 1].map(|side: usize| (0..sides[side].sources.len()).map(move |at| (side, at)));
        let parts: Vec<(usize, usize)> = captures.into_iter().flatten().collect();
        parts
            .into_par_iter()
            .map(|(side, capture)| {
                let of = sides[side];
                Part::new(side, of.sources[capture].traces, of.set, capture as u32)
            })
            .collect()
    }

    fn new(side: usize, traces: &'a Traces, set: &Set, capture: u32) -> Part<'a> {
        let places = (0u32..).zip(&set.requests);
        let requests = places.filter(|(_, request)| request.capture == capture);
        let mut numbers: FxHashMap<StringId, u32> = FxHashMap::default();
        let mut services = Vec::new();
        let service_of = traces.processes.iter().map(|process| {
            *numbers.entry(process.service).or_insert_with(|| {
                services.push((process.service, 0));
                services.len() as u32 - 1
            })
        });
        let service_of = service_of.collect();
        let mut part = Part {
            side,
            traces,
            services,
            facts: Vec::new(),
            requests: requests.map(|(place, request)| (place, request.trace)).collect(),
            service_of,
            known: Known { first: vec![(NEW, NEW); traces.tags.len()], others: FxHashMap::default() },
        };
        part.number();
        part
    }

    /// Numbers the facts, and counts the requests that have each.
    fn number(&mut self) {
        let (mut facts, mut known) = (std::mem::take(&mut self.facts), std::mem::take(&mut self.known));
        let mut is_skipped: FxHashMap<StringId, bool> = FxHashMap::default();
        let mut services = std::mem::take(&mut self.services);
        let mut last = vec![NEVER; services.len()];
        self.walk(|place, service, tag| {
            let Some(tag) = tag else {
                if last[service as usize] != place {
                    last[service as usize] = place;
                    services[service as usize].1 += 1;
                }
                return;
            };
            let new = Fact { service, tag, requests: 1, first: place, last: place };
            let first = &mut known.first[tag.index()];
            let fact = if first.1 == SKIPPED {
                return;
            } else if first.1 == NEW {
                let key = self.traces.tags[tag.index()].key;
                if *is_skipped.entry(key).or_insert_with(|| keys::is_skipped(self.traces.strings.get(key))) {
                    first.1 = SKIPPED;
                    return;
                }
                *first = (service, facts.len() as u32);
                facts.push(new);
                return;
            } else if first.0 == service {
                first.1
            } else {
                let next = facts.len() as u32;
                let fact = *known.others.entry((service, tag)).or_insert(next);
                if fact == next {
                    facts.push(new);
                    return;
                }
                fact
            };
            let fact = &mut facts[fact as usize];
            if fact.last != place {
                fact.last = place;
                fact.requests += 1;
            }
        });
        (self.facts, self.known, self.services) = (facts, known, services);
    }

    /// The requests that have something of each of `groups` groups of facts, in order: `groups_of` tells the group of each
    /// fact.
    pub(super) fn requests_of(&self, groups_of: &[Option<u32>], groups: usize) -> Vec<Vec<u32>> {
        let mut requests: Vec<Vec<u32>> = vec![Vec::new(); groups];
        self.walk(|place, service, tag| {
            let Some(group) = tag.and_then(|tag| groups_of[self.known.get(service, tag)? as usize]) else {
                return;
            };
            let of_group = &mut requests[group as usize];
            if of_group.last() != Some(&place) {
                of_group.push(place);
            }
        });
        requests
    }

    /// Calls `found` with the place, service and tag of everything that the requests have, and with no tag for the service
    /// itself; more than once where spans repeat it.
    fn walk(&self, mut found: impl FnMut(u32, u32, Option<TagId>)) {
        let traces = self.traces;
        let mut last = vec![NEVER; traces.processes.len()];
        for &(place, trace) in &self.requests {
            for span in traces.traces[trace as usize].spans.clone() {
                let process = traces.spans.process[SpanId::new(span).index()].index();
                let service = self.service_of[process];
                if last[process] != place {
                    last[process] = place;
                    found(place, service, None);
                    for &tag in &traces.tag_lists[traces.processes[process].tags.clone()] {
                        found(place, service, Some(tag));
                    }
                }
                let tags = &traces.spans.tags[span];
                for &tag in &traces.tag_lists[tags.start as usize..tags.end as usize] {
                    found(place, service, Some(tag));
                }
            }
        }
    }

    /// Whether requests have a fact from early on until late.
    pub(super) fn holds_all_along(&self, fact: &Fact) -> bool {
        let [Some(first), Some(last)] = [self.requests.first(), self.requests.last()] else { return false };
        u64::from(fact.last - fact.first) * 2 >= u64::from(last.0 - first.0)
    }

    /// The name of a service by its number.
    pub(super) fn service(&self, service: u32) -> &'a [u8] {
        self.traces.strings.get(self.services[service as usize].0)
    }
}

impl Known {
    fn get(&self, service: u32, tag: TagId) -> Option<u32> {
        let (owner, fact) = self.first[tag.index()];
        if fact >= SKIPPED {
            None
        } else if owner == service {
            Some(fact)
        } else {
            self.others.get(&(service, tag)).copied()
        }
    }
}
