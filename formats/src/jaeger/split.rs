//! Reads a list of traces in parallel.
//!
//! The list is divided into windows of equal size; a part is the traces that start in a window. Where the first of
//! them starts is found without reading from the start of the file: an unescaped `"spans":[` cannot stand inside a
//! JSON string, so the nearest one before the window is inside a trace, and going to the end of that trace and
//! past whole traces leads into the window. Should that go wrong (a tag may hold such a key), joining sees it: a
//! part counts only if it starts where the part before it ended, and is read again from there if it does not. So
//! the result is that of a sequential read, whatever the threads and the size of the windows.
//!
//! After bytes that are not JSON the joining goes on at the next trace that starts as Jaeger's do, with its id and
//! its spans; the damage is noted.

use super::load::{Ended, TraceLoader};
use super::record::TraceRecord;
use crate::json::{BrokenJson, Cursor, Fault, Value};
use crate::{Notes, ReadOptions, Tags, TracesBuilder};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A trace longer than this many windows is not looked through for its end.
const LONGEST: usize = 4;

/// The key that only traces have.
const SPANS: &[u8] = b"\"spans\"";

const BROKEN: &str = "expected JSON, found something else; the rest of its trace is not read";
const NOT_TRACE: &str = "expected a trace, found something else; it is ignored";
const NO_SPANS: &str = "trace has no list of spans; it is ignored";

/// The traces that start in one window.
pub(super) struct WindowTraces {
    start: usize,
    /// The start of the next trace, or one past the end of the list, or where the reading stopped.
    end: usize,
    pub(super) builder: TracesBuilder,
    pub(super) notes: Notes,
    /// Whether there was anything of a trace among them.
    pub(super) found: bool,
    outcome: Outcome,
}

#[derive(Clone, Copy)]
enum Outcome {
    /// More traces follow.
    More,
    /// The list ended.
    Closed,
    /// The bytes stopped being JSON.
    Broken(BrokenJson),
}

/// Reads the list whose bracket is just before `start`, handing its parts to `absorb` in order.
///
/// Gives the offset past the list.
pub(super) fn read_list(
    input: &[u8],
    start: usize,
    options: &ReadOptions,
    absorb: &mut (dyn FnMut(WindowTraces) + Send),
) -> Result<usize, BrokenJson> {
    let mut cursor = Cursor::new(input, start);
    match cursor.peek() {
        Some(b']') => return Ok(cursor.at + 1),
        Some(_) => {}
        None => return Err(cursor.broken("a trace or ']'")),
    }
    let windows = Windows::new(input, cursor.at, options);
    // Parts are absorbed in order on this thread while the others read on; it reads, too, when it has to wait.
    rayon::scope(|scope| {
        for _ in 1..rayon::current_num_threads().min(windows.parts.len()) {
            scope.spawn(|_| while windows.read_next() {});
        }
        let end = windows.join(absorb);
        windows.stop();
        end
    })
}

/// What became of a window.
enum Slot {
    Unread,
    Read(Box<WindowTraces>),
    /// The start of its first trace was not found.
    NotFound,
}

struct Windows<'a> {
    input: &'a [u8],
    start: usize,
    size: usize,
    tags: Tags,
    parts: Vec<Mutex<Slot>>,
    /// The next window to be read.
    next: AtomicUsize,
}

