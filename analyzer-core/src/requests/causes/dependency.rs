//! Callees that are slow whoever calls, ways between services that are slow, and operations that are slow by themselves.
//!
//! A frame is looked at where its own time on the critical path grew for sure: a service that merely waits for another
//! has none of that. Failed calls are left out: how long they take is another cause.

use super::MOST_CAUSES;
use super::facts::Fact;
use super::scatter::{Change, Sums, changes};
use super::whole::{Ground, Row, instead, listed};
use crate::requests::Question;
use crate::requests::contributions::Tier;
use crate::spans::FrameKind;
use std::collections::BTreeMap;

/// Of the growth of all calls, what those of a caller grow by where it is among those to which it happens.
const SHARED: f64 = 0.5;
/// And where it is not.
const SPARED: f64 = 0.25;
/// Patterns of single requests that say why a caller's own time grew.
const SAID_BETTER: [&str; 5] = ["n_plus_one", "pool_wait", "lock_wait", "serialised", "retries"];
/// A caller that works longer itself by this much more than a way from it takes longer is busy: it notices answers late.
const BUSY: f64 = 2.0;
/// Frames that did less than so many others are no explanation.
const MOST_LOOKED_AT: usize = 2 * MOST_CAUSES;

/// A frame that takes longer per call.
struct Slower {
    frame: u32,
    /// Own time of a call.
    time: Change,
    /// What slower calls did to the mean request, nanoseconds.
    by_time: f64,
    /// The services that call it and feel it, and those that do not, by name.
    felt_by: Vec<String>,
    spared: Vec<String>,
}

/// Slow callees, ways and operations.
pub(super) fn slow(ground: &Ground<'_>) -> Vec<Row> {
    let slower: Vec<Slower> = ground
        .contributions
        .iter()
        .filter(|one| one.tier == Tier::Sure && one.change.by_time >= ground.least())
        .filter(|one| one.change.by_time >= one.change.change() / 2.0)
        .take(MOST_LOOKED_AT)
        .filter_map(|one| slower(ground, one.frame, one.change.by_time))
        .collect();
    let mut rows: Vec<Row> = slower
        .iter()
        .filter(|one| ground.whole.frames.get(one.frame).kind != FrameKind::Edge)
        .filter(|one| !is_said_better(ground, one))
        .map(|one| callee(ground, one))
        .collect();
    rows.extend(links(ground, &slower));
    rows
}

/// A frame whose calls that succeed take longer; none where it is a database, or where only failures take longer.
fn slower(ground: &Ground<'_>, frame: u32, by_time: f64) -> Option<Slower> {
    let kind = ground.whole.frames.get(frame).kind;
    let mut of_callers: BTreeMap<&str, [Sums; 2]> = BTreeMap::new();
    let mut all = ground.layouts.each_ref().map(|layout| layout.nothing());
    let mut whole = all.clone();
    for (side, facts) in ground.facts.iter().enumerate() {
        let of_frame = facts.list.iter().filter(|fact| fact.frame == frame && facts.succeeded(fact));
        for fact in of_frame {
            if fact.is_database {
                return None;
            }
            let caller = match kind {
                FrameKind::Work => fact.caller,
                _ => Some(fact.work),
            };
            let name = caller.map_or("", |caller| ground.whole.frames.get(caller).service.as_str());
            let of_caller = of_callers
                .entry(name)
                .or_insert_with(|| ground.layouts.each_ref().map(|layout| layout.nothing()));
            for sums in [&mut of_caller[side], &mut all[side]] {
                ground.layouts[side].add(sums, fact.request, fact.own_ns as f64, 1.0);
            }
            ground.layouts[side].add(&mut whole[side], fact.request, fact.duration_ns as f64, 1.0);
        }
    }
    let thresholds = &ground.options.thresholds;
    let fewest = f64::from(thresholds.fewest_calls);
    let [time, whole] = changes(&[all, whole])[..] else { return None };
    // A request may wait longer for a span that takes no longer than before: because what ran beside it no longer does, or
    // because clocks differ.
    if whole.growth() < time.growth() / 2.0 {
        return None;
    }
    let is_enough = time.counts.0 >= fewest && time.counts.1 >= fewest;
    let level = 1.0 - ground.options.confidence;
    let is_sure = ground.question() == Question::Slow || time.p_value() <= level;
    let calls = ground.per_request(time.counts);
    let matters = f64::midpoint(calls.0, calls.1) * time.growth() >= by_time / 2.0
        && time.ratio() >= 1.0 + thresholds.slower_share;
    if !is_enough || !is_sure || !matters {
        return None;
    }
    let mut found = Slower { frame, time, by_time, felt_by: Vec::new(), spared: Vec::new() };
    let callers: Vec<&str> = of_callers.keys().copied().collect();
    let of_callers: Vec<[Sums; 2]> = of_callers.into_values().collect();
    for (name, change) in callers.into_iter().zip(changes(&of_callers)) {
        if change.counts.0.min(change.counts.1) < fewest {
            continue;
        }
        if change.growth() >= SHARED * time.growth() {
            found.felt_by.push(name.to_owned());
        } else if change.growth() < SPARED * time.growth() {
            found.spared.push(name.to_owned());
        }
    }
    Some(found)
}

