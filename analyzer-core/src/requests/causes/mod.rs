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
//! | `calls.rs`, `retries.rs`, `queries.rs`, `waits.rs`, `serialised.rs` | detectors |
//! | `statements.rs` | the statements of spans, numbered by their shape |
//! | `tally.rs` | what patterns take of a side |
//! | `replay.rs` | how long a request would take if something in it were different |
//! | `whole.rs` | patterns of sets, not of requests |
//! | `words.rs` | what was found, in words |

mod calls;
mod pattern;
mod replay;
mod seen;
mod statements;
mod tally;
mod words;

use super::contributions::Contribution;
use super::decomposition::Decomposition;
use super::findings::Cause;
use super::rows::{EXEMPLARS, us};
use super::set::Side;
use super::{Question, RequestOptions, Thresholds, Whole};
use crate::stats::student;
use pattern::Occurrence;
use rayon::prelude::*;
use replay::Replay;
use seen::Seen;
use statements::Statements;
use tally::{Key, Tallies, Tally};

/// Finds one kind of pattern in a request.
type Detector = fn(&Seen<'_>, &Thresholds, &mut Vec<Occurrence>);

/// All of them.
const DETECTORS: &[Detector] = &[calls::repeated];

pub(super) use tally::{Mean, ratio};

/// The share of the error rate that causes may use; contributions have the rest.
const CHANCE: f64 = 0.4;
/// More causes than these are no explanation.
const MOST_CAUSES: usize = 20;
/// Requests from which a saving is computed, evenly over all that show the pattern.
const REPLAYED: usize = 500;

/// The causes, those that take most first.
pub(super) fn causes(
    whole: &Whole<'_>,
    decomposition: &Decomposition,
    _contributions: &[Contribution],
    options: &RequestOptions,
) -> Vec<Cause> {
    let mut statements = Statements::default();
    let of_spans = whole.sides.map(|side| {
        side.sources.iter().map(|source| statements.add(source)).collect::<Vec<Vec<Option<u32>>>>()
    });
    let looking = [0, 1].map(|side| Looking {
        side: whole.sides[side],
        statements: &of_spans[side],
        thresholds: &options.thresholds,
    });
    let tallies = [0, 1].map(|side: usize| looking[side].tallies());
    let mut found: Vec<Found> = changed(whole.question, &tallies, decomposition, options);
    found.truncate(MOST_CAUSES);
    let titles = words::Titles { frames: whole.frames, statements: &statements };
    let rows = found.iter().map(|found| {
        let [before, after] = &found.sides;
        Cause {
            code: found.key.0.code(),
            title: titles.title(found, &tallies),
            frame: Some(whole.frames.get(found.key.1.called).name.clone()),
            statement: found.key.1.statement.map(|statement| statements.get(statement).to_owned()),
            before_pct: tallies[0].prevalence_pct(before),
            after_pct: tallies[1].prevalence_pct(after),
            us_per_request: us(found.change(whole.question)),
            saving_us: us(looking[1].saving_ns(found.key, after)),
            exemplars: looking[1].exemplars(after),
        }
    });
    rows.collect()
}

/// A pattern that one side has more of.
struct Found {
    key: Key,
    /// Before and after.
    sides: [Tally; 2],
    /// Time per request on the critical path.
    times: [Mean; 2],
}

impl Found {
    /// What is told of its time: its growth, or of one set what slow requests spend on it.
    fn change(&self, question: Question) -> f64 {
        match question {
            Question::Changed => self.times[1].value - self.times[0].value,
            Question::Slow => self.times[1].value,
        }
    }
}

/// The patterns that take more of requests after than before, or of one set those that take much of slow requests.
fn changed(
    question: Question,
    tallies: &[Tallies; 2],
    decomposition: &Decomposition,
    options: &RequestOptions,
) -> Vec<Found> {
    let mut keys = tallies[0].keys();
    keys.extend(tallies[1].keys());
    keys.sort_unstable();
    keys.dedup();
    let mut found: Vec<Found> = keys
        .into_iter()
        .map(|key| {
            let sides = [0, 1].map(|side: usize| tallies[side].get(key));
            let times = [0, 1].map(|side: usize| tallies[side].time(&sides[side]));
            Found { key, sides, times }
        })
        .collect();
    let is_sure = match question {
        Question::Changed => {
            let p_values: Vec<f64> = found.iter().map(|found| p_value(&found.times)).collect();
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

/// The probability of such a change of a mean by chance (Welch, 1947, with the fewer degrees of freedom); 1 where there is no
/// telling.
pub(super) fn p_value([before, after]: &[Mean; 2]) -> f64 {
    let degrees = before.degrees.min(after.degrees);
    let error = before.error.hypot(after.error);
    if degrees < 4.0 || error == 0.0 {
        1.0
    } else {
        student::p_value((after.value - before.value) / error, degrees)
    }
}

/// One side, as detectors look at it.
struct Looking<'a> {
    side: Side<'a>,
    /// Of the spans of each capture.
    statements: &'a [Vec<Option<u32>>],
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
        Seen::new(self.side.source(request), request, &self.statements[request.capture as usize])
    }

    fn look(&self, request: usize) -> Vec<Occurrence> {
        let seen = self.seen(request);
        let mut found = Vec::new();
        DETECTORS.iter().for_each(|detector| detector(&seen, self.thresholds, &mut found));
        found
    }

    /// What the mean request would be shorter by without a pattern, nanoseconds.
    fn saving_ns(&self, key: Key, tally: &Tally) -> f64 {
        let step = tally.requests.len().div_ceil(REPLAYED).max(1);
        let replayed: Vec<usize> = tally.requests.iter().step_by(step).map(|(request, _)| *request).collect();
        let saved: i64 = replayed
            .par_iter()
            .map(|&request| {
                let found = self.look(request);
                let of_key = found.iter().filter(|one| (one.pattern, one.subject) == key);
                let edits: Vec<_> = of_key.flat_map(|one| one.without.iter().copied()).collect();
                let seen = self.seen(request);
                seen.duration_ns() - Replay::new(&seen).duration_ns(&edits)
            })
            .sum();
        let share = tally.requests.len() as f64 / self.side.set.requests.len().max(1) as f64;
        share * saved as f64 / replayed.len().max(1) as f64
    }

    /// Requests in which to see a pattern: those of which it takes what one in ten exceeds, nearest first.
    fn exemplars(&self, tally: &Tally) -> Vec<String> {
        let mut requests = tally.requests.clone();
        requests.sort_by_key(|(request, part)| (part.path_ns, *request));
        let Some(last) = requests.len().checked_sub(1) else { return Vec::new() };
        let start = (last * 9 / 10).saturating_sub(EXEMPLARS / 2).min((last + 1).saturating_sub(EXEMPLARS));
        let shown = requests[start..].iter().take(EXEMPLARS);
        shown.map(|(request, _)| self.side.trace_id(&self.side.set.requests[*request])).collect()
    }
}
