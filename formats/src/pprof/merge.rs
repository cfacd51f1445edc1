//! The trees of all parts as one forest of stacks.
//!
//! A walk from the roots takes the nodes of all parts that stand at the same place together, so nothing is
//! looked up. Callees are ordered by their frame: the result does not depend on where parts begin and end.

use super::columns::DENSE;
use super::part::Part;
use super::prune::{Cut, Prune};
use super::tables::Locations;
use crate::{FrameId, Stack, StackId};

/// Deeper stacks are made by no profiler, and a small file could fill the memory with them.
pub(crate) const MOST_FRAMES: usize = 1 << 22;
/// So many stacks a byte of the file may hold, beyond [`MOST_FRAMES`]: an id of a location takes a byte or two, and
/// a location of many lines that stands in many stacks is more than a file of its size tells.
const STACKS_PER_BYTE: usize = 2;

/// The stacks of all parts.
pub(crate) struct Merged {
    pub(crate) stacks: Vec<Stack>,
    /// By part and node: the stack, if the node can be used.
    nodes: Vec<Vec<Option<StackId>>>,
    places: Places,
    most_stacks: usize,
}

/// Why a node has no stack.
pub(crate) enum Unusable {
    /// The location of this symbol, so many locations above the leaf, is missing or faulty.
    Location { symbol: u32, above_leaf: usize },
    /// It has more than [`MOST_FRAMES`] frames, in so many locations.
    TooDeep { locations: usize },
    /// There are too many stacks for a file of that size.
    TooMany { most: usize },
}

/// A node on the way: one of its frames, to stand on top of `parent`.
#[derive(Clone, Copy)]
struct Member {
    parent: Option<StackId>,
    frame: FrameId,
    part: u32,
    node: u32,
    /// Which frame of its location, from the root side.
    step: u32,
    /// How many frames are below in the stack.
    depth: u32,
    /// Whether a frame that is not to be left out stands in the stack.
    is_user: bool,
}

/// Positions of locations, `u32::MAX` for those that cannot be used.
struct Places {
    /// By symbol, those that all parts share.
    dense: Vec<u32>,
    /// By part and symbol, the others.
    others: Vec<Vec<u32>>,
}

impl Places {
    fn new(parts: &[Part], locations: &Locations) -> Places {
        let place = |id: u64| locations.get(id).unwrap_or(u32::MAX);
        let dense = (0..u64::from(DENSE).min(locations.highest_id().saturating_add(1))).map(place).collect();
        let others = |part: &Part| part.samples.others.iter().map(|&id| place(id)).collect();
        Places { dense, others: parts.iter().map(others).collect() }
    }

    #[inline]
    fn get(&self, part: u32, symbol: u32) -> u32 {
        match symbol.checked_sub(DENSE) {
            None => self.dense.get(symbol as usize).copied().unwrap_or(u32::MAX),
            Some(other) => self.others[part as usize][other as usize],
        }
    }
}

impl Merged {
    /// Merges the trees of `parts` of a file of so many bytes.
    pub(crate) fn new(parts: &[Part], bytes: usize, locations: &Locations, prune: Option<&Prune>) -> Merged {
        // No more than there are ids for.
        let most_stacks =
            (MOST_FRAMES + bytes.min(u32::MAX as usize) * STACKS_PER_BYTE).min(u32::MAX as usize);
        let places = Places::new(parts, locations);
        let nodes = parts.iter().map(|part| vec![None; part.samples.trie.symbols.len()]).collect();
        let merged = Merged { stacks: Vec::new(), nodes, places, most_stacks };
        Merger { parts, locations, prune, merged, pending: Vec::new() }.merge()
    }

    /// The stack of `node`.
    #[inline]
    pub(crate) fn stack(&self, part: usize, node: u32) -> Option<StackId> {
        self.nodes[part][node as usize]
    }

    /// Why a node of `part` has no stack: `path` are the nodes from it to its root.
    pub(crate) fn why_not(
        &self,
        parts: &[Part],
        locations: &Locations,
        part: usize,
        path: &[u32],
    ) -> Unusable {
        let symbols = &parts[part].samples.trie.symbols;
        let mut frames = 0;
        for (above_leaf, &node) in path.iter().enumerate() {
            let symbol = symbols[node as usize];
            match self.places.get(part as u32, symbol) {
                u32::MAX => return Unusable::Location { symbol, above_leaf },
                place => frames += locations.frames(place as usize).len(),
            }
        }
        if frames > MOST_FRAMES {
            return Unusable::TooDeep { locations: path.len() };
        }
        Unusable::TooMany { most: self.most_stacks }
    }
}

struct Merger<'a> {
    parts: &'a [Part],
    locations: &'a Locations,
    prune: Option<&'a Prune>,
    merged: Merged,
    /// Nodes to come, those of the stack to come next at the end.
    pending: Vec<Member>,
}

