//! Loads a document into the model.

use super::record::{self, Counts, Document, Elements, EventKind, ProfileRecord};
use super::thread;
use crate::json::{Broken, Cursor, Decimal, Text, Value, note_fault};
use crate::memory::Memory;
use crate::{
    Frame, FrameId, Function, Moment, Notes, ProfileBuilder, SeriesId, StackId, Thread, ThreadId, ValueType,
    folded,
};
use hashbrown::HashSet;

/// The most decimal places that are kept.
const PLACES: u32 = 9;
/// The name of frames that have none.
const UNKNOWN: &[u8] = b"[unknown]";

/// Why a record is left out: its code and its sentence.
type Flaw = (&'static str, &'static str);

const NO_SAMPLE: Flaw = ("sample_missing", "weights without a sample, left out");
const NO_WEIGHT: Flaw = ("weight_missing", "samples without a weight, left out");
const NO_COUNT: Flaw = ("count_unread", "samples whose number in \"counts\" is missing or unfit, left out");
const SAMPLE: Flaw = ("sample_unread", "samples expected to be lists of frame numbers, left out");
const WEIGHT: Flaw = ("weight_unread", "weights expected to be numbers, left out with their samples");
const TOO_LARGE: Flaw = ("value_too_large", "values over 2^63 in the last decimal place kept, left out");
const FRAME: Flaw = ("frame_unknown", "samples or events that name a frame not in shared.frames, left out");
const EVENT: Flaw = ("event_unread", "events that lack type O or C, frame or time, left out");
const UNOPENED: Flaw = ("close_unmatched", "events that end a call that has not begun, left out");

const CLOSED: &str = "calls that end before calls they made; those are taken to end with them";
const BACKWARDS: &str = "events earlier than the event before them, taken to be at its time";
const OPEN: &str = "profiles that end inside calls, which are taken to end with the profile";
const CUT: &str = "numbers with more decimal places than are kept, rounded";
const NAMELESS: &str = "frames without a name, kept as [unknown]";
const NEITHER: &str = "profiles without samples or events, not read";

/// What a document holds.
pub(super) struct Loaded {
    pub builder: ProfileBuilder,
    pub notes: Notes,
    /// The most decimal places, at most nine, of any value whose unit has no least part.
    pub most_places: u8,
}

/// Loads a document. `places` is the decimal places of values whose unit has no least part.
pub(super) fn load(input: &[u8], document: &Document<'_>, timeline: bool, places: u8) -> Loaded {
    let mut loader = Loader {
        input,
        timeline,
        places,
        broken_at: document.broken.map(|broken| broken.byte),
        loaded: Loaded { builder: ProfileBuilder::default(), notes: Notes::default(), most_places: 0 },
        frames: Vec::new(),
        stacks: Memory::default(),
        path: Vec::new(),
        calls: Vec::new(),
        span_ns: None,
    };
    loader.frames(document.frames);
    loader.calls = vec![0; loader.frames.len()];
    let mut names: HashSet<&[u8]> = HashSet::new();
    let mut is_threads = false;
    for (index, profile) in document.profiles.iter().flatten().enumerate() {
        let series = loader.profile(profile);
        if document.active == Some(index) {
            loader.loaded.builder.meta.default_value = series.map(|series| (series, 0));
        }
        if let Some(name) = profile.name {
            is_threads |= thread::parse(&name.bytes()).tid.is_some();
            names.insert(name.raw);
        }
    }
    let meta = &mut loader.loaded.builder.meta;
    meta.threads = (is_threads || names.len() > 1).then_some(names.len() as u64);
    meta.duration_ns = loader.span_ns.and_then(|(start, end)| end.checked_sub(start));
    loader.loaded
}

struct Loader<'a> {
    input: &'a [u8],
    timeline: bool,
    places: u8,
    /// Where the walk over the document ended early.
    broken_at: Option<usize>,
    loaded: Loaded,
    frames: Vec<FrameId>,
    stacks: Memory<&'a [u8]>,
    /// The frames of the sample being read.
    path: Vec<FrameId>,
    /// How many calls of each frame are open.
    calls: Vec<u32>,
    /// From the start of the first evented profile to the end of the last.
    span_ns: Option<(i64, i64)>,
}

