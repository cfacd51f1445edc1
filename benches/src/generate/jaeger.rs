//! Jaeger JSON made of the traces of the corpus: the same shapes again under fresh ids, at later times, each trace stretched
//! or shrunk by up to a fifth.

use super::random::Random;
use super::{Facts, Made, cached, corpus_text};
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

/// A piece of a recorded trace.
enum Piece<'a> {
    Text(&'a str),
    TraceId,
    /// An id of a span: which one of the trace, in order of its first mention.
    SpanId(usize),
    /// Microseconds since the trace's first time.
    StartUs(u64),
    DurationUs(u64),
}

/// Makes a file of about `megabytes` (10^6 bytes each).
///
/// # Errors
/// When the cache cannot be written.
pub fn make(cache: &Path, megabytes: u64) -> Result<Made> {
    cached(cache, "jaeger.json", megabytes, |out| write(out, megabytes * 1_000_000))
}

fn write(out: &mut dyn Write, bytes: u64) -> Result<Facts> {
    let text = ["before", "after"].map(|side| corpus_text(&format!("services/{side}.jaeger.json.gz")));
    let mut traces = Vec::new();
    for text in &text {
        let data = text.strip_prefix("{\"data\":[").context("the corpus begins as Jaeger's answers do")?;
        let (data, _) = data.rsplit_once("],\"total\"").context("the corpus ends as Jaeger's answers do")?;
        for trace in whole_traces(data) {
            traces.push(pieces(trace)?);
        }
    }
    let mut random = Random::new(6);
    let mut facts = Facts::default();
    let mut start_us = 1_795_370_970_000_000_u64;
    let mut made = String::from("{\"data\":[");
    while facts.bytes + (made.len() as u64) < bytes {
        if facts.unique > 0 {
            made.push(',');
        }
        start_us += random.between(500, 5000) as u64;
        let trace: &Vec<_> = random.pick(&traces);
        let (spans, duration_us) = render(&mut made, trace, start_us, &mut random)?;
        facts.unique += 1;
        facts.records += spans;
        facts.sum += duration_us;
        out.write_all(made.as_bytes())?;
        facts.bytes += made.len() as u64;
        made.clear();
    }
    made.push_str("],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}\n");
    out.write_all(made.as_bytes())?;
    facts.bytes += made.len() as u64;
    Ok(facts)
}

/// The objects of the traces in the text between the brackets of `data`.
fn whole_traces(data: &str) -> Vec<&str> {
    const OPEN: usize = "{\"traceID\":\"0123456789abcdef0123456789abcdef".len();
    let starts: Vec<usize> = data.match_indices("\",\"spans\":[").map(|(at, _)| at - OPEN).collect();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([data.len()]);
    starts.iter().zip(ends).map(|(&start, end)| &data[start..end]).collect()
}

/// Cuts a trace at what changes from one copy to the next.
fn pieces(trace: &str) -> Result<Vec<Piece<'_>>> {
    const KEYS: [&str; 4] = ["\"traceID\":\"", "\"spanID\":\"", "\"startTime\":", "\"duration\":"];
    let mut spans = HashMap::new();
    let mut found = Vec::new();
    let mut rest = trace;
    let mut first_us = u64::MAX;
    while let Some((at, key)) =
        KEYS.iter().enumerate().filter_map(|(key, text)| Some((rest.find(text)? + text.len(), key))).min()
    {
        found.push(Piece::Text(&rest[..at]));
        rest = &rest[at..];
        let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        let value = &rest[..end];
        rest = &rest[end..];
        let next = spans.len();
        found.push(match key {
            0 => Piece::TraceId,
            1 => Piece::SpanId(*spans.entry(value).or_insert(next)),
            2 => Piece::StartUs(value.parse().context("a start is a number")?),
            _ => Piece::DurationUs(value.parse().context("a duration is a number")?),
        });
        if let Some(Piece::StartUs(start)) = found.last() {
            first_us = first_us.min(*start);
        }
    }
    found.push(Piece::Text(rest));
    for piece in &mut found {
        if let Piece::StartUs(start) = piece {
            *start -= first_us;
        }
    }
    Ok(found)
}

/// Writes a copy of a trace; gives the number of its spans and the sum of their durations.
fn render(
    out: &mut String,
    trace: &[Piece<'_>],
    start_us: u64,
    random: &mut Random,
) -> Result<(u64, u64), std::fmt::Error> {
    let trace_id = [random.bits(), random.bits()];
    let span_ids = random.bits();
    let percent = random.between(80, 120) as u64;
    let (mut spans, mut sum_us) = (0, 0);
    for piece in trace {
        match *piece {
            Piece::Text(text) => out.push_str(text),
            Piece::TraceId => write!(out, "{:016x}{:016x}", trace_id[0], trace_id[1])?,
            // An odd factor keeps ids of one trace apart and lets them look drawn.
            Piece::SpanId(span) => {
                let id = span_ids.wrapping_add((span as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                write!(out, "{id:016x}")?;
            }
            Piece::StartUs(after) => write!(out, "{}", start_us + after * percent / 100)?,
            Piece::DurationUs(duration) => {
                let duration = duration * percent / 100;
                spans += 1;
                sum_us += duration;
                write!(out, "{duration}")?;
            }
        }
    }
    Ok((spans, sum_us))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_those_a_reader_finds() {
        let mut text = Vec::new();
        let facts = write(&mut text, 1_000_000).expect("memory takes it");
        let capture = analyzer_formats::read_bytes("made", &text, &Default::default()).expect("it is read");
        let analyzer_formats::Content::Traces(traces) = &capture.content else { panic!("traces") };
        assert_eq!(traces.spans.len() as u64, facts.records);
        assert_eq!(traces.traces.len() as u64, facts.unique);
        assert_eq!(capture.notes.losses().count(), 0);
    }
}
