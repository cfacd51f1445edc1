//! Regions: functions that grew together with what they call, as when they are called more often.
//!
//! Each function's own growth is spread over the nodes of the call tree where it was measured, as much on each as there
//! is more than before, or else as there is at all. Adding it up below a function tells how much that function's growth and
//! that of its callees explains. Frames that were put in or taken out between the captures move samples to
//! other nodes, but no function has grown by itself, so they make no region.
//!
//! A region is reported where it explains more than the plateaus within it do, each of which costs as much as one row
//! has to be worth: a penalised likelihood, `z^2 / 2 - lambda` for each row.

use super::Changes;
use crate::stats::noise::{Noise, among_many};
use crate::tree::Cell;
use std::ops::AddAssign;

/// No more rows help anyone.
const MOST_REGIONS: usize = 12;
/// A region of which one function explains so much is that function's plateau.
const ONE_FUNCTION: f64 = 0.5;
/// One row that explains this share of what several do is better than they are.
const PARTS: f64 = 0.7;
/// The least share of what its functions grew by that the whole of a region grew by.
const AS_A_WHOLE: f64 = 0.5;
/// Of regions that explain as much, but for this share, the narrowest is taken.
const AS_GOOD: f64 = 0.02;

/// The regions that changed in one direction.
pub(super) struct Regions {
    /// The surest first.
    pub(super) found: Vec<Region>,
    /// By function, how much of its own growth is in them, 0 to 1.
    pub(super) explained: Vec<f64>,
}

/// A function that changed together with what it calls.
pub(super) struct Region {
    /// The function, an index of the key space.
    pub(super) key: u32,
    /// The variance of its growth is alpha times this, and more.
    pub(super) by_alpha: f64,
    /// How likely noise alone makes any region of its direction grow as surely.
    pub(super) p_value: f64,
}

/// What a region has to be worth.
pub(super) struct Worth {
    /// Samples of both captures.
    pub(super) samples: f64,
    /// What a row costs.
    pub(super) lambda: f64,
    /// As how many tests all that may be regions count.
    pub(super) tests: f64,
}

/// What nodes below a function add up to, in the direction looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    /// Growth, in samples.
    growth: f64,
    /// The variance of it under no change is phi times this
    by_phi: f64,
    /// plus alpha times this.
    by_alpha: f64,
    /// Samples that the error of the factor bears on.
    scaled: f64,
    /// What the plateaus within it explain as rows of their own.
    rows: f64,
    /// Samples of both captures.
    width: f64,
}

impl Score {
    /// A share of it, without its width.
    fn part(self, share: f64) -> Score {
        Score {
            growth: share * self.growth,
            by_phi: share * self.by_phi,
            by_alpha: share * self.by_alpha,
            scaled: share * self.scaled,
            rows: share * self.rows,
            width: 0.0,
        }
    }
}

impl AddAssign for Score {
    fn add_assign(&mut self, other: Score) {
        self.growth += other.growth;
        self.by_phi += other.by_phi;
        self.by_alpha += other.by_alpha;
        self.scaled += other.scaled;
        self.rows += other.rows;
        self.width += other.width;
    }
}

