//! Requests of two sets of traces, or slow and usual ones of one set: what became of their latency, what explains it, and
//! how sure that is.
//!
//! | file | holds |
//! |---|---|
//! | `set.rs` | captures, their requests and what each spent its time on |
//! | `slow.rs` | slow and usual requests of one set |
//! | `sums.rs` | sums over stretches of a set, and sets drawn anew |
//! | `decomposition.rs` | the exact sum of the mean's change |
//! | `contributions.rs` | each frame's part in it, and how sure that is |
//! | `latency.rs` | percentiles and failures by group |
//! | `causes/` | known patterns that explain it |
//! | `structure.rs` | calls that are new, gone, or made more often |
//! | `tags/` | tags that one side has more of |
//! | `pair.rs` | two single requests, span by span |
//! | `waterfall.rs` | a request as bars over time |
//! | `quality.rs` | flaws of the traces, and how they were chosen |
//! | `rows.rs`, `findings.rs` | all of that as reports carry it |

mod causes;
mod contributions;
mod decomposition;
mod findings;
mod latency;
mod quality;
mod rows;
mod set;
mod slow;
mod sums;
mod tags;
mod thresholds;

use crate::spans::Frames;
use analyzer_formats::Capture;
use causes::causes;
use contributions::Evidence;
pub use findings::{
    Bar, Cause, Change, ChangePct, ContributionRow, Findings, Group, GroupSide, MeanChange, PairRow,
    QualityRow, Service, StructureRow, TagRow, Waterfall,
};
use rows::View;
use set::{Groups, Set, Side, Source};
use sums::{Blocks, cells};
pub use thresholds::Thresholds;

/// Frames beyond these did little.
const MOST_ROWS: usize = 200;

/// How to compare requests.
#[derive(Clone, Copy, Debug)]
pub struct RequestOptions {
    /// The share of intervals that should hold the truth.
    pub confidence: f64,
    /// What matters.
    pub thresholds: Thresholds,
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
    let sources = [before, after].map(|captures| Source::all(captures, &mut frames));
    let sets = [0, 1].map(|side| Set::new(&sources[side], &mut groups));
    let sides = [0, 1].map(|side| Side { sources: &sources[side], set: &sets[side] });
    let whole = Whole { question: Question::Changed, sides, frames: &frames, groups: &groups };
    whole.findings(options)
}

/// Compares the slow requests of one set with its usual ones: why are the slow ones slow?
#[must_use]
pub fn slow_requests(captures: &[Capture], options: &RequestOptions) -> Findings {
    let (mut frames, mut groups) = (Frames::default(), Groups::default());
    let sources = Source::all(captures, &mut frames);
    let all = Set::new(&sources, &mut groups);
    let sets = slow::split(&all, groups.names.len());
    let sides = [0, 1].map(|side| Side { sources: &sources, set: &sets[side] });
    let whole = Whole { question: Question::Slow, sides, frames: &frames, groups: &groups };
    whole.findings(options)
}

impl Whole<'_> {
    fn findings(&self, options: &RequestOptions) -> Findings {
        let [before, after] = self.sides;
        let cells = cells([before.set, after.set]);
        let blocks = self.sides.map(|side| Blocks::new(side.set, self.groups.names.len(), &cells));
        let captures: Vec<Blocks> = (0..before.sources.len() as u32)
            .filter(|_| self.question == Question::Changed && before.sources.len() > 1)
            .map(|capture| before.set.only(|request| request.capture == capture))
            .map(|set| Blocks::new(&set, self.groups.names.len(), &cells))
            .collect();
        let compared = contributions::Sides {
            frames: self.frames,
            cells: &cells,
            sets: [before.set, after.set],
            blocks: [&blocks[0], &blocks[1]],
            captures: &captures,
        };
        let (decomposition, list, evidence) =
            contributions::contributions(&compared, options.confidence, &options.thresholds);
        let view = View { whole: self, blocks: &blocks };
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
            services: view.services(&decomposition, options.confidence),
            contributions: (1..)
                .zip(list.iter().take(MOST_ROWS))
                .map(|(rank, one)| view.contribution(rank, one))
                .collect(),
            causes: causes(self, &decomposition, &list, options),
            structure: Vec::new(),
            tags: tags::tags(self, options),
            exemplars: [None, None],
            pair: None,
            quality: view.quality(),
        }
    }
}
