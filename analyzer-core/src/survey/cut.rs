//! Stacks that the profiler cut: a pile-up at the greatest depth, of stacks whose root is no root.
//!
//! A profiler keeps the leaf and drops callers beyond a number of frames. The root of what is left is a function that
//! other stacks show with a caller, and that no shallower stack begins with; or a frame without a symbol, of which that
//! cannot be said. Deep recursion alone is not cut: its stacks begin where all others do.

use super::percent;
use crate::value::Measure;
use analyzer_formats::{FrameId, FrameKind, Profile};
use serde::Serialize;

/// Depths at which profilers are known to cut.
///
/// Go: runtime/mprof.go `maxStack` 32 for heap, block and mutex before 1.23, 128 since; runtime/cpuprof.go
/// `maxCPUProfStack` 64. JFR: `stackdepth` 64. perf and BPF: `kernel.perf_event_max_stack` 127. async-profiler:
/// `jstackdepth` 2048.
const LIMITS: [u32; 5] = [32, 64, 127, 128, 2048];
/// What stands within the limit and is not kept: frames of the runtime above the leaf, the sampled address itself.
const SLACK: u32 = 2;
/// How many depths below the pile it is compared with, and how many times as heavy as the heaviest it has to be.
const BELOW: u32 = 8;
const HEAVIER: f64 = 2.0;
/// Without a known limit so many different stacks have to be cut; without names at the roots, so many samples, since
/// stacks without names are alike.
const FEWEST: usize = 10;

/// Stacks that the profiler cut.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CutStacks {
    /// The greatest depth, in frames.
    pub depth: u32,
    /// Share of the value that has a cut stack, in percent.
    pub pct: f64,
}

/// Where stacks are cut, for who cuts others to the same depth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cut {
    pub(crate) stacks: CutStacks,
    /// The depth of the shallowest cut stack.
    pub(crate) kept: u32,
    /// Whether inlined frames count.
    pub(crate) counts_inlined: bool,
}

/// Frames are counted with and without inlined ones: profilers differ in which they limit.
pub(super) fn cut_stacks(profile: &Profile, measure: &Measure, weights: &[f64]) -> Option<Cut> {
    let has_inlined = profile.frames.iter().any(|frame| frame.kind == FrameKind::Inlined);
    let logical = pile(profile, measure, weights, 1);
    let physical = has_inlined.then(|| pile(profile, measure, weights, 0)).flatten();
    // Of equals the last is taken, which is the depth that people see.
    let found = [physical, logical].into_iter().flatten();
    found.max_by(|one, other| one.stacks.pct.total_cmp(&other.stacks.pct))
}

/// A stack as far as its root and its depth go.
#[derive(Clone, Copy)]
struct Shape {
    depth: u32,
    /// The root frame; `None` for a thread's name alone.
    root: Option<FrameId>,
}

/// A row of the samples that weighs something.
struct Row {
    row: usize,
    stack: usize,
    shape: Shape,
    weight: f64,
}

