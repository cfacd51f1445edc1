//! Two profiles in one call tree.
//!
//! A node is a path of keys from the root. Nodes are numbered parents before children, so totals are one
//! backward pass, and nothing here recurses: a stack may be a million frames deep.

use crate::count::Count;
use crate::value::Column;
use analyzer_formats::{FrameId, Profile, StackId};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// Which of the two captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The capture compared with.
    Before,
    /// The capture in question.
    After,
}

/// A figure of both captures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair<T> {
    /// In before.
    pub before: T,
    /// In after.
    pub after: T,
}

impl<T> Pair<T> {
    fn side_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Before => &mut self.before,
            Side::After => &mut self.after,
        }
    }
}

/// What was measured at a node or function, on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Values, in the unit of the measure times ten to its decimals.
    pub value: Pair<i128>,
    /// Samples behind them; 0 where unknown.
    pub count: Pair<Count>,
}

impl std::ops::AddAssign for Cell {
    fn add_assign(&mut self, other: Cell) {
        self.value.before += other.value.before;
        self.value.after += other.value.after;
        self.count.before += other.count.before;
        self.count.after += other.count.after;
    }
}

/// The root of the tree: all samples. It has no key.
pub const ROOT: usize = 0;

/// Paths of keys from the root, each once: the shape of a tree of two captures. Columns are indexed by node.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// The caller; the root is its own.
    pub(crate) parent: Vec<u32>,
    /// The key; 0 and meaningless for the root.
    pub(crate) key: Vec<u32>,
    /// The child that was made first, 0 for none. Most nodes have one child only, and a walk finds it here.
    first_child: Vec<u32>,
    /// Children that are not the first.
    other_child: FxHashMap<(u32, u32), u32>,
}

impl Default for Paths {
    fn default() -> Self {
        Paths { parent: vec![0], key: vec![0], first_child: vec![0], other_child: FxHashMap::default() }
    }
}

impl Paths {
    /// Adds the stacks that rows of a series refer to. Gives the node of every stack; that of others is the root.
    pub(crate) fn add(
        &mut self,
        profile: &Profile,
        rows: &[Option<StackId>],
        key: impl Fn(FrameId) -> u32,
    ) -> Vec<u32> {
        let used = used_stacks(profile, rows);
        let new = used.iter().filter(|&&used| used).count();
        self.parent.reserve(new);
        self.key.reserve(new);
        self.first_child.reserve(new);
        let mut node_of = vec![ROOT as u32; profile.stacks.len()];
        for (index, stack) in profile.stacks.iter().enumerate() {
            if used[index] {
                let parent = stack.parent.map_or(ROOT as u32, |parent| node_of[parent.index()]);
                node_of[index] = self.child(parent, key(stack.frame));
            }
        }
        node_of
    }

    fn child(&mut self, parent: u32, key: u32) -> u32 {
        let next = u32::try_from(self.parent.len()).expect("2^32 nodes take 100 GB before they overflow");
        match self.first_child[parent as usize] {
            0 => self.first_child[parent as usize] = next,
            first if self.key[first as usize] == key => return first,
            _ => {
                let child = *self.other_child.entry((parent, key)).or_insert(next);
                if child != next {
                    return child;
                }
            }
        }
        self.parent.push(parent);
        self.key.push(key);
        self.first_child.push(0);
        next
    }

    /// The number of nodes, the root included.
    pub(crate) fn len(&self) -> usize {
        self.parent.len()
    }
}

/// What becomes of a node where a tree is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It stays below its caller.
    Keep,
    /// What it calls goes below its caller, beside it.
    Bridge,
    /// It becomes part of its caller.
    Merge,
}

/// One call tree of two captures. Columns are indexed by node.
#[derive(Clone, Debug, Default)]
pub struct CallTree {
    paths: Paths,
    /// What was measured in the node itself.
    pub own: Vec<Cell>,
    /// What was measured in the node and below it.
    pub total: Vec<Cell>,
}

