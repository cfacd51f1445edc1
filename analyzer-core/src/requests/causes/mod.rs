//! Known patterns that make requests slow: which of them one side has more of, in how many requests, and what they cost.
//!
//! A detector looks at one request ([`Seen`]) and says where it shows a pattern ([`Occurrence`]). What patterns take on the
//! critical path is added up on both sides; where it grew by more than noise, and by enough to matter, that is a cause.
//! What it would save to be without it is told by running the requests again without it ([`replay`]). Patterns that no single
//! request shows, such as a callee that is slow for all its callers, are found from what frames did to the mean request
//! (`whole.rs`).
//!
//! | file | holds |
//! |---|---|
//! | `pattern.rs` | the patterns, and where a request shows one |
//! | `seen.rs` | one request as detectors see it |
//! | `said.rs` | what tags say of calls |
//! | `calls.rs`, `retries.rs`, `waits.rs`, `serialised.rs` | detectors |
//! | `statements.rs` | the statements of spans, numbered by their shape |
//! | `tally.rs` | what patterns take of a side |
//! | `evidence.rs` | a second look at requests, for patterns that grew |
//! | `load.rs` | how much ran at once |
//! | `replay.rs` | how long a request would take if something in it were different |
//! | `whole.rs` | patterns of sets, not of requests; the mix of requests |
//! | `queries.rs`, `dependency.rs`, `failures.rs`, `cold.rs`, `bimodal.rs` | the others of these |
//! | `facts.rs` | every span of a side, as they ask for it |
//! | `scatter.rs` | how sure a change of a mean or a share is |
//! | `words.rs` | what was found, in words |

mod bimodal;
mod calls;
mod cold;
mod dependency;
mod evidence;
mod facts;
mod failures;
mod load;
mod pattern;
#[cfg(test)]
mod planted;
mod queries;
mod replay;
mod retries;
mod said;
mod scatter;
mod seen;
mod serialised;
mod statements;
mod tally;
#[cfg(test)]
mod testing;
mod waits;
mod whole;
mod words;

use super::contributions::Contribution;
use super::decomposition::Decomposition;
use super::findings::Cause;
use super::rows::{EXEMPLARS, us};
use super::set::Side;
use super::{Question, RequestOptions, Thresholds, Whole};
use crate::spans::Frames;
use crate::stats::student;
use evidence::Evidence;
use facts::Facts;
use load::Load;
use pattern::{Occurrence, Pattern};
use rayon::prelude::*;
use replay::Replay;
use said::Sayings;
use scatter::{Change, Layout, Sums, changes};
use seen::{Known, Seen};
use statements::Statements;
use tally::{Key, Tallies, Tally};
use whole::Ground;

