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
    /// A container or an archive is cut or corrupt there, and what it holds from there on is not to be had.
    #[error("byte {byte}: {container} data is {flaw} ({detail}); {done}")]
    Unpack {
        /// `gzip`, `zstd`, `tar` or `zip`.
        container: &'static str,
        /// Whether it ends too early or is wrong.
        flaw: Flaw,
        /// Offset in the file.
        byte: u64,
        /// What the decoder said.
        detail: String,
        /// What was done.
        done: &'static str,
    },
    /// It is an archive of files, and one capture is expected.
    #[error("is {what}{}, expected a capture; {advice}", Files(*files))]
    Archive {
        /// The kind of archive, with an article.
        what: &'static str,
        /// How many files it holds, where that is known without unpacking it.
        files: Option<u64>,
        /// What to do.
        advice: &'static str,
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
        /// What sort of rule it is.
        flaw: Flaw,
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
            ReadErrorKind::Unsupported { .. } | ReadErrorKind::Archive { .. } => "unsupported_format",
            ReadErrorKind::Ambiguous { .. } => "ambiguous_format",
            ReadErrorKind::Unpack { flaw: Flaw::Corrupt, container, .. } => match *container {
                "zstd" => "bad_zstd",
                "tar" => "bad_tar",
                "zip" => "bad_zip",
                _ => "bad_gzip",
            },
            ReadErrorKind::TooLarge { .. } => "too_large",
            ReadErrorKind::Changed { .. } => "file_changed",
            ReadErrorKind::Unpack { flaw, .. } | ReadErrorKind::Malformed { flaw, .. } => flaw.code(),
        }
    }

    /// The byte at which the input is cut or breaks a rule, where it is known: of the file as stored for a container and
    /// a plain archive, of what was unpacked for what is inside a container.
    #[must_use]
    pub fn byte(&self) -> Option<u64> {
        match self {
            ReadErrorKind::Unpack { byte, .. } => Some(*byte),
            ReadErrorKind::Malformed { at, .. } => Some(at.byte),
            ReadErrorKind::Changed { found } => found.byte(),
            _ => None,
        }
    }

    pub(crate) fn malformed(at: At, expected: impl Into<String>, found: impl Into<String>) -> ReadErrorKind {
        ReadErrorKind::Malformed { flaw: Flaw::Corrupt, at, expected: expected.into(), found: found.into() }
    }

    /// The same error, of another sort.
    pub(crate) fn of(mut self, sort: Flaw) -> ReadErrorKind {
        if let ReadErrorKind::Malformed { flaw, .. } | ReadErrorKind::Unpack { flaw, .. } = &mut self {
            *flaw = sort;
        }
        self
    }
}

/// What is wrong with bytes that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// They end too early.
    Cut,
    /// They break a rule.
    Corrupt,
    /// They refer to something that is not there.
    Reference,
    /// There are more than are taken.
    TooMany,
}

impl Flaw {
    fn code(self) -> &'static str {
        match self {
            Flaw::Cut => "truncated",
            Flaw::Corrupt => "malformed",
            Flaw::Reference => "bad_reference",
            Flaw::TooMany => "too_large",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Flaw::Cut => "cut",
            Flaw::Corrupt => "corrupt",
            Flaw::Reference => "incomplete",
            Flaw::TooMany => "too much",
        })
    }
}

/// How many files, after what holds them.
struct Files(Option<u64>);

impl fmt::Display for Files {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(1) => out.write_str(" with 1 file"),
            Some(files) => write!(out, " with {files} files"),
        }
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
