//! Functions over all their callers: self and total, recursion counted once.

use crate::tree::{CallTree, Cell, Children, ROOT};
use std::ops::AddAssign;

/// What was measured in one function, wherever it was called from.
#[derive(Clone, Copy, Debug, Default)]
pub struct FunctionCells {
    /// In the function itself.
    pub own: Cell,
    /// In the function and what it calls; a recursive call is not counted again.
    pub total: Cell,
}

/// The cells of every key of the tree; `outermost` says of every node whether it is no recursive call.
#[must_use]
pub fn functions(tree: &CallTree, outermost: &[bool], keys: usize) -> Vec<FunctionCells> {
    let mut functions = vec![FunctionCells::default(); keys];
    for node in 1..tree.len() {
        let function = &mut functions[tree.key(node)];
        function.own += tree.own[node];
        if outermost[node] {
            function.total += tree.total[node];
        }
    }
    functions
}

/// What all functions that are asked for add up to, with what they call, nothing twice.
#[must_use]
pub(crate) fn total_of(tree: &CallTree, is_asked: impl Fn(usize) -> bool) -> Cell {
    let mut within = vec![false; tree.len()];
    let mut sum = Cell::default();
    for node in 1..tree.len() {
        let is_below = within[tree.parent(node)];
        within[node] = is_below || is_asked(tree.key(node));
        if within[node] && !is_below {
            sum += tree.total[node];
        }
    }
    sum
}

/// What the nodes of each key and below add up to; below a recursive call nothing is counted again.
#[must_use]
pub(crate) fn totals<T: AddAssign + Copy + Default>(
    tree: &CallTree,
    outermost: &[bool],
    keys: usize,
    own: &[T],
) -> Vec<T> {
    let mut below = own.to_vec();
    let mut totals = vec![T::default(); keys];
    // Callees stand behind their callers: what is below a node is known when it is reached.
    for node in (1..tree.len()).rev() {
        let sum = below[node];
        below[tree.parent(node)] += sum;
        if outermost[node] {
            totals[tree.key(node)] += sum;
        }
    }
    totals
}

/// Of every node, whether its function is not among its callers.
#[must_use]
pub fn outermost(tree: &CallTree, children: &Children, keys: usize) -> Vec<bool> {
    let mut outermost = vec![false; tree.len()];
    // How often each function is on the path from the root to the node being visited.
    let mut on_path = vec![0u32; keys];
    // (node, how many of its children were visited)
    let mut path = vec![(ROOT, 0)];
    while let Some((node, visited)) = path.last_mut() {
        let node = *node;
        if let Some(&child) = children.of(node).get(*visited) {
            *visited += 1;
            let child = child as usize;
            let key = tree.key(child);
            outermost[child] = on_path[key] == 0;
            on_path[key] += 1;
            path.push((child, 0));
        } else {
            if node != ROOT {
                on_path[tree.key(node)] -= 1;
            }
            path.pop();
        }
    }
    outermost
}
