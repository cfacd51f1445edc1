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

    #[test]
    fn what_was_met_is_remembered() {
        let mut memory = Memory::default();
        assert_eq!(memory.get(&1), None);
        memory.insert(1, Some(StackId::new(7)));
        memory.insert(2, None);
        assert_eq!((memory.get(&1), memory.get(&2)), (Some(Some(StackId::new(7))), Some(None)));
    }

    /// Asks for texts of which every `period`-th was met before; whether any of them is still known at the end.
    fn remembers(period: usize, questions: usize) -> bool {
        let mut memory = Memory::default();
        memory.insert(usize::MAX, None);
        for text in 0..questions {
            let text = if text % period == 0 { usize::MAX } else { text };
            if memory.get(&text).is_none() {
                memory.insert(text, None);
            }
        }
        memory.get(&usize::MAX).is_some()
    }

    #[test]
    fn files_that_repeat_hardly_any_stack_are_forgotten() {
        const FIRST: usize = Memory::<usize>::FIRST_LOOK;
        const TRIAL: usize = Memory::<usize>::TRIAL;
        // One of a hundred shows soon that it does not pay; one of ten later; one of two pays.
        assert!(remembers(100, FIRST - 1) && !remembers(100, FIRST));
        assert!(remembers(10, TRIAL - 1) && !remembers(10, TRIAL));
        assert!(remembers(2, 2 * TRIAL));
    }
}
