//! Where in the call tree a plateau changed: its main path and its nearest callers.

use crate::align::KeySpace;
use crate::plateau::{Kind, Ranked, Totals};
use crate::tree::{CallTree, ROOT};
use rustc_hash::FxHashMap;

/// How many callers a row names.
const CALLERS: usize = 3;

/// Where a plateau changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The path on which it changed most, from the root to the function.
    pub(super) path: Vec<String>,
    /// The functions that call it, most change first. A recursive call counts for the caller above it.
    pub(super) callers: Vec<String>,
}

/// The places of every ranked plateau, from one pass over the tree.
pub(super) fn places(tree: &CallTree, keys: &KeySpace, totals: &Totals, ranked: &[Ranked]) -> Vec<Place> {
    let mut rows_of: Vec<Vec<usize>> = vec![Vec::new(); keys.keys().len()];
    for (row, ranked) in ranked.iter().enumerate() {
        rows_of[ranked.key as usize].push(row);
    }
    let mut nodes: Vec<Vec<usize>> = vec![Vec::new(); ranked.len()];
    for node in 1..tree.len() {
        for &row in &rows_of[tree.key(node)] {
            nodes[row].push(node);
        }
    }
    let name = |key: usize| String::from_utf8_lossy(&keys.keys()[key].name).into_owned();
    let place = |(ranked, nodes): (&Ranked, Vec<usize>)| {
        let cells = if ranked.kind == Kind::Region { &tree.total } else { &tree.own };
        let change = |node: usize| ranked.growth.signum() * totals.growth(&cells[node]);
        let most =
            nodes.iter().copied().reduce(|best, node| if change(node) > change(best) { node } else { best });
        let mut callers: FxHashMap<usize, f64> = FxHashMap::default();
        for &node in &nodes {
            if let Some(caller) = caller(tree, node) {
                *callers.entry(caller).or_default() += change(node);
            }
        }
        let mut callers: Vec<(usize, f64)> = callers.into_iter().collect();
        callers.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| name(one.0).cmp(&name(other.0))));
        Place {
            path: most.map_or_else(Vec::new, |node| {
                tree.path(node).into_iter().map(|node| name(tree.key(node))).collect()
            }),
            callers: callers.into_iter().take(CALLERS).map(|(caller, _)| name(caller)).collect(),
        }
    };
    ranked.iter().zip(nodes).map(place).collect()
}

/// The function that called a node's function, recursion left out.
fn caller(tree: &CallTree, node: usize) -> Option<usize> {
    let mut at = tree.parent(node);
    while at != ROOT {
        if tree.key(at) != tree.key(node) {
            return Some(tree.key(at));
        }
        at = tree.parent(at);
    }
    None
}