impl Windows<'_> {
    fn new<'a>(input: &'a [u8], start: usize, options: &ReadOptions) -> Windows<'a> {
        let size = options.chunk_bytes.max(1);
        let parts = (start..input.len()).step_by(size).map(|_| Mutex::new(Slot::Unread)).collect();
        Windows { input, start, size, tags: options.tags, parts, next: AtomicUsize::new(0) }
    }

    fn range(&self, index: usize) -> Range<usize> {
        let start = self.start + index * self.size;
        start..start.saturating_add(self.size).min(self.input.len())
    }

    /// Reads the next window that nobody reads yet; `false` when there is none.
    fn read_next(&self) -> bool {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(part) = self.parts.get(index) else { return false };
        let _settle = Settle(part);
        let wanted = self.range(index);
        let start = if index == 0 { Some(self.start) } else { self.first_trace(&wanted) };
        let read =
            start.map_or(Slot::NotFound, |start| Slot::Read(Box::new(self.read_part(start, wanted.end))));
        *lock(part) = read;
        true
    }

    /// Lets nobody start another window.
    fn stop(&self) {
        self.next.store(self.parts.len(), Ordering::Relaxed);
    }

    /// What became of a window, reading others meanwhile.
    fn wait(&self, part: &Mutex<Slot>) -> Slot {
        loop {
            // A statement of its own, to let go of the lock: the window read next may be this one.
            let slot = std::mem::replace(&mut *lock(part), Slot::Unread);
            match slot {
                Slot::Unread if self.read_next() => {}
                Slot::Unread => std::thread::yield_now(),
                slot => return slot,
            }
        }
    }

    /// Hands the parts to `absorb` in order, reading again those that do not follow the one before.
    fn join(&self, absorb: &mut (dyn FnMut(WindowTraces) + Send)) -> Result<usize, BrokenJson> {
        let mut at = self.start;
        for (index, slot) in self.parts.iter().enumerate() {
            let wanted = self.range(index);
            let mut ahead = Some(slot);
            // Not at all where the last trace of an earlier window reaches over this one; more than once after damage.
            while at < wanted.end {
                let mut part = match ahead.take().map(|slot| self.wait(slot)) {
                    Some(Slot::Read(part)) if part.start == at => *part,
                    _ => self.read_part(at, wanted.end),
                };
                let (end, outcome) = (part.end, part.outcome);
                let next = match outcome {
                    Outcome::More => Ok(end),
                    Outcome::Closed => {
                        absorb(part);
                        return Ok(end);
                    }
                    Outcome::Broken(broken) => self.trace_after(&broken).ok_or(broken),
                };
                if let (Outcome::Broken(broken), Ok(_)) = (outcome, next) {
                    part.notes.damaged("trace_broken", BROKEN, broken.byte, &self.input[broken.byte..]);
                }
                absorb(part);
                at = next?;
            }
        }
        Err(Cursor::new(self.input, self.input.len()).broken("',' or ']'"))
    }

    fn read_part(&self, start: usize, limit: usize) -> WindowTraces {
        read_part(self.input, start, limit, self.tags)
    }

    /// Where the next trace starts after a fault, if it starts with its id and its spans, as Jaeger writes them.
    fn trace_after(&self, broken: &BrokenJson) -> Option<usize> {
        if broken.fault == Fault::TooDeep {
            return None;
        }
        let mut from = broken.byte;
        loop {
            let spans = from + memchr::memmem::find(self.input.get(from..)?, SPANS)?;
            if let Some(brace) = memchr::memrchr(b'{', &self.input[from..spans]) {
                let mut cursor = Cursor::new(self.input, from + brace + 1);
                let id = cursor.key(&mut true).ok().flatten().filter(|key| key.raw == b"traceID");
                if id.is_some()
                    && matches!(cursor.value(), Ok(Value::Text(_)))
                    && cursor.pass(b',', "','").is_ok()
                    && cursor.peek().is_some()
                    && cursor.at == spans
                {
                    return Some(from + brace);
                }
            }
            from = spans + SPANS.len();
        }
    }

    /// Where the first trace that starts in a window seems to start.
    fn first_trace(&self, wanted: &Range<usize>) -> Option<usize> {
        let before = wanted.start.saturating_sub(self.size).max(self.start);
        let spans = last_spans(self.input, before..wanted.start)?;
        let bound = wanted.start.saturating_add(self.size.saturating_mul(LONGEST)).min(self.input.len());
        let mut cursor = Cursor::new(&self.input[..bound], spans);
        cursor.value().ok()?;
        // The rest of the trace that these spans are of.
        while cursor.key(&mut false).ok()?.is_some() {
            cursor.value().ok()?;
        }
        loop {
            cursor.pass(b',', "','").ok()?;
            cursor.peek()?;
            if cursor.at >= wanted.end {
                return None;
            }
            if cursor.at >= wanted.start {
                return Some(cursor.at);
            }
            cursor.value().ok()?;
        }
    }
}