/// What the values of a profile go to.
struct Target {
    series: SeriesId,
    unit: Unit,
    thread: Option<ThreadId>,
    /// Whether records go to the timeline: entries that stand for several samples have no one time.
    one_by_one: bool,
}

/// How values of a unit are kept.
#[derive(Clone, Copy)]
struct Unit {
    places: u8,
    /// The last decimal place is a nanosecond.
    is_time: bool,
    /// There is no least part: the places are those that are needed.
    is_open: bool,
}

impl<'a> Loader<'a> {
    fn frames(&mut self, start: Option<usize>) {
        let mut frames = Elements::of(self.input, start);
        while let Some((byte, frame)) = frames.next(record::frame) {
            let name = frame.name.map_or(UNKNOWN.into(), |name| name.bytes());
            if frame.name.is_none() {
                self.loaded.notes.caveat("frame_nameless", NAMELESS, byte, &self.input[byte..]);
            }
            let builder = &mut self.loaded.builder;
            let (name, kind) = folded::name_and_kind(&name);
            let name = builder.string(name);
            let file = frame.file.map(|file| builder.string(&file.bytes()));
            let function = builder.function(Function { name, system_name: None, file, start_line: 0 });
            let line = frame.line.unwrap_or(0);
            self.frames.push(builder.frame(Frame { function, mapping: None, line, kind }));
        }
        self.end(frames.broken);
    }

    /// Notes where the bytes of an array stop being JSON, unless the walk over the document ended there too.
    fn end(&mut self, broken: Option<Broken>) {
        if let Some(broken) = broken.filter(|broken| self.broken_at != Some(broken.byte)) {
            note_fault(&mut self.loaded.notes, self.input, &broken);
        }
    }

    fn profile(&mut self, profile: &ProfileRecord<'a>) -> Option<SeriesId> {
        if profile.events.is_none() && profile.samples.is_none() && profile.weights.is_none() {
            let found = &self.input[profile.byte..];
            self.loaded.notes.damaged("profile_unread", NEITHER, profile.byte, found);
            return None;
        }
        let target = self.target(profile);
        if profile.events.is_some() {
            self.evented(profile, &target);
        }
        if profile.samples.is_some() || profile.weights.is_some() {
            self.sampled(profile, &target);
        }
        Some(target.series)
    }

    fn target(&mut self, profile: &ProfileRecord<'a>) -> Target {
        let bytes = |text: Option<Text<'a>>| text.map(|text| text.bytes());
        let in_file = bytes(profile.unit).unwrap_or(b"none".into());
        // What every value of a unit is called when the file does not say, its own name, and its decimal places.
        let (name, unit, places): (&[u8], &[u8], Option<u8>) = match &*in_file {
            b"seconds" => (b"wall", b"seconds", Some(9)),
            b"milliseconds" => (b"wall", b"milliseconds", Some(6)),
            b"microseconds" => (b"wall", b"microseconds", Some(3)),
            b"nanoseconds" => (b"wall", b"nanoseconds", Some(0)),
            b"bytes" => (b"space", b"bytes", Some(0)),
            b"none" => (b"samples", b"count", None),
            other => (b"samples", other, None),
        };
        let is_time = name == b"wall";
        let name = bytes(profile.value_name).unwrap_or(name.into());
        let unit = bytes(profile.value_unit).unwrap_or(unit.into());
        let decimals = places.unwrap_or(self.places);
        let builder = &mut self.loaded.builder;
        let value_type = ValueType { decimals, ..builder.value_type(&name, &unit) };
        let series = builder.series(&[value_type]);
        let one_by_one = self.timeline && !matches!(profile.counts, Counts::List(_));
        let thread =
            profile.name.filter(|_| self.timeline).and_then(|text| self.thread(&text.bytes(), &name));
        Target {
            series,
            unit: Unit { places: decimals, is_time, is_open: places.is_none() },
            thread,
            one_by_one,
        }
    }

    /// The thread that a profile is named after; none where it is named after its value.
    fn thread(&mut self, text: &[u8], value: &[u8]) -> Option<ThreadId> {
        let text = super::write::without_value(text, value);
        if text.is_empty() || text == value {
            return None;
        }
        let thread = thread::parse(text);
        let name = self.loaded.builder.string(thread.name);
        Some(self.loaded.builder.thread(Thread { name, pid: thread.pid, tid: thread.tid }))
    }

