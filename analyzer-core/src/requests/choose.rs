//! The requests of a capture that ask for something: those whose root, as groups are named, matches a pattern.

use super::set::group_of_trace;
use analyzer_formats::{Capture, Content, SpanId, Spans, Trace, Traces};
use regex::bytes::Regex;
use std::collections::BTreeMap;
use thiserror::Error;

/// More groups are not listed.
const LISTED: usize = 5;

/// Why requests cannot be chosen.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NoSuchGroup {
    /// No root matches.
    #[error("{name}: no request has a root that matches {pattern}{}", listed(.known))]
    Unknown {
        /// The capture.
        name: String,
        /// What was asked for.
        pattern: String,
        /// The largest groups there are.
        known: Vec<String>,
    },
    /// It holds a profile.
    #[error("{name}: --group chooses requests of traces, and this is a profile; --focus chooses functions")]
    Profile {
        /// The capture.
        name: String,
    },
}

fn listed(known: &[String]) -> String {
    if known.is_empty() {
        "; it has no requests".to_owned()
    } else {
        format!("; it has {}", known.join(", "))
    }
}

/// The requests whose root (`service: operation`) matches.
///
/// # Errors
/// When there is none, or the capture holds no traces.
pub fn of_group(mut capture: Capture, pattern: &Regex) -> Result<Capture, NoSuchGroup> {
    let name = capture.source.name.clone();
    let Content::Traces(traces) = &mut capture.content else {
        return Err(NoSuchGroup::Profile { name });
    };
    let groups: Vec<Option<String>> =
        (0..traces.traces.len()).map(|trace| group_of_trace(traces, trace)).collect();
    let is_wanted: Vec<bool> = groups
        .iter()
        .map(|group| group.as_ref().is_some_and(|group| pattern.is_match(group.as_bytes())))
        .collect();
    if !is_wanted.contains(&true) {
        return Err(NoSuchGroup::Unknown { name, pattern: pattern.to_string(), known: largest(&groups) });
    }
    keep(traces, &is_wanted);
    capture.source.name = format!("{name} ({pattern})");
    Ok(capture)
}

/// The groups with most requests.
fn largest(groups: &[Option<String>]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    groups.iter().flatten().for_each(|group| *counts.entry(group).or_default() += 1);
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(group, count)| (std::cmp::Reverse(count), group));
    counts.into_iter().take(LISTED).map(|(group, _)| group.to_owned()).collect()
}

/// Leaves out the spans of all other traces. Strings, processes and tags stay: spans refer to them by number.
fn keep(traces: &mut Traces, is_wanted: &[bool]) {
    let old = std::mem::take(&mut traces.spans);
    let mut spans = Spans::default();
    let mut kept = Vec::new();
    for (trace, _) in traces.traces.iter().zip(is_wanted).filter(|(_, is_wanted)| **is_wanted) {
        let (from, to) = (trace.spans.start, spans.len());
        let range = trace.spans.clone();
        spans.id.extend_from_slice(&old.id[range.clone()]);
        // Parents are of the same trace, so they move as far as it does.
        let moved = old.parent[range.clone()]
            .iter()
            .map(|parent| parent.map(|parent| SpanId::new(parent.index() - from + to)));
        spans.parent.extend(moved);
        spans.link.extend_from_slice(&old.link[range.clone()]);
        spans.operation.extend_from_slice(&old.operation[range.clone()]);
        spans.process.extend_from_slice(&old.process[range.clone()]);
        spans.kind.extend_from_slice(&old.kind[range.clone()]);
        spans.start_ns.extend_from_slice(&old.start_ns[range.clone()]);
        spans.duration_ns.extend_from_slice(&old.duration_ns[range.clone()]);
        spans.error.extend_from_slice(&old.error[range.clone()]);
        spans.tags.extend_from_slice(&old.tags[range]);
        kept.push(Trace { id: trace.id, spans: to..spans.len() });
    }
    traces.spans = spans;
    traces.traces = kept;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::CriticalPath;
    use crate::spans::request_testing::{Span, spans};
    use analyzer_formats::{Container, Notes, Source};

    fn capture(list: &[Span<'_>]) -> Capture {
        let source = Source {
            name: "x.json".to_owned(),
            format: "jaeger",
            why_recognised: String::new(),
            container: Container::Plain,
            bytes: 0,
            digest: None,
        };
        Capture { source, content: Content::Traces(spans(list)), notes: Notes::default() }
    }

    fn three() -> Capture {
        capture(&[
            Span { trace: "1", ..Span::new("a", "", "shop", "GET /a", 0, 100) },
            Span { trace: "2", ..Span::new("b", "", "shop", "GET /b", 0, 100) },
            Span { trace: "2", ..Span::new("c", "b", "cart", "work", 10, 30) },
            Span { trace: "3", ..Span::new("d", "", "shop", "GET /b", 50, 90) },
            Span { trace: "3", error: true, ..Span::new("e", "d", "cart", "work", 60, 90) },
        ])
    }

    #[test]
    fn only_their_spans_stay() {
        let chosen = of_group(three(), &Regex::new("GET /b$").unwrap()).unwrap();
        let Content::Traces(traces) = &chosen.content else { panic!("traces") };
        let ids: Vec<_> = traces.spans.id.iter().map(|&id| traces.strings.text(id).into_owned()).collect();
        assert_eq!(ids, ["b", "c", "d", "e"]);
        assert_eq!(traces.spans.parent[3], Some(SpanId::new(2)));
        assert_eq!(traces.traces[1].spans, 2..4);
        assert_eq!(traces.spans.error, [false, false, false, true]);
        assert_eq!(CriticalPath::new(traces).times(), [80, 20, 10, 30]);
        assert_eq!(chosen.source.name, "x.json (GET /b$)");
    }

    #[test]
    fn a_pattern_of_none_says_what_there_is() {
        let error = of_group(three(), &Regex::new("PUT").unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "x.json: no request has a root that matches PUT; it has shop: GET /b, shop: GET /a"
        );
    }
}
