//! One pair as a line of `results.jsonl`, schema `plateau-batch-row/1`.
//!
//! A line holds what an index shows: its size does not depend on the captures.

use crate::report::{Growth, OtherValue, Plateau, PlateauSide, Report, Summary, VerdictCode};
use serde::{Deserialize, Serialize};

/// The name and version of the JSON form.
pub const ROW_SCHEMA: &str = "plateau-batch-row/1";

/// By so many percent more than the compared values another value type has to grow to be told.
const LEAST_BESIDE: f64 = 10.0;
/// How many plateaus of a report a row has.
const MOST_TOP: usize = 3;

/// What became of a pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// [`ROW_SCHEMA`].
    pub schema: String,
    /// The name of the pair, or of a capture without a partner.
    pub pair: String,
    /// What became of it.
    pub status: Status,
    /// The captures of before.
    pub before: Vec<File>,
    /// The captures of after.
    pub after: Vec<File>,
    /// Captures that were not read because a side has so many.
    pub unread: Unread,
    /// The answer; null where nothing was compared.
    pub verdict: Option<RowVerdict>,
    /// How sure its growth is; null where that is unknown.
    pub grew: Option<Chance>,
    /// How sure its shrinkage is; null where that is unknown.
    pub shrank: Option<Chance>,
    /// The value type that was compared; null where nothing was.
    pub value_type: Option<String>,
    /// Value types that grew by more than that one did; what of them grew is not in the report.
    pub also_grew: Vec<AlsoGrew>,
    /// The first plateaus of the report; of what shrank those that did.
    pub top: Vec<Top>,
    /// Why nothing was compared, or what is missing of the pair: the first of `failed`, else why the captures cannot be
    /// compared, else the first of `losses`.
    pub error: Option<Failure>,
    /// Every file that could not be read.
    pub failed: Vec<Failure>,
    /// Of every capture that was read in part, the first thing that is missing; and captures that are left out because they
    /// hold the same bytes as another of their side.
    pub losses: Vec<Failure>,
    /// The report, relative to the folder of the index.
    pub report: Option<String>,
}

/// How likely a change is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// How likely noise alone makes any plateau of the pair change so surely in this direction.
    pub p: f64,
    /// The least rate of false discoveries among all pairs at which this change stands.
    pub q: f64,
}

/// What became of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Compared.
    Ok,
    /// Compared, and something is missing: samples of a capture, or a capture of several.
    Partial,
    /// There is no result.
    Quarantined,
    /// There is no capture to compare with.
    Unpaired,
}

impl Status {
    /// As in the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Partial => "partial",
            Status::Quarantined => "quarantined",
            Status::Unpaired => "unpaired",
        }
    }
}

/// A capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The path as given.
    pub file: String,
    /// blake3 of the stored bytes; null where they were not read.
    pub digest: Option<String>,
}

/// Captures of each side that were not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Of before.
    pub before: usize,
    /// Of after.
    pub after: usize,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable code: `truncated`, `empty`, `unknown_format`, `not_comparable`; of a loss, that of the reader's note.
    pub code: Code,
    /// Offset in the file, where it is known.
    pub byte: Option<u64>,
    /// The sentence, without the name of the file.
    pub text: String,
    /// The file; null where it is not one file's fault.
    pub file: Option<String>,
    /// `before` or `after`; null where it is neither.
    pub side: Option<String>,
}

impl Failure {
    /// A failure of no single file, at no known place.
    #[must_use]
    pub fn new(code: &str, text: impl Into<String>) -> Failure {
        Failure { code: code.to_owned(), byte: None, text: text.into(), file: None, side: None }
    }

    /// That of this file.
    #[must_use]
    pub fn of(self, file: &str) -> Failure {
        Failure { file: Some(file.to_owned()), ..self }
    }

    /// That of a file on this side.
    #[must_use]
    pub fn on(self, side: &str) -> Failure {
        Failure { side: Some(side.to_owned()), ..self }
    }
}

/// A stable code of a failure.
pub type Code = String;

/// The answer of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowVerdict {
    /// As in the report, or `may_have_grown`, `may_have_shrunk` where the change does not stand among so many pairs.
    pub code: String,
    /// The sentence.
    pub text: String,
}

/// A value type beside the one that was compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlsoGrew {
    /// Its name.
    pub name: String,
    /// After over before per capture, in percent.
    pub change_pct: f64,
    /// Low end of the interval.
    pub low_pct: f64,
}

impl AlsoGrew {
    /// What grew by certainly more than the compared values did: more load lets all of them grow.
    fn of(other: &OtherValue, own_pct: f64) -> Option<AlsoGrew> {
        let (change_pct, low_pct) = (other.change_pct?, other.low?);
        let grew = low_pct > own_pct.max(0.0) + LEAST_BESIDE;
        grew.then(|| AlsoGrew { name: other.name.clone(), change_pct, low_pct })
    }
}

