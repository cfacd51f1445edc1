//! The stacks of one part as a tree.
//!
//! Stacks are sorted, not hashed: where nearly every stack is a new one, each look-up in a table larger than
//! the cache waits for memory, and sorting keys of many symbols at a time reads and writes in order.

/// A tree of symbols, nodes in pre-order.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    /// The symbol of each node.
    pub(crate) symbols: Vec<u32>,
    /// One past the last node below each node.
    pub(crate) ends: Vec<u32>,
}

impl Trie {
    /// The children of `node`; the roots for `None`.
    #[inline]
    pub(crate) fn children(&self, node: Option<u32>) -> impl Iterator<Item = u32> {
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

    /// The nodes from a root to `node`.
    pub(crate) fn path(&self, node: u32) -> Vec<u32> {
        let mut path = Vec::new();
        let mut at = None;
        while at != Some(node) {
            let next = self.children(at).find(|&child| self.ends[child as usize] > node);
            at = Some(next.expect("every node is below a root"));
            path.extend(at);
        }
        path
    }
}

/// The tree of stacks (`symbols` from 1 to `most`, root first, each stack up to its end in `ends`), and the node
/// of each stack. No stack is empty.
pub(crate) fn sorted(symbols: &[u32], ends: &[usize], most: usize) -> (Trie, Vec<u32>) {
    let stack = |number: u32| {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| ends[before]);
        &symbols[start..ends[number]]
    };
    let mut trie = Trie::default();
    let mut nodes = vec![0; ends.len()];
    // The nodes of the stack before.
    let mut open: Vec<u32> = Vec::new();
    let mut before: &[u32] = &[];
    for number in order(ends.len(), most, stack) {
        let stack = stack(number);
        let shared = before.iter().zip(stack).take_while(|(ours, theirs)| ours == theirs).count();
        let next = trie.symbols.len() as u32;
        for node in open.drain(shared..) {
            trie.ends[node as usize] = next;
        }
        for &symbol in &stack[shared..] {
            open.push(trie.symbols.len() as u32);
            trie.symbols.push(symbol);
            trie.ends.push(0);
        }
        nodes[number as usize] = *open.last().expect("no stack is empty");
        before = stack;
    }
    let next = trie.symbols.len() as u32;
    for node in open {
        trie.ends[node as usize] = next;
    }
    trie.symbols.shrink_to_fit();
    trie.ends.shrink_to_fit();
    (trie, nodes)
}

/// The numbers of the stacks in ascending order of the stacks.
fn order<'a>(count: usize, most: usize, stack: impl Fn(u32) -> &'a [u32]) -> Vec<u32> {
    let bits = (usize::BITS - most.leading_zeros()).max(1);
    // As many symbols as fit above the number of the stack; 0 after the last, so that callers come first.
    let per_key = (96 / bits) as usize;
    let key = |number: u32, depth: usize| {
        let symbols = stack(number).get(depth..).unwrap_or_default();
        let taken = symbols.len().min(per_key);
        let key = symbols[..taken].iter().fold(0u128, |key, &symbol| key << bits | u128::from(symbol));
        key << (bits as usize * (per_key - taken)) << 32 | u128::from(number)
    };
    let continues = |key: u128| key >> 32 & ((1 << bits) - 1) != 0;
    let mut keys: Vec<u128> = (0..count as u32).map(|number| key(number, 0)).collect();
    let mut todo = vec![(0..count, 0)];
    while let Some((range, depth)) = todo.pop() {
        if depth > 0 {
            for key_here in &mut keys[range.clone()] {
                *key_here = key(*key_here as u32, depth);
            }
        }
        keys[range.clone()].sort_unstable();
        let mut start = range.start;
        while start < range.end {
            let prefix = keys[start] >> 32;
            let equal = keys[start..range.end].iter().take_while(|&&key| key >> 32 == prefix).count();
            if equal > 1 && continues(keys[start]) {
                todo.push((start..start + equal, depth + per_key));
            }
            start += equal;
        }
    }
    keys.into_iter().map(|key| key as u32).collect()
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
            let (trie, nodes) = sorted(&stacks.concat(), &ends, most);
            for (stack, &node) in stacks.iter().zip(&nodes) {
                let symbols =
                    trie.path(node).iter().map(|&node| trie.symbols[node as usize]).collect::<Vec<_>>();
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
