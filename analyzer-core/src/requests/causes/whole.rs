//! Causes that no single request shows: what they are found from, and what they become in a report.

use super::facts::{Fact, Facts};
use super::pattern::Edit;
use super::replay::Replay;
use super::scatter::{Layout, changes};
use super::statements::Statements;
use super::{Found, Looking, REPLAYED, bimodal, cold, dependency, failures, queries};
use crate::report::units;
use crate::requests::contributions::Contribution;
use crate::requests::decomposition::Decomposition;
use crate::requests::findings::Cause;
use crate::requests::rows::{EXEMPLARS, us};
use crate::requests::{Question, RequestOptions, Whole};
use rayon::prelude::*;

/// The share of the error rate that each kind of cause of sets may use: there are many kinds.
const CHANCE: f64 = 0.1;
/// Groups of requests that a changed mix names.
const MOST_NAMED: usize = 3;

/// All that causes of sets are found from.
pub(super) struct Ground<'a> {
    pub(super) whole: &'a Whole<'a>,
    pub(super) decomposition: &'a Decomposition,
    pub(super) contributions: &'a [Contribution],
    pub(super) options: &'a RequestOptions,
    pub(super) looking: &'a [Looking<'a>; 2],
    pub(super) statements: &'a Statements,
    /// What single requests showed.
    pub(super) found: &'a [Found],
    /// The spans of both sides.
    pub(super) facts: [Facts; 2],
    /// The requests of both sides.
    pub(super) layouts: [Layout; 2],
}

/// A cause of sets.
pub(super) struct Row {
    pub(super) code: &'static str,
    pub(super) title: String,
    pub(super) frame: Option<u32>,
    pub(super) statement: Option<u32>,
    /// What it did to the mean request, nanoseconds.
    pub(super) change_ns: f64,
    pub(super) saving_ns: f64,
    /// The requests of each side that show it, with what it takes of each, in the order of the set.
    pub(super) requests: [Vec<(u32, i64)>; 2],
}

/// The causes of sets.
pub(super) fn causes(ground: &Ground<'_>) -> Vec<Cause> {
    let mut rows = failures::failures(ground);
    rows.extend(cold::starts(ground));
    // What is slow in some requests for a reason that is known is no mode of its own.
    let of_patterns: Vec<Vec<(u32, i64)>> = ground
        .found
        .iter()
        .map(|found| found.sides[1].requests.iter().map(|(at, part)| (*at as u32, part.path_ns)).collect())
        .collect();
    let of_rows = rows.iter().map(|row| row.requests[1].as_slice());
    let explained: Vec<&[(u32, i64)]> = of_rows.chain(of_patterns.iter().map(Vec::as_slice)).collect();
    let modes = bimodal::modes(ground, &explained);
    rows.extend(modes);
    rows.extend(queries::slow(ground));
    rows.extend(dependency::slow(ground));
    rows.extend(mix(ground));
    rows.into_iter().map(|row| ground.cause(row)).collect()
}

impl Ground<'_> {
    pub(super) fn question(&self) -> Question {
        self.whole.question
    }

    /// The probability of an alarm of one kind of cause by chance.
    pub(super) fn level(&self) -> f64 {
        CHANCE * (1.0 - self.options.confidence)
    }

    /// The least change of the mean request that matters, nanoseconds.
    pub(super) fn least(&self) -> f64 {
        let (before, after) = self.decomposition.mean;
        self.options.thresholds.of_mean(f64::midpoint(before, after))
    }

    /// Of so many on each side, how many per request.
    pub(super) fn per_request(&self, counts: (f64, f64)) -> (f64, f64) {
        let [before, after] = self.layouts.each_ref().map(|layout| layout.requests().max(1) as f64);
        (counts.0 / before, counts.1 / after)
    }

    /// The requests of each side with a span of which this holds, and how long these took.
    pub(super) fn requests_where(&self, is_it: impl Fn(usize, &Fact) -> bool) -> [Vec<(u32, i64)>; 2] {
        [0, 1].map(|side: usize| {
            let mut requests: Vec<(u32, i64)> = Vec::new();
            for fact in self.facts[side].list.iter().filter(|fact| is_it(side, fact)) {
                match requests.last_mut().filter(|last| last.0 == fact.request) {
                    Some(last) => last.1 = last.1.saturating_add(fact.duration_ns),
                    None => requests.push((fact.request, fact.duration_ns)),
                }
            }
            requests
        })
    }

    /// What the mean request of after would be shorter by if spans of these requests took as long as `takes` says.
    pub(super) fn saving(&self, requests: &[(u32, i64)], takes: impl Fn(&Fact) -> Option<i64> + Sync) -> f64 {
        let step = requests.len().div_ceil(REPLAYED).max(1);
        let replayed: Vec<u32> = requests.iter().step_by(step).map(|(request, _)| *request).collect();
        let saved: i128 = replayed
            .par_iter()
            .map(|&request| {
                let edits: Vec<Edit> = self.facts[1]
                    .of(request)
                    .iter()
                    .filter_map(|fact| Some(Edit::Takes(fact.span, takes(fact)?)))
                    .collect();
                let seen = self.looking[1].seen(request as usize);
                i128::from(seen.duration_ns()) - i128::from(Replay::new(&seen).duration_ns(&edits))
            })
            .sum();
        let share = requests.len() as f64 / self.layouts[1].requests().max(1) as f64;
        share * saved as f64 / replayed.len().max(1) as f64
    }

    fn cause(&self, row: Row) -> Cause {
        let pct = |side: usize| {
            100.0 * row.requests[side].len() as f64 / self.layouts[side].requests().max(1) as f64
        };
        Cause {
            code: row.code,
            before_pct: pct(0),
            after_pct: pct(1),
            title: row.title,
            frame: row.frame.map(|frame| self.whole.frames.get(frame).name.clone()),
            statement: row.statement.map(|statement| self.statements.get(statement).to_owned()),
            us_per_request: us(row.change_ns),
            saving_us: us(row.saving_ns.max(0.0)),
            exemplars: self.exemplars(row.requests),
        }
    }

    /// Of the requests that show a cause, those of which it takes what one in ten exceeds; of after where there are any.
    fn exemplars(&self, [before, after]: [Vec<(u32, i64)>; 2]) -> Vec<String> {
        let (side, mut requests) = if after.is_empty() { (0, before) } else { (1, after) };
        requests.sort_by_key(|&(request, time)| (time, request));
        let Some(last) = requests.len().checked_sub(1) else { return Vec::new() };
        let start = (last * 9 / 10).saturating_sub(EXEMPLARS / 2).min((last + 1).saturating_sub(EXEMPLARS));
        let side = self.whole.sides[side];
        let shown = requests[start..].iter().take(EXEMPLARS);
        shown.map(|(request, _)| side.trace_id(&side.set.requests[*request as usize])).collect()
    }
}

