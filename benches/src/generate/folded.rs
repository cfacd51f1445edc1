//! Pairs of folded stacks made of the stacks of the corpus.
//!
//! Stacks grow on one another: a new one keeps the first part of an older one and ends as a recorded one ends, so call
//! trees branch as real ones do. Of the stacks of a pair one in eleven is in the first file only, one in eleven in the
//! second only.
//!
//! *Repetitive*: a pool of stacks 20 to 60 deep with about 750 nodes per megabyte (150 thousand at 200 MB); the file is what
//! `cat` makes of the files of many hosts, each added up and sorted as collapsing tools write them and with 7 of
//! 10 stacks of the pool. *Distinct*: 200 bytes a line, no line twice, in no order, as tools write that dump a hash table.

use super::random::Random;
use super::{Facts, Made, Variety, cached, corpus_text};
use anyhow::Result;
use rustc_hash::FxHashSet;
use std::hash::BuildHasher;
use std::io::Write;
use std::path::Path;

const BYTES_PER_DISTINCT_LINE: u64 = 200;
const BYTES_PER_NODE: u64 = 1333;
/// The pools share 10 of 11 stacks with each file.
const ONLY_ONE_IN: usize = 11;

/// The file of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first one.
    Before,
    /// The second one.
    After,
}

/// Different stacks, their text end to end.
struct Pool {
    text: String,
    ends: Vec<usize>,
}

impl Pool {
    fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    fn push(&mut self, stack: &str) {
        self.text.push_str(stack);
        self.ends.push(self.text.len());
    }
}

/// Makes a pair of folded files of about `megabytes` (10^6 bytes) each.
///
/// # Errors
/// When the cache cannot be written.
pub fn make(cache: &Path, variety: Variety, megabytes: u64) -> Result<[Made; 2]> {
    let bytes = megabytes * 1_000_000;
    let mut pool = None;
    let mut side = |side: Side, name: &str| {
        cached(cache, &format!("{}.{name}.folded", variety.name()), megabytes, |out| {
            let pool = pool.get_or_insert_with(|| match variety {
                Variety::Repetitive => repetitive_pool(bytes),
                Variety::Distinct => distinct_pool(bytes),
            });
            write(out, variety, side, pool, bytes)
        })
    };
    Ok([side(Side::Before, "before")?, side(Side::After, "after")?])
}

/// Text of nearly distinct stacks of about `bytes`, for benches in memory.
///
/// # Panics
/// Never: memory takes what is written to it.
#[must_use]
pub fn distinct(bytes: usize, side: Side) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes + 4096);
    let pool = distinct_pool(bytes as u64);
    write(&mut out, Variety::Distinct, side, &pool, bytes as u64).expect("memory takes what is written");
    out
}

/// A pair as collapsing tools write it, sorted and each stack once, whose call trees have about `nodes` nodes together.
/// Where stacks end in one function their values in the second text are twice as large: what a report has to find.
///
/// # Panics
/// When the corpus has no stacks.
#[must_use]
pub fn call_trees(nodes: u64) -> [Vec<u8>; 2] {
    let pool = repetitive_pool(nodes * BYTES_PER_NODE * 10 / 11);
    let grown = pool.get(0).rsplit(';').next().expect("a text has a part").to_owned();
    let mut stacks: Vec<usize> = (0..pool.ends.len()).collect();
    stacks.sort_unstable_by_key(|&at| pool.get(at));
    let mut random = Random::new(5);
    let mut texts = [Vec::new(), Vec::new()];
    for at in stacks {
        let stack = pool.get(at);
        // Most are small; their digits are as hard to compress as recorded ones.
        let most = 1 << random.below(13);
        let count = 1 + random.below(most);
        for (side, text) in texts.iter_mut().enumerate() {
            let missing = if side == 0 { ONLY_ONE_IN - 1 } else { 0 };
            let noise = random.below(1 + count / 4);
            let times = if side == 1 && stack.rsplit(';').next() == Some(&grown) { 2 } else { 1 };
            if at % ONLY_ONE_IN != missing {
                text.extend_from_slice(format!("{stack} {}\n", times * count + noise).as_bytes());
            }
        }
    }
    texts
}

/// Text repeated to at least `bytes`.
#[must_use]
pub fn repeated(text: &[u8], bytes: usize) -> Vec<u8> {
    text.repeat(bytes.div_ceil(text.len().max(1)))
}

fn write(out: &mut dyn Write, variety: Variety, side: Side, pool: &Pool, bytes: u64) -> Result<Facts> {
    let mut random = Random::new(2 + side as u64);
    let other = if side == Side::Before { ONLY_ONE_IN - 1 } else { 0 };
    let mut mine: Vec<usize> = (0..pool.ends.len()).filter(|at| at % ONLY_ONE_IN != other).collect();
    match variety {
        Variety::Repetitive => mine.sort_unstable_by_key(|&at| pool.get(at)),
        Variety::Distinct => random.shuffle(&mut mine),
    }
    let mut facts = Facts::default();
    let mut used = vec![false; pool.ends.len()];
    'parts: loop {
        for &at in &mine {
            if variety == Variety::Repetitive && random.below(10) >= 7 {
                continue;
            }
            // Most stacks are met once or twice, few of them often.
            let count = (1 << random.below(8).min(random.below(8))) + random.below(3) as u64;
            let line = format!("{} {count}\n", pool.get(at));
            out.write_all(line.as_bytes())?;
            facts.bytes += line.len() as u64;
            facts.records += 1;
            facts.sum += count;
            facts.unique += u64::from(!std::mem::replace(&mut used[at], true));
            if facts.bytes >= bytes {
                break 'parts;
            }
        }
        if variety == Variety::Distinct {
            break;
        }
    }
    if variety == Variety::Repetitive {
        facts.nodes = Some(nodes(mine.iter().filter(|&&at| used[at]).map(|&at| pool.get(at))));
    }
    Ok(facts)
}

