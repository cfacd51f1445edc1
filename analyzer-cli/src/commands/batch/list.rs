//! Captures named by a list, of which each line is a file or a pair of them. An archive stands for what it holds, unless it
//! is one of a pair. What is named again is passed over.

use super::source::{Origin, Source};
use super::walk::{Found, Opening, kind};
use analyzer_formats::archive::escape_name;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a list names.
pub(super) enum Listed {
    /// Captures, whose paths tell which side they are.
    Captures(Found),
    /// Pairs: before and after of one index belong together.
    Pairs { before: Vec<Source>, after: Vec<Source>, passed_over: Vec<String> },
}

/// The paths of a list.
#[derive(Debug, PartialEq, Eq)]
enum Paths {
    Single(Vec<PathBuf>),
    Pairs(Vec<(PathBuf, PathBuf)>),
}

/// Reads a list; `-` is standard input.
///
/// # Errors
/// When it cannot be read, names nothing, or some lines name two files and others one.
pub(super) fn read(path: &Path, opening: &Opening<'_>) -> Result<Listed> {
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
        false => fs::read(path).map(|read| bytes = read),
    };
    read.with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(match parse(&bytes).with_context(|| path.display().to_string())? {
        Paths::Single(paths) => {
            let mut found = Found::default();
            let (mut known, again) = (BTreeSet::new(), "named again in the list; passed over");
            for path in paths {
                if !known.insert(place(&path)) {
                    found.passed_over.push(format!("{}: {again}", path.display()));
                    continue;
                }
                match source(path) {
                    Source { name, origin: Origin::File(path), .. } => found.add(name, path, opening),
                    other => found.sources.push(other),
                }
            }
            Listed::Captures(found.sorted())
        }
        Paths::Pairs(pairs) => {
            let (mut known, mut passed_over) = (BTreeSet::new(), Vec::new());
            let (mut before, mut after) = (Vec::new(), Vec::new());
            for (one, other) in pairs {
                if known.insert((place(&one), place(&other))) {
                    before.push(source(one));
                    after.push(source(other));
                } else {
                    let again = "a pair that is named again in the list; passed over";
                    passed_over.push(format!("{}, {}: {again}", one.display(), other.display()));
                }
            }
            Listed::Pairs { before, after, passed_over }
        }
    })
}

/// The same for one path in whichever way it is written. Links are not followed: two names of a file are two.
fn place(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn source(path: PathBuf) -> Source {
    let shown = escape_name(path.as_os_str().as_encoded_bytes());
    let slashed = |&byte: &u8| if cfg!(windows) && byte == b'\\' { b'/' } else { byte };
    let slashed: Vec<u8> = path.as_os_str().as_encoded_bytes().iter().map(slashed).collect();
    let name = escape_name(&slashed).trim_start_matches("./").to_owned();
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Source { name, shown, origin: Origin::File(path) },
        Ok(metadata) => Source::broken(
            name,
            shown,
            "not_a_file",
            format!("is {}, expected a capture file", kind(&metadata)),
        ),
        Err(error) => Source::broken(name, shown, "unreadable", error.to_string()),
    }
}

fn parse(bytes: &[u8]) -> Result<Paths> {
    let separator = if bytes.contains(&0) { 0 } else { b'\n' };
    let (mut single, mut pairs) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(bytes.split(|&byte| byte == separator)) {
        let line = if separator == b'\n' { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        if line.is_empty() {
            continue;
        }
        let parts: Vec<&[u8]> = line.split(|&byte| byte == b'\t').collect();
        match parts[..] {
            [one] => single.push(path(one)),
            [before, after] if !before.is_empty() && !after.is_empty() => {
                pairs.push((path(before), path(after)))
            }
            _ => bail!("entry {number}: expected one path, or BEFORE and AFTER with a tab between"),
        }
        if !single.is_empty() && !pairs.is_empty() {
            bail!("entry {number}: some entries name one file and some name two; expected the same of all");
        }
    }
    match (single.is_empty(), pairs.is_empty()) {
        (true, true) => bail!("names no file"),
        (_, true) => Ok(Paths::Single(single)),
        _ => Ok(Paths::Pairs(pairs)),
    }
}

fn path(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_or_nul() {
        let single = |paths: &[&str]| Paths::Single(paths.iter().map(PathBuf::from).collect());
        assert_eq!(parse(b"a\nb c\r\n\n").unwrap(), single(&["a", "b c"]));
        assert_eq!(parse(b"a\nb\0c\0").unwrap(), single(&["a\nb", "c"]));
        let pairs = Paths::Pairs(vec![(PathBuf::from("a"), PathBuf::from("b"))]);
        assert_eq!(parse(b"a\tb").unwrap(), pairs);
        for (bad, words) in [
            (&b""[..], "names no file"),
            (b"a\nb\tc", "entry 2: some"),
            (b"a\tb\tc", "entry 1: expected"),
            (b"a\t", "entry 1: expected"),
        ] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
