//! Stacks that profilers cut at different depths, compared to the depth that all have.
//!
//! A cut stack lacks its root, and what it was is not known: recursion as deep looks the same from the leaf. So nothing
//! is put back. The stacks of every capture are cut to the frames next to the leaf that the shallowest limit leaves, as
//! its profiler would have cut them; then the same sample has the same path on both sides. What functions take
//! themselves stays as it is.

use crate::survey::{Cut, cut};
use crate::tree::Side;
use crate::value::Measure;
use analyzer_formats::{FrameId, FrameKind, Profile, Stack, StackId};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// Where the stacks of captures are cut, and to what all are cut.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cuts {
    /// The captures whose profiler cut stacks.
    pub(crate) found: Vec<(Side, Cut)>,
    /// What all are cut to.
    to: Option<Limit>,
    /// Whether any has a deeper stack.
    is_needed: bool,
}

/// How many frames next to the leaf are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Limit {
    frames: u32,
    counts_inlined: bool,
}

/// Cut stacks that share no callers any more may be so many times as many as there were, and some.
const MOST_STACKS: usize = 16;
const SOME_STACKS: usize = 1 << 20;

/// Looks where the stacks of each capture are cut. The shallowest limit is that of all, if stacks are to be compared to
/// the same depth, and if that does not take much more memory than the captures do.
pub(crate) fn cuts(captures: &[(Side, &Profile, &Measure)], is_wanted: bool) -> Cuts {
    let find = |&(side, profile, measure): &(Side, &Profile, &Measure)| Some((side, cut(profile, measure)?));
    let found: Vec<(Side, Cut)> = captures.iter().filter_map(find).collect();
    let limits = found.iter().map(|(_, cut)| Limit { frames: cut.kept, counts_inlined: cut.counts_inlined });
    let to = limits.min().filter(|limit| {
        let is_small =
            |(_, profile, measure): &(Side, &Profile, &Measure)| limit.is_affordable(profile, measure);
        is_wanted && captures.iter().all(is_small)
    });
    Cuts { found, to, is_needed: false }
}

impl Limit {
    /// What a frame counts for.
    fn weight(self, profile: &Profile, frame: FrameId) -> u32 {
        match profile.frame(frame).kind {
            FrameKind::Thread => 0,
            FrameKind::Inlined => u32::from(self.counts_inlined),
            _ => 1,
        }
    }

    /// Which stacks are deeper, by stack.
    fn deep(self, profile: &Profile) -> Vec<bool> {
        let mut depths: Vec<u32> = Vec::with_capacity(profile.stacks.len());
        for stack in &profile.stacks {
            let caller = stack.parent.map_or(0, |parent| depths[parent.index()]);
            depths.push(caller.saturating_add(self.weight(profile, stack.frame)));
        }
        depths.into_iter().map(|depth| depth > self.frames).collect()
    }

    fn is_affordable(self, profile: &Profile, measure: &Measure) -> bool {
        let mut is_deep = self.deep(profile);
        let rows = &profile.series[measure.series.index()].samples.stacks;
        let new = rows.iter().flatten().filter(|id| std::mem::take(&mut is_deep[id.index()])).count();
        new.saturating_mul(self.frames as usize) <= MOST_STACKS * profile.stacks.len() + SOME_STACKS
    }
}

impl Cuts {
    /// How many frames of a stack are compared; `None` where stacks are compared whole.
    pub(crate) fn frames(&self) -> Option<u32> {
        self.to.filter(|_| self.is_needed).map(|limit| limit.frames)
    }

    /// The profile with no stack of a measure deeper than the limit.
    pub(crate) fn cut<'a>(&mut self, profile: &'a Profile, measure: &Measure) -> Cow<'a, Profile> {
        let Some(limit) = self.to else { return Cow::Borrowed(profile) };
        let is_deep = limit.deep(profile);
        let rows = &profile.series[measure.series.index()].samples.stacks;
        if !rows.iter().flatten().any(|id| is_deep[id.index()]) {
            return Cow::Borrowed(profile);
        }
        self.is_needed = true;
        let mut cut = profile.clone();
        let threads = threads(profile);
        let mut stacks = Stacks { known: FxHashMap::default(), all: &mut cut.stacks };
        let mut now: FxHashMap<StackId, Option<StackId>> = FxHashMap::default();
        let rows = &mut cut.series[measure.series.index()].samples.stacks;
        let mut frames = Vec::new();
        for row in rows.iter_mut() {
            let Some(id) = row.filter(|id| is_deep[id.index()]) else { continue };
            *row = *now.entry(id).or_insert_with(|| {
                frames.clear();
                let mut left = limit.frames;
                let mut callers = profile.frames_of(Some(id));
                // Frames inlined into one that is cut go with it.
                while let Some(frame) = callers.next().filter(|_| left > 0) {
                    left -= limit.weight(profile, frame);
                    frames.push(frame);
                }
                let thread = threads[id.index()];
                frames.iter().rev().fold(thread, |parent, &frame| Some(stacks.child(parent, frame)))
            });
        }
        Cow::Owned(cut)
    }
}