/// Whether single requests show why a frame's own time grew.
fn is_said_better(ground: &Ground<'_>, one: &Slower) -> bool {
    ground.found.iter().any(|found| {
        SAID_BETTER.contains(&found.key.0.code())
            && found.key.1.caller == one.frame
            && found.change(ground.question()) >= one.by_time / 2.0
    })
}

/// The words for callers.
fn names(callers: &[String]) -> String {
    let names: Vec<&str> = callers
        .iter()
        .map(|name| if name.is_empty() { "requests from outside" } else { name.as_str() })
        .collect();
    listed(&names)
}

fn callee(ground: &Ground<'_>, one: &Slower) -> Row {
    let frame = ground.whole.frames.get(one.frame);
    let times = instead(one.time.after, one.time.before, ground.question());
    let is_called = one.felt_by.iter().any(|name| !name.is_empty());
    let (code, title) = if !one.spared.is_empty() && !one.felt_by.is_empty() {
        let title = format!(
            "{} takes {times} by itself where {} calls, and no longer than before where {} does: \
             what is asked for may differ",
            frame.name,
            names(&one.felt_by),
            names(&one.spared)
        );
        ("slow_for_caller", title)
    } else if frame.kind == FrameKind::Remote {
        let title = format!(
            "{} takes {times}, whoever calls: {}; it writes no spans, so its work and the way there \
             are one",
            frame.name,
            names(&one.felt_by)
        );
        ("slow_dependency", title)
    } else if is_called {
        let title = format!("{} takes {times} by itself, whoever calls: {}", frame.name, names(&one.felt_by));
        ("slow_dependency", title)
    } else {
        let title =
            format!("{} takes {times} by itself: its own code, or waiting that no span shows", frame.name);
        ("slow_work", title)
    };
    row(ground, code, title, &[one])
}

