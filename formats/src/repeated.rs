//! Stacks by the bytes that they stand for, in formats that write every stack out.
//!
//! Files that were not added up repeat them; in others nothing is remembered after a while, because it would only
//! cost memory.

use crate::StackId;
use hashbrown::HashMap;

/// Stacks by their bytes in the input.
#[derive(Default)]
pub(crate) struct Repeated<'a> {
    stacks: HashMap<&'a [u8], Option<StackId>>,
    asked: usize,
    known: usize,
}

impl<'a> Repeated<'a> {
    /// After so many stacks it shows whether a file repeats them.
    const TRIAL: usize = 20_000;

    /// The stack that was inserted with these bytes, where it is remembered.
    pub(crate) fn get(&mut self, text: &[u8]) -> Option<Option<StackId>> {
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

    /// Remembers a stack, unless remembering has shown to be of no use.
    pub(crate) fn insert(&mut self, text: &'a [u8], stack: Option<StackId>) {
        if !self.is_useless() {
            self.stacks.insert(text, stack);
        }
    }

    fn is_useless(&self) -> bool {
        self.asked >= Self::TRIAL && self.known * 8 < self.asked
    }
}
