//! SHA-256 (FIPS 180-4) and CRC-32 (IEEE 802.3, bitwise table).

const INITIAL: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// The round constants: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
fn round_constants() -> [u32; 64] {
    let mut constants = [0; 64];
    let primes = (2u64..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0));
    for (slot, prime) in constants.iter_mut().zip(primes) {
        // The largest r with r^3 <= prime * 2^96 is the cube root in 32.32 fixed point.
        let (mut low, mut high) = (0u128, 1u128 << 36);
        while low + 1 < high {
            let middle = (low + high) / 2;
            if middle * middle * middle <= u128::from(prime) << 96 {
                low = middle
            } else {
                high = middle
            }
        }
        *slot = low as u32;
    }
    constants
}

/// What the digests need, made once.
pub struct Digests {
    rounds: [u32; 64],
    crc_table: [u32; 256],
}

impl Digests {
    pub fn new() -> Self {
        let mut crc_table = [0; 256];
        for (index, slot) in crc_table.iter_mut().enumerate() {
            *slot = (0..8)
                .fold(index as u32, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 });
        }
        Digests { rounds: round_constants(), crc_table }
    }

    #[inline(never)]
    pub fn crc32(&self, bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, &byte| crc >> 8 ^ self.crc_table[usize::from(crc as u8 ^ byte)])
    }

    #[inline(never)]
    pub fn sha256(&self, bytes: &[u8]) -> [u8; 32] {
        let mut state = INITIAL;
        let mut chunks = bytes.chunks_exact(64);
        for chunk in &mut chunks {
            self.sha256_round(&mut state, chunk);
        }
        let mut tail = chunks.remainder().to_vec();
        tail.push(0x80);
        while tail.len() % 64 != 56 {
            tail.push(0);
        }
        tail.extend_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
        for chunk in tail.chunks_exact(64) {
            self.sha256_round(&mut state, chunk);
        }
        let mut digest = [0; 32];
        for (slot, word) in digest.chunks_exact_mut(4).zip(state) {
            slot.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }

    #[inline(never)]
    fn sha256_round(&self, state: &mut [u32; 8], chunk: &[u8]) {
        let schedule = expand_schedule(chunk);
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for (&word, &constant) in schedule.iter().zip(&self.rounds) {
            let sum1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let first =
                h.wrapping_add(sum1).wrapping_add(e & f ^ !e & g).wrapping_add(constant).wrapping_add(word);
            let sum0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let second = sum0.wrapping_add(a & b ^ a & c ^ b & c);
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
        }
        for (slot, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *slot = slot.wrapping_add(value);
        }
    }
}

#[inline(never)]
fn expand_schedule(chunk: &[u8]) -> [u32; 64] {
    let mut words = [0u32; 64];
    for (word, bytes) in words.iter_mut().zip(chunk.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for at in 16..64 {
        let low = words[at - 15].rotate_right(7) ^ words[at - 15].rotate_right(18) ^ words[at - 15] >> 3;
        let high = words[at - 2].rotate_right(17) ^ words[at - 2].rotate_right(19) ^ words[at - 2] >> 10;
        words[at] = words[at - 16].wrapping_add(low).wrapping_add(words[at - 7]).wrapping_add(high);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::Digests;

    #[test]
    fn the_published_digests_of_abc() {
        let digests = Digests::new();
        assert_eq!(digests.sha256(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(digests.crc32(b"abc"), 0x3524_41c2);
    }
}
