//! What a tool answered, short enough to compare: lines, sums, and a digest that does not depend on the order of lines.

use anyhow::{Context, Result};
use rustc_hash::FxBuildHasher;
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Folded text, told shortly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Lines, each a stack.
    pub lines: u64,
    /// Sum of each column of values.
    pub sums: Vec<u64>,
    /// Sum of the hashes of the lines.
    pub digest: u64,
}

/// Reads folded text with `columns` values a line. `_[k]`, by which `plateau` marks frames of the kernel, is passed over, since
/// inferno leaves it out by default.
///
/// # Errors
/// When the file cannot be read or a line does not end in `columns` numbers.
pub fn folded(path: &Path, columns: usize) -> Result<Answer> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut answer = Answer { sums: vec![0; columns], ..Answer::default() };
    let (mut line, mut plain) = (Vec::new(), Vec::new());
    while reader.read_until(b'\n', &mut line)? > 0 {
        let mut rest = line.strip_suffix(b"\n").unwrap_or(&line);
        plain.clear();
        let mut from = 0;
        for at in memchr::memmem::find_iter(rest, b"_[k]") {
            plain.extend_from_slice(&rest[from..at]);
            from = at + 4;
        }
        plain.extend_from_slice(&rest[from..]);
        answer.digest = answer.digest.wrapping_add(FxBuildHasher.hash_one(&plain));
        answer.lines += 1;
        for sum in answer.sums.iter_mut().rev() {
            let at = memchr::memrchr(b' ', rest).with_context(|| format!("line {}", answer.lines))?;
            let number = std::str::from_utf8(&rest[at + 1..])?.parse::<u64>();
            *sum += number.with_context(|| format!("line {}", answer.lines))?;
            rest = &rest[..at];
        }
        line.clear();
    }
    Ok(answer)
}

/// A check of an answer, for the tables.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Check {
    /// What was compared.
    pub what: String,
    /// Both sides.
    pub found: String,
    /// Whether it is as it should be.
    pub holds: bool,
}

impl Check {
    /// That two things are equal.
    pub fn equal<T: PartialEq + std::fmt::Debug>(what: impl Into<String>, found: T, expected: T) -> Check {
        let holds = found == expected;
        let found = if holds { format!("{found:?}") } else { format!("{found:?}, expected {expected:?}") };
        Check { what: what.into(), found, holds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_kernel_marks_do_not_matter() {
        let file = |name: &str, text: &str| {
            let path = std::env::temp_dir().join(format!("plateau-answer-{}-{name}", std::process::id()));
            std::fs::write(&path, text).expect("the folder of temporary files is written");
            let answer = folded(&path, 2).expect("it is folded");
            std::fs::remove_file(&path).expect("it was written");
            answer
        };
        let [one, two] = [file("1", "a;b_[k] 1 2\nc 3 4\n"), file("2", "c 3 4\na;b 1 2")];
        assert_eq!(one, two);
        assert_eq!((one.lines, one.sums), (2, vec![4, 6]));
        assert_ne!(file("3", "c 3 4\na;d 1 2").digest, two.digest);
    }
}
