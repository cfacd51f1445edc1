//! Reads chunks of lines into samples.

use super::record::{self, Header};
use super::stacks::Stacks;
use super::{Chunk, Facts};
use crate::note::TRUNCATED;
use crate::{Moment, ProfileMeta, SeriesId, Thread, chunk};
use hashbrown::HashMap;
use std::ops::Range;

/// A reader that knows more than this begins anew: the file hardly repeats any stacks, and they are kept elsewhere.
const MOST_KNOWN: usize = 1 << 18;

/// How much of the file shows whether samples of an event have frames.
const HEAD: usize = 1 << 20;

/// The first place at or after `from` where a sample may end: after a blank line or before a header.
pub(super) fn record_end(input: &[u8], from: usize) -> usize {
    let mut at = chunk::line_end(input, from);
    while at < input.len() {
        let end = chunk::line_end(input, at);
        match kind_of(&input[at..end]) {
            LineKind::Blank => return end,
            LineKind::Header(_) | LineKind::Comment => return at,
            LineKind::Body => at = end,
        }
    }
    at
}

enum LineKind<'a> {
    Blank,
    Comment,
    Header(Header<'a>),
    /// A frame, or anything else that belongs to the sample above it.
    Body,
}

fn kind_of(line: &[u8]) -> LineKind<'_> {
    match line.first() {
        // perf indents frames with a tab and never starts a header with one.
        Some(b'\t') if line.len() > 2 => return LineKind::Body,
        Some(b'#') => return LineKind::Comment,
        _ => {}
    }
    let line = record::trim_end(line);
    if line.is_empty() {
        return LineKind::Blank;
    }
    match record::header(line) {
        Some(header) => LineKind::Header(header),
        None => LineKind::Body,
    }
}

/// Whether a line is the last of the file and a piece of a whole one: every line that perf writes ends with a
/// newline. A line that ends like a whole frame is taken for one, since people take final newlines away.
fn is_cut(line: &[u8]) -> bool {
    if line.ends_with(b"\n") || line == b"\r" {
        return false;
    }
    let text = record::trim_end(line);
    match record::header(text) {
        Some(header) => !record::is_whole_frame(header.rest),
        None => !record::is_whole_frame(text),
    }
}

/// Whether samples of this event are single lines, without frames and blank lines: another of them is followed by the
/// next header. It shows among the first ones, or else hardly ever.
fn stands_alone(input: &[u8], event: &[u8]) -> bool {
    let mut follows_one = false;
    let mut at = 0;
    while at < input.len().min(HEAD) {
        let end = chunk::line_end(input, at);
        let LineKind::Header(header) = kind_of(&input[at..end]) else {
            follows_one = false;
            at = end;
            continue;
        };
        if follows_one {
            return true;
        }
        follows_one = header.event == event;
        at = end;
    }
    false
}