/// Settles a window whose reading panicked, so that nobody waits for it.
struct Settle<'a>(&'a Mutex<Slot>);

impl Drop for Settle<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *lock(self.0) = Slot::NotFound;
        }
    }
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    // Slots are only ever replaced whole, so a panic elsewhere leaves none half written.
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bracket of the last `"spans":[` whose key stands in `within`.
fn last_spans(input: &[u8], within: Range<usize>) -> Option<usize> {
    let mut end = within.end;
    loop {
        let key = within.start + memchr::memmem::rfind(&input[within.start..end], SPANS)?;
        let mut cursor = Cursor::new(input, key + SPANS.len());
        let unescaped = key == 0 || input[key - 1] != b'\\';
        if unescaped && cursor.pass(b':', "':'").is_ok() && cursor.peek() == Some(b'[') {
            return Some(cursor.at);
        }
        end = key;
    }
}

/// Reads the traces that start from `start`, where one does, up to `limit`.
fn read_part(input: &[u8], start: usize, limit: usize, tags: Tags) -> WindowTraces {
    let mut loader = TraceLoader::new();
    let mut trace = TraceRecord::new(tags);
    let mut cursor = Cursor::new(input, start);
    let mut found = false;
    let outcome = loop {
        let byte = cursor.at;
        trace.clear();
        let outcome = read_trace(&mut cursor, &mut trace);
        let ended = if outcome.is_ok() { Ended::Whole } else { Ended::Cut };
        loader.load(&trace, ended, input);
        found |= !trace.is_empty();
        match outcome {
            Ok(shape) => shape.note(&mut loader.notes, byte, input),
            Err(broken) => break Outcome::Broken(broken),
        }
        match cursor.peek() {
            Some(b',') => cursor.at += 1,
            Some(b']') => {
                cursor.at += 1;
                break Outcome::Closed;
            }
            _ => break Outcome::Broken(cursor.broken("',' or ']'")),
        }
        if cursor.peek().is_none() {
            break Outcome::Broken(cursor.broken("a trace"));
        }
        if cursor.at >= limit {
            break Outcome::More;
        }
    };
    WindowTraces { start, end: cursor.at, builder: loader.builder, notes: loader.notes, found, outcome }
}

/// What a value in the place of a trace turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A trace.
    Trace,
    /// An object with something of a trace, but no spans.
    NoSpans,
    /// Something else.
    Other,
}

impl Shape {
    /// Notes what is no trace at `byte`.
    pub(super) fn note(self, notes: &mut Notes, byte: usize, input: &[u8]) {
        match self {
            Shape::Trace => {}
            Shape::Other => notes.caveat("trace_unknown", NOT_TRACE, byte, &input[byte..]),
            Shape::NoSpans => notes.caveat("trace_without_spans", NO_SPANS, byte, &input[byte..]),
        }
    }
}

/// Reads one trace. What was read before the bytes stop being JSON is in `trace`.
pub(super) fn read_trace<'a>(
    cursor: &mut Cursor<'a>,
    trace: &mut TraceRecord<'a>,
) -> Result<Shape, BrokenJson> {
    if cursor.peek() != Some(b'{') {
        let value = cursor.value()?;
        return Ok(if value == Value::Null { Shape::NoSpans } else { Shape::Other });
    }
    cursor.at += 1;
    let (mut first, mut spans) = (true, false);
    while let Some(key) = cursor.key(&mut first)? {
        let key = key.bytes();
        if trace.field(&key, cursor)? {
            spans |= &*key == b"spans";
        } else {
            cursor.value()?;
        }
    }
    Ok(match (spans, trace.is_empty()) {
        (true, _) => Shape::Trace,
        (false, false) => Shape::NoSpans,
        (false, true) => Shape::Other,
    })
}