    fn left_out(&mut self, (code, text): Flaw, byte: usize) {
        self.loaded.notes.met(1);
        self.loaded.notes.left_out(code, text, byte, &self.input[byte..]);
    }

    /// A number in the last place of its unit; `None` when it leaves `i64`.
    fn fixed(&mut self, number: Decimal, unit: Unit, byte: usize) -> Option<i64> {
        let places = number.places();
        if places > u32::from(unit.places) {
            let kept = if unit.is_open { PLACES } else { u32::from(unit.places) };
            if unit.is_open {
                self.loaded.most_places = self.loaded.most_places.max(places.min(PLACES) as u8);
            }
            if places > kept {
                self.loaded.notes.caveat("decimals_cut", CUT, byte, &self.input[byte..]);
            }
        }
        number.fixed(unit.places)
    }

    /// Reads the samples of a profile with their weights.
    fn sampled(&mut self, profile: &ProfileRecord<'a>, target: &Target) {
        let list = if let Counts::List(at) = profile.counts { Some(at) } else { None };
        let [mut samples, mut weights, mut counts] =
            [profile.samples, profile.weights, list].map(|start| Elements::of(self.input, start));
        let one = match profile.counts {
            Counts::One => Some(1),
            Counts::Unsaid if !target.unit.is_open => Some(1),
            Counts::Unsaid | Counts::Unknown | Counts::List(_) => None,
        };
        let start = profile.start.filter(|_| target.unit.is_time);
        let mut time_ns = start.and_then(|start| start.fixed(target.unit.places)).unwrap_or(0);
        loop {
            let sample = samples.next(|cursor| self.stack(cursor));
            let weight = weights.next(Cursor::value);
            let listed = counts.next(Cursor::value);
            let (byte, stack, weight) = match (sample, weight) {
                (None, None) => break,
                (None, Some((byte, _))) => {
                    self.left_out(NO_SAMPLE, byte);
                    continue;
                }
                (Some((byte, _)), None) => {
                    self.left_out(NO_WEIGHT, byte);
                    continue;
                }
                (Some((byte, Err(flaw))), _) => {
                    self.left_out(flaw, byte);
                    continue;
                }
                (Some((byte, Ok(stack))), Some((at, weight))) => (byte, stack, (at, weight)),
            };
            let Some(number) = record::number(weight.1) else {
                self.left_out(WEIGHT, weight.0);
                continue;
            };
            let Some(value) = self.fixed(number, target.unit, weight.0) else {
                self.left_out(TOO_LARGE, weight.0);
                continue;
            };
            let time = if target.unit.is_time { time_ns } else { 0 };
            time_ns = time_ns.saturating_add(value);
            let count = match list {
                None => one,
                Some(_) => match listed.and_then(|(_, count)| count_of(count)) {
                    Some(count) => Some(count),
                    None => {
                        self.left_out(NO_COUNT, byte);
                        continue;
                    }
                },
            };
            self.add(target, stack, count, value, time);
        }
        self.end(samples.broken);
        self.end(weights.broken);
        self.end(counts.broken);
    }

    /// Adds a record that is whole.
    fn add(&mut self, target: &Target, stack: Option<StackId>, count: Option<u64>, value: i64, time_ns: i64) {
        let Loaded { builder, notes, .. } = &mut self.loaded;
        let moment = Moment { time_ns, thread: target.thread };
        notes.met(count.unwrap_or(1));
        match (count, target.one_by_one) {
            (Some(1), true) => builder.count_at(target.series, stack, value, moment),
            (Some(count), _) => builder.count(target.series, stack, count, value),
            (None, true) => builder.sum_at(target.series, stack, value, moment),
            (None, false) => builder.sum(target.series, stack, value),
        }
    }

