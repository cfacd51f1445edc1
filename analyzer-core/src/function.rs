//! Functions over all their callers: self and total, recursion counted once.

use crate::tree::{CallTree, Cell, Children, ROOT};

/// What was measured in one function, wherever it was called from.
#[derive(Clone, Copy, Debug, Default)]
pub struct FunctionCells {
    /// In the function itself.
    pub own: Cell,
    /// In the function and what it calls; a recursive call is not counted again.
    pub total: Cell,
}

/// The cells of every key of the tree.
#[must_use]
pub fn functions(tree: &CallTree, children: &Children, keys: usize) -> Vec<FunctionCells> {
    let mut functions = vec![FunctionCells::default(); keys];
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
            functions[key].own += tree.own[child];
            if on_path[key] == 0 {
                functions[key].total += tree.total[child];
            }
            on_path[key] += 1;
            path.push((child, 0));
        } else {
            if node != ROOT {
                on_path[tree.key(node)] -= 1;
            }
            path.pop();
        }
    }
    functions
}
