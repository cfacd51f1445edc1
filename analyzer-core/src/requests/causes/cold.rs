//! Cold starts: the first requests that a process serves take far longer in it than later ones.
//!
//! A process is one entry of the traces' list, told apart by service and all tags (instance, pod, host, pid). Its time in a
//! request, its own on the critical path, is measured by the median of the same kind of request in the same process.

use super::whole::{Ground, Row};
use crate::report::units;
use crate::requests::Question;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A request is cold that takes so many times what others of its kind do in a process,
const COLD: f64 = 2.0;
/// where the first ones do so many times on average.
const COLD_MEAN: f64 = 3.0;
/// More first requests than this share of those of a process are no start.
const COLD_SHARE: f64 = 0.1;
/// A process with fewer requests tells nothing.
const FEWEST: usize = 30;
/// Neighbouring requests are alike: a longer run is no more evidence than one of so many.
const MOST_INDEPENDENT: usize = 3;
/// The probability that any process starts so by chance.
const CHANCE: f64 = 0.01;

/// A process of a capture of a side.
type Process = (usize, u32, usize);

/// What a process takes of a request.
#[derive(Clone, Copy)]
struct Visit {
    side: usize,
    request: u32,
    group: u32,
    own_ns: i64,
}

/// The start of a process.
struct Start {
    process: Process,
    /// The cold requests, with what they take of the process.
    visits: Vec<Visit>,
    /// What they would take if they were like others.
    usual_ns: f64,
}

impl Start {
    fn taken_ns(&self) -> f64 {
        self.visits.iter().map(|visit| visit.own_ns as f64).sum()
    }
}

/// Services with processes that start cold.
pub(super) fn starts(ground: &Ground<'_>) -> Vec<Row> {
    let mut of_service: BTreeMap<&str, Vec<Start>> = BTreeMap::new();
    for start in cold(processes(ground)) {
        let (side, capture, process) = start.process;
        let traces = ground.whole.sides[side].sources[capture as usize].traces;
        let service = traces.strings.get(traces.processes[process].service);
        let Ok(service) = std::str::from_utf8(service) else { continue };
        of_service.entry(service).or_default().push(start);
    }
    of_service.into_iter().filter_map(|(service, starts)| row(ground, service, &starts)).collect()
}

/// What each process takes of requests, in their order.
fn processes(ground: &Ground<'_>) -> Vec<(Process, Vec<Visit>)> {
    let mut visits: FxHashMap<Process, Vec<Visit>> = FxHashMap::default();
    for (side, facts) in ground.facts.iter().enumerate() {
        let Some(whole) = ground.whole.sides.get(side) else { continue };
        for (at, request) in (0u32..).zip(&whole.set.requests) {
            let spans = &whole.source(request).traces.spans;
            let mut own: Vec<(usize, i64)> = facts
                .of(at)
                .iter()
                .map(|fact| (spans.process[fact.span.index()].index(), fact.own_ns))
                .collect();
            own.sort_unstable();
            own.dedup_by(|next, kept| {
                let is_same = next.0 == kept.0;
                kept.1 += if is_same { next.1 } else { 0 };
                is_same
            });
            // Slow and usual requests of one set are of the same processes.
            let of_side = if ground.question() == Question::Slow { 0 } else { side };
            for (process, own_ns) in own {
                let visit = Visit { side, request: at, group: request.group, own_ns };
                visits.entry((of_side, request.capture, process)).or_default().push(visit);
            }
        }
    }
    let mut list: Vec<(Process, Vec<Visit>)> = visits.into_iter().collect();
    list.sort_unstable_by_key(|(process, _)| *process);
    for (_, visits) in &mut list {
        let start =
            |visit: &Visit| ground.whole.sides[visit.side].set.requests[visit.request as usize].start_ns;
        visits.sort_by_key(|visit| (start(visit), visit.side, visit.request));
    }
    list
}

/// The processes that start cold.
fn cold(processes: Vec<(Process, Vec<Visit>)>) -> Vec<Start> {
    let count = processes.iter().filter(|(_, visits)| visits.len() >= FEWEST).count().max(1);
    let tested = processes.into_iter().filter(|(_, visits)| visits.len() >= FEWEST);
    let found = tested.filter_map(|(process, visits)| {
        let usual = medians(&visits);
        let times: Vec<f64> =
            visits.iter().map(|visit| visit.own_ns as f64 / usual[&visit.group].max(1.0)).collect();
        let run = times.iter().take_while(|&&times| times >= COLD).count();
        if run == 0 || run as f64 > (COLD_SHARE * visits.len() as f64).max(MOST_INDEPENDENT as f64) {
            return None;
        }
        let least = times[..run].iter().copied().fold(f64::INFINITY, f64::min);
        let mean = times[..run].iter().sum::<f64>() / run as f64;
        let as_long = times[run..].iter().filter(|&&times| times >= least).count();
        let share = (1 + as_long) as f64 / (1 + times.len() - run) as f64;
        let by_chance = share.powi(run.min(MOST_INDEPENDENT) as i32);
        let is_cold = mean >= COLD_MEAN && by_chance * count as f64 <= CHANCE;
        is_cold.then(|| {
            let visits = visits[..run].to_vec();
            let usual_ns = visits.iter().map(|visit| usual[&visit.group]).sum();
            Start { process, visits, usual_ns }
        })
    });
    found.collect()
}

