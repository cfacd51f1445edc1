//! Errors of reading: there is no result. Each says which file, where, what was expected, what to do.

use std::fmt;
use std::io;

/// Why a capture could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {kind}")]
pub struct ReadError {
    /// The path, or `-` for standard input.
    pub name: String,
    /// What went wrong. It is part of the message, so it is no source beside it.
    pub kind: ReadErrorKind,
}

/// What went wrong while reading a capture.
#[derive(Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// The file could not be opened or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The path is a directory, a device or a pipe found where a file was expected.
    #[error("is {what}, expected a capture file; {advice}")]
    NotAFile {
        /// What it is, with an article.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// There is not one byte in it.
    #[error("is empty (0 bytes), expected a capture; was the recording cut short?")]
    Empty,
    /// The format that is asked for does not exist.
    #[error("cannot be read as \"{name}\", which is no format; expected one of: {known}")]
    NoSuchFormat {
        /// The name that was given.
        name: &'static str,
        /// The names of the known formats.
        known: String,
    },
    /// No format knows these bytes.
    #[error("is not a capture in a known format (first bytes: \"{found}\"); expected {expected}")]
    Unrecognised {
        /// The first bytes, escaped.
        found: String,
        /// The names of the known formats.
        expected: String,
    },
    /// The format is known but not read yet.
    #[error("is {format}, which is not read yet; {advice}")]
    Unsupported {
        /// The format, with an article.
        format: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// Two formats are equally sure that the bytes are theirs.
    #[error("could be {first} or {second}; say which with --from {first} or --from {second}")]
    Ambiguous {
        /// One reader's name.
        first: &'static str,
        /// The other reader's name.
        second: &'static str,
    },
    /// A gzip or zstd container gave no bytes at all.
    #[error("byte {byte}: {container} data is corrupt or cut ({detail}), and nothing could be unpacked")]
    Unpack {
        /// `gzip` or `zstd`.
        container: &'static str,
        /// Offset in the file.
        byte: u64,
        /// What the decoder said.
        detail: String,
    },
    /// A pipe, or what a file unpacks to, went past the limit.
    #[error(
        "gives more than {limit} bytes, the most that is taken of a compressed file of its size or of a pipe; \
         give --max-unpacked if it is to be trusted"
    )]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file was written to while it was read, and what was read makes no sense.
    #[error("changed while it was read; read it again when it is finished (as far as it was read: {found})")]
    Changed {
        /// The error that reading it gave.
        found: Box<ReadErrorKind>,
    },
    /// The bytes break the rules of their format so that no result is possible.
    #[error("{at}: expected {expected}, found {found}")]
    Malformed {
        /// Where.
        at: At,
        /// What the format demands there.
        expected: String,
        /// What stands there.
        found: String,
    },
}

impl ReadErrorKind {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ReadErrorKind::Io(_) => "unreadable",
            ReadErrorKind::NotAFile { .. } => "not_a_file",
            ReadErrorKind::Empty => "empty",
            ReadErrorKind::NoSuchFormat { .. } => "no_such_format",
            ReadErrorKind::Unrecognised { .. } => "unknown_format",
            ReadErrorKind::Unsupported { .. } => "unsupported_format",
            ReadErrorKind::Ambiguous { .. } => "ambiguous_format",
            ReadErrorKind::Unpack { .. } => "bad_container",
            ReadErrorKind::TooLarge { .. } => "too_large",
            ReadErrorKind::Changed { .. } => "file_changed",
            ReadErrorKind::Malformed { .. } => "malformed",
        }
    }

    pub(crate) fn malformed(at: At, expected: impl Into<String>, found: impl Into<String>) -> ReadErrorKind {
        ReadErrorKind::Malformed { at, expected: expected.into(), found: found.into() }
    }
}

/// A place in the unpacked input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// Offset in bytes.
    pub byte: u64,
    /// Line from 1, for text.
    pub line: Option<u64>,
    /// Path of the field, for structured formats: `sample[17].location_id[3]`.
    pub field: Option<String>,
}

impl fmt::Display for At {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(out, "line {line}, ")?;
        }
        write!(out, "byte {}", self.byte)?;
        if let Some(field) = &self.field {
            write!(out, ", {field}")?;
        }
        Ok(())
    }
}
