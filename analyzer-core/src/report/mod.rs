//! The report: every number and sentence decided, as plain data.
//!
//! Serialised it is the JSON of `plateau diff --format json`, schema `plateau-report/1`. Renderers lay it out
//! and decide nothing. A field that cannot be known is null.

mod alignment;
mod build;
mod captures;
mod comparability;
pub(crate) mod culprit;
mod explain;
mod graph;
mod moved;
mod phrases;
mod places;
mod provenance;
mod subjects;
mod summary;
mod sums;
mod totals;
pub mod units;
mod words;

use crate::account::{PlaceInfo, Records};
use crate::classes::ClassRow;
use crate::plateau::{Kind, Tier, Why};
use crate::requests::Findings;
use crate::scale::{Alternative, ScaleMode};
use crate::stats::Chances;
pub use alignment::{Alignment, DepthLimit, InlinedRow, Inserted, ModuleRow, Renamed, RuleRow};
pub(crate) use build::{Inputs, build};
pub use captures::CapturesGrown;
pub use explain::Explanation;
pub(crate) use graph::graph;
pub use graph::{Graph, GraphNode, Mark};
use serde::Serialize;
pub use subjects::{Left, Part, Subject};
pub use sums::Sums;

/// The name and version of the JSON form.
pub const SCHEMA: &str = "plateau-report/1";

/// The comparison of two captures.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The version of plateau.
    pub version: &'static str,
    /// The question that was asked: verb, inputs and the options that shape the result.
    pub command: String,
    /// The capture compared with.
    pub before: Summary,
    /// The capture in question.
    pub after: Summary,
    /// What was compared.
    pub value_type: ValueName,
    /// What else both captures measured, and how its total changed.
    pub other_value_types: Vec<OtherValue>,
    /// How before was brought to the size of after.
    pub scale: Scale,
    /// Totals per second of recording, where both durations are known.
    pub rate: Option<Rate>,
    /// How much unchanged code would differ; null where evidence is unknown or a side is empty.
    pub noise: Option<NoiseFigures>,
    /// The answer.
    pub verdict: Verdict,
    /// What changed, in the order to look at: growth first.
    pub plateaus: Vec<Plateau>,
    /// Shares of bottleneck classes, widest first; null for traces.
    pub classes: Option<Vec<ClassRow>>,
    /// What was done so that the same code stands at the same place; null where that is nothing.
    pub alignment: Option<Alignment>,
    /// What waited and was left out of the comparison; null where nothing was.
    pub idle: Option<Idle>,
    /// Why functions that were asked about are reported, or are not; null where none was.
    pub explanations: Option<Vec<Explanation>>,
    /// What makes the two captures hard to compare.
    pub comparability: Vec<Comparability>,
    /// What the readers left out, of both captures.
    pub left_out: Vec<NoteRow>,
    /// What the readers took with a caveat, of both captures.
    pub notes: Vec<NoteRow>,
    /// How many texts of the captures are hidden by stand-ins; null where that was not asked for.
    pub redacted: Option<usize>,
    /// Request figures of trace sets; null for profiles.
    pub traces: Option<Findings>,
    /// How likely noise alone makes as sure a change; `None` where evidence is unknown or a side is empty.
    #[serde(skip)]
    pub chances: Option<Chances>,
    /// The share of intervals that should hold the truth.
    #[serde(skip)]
    pub confidence: f64,
    /// What the values rest on.
    #[serde(skip)]
    pub basis: Basis,
    /// How sure the findings are, where that is not said row by row.
    #[serde(skip)]
    pub certainty: Option<&'static str>,
    /// The least share of either capture that a listed function has, in percent.
    #[serde(skip)]
    pub min_share_pct: f64,
    /// How many functions of at least the smallest share did not change detectably.
    #[serde(skip)]
    pub unchanged_functions: usize,
    /// Every wide function by itself, whether it changed or not, widest first; none for traces.
    #[serde(skip)]
    pub functions: Vec<Subject>,
    /// Every class of code, widest first; none for traces.
    #[serde(skip)]
    pub class_subjects: Vec<Subject>,
    /// What was added up for the budgets that the comparison was asked about; `None` without any, and for traces.
    #[serde(skip)]
    pub sums: Option<Sums>,
    /// The call tree of both captures, for pictures.
    #[serde(skip)]
    pub graph: Graph,
}

