//! An archive of captures of the same code, added up: what later captures are compared with, and how much captures of
//! unchanged code differ.
//!
//! Of every function it keeps the sum of its shares over the captures, and the sum of their squares: enough for a mean and
//! a variance, and two baselines are merged by adding theirs.

mod build;
mod check;
mod file;

use crate::redact::Redaction;
use crate::stats::noise::Noise;
use crate::stats::replicates::Replicates;
use crate::tree::Side;
use crate::value::Measure;
use analyzer_formats::Capture;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// The name and version of the file.
pub const SCHEMA: &str = "plateau-baseline/1";

/// An archive of captures.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// All captures, added up.
    pub capture: Capture,
    /// The captures that it was made of, in the order in which they were added.
    pub members: Vec<Member>,
    /// What is known of every measure.
    measures: Vec<Archived>,
}

/// A capture of a baseline.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Member {
    /// The path as it was given.
    pub name: String,
    /// blake3 of the stored bytes.
    pub digest: Option<String>,
    /// Start of the recording, nanoseconds since the Unix epoch.
    pub start_ns: Option<i64>,
    /// Length of the recording in nanoseconds.
    pub duration_ns: Option<i64>,
}

/// A measure over the captures of a baseline.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Archived {
    name: String,
    unit: String,
    /// The samples of each capture that has the measure.
    samples: Vec<u64>,
    /// By canonical name: the sum of a function's own shares of the samples of each capture, in [`SHARE`]s, and that of
    /// their squares, in [`SQUARE`]s. Whole numbers, so that the order of merging does not matter.
    functions: BTreeMap<String, (u64, u64)>,
}

/// The unit of shares and of squares of shares: parts of one.
const SHARE: f64 = 1e-12;
const SQUARE: f64 = 1e-15;

/// Why a baseline cannot be made or read.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// The file is none.
    #[error("{name}: expected a baseline ({SCHEMA}), found {found}; make one with plateau baseline build")]
    NotABaseline {
        /// The file.
        name: String,
        /// What stands there.
        found: String,
    },
    /// A later version of plateau wrote it.
    #[error(
        "{name}: a later version of plateau wrote it ({found}, and this one reads {SCHEMA}); take that version, or build \
         the baseline again from its captures"
    )]
    Later {
        /// The file.
        name: String,
        /// Its schema.
        found: String,
    },
    /// Its tables do not agree with each other.
    #[error(
        "{name}: {place}: expected {expected}, found {found}; the file was edited or damaged, build it again"
    )]
    Damaged {
        /// The file.
        name: String,
        /// The place in it.
        place: String,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A capture is of requests.
    #[error(
        "{name} holds traces; a baseline adds captures up, and how sure a change of requests is needs each of them: keep \
         the files, and give them to diff or check by --before"
    )]
    Traces {
        /// The capture.
        name: String,
    },
    /// They measure different things: durations and numbers of captures would be those of neither.
    #[error("{name} measures {has}, {first} measures {known}; a baseline is made of captures of one kind")]
    OtherKind {
        /// The capture.
        name: String,
        /// What it measures.
        has: String,
        /// Another one.
        first: String,
        /// What that measures.
        known: String,
    },
    /// The same bytes again: they would make the captures look more alike than they are.
    #[error("{name} is in the baseline already ({digest})")]
    Twice {
        /// The capture.
        name: String,
        /// Its digest.
        digest: String,
    },
    /// The output failed.
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

impl Baseline {
    /// Hides names beside those of its capture.
    pub fn redact(&mut self, redaction: &Redaction) {
        for member in &mut self.members {
            member.name = redaction.text(&member.name);
        }
        for measure in &mut self.measures {
            let functions = std::mem::take(&mut measure.functions);
            measure.functions =
                functions.into_iter().map(|(name, sums)| (redaction.text(&name), sums)).collect();
        }
    }

    /// How much the captures differ by this measure; `None` for fewer than two.
    #[must_use]
    pub(crate) fn replicates(&self, measure: &Measure) -> Option<Replicates> {
        let name = measure.event.as_deref().unwrap_or(&measure.name);
        // Counts are kept with what they are the samples of.
        let is_of = |archived: &&Archived| {
            archived.name == name && (measure.event.is_some() || archived.unit == measure.unit)
        };
        let archived = self.measures.iter().find(is_of)?;
        archived.replicates()
    }

    /// All captures of baselines in one, in their order.
    ///
    /// # Errors
    /// When a capture is in two of them, or they are of different kinds.
    ///
    /// # Panics
    /// When there is no baseline.
    pub fn merge(baselines: Vec<Baseline>) -> Result<Baseline, BaselineError> {
        let mut sum = Sum::default();
        baselines.into_iter().try_for_each(|baseline| sum.add(baseline))?;
        Ok(sum.finish().expect("at least one baseline is the caller's duty"))
    }
}