/// One of the first plateaus, as in the report but for its path and callers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Top {
    /// The number in the report.
    pub rank: usize,
    /// Stable name of the plateau across reports.
    pub id: String,
    /// How sure the change is.
    pub tier: String,
    /// What sort of thing changed.
    pub kind: String,
    /// The function.
    pub function: String,
    /// The module it was loaded from.
    pub module: Option<String>,
    /// Its source file.
    pub file: Option<String>,
    /// Its line.
    pub line: Option<u32>,
    /// Why it is reported.
    pub why: String,
    /// What such code spends its time on.
    pub class: Option<String>,
    /// Before.
    pub before: TopSide,
    /// After.
    pub after: TopSide,
    /// The change.
    pub growth: TopGrowth,
    /// On how many captures of after it grew; null where there is one.
    pub captures_grown: Option<TopGrown>,
}

/// On how many captures of after a plateau grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopGrown {
    /// On how many it did.
    pub grew: usize,
    /// How many there are.
    pub of: usize,
}

/// One side of a plateau.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopSide {
    /// Samples; null where unknown.
    pub count: Option<i64>,
    /// Value in its unit.
    pub value: f64,
    /// Share of the side's own total.
    pub share_pct: f64,
}

/// A change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopGrowth {
    /// In the unit.
    pub value: f64,
    /// In percent of before's total at the scale.
    pub pct: f64,
    /// Low end of the interval.
    pub low_pct: Option<f64>,
    /// High end of the interval.
    pub high_pct: Option<f64>,
}

impl From<&PlateauSide> for TopSide {
    fn from(side: &PlateauSide) -> TopSide {
        TopSide { count: side.count, value: side.value, share_pct: side.share_pct }
    }
}

impl From<&Growth> for TopGrowth {
    fn from(growth: &Growth) -> TopGrowth {
        let &Growth { value, pct, low_pct, high_pct } = growth;
        TopGrowth { value, pct, low_pct, high_pct }
    }
}

impl Top {
    fn new(plateau: &Plateau) -> Top {
        Top {
            rank: plateau.rank,
            id: plateau.id.clone(),
            tier: word(&plateau.tier),
            kind: word(&plateau.kind),
            function: plateau.function.clone(),
            module: plateau.module.clone(),
            file: plateau.file.clone(),
            line: plateau.line,
            why: word(&plateau.why),
            class: plateau.class.clone(),
            before: (&plateau.before).into(),
            after: (&plateau.after).into(),
            growth: (&plateau.growth).into(),
            captures_grown: plateau
                .captures_grown
                .as_ref()
                .map(|captures| TopGrown { grew: captures.grew, of: captures.of }),
        }
    }
}

/// A code as the JSON has it.
fn word(code: &impl Serialize) -> String {
    // A code is a unit variant, which is written as a string.
    serde_json::to_value(code).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Row {
    /// A row that nothing is known of yet.
    #[must_use]
    pub fn new(pair: String, before: Vec<File>, after: Vec<File>) -> Row {
        Row {
            schema: ROW_SCHEMA.to_owned(),
            pair,
            status: Status::Quarantined,
            before,
            after,
            unread: Unread::default(),
            verdict: None,
            grew: None,
            shrank: None,
            value_type: None,
            also_grew: Vec::new(),
            top: Vec::new(),
            error: None,
            failed: Vec::new(),
            losses: Vec::new(),
            report: None,
        }
    }

    /// Puts the answer of a report into the row.
    pub fn answer(&mut self, report: &Report) {
        self.verdict =
            Some(RowVerdict { code: word(&report.verdict.code), text: report.verdict.text.clone() });
        // Until all pairs are known it is judged by itself.
        let chance = |p: f64| Chance { p: p.min(1.0), q: p.min(1.0) };
        self.grew = report.chances.map(|chances| chance(chances.grew));
        self.shrank = report.chances.map(|chances| chance(chances.shrank));
        // Where nothing grew for certain, what shrank for certain is what the row is about.
        let is_about =
            |plateau: &&Plateau| (plateau.growth.value < 0.0) == (report.verdict.code == VerdictCode::Shrank);
        let (first, rest): (Vec<&Plateau>, Vec<&Plateau>) = report.plateaus.iter().partition(is_about);
        self.top = first.into_iter().chain(rest).take(MOST_TOP).map(Top::new).collect();
        self.value_type = Some(report.value_type.name.clone());
        let per_capture = |side: &Summary| side.value / side.captures as f64;
        let (before, after) = (per_capture(&report.before), per_capture(&report.after));
        let own_pct = if before > 0.0 { 100.0 * (after / before - 1.0) } else { 0.0 };
        self.also_grew =
            report.other_value_types.iter().filter_map(|other| AlsoGrew::of(other, own_pct)).collect();
    }

    /// The row as a line.
    ///
    /// # Errors
    /// When a number is none that JSON has.
    pub fn line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The first plateau.
    #[must_use]
    pub fn first(&self) -> Option<&Top> {
        self.top.first()
    }
}