impl CallTree {
    /// Adds the stacks and values of a capture to one side. `key` gives the key of a frame of the profile; rows of which
    /// `left_out` is true are not added: what they sum up to.
    pub(crate) fn add(
        &mut self,
        side: Side,
        profile: &Profile,
        column: &Column,
        left_out: &[bool],
        key: impl Fn(FrameId) -> u32,
    ) -> Cell {
        let samples = &profile.series[column.measure.series.index()].samples;
        let stacks: Cow<'_, [Option<StackId>]> = match left_out.contains(&true) {
            true => samples
                .stacks
                .iter()
                .zip(left_out)
                .map(|(&stack, &is_out)| stack.filter(|_| !is_out))
                .collect(),
            false => Cow::Borrowed(&samples.stacks),
        };
        let node_of = self.paths.add(profile, &stacks, key);
        self.own.resize(self.paths.len(), Cell::default());
        let mut out = Cell::default();
        for (row, stack) in samples.stacks.iter().enumerate() {
            let cell = match left_out.get(row) {
                Some(true) => &mut out,
                _ => &mut self.own[stack.map_or(ROOT, |id| node_of[id.index()] as usize)],
            };
            *cell.value.side_mut(side) += column.measure.value(samples, row) * column.finest;
            *cell.count.side_mut(side) += column.measure.count(samples, row);
        }
        out
    }

    /// A tree of values of after alone, to be made node by node: what is measured in the root itself is `own`.
    pub(crate) fn rooted(own: i128) -> CallTree {
        let mut tree = CallTree { own: vec![Cell::default()], ..CallTree::default() };
        tree.own[ROOT].value.after = own;
        tree
    }

    /// The callee of `node` that has this key, with `own` more of after measured in itself.
    pub(crate) fn grow(&mut self, node: usize, key: usize, own: i128) -> usize {
        let child = self.paths.child(node as u32, key as u32) as usize;
        self.own.resize(self.paths.len(), Cell::default());
        self.own[child].value.after += own;
        child
    }

    /// Computes the totals, once both sides are in.
    pub fn add_up(&mut self) {
        self.paths.first_child = Vec::new();
        self.paths.other_child = FxHashMap::default();
        self.total.clone_from(&self.own);
        for node in (1..self.len()).rev() {
            let below = self.total[node];
            let parent = self.parent(node);
            self.total[parent] += below;
        }
    }

    /// Gives every node the key that `now` says and numbers the nodes by the names on their paths, if `now` does so with
    /// keys: what is computed from the tree then does not depend on the order of samples in the captures.
    pub(crate) fn sort(&mut self, now: &[u32]) {
        let mut children = self.children();
        let key = |node: u32| now[self.key(node as usize)];
        for node in 0..self.len() {
            children.of_mut(node).sort_unstable_by_key(|&child| key(child));
        }
        let mut sorted = CallTree { own: vec![self.own[ROOT]], ..CallTree::default() };
        sorted.own.reserve(self.len());
        let Paths { parent: parents, key: keys, .. } = &mut sorted.paths;
        // A node and its caller in the new order; the last one comes next.
        let mut next: Vec<(u32, u32)> = Vec::new();
        let push = |next: &mut Vec<(u32, u32)>, node: usize, at: u32| {
            next.extend(children.of(node).iter().rev().map(|&child| (child, at)));
        };
        push(&mut next, ROOT, ROOT as u32);
        while let Some((node, parent)) = next.pop() {
            let at = parents.len() as u32;
            parents.push(parent);
            keys.push(key(node));
            sorted.own.push(self.own[node as usize]);
            push(&mut next, node as usize, at);
        }
        *self = sorted;
    }

    /// The tree made anew: `key` gives the function of a node, `step` what becomes of it. Nothing that was measured is
    /// lost: what was in a node is in it, or in its caller where they are merged.
    pub(crate) fn rearranged(&self, key: impl Fn(usize) -> u32, step: impl Fn(usize) -> Step) -> CallTree {
        let mut tree = CallTree { own: vec![self.own[ROOT]], ..CallTree::default() };
        // By node, the new node that its children are below.
        let mut below = vec![ROOT as u32; self.len()];
        for node in 1..self.len() {
            let caller = below[self.parent(node)];
            let is_measured = self.own[node] != Cell::default();
            let step = step(node);
            let at = match step {
                Step::Merge => caller,
                Step::Bridge if !is_measured => caller,
                Step::Keep | Step::Bridge => tree.paths.child(caller, key(node)),
            };
            below[node] = if step == Step::Keep { at } else { caller };
            tree.own.resize(tree.paths.len(), Cell::default());
            tree.own[at as usize] += self.own[node];
        }
        tree.add_up();
        tree
    }

    /// The number of nodes, the root included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// The caller of a node; the root is its own.
    #[must_use]
    pub fn parent(&self, node: usize) -> usize {
        self.paths.parent[node] as usize
    }

    /// The function of a node, an index of the key space; meaningless for the root.
    #[must_use]
    pub fn key(&self, node: usize) -> usize {
        self.paths.key[node] as usize
    }

    /// Whether there is no node but the root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// The children of every node, in order of node number.
    #[must_use]
    pub fn children(&self) -> Children {
        let mut start = vec![0u32; self.len() + 1];
        for node in 1..self.len() {
            start[self.parent(node) + 1] += 1;
        }
        for node in 0..self.len() {
            start[node + 1] += start[node];
        }
        let mut next = start.clone();
        let mut nodes = vec![0u32; self.len() - 1];
        for node in 1..self.len() {
            let slot = &mut next[self.parent(node)];
            nodes[*slot as usize] = node as u32;
            *slot += 1;
        }
        Children { start, nodes }
    }

    /// The nodes from below the root to `node`.
    #[must_use]
    pub fn path(&self, node: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = node;
        while at != ROOT {
            path.push(at);
            at = self.parent(at);
        }
        path.reverse();
        path
    }
}