/// `25.70 ms a call instead of 1.10 ms`; of one set what slow requests have, and usual ones.
pub(super) fn instead(after: f64, before: f64, question: Question) -> String {
    let largest = after.max(before);
    let [after, before] = [after, before].map(|value| units::beside(value, largest, "ns"));
    match question {
        Question::Changed => format!("{after} a call instead of {before}"),
        Question::Slow => format!("{after} a call in slow requests, {before} in usual ones"),
    }
}

/// `a`, `a and b`, `a, b and 3 more`.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => "requests from outside".to_owned(),
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} more", rest.len()),
    }
}

/// `12.4 %`.
pub(super) fn pct(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// That other requests are asked for.
fn mix(ground: &Ground<'_>) -> Option<Row> {
    let change_ns = ground.decomposition.mix;
    if ground.question() == Question::Slow || change_ns.abs() < ground.least() {
        return None;
    }
    let groups = ground.whole.groups.names.len();
    // Of each group: requests and their time, before and after.
    let mut sums = vec![[(0.0, 0.0); 2]; groups];
    for (side, whole) in ground.whole.sides.iter().enumerate() {
        for request in &whole.set.requests {
            let sum = &mut sums[request.group as usize][side];
            *sum = (sum.0 + 1.0, sum.1 + request.duration_ns as f64);
        }
    }
    let means: Vec<f64> = sums
        .iter()
        .map(|sides| match sides.map(|(count, time)| (count > 0.0).then(|| time / count)) {
            [Some(before), Some(after)] => f64::midpoint(before, after),
            [before, after] => before.or(after).unwrap_or(0.0),
        })
        .collect();
    // With the means of groups held, what the mix did is the change of a mean over requests.
    let of_sides = [0, 1].map(|side: usize| {
        let requests = ground.whole.sides[side].set.requests.iter().enumerate();
        ground.layouts[side]
            .sums(requests.map(|(at, request)| (at as u32, means[request.group as usize], 1.0)))
    });
    if changes(&[of_sides])[0].p_value() > ground.level() {
        return None;
    }
    let share =
        |group: usize, side: usize| sums[group][side].0 / ground.layouts[side].requests().max(1) as f64;
    let growth = |group: usize| share(group, 1) - share(group, 0);
    let mut grown: Vec<usize> = (0..groups).filter(|&group| growth(group) > 0.0).collect();
    let names = &ground.whole.groups.names;
    grown.sort_by(|&one, &other| growth(other).total_cmp(&growth(one)).then(names[one].cmp(&names[other])));
    let first = *grown.first()?;
    let named: Vec<String> = grown
        .iter()
        .take(MOST_NAMED)
        .map(|&group| {
            let shares = [0, 1].map(|side| pct(share(group, side)));
            format!("{} {} -> {}", names[group], shares[0], shares[1])
        })
        .collect();
    let longer = if change_ns > 0.0 { "longer" } else { "shorter" };
    let title = format!(
        "traffic mix: other requests are asked for, which makes the mean {} {longer} without any of them \
         being so: {}",
        units::value(change_ns.abs(), "ns"),
        named.join(", ")
    );
    let requests = [0, 1].map(|side: usize| {
        let requests = (0u32..).zip(&ground.whole.sides[side].set.requests);
        requests
            .filter(|(_, request)| request.group as usize == first)
            .map(|(at, request)| (at, request.duration_ns))
            .collect()
    });
    Some(Row {
        code: "traffic_mix",
        title,
        frame: None,
        statement: None,
        change_ns,
        saving_ns: 0.0,
        requests,
    })
}