/// Finds the regions that changed in one direction: `sign` is 1 for growth and -1 for shrinkage.
pub(super) fn regions(changes: &Changes<'_>, noise: &Noise, sign: f64, worth: &Worth) -> Regions {
    let &Changes { tree, functions, keys, .. } = changes;
    let lambda = worth.lambda;
    let k = noise.k;
    let width = |cell: &Cell| cell.count.after.samples() + k * cell.count.before.samples();
    let own: Vec<Score> = functions
        .iter()
        .map(|function| {
            let (before, after) = (function.own.count.before.samples(), function.own.count.after.samples());
            let growth = sign * (after - k * before);
            let (by_phi, by_alpha) = noise.variance_of_sum(before + after);
            let score = Score {
                growth,
                by_phi,
                by_alpha,
                scaled: noise.scaled(before, after),
                rows: 0.0,
                width: width(&function.own),
            };
            let z = growth / noise.deviation(score.by_phi, score.by_alpha, score.scaled).max(1e-9);
            Score { rows: (0.5 * z.max(0.0).powi(2) - lambda).max(0.0), ..score }
        })
        .collect();
    // Growth belongs where there is more than before by more than noise, as on a new path to a function that others
    // call as well.
    let more = |cell: &Cell| {
        let (before, after) = (cell.count.before.samples(), cell.count.after.samples());
        (sign * (after - k * before) - (noise.phi * k * (before + after)).sqrt()).max(0.0)
    };
    let mut more_of = vec![0.0; functions.len()];
    for node in 1..tree.len() {
        more_of[tree.key(node)] += more(&tree.own[node]);
    }
    // Of the growth of its function, the share of a node.
    let share = |node: usize| {
        let here = width(&tree.own[node]);
        let key = tree.key(node);
        match more_of[key] > 0.0 {
            _ if here <= 0.0 => 0.0,
            true => more(&tree.own[node]) / more_of[key],
            false => here / own[key].width,
        }
    };
    // A region is as wide as its functions: nodes of narrower ones are part of their callers.
    let is_wide: Vec<bool> =
        functions.iter().map(|function| width(&function.total) >= worth.samples).collect();
    let mut wide = Wide::new(changes, &is_wide);
    let mut shares = vec![0.0; tree.len()];
    let mut nodes = vec![Score::default(); wide.nodes.len()];
    for node in 1..tree.len() {
        let whole = own[tree.key(node)];
        shares[node] = share(node);
        nodes[wide.of[node] as usize] += Score { width: width(&tree.own[node]), ..whole.part(shares[node]) };
    }
    // Of each function's growth, how much regions explain.
    let mut explained = vec![0.0; functions.len()];
    let mut found = Vec::new();
    for _ in 0..MOST_REGIONS {
        let scores = wide.totals(functions.len(), &nodes);
        let gain = |score: &Score| {
            let z = score.growth / noise.deviation(score.by_phi, score.by_alpha, score.scaled).max(1e-9);
            0.5 * z.max(0.0).powi(2) - lambda - PARTS * score.rows
        };
        let gains: Vec<f64> = scores
            .iter()
            .map(|score| if score.width >= worth.samples { gain(score) } else { f64::NEG_INFINITY })
            .collect();
        let most = gains.iter().copied().fold(0.0, f64::max);
        if most <= 0.0 {
            break;
        }
        let as_good = (0..functions.len()).filter(|&key| gains[key] >= most - AS_GOOD * (most + lambda));
        let narrower = |one: &usize, other: &usize| {
            let name = |key: usize| &keys.keys()[key].name;
            let by_width = scores[*one].width.total_cmp(&scores[*other].width);
            by_width.then(gains[*other].total_cmp(&gains[*one])).then_with(|| name(*one).cmp(name(*other)))
        };
        let Some(key) = as_good.min_by(narrower) else { break };
        let within = wide.take(key, &mut nodes);
        let mut parts = vec![0.0; functions.len()];
        for node in (1..tree.len()).filter(|&node| within[wide.of[node] as usize]) {
            parts[tree.key(node)] += shares[node] * own[tree.key(node)].growth;
        }
        let score = scores[key];
        let largest = parts.iter().copied().fold(0.0, f64::max);
        if largest >= ONE_FUNCTION * score.growth {
            // Its plateau says it; what is around it is not looked at again.
            continue;
        }
        // What is beside must not take back what grew.
        let total = &functions[key].total.count;
        if sign * (total.after.samples() - k * total.before.samples()) < AS_A_WHOLE * score.growth {
            continue;
        }
        let p_value = noise.p_value_of_sum(sign * score.growth, score.by_phi, score.by_alpha, score.scaled);
        if p_value * worth.tests > (1.0 - noise.confidence) / 2.0 {
            continue;
        }
        let p_value = among_many(p_value) * worth.tests;
        for (explained, part) in explained.iter_mut().zip(&parts) {
            *explained += part;
        }
        found.push(Region { key: key as u32, by_alpha: score.by_alpha, p_value });
    }
    let of_own =
        |(explained, own): (&f64, &Score)| if own.growth > 0.0 { explained / own.growth } else { 0.0 };
    Regions { found, explained: explained.iter().zip(&own).map(of_own).collect() }
}

/// The nodes of the call tree whose functions may be regions. The root is the first.
struct Wide {
    nodes: Vec<WideNode>,
    /// By node of the call tree, the one of these that it is or is below.
    of: Vec<u32>,
}