/// Reads chunks, and remembers frames and stacks between them.
pub(super) struct Reader<'a> {
    input: &'a [u8],
    /// Whether samples are kept one by one.
    timeline: bool,
    stacks: Stacks<'a>,
    /// What is counted in the chunk under way.
    facts: Facts,
    /// The series of each event.
    events: HashMap<Vec<u8>, SeriesId>,
    /// The lines of the sample under way that follow its header.
    body: Vec<&'a [u8]>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8], timeline: bool) -> Reader<'a> {
        Reader {
            input,
            timeline,
            stacks: Stacks::new(input),
            facts: Facts::default(),
            events: HashMap::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, range: Range<usize>) -> Chunk {
        if self.stacks.known() > MOST_KNOWN {
            *self = Reader::new(self.input, self.timeline);
        }
        let mut at = range.start;
        while at < range.end {
            let end = chunk::line_end(self.input, at);
            let line = &self.input[at..end];
            if is_cut(line) {
                self.cut(at, line);
                break;
            }
            match kind_of(line) {
                LineKind::Blank => at = end,
                LineKind::Comment => {
                    metadata(&mut self.stacks.builder.meta, record::trim_end(line));
                    at = end;
                }
                LineKind::Header(header) => {
                    let body_end = self.take_body(end, range.end);
                    if end == body_end && self.lacks_frames(&header, end) {
                        self.facts.notes.met(1);
                        let text = "samples cut by the end of the file before a whole frame, left out";
                        self.facts.notes.left_out("sample_cut_at_end", text, at, line);
                    } else {
                        self.sample(&header, at, end..body_end);
                    }
                    at = body_end;
                }
                LineKind::Body => {
                    let notes = &mut self.facts.notes;
                    if record::frame(record::trim_end(line)).is_some() {
                        let text =
                            "frames expected below a line \"comm pid time: event:\", left out without one";
                        notes.damaged("frame_without_sample", text, at, line);
                    } else {
                        let text = "lines expected to be \"comm pid time: event:\", skipped";
                        notes.damaged("line_unread", text, at, line);
                    }
                    at = end;
                }
            }
        }
        Chunk { part: self.stacks.builder.take(), facts: std::mem::take(&mut self.facts) }
    }

    /// Takes the lines that belong to a sample into `body`; where they end.
    fn take_body(&mut self, start: usize, limit: usize) -> usize {
        let input = self.input;
        self.body.clear();
        let mut at = start;
        let ends = memchr::memchr_iter(b'\n', &input[start..limit]).map(|newline| start + newline + 1);
        for end in ends.chain(std::iter::once(limit)) {
            let line = &input[at..end];
            if line.is_empty() || !matches!(kind_of(line), LineKind::Body) || is_cut(line) {
                break;
            }
            self.body.push(line);
            at = end;
        }
        at
    }

    /// Whether the file was cut between the header of a sample, which ends at `end`, and the first of its frames.
    fn lacks_frames(&self, header: &Header<'a>, end: usize) -> bool {
        let rest = &self.input[end..];
        let is_piece = rest.starts_with(b"\t") && is_cut(&rest[..chunk::line_end(rest, 0)]);
        (rest.is_empty() || is_piece)
            && !header.event.starts_with(b"PERF_RECORD_")
            && !record::is_whole_frame(header.rest)
            && !stands_alone(self.input, header.event)
    }

    /// Notes the piece of a line that the file ends with.
    fn cut(&mut self, at: usize, line: &[u8]) {
        let text = "samples cut by the end of the file, used as far as their frames are whole";
        self.facts.notes.damaged(TRUNCATED, text, at, line);
    }

    fn sample(&mut self, header: &Header<'a>, at: usize, body: Range<usize>) {
        if header.event.starts_with(b"PERF_RECORD_") {
            if header.event.starts_with(b"PERF_RECORD_LOST") {
                let lost = lost_events(header.rest);
                let meta = &mut self.stacks.builder.meta;
                meta.lost_events = Some(meta.lost_events.unwrap_or(0).saturating_add(lost));
            }
            return;
        }
        self.facts.notes.met(1);
        let value = match header.period {
            None => 1,
            Some(digits) => match record::number(digits).and_then(|period| i64::try_from(period).ok()) {
                Some(period) => period,
                None => {
                    let text = "samples with a period over 2^63, left out";
                    self.facts.notes.left_out("period_too_large", text, at, digits);
                    return;
                }
            },
        };
        if let Some(tid) = header.tid {
            self.facts.threads.insert(tid);
        }
        if let Some(time_ns) = header.time_ns {
            self.facts.time(time_ns);
        }
        if !body.is_empty() && body.end == self.input.len() {
            let text = "samples not ended by a blank line as perf ends them; if the file was cut there, callers are missing";
            self.facts.notes.caveat("end_unmarked", text, at, &self.input[at..]);
        }
        let stack = self.stacks.stack(header, body, &self.body, &mut self.facts.notes);
        let series = self.event(header.event);
        let periods = self.facts.periods(series);
        match header.period {
            Some(_) => periods.with += 1,
            None => periods.without += 1,
        }
        if self.timeline {
            let moment = self.moment(header);
            self.stacks.builder.count_at(series, stack, value, moment);
        } else {
            self.stacks.builder.count(series, stack, 1, value);
        }
    }

    /// The series of an event.
    fn event(&mut self, name: &[u8]) -> SeriesId {
        if let Some(&series) = self.events.get(name) {
            return series;
        }
        let builder = &mut self.stacks.builder;
        // What the unit is shows only at the end; until then all events have the same.
        let value_type = builder.value_type(if name.is_empty() { b"samples" } else { name }, b"count");
        let series = builder.series(&[value_type]);
        self.events.insert(name.to_vec(), series);
        series
    }

    fn moment(&mut self, header: &Header<'a>) -> Moment {
        let builder = &mut self.stacks.builder;
        let thread = header.tid.map(|tid| {
            let name = builder.string(header.comm);
            builder.thread(Thread { name, pid: header.pid, tid: Some(tid) })
        });
        Moment { time_ns: header.time_ns.and_then(|time| i64::try_from(time).ok()).unwrap_or(0), thread }
    }
}

/// The number in `lost 42`.
fn lost_events(rest: &[u8]) -> u64 {
    let at = memchr::memmem::find(rest, b"lost ").map_or(rest.len(), |at| at + 5);
    let digits = rest[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    record::number(&rest[at..at + digits]).unwrap_or(u64::MAX)
}

/// What `perf script --header` prints above the samples. Of files put together the first header counts, as it
/// does where chunks meet.
fn metadata(meta: &mut ProfileMeta, line: &[u8]) {
    let text = String::from_utf8_lossy(line);
    let Some((key, value)) = text.trim_start_matches('#').split_once(':') else { return };
    let value = value.trim();
    match key.trim() {
        "cmdline" => {
            meta.command.get_or_insert_with(|| value.to_owned());
        }
        "hostname" => {
            meta.host.get_or_insert_with(|| value.to_owned());
        }
        "sample duration" => {
            let milliseconds = value.strip_suffix("ms").and_then(|value| value.trim().parse::<f64>().ok());
            let nanoseconds = milliseconds.map(|milliseconds| (milliseconds * 1e6).round() as i64);
            meta.duration_ns = meta.duration_ns.or(nanoseconds);
        }
        _ => {}
    }
}
