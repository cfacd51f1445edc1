//! Loads a document into the model.

use super::elements::Elements;
use super::record::{self, Counts, Document, ProfileRecord, ThreadField};
use super::thread::{self, ThreadName};
use crate::json::{BrokenJson, Decimal, note_fault};
use crate::memory::Memory;
use crate::{
    Frame, FrameId, Function, Moment, NoteKind, Notes, ProfileBuilder, SeriesId, StackId, Thread, ThreadId,
    ValueType, folded,
};
use hashbrown::HashSet;
use std::borrow::Cow;

/// The most decimal places that are kept.
const PLACES: u32 = 9;
/// The name of frames that have none.
const UNKNOWN: &[u8] = b"[unknown]";

/// Why a record is left out: its code and its sentence.
pub(super) type Flaw = (&'static str, &'static str);

pub(super) const TOO_LARGE: Flaw =
    ("value_too_large", "values over 2^63 in the last decimal place kept, left out");
pub(super) const FRAME: Flaw =
    ("frame_unknown", "samples or events that name a frame not in shared.frames, left out");

const CUT: &str = "numbers with more decimal places than are kept, rounded";
const NAMELESS: &str = "frames without a name, kept as [unknown]";
const NO_RECORD: &str = "entries that stand for no sample and cannot be read, left out with their value";
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
    let mut loader = DocumentLoader {
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
        counted: 0,
    };
    loader.frames(document.frames);
    loader.calls = vec![0; loader.frames.len()];
    let mut threads = HashSet::new();
    let mut is_threads = false;
    for (index, profile) in document.profiles.iter().flatten().enumerate() {
        let series = loader.profile(profile);
        if document.active == Some(index) {
            loader.loaded.builder.meta.default_value = series.map(|series| (series, 0));
        }
        if let Some(thread) = thread_of(profile) {
            is_threads |= thread.tid.is_some() || matches!(profile.thread, ThreadField::Of(_));
            threads.insert(thread.identity());
        }
    }
    let meta = &mut loader.loaded.builder.meta;
    // One name alone may be that of the program.
    meta.threads = (is_threads || threads.len() > 1).then_some(threads.len() as u64);
    meta.duration_ns = loader.span_ns.and_then(|(start, end)| end.checked_sub(start));
    loader.loaded
}

/// Loads the profiles of a document one after the other.
pub(super) struct DocumentLoader<'a> {
    pub input: &'a [u8],
    timeline: bool,
    places: u8,
    /// Where the walk over the document ended early.
    broken_at: Option<usize>,
    pub loaded: Loaded,
    pub frames: Vec<FrameId>,
    pub stacks: Memory<&'a [u8]>,
    /// The frames of the sample being read.
    pub path: Vec<FrameId>,
    /// How many calls of each frame are open.
    pub calls: Vec<u32>,
    /// From the start of the first evented profile to the end of the last.
    pub span_ns: Option<(i64, i64)>,
    /// The sum of the sample counts that were read.
    pub counted: u64,
}

/// What the values of a profile go to.
pub(super) struct Target {
    series: SeriesId,
    pub precision: Precision,
    thread: Option<ThreadId>,
    /// Whether records go to the timeline: entries that stand for several samples have no one time.
    one_by_one: bool,
}

/// How values of a unit are kept.
#[derive(Clone, Copy)]
pub(super) struct Precision {
    pub places: u8,
    /// The last decimal place is a nanosecond.
    pub is_time: bool,
    /// There is no least part: the places are those that are needed.
    pub is_open: bool,
}