/// The children of every node of a tree.
#[derive(Clone, Debug)]
pub struct Children {
    start: Vec<u32>,
    nodes: Vec<u32>,
}

impl Children {
    /// The children of `node`.
    #[must_use]
    pub fn of(&self, node: usize) -> &[u32] {
        &self.nodes[self.start[node] as usize..self.start[node + 1] as usize]
    }

    /// The children of `node`, to be put in another order.
    pub fn of_mut(&mut self, node: usize) -> &mut [u32] {
        &mut self.nodes[self.start[node] as usize..self.start[node + 1] as usize]
    }
}

/// The samples of a capture in each function itself, by key.
pub(crate) fn own_counts(
    profile: &Profile,
    column: &Column,
    left_out: &[bool],
    key: impl Fn(FrameId) -> u32,
) -> Vec<f64> {
    let samples = &profile.series[column.measure.series.index()].samples;
    let mut own = Vec::new();
    for (row, stack) in samples.stacks.iter().enumerate() {
        let Some(stack) = stack.filter(|_| !left_out.get(row).is_some_and(|is_out| *is_out)) else {
            continue;
        };
        let key = key(profile.stack(stack).frame) as usize;
        if own.len() <= key {
            own.resize(key + 1, 0.0);
        }
        own[key] += column.measure.count(samples, row).samples();
    }
    own
}

/// The stacks that rows refer to, and their callers: other events of the capture have stacks of their own.
fn used_stacks(profile: &Profile, rows: &[Option<StackId>]) -> Vec<bool> {
    let mut used = vec![false; profile.stacks.len()];
    for stack in rows.iter().flatten() {
        used[stack.index()] = true;
    }
    for index in (0..used.len()).rev() {
        if let (true, Some(parent)) = (used[index], profile.stacks[index].parent) {
            used[parent.index()] = true;
        }
    }
    used
}
