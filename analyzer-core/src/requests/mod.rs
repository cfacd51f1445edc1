//! Requests of two sets of traces, or slow and usual ones of one set: what became of their latency, what explains it, and
//! how sure that is.
//!
//! | file | holds |
//! |---|---|
//! | `set.rs` | captures, their requests and what each spent its time on |
//! | `one_set.rs`, `slow.rs` | one set: where its time goes; its slow and its usual requests |
//! | `choose.rs` | the requests that ask for something |
//! | `paths.rs` | the critical path of single requests |
//! | `sums.rs` | sums over stretches of a set, and sets drawn anew |
//! | `decomposition.rs` | the exact sum of the mean's change |
//! | `contributions.rs` | each frame's part in it, and how sure that is |
//! | `latency.rs` | percentiles and failures by group |
//! | `means.rs` | means over parts of a set, and how sure a change of one is |
//! | `causes/` | known patterns that explain it |
//! | `structure.rs` | calls that are new, gone, or made more often |
//! | `tags/` | tags that one side has more of |
//! | `pair.rs` | two single requests, span by span |
//! | `waterfall.rs` | a request as bars over time |
//! | `quality.rs` | flaws of the traces, and how they were chosen |
//! | `rows.rs`, `findings.rs` | all of that as reports carry it |
//! | `trace_report.rs` | the report on one set |

mod causes;
mod choose;
mod contributions;
mod decomposition;
mod findings;
mod latency;
mod means;
mod one_set;
mod pair;
mod paths;
mod quality;
mod rows;
mod set;
mod slow;
mod structure;
mod sums;
mod tags;
mod thresholds;
mod trace_report;
mod waterfall;

use crate::spans::{Frames, PathOptions};
use analyzer_formats::Capture;
use causes::causes;
pub use choose::{NoSuchGroup, of_group};
use contributions::Evidence;
pub use findings::{
    Bar, Cause, Change, ChangePct, ContributionRow, Findings, Group, GroupSide, MeanChange, More, PairRow,
    QualityRow, Service, StructureRow, TagRow, Waterfall,
};
pub use one_set::{FrameRow, OneSet, one_set, slow_requests};
pub use paths::{PathRow, PathSegment, RequestPath, Wanted};
use rows::View;
use set::{Groups, Set, Side, Source};
use sums::{Blocks, cells};
pub use thresholds::Thresholds;
pub use trace_report::{TraceFile, TraceOptions, TraceReport, TraceValueName, TracesOfOne, trace_report};

/// Frames beyond these did little.
const MOST_ROWS: usize = 1000;

/// How to compare requests.
#[derive(Clone, Copy, Debug)]
pub struct RequestOptions {
    /// The share of intervals that should hold the truth.
    pub confidence: f64,
    /// What matters.
    pub thresholds: Thresholds,
    /// How their critical paths are found.
    pub path: PathOptions,
}

impl Default for RequestOptions {
    fn default() -> Self {
        RequestOptions { confidence: 0.95, thresholds: Thresholds::default(), path: PathOptions::default() }
    }
}

/// What is asked of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// What changed from one set to the other.
    Changed,
    /// What slow requests of one set have that usual ones have not.
    Slow,
}

/// Both sides, and the names that they share.
#[derive(Clone, Copy, Debug)]
struct Whole<'a> {
    question: Question,
    /// Before and after, or usual and slow.
    sides: [Side<'a>; 2],
    frames: &'a Frames,
    groups: &'a Groups,
}

/// Compares the requests of captures of before and of after. Captures that hold no traces are not looked at.
#[must_use]
pub fn compare_requests(before: &[Capture], after: &[Capture], options: &RequestOptions) -> Findings {
    let (mut frames, mut groups) = (Frames::default(), Groups::default());
    let sources = [before, after].map(|captures| Source::all(captures, options.path, &mut frames));
    let sets = [0, 1].map(|side| Set::new(&sources[side], &mut groups));
    let sides = [0, 1].map(|side| Side { sources: &sources[side], set: &sets[side] });
    let whole = Whole { question: Question::Changed, sides, frames: &frames, groups: &groups };
    whole.findings(options, None)
}

impl<'a> Whole<'a> {
    /// What the sides tell; `all` are all requests, where both sides are of one set.
    fn findings(&self, options: &RequestOptions, all: Option<Side<'a>>) -> Findings {
        let [before, after] = self.sides;
        let cells = cells([before.set, after.set]);
        let blocks = self.sides.map(|side| Blocks::new(side.set, self.groups.names.len(), &cells));
        let captures: Vec<Blocks> = (0..before.sources.len() as u32)
            .filter(|_| self.question == Question::Changed && before.sources.len() > 1)
            .map(|capture| before.set.only(|request| request.capture == capture))
            // One without requests says nothing of how much captures differ.
            .filter(|set| !set.requests.is_empty())
            .map(|set| Blocks::new(&set, self.groups.names.len(), &cells))
            .collect();
        let compared = contributions::Sides {
            frames: self.frames,
            cells: &cells,
            sets: [before.set, after.set],
            blocks: [&blocks[0], &blocks[1]],
            captures: &captures,
        };
        let contributions::Contributions { decomposition, list, evidence, chances } =
            contributions::contributions(&compared, options.confidence, &options.thresholds);
        let view = View { whole: self, blocks: &blocks, all };
        let rows: Vec<ContributionRow> =
            (1..).zip(list.iter().take(MOST_ROWS)).map(|(rank, one)| view.contribution(rank, one)).collect();
        let shown = findings::shown(&rows).and_then(|row| list.get(row.rank as usize - 1));
        Findings {
            compared: match self.question {
                Question::Changed => "sets",
                Question::Slow => "slow_and_usual",
            },
            evidence: match evidence {
                Evidence::Captures => "captures",
                Evidence::Stretches => "stretches",
                Evidence::None => "none",
            },
            mean: view.mean(&decomposition),
            groups: view.groups(options.confidence),
            services: view.services(options.confidence),
            exemplars: waterfall::exemplars(self, shown),
            contributions: rows,
            chances,
            causes: causes(self, &decomposition, &list, options),
            structure: structure::structure(self, options),
            tags: tags::tags(self, options),
            pair: pair::pair(self),
            quality: view.quality(),
        }
    }
}
