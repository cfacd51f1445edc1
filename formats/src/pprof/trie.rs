//! The stacks of one part as a tree.
//!
//! Stacks are sorted, not hashed: where nearly every stack is a new one, each look-up in a table larger than
//! the cache waits for memory, and sorting keys of many symbols at a time reads and writes in order.

use std::ops::Range;

/// A tree of symbols, nodes in pre-order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trie {
    /// The symbol of each node.
    pub(crate) symbols: Vec<u32>,
    /// One past the last node below each node.
    pub(crate) ends: Vec<u32>,
}

impl Trie {
    /// The children of `node`; the roots for `None`.
    #[inline]
    pub(crate) fn children(&self, node: Option<u32>) -> impl Iterator<Item = u32> + use<'_> {
        let (mut next, end) = match node {
            Some(node) => (node + 1, self.ends[node as usize]),
            None => (0, self.ends.len() as u32),
        };
        std::iter::from_fn(move || {
            let child = next;
            (child < end).then(|| {
                next = self.ends[child as usize];
                child
            })
        })
    }

    fn push(&mut self, open: &mut Vec<u32>, symbol: u32) {
        open.push(self.symbols.len() as u32);
        self.symbols.push(symbol);
        self.ends.push(0);
    }

    /// Ends all `open` nodes but the first `depth`.
    fn close(&mut self, open: &mut Vec<u32>, depth: usize) {
        let next = self.symbols.len() as u32;
        for node in open.drain(depth..) {
            self.ends[node as usize] = next;
        }
    }

    /// The parent of each node; `u32::MAX` for roots.
    pub(crate) fn parents(&self) -> Vec<u32> {
        let mut open: Vec<u32> = Vec::new();
        let parents = (0..self.ends.len() as u32).map(|node| {
            while open.pop_if(|open| self.ends[*open as usize] <= node).is_some() {}
            let parent = open.last().copied().unwrap_or(u32::MAX);
            open.push(node);
            parent
        });
        parents.collect()
    }
}

/// The nodes from `node` to its root.
pub(crate) fn path(parents: &[u32], node: u32) -> Vec<u32> {
    std::iter::successors(Some(node), |&node| {
        Some(parents[node as usize]).filter(|&parent| parent != u32::MAX)
    })
    .collect()
}

/// Stacks of symbols from 1 up, root first, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    pub(crate) symbols: Vec<u32>,
    /// Where each stack ends.
    pub(crate) ends: Vec<usize>,
}

impl Stacks {
    #[inline]
    fn get(&self, number: u32) -> &[u32] {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.symbols[start..self.ends[number]]
    }
}

/// Sorts stacks into trees. It keeps its memory from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Sorter {
    /// Of each stack some symbols, as many as fit, and below them its number.
    keys: Vec<u128>,
    /// Ranges of `keys` that are sorted from a depth on and not yet in the tree.
    todo: Vec<(Range<usize>, usize)>,
    /// The nodes of the stack before.
    open: Vec<u32>,
    /// The node of each stack.
    pub(crate) nodes: Vec<u32>,
}

/// How symbols are put into a key: so many bits each, some in its high half, some above the number of the stack.
#[derive(Clone, Copy)]
struct Packing {
    bits: usize,
    high: usize,
    low: usize,
}

impl Packing {
    /// For symbols without a higher bit than `bits` has.
    fn new(bits: u32) -> Packing {
        let bits = (u32::BITS - bits.leading_zeros()).max(1) as usize;
        Packing { bits, high: 64 / bits, low: 32 / bits }
    }

    /// The symbols from `depth` on, 0 after the last, so that callers come before what they call.
    #[inline]
    fn key(self, stack: &[u32], depth: usize, number: u32) -> u128 {
        // As many turns for short stacks as for long ones: their lengths are hard to predict.
        let word = |range: Range<usize>| {
            let symbols = range.map(|index| stack.get(index).copied().unwrap_or(0));
            symbols.fold(0u64, |word, symbol| word << self.bits | u64::from(symbol))
        };
        let middle = depth + self.high;
        let (high, low) = (word(depth..middle), word(middle..middle + self.low));
        u128::from(high) << 64 | u128::from(low) << 32 | u128::from(number)
    }

