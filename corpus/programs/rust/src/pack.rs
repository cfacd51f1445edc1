//! Block compression: LZ77 with hash chains, then a canonical Huffman code over the tokens' bytes.

use crate::change::Change;

const MIN_MATCH: usize = 4;
const MAX_MATCH: usize = 255;
const WINDOW: usize = 32_768;
const TABLE_BITS: u32 = 14;

/// Compresses one block: 256 code lengths, then the bits.
#[inline(never)]
pub fn pack_block(block: &[u8], change: Change) -> Vec<u8> {
    let tokens = tokenise(block, change);
    let lengths = code_lengths(&count_bytes(&tokens));
    let mut out = lengths.to_vec();
    write_bits(&tokens, &lengths, &assign_codes(&lengths), &mut out);
    out
}

/// The positions at which each hash was seen, newest first.
struct Chains {
    heads: Vec<u32>,
    links: Vec<u32>,
    /// How many in 128 matches are measured twice: what `match-10` adds.
    twice: u32,
}

impl Chains {
    fn new(size: usize, change: Change) -> Self {
        let twice = match change {
            Change::Match10 => 13,
            Change::Match20 => 26,
            Change::Match30 => 38,
            _ => 0,
        };
        Chains { heads: vec![u32::MAX; 1 << TABLE_BITS], links: vec![u32::MAX; size], twice }
    }

    #[inline(never)]
    fn insert(&mut self, block: &[u8], at: usize) {
        if at + MIN_MATCH <= block.len() {
            let hash = hash_at(block, at);
            self.links[at] = self.heads[hash];
            self.heads[hash] = at as u32;
        }
    }

    /// The longest earlier match at `at`: its length and distance.
    #[inline(never)]
    fn find_match(&self, block: &[u8], at: usize) -> Option<(usize, usize)> {
        if at + MIN_MATCH > block.len() {
            return None;
        }
        let mut best = None;
        let mut best_length = MIN_MATCH - 1;
        let mut candidate = self.heads[hash_at(block, at)];
        for _ in 0..12 {
            if candidate == u32::MAX || at - candidate as usize > WINDOW {
                break;
            }
            let times = 1 + u32::from(candidate % 128 < self.twice);
            let length = match_length(block, candidate as usize, at, times);
            if length > best_length {
                best_length = length;
                best = Some((length, at - candidate as usize));
            }
            candidate = self.links[candidate as usize];
        }
        best
    }
}

fn hash_at(block: &[u8], at: usize) -> usize {
    let word = u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
    (word.wrapping_mul(2_654_435_761) >> (32 - TABLE_BITS)) as usize
}

/// The length of a match, measured so many times.
#[inline(never)]
fn match_length(block: &[u8], from: usize, at: usize, times: u32) -> usize {
    let limit = (block.len() - at).min(MAX_MATCH);
    let mut length = 0;
    for _ in 0..times {
        let from = std::hint::black_box(from);
        length = (0..limit).take_while(|&offset| block[from + offset] == block[at + offset]).count();
    }
    length
}

/// Literals as `0 byte`, matches as `length distance_high distance_low`.
#[inline(never)]
fn tokenise(block: &[u8], change: Change) -> Vec<u8> {
    let mut chains = Chains::new(block.len(), change);
    let mut tokens = Vec::with_capacity(block.len());
    let mut at = 0;
    while at < block.len() {
        let step = match chains.find_match(block, at) {
            Some((length, distance)) => {
                tokens.extend_from_slice(&[length as u8, (distance >> 8) as u8, distance as u8]);
                length
            }
            None => {
                tokens.extend_from_slice(&[0, block[at]]);
                1
            }
        };
        for position in at..at + step {
            chains.insert(block, position);
        }
        at += step;
    }
    tokens
}

#[inline(never)]
fn count_bytes(tokens: &[u8]) -> [u32; 256] {
    let mut counts = [0; 256];
    for &byte in tokens {
        counts[usize::from(byte)] += 1;
    }
    counts
}

/// Huffman code lengths by repeated merging of the two rarest nodes.
#[inline(never)]
fn code_lengths(counts: &[u32; 256]) -> [u8; 256] {
    let mut weights: Vec<u64> = counts.iter().map(|&count| u64::from(count)).collect();
    let mut parents = vec![0usize; 512];
    let mut open: Vec<usize> = (0..256).filter(|&symbol| counts[symbol] > 0).collect();
    while open.len() > 1 {
        open.sort_unstable_by_key(|&node| std::cmp::Reverse((weights[node], node)));
        let joined = weights.len();
        let pair = open.split_off(open.len() - 2);
        weights.push(weights[pair[0]] + weights[pair[1]]);
        parents[pair[0]] = joined;
        parents[pair[1]] = joined;
        open.push(joined);
    }
    let mut lengths = [0; 256];
    for (symbol, length) in lengths.iter_mut().enumerate() {
        let mut node = symbol;
        while parents[node] != 0 {
            *length += 1;
            node = parents[node];
        }
    }
    lengths
}

/// Canonical codes: shorter first, then by symbol.
#[inline(never)]
fn assign_codes(lengths: &[u8; 256]) -> [u64; 256] {
    let mut order: Vec<usize> = (0..256).filter(|&symbol| lengths[symbol] > 0).collect();
    order.sort_by_key(|&symbol| (lengths[symbol], symbol));
    let mut codes = [0; 256];
    let (mut code, mut width) = (0u64, 0);
    for symbol in order {
        code <<= lengths[symbol] - width;
        width = lengths[symbol];
        codes[symbol] = code;
        code += 1;
    }
    codes
}

#[inline(never)]
fn write_bits(tokens: &[u8], lengths: &[u8; 256], codes: &[u64; 256], out: &mut Vec<u8>) {
    let (mut pending, mut width) = (0u64, 0u32);
    for &byte in tokens {
        let symbol = usize::from(byte);
        pending = pending << lengths[symbol] | codes[symbol];
        width += u32::from(lengths[symbol]);
        while width >= 8 {
            width -= 8;
            out.push((pending >> width) as u8);
        }
        pending &= (1 << width) - 1;
    }
    if width > 0 {
        out.push((pending << (8 - width)) as u8);
    }
}