#[derive(Clone, Copy)]
struct WideNode {
    parent: u32,
    key: u32,
    is_outermost: bool,
    /// It is part of a region or plateau that was looked at.
    is_taken: bool,
}

impl Wide {
    fn new(changes: &Changes<'_>, is_wide: &[bool]) -> Wide {
        let tree = changes.tree;
        let root = WideNode { parent: 0, key: 0, is_outermost: false, is_taken: false };
        let mut wide = Wide { nodes: vec![root], of: vec![0; tree.len()] };
        for node in 1..tree.len() {
            let parent = wide.of[tree.parent(node)];
            wide.of[node] = parent;
            if is_wide[tree.key(node)] {
                wide.of[node] = wide.nodes.len() as u32;
                let is_outermost = changes.outermost[node];
                wide.nodes.push(WideNode {
                    parent,
                    key: tree.key(node) as u32,
                    is_outermost,
                    is_taken: false,
                });
            }
        }
        wide
    }

    /// What the nodes of each function and below add up to; below a recursive call nothing is counted again.
    fn totals(&self, keys: usize, scores: &[Score]) -> Vec<Score> {
        let mut below = scores.to_vec();
        let mut totals = vec![Score::default(); keys];
        // Callees stand behind their callers: what is below a node is known when it is reached.
        for (at, node) in self.nodes.iter().enumerate().skip(1).rev() {
            let sum = below[at];
            below[node.parent as usize] += sum;
            if node.is_outermost {
                totals[node.key as usize] += sum;
            }
        }
        totals
    }

    /// Takes the nodes of a function and below it: which those are that were not taken before.
    fn take(&mut self, key: usize, scores: &mut [Score]) -> Vec<bool> {
        let mut within = vec![false; self.nodes.len()];
        for at in 1..self.nodes.len() {
            let node = self.nodes[at];
            within[at] = within[node.parent as usize] || node.key as usize == key;
        }
        for (at, within) in within.iter_mut().enumerate().filter(|(_, within)| **within) {
            *within = !self.nodes[at].is_taken;
            self.nodes[at].is_taken = true;
            scores[at] = Score::default();
        }
        within
    }
}

#[cfg(test)]
mod tests {
    use crate::plateau::{Kind, Tier};
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    /// A program of many functions that stay as they are, and the lines given.
    fn capture(lines: &str) -> String {
        let others: String = (0..40).map(|n| format!("main;other{n} {}\n", 300 + 17 * n)).collect();
        others + lines
    }

    fn grew(before: &str, after: &str) -> Vec<(String, Kind)> {
        let read = |text: &str| read_bytes("x", capture(text).as_bytes(), &ReadOptions::default()).unwrap();
        let report = compare(&read(before), &read(after), &CompareOptions::default()).unwrap();
        let grew = report.plateaus.into_iter().filter(|row| row.tier == Tier::Grew);
        grew.map(|row| (row.function, row.kind)).collect()
    }

    fn called(times: u32) -> String {
        let parts = (0..8).map(|n| format!("main;serve;price;part{n} {}\n", times * (150 + 20 * n)));
        parts.collect::<String>() + &format!("main;serve;price {}\nmain;serve 400\n", times * 120)
    }

    #[test]
    fn a_function_called_more_often_is_one_region() {
        assert_eq!(grew(&called(2), &called(3)), [("price".to_owned(), Kind::Region)]);
    }

    #[test]
    fn one_function_that_grew_is_no_region() {
        let after = called(2).replace("part3 420", "part3 900");
        assert_eq!(grew(&called(2), &after), [("part3".to_owned(), Kind::Plateau)]);
    }

    #[test]
    fn a_frame_put_between_two_others_is_no_growth() {
        let wrapped = called(2).replace("serve;price", "serve;guarded;price");
        assert_eq!(grew(&called(2), &wrapped), []);
    }

    #[test]
    fn a_new_path_to_functions_that_others_call_is_the_region() {
        let audit: String = (0..8).map(|n| format!("main;audit;part{n} {}\n", 150 + 20 * n)).collect();
        assert_eq!(grew(&called(2), &(called(2) + &audit)), [("audit".to_owned(), Kind::Region)]);
    }
}