    /// The symbol at `index` of a key.
    #[inline]
    fn symbol(self, key: u128, index: usize) -> u32 {
        let (word, from_end) = if index < self.high {
            ((key >> 64) as u64, self.high - 1 - index)
        } else {
            (key as u64 >> 32, self.high + self.low - 1 - index)
        };
        (word >> (self.bits * from_end) & ((1 << self.bits) - 1)) as u32
    }
}

impl Sorter {
    /// Makes `trie` the tree of `stacks`, whose symbols have no higher bit than `bits` has. No stack is empty.
    pub(crate) fn sort(&mut self, stacks: &Stacks, bits: u32, trie: &mut Trie) {
        let Sorter { keys, todo, open, nodes } = self;
        trie.symbols.clear();
        trie.ends.clear();
        nodes.clear();
        nodes.resize(stacks.ends.len(), 0);
        let packing = Packing::new(bits);
        let per_key = packing.high + packing.low;
        keys.clear();
        keys.extend((0..stacks.ends.len() as u32).map(|number| packing.key(stacks.get(number), 0, number)));
        keys.sort_unstable();
        todo.push((0..keys.len(), 0));
        while let Some((range, depth)) = todo.pop() {
            if range.is_empty() {
                continue;
            }
            let first = keys[range.start];
            let equal = keys[range.clone()].iter().take_while(|&&key| key >> 32 == first >> 32).count();
            todo.push((range.start + equal..range.end, depth));
            // How many symbols are those of the stack before.
            let shared = (0..per_key)
                .take_while(|&index| {
                    open.len() > depth + index
                        && trie.symbols[open[depth + index] as usize] == packing.symbol(first, index)
                })
                .count();
            trie.close(open, depth + shared);
            for index in shared..per_key {
                match packing.symbol(first, index) {
                    0 => break,
                    symbol => trie.push(open, symbol),
                }
            }
            let deeper = depth + per_key;
            let equal = range.start..range.start + equal;
            if open.len() < deeper || equal.len() == 1 {
                let stack = stacks.get(first as u32);
                for &symbol in stack.get(deeper..).unwrap_or_default() {
                    trie.push(open, symbol);
                }
                let leaf = *open.last().expect("no stack is empty");
                for &key in &keys[equal] {
                    nodes[key as u32 as usize] = leaf;
                }
                continue;
            }
            for key in &mut keys[equal.clone()] {
                let number = *key as u32;
                *key = packing.key(stacks.get(number), deeper, number);
            }
            keys[equal.clone()].sort_unstable();
            // Those that end here have no symbol left and come first.
            let ended = keys[equal.clone()].iter().take_while(|&&key| key >> 32 == 0).count();
            for &key in &keys[equal.start..equal.start + ended] {
                nodes[key as u32 as usize] = *open.last().expect("no stack is empty");
            }
            todo.push((equal.start + ended..equal.end, deeper));
        }
        trie.close(open, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_where_their_symbols_lead() {
        // A walk that gives short and long stacks with long common beginnings.
        let mut state = 1usize;
        let mut next = || {
            state = (state * 1_103_515_245 + 12_345) % (1 << 31);
            state >> 16
        };
        for most in [2usize, 300, 70_000] {
            let stacks: Vec<Vec<u32>> = (0..500)
                .map(|_| {
                    let shared = next() % 40;
                    let own = (0..1 + next() % 30).map(|_| (next() % most) as u32 + 1).collect::<Vec<_>>();
                    [vec![1; shared], own].concat()
                })
                .collect();
            let mut ends = Vec::new();
            let mut end = 0;
            for stack in &stacks {
                end += stack.len();
                ends.push(end);
            }
            let (mut sorter, mut trie) = (Sorter::default(), Trie::default());
            sorter.sort(&Stacks { symbols: stacks.concat(), ends }, most as u32, &mut trie);
            let (nodes, parents) = (sorter.nodes, trie.parents());
            for (stack, &node) in stacks.iter().zip(&nodes) {
                let symbols = path(&parents, node)
                    .iter()
                    .rev()
                    .map(|&node| trie.symbols[node as usize])
                    .collect::<Vec<_>>();
                assert_eq!(&symbols, stack);
            }
            // Siblings differ.
            for node in std::iter::once(None).chain((0..trie.ends.len() as u32).map(Some)) {
                let symbols: Vec<u32> =
                    trie.children(node).map(|child| trie.symbols[child as usize]).collect();
                assert!(symbols.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }
}
