//! The lines of a chunk with their counts as whole numbers; what cannot be used is noted.

use super::record::{self, Count, Line};
use crate::{Notes, chunk};
use std::ops::Range;

/// The most decimal places that are kept exactly.
const DECIMALS: usize = 9;

/// Columns of counts a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// `stack COUNT`.
    One,
    /// `stack BEFORE AFTER`, as tools for differential flame graphs write it.
    Two,
}

/// What a line means.
pub(super) enum Meaning<'a> {
    /// A comment, without its `#`.
    Comment(&'a [u8]),
    /// A stack and what it counts: in both columns, where there are two.
    Sample(&'a [u8], [i64; 2]),
}

/// Walks over lines.
pub(super) struct Lines<'a> {
    input: &'a [u8],
    columns: Columns,
    /// The decimal places that counts are kept with.
    decimals: u8,
    /// What is found on the way.
    pub(super) found: Found,
}

/// What is found in lines beside their stacks.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) notes: Notes,
    /// The most decimal places of any count, at most [`DECIMALS`].
    most_decimals: u8,
    /// The largest count, in units of the last decimal place kept.
    largest: i64,
}

impl Found {
    pub(super) fn absorb(&mut self, later: Found) {
        self.notes.absorb(later.notes);
        self.most_decimals = self.most_decimals.max(later.most_decimals);
        self.largest = self.largest.max(later.largest);
    }
}

impl<'a> Lines<'a> {
    pub(super) fn new(input: &'a [u8], columns: Columns, decimals: u8) -> Lines<'a> {
        Lines { input, columns, decimals, found: Found::default() }
    }

    /// Hands over what the lines in `range` mean.
    pub(super) fn walk(&mut self, range: Range<usize>, mut meets: impl FnMut(Meaning<'a>)) {
        let input = self.input;
        let mut at = range.start;
        while at < range.end {
            let end = chunk::line_end(input, at);
            let line = &input[at..end];
            match record::line(line) {
                Line::Blank => {}
                Line::Comment(comment) => meets(Meaning::Comment(comment)),
                Line::Stack { stack, count } => {
                    if let Some((stack, counts)) = self.sample(stack, count, at, line) {
                        meets(Meaning::Sample(stack, counts));
                    }
                }
            }
            at = end;
        }
    }

    fn sample(
        &mut self,
        stack: &'a [u8],
        count: Option<Count<'a>>,
        at: usize,
        line: &[u8],
    ) -> Option<(&'a [u8], [i64; 2])> {
        let (stack, counts) = match self.columns {
            Columns::One => {
                self.found.notes.met(1);
                (stack, count.map(|count| (None, count)))
            }
            Columns::Two => {
                // Each of the counts stands for samples of its own.
                self.found.notes.met(2);
                match (record::line(stack), count) {
                    (Line::Stack { stack, count: Some(before) }, Some(after)) => {
                        (stack, Some((Some(before), after)))
                    }
                    _ => (stack, None),
                }
            }
        };
        let Some((before, after)) = counts else {
            return self.leave_out("count_unread", NO_COUNT, at, line);
        };
        let before = before.map_or(Some(0), |count| self.value(count, at, line));
        let (Some(before), Some(after)) = (before, self.value(after, at, line)) else {
            return self.leave_out("count_too_large", TOO_LARGE, at, line);
        };
        Some(match self.columns {
            Columns::One => (stack, [after, 0]),
            Columns::Two => (stack, [before, after]),
        })
    }

    fn leave_out<T>(&mut self, code: &'static str, text: &'static str, at: usize, line: &[u8]) -> Option<T> {
        let samples = if self.columns == Columns::Two { 2 } else { 1 };
        self.found.notes.left_out_together(code, text, samples, at, line);
        None
    }

    /// The count as a whole number of the decimal places that are kept; `None` when it leaves `i64`.
    fn value(&mut self, count: Count<'_>, at: usize, line: &[u8]) -> Option<i64> {
        let mut fraction = count.fraction;
        while let [rest @ .., b'0'] = fraction {
            fraction = rest;
        }
        self.found.most_decimals = self.found.most_decimals.max(fraction.len().min(DECIMALS) as u8);
        let decimals = usize::from(self.decimals);
        if fraction.len() > decimals {
            self.found.notes.caveat("decimals_cut", DECIMALS_CUT, at, line);
            fraction = &fraction[..decimals];
        }
        let zeros = decimals - fraction.len();
        let digits = count.whole.iter().chain(fraction).chain(std::iter::repeat_n(&b'0', zeros));
        let value = digits
            .copied()
            .try_fold(0i64, |sum, digit| sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')))?;
        self.found.largest = self.found.largest.max(value);
        Some(value)
    }
}

const NO_COUNT: &str = "lines expected to be \"root;caller;leaf COUNT\", left out";
const TOO_LARGE: &str = "samples whose count is over 2^63, left out";
const DECIMALS_CUT: &str = "counts with more decimal places than 9, or than the largest count of the file leaves room for, cut to those";

/// Reads `input` with whole numbers and, where there are others, again with as many decimal places as it turned out
/// to need.
///
/// The places are those of the count that has the most, up to nine, as far as the largest count leaves room for them
/// below 2^63: a tiny fraction costs no large count. What does not fit is cut, with a note.
pub(super) fn at_its_scale<T>(read: impl Fn(u8) -> (T, Found)) -> (T, Found, u8) {
    let (whole, found) = read(0);
    // One more than the largest, for the fraction that it may have itself.
    let room = i64::MAX / found.largest.saturating_add(1);
    let fits = room.checked_ilog10().unwrap_or(0) as u8;
    match found.most_decimals.min(fits) {
        0 => (whole, found, 0),
        decimals => {
            let (whole, found) = read(decimals);
            (whole, found, decimals)
        }
    }
}

/// Whether the first stacks of a file are all followed by two counts.
pub(super) fn columns(input: &[u8]) -> Columns {
    let head = &input[..input.len().min(1 << 16)];
    // The last line of the head may be cut.
    let whole = if head.len() < input.len() { memchr::memrchr(b'\n', head).unwrap_or(0) } else { head.len() };
    let (mut lines, mut deep) = (0, false);
    for line in head[..whole].split(|&byte| byte == b'\n') {
        let Line::Stack { stack, count: Some(_) } = record::line(line) else { continue };
        let Line::Stack { stack, count: Some(_) } = record::line(stack) else { return Columns::One };
        lines += 1;
        deep |= stack.contains(&b';');
    }
    if lines > 0 && deep { Columns::Two } else { Columns::One }
}