/// Ways between services that take longer, where the callee works no longer by as much itself.
fn links(ground: &Ground<'_>, slower: &[Slower]) -> Vec<Row> {
    let frames = ground.whole.frames;
    let callee = |frame: u32| {
        let frame = frames.get(frame);
        let start = format!("net:{} -> ", frame.service);
        frame.name.strip_prefix(&start).unwrap_or(&frame.name).to_owned()
    };
    let mut callees: BTreeMap<String, Vec<&Slower>> = BTreeMap::new();
    for one in slower.iter().filter(|one| frames.get(one.frame).kind == FrameKind::Edge) {
        callees.entry(callee(one.frame)).or_default().push(one);
    }
    let works_longer = |service: &str| -> f64 {
        let of_it = slower.iter().filter(|one| {
            let frame = frames.get(one.frame);
            frame.kind == FrameKind::Work && frame.service == service
        });
        of_it.map(|one| one.by_time).sum()
    };
    let is_busy = |one: &&Slower| works_longer(&frames.get(one.frame).service) > BUSY * one.by_time;
    let mut rows = Vec::new();
    for (callee_name, mut felt) in callees {
        felt.retain(|one| !is_busy(one));
        let works_longer = works_longer(&callee_name);
        let by_time: f64 = felt.iter().map(|one| one.by_time).sum();
        if felt.is_empty() || works_longer >= by_time {
            continue;
        }
        let itself = if works_longer > 0.0 {
            format!("{callee_name} itself works longer as well, by less")
        } else {
            format!("{callee_name} itself works no longer")
        };
        let others = other_ways(ground, &felt, |frame| callee(frame) == callee_name);
        let times = |one: &Slower| instead(one.time.after, one.time.before, ground.question());
        if others.is_empty() && felt.len() > 1 {
            let callers: Vec<String> = felt.iter().map(|one| frames.get(one.frame).service.clone()).collect();
            let title = format!(
                "slow link: all calls of {callee_name} are longer under way, those of {} {}; {itself}: \
                 its network, or its queue of calls to accept",
                names(&callers),
                times(felt[0])
            );
            rows.push(row(ground, "slow_link", title, &felt));
            continue;
        }
        for &one in &felt {
            let caller = &frames.get(one.frame).service;
            let who_else = if others.is_empty() {
                "nobody else calls it".to_owned()
            } else {
                format!("calls by {} are under way as long as before", names(&others))
            };
            let title = format!(
                "slow link: calls of {callee_name} by {caller} are under way {}; {itself}, and {who_else}",
                times(one)
            );
            rows.push(row(ground, "slow_link", title, &[one]));
        }
    }
    rows
}

/// The callers of a callee, of both sides, whose ways are not among those that grew.
fn other_ways(ground: &Ground<'_>, felt: &[&Slower], is_way: impl Fn(u32) -> bool) -> Vec<String> {
    let frames = ground.whole.frames;
    let fewest = f64::from(ground.options.thresholds.fewest_calls);
    let [before, after] = ground.layouts.each_ref().map(|layout| layout.requests() as f64);
    let mut others: Vec<String> = (0..frames.len() as u32)
        .filter(|&frame| frames.get(frame).kind == FrameKind::Edge && is_way(frame))
        .filter(|&frame| felt.iter().all(|one| one.frame != frame))
        .filter(|&frame| {
            let change = &ground.decomposition.frames[frame as usize];
            let (calls, time) = (change.calls, change.time);
            if calls.0 * before < fewest || calls.1 * after < fewest {
                return false;
            }
            let growth = time.1 / calls.1 - time.0 / calls.0;
            felt.iter().all(|one| growth < SHARED * one.time.growth())
        })
        .map(|frame| frames.get(frame).service.clone())
        .collect();
    others.sort_unstable();
    others.dedup();
    others
}

/// A cause that is about frames that take longer, those that take most first.
fn row(ground: &Ground<'_>, code: &'static str, title: String, slower: &[&Slower]) -> Row {
    let of = |side: usize, fact: &Fact| {
        slower.iter().find(|one| one.frame == fact.frame && ground.facts[side].succeeded(fact))
    };
    let limit = |one: &Slower| f64::midpoint(one.time.before, one.time.after);
    let requests =
        ground.requests_where(|side, fact| of(side, fact).is_some_and(|one| fact.own_ns as f64 > limit(one)));
    let saving_ns = ground.saving(&requests[1], |fact| {
        let one = of(1, fact)?;
        let saved = fact.own_ns as f64 * (one.time.growth() / one.time.after.max(1.0)).clamp(0.0, 1.0);
        Some(fact.duration_ns - saved as i64)
    });
    Row {
        code,
        title,
        frame: slower.first().map(|one| one.frame),
        statement: None,
        change_ns: slower.iter().map(|one| one.by_time).sum(),
        saving_ns,
        requests,
    }
}