/// Baselines added up one after the other: in memory are the sum and one of them.
#[derive(Debug, Default)]
pub struct Sum {
    captures: build::Captures,
    members: Vec<Member>,
    digests: BTreeSet<String>,
    measures: Vec<Archived>,
}

impl Sum {
    /// Adds the captures of a baseline.
    ///
    /// # Errors
    /// When one is there already, or they are of another kind than the first.
    pub fn add(&mut self, baseline: Baseline) -> Result<(), BaselineError> {
        self.captures.add(&baseline.capture)?;
        for member in baseline.members {
            if let Some(digest) = &member.digest
                && !self.digests.insert(digest.clone())
            {
                return Err(BaselineError::Twice { name: member.name, digest: digest.clone() });
            }
            self.members.push(member);
        }
        for theirs in baseline.measures {
            let is_same = |ours: &&mut Archived| (&ours.name, &ours.unit) == (&theirs.name, &theirs.unit);
            let Some(ours) = self.measures.iter_mut().find(is_same) else {
                self.measures.push(theirs);
                continue;
            };
            ours.samples.extend(theirs.samples);
            for (name, (sum, squares)) in theirs.functions {
                let known = ours.functions.entry(name).or_default();
                *known = (known.0.saturating_add(sum), known.1.saturating_add(squares));
            }
        }
        Ok(())
    }

    /// All of them as one, in the order in which they were added; `None` when there is none.
    #[must_use]
    pub fn finish(self) -> Option<Baseline> {
        let Sum { captures, members, measures, .. } = self;
        Some(Baseline { capture: captures.finish()?, members, measures })
    }
}

/// What a baseline is made of, and how much its captures differ.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Summary {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Its captures.
    pub captures: Vec<Member>,
    /// Its measures of which samples are counted.
    pub measures: Vec<MeasureSummary>,
}

/// A measure of a baseline.
#[derive(Clone, Debug, serde::Serialize)]
pub struct MeasureSummary {
    /// Its name.
    pub name: String,
    /// Samples of all captures.
    pub samples: u64,
    /// How many functions have samples of their own.
    pub functions: usize,
    /// How much a function of 1 % differs from capture to capture, in percent of itself, by the noise that the captures
    /// tell; null for fewer than two.
    pub spread_pct: Option<f64>,
    /// The widest functions.
    pub widest: Vec<FunctionSummary>,
}

/// A function over the captures of a baseline.
#[derive(Clone, Debug, serde::Serialize)]
pub struct FunctionSummary {
    /// Its canonical name.
    pub function: String,
    /// The mean of its own shares, in percent.
    pub share_pct: f64,
    /// Their standard deviation, in points.
    pub deviation_pct: f64,
}

/// More functions are not shown.
const WIDEST: usize = 10;

impl Baseline {
    /// What it is made of.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let counted = self.measures.iter().filter(|archived| !archived.samples.is_empty());
        Summary {
            schema: SCHEMA,
            captures: self.members.clone(),
            measures: counted.map(Archived::summary).collect(),
        }
    }
}

impl Archived {
    /// The sums of a function's shares and of their squares.
    fn moments(&(sum, squares): &(u64, u64)) -> (f64, f64) {
        (sum as f64 * SHARE, squares as f64 * SQUARE)
    }

    fn replicates(&self) -> Option<Replicates> {
        let samples: Vec<f64> =
            self.samples.iter().filter(|&&samples| samples > 0).map(|&samples| samples as f64).collect();
        Replicates::of_moments(Side::Before, &samples, self.functions.values().map(Self::moments))
    }

    fn summary(&self) -> MeasureSummary {
        let captures = self.samples.len() as f64;
        let samples = self.samples.iter().copied().fold(0, u64::saturating_add);
        let mut widest: Vec<FunctionSummary> = self
            .functions
            .iter()
            .map(|(name, moments)| {
                let (sum, squares) = Self::moments(moments);
                let variance = (squares - sum * sum / captures) / (captures - 1.0).max(1.0);
                FunctionSummary {
                    function: name.clone(),
                    share_pct: round(100.0 * sum / captures),
                    deviation_pct: round(100.0 * variance.max(0.0).sqrt()),
                }
            })
            .collect();
        widest.sort_by(|one, other| {
            other.share_pct.total_cmp(&one.share_pct).then_with(|| one.function.cmp(&other.function))
        });
        widest.truncate(WIDEST);
        let replicates = self.replicates();
        MeasureSummary {
            name: self.name.clone(),
            samples,
            functions: self.functions.len(),
            spread_pct: replicates.map(|replicates| {
                let noise = Noise::assumed(1.0, 1, 0.95).learn_replicates(&replicates);
                round(100.0 * (noise.phi * captures / (0.01 * samples as f64) + noise.alpha).sqrt())
            }),
            widest,
        }
    }
}

/// Percentages to four decimal places.
fn round(percent: f64) -> f64 {
    (percent * 1e4).round() / 1e4
}