impl<'a> DocumentLoader<'a> {
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
    pub(super) fn end(&mut self, broken: Option<BrokenJson>) {
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
        let Meaning { name, unit, places, is_time } = Meaning::of(profile);
        let decimals = places.unwrap_or(self.places);
        let builder = &mut self.loaded.builder;
        let value_type = ValueType { decimals, ..builder.value_type(&name, &unit) };
        let series = builder.series(&[value_type]);
        let one_by_one = self.timeline && !matches!(profile.counts, Counts::List(_));
        let thread = thread_of(profile).filter(|_| self.timeline).map(|thread| {
            let name = builder.string(&thread.name);
            builder.thread(Thread { name, pid: thread.pid, tid: thread.tid })
        });
        Target {
            series,
            precision: Precision { places: decimals, is_time, is_open: places.is_none() },
            thread,
            one_by_one,
        }
    }

    /// Leaves out an entry that stands for so many records.
    pub(super) fn left_out(&mut self, (code, text): Flaw, records: u64, byte: usize) {
        let (notes, found) = (&mut self.loaded.notes, &self.input[byte..]);
        let Some(others) = records.checked_sub(1) else {
            notes.damaged("entry_unread", NO_RECORD, byte, found);
            return;
        };
        notes.met(records);
        notes.left_out(code, text, byte, found);
        notes.count(code, NoteKind::LeftOut, text, others);
    }

    /// A number in the last place of its unit; `None` when it leaves `i64`.
    pub(super) fn fixed(&mut self, number: Decimal, precision: Precision, byte: usize) -> Option<i64> {
        let places = number.places();
        if places > u32::from(precision.places) {
            let kept = if precision.is_open { PLACES } else { u32::from(precision.places) };
            if precision.is_open {
                self.loaded.most_places = self.loaded.most_places.max(places.min(PLACES) as u8);
            }
            if places > kept {
                self.loaded.notes.caveat("decimals_cut", CUT, byte, &self.input[byte..]);
            }
        }
        number.fixed(precision.places)
    }

    /// Adds a record that is whole.
    pub(super) fn add(
        &mut self,
        target: &Target,
        stack: Option<StackId>,
        count: Option<u64>,
        value: i64,
        time_ns: i64,
    ) {
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
}

/// What the values of a profile are.
struct Meaning<'a> {
    name: Cow<'a, [u8]>,
    unit: Cow<'a, [u8]>,
    /// The decimal places of its least part, if it has one.
    places: Option<u8>,
    is_time: bool,
}

impl<'a> Meaning<'a> {
    fn of(profile: &ProfileRecord<'a>) -> Meaning<'a> {
        let in_file = profile.unit.map_or(Cow::Borrowed(&b"none"[..]), |unit| unit.bytes());
        // What every value of a unit is called when the file does not say, its own name, and its decimal places.
        let (name, unit, places): (&[u8], Cow<'a, [u8]>, Option<u8>) = match &*in_file {
            b"seconds" => (b"wall", in_file, Some(9)),
            b"milliseconds" => (b"wall", in_file, Some(6)),
            b"microseconds" => (b"wall", in_file, Some(3)),
            b"nanoseconds" => (b"wall", in_file, Some(0)),
            b"bytes" => (b"space", in_file, Some(0)),
            b"none" => (b"samples", b"count".into(), None),
            _ => (b"samples", in_file, None),
        };
        Meaning {
            is_time: name == b"wall",
            name: profile.value_name.map_or(name.into(), |name| name.bytes()),
            unit: profile.value_unit.map_or(unit, |unit| unit.bytes()),
            places,
        }
    }
}

/// The thread that a profile is of: the one it says, or else the one it is named after. Some are named after what they
/// measure, `cpu` or `cpu [nanoseconds]`, and those are of no thread.
fn thread_of<'a>(profile: &ProfileRecord<'a>) -> Option<ThreadName<'a>> {
    let text = match &profile.thread {
        ThreadField::Of(thread) => return Some(thread.clone()),
        ThreadField::Nobody => return None,
        ThreadField::Unsaid => profile.name?.bytes(),
    };
    let Meaning { name, unit, .. } = Meaning::of(profile);
    let in_brackets = [&b" ["[..], &unit, b"]"].concat();
    let names_value = text.is_empty() || text == name || text.ends_with(&in_brackets);
    (!names_value).then(|| thread::parse(text))
}
