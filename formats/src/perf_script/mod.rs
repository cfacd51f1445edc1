//! `perf script` text: every event becomes a series of its own, with the period as value.
//!
//! The root frame of each stack is the name of its thread. The same stack text comes again and again in these
//! files, so whole stacks and single frame lines are remembered by their bytes and parsed once per chunk.

mod record;

use crate::format::{Confidence, Format, ReadOptions, Recognition};
use crate::profile::{Joining, Part};
use crate::{
    Content, Frame, FrameId, FrameKind, Function, Mapping, Moment, NoteKind, Notes, ProfileBuilder,
    ProfileMeta, ReadErrorKind, SeriesId, StackId, StringId, Thread, chunk, module,
};
use hashbrown::HashMap;
use record::{FrameLine, Header};
use rustc_hash::FxHashSet;
use std::ops::Range;

/// A reader that knows more stacks than this forgets them: the file hardly repeats any, and they are kept elsewhere.
const MOST_STACKS: usize = 1 << 20;

/// Reads the text that `perf script` prints, and simpleperf's in the same layout.
pub struct PerfScript;

impl Format for PerfScript {
    fn name(&self) -> &'static str {
        "perf-script"
    }

    fn description(&self) -> &'static str {
        "`perf script` text, all layouts and events"
    }

    fn recognise(&self, head: &[u8]) -> Option<Recognition> {
        let (mut headers, mut addresses, mut frames, mut others) = (0u32, 0u32, 0u32, 0u32);
        // The last line of the head may be cut, which does no harm: one line does not decide.
        for line in head.split(|&byte| byte == b'\n').map(record::trim_end).take(2000) {
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            match (record::header(line), record::frame(line)) {
                (Some(_), _) => headers += 1,
                (None, Some(frame)) => {
                    addresses += 1;
                    frames += u32::from(!frame.dso.is_empty() || frame.symbol == b"[unknown]");
                }
                (None, None) => others += 1,
            }
        }
        let confidence = if headers > 0 && headers + addresses > others {
            Confidence::Certain
        } else if headers == 0 && frames >= 2 && frames > 4 * others {
            // Frames without the samples they belong to, as `perf script -F ip,sym` prints them.
            Confidence::Likely
        } else {
            return None;
        };
        let why =
            format!("{headers} lines like \"comm pid time: event:\" and {addresses} like \"address symbol\"");
        Some(Recognition { confidence, why })
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        let ranges = chunk::cut(input, options.chunk_bytes, |from| record_end(input, from));
        let mut whole = Whole::default();
        chunk::read(
            &ranges,
            || Reader::new(input, options.timeline),
            Reader::read,
            |worker, chunk| whole.absorb(worker, chunk),
        );
        whole.finish();
        whole.facts.notes.number_lines(input);
        notes.absorb(whole.facts.notes);
        Ok(Content::Profile(whole.stacks.builder.finish()))
    }
}