    /// Reads a sample.
    fn stack(&mut self, cursor: &mut Cursor<'a>) -> Result<Result<Option<StackId>, Flaw>, Broken> {
        if cursor.peek() != Some(b'[') {
            cursor.value()?;
            return Ok(Err(SAMPLE));
        }
        let start = cursor.at;
        // No sample that was read holds a bracket, so the first one ends it, if this one was met before.
        let end = memchr::memchr(b']', &self.input[start..]).map(|ahead| start + ahead + 1);
        let text = end.map(|end| &self.input[start..end]);
        if let Some(stack) = text.and_then(|text| self.stacks.get(&text)) {
            cursor.at = start + text.map_or(0, <[u8]>::len);
            return Ok(Ok(stack));
        }
        self.path.clear();
        let mut flaw = None;
        let mut first = true;
        cursor.at += 1;
        while cursor.element(&mut first)? {
            let index = match cursor.value()? {
                number @ Value::Number(_) => number.int(),
                _ => None,
            };
            let Some(index) = index else {
                flaw = Some(SAMPLE);
                continue;
            };
            match usize::try_from(index).ok().and_then(|index| self.frames.get(index)) {
                Some(&frame) => self.path.push(frame),
                None => flaw = flaw.or(Some(FRAME)),
            }
        }
        if let Some(flaw) = flaw {
            return Ok(Err(flaw));
        }
        let builder = &mut self.loaded.builder;
        let stack = self.path.iter().fold(None, |parent, &frame| Some(builder.stack(parent, frame)));
        if let Some(text) = text {
            self.stacks.insert(text, stack);
        }
        Ok(Ok(stack))
    }

    /// Reads the events of a profile: the time between two of them goes to the calls that are open.
    fn evented(&mut self, profile: &ProfileRecord<'a>, target: &Target) {
        let mut events = Elements::of(self.input, profile.events);
        let mut open: Vec<(usize, StackId)> = Vec::new();
        let mut last = None;
        let [start, end] =
            [profile.start, profile.end].map(|bound| bound.and_then(|bound| bound.fixed(target.unit.places)));
        if let (Some(start), Some(end)) = (start, end)
            && target.unit.is_time
        {
            let (first, latest) = self.span_ns.unwrap_or((start, end));
            self.span_ns = Some((first.min(start), latest.max(end)));
        }
        while let Some((byte, event)) = events.next(record::event) {
            let (Some(kind), Some(index), Some(at)) = (event.kind, event.frame, event.at) else {
                self.left_out(EVENT, byte);
                continue;
            };
            let Some(&frame) = self.frames.get(index) else {
                self.left_out(FRAME, byte);
                continue;
            };
            let Some(mut at) = self.fixed(at, target.unit, byte) else {
                self.left_out(TOO_LARGE, byte);
                continue;
            };
            let found = &self.input[byte..];
            if last.is_some_and(|last| at < last) {
                self.loaded.notes.damaged("time_backwards", BACKWARDS, byte, found);
                at = last.unwrap_or(at);
            }
            if kind == EventKind::Close && self.calls[index] == 0 {
                self.left_out(UNOPENED, byte);
                continue;
            }
            self.elapse(target, &open, last, at, byte);
            last = Some(at);
            let top = open.last().copied();
            if kind == EventKind::Open {
                open.push((index, self.loaded.builder.stack(top.map(|(_, stack)| stack), frame)));
                self.calls[index] += 1;
                continue;
            }
            if top.is_some_and(|(top, _)| top != index) {
                self.loaded.notes.damaged("calls_unclosed", CLOSED, byte, found);
            }
            while let Some((closed, _)) = open.pop() {
                self.calls[closed] -= 1;
                if closed == index {
                    break;
                }
            }
        }
        if !open.is_empty() && events.is_whole() {
            self.loaded.notes.caveat("calls_open", OPEN, profile.byte, &self.input[profile.byte..]);
            if let Some(end) = end {
                self.elapse(target, &open, last, end, profile.byte);
            }
        }
        for (index, _) in open {
            self.calls[index] = 0;
        }
        self.end(events.broken);
    }

    /// Gives the time from the last event to this one to the calls that are open.
    fn elapse(
        &mut self,
        target: &Target,
        open: &[(usize, StackId)],
        last: Option<i64>,
        at: i64,
        byte: usize,
    ) {
        let (Some(&(_, stack)), Some(last)) = (open.last(), last) else { return };
        match at.checked_sub(last) {
            Some(value) if value <= 0 => {}
            Some(value) => {
                let time = if target.unit.is_time { last } else { 0 };
                self.add(target, Some(stack), None, value, time);
            }
            None => self.left_out(TOO_LARGE, byte),
        }
    }
}

/// A sample count, of a size that sums of them stay within `u64`.
fn count_of(value: Value<'_>) -> Option<u64> {
    match value {
        Value::Number(_) => value.int().and_then(|count| u32::try_from(count).ok()).map(u64::from),
        _ => None,
    }
}