/// By stack, the names of threads that it begins with.
fn threads(profile: &Profile) -> Vec<Option<StackId>> {
    let mut threads: Vec<Option<StackId>> = Vec::with_capacity(profile.stacks.len());
    for (index, stack) in profile.stacks.iter().enumerate() {
        let before = stack.parent.and_then(|parent| threads[parent.index()]);
        let is_thread = profile.frame(stack.frame).kind == FrameKind::Thread && before == stack.parent;
        threads.push(if is_thread { Some(StackId::new(index)) } else { before });
    }
    threads
}

/// The stacks of a profile, and those added to them.
struct Stacks<'a> {
    known: FxHashMap<(Option<StackId>, FrameId), StackId>,
    all: &'a mut Vec<Stack>,
}

impl Stacks<'_> {
    fn child(&mut self, parent: Option<StackId>, frame: FrameId) -> StackId {
        *self.known.entry((parent, frame)).or_insert_with(|| {
            self.all.push(Stack { parent, frame });
            StackId::new(self.all.len() - 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    /// A service that walks trees of many depths, the stacks cut to so many frames.
    fn capture(limit: usize) -> String {
        let mut text = String::new();
        for depth in 1..160 {
            let mut frames = vec!["main".to_owned(), "serve".to_owned()];
            frames.extend((0..depth).map(|level| ["walk", "visit", "descend"][level % 3].to_owned()));
            frames.push(format!("leaf{}", depth % 7));
            let kept = &frames[frames.len().saturating_sub(limit)..];
            text += &format!("{} {}\n", kept.join(";"), 10 + depth % 5);
        }
        text
    }

    fn diff(before: &str, after: &str, max_stack: bool) -> Report {
        let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let options = CompareOptions { max_stack, ..CompareOptions::default() };
        compare(&read(before), &read(after), &options).unwrap()
    }

    #[test]
    fn captures_cut_at_different_depths_have_the_same_tree() {
        for (before, after) in [(64, 127), (127, 64), (64, 1000), (32, 128)] {
            let report = diff(&capture(before), &capture(after), true);
            assert_eq!(report.verdict.distance_pct, Some(0.0), "{before} {after}");
            assert!(report.plateaus.is_empty());
            let limits = report.alignment.unwrap().depth_limits;
            let depths: Vec<_> = limits.iter().map(|limit| (limit.side, limit.depth)).collect();
            let expected: Vec<_> = [("before", before as u32), ("after", after as u32)]
                .into_iter()
                .filter(|(_, depth)| *depth < 1000)
                .collect();
            assert_eq!(depths, expected);
            let apart = diff(&capture(before), &capture(after), false);
            assert!(apart.verdict.distance_pct.is_some_and(|distance| distance > 10.0));
        }
    }

    #[test]
    fn whole_stacks_stay_whole() {
        let report = diff(&capture(1000), &capture(1000), true);
        assert!(report.alignment.is_none_or(|alignment| alignment.depth_limits.is_empty()));
        let roots = report.graph.nodes.iter().filter(|node| node.depth == 1);
        assert_eq!(roots.count(), 1);
    }

    #[test]
    fn what_functions_take_themselves_does_not_depend_on_it() {
        let slower = capture(127).replace("leaf3 1", "leaf3 4");
        let figures = |max_stack| {
            let rows = diff(&capture(64), &slower, max_stack).plateaus;
            rows.into_iter().map(|row| (row.function, row.growth.value, row.after.value)).collect::<Vec<_>>()
        };
        assert_eq!(figures(true)[0].0, "leaf3");
        assert_eq!(figures(true), figures(false));
    }

    #[test]
    fn a_chain_of_calls_that_is_sampled_everywhere_is_not_copied_out() {
        use super::Limit;
        use crate::value::measures;
        let chain = "a;b;c;d;".repeat(550);
        let text: String = (0..2200).map(|depth| format!("{} 1\n", &chain[..2 * depth + 1])).collect();
        let capture = read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let analyzer_formats::Content::Profile(profile) = &capture.content else { panic!("a profile") };
        let measure = &measures(profile)[0];
        let is_affordable = |frames| Limit { frames, counts_inlined: true }.is_affordable(profile, measure);
        assert!(is_affordable(32) && is_affordable(2199) && !is_affordable(1100));
    }

    #[test]
    fn threads_stay_and_inlined_frames_go_with_the_frame_they_are_in() {
        use super::{Cuts, Limit};
        use crate::value::measures;
        let text = "web 1/1 1.0: 1 cycles: \n\t1 leaf (/web)\n\t2 part (inlined)\n\t2 mid (/web)\n\t3 step (inlined)\n\t3 main (/web)\n\n";
        let capture = read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let analyzer_formats::Content::Profile(profile) = &capture.content else { panic!("a profile") };
        let measure = &measures(profile)[0];
        let names = |frames, counts_inlined| {
            let mut cuts = Cuts { to: Some(Limit { frames, counts_inlined }), ..Cuts::default() };
            let cut = cuts.cut(profile, measure);
            let stack = cut.series[0].samples.stacks[0];
            let names = cut
                .frames_of(stack)
                .map(|frame| cut.strings.text(cut.function(cut.frame(frame).function).name).into_owned());
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(2, false), "leaf part mid web");
        assert_eq!(names(2, true), "leaf part web");
        assert_eq!(names(9, true), "leaf part mid step main web");
    }
}