/// Finds one kind of pattern in a request.
type Detector = fn(&Seen<'_>, &Thresholds, &mut Vec<Occurrence>);

/// All of them.
const DETECTORS: &[Detector] = &[
    calls::repeated,
    calls::identical,
    retries::retried,
    serialised::in_a_row,
    waits::named,
    waits::before_calls,
];

/// The share of the error rate that causes may use; contributions have the rest.
const CHANCE: f64 = 0.4;
/// More causes than these are no explanation.
const MOST_CAUSES: usize = 20;
/// Patterns that get a second look, which some do not stand.
const LOOKED_AT: usize = 3 * MOST_CAUSES;
/// Requests from which a saving is computed, evenly over all that show the pattern.
const REPLAYED: usize = 500;

/// The causes, those that take most first.
pub(super) fn causes(
    whole: &Whole<'_>,
    decomposition: &Decomposition,
    contributions: &[Contribution],
    options: &RequestOptions,
) -> Vec<Cause> {
    let mut statements = Statements::default();
    let known = whole.sides.map(|side| {
        let of_source =
            |source| Known { statements: statements.add(source), sayings: Sayings::of(source.traces) };
        side.sources.iter().map(of_source).collect::<Vec<Known>>()
    });
    let looking = [0, 1].map(|side| Looking {
        side: whole.sides[side],
        known: &known[side],
        thresholds: &options.thresholds,
    });
    let tallies = [0, 1].map(|side: usize| looking[side].tallies());
    let layouts = whole.sides.map(|side| Layout::new(side.set));
    let mut found: Vec<Found> = changed(whole.question, &tallies, &layouts, decomposition, options);
    found.truncate(LOOKED_AT);
    look_again(&mut found, &looking, whole.frames);
    found.retain(|found| found.is_confirmed(whole.question, &options.thresholds));
    found.truncate(MOST_CAUSES);
    let titles = words::Titles {
        question: whole.question,
        frames: whole.frames,
        statements: &statements,
        thresholds: &options.thresholds,
    };
    let rows = found.iter().map(|found| {
        let [before, after] = &found.sides;
        Cause {
            code: found.key.0.code(),
            title: titles.title(found, &tallies),
            frame: Some(whole.frames.get(found.key.0.frame(found.key.1)).name.clone()),
            statement: found.key.1.statement.map(|statement| statements.get(statement).to_owned()),
            before_pct: tallies[0].prevalence_pct(before),
            after_pct: tallies[1].prevalence_pct(after),
            us_per_request: us(found.change(whole.question)),
            saving_us: us(found.new_share() * looking[1].saving_ns(found.key, after)),
            exemplars: looking[1].exemplars(after),
        }
    });
    let mut list: Vec<Cause> = rows.collect();
    list.extend(whole::causes(&Ground {
        whole,
        decomposition,
        contributions,
        options,
        looking: &looking,
        statements: &statements,
        found: &found,
        facts: looking.each_ref().map(Facts::new),
        layouts,
    }));
    list.sort_by(|one, other| {
        let key = |cause: &'_ Cause| (cause.code, cause.frame.clone(), cause.title.clone());
        other.us_per_request.total_cmp(&one.us_per_request).then_with(|| key(one).cmp(&key(other)))
    });
    list.truncate(MOST_CAUSES);
    list
}

/// A pattern that one side has more of.
struct Found {
    key: Key,
    /// Before and after.
    sides: [Tally; 2],
    /// Time per request on the critical path, nanoseconds.
    time: Change,
    /// What a second look showed.
    evidence: [Evidence; 2],
}

impl Found {
    /// What is told of its time: its growth, or of one set what slow requests spend on it.
    fn change(&self, question: Question) -> f64 {
        match question {
            Question::Changed => self.time.growth(),
            Question::Slow => self.time.after,
        }
    }

    /// Whether the second look bears out what the first found.
    fn is_confirmed(&self, question: Question, thresholds: &Thresholds) -> bool {
        let [before, after] = &self.evidence;
        match self.key.0 {
            Pattern::RepeatedCalls => {
                question == Question::Slow
                    || after.calls_per_request() >= thresholds.called_more * before.calls_per_request()
            }
            Pattern::Serialised => !evidence::serialised([before, after], thresholds).is_empty(),
            Pattern::WaitBeforeCall => evidence::crowd([before, after], thresholds).is_some(),
            _ => true,
        }
    }

    /// The share of what a pattern takes that could be saved: where being without it altogether means more than it was
    /// before, as every span works before its first call, that is the part that came.
    fn new_share(&self) -> f64 {
        match self.key.0 {
            Pattern::Serialised => (self.time.growth() / self.time.after.max(1.0)).clamp(0.0, 1.0),
            Pattern::WaitBeforeCall => {
                let [before, after] = [0, 1].map(|side: usize| self.evidence[side].wait_ns());
                ((after - before) / after.max(1.0)).clamp(0.0, 1.0)
            }
            _ => 1.0,
        }
    }
}

/// Looks again at all requests for what was found.
fn look_again(found: &mut [Found], looking: &[Looking<'_>; 2], frames: &Frames) {
    let keys: Vec<Key> = found.iter().map(|found| found.key).collect();
    for (side, looking) in looking.iter().enumerate() {
        for (found, evidence) in found.iter_mut().zip(looking.evidence(&keys, frames)) {
            found.evidence[side] = evidence;
        }
    }
}

/// The patterns that take more of requests after than before, or of one set those that take much of slow requests.
fn changed(
    question: Question,
    tallies: &[Tallies; 2],
    layouts: &[Layout; 2],
    decomposition: &Decomposition,
    options: &RequestOptions,
) -> Vec<Found> {
    let mut keys = tallies[0].keys();
    keys.extend(tallies[1].keys());
    keys.sort_unstable();
    keys.dedup();
    let sides: Vec<[Tally; 2]> =
        keys.iter().map(|&key| [0, 1].map(|side: usize| tallies[side].get(key))).collect();
    let sums: Vec<[Sums; 2]> = sides
        .iter()
        .map(|sides| [0, 1].map(|side: usize| layouts[side].per_request(sides[side].times())))
        .collect();
    let mut found: Vec<Found> = keys
        .into_iter()
        .zip(sides)
        .zip(changes(&sums))
        .map(|((key, sides), time)| Found { key, sides, time, evidence: Default::default() })
        .collect();
    let is_sure = match question {
        Question::Changed => {
            let p_values: Vec<f64> = found.iter().map(|found| found.time.p_value()).collect();
            student::discoveries(&p_values, CHANCE * (1.0 - options.confidence))
        }
        // Slow requests were chosen for being slow: there is nothing to test.
        Question::Slow => vec![true; found.len()],
    };
    let least = options.thresholds.of_mean(f64::midpoint(decomposition.mean.0, decomposition.mean.1));
    let mut at = 0;
    found.retain(|found| {
        at += 1;
        is_sure[at - 1] && found.change(question) >= least
    });
    found.sort_by(|one, other| {
        other.change(question).total_cmp(&one.change(question)).then(one.key.cmp(&other.key))
    });
    found
}

/// One side, as detectors look at it.
struct Looking<'a> {
    side: Side<'a>,
    /// Of the spans of each capture.
    known: &'a [Known],
    thresholds: &'a Thresholds,
}

impl Looking<'_> {
    /// What patterns take of its requests.
    fn tallies(&self) -> Tallies {
        let requests = 0..self.side.set.requests.len();
        let found: Vec<Vec<Occurrence>> =
            requests.into_par_iter().map(|request| self.look(request)).collect();
        Tallies::new(self.side.set, &found)
    }

    fn seen(&self, request: usize) -> Seen<'_> {
        let request = &self.side.set.requests[request];
        Seen::new(self.side.source(request), request, &self.known[request.capture as usize])
    }

    fn look(&self, request: usize) -> Vec<Occurrence> {
        let seen = self.seen(request);
        let mut found = Vec::new();
        DETECTORS.iter().for_each(|detector| detector(&seen, self.thresholds, &mut found));
        found
    }

    /// What all requests show of some patterns, in the order of these.
    fn evidence(&self, keys: &[Key], frames: &Frames) -> Vec<Evidence> {
        if keys.is_empty() {
            return Vec::new();
        }
        let needs_load = keys.iter().any(|key| key.0 == Pattern::WaitBeforeCall);
        let loads: Vec<Option<Load>> =
            self.side.sources.par_iter().map(|source| needs_load.then(|| Load::of(source))).collect();
        let none = || vec![Evidence::default(); keys.len()];
        let both = |mut sums: Vec<Evidence>, more: Vec<Evidence>| {
            sums.iter_mut().zip(more).for_each(|(sum, evidence)| sum.add(evidence));
            sums
        };
        // Waits stay in the order of requests, wherever their list is cut for threads.
        let mut all = (0..self.side.set.requests.len())
            .into_par_iter()
            .fold(none, |sums, at| {
                let seen = self.seen(at);
                let load = loads[self.side.set.requests[at].capture as usize].as_ref();
                both(sums, keys.iter().map(|&key| Evidence::of_request(&seen, load, key)).collect())
            })
            .reduce(none, both);
        all.iter_mut().zip(keys).for_each(|(sum, &key)| sum.add_side(self.side, frames, key));
        all
    }

    /// What the mean request would be shorter by without a pattern, nanoseconds.
    fn saving_ns(&self, key: Key, tally: &Tally) -> f64 {
        let step = tally.requests.len().div_ceil(REPLAYED).max(1);
        let replayed: Vec<usize> = tally.requests.iter().step_by(step).map(|(request, _)| *request).collect();
        let saved: i128 = replayed
            .par_iter()
            .map(|&request| {
                let found = self.look(request);
                let of_key = found.iter().filter(|one| (one.pattern, one.subject) == key);
                let edits: Vec<_> = of_key.flat_map(|one| one.without.iter().copied()).collect();
                let seen = self.seen(request);
                i128::from(seen.duration_ns()) - i128::from(Replay::new(&seen).duration_ns(&edits))
            })
            .sum();
        let share = tally.requests.len() as f64 / self.side.set.requests.len().max(1) as f64;
        share * saved as f64 / replayed.len().max(1) as f64
    }

    /// Requests in which to see a pattern: about those of which it takes what one in ten exceeds, in the order of that time.
    fn exemplars(&self, tally: &Tally) -> Vec<String> {
        let mut requests = tally.requests.clone();
        requests.sort_by_key(|(request, part)| (part.path_ns, *request));
        let Some(last) = requests.len().checked_sub(1) else { return Vec::new() };
        let start = (last * 9 / 10).saturating_sub(EXEMPLARS / 2).min((last + 1).saturating_sub(EXEMPLARS));
        let shown = requests[start..].iter().take(EXEMPLARS);
        shown.map(|(request, _)| self.side.trace_id(&self.side.set.requests[*request])).collect()
    }
}
