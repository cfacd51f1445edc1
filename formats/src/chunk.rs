//! Parallel reading: cut the input by bytes at record ends, read the chunks, absorb them in file order.
//!
//! Cuts depend on the bytes alone, never on the number of threads, and absorbing numbers things by first
//! occurrence, so the result is that of one sequential pass.

use rayon::prelude::*;
use std::ops::Range;

/// Cuts `input` into ranges of about `size` bytes. `record_end(from)` gives the end of the first record that
/// ends at or after `from`, so that every range holds whole records.
pub(crate) fn cut(input: &[u8], size: usize, record_end: impl Fn(usize) -> usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while start < input.len() {
        let wanted = start.saturating_add(size.max(1));
        let end = if wanted >= input.len() { input.len() } else { record_end(wanted).min(input.len()) };
        ranges.push(start..end);
        start = end;
    }
    ranges
}

/// The end of the line that holds or follows byte `from`: one past its newline.
pub(crate) fn line_end(input: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &input[from..]).map_or(input.len(), |at| from + at + 1)
}

/// Reads every range and absorbs the results in file order. `None` when there are no ranges.
pub(crate) fn read<C: Send>(
    ranges: &[Range<usize>],
    read: impl Fn(Range<usize>) -> C + Sync,
    absorb: impl Fn(&mut C, C) + Sync,
) -> Option<C> {
    // Absorbing a later part into an earlier one is associative, so rayon's tree of pairs gives the same
    // result as a fold from the left.
    ranges.par_iter().map(|range| read(range.clone())).reduce_with(|mut earlier, later| {
        absorb(&mut earlier, later);
        earlier
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_whole_lines_and_cover_the_input() {
        let input = b"one\ntwo\nthree\n\nfour";
        for size in 1..30 {
            let ranges = cut(input, size, |from| line_end(input, from));
            let joined: Vec<u8> = ranges.iter().flat_map(|range| input[range.clone()].to_vec()).collect();
            assert_eq!(joined, input);
            for range in &ranges[..ranges.len() - 1] {
                assert_eq!(input[range.end - 1], b'\n');
            }
        }
    }
}
