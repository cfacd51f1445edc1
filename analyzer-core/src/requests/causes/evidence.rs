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
    /// Every wait.
    pub(super) waits: Vec<Wait>,
    /// The most calls of the callee that one process made at once, in the capture where these are fewest and where they are
    /// most.
    pub(super) at_once: (u32, u32),
}

/// A span waits or works before a call, or says that it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) ns: i64,
    /// Other requests that the process was answering when it began.
    pub(super) others: u32,
    /// How long the caller went on after its last child, nanoseconds.
    pub(super) after_ns: i64,
}

impl Evidence {
    /// What one request shows of a pattern.
    pub(super) fn of_request(seen: &Seen<'_>, load: Option<&Load>, (pattern, subject): Key) -> Evidence {
        let mut evidence = Evidence::default();
        match pattern {
            Pattern::RepeatedCalls => {
                evidence.requests =
                    u64::from(seen.range().any(|at| seen.work(SpanId::new(at)) == subject.caller));
                let same = seen.calls().flatten().filter(|call| calls::subject(seen, **call) == subject);
                evidence.calls = same.count() as u64;
            }
            Pattern::Retries => {
                let called = |span: &SpanId| {
                    seen.called(*span) == subject.called
                        && (seen.is_call(*span) || seen.statement(*span).is_some())
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
            Pattern::WaitBeforeCall => {
                let mut entries: Option<Vec<SpanId>> = None;
                waits::for_each_gap(seen, |gap| {
                    if gap.subject == subject {
                        let entries = entries.get_or_insert_with(|| seen.entries());
                        let entry = entries[gap.parent.index() - seen.range().start];
                        let others = load.map_or(0, |load| load.others(seen, gap.parent, entry));
                        evidence.waits.push(Wait { ns: gap.ns, others, after_ns: gap.after_ns });
                    }
                });
            }
            Pattern::PoolWait | Pattern::LockWait => {
                for span in seen.range().map(SpanId::new).filter(|span| seen.work(*span) == subject.called) {
                    let interval = seen.interval(span);
                    evidence.waits.push(Wait { ns: interval.end - interval.start, others: 0, after_ns: 0 });
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
            let most = |source| most_at_once(source, frames, service, callee);
            let most: Vec<u32> = side.sources.iter().map(most).collect();
            self.at_once = (most.iter().min().copied().unwrap_or(0), most.iter().max().copied().unwrap_or(0));
        }
    }

    /// Calls per request that could show the pattern.
    pub(super) fn calls_per_request(&self) -> f64 {
        self.calls as f64 / self.requests.max(1) as f64
    }

    /// The mean wait, nanoseconds.
    pub(super) fn wait_ns(&self) -> f64 {
        mean(self.waits.iter().map(|wait| wait.ns)).unwrap_or(0.0)
    }
}

fn mean(values: impl Iterator<Item = i64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0u64), |(sum, count), value| (sum + value as f64, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// What tells that time before a call is waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Crowd {
    /// The mean wait of those that found no other request, and of those that found some, nanoseconds.
    pub(super) alone_and_not: Option<(f64, f64)>,
    /// What each other request adds to the wait, nanoseconds, where hardly any found none.
    pub(super) per_other_ns: Option<f64>,
    /// Calls of the callee that ran at once at most, before and after, where these are fewer.
    pub(super) at_once: Option<(u32, u32)>,
}

/// Whether time before a call that grew is waiting: who finds no other request does not wait, or fewer calls than before run at
/// once while requests wait. Own work takes its time whoever else is there. Where processors are short, what follows the
/// last call takes longer, too: that is no waiting for a connection.
pub(super) fn crowd([before, after]: [&Evidence; 2], thresholds: &Thresholds) -> Option<Crowd> {
    let usual = before.wait_ns();
    let grew = after.wait_ns() - usual;
    let ends = [before, after].map(|side| mean(side.waits.iter().map(|wait| wait.after_ns)).unwrap_or(0.0));
    if grew <= 0.0 || ends[1] - ends[0] > thresholds.alone_share * grew {
        return None;
    }
    let (alone, not): (Vec<Wait>, Vec<Wait>) = after.waits.iter().partition(|wait| wait.others == 0);
    let enough = thresholds.fewest_waits as usize;
    let mut found = Crowd::default();
    if alone.len() >= enough {
        let [one, others] = [&alone, &not].map(|waits| mean(waits.iter().map(|wait| wait.ns)).unwrap_or(0.0));
        if not.len() < enough || one - usual > thresholds.alone_share * (others - usual) {
            return None;
        }
        found.alone_and_not = Some((one, others));
    } else if let Some((alone, per_other)) = line(&not) {
        found.per_other_ns = (alone - usual <= thresholds.alone_share * grew).then_some(per_other);
    }
    if after.at_once.1 > 0 && 2 * after.at_once.1 <= before.at_once.0 {
        found.at_once = Some((before.at_once.0, after.at_once.1));
    }
    (found != Crowd::default()).then_some(found)
}

/// The straight line through waits over others, by least squares: the wait without others, and what each adds; none where
/// that may be chance.
fn line(waits: &[Wait]) -> Option<(f64, f64)> {
    /// Standard errors from nothing: waits of neighbours are alike, so more than usual.
    const FAR: f64 = 5.0;
    let count = waits.len() as f64;
    let x = mean(waits.iter().map(|wait| i64::from(wait.others)))?;
    let y = mean(waits.iter().map(|wait| wait.ns))?;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for wait in waits {
        let (dx, dy) = (f64::from(wait.others) - x, wait.ns as f64 - y);
        (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
    }
    let slope = xy / xx;
    let error = ((yy - slope * xy).max(0.0) / (count - 2.0) / xx).sqrt();
    (count > 2.0 && xx > 0.0 && slope > FAR * error).then_some((y - slope * x, slope))
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

#[cfg(test)]
mod tests {
    use super::super::pattern::Subject;
    use super::super::testing;
    use super::*;
    use crate::spans::request_testing::{Span, spans};
    use analyzer_formats::SpanKind;

    fn waits(list: impl IntoIterator<Item = (i64, u32, i64)>) -> Evidence {
        let waits = list.into_iter().map(|(ns, others, after_ns)| Wait { ns, others, after_ns });
        Evidence { waits: waits.collect(), ..Evidence::default() }
    }

    fn told(before: &Evidence, after: &Evidence) -> Option<Crowd> {
        crowd([before, after], &Thresholds::default())
    }

    #[test]
    fn who_waits_does_so_for_others() {
        let before = waits((0..60).map(|at| (100, at % 3, 50)));
        let pool = waits((0..60u32).map(|at| (100 + 3000 * i64::from(at % 3), at % 3, 50)));
        assert_eq!(told(&before, &pool).and_then(|crowd| crowd.alone_and_not), Some((100.0, 4600.0)));
        assert_eq!(told(&pool, &before), None, "shorter than before");
        assert_eq!(told(&pool, &pool), None);
        let work = waits((0..60u32).map(|at| (3000 + 100 * i64::from(at % 3), at % 3, 50)));
        assert_eq!(told(&before, &work), None, "own work takes its time alone, too");
        let busy =
            waits((0..60u32).map(|at| (100 + 3000 * i64::from(at % 3), at % 3, 2000 * i64::from(at % 3))));
        assert_eq!(told(&before, &busy), None, "processors are short: all takes longer");
        let alone = waits((0..60).map(|_| (3000, 0, 50)));
        assert_eq!(told(&before, &alone), None, "nobody to wait for");
    }

    #[test]
    fn a_deep_chain_of_waits_is_looked_through() {
        let ids: Vec<String> = (0..50_000).map(|at| at.to_string()).collect();
        let calls: Vec<String> = (0..50_000).map(|at| format!("c{at}")).collect();
        let list: Vec<Span<'_>> = (0..ids.len())
            .flat_map(|at| {
                let now = at as i64 * 10;
                let span =
                    Span::new(&ids[at], if at == 0 { "" } else { &ids[at - 1] }, "shop", "o", now, 1_000_000);
                let call = Span {
                    kind: SpanKind::Client,
                    ..Span::new(&calls[at], &ids[at], "shop", "q", now + 5, now + 9)
                };
                [span, call]
            })
            .collect();
        let evidence = testing::evidence(spans(&list), |frames| {
            let [caller, called] = ["shop: o", "shop: q"].map(|name| testing::frame(frames, name));
            (Pattern::WaitBeforeCall, Subject { caller, called, statement: None })
        });
        assert_eq!(evidence.waits.len(), 50_000);
        assert_eq!(evidence.waits[7], Wait { ns: 5, others: 0, after_ns: 0 });
    }

    #[test]
    fn where_nobody_is_alone_waits_grow_with_others() {
        let before = waits((0..60).map(|_| (100, 5, 50)));
        let odd = |at: u32| i64::from(at * 7919 % 13) * 20;
        let pool = waits((0..60u32).map(|at| (100 + 1000 * i64::from(3 + at % 5) + odd(at), 3 + at % 5, 50)));
        let per_other = told(&before, &pool).and_then(|crowd| crowd.per_other_ns);
        assert!(per_other.is_some_and(|ns| (ns - 1000.0).abs() < 50.0), "{per_other:?}");
        let work = waits((0..60u32).map(|at| (5000 + odd(at), 3 + at % 5, 50)));
        assert_eq!(told(&before, &work), None);
        // One connection for all: there is at most one call at a time.
        let at_once = |evidence: Evidence, at_once| Evidence { at_once: (at_once, at_once), ..evidence };
        let crowd = told(&at_once(before.clone(), 4), &at_once(work.clone(), 1));
        assert_eq!(crowd.and_then(|crowd| crowd.at_once), Some((4, 1)));
        assert_eq!(told(&at_once(before, 4), &at_once(work, 3)), None);
    }
}