/// What the values of a comparison rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Samples that can be counted.
    Samples,
    /// Requests of traces.
    Requests,
    /// Amounts of which the number of samples is unknown, such as those of a heap.
    Amounts,
}

impl Basis {
    /// The noun for what a side has a number of.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Basis::Samples | Basis::Amounts => "samples",
            Basis::Requests => "requests",
        }
    }

    /// What is made equal by the scale of work, in words.
    #[must_use]
    pub fn work(self) -> &'static str {
        words::work(self)
    }
}

/// One side of the comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Paths as given.
    pub files: Vec<String>,
    /// The name in the text: the shortest that tells the two apart.
    pub name: String,
    /// blake3 of the stored bytes.
    pub digest: Option<String>,
    /// Build id of the main binary.
    pub build_id: Option<String>,
    /// How many captures were added up, those of an archive counted.
    pub captures: usize,
    /// Samples behind the values of all captures, of traces the requests; null where they do not tell.
    pub samples: Option<i64>,
    /// Sum of the values of all captures, in the unit of the value type.
    pub value: f64,
    /// Start of the recording, RFC 3339.
    pub start: Option<String>,
    /// Length of the recording in nanoseconds.
    pub duration_ns: Option<i64>,
    /// Share of the capture's samples that were left out.
    pub left_out_pct: f64,
    /// Records in the file, used and left out; the reasons are in the report's `left_out`.
    pub records: Records,
    /// The account as a sentence: `13,162 samples, all used`.
    #[serde(skip)]
    pub account: String,
}

impl Summary {
    /// The value of one capture, on average.
    #[must_use]
    pub fn per_capture(&self) -> f64 {
        self.value / self.captures.max(1) as f64
    }
}

/// A value type.
#[derive(Clone, Debug, Serialize)]
pub struct ValueName {
    /// `cpu`, `alloc_space`, `cycles:u`.
    pub name: String,
    /// `nanoseconds`, `bytes`, `count`.
    pub unit: String,
}

/// The change of the total of a value type that was not chosen.
#[derive(Clone, Debug, Serialize)]
pub struct OtherValue {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// After over before per capture, in percent; null when before is zero.
    pub change_pct: Option<f64>,
    /// Low end of the interval.
    pub low: Option<f64>,
    /// High end of the interval.
    pub high: Option<f64>,
}

/// How before was brought to the size of after.
#[derive(Clone, Debug, Serialize)]
pub struct Scale {
    /// The mode used.
    pub mode: ScaleMode,
    /// After = k x before for unchanged code.
    pub k: f64,
    /// Standard error of ln k.
    pub se_ln_k: Option<f64>,
    /// What to beware of.
    pub warning: Option<String>,
    /// Every mode that could be computed, the used one first.
    pub alternatives: Vec<Alternative>,
}

/// Totals per second of recording.
#[derive(Clone, Debug, Serialize)]
pub struct Rate {
    /// Value of before per second.
    pub before_per_s: f64,
    /// Value of after per second.
    pub after_per_s: f64,
    /// Change in percent of before.
    pub change_pct: f64,
    /// Low end of the interval.
    pub low: Option<f64>,
    /// High end of the interval.
    pub high: Option<f64>,
}

/// How much unchanged code would differ.
#[derive(Clone, Debug, Serialize)]
pub struct NoiseFigures {
    /// Variance over that of independent samples.
    pub phi: f64,
    /// Relative variance between captures; null until it is estimated.
    pub alpha: Option<f64>,
    /// Where the figures come from.
    pub source: &'static str,
    /// The smallest growth that would be found.
    pub detectable_pct: Detectable,
    /// How many samples of before it takes to find half of what the first plateau grew by; null where none grew, or
    /// no number is enough.
    pub samples_for_half: Option<u64>,
}

/// What waited on both sides.
#[derive(Clone, Debug, Serialize)]
pub struct Idle {
    /// Values of before, in the unit of the value type.
    pub before: f64,
    /// Values of after.
    pub after: f64,
    /// Share of all of before, in percent.
    pub before_pct: f64,
    /// Share of all of after, in percent.
    pub after_pct: f64,
}

