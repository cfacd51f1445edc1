//! Interning of stacks, the largest table of a profile.
//!
//! Most stacks are the caller of one other stack only, and that one was made right after it. So the first
//! child of each stack is kept in an array beside the stacks, which a walk from the root reads in order; only
//! second and later children, and roots, are in a hash table.

use super::{Stack, StackId};
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// Unique stacks, numbered by first occurrence.
#[derive(Clone, Debug, Default)]
pub(crate) struct StackInterner {
    rows: Vec<Stack>,
    /// The first stack made on top of each.
    first_children: Vec<Option<StackId>>,
    /// Roots, and children that are not the first.
    others: HashTable<StackId>,
}

impl StackInterner {
    /// Takes unique stacks, parents before children. They are indexed when the next one is interned, if ever.
    pub(crate) fn of(rows: Vec<Stack>) -> StackInterner {
        StackInterner { rows, ..StackInterner::default() }
    }

    /// The index of `stack`, new or known.
    pub(crate) fn intern(&mut self, stack: Stack) -> usize {
        if self.first_children.len() < self.rows.len() {
            for stack in std::mem::take(&mut self.rows) {
                self.intern(stack);
            }
        }
        let StackInterner { rows, first_children, others } = self;
        let next = StackId::new(rows.len());
        let first_child = stack.parent.map(|parent| &mut first_children[parent.index()]);
        match first_child {
            Some(child @ None) => *child = Some(next),
            Some(&mut Some(child)) if rows[child.index()].frame == stack.frame => return child.index(),
            _ => {
                let hash = FxBuildHasher.hash_one(stack);
                if let Some(known) = others.find(hash, |id| rows[id.index()] == stack) {
                    return known.index();
                }
                others.insert_unique(hash, next, |id| FxBuildHasher.hash_one(rows[id.index()]));
            }
        }
        rows.push(stack);
        first_children.push(None);
        next.index()
    }

    /// The stacks so far, by index.
    pub(crate) fn rows(&self) -> &[Stack] {
        &self.rows
    }

    pub(crate) fn finish(mut self) -> Vec<Stack> {
        self.rows.shrink_to_fit();
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrameId;
    use crate::interner::Dedup;

    #[test]
    fn ids_are_those_of_plain_interning() {
        let (mut plain, mut stacks) = (Dedup::default(), StackInterner::default());
        // A walk over a small tree that meets every node again and again.
        let mut state = 1usize;
        for _ in 0..2_000 {
            let mut parent = None;
            for _ in 0..5 {
                state = (state * 1_103_515_245 + 12_345) % (1 << 31);
                let stack = Stack { parent, frame: FrameId::new((state >> 16) % 3) };
                let index = plain.intern(stack);
                assert_eq!(stacks.intern(stack), index);
                parent = Some(StackId::new(index));
            }
        }
        assert_eq!(stacks.rows(), plain.rows());
    }
}