fn pile(profile: &Profile, measure: &Measure, weights: &[f64], inlined: u32) -> Option<Cut> {
    let mut is_called = vec![false; profile.functions.len()];
    let mut shapes: Vec<Shape> = Vec::with_capacity(profile.stacks.len());
    for stack in &profile.stacks {
        let caller = stack.parent.map_or(Shape { depth: 0, root: None }, |parent| shapes[parent.index()]);
        let frame = profile.frame(stack.frame);
        shapes.push(match frame.kind {
            FrameKind::Thread => caller,
            kind => {
                is_called[frame.function.index()] |= caller.root.is_some();
                Shape {
                    depth: caller.depth + if kind == FrameKind::Inlined { inlined } else { 1 },
                    root: caller.root.or(Some(stack.frame)),
                }
            }
        });
    }
    let samples = &profile.series[measure.series.index()].samples;
    let rows = || {
        samples.stacks.iter().zip(weights).enumerate().filter_map(|(row, (stack, &weight))| {
            let stack = (*stack)?.index();
            (weight > 0.0).then(|| Row { row, stack, shape: shapes[stack], weight })
        })
    };
    let depth = rows().map(|row| row.shape.depth).max()?;
    let pile = depth.saturating_sub(SLACK);
    let mut begins_shallower = vec![false; profile.functions.len()];
    let mut below = [0.0; BELOW as usize];
    for Row { shape, weight, .. } in rows() {
        if shape.depth < pile {
            if let Some(root) = shape.root {
                begins_shallower[profile.frame(root).function.index()] = true;
            }
            if let Some(cell) = below.get_mut((pile - 1 - shape.depth) as usize) {
                *cell += weight;
            }
        }
    }
    let mut at_depth = [0.0; SLACK as usize + 1];
    let mut kept = depth;
    let (mut cut, mut false_roots, mut nameless_roots) = (0.0, Vec::new(), 0);
    for Row { row, stack, shape, weight } in rows().filter(|row| row.shape.depth >= pile) {
        let Some(root) = shape.root.map(|root| profile.frame(root)) else { continue };
        let function = root.function.index();
        if root.kind == FrameKind::Unknown {
            nameless_roots += measure.count(samples, row).whole().max(1);
        } else if is_called[function] && !begins_shallower[function] {
            false_roots.push(stack);
        } else {
            continue;
        }
        cut += weight;
        kept = kept.min(shape.depth);
        at_depth[(depth - shape.depth) as usize] += weight;
    }
    let heaviest = |cells: &[f64]| cells.iter().copied().fold(0.0, f64::max);
    false_roots.sort_unstable();
    false_roots.dedup();
    let is_limit = LIMITS.iter().any(|&limit| (limit - SLACK..=limit).contains(&depth));
    let is_sure = if is_limit {
        !false_roots.is_empty() || nameless_roots >= FEWEST as i128
    } else {
        depth >= BELOW && false_roots.len() >= FEWEST
    };
    let is_pile = cut > 0.0 && heaviest(&at_depth) >= HEAVIER * heaviest(&below);
    let whole: f64 = weights.iter().sum();
    (is_sure && is_pile).then(|| Cut {
        stacks: CutStacks { depth, pct: percent(cut, whole) },
        kept,
        counts_inlined: inlined > 0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::look;
    use super::*;
    use std::fmt::Write;

    /// A service whose handler recurses: `serve;handle;walk;walk...`, so many times and of so many samples each,
    /// cut to its last `limit` frames.
    fn recursion(depths: &[(usize, u32)], limit: usize) -> String {
        let mut text = String::from("serve;idle 10\n");
        for &(times, samples) in depths {
            let mut frames = vec!["serve", "handle"];
            frames.extend(vec!["walk"; times]);
            let kept = &frames[frames.len().saturating_sub(limit)..];
            writeln!(text, "{} {samples}", kept.join(";")).unwrap();
        }
        text
    }

    #[test]
    fn a_pile_of_false_roots_at_a_known_depth_is_cut() {
        // 10 idle, 20 at 42 frames, and 30 + 40 that were 72 and 102 deep and are kept to 64.
        let survey = look(&recursion(&[(40, 20), (70, 30), (100, 40)], 64));
        assert_eq!(survey.cut, Some(CutStacks { depth: 64, pct: 70.0 }));
    }

    #[test]
    fn deep_recursion_is_not_cut() {
        let deep: Vec<(usize, u32)> = (1..200).map(|times| (times, 5)).collect();
        assert_eq!(look(&recursion(&deep, 1000)).cut, None);
        // Not even where it ends in a pile at a depth that profilers cut at: the root is the usual one.
        assert_eq!(look(&recursion(&[(10, 5), (62, 500)], 1000)).cut, None);
        // Nor where all that is known is the recursion.
        let alone: String = (1..=64).map(|depth| format!("{} 3\n", vec!["walk"; depth].join(";"))).collect();
        assert_eq!(look(&alone).cut, None);
    }

    #[test]
    fn a_lone_deep_stack_is_not_cut() {
        assert_eq!(
            look(&format!("{} 1\n", (0..64).map(|n| format!("f{n}")).collect::<Vec<_>>().join(";"))).cut,
            None
        );
    }

    #[test]
    fn an_unknown_limit_takes_many_different_stacks() {
        // Kept to 40 frames, which no profiler is known for: leaves differ, roots are false.
        let text = |leaves: usize| {
            let mut text = String::from("serve;handle;walk 10\n");
            for leaf in 0..leaves {
                writeln!(text, "{};leaf{leaf} 5", vec!["walk"; 39].join(";")).unwrap();
            }
            text
        };
        assert_eq!(look(&text(3)).cut, None);
        assert_eq!(look(&text(18)).cut, Some(CutStacks { depth: 40, pct: 90.0 }));
    }

    #[test]
    fn roots_without_symbols_are_cut_where_they_pile_up_at_a_known_limit() {
        let sample = |frames: usize, leaf: usize| {
            let callers = "\t1 [unknown] (/bin/web)\n".repeat(frames - 1);
            format!("web 1/1 {leaf}.0: 1 cycles: \n\t2 leaf{leaf} (/bin/web)\n{callers}\n")
        };
        let piled: String = (0..12).map(|leaf| sample(126, leaf)).collect();
        let shallow: String = (0..12).map(|leaf| sample(9, leaf)).collect();
        assert_eq!(look(&format!("{piled}{shallow}")).cut, Some(CutStacks { depth: 126, pct: 50.0 }));
        // Spread over all depths they are only deep.
        let spread: String = (9..=126).map(|frames| sample(frames, frames)).collect();
        assert_eq!(look(&spread).cut, None);
    }
}