/// Whether two captures are the same but for a margin.
#[derive(Clone, Debug)]
pub(crate) struct Equivalence {
    /// Whether they are.
    pub(crate) holds: bool,
    /// The margin, in percent of the whole.
    pub(crate) margin_pct: f64,
    /// The function that may have changed most.
    pub(crate) function: String,
    /// By how much it may have changed.
    pub(crate) farthest_pct: f64,
}

/// The smallest growth that would be found four times in five, in percent of the whole.
#[derive(Clone, Debug, Serialize)]
pub struct Detectable {
    /// For a function of 1 %.
    pub share_1: f64,
    /// For a function of 10 %.
    pub share_10: f64,
}

/// The answer in one code and one sentence.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The code.
    pub code: VerdictCode,
    /// The sentence.
    pub text: String,
    /// Share of all growth that the reported plateaus explain.
    pub explained_pct: Option<f64>,
    /// How far the two distributions are apart (total variation); null when a side is empty.
    pub distance_pct: Option<f64>,
    /// How far noise alone would put them.
    pub distance_noise_pct: Option<f64>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictCode {
    /// Something grew, nothing shrank.
    Grew,
    /// Something shrank, nothing grew.
    Shrank,
    /// Some grew, some shrank.
    Mixed,
    /// Nothing above the noise.
    NoChangeDetected,
    /// No function changed by as much as the margin that was asked for.
    Equivalent,
    /// Sizes only; how sure they are is unknown.
    Unquantified,
}

/// One plateau that changed.
#[derive(Clone, Debug, Serialize)]
pub struct Plateau {
    /// The number in table and picture, from 1.
    pub rank: usize,
    /// Stable name of this plateau across reports.
    pub id: String,
    /// How sure the change is.
    pub tier: Tier,
    /// What sort of thing changed.
    pub kind: Kind,
    /// The function.
    pub function: String,
    /// The module it was loaded from.
    pub module: Option<String>,
    /// Its source file.
    pub file: Option<String>,
    /// Its line.
    pub line: Option<u32>,
    /// The path on which it changed most, from the root.
    pub path: Vec<String>,
    /// Its nearest callers, the one with most change first.
    pub callers: Vec<String>,
    /// Why it is reported.
    pub why: Why,
    /// What such code spends its time on; null where no rule knows it.
    pub class: Option<String>,
    /// The plateau this one may have moved from or to.
    pub counterpart: Option<String>,
    /// The old name of a renamed function.
    pub renamed_from: Option<String>,
    /// Before.
    pub before: PlateauSide,
    /// After.
    pub after: PlateauSide,
    /// The change.
    pub growth: Growth,
    /// Share of all growth (or of all shrinkage) that this one explains.
    pub explains_pct: Option<f64>,
    /// The largest phi at which it would still be more than noise; null where it is not, or for a region.
    pub survives_phi: Option<f64>,
    /// On how many captures of after it grew, each by itself; null where after is one capture, and for regions, shrinkage
    /// and traces.
    pub captures_grown: Option<CapturesGrown>,
}

/// One side of a plateau.
#[derive(Clone, Debug, Serialize)]
pub struct PlateauSide {
    /// Samples; null where unknown.
    pub count: Option<i64>,
    /// Value in its unit.
    pub value: f64,
    /// Share of the side's own total.
    pub share_pct: f64,
}

/// A change.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// After less k x before, in the unit.
    pub value: f64,
    /// The same in percent of k x before's total.
    pub pct: f64,
    /// Low end of the interval; null where evidence is unknown.
    pub low_pct: Option<f64>,
    /// High end of the interval.
    pub high_pct: Option<f64>,
}

/// Something that makes two captures hard to compare.
#[derive(Clone, Debug, Serialize)]
pub struct Comparability {
    /// Stable code.
    pub code: &'static str,
    /// `warning` or `blocking`.
    pub severity: &'static str,
    /// The sentence.
    pub text: String,
    /// Whether a side is of no use.
    #[serde(skip)]
    pub is_unfit: bool,
}

/// A reader's note.
#[derive(Clone, Debug, Serialize)]
pub struct NoteRow {
    /// `before` or `after`.
    pub side: &'static str,
    /// Stable code.
    pub code: &'static str,
    /// How often.
    pub count: u64,
    /// The first places.
    pub first: Vec<PlaceInfo>,
    /// The sentence.
    pub text: String,
}
