//! A second look at requests, for patterns that take more of one side: what else they show of these on either side.
//!
//! A loop is a cause where there are more calls, not where calls took longer. Calls in a row are one where the same ran side by
//! side. Time before a call is waiting where others are waited for.

use super::load::{Load, callee, most_at_once};
use super::pattern::Pattern;
use super::seen::Seen;
use super::serialised::{self, Beside};
use super::tally::Key;
use super::{calls, waits};
use crate::requests::set::Side;
use crate::requests::thresholds::Thresholds;
use crate::spans::Frames;
use analyzer_formats::SpanId;
use std::collections::BTreeMap;

/// What the requests of one side show of a pattern.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Evidence {
    /// Requests that could show it: those with the caller of calls; those with a call of the callee.
    pub(super) requests: u64,
    /// Calls of that kind, in a loop or not; of retries those of the callee by anybody.
    pub(super) calls: u64,
    /// Of calls in a row: how often calls of each kind ran side by side.
    pub(super) beside: BTreeMap<u32, Beside>,
    /// Every wait, with how many other requests its process was answering when it began.
    pub(super) waits: Vec<Wait>,
    /// The most calls of the callee that one process made at once.
    pub(super) at_once: u32,
}

/// A span waits or works before a call, or says that it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) ns: i64,
    pub(super) others: u32,
}

impl Evidence {
    /// What one request shows of a pattern.
    pub(super) fn of_request(seen: &Seen<'_>, load: Option<&Load>, (pattern, subject): Key) -> Evidence {
        let mut evidence = Evidence::default();
        match pattern {
            Pattern::RepeatedCalls => {
                evidence.requests = u64::from(seen.range().any(|at| seen.work(SpanId::new(at)) == subject.caller));
                let same = seen.calls().flatten().filter(|call| calls::subject(seen, **call) == subject);
                evidence.calls = same.count() as u64;
            }
            Pattern::Retries => {
                let called = |span: &SpanId| {
                    seen.called(*span) == subject.called && (seen.is_call(*span) || seen.statement(*span).is_some())
                };
                evidence.calls = seen.range().map(SpanId::new).filter(called).count() as u64;
                evidence.requests = u64::from(evidence.calls > 0);
            }
            Pattern::Serialised => {
                let of_caller = seen.calls().filter(|calls| seen.work(calls[0].parent) == subject.caller);
                for calls in of_caller {
                    for (call, is_beside) in calls.iter().zip(serialised::beside(seen, calls)) {
                        let beside = evidence.beside.entry(seen.called(call.span)).or_default();
                        beside.calls += 1;
                        beside.beside += u64::from(is_beside);
                    }
                }
            }
            Pattern::WaitBeforeCall => waits::for_each_gap(seen, |gap| {
                if gap.subject == subject {
                    let others = load.map_or(0, |load| load.others(seen, gap.parent));
                    evidence.waits.push(Wait { ns: gap.ns, others });
                }
            }),
            Pattern::PoolWait | Pattern::LockWait => {
                for span in seen.range().map(SpanId::new).filter(|span| seen.work(*span) == subject.called) {
                    let interval = seen.interval(span);
                    evidence.waits.push(Wait { ns: interval.end - interval.start, others: 0 });
                }
            }
            _ => {}
        }
        evidence
    }

    /// Takes in what another request shows.
    pub(super) fn add(&mut self, other: Evidence) {
        self.requests += other.requests;
        self.calls += other.calls;
        for (kind, beside) in other.beside {
            let sum = self.beside.entry(kind).or_default();
            sum.calls += beside.calls;
            sum.beside += beside.beside;
        }
        self.waits.extend(other.waits);
    }

    /// What no single request shows.
    pub(super) fn add_side(&mut self, side: Side<'_>, frames: &Frames, (pattern, subject): Key) {
        if pattern == Pattern::WaitBeforeCall {
            let (service, callee) = (&frames.get(subject.caller).service, callee(frames, subject.called));
            let most = side.sources.iter().map(|source| most_at_once(source, frames, service, callee)).max();
            self.at_once = most.unwrap_or(0);
        }
    }

    /// Calls per request that could show the pattern.
    pub(super) fn calls_per_request(&self) -> f64 {
        self.calls as f64 / self.requests.max(1) as f64
    }

    /// The mean wait, nanoseconds.
    pub(super) fn wait_ns(&self) -> f64 {
        mean(self.waits.iter().copied()).unwrap_or(0.0)
    }
}

fn mean(waits: impl Iterator<Item = Wait>) -> Option<f64> {
    let (sum, count) = waits.fold((0.0, 0u64), |(sum, count), wait| (sum + wait.ns as f64, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// What tells that time before a call is waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Crowd {
    /// The mean wait of those that found no other request, and of those that found some, nanoseconds.
    pub(super) alone_and_not: Option<(f64, f64)>,
    /// Calls of the callee that ran at once at most, before and after, where these are fewer.
    pub(super) at_once: Option<(u32, u32)>,
}

/// Whether time before a call that grew is waiting: who finds no other request does not wait, or fewer calls than before run at
/// once while requests wait. Own work takes its time whoever else is there.
pub(super) fn crowd([before, after]: [&Evidence; 2], thresholds: &Thresholds) -> Option<Crowd> {
    let grew = after.wait_ns() - before.wait_ns();
    if grew <= 0.0 {
        return None;
    }
    let mut found = Crowd::default();
    let alone = || after.waits.iter().copied().filter(|wait| wait.others == 0);
    let not = || after.waits.iter().copied().filter(|wait| wait.others > 0);
    let enough = thresholds.fewest_waits as usize;
    let is_known = alone().count() >= enough;
    if let (Some(one), Some(others)) = (mean(alone()), mean(not()))
        && is_known
        && not().count() >= enough
    {
        if one - before.wait_ns() > thresholds.alone_share * (others - before.wait_ns()) {
            return None;
        }
        found.alone_and_not = Some((one, others));
    } else if is_known {
        // Nobody else was there, and yet it took longer.
        return None;
    }
    if after.at_once > 0 && 2 * after.at_once <= before.at_once {
        found.at_once = Some((before.at_once, after.at_once));
    }
    (found != Crowd::default()).then_some(found)
}

/// The kinds of calls that mostly ran side by side before and mostly do not now, though they are still made.
pub(super) fn serialised([before, after]: [&Evidence; 2], thresholds: &Thresholds) -> Vec<u32> {
    let fell = |kind: &u32| {
        let shares = [before, after].map(|side| side.beside.get(kind).copied().unwrap_or_default());
        shares[1].calls > 0 && shares[0].share() - shares[1].share() >= thresholds.beside_share
    };
    let mut kinds: Vec<u32> = before.beside.keys().copied().filter(fell).collect();
    kinds.sort_by_key(|kind| (std::cmp::Reverse(after.beside[kind].calls), *kind));
    kinds
}