/// Nodes of the call tree of sorted stacks: the frames that a stack does not share with the one before it.
///
/// Sorting by bytes may part two stacks of one prefix by a name that goes on with a character below `;`, which counts
/// their common frames twice: rare, and only too many.
fn nodes<'a>(sorted: impl Iterator<Item = &'a str>) -> u64 {
    let mut before = "";
    let mut nodes = 0;
    for stack in sorted {
        let shared =
            stack.split(';').zip(before.split(';')).take_while(|(ours, theirs)| ours == theirs).count();
        nodes += (stack.split(';').count() - shared) as u64;
        before = stack;
    }
    nodes
}

/// The stacks of the corpus, without their values.
fn recorded() -> Vec<String> {
    let names = ["rust/before", "rust/after", "python/before.raw", "python/after.raw"];
    let text = names.map(|name| corpus_text(&format!("{name}.folded.gz")));
    let lines = text.iter().flat_map(|text| text.lines());
    lines.filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned())).collect()
}

fn repetitive_pool(bytes: u64) -> Pool {
    // The files hold 10 of 11 stacks of the pool.
    let wanted = bytes / BYTES_PER_NODE * 11 / 10;
    let mut grown = 0;
    grow(
        |random| random.between(20, 60),
        usize::MAX,
        |new_nodes| {
            grown += new_nodes;
            grown < wanted
        },
    )
}

fn distinct_pool(bytes: u64) -> Pool {
    let mut left = (bytes / BYTES_PER_DISTINCT_LINE).max(1) * 12 / 10;
    grow(
        |random| random.between(4, 11),
        230,
        |_| {
            left -= 1;
            left > 0
        },
    )
}

/// Grows a pool until `more`, told how many frames the new stack added, says that it is enough.
fn grow(depth: impl Fn(&mut Random) -> usize, longest: usize, mut more: impl FnMut(u64) -> bool) -> Pool {
    let recorded = recorded();
    let mut random = Random::new(1);
    let mut pool = Pool { text: String::new(), ends: Vec::new() };
    let mut seen = FxHashSet::default();
    let mut stack = String::new();
    loop {
        let depth = depth(&mut random);
        // An older stack of the pool, or a recorded one where the program starts anew.
        let above = match pool.ends.len() {
            0 => random.pick(&recorded),
            _ if random.below(64) == 0 => random.pick(&recorded),
            len => pool.get(random.below(len)),
        };
        let above_depth = above.split(';').count();
        let kept = random.between(above_depth / 2, above_depth).clamp(1, depth - 1);
        stack.clear();
        stack.push_str(first_frames(above, kept));
        let mut new_nodes = 0;
        let mut stack_depth = stack.split(';').count();
        while stack_depth < depth && stack.len() < longest {
            let below: Vec<&str> = random.pick(&recorded).split(';').collect();
            let from = random.below(below.len());
            for frame in below[from..].iter().take(depth - stack_depth) {
                if stack.len() + frame.len() < longest || new_nodes == 0 {
                    stack.push(';');
                    stack.push_str(frame);
                    new_nodes += 1;
                }
                stack_depth += 1;
            }
        }
        if !seen.insert(rustc_hash::FxBuildHasher.hash_one(&stack)) {
            continue;
        }
        pool.push(&stack);
        if !more(new_nodes) {
            return pool;
        }
    }
}

fn first_frames(stack: &str, frames: usize) -> &str {
    let end = memchr::memchr_iter(b';', stack.as_bytes()).nth(frames - 1);
    end.map_or(stack, |end| &stack[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_of_a_call_tree() {
        assert_eq!(nodes(["a;b;c", "a;b;d", "b"].into_iter()), 5);
    }

    #[test]
    fn facts_are_those_of_the_text() {
        for (variety, pool) in
            [(Variety::Repetitive, repetitive_pool(400_000)), (Variety::Distinct, distinct_pool(400_000))]
        {
            let mut text = Vec::new();
            let facts = write(&mut text, variety, Side::After, &pool, 400_000).expect("memory takes it");
            let text = String::from_utf8(text).expect("the corpus is UTF-8");
            let lines: Vec<_> = text.lines().filter_map(|line| line.rsplit_once(' ')).collect();
            let unique: FxHashSet<_> = lines.iter().map(|line| line.0).collect();
            let sum = lines.iter().map(|line| line.1.parse::<u64>().expect("a count")).sum();
            let found = (text.len() as u64, lines.len() as u64, unique.len() as u64, sum);
            assert_eq!(found, (facts.bytes, facts.records, facts.unique, facts.sum));
            assert!(facts.bytes >= 390_000, "{variety:?}: {}", facts.bytes);
        }
    }
}
