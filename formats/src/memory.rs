//! Stacks by the text they were read from, for as long as that pays.

use crate::StackId;
use hashbrown::HashMap;
use std::hash::Hash;

/// The stack of each text met. Files that were not added up repeat whole stacks; for others nothing is remembered
/// after a while, because it would only cost time and memory.
#[derive(Debug)]
pub(crate) struct Memory<K> {
    stacks: HashMap<K, Option<StackId>>,
    asked: usize,
    known: usize,
}

impl<K> Default for Memory<K> {
    fn default() -> Self {
        Memory { stacks: HashMap::new(), asked: 0, known: 0 }
    }
}

impl<K: Hash + Eq> Memory<K> {
    /// After so many questions it shows whether a file repeats stacks at all.
    const FIRST_LOOK: usize = 4096;
    /// And after so many, whether it does so often enough.
    const TRIAL: usize = 20_000;

    pub(crate) fn get(&mut self, text: &K) -> Option<Option<StackId>> {
        if self.is_useless() {
            return None;
        }
        self.asked += 1;
        let found = self.stacks.get(text).copied();
        self.known += usize::from(found.is_some());
        if self.is_useless() {
            self.stacks = HashMap::new();
        }
        found
    }

    pub(crate) fn insert(&mut self, text: K, stack: Option<StackId>) {
        if !self.is_useless() {
            self.stacks.insert(text, stack);
        }
    }

    fn is_useless(&self) -> bool {
        let hardly_any = self.asked >= Self::FIRST_LOOK && self.known * 64 < self.asked;
        hardly_any || (self.asked >= Self::TRIAL && self.known * 4 < self.asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for each text as a reader does: what is not known is walked and remembered. How many were known.
    fn ask(memory: &mut Memory<usize>, texts: impl Iterator<Item = usize>) -> usize {
        let known = texts.filter(|&text| {
            let known = memory.get(&text);
            assert!(known.is_none_or(|stack| stack == Some(StackId::new(text))), "the stack of another text");
            if known.is_none() {
                memory.insert(text, Some(StackId::new(text)));
            }
            known.is_some()
        });
        known.count()
    }

    #[test]
    fn texts_that_come_again_are_known() {
        let mut memory = Memory::default();
        assert_eq!(ask(&mut memory, (0..100_000).map(|at| at % 1000)), 99_000);
    }

    #[test]
    fn nothing_is_remembered_where_hardly_anything_comes_again() {
        let mut memory = Memory::default();
        ask(&mut memory, 0..Memory::<usize>::FIRST_LOOK + 1);
        assert_eq!((memory.stacks.len(), memory.stacks.capacity()), (0, 0));
        // One in five is too few in the long run.
        let mut memory = Memory::default();
        ask(&mut memory, (0..Memory::<usize>::TRIAL + 10).map(|at| if at % 5 == 0 { 0 } else { at }));
        assert_eq!(memory.stacks.capacity(), 0);
    }
}
