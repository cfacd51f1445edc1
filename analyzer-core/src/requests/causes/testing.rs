//! Requests of a few spans for the tests of detectors.

use super::evidence::Evidence;
use super::load::Load;
use super::pattern::Occurrence;
use super::replay::Replay;
use super::said::Sayings;
use super::seen::{Known, Seen};
use super::statements::Statements;
use super::tally::Key;
use super::{Detector, Thresholds};
use crate::requests::set::{Groups, Set, Source};
use crate::spans::request_testing::{Span, spans};
use crate::spans::{Frames, PathOptions};
use analyzer_formats::{Capture, Container, Content, Notes, SpanKind, Traces};

/// A millisecond, in nanoseconds.
pub(super) const MS: i64 = 1_000_000;

/// A call of a database; times in milliseconds.
pub(super) fn query<'a>(
    id: &'a str,
    parent: &'a str,
    times: (i64, i64),
    tags: &'a [(&'a str, &'a str)],
) -> Span<'a> {
    Span {
        kind: SpanKind::Client,
        tags,
        ..Span::new(id, parent, "shop", "SELECT items", times.0 * MS, times.1 * MS)
    }
}

/// A span of a service; times in milliseconds.
pub(super) fn work<'a>(id: &'a str, parent: &'a str, operation: &'a str, times: (i64, i64)) -> Span<'a> {
    Span::new(id, parent, "shop", operation, times.0 * MS, times.1 * MS)
}

pub(super) fn capture(traces: Traces) -> Capture {
    let source = analyzer_formats::Source {
        name: "test".to_owned(),
        format: "jaeger",
        why_recognised: String::new(),
        container: Container::Plain,
        bytes: 0,
        digest: None,
    };
    Capture { source, content: Content::Traces(traces), notes: Notes::default() }
}

/// Requests, as detectors and the second look see them.
pub(super) fn with_seen<T>(traces: Traces, mut look: impl FnMut(&Seen<'_>, &Frames, &Load) -> T) -> Vec<T> {
    let captures = [capture(traces)];
    let (mut frames, mut groups) = (Frames::default(), Groups::default());
    let sources = Source::all(&captures, PathOptions::default(), &mut frames);
    let set = Set::new(&sources, &mut groups);
    let mut statements = Statements::default();
    let known = Known { statements: statements.add(&sources[0]), sayings: Sayings::of(sources[0].traces) };
    let load = Load::of(&sources[0]);
    let requests = set.requests.iter();
    requests.map(|request| look(&Seen::new(&sources[0], request, &known), &frames, &load)).collect()
}

/// What a detector finds in one request.
pub(super) fn find(detector: Detector, list: &[Span<'_>]) -> Vec<Occurrence> {
    find_in(detector, spans(list))
}

pub(super) fn find_in(detector: Detector, traces: Traces) -> Vec<Occurrence> {
    let found = with_seen(traces, |seen, _, _| {
        let mut found = Vec::new();
        detector(seen, &Thresholds::default(), &mut found);
        found
    });
    found.into_iter().flatten().collect()
}

/// What one request would be shorter by without what a detector finds, nanoseconds.
pub(super) fn saving(detector: Detector, list: &[Span<'_>]) -> i64 {
    let saved = with_seen(spans(list), |seen, _, _| {
        let mut found = Vec::new();
        detector(seen, &Thresholds::default(), &mut found);
        let edits: Vec<_> = found.into_iter().flat_map(|one| one.without).collect();
        seen.duration_ns() - Replay::new(seen).duration_ns(&edits)
    });
    saved.into_iter().sum()
}

/// What all requests show of a pattern.
pub(super) fn evidence(traces: Traces, key: impl Fn(&Frames) -> Key) -> Evidence {
    let mut all = Evidence::default();
    for one in with_seen(traces, |seen, frames, load| Evidence::of_request(seen, Some(load), key(frames))) {
        all.add(one);
    }
    all
}

/// The number of a frame.
pub(super) fn frame(frames: &Frames, name: &str) -> u32 {
    let at = frames.iter().position(|frame| frame.name == name);
    at.unwrap_or_else(|| panic!("no frame {name}")) as u32
}