/// The first place at or after `from` where a sample may end: after a blank line or before a header.
fn record_end(input: &[u8], from: usize) -> usize {
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

/// What one chunk of the file holds.
struct Chunk {
    part: Part,
    facts: Facts,
}

/// What is counted beside stacks.
#[derive(Default)]
struct Facts {
    notes: Notes,
    /// Samples with a period and without, by series.
    periods: Vec<Periods>,
    threads: FxHashSet<u32>,
    /// Times of the earliest and the latest sample.
    times_ns: Option<(u64, u64)>,
}

/// How many samples of an event have a period, and how many have none.
#[derive(Clone, Copy, Default)]
struct Periods {
    with: u64,
    without: u64,
}

impl Facts {
    fn periods(&mut self, series: SeriesId) -> &mut Periods {
        if self.periods.len() <= series.index() {
            self.periods.resize(series.index() + 1, Periods::default());
        }
        &mut self.periods[series.index()]
    }

    fn time(&mut self, time_ns: u64) {
        let (first, last) = self.times_ns.unwrap_or((time_ns, time_ns));
        self.times_ns = Some((first.min(time_ns), last.max(time_ns)));
    }
}

/// What the file holds.
#[derive(Default)]
struct Whole {
    stacks: Joining,
    facts: Facts,
}

impl Whole {
    fn absorb(&mut self, worker: usize, chunk: Chunk) {
        let known = self.stacks.absorb(worker, chunk.part);
        for (index, theirs) in chunk.facts.periods.iter().enumerate() {
            let ours = self.facts.periods(known.series(SeriesId::new(index)));
            ours.with += theirs.with;
            ours.without += theirs.without;
        }
        self.facts.notes.absorb(chunk.facts.notes);
        self.facts.threads.extend(chunk.facts.threads);
        for time_ns in chunk.facts.times_ns.into_iter().flat_map(|(first, last)| [first, last]) {
            self.facts.time(time_ns);
        }
    }

    /// What can be said only after the last line.
    fn finish(&mut self) {
        let Whole { stacks: Joining { builder, .. }, facts } = self;
        let mut mixed = 0;
        for (index, periods) in facts.periods.iter().enumerate() {
            if periods.with > 0 {
                let series = SeriesId::new(index);
                let name = builder.value_types(series)[0].name;
                let clock = builder.strings().get(name);
                let is_clock = clock.starts_with(b"cpu-clock") || clock.starts_with(b"task-clock");
                let unit: &[u8] = if is_clock { b"nanoseconds" } else { b"events" };
                let value_type = crate::ValueType { name, unit: builder.string(unit), decimals: 0 };
                builder.set_value_type(series, 0, value_type);
                mixed += periods.without;
            }
        }
        let text = "samples without a period among others with one, weighed as 1";
        facts.notes.count("period_missing", NoteKind::Caveat, text, mixed);
        // The header's duration is that of the recording, of which this file may hold a part.
        if let Some((first, last)) = facts.times_ns.filter(|(first, last)| last > first) {
            builder.meta.duration_ns = i64::try_from(last - first).ok();
        }
        builder.meta.threads = (!facts.threads.is_empty()).then_some(facts.threads.len() as u64);
    }
}

/// Reads chunks, and remembers frames and stacks between them.
struct Reader<'a> {
    input: &'a [u8],
    /// Whether samples are kept one by one.
    timeline: bool,
    builder: ProfileBuilder,
    /// What is counted in the chunk under way.
    facts: Facts,
    /// The series of each event.
    events: HashMap<Vec<u8>, SeriesId>,
    /// Stacks by thread name and the text of their frames.
    stacks: HashMap<(StringId, &'a [u8]), Option<StackId>>,
    /// Frames by the text of their line.
    frames: HashMap<&'a [u8], FrameId>,
}

impl<'a> Reader<'a> {
    fn new(input: &'a [u8], timeline: bool) -> Reader<'a> {
        Reader {
            input,
            timeline,
            builder: ProfileBuilder::default(),
            facts: Facts::default(),
            events: HashMap::new(),
            stacks: HashMap::new(),
            frames: HashMap::new(),
        }
    }

    fn read(&mut self, range: Range<usize>) -> Chunk {
        if self.builder.stacks() > MOST_STACKS {
            *self = Reader::new(self.input, self.timeline);
        }
        let mut at = range.start;
        while at < range.end {
            let end = chunk::line_end(self.input, at);
            let line = &self.input[at..end];
            match kind_of(line) {
                LineKind::Blank => at = end,
                LineKind::Comment => {
                    metadata(&mut self.builder.meta, record::trim_end(line));
                    at = end;
                }
                LineKind::Header(header) => {
                    let body_end = self.body_end(end, range.end);
                    self.sample(&header, at, end..body_end);
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
        Chunk { part: self.builder.take(), facts: std::mem::take(&mut self.facts) }
    }

    /// Where the lines that belong to a sample end.
    fn body_end(&self, start: usize, limit: usize) -> usize {
        let mut at = start;
        while at < limit {
            let end = chunk::line_end(self.input, at);
            let line = &self.input[at..end];
            if !matches!(kind_of(line), LineKind::Body) {
                break;
            }
            at = end;
        }
        at
    }

    fn sample(&mut self, header: &Header<'a>, at: usize, body: Range<usize>) {
        if header.event.starts_with(b"PERF_RECORD_") {
            if header.event.starts_with(b"PERF_RECORD_LOST") {
                let lost = lost_events(header.rest);
                let meta = &mut self.builder.meta;
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
        let stack = self.stack(header, body);
        let series = self.event(header.event);
        let periods = self.facts.periods(series);
        match header.period {
            Some(_) => periods.with += 1,
            None => periods.without += 1,
        }
        if self.timeline {
            let moment = self.moment(header);
            self.builder.count_at(series, stack, value, moment);
        } else {
            self.builder.count(series, stack, 1, value);
        }
    }

    /// The series of an event.
    fn event(&mut self, name: &[u8]) -> SeriesId {
        if let Some(&series) = self.events.get(name) {
            return series;
        }
        // What the unit is shows only at the end; until then all events have the same.
        let value_type = self.builder.value_type(if name.is_empty() { b"samples" } else { name }, b"count");
        let series = self.builder.series(&[value_type]);
        self.events.insert(name.to_vec(), series);
        series
    }

    fn moment(&mut self, header: &Header<'a>) -> Moment {
        let builder = &mut self.builder;
        let thread = header.tid.map(|tid| {
            let name = builder.string(header.comm);
            builder.thread(Thread { name, pid: None, tid: Some(tid) })
        });
        Moment { time_ns: header.time_ns.and_then(|time| i64::try_from(time).ok()).unwrap_or(0), thread }
    }

    fn stack(&mut self, header: &Header<'a>, body: Range<usize>) -> Option<StackId> {
        let comm = self.builder.string(header.comm);
        let text = &self.input[body.clone()];
        if !body.is_empty()
            && let Some(&stack) = self.stacks.get(&(comm, text))
        {
            return stack;
        }
        let root = (!header.comm.is_empty()).then(|| {
            let function = self.function(comm, None);
            let frame = Frame { function, mapping: None, line: 0, kind: FrameKind::Thread };
            let frame = self.builder.frame(frame);
            self.builder.stack(None, frame)
        });
        if body.is_empty() {
            return self.rest_frame(root, header.rest);
        }
        let noted = self.facts.notes.occurrences();
        let stack = self.frames(root, body);
        // A text with something to note is parsed every time, so that every time is counted.
        if self.facts.notes.occurrences() == noted {
            self.stacks.insert((comm, text), stack);
        }
        stack
    }

    /// The single frame that follows the event on its line where samples take one line each.
    fn rest_frame(&mut self, root: Option<StackId>, rest: &'a [u8]) -> Option<StackId> {
        match record::frame(rest) {
            Some(frame) if !frame.dso.is_empty() => {
                let frame = self.frame(frame, None);
                Some(self.builder.stack(root, frame))
            }
            _ => root,
        }
    }

    /// The stack of frame lines, which stand leaf first.
    fn frames(&mut self, root: Option<StackId>, body: Range<usize>) -> Option<StackId> {
        let input: &'a [u8] = self.input;
        let mut stack = root;
        // Reading upwards, a source position is met before the frame it belongs to.
        let mut source = None;
        let mut end = body.end;
        while end > body.start {
            let above = &input[body.start..end - 1];
            let start = memchr::memrchr(b'\n', above).map_or(body.start, |at| body.start + at + 1);
            let line = &input[start..end];
            end = start;
            let known = if source.is_none() { self.frames.get(line).copied() } else { None };
            let frame = known.or_else(|| {
                let text = record::trim_end(line);
                let Some(parsed) = record::frame(text) else {
                    source = self.no_frame(text, start);
                    return None;
                };
                if self.is_cut(parsed, line, body.start..start) {
                    let text = "frame lines cut by the end of the file, left out";
                    self.facts.notes.damaged("cut_at_end", text, start, line);
                    return None;
                }
                let position = source.take();
                let frame = self.frame(parsed, position);
                if position.is_none() {
                    self.frames.insert(line, frame);
                }
                Some(frame)
            });
            if let Some(frame) = frame {
                stack = Some(self.builder.stack(stack, frame));
            }
        }
        stack
    }

    /// Whether this is the last line of the file, without a newline, and lacks the dso that the line above has.
    fn is_cut(&self, frame: FrameLine<'_>, line: &[u8], above: Range<usize>) -> bool {
        !line.ends_with(b"\n")
            && frame.dso.is_empty()
            && !frame.inlined
            && record::trim_end(&self.input[above]).ends_with(b")")
    }

    /// A line of a sample that is no frame: the source position of the frame above it, or unknown.
    fn no_frame(&mut self, line: &'a [u8], at: usize) -> Option<(&'a [u8], u32)> {
        let source = record::source_line(line);
        if source.is_none() {
            let text = "lines expected to be \"address symbol (dso)\", skipped; the sample is kept";
            self.facts.notes.damaged("frame_unread", text, at, line);
        }
        source.filter(|(file, _)| !file.is_empty())
    }

    fn function(&mut self, name: StringId, file: Option<StringId>) -> crate::FunctionId {
        self.builder.function(Function { name, system_name: None, file, start_line: 0 })
    }

    fn frame(&mut self, line: FrameLine<'a>, source: Option<(&'a [u8], u32)>) -> FrameId {
        let builder = &mut self.builder;
        let known_dso = !line.dso.is_empty() && line.dso != b"[unknown]";
        let mapping = known_dso.then(|| {
            let file = builder.string(line.dso);
            builder.mapping(Mapping { file, build_id: None, start: 0, limit: 0, offset: 0 })
        });
        let unknown = line.symbol.is_empty() || line.symbol == b"[unknown]";
        let name = if !unknown {
            builder.string(line.symbol)
        } else if known_dso {
            builder.string(&module::unsymbolised(line.dso, None))
        } else {
            builder.string(b"[unknown]")
        };
        let kind = if line.inlined {
            FrameKind::Inlined
        } else if unknown {
            FrameKind::Unknown
        } else if module::is_kernel(line.dso) {
            FrameKind::Kernel
        } else if module::is_jit(line.dso) {
            FrameKind::Jit
        } else {
            FrameKind::User
        };
        let file = source.map(|(file, _)| builder.string(file));
        let function = self.function(name, file);
        self.builder.frame(Frame { function, mapping, line: source.map_or(0, |(_, line)| line), kind })
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

#[cfg(test)]
mod tests;
