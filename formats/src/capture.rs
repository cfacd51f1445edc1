//! A capture: one file as read.

use crate::unpack::Container;
use crate::{Notes, Profile, Traces};

/// One file as read: where it came from, what it holds, what was left out.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Where it came from.
    pub source: Source,
    /// What it holds.
    pub content: Content,
    /// What was left out or assumed.
    pub notes: Notes,
}

impl Capture {
    /// How many sample (or span) records of the file are in the result.
    ///
    /// `notes.records()` = `records_used()` + `notes.samples_left_out()`, for every file that is read.
    #[must_use]
    pub fn records_used(&self) -> u64 {
        match &self.content {
            Content::Profile(profile) => profile.series.iter().map(|series| series.records).sum(),
            Content::Traces(traces) => traces.spans.len() as u64,
        }
    }
}

/// What a capture holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Stacks with values.
    Profile(Profile),
    /// Requests as trees of spans.
    Traces(Traces),
}

impl Content {
    /// `profile` or `traces`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Content::Profile(_) => "profile",
            Content::Traces(_) => "traces",
        }
    }
}

/// Where a capture came from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as given, or `-`.
    pub name: String,
    /// The name of the reader, as in [`FORMATS`](crate::FORMATS): `pprof`, `folded`, `otlp`.
    pub format: &'static str,
    /// What in the bytes gave the format away.
    pub why_recognised: String,
    /// How the bytes were packed.
    pub container: Container,
    /// Size of the file in bytes, as stored.
    pub bytes: u64,
    /// blake3 of the file as stored, in hexadecimal; `None` when it was not asked for.
    pub digest: Option<String>,
}