/// The median time of each kind of request.
fn medians(visits: &[Visit]) -> FxHashMap<u32, f64> {
    let mut of_group: FxHashMap<u32, Vec<i64>> = FxHashMap::default();
    visits.iter().for_each(|visit| of_group.entry(visit.group).or_default().push(visit.own_ns));
    let mut medians = FxHashMap::default();
    for visit in visits {
        if let Some(mut times) = of_group.remove(&visit.group) {
            times.sort_unstable();
            medians.insert(visit.group, times[times.len() / 2] as f64);
        }
    }
    medians
}

fn row(ground: &Ground<'_>, service: &str, starts: &[Start]) -> Option<Row> {
    let after = |start: &&Start| match ground.question() {
        Question::Changed => start.process.0 == 1,
        Question::Slow => true,
    };
    let beyond = |wanted: bool| -> f64 {
        let of_side = starts.iter().filter(|start| after(start) == wanted);
        of_side.map(|start| start.taken_ns() - start.usual_ns).sum()
    };
    let (before_ns, after_ns) = ground.per_request((beyond(false), beyond(true)));
    let change_ns = after_ns - before_ns;
    if change_ns < ground.least() {
        return None;
    }
    let cold: Vec<&Start> = starts.iter().filter(after).collect();
    let visits: Vec<&Visit> = cold.iter().flat_map(|start| &start.visits).collect();
    let taken: f64 = cold.iter().map(|start| start.taken_ns()).sum();
    let usual: f64 = cold.iter().map(|start| start.usual_ns).sum();
    let each = |sum: f64| units::beside(sum / visits.len() as f64, taken / visits.len() as f64, "ns");
    let processes = match cold.len() {
        1 => "one process".to_owned(),
        number => format!("{number} processes"),
    };
    let title = format!(
        "cold start: the first {} take {} each in {service} ({processes}), later ones {}",
        units::many(visits.len() as u64, "request"),
        each(taken),
        each(usual)
    );
    let requests = [0, 1].map(|side: usize| {
        let mut list: Vec<(u32, i64)> = starts
            .iter()
            .flat_map(|start| &start.visits)
            .filter(|visit| visit.side == side)
            .map(|visit| (visit.request, visit.own_ns))
            .collect();
        list.sort_unstable();
        list.dedup_by_key(|one| one.0);
        list
    });
    // The frame of the service that takes most of them.
    let mut frames: BTreeMap<u32, i128> = BTreeMap::new();
    for visit in &visits {
        for fact in ground.facts[visit.side].of(visit.request) {
            if ground.whole.frames.get(fact.work).service == service {
                *frames.entry(fact.work).or_default() += i128::from(fact.own_ns);
            }
        }
    }
    let frame = frames.into_iter().max_by_key(|&(frame, time)| (time, std::cmp::Reverse(frame)));
    Some(Row {
        code: "cold_start",
        title,
        frame: frame.map(|(frame, _)| frame),
        statement: None,
        change_ns,
        // If they took what later ones do.
        saving_ns: after_ns,
        requests,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visits(times: impl Iterator<Item = i64>) -> Vec<(Process, Vec<Visit>)> {
        let visits =
            times.zip(0..).map(|(own_ns, request)| Visit { side: 0, request, group: 0, own_ns }).collect();
        vec![((0, 0, 0), visits)]
    }

    #[test]
    fn the_first_requests_of_a_process_are_cold() {
        let usual = |at: i64| 100 + (at * 37) % 60;
        let first = visits([900, 700, 400].into_iter().chain((0..200).map(usual)));
        let found = cold(first);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].visits.len(), found[0].taken_ns()), (3, 2000.0));
        // One slow request among the first is nothing where others are as slow later, and a slow middle is no start.
        let rare = (0..200).map(|at| if at % 50 == 0 { 900 } else { usual(at) });
        assert!(cold(visits(rare)).is_empty());
        let middle = (0..200).map(|at| if (50..60).contains(&at) { 900 } else { usual(at) });
        assert!(cold(visits(middle)).is_empty());
        let half = (0..200).map(|at| if at < 90 { 900 } else { usual(at) });
        assert!(cold(visits(half)).is_empty(), "that is a change, not a start");
        assert!(cold(visits([900, 100, 100].into_iter())).is_empty(), "too few");
    }
}