impl Merger<'_> {
    fn merge(mut self) -> Merged {
        for part in 0..self.parts.len() {
            let root = self.callees(part as u32, None, None, 0, false);
            self.pending.extend(root);
        }
        self.order(0);
        let mut together = Vec::new();
        while let Some(&Member { parent, frame, .. }) = self.pending.last() {
            let is_other = |member: &Member| member.frame != frame || member.parent != parent;
            let start = self.pending.iter().rposition(is_other).map_or(0, |other| other + 1);
            if self.merged.stacks.len() == self.merged.most_stacks {
                self.pending.truncate(start);
            } else if self.pending.len() == start + 1 {
                self.step_alone();
            } else {
                together.clear();
                together.extend(self.pending.drain(start..));
                let stack = self.push(parent, frame);
                for &member in &together {
                    let next = self.step(member, stack);
                    self.pending.extend(next);
                }
            }
            self.order(start);
        }
        self.merged
    }

    /// Takes the last of the pending nodes, which nothing shares a stack with, and the nodes above it up to where
    /// callees part: most nodes where nearly all stacks are different.
    fn step_alone(&mut self) {
        let mut next = self.pending.pop();
        while let Some(member) = next
            && self.merged.stacks.len() < self.merged.most_stacks
        {
            let stack = self.push(member.parent, member.frame);
            next = self.step(member, stack);
        }
    }

    fn push(&mut self, parent: Option<StackId>, frame: FrameId) -> StackId {
        let stack = StackId::new(self.merged.stacks.len());
        self.merged.stacks.push(Stack { parent, frame });
        stack
    }

    /// Orders pending nodes from `start` on: the lowest frame last, where it is taken first.
    fn order(&mut self, start: usize) {
        let members = &mut self.pending[start..];
        if members.len() > 1 {
            members.sort_unstable_by_key(|member| std::cmp::Reverse(member.frame));
        }
    }

    /// Goes on from a node whose frame is the top of `stack`: to what it returns, or else to what is pending.
    // A lone node stays in registers: to write it down and read it back at once costs more than all the rest.
    #[inline(always)]
    fn step(&mut self, member: Member, stack: StackId) -> Option<Member> {
        let Member { part, node, step, depth, is_user, .. } = member;
        let place =
            self.merged.places.get(part, self.parts[part as usize].samples.trie.symbols[node as usize]);
        let frames = self.locations.frames(place as usize);
        if let Some(&frame) = frames.get(step as usize + 1) {
            return Some(Member { parent: Some(stack), frame, step: step + 1, depth: depth + 1, ..member });
        }
        let cut = self.prune.map_or(Cut::None, |prune| prune.cut(place));
        if is_user && cut == Cut::Below {
            self.leave_out(part, node, stack);
            return None;
        }
        self.merged.nodes[part as usize][node as usize] = Some(stack);
        self.callees(part, Some(node), Some(stack), depth + 1, is_user || cut == Cut::None)
    }

    /// The child of a node, which is the top of `parent`; several are added to what is pending.
    #[inline(always)]
    fn callees(
        &mut self,
        part: u32,
        node: Option<u32>,
        parent: Option<StackId>,
        depth: u32,
        is_user: bool,
    ) -> Option<Member> {
        let mut children = self.parts[part as usize].samples.trie.children(node);
        let first = children.next()?;
        let Some(second) = children.next() else { return self.callee(part, first, parent, depth, is_user) };
        for child in [first, second].into_iter().chain(children) {
            let member = self.callee(part, child, parent, depth, is_user);
            self.pending.extend(member);
        }
        None
    }

    #[inline(always)]
    fn callee(
        &mut self,
        part: u32,
        node: u32,
        parent: Option<StackId>,
        depth: u32,
        is_user: bool,
    ) -> Option<Member> {
        let place =
            self.merged.places.get(part, self.parts[part as usize].samples.trie.symbols[node as usize]);
        if place == u32::MAX {
            return None;
        }
        let frames = self.locations.frames(place as usize);
        if depth as usize + frames.len() > MOST_FRAMES {
            return None;
        }
        if let Some(parent) = parent
            && is_user
            && self.prune.is_some_and(|prune| prune.cut(place) == Cut::Here)
        {
            self.leave_out(part, node, parent);
            return None;
        }
        // Every location has a frame; one without symbols is named by its place.
        Some(Member { parent, frame: frames[0], part, node, step: 0, depth, is_user })
    }

    /// Leaves out `node` and all below it: their samples stay, with the stack above.
    fn leave_out(&mut self, part: u32, node: u32, stack: StackId) {
        let trie = &self.parts[part as usize].samples.trie;
        let below = node as usize..trie.ends[node as usize] as usize;
        self.merged.nodes[part as usize][below].fill(Some(stack));
    }
}
