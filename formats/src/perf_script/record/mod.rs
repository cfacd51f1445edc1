//! Lines of `perf script` text, borrowed, without a model.
//!
//! The grammar is that of `tools/perf/builtin-script.c`: `comm pid/tid [cpu] time: period event: payload`, where
//! everything but the event may be absent, then one line per frame from the leaf to the root,
//! `address symbol+0xoffset (dso)`, then a blank line. Every name may hold spaces, digits and punctuation.

mod frame;
mod header;

pub(super) use frame::{FrameLine, frame, is_whole_frame, source_line};
pub(super) use header::{Header, header};

/// The line without its end (`\n` or `\r\n`) and trailing blanks.
pub(super) fn trim_end(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\n' | b'\r' | b' ' | b'\t'] = line {
        line = rest;
    }
    line
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn trim_start(mut line: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = line {
        line = rest;
    }
    line
}

/// The first token of a line that has no leading blanks, and what follows it.
fn token(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|&byte| is_blank(byte)).unwrap_or(line.len());
    (&line[..end], trim_start(&line[end..]))
}

fn is_hex(token: &[u8]) -> bool {
    let digits = token.strip_prefix(b"0x").unwrap_or(token);
    !digits.is_empty() && digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit)
}

fn is_number(token: &[u8]) -> bool {
    !token.is_empty() && token.iter().all(u8::is_ascii_digit)
}

/// Digits as a number; `None` when it leaves `u64`.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    digits
        .iter()
        .try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0'))))
}
