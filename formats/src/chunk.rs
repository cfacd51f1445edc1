//! Parallel reading: cut the input by bytes at record ends, read the chunks, absorb them in file order.
//!
//! Cuts depend on the bytes alone, never on the number of threads, and absorbing numbers things by first
//! occurrence, so the result is that of one sequential pass. One thread absorbs while the others read on: on
//! stacks that are nearly all different a sharded merge costs more in total (`benches/benches/absorb.rs`).

use crate::Progress;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Cuts `input` into ranges of about `size` bytes. `record_end(from)` gives the end of the first record that
/// ends at or after `from`, so that every range holds whole records.
pub(crate) fn cut(input: &[u8], size: usize, record_end: impl Fn(usize) -> usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while start < input.len() {
        let wanted = start.saturating_add(size.max(1));
        let end = if wanted >= input.len() { input.len() } else { record_end(wanted).min(input.len()) };
        ranges.push(start..end);
        start = end;
    }
    ranges
}

/// The end of the line that holds or follows byte `from`: one past its newline.
pub(crate) fn line_end(input: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &input[from..]).map_or(input.len(), |at| from + at + 1)
}

/// Reads every range on workers that take them in order, and absorbs what comes out in that order.
///
/// `worker` makes the state that a thread keeps from one range to the next: its caches, and whatever what it read
/// earlier is good for. `absorb` is told which worker a part comes from. Reading runs ahead of absorbing by a few
/// ranges only, so that parts do not pile up in memory.
///
/// None of the closures may use rayon itself: a thread that waits for rayon's work inside one may be given another
/// worker of this to run, which then waits for the part that the first has under way, for ever.
pub(crate) fn read<W, P: Send>(
    ranges: &[Range<usize>],
    progress: Option<&Progress>,
    worker: impl Fn() -> W + Sync,
    read: impl Fn(&mut W, Range<usize>) -> P + Sync,
    absorb: impl FnMut(usize, P) + Send,
) {
    let workers = rayon::current_num_threads().min(ranges.len());
    let queue = Queue { state: Mutex::new(State::default()), moved: Condvar::new(), ahead: 2 * workers };
    let absorb = Mutex::new(absorb);
    let work = |number: usize| {
        let _guard = StopOnPanic(&queue);
        let mut state = worker();
        while let Some((index, range)) = queue.next(ranges) {
            let bytes = range.len();
            let part = read(&mut state, range);
            if let Some(progress) = progress {
                progress.add(bytes);
            }
            let mut ready = queue.put(index, (number, part));
            while let Some((from, part)) = ready {
                // One thread at a time is told that something is ready, so it never waits here.
                (absorb.lock().unwrap_or_else(PoisonError::into_inner))(from, part);
                ready = queue.absorbed();
            }
        }
    };
    rayon::scope(|scope| {
        let work = &work;
        for number in 0..workers {
            scope.spawn(move |_| work(number));
        }
    });
}

/// Ranges on their way from being read to being absorbed.
struct Queue<P> {
    state: Mutex<State<P>>,
    /// A part was absorbed.
    moved: Condvar,
    /// How many ranges reading may be ahead of absorbing.
    ahead: usize,
}

struct State<P> {
    /// The next range to read, and the next to absorb.
    to_read: usize,
    to_absorb: usize,
    /// Whether a thread is absorbing.
    absorbing: bool,
    /// Whether a thread panicked, so that others must not wait for it.
    stopped: bool,
    /// What was read, by range and with the worker that read it.
    parts: BTreeMap<usize, (usize, P)>,
}

impl<P> Default for State<P> {
    fn default() -> Self {
        State { to_read: 0, to_absorb: 0, absorbing: false, stopped: false, parts: BTreeMap::new() }
    }
}

/// Lets the other threads go on to the end when one panics.
struct StopOnPanic<'a, P>(&'a Queue<P>);

impl<P> Drop for StopOnPanic<'_, P> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.state().stopped = true;
            self.0.moved.notify_all();
        }
    }
}

impl<P> Queue<P> {
    fn state(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next range to read, once it is not too far ahead. Ranges are given out in order, so the one that
    /// absorbing waits for is always under way.
    fn next(&self, ranges: &[Range<usize>]) -> Option<(usize, Range<usize>)> {
        let mut state = self.state();
        let index = state.to_read;
        let range = ranges.get(index)?.clone();
        state.to_read += 1;
        while index > state.to_absorb + self.ahead && !state.stopped {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        // What would be read after a panic is thrown away.
        (!state.stopped).then_some((index, range))
    }

    /// Puts a part in its place; the part to absorb when it is this thread's turn to do so.
    fn put(&self, index: usize, part: (usize, P)) -> Option<(usize, P)> {
        let mut state = self.state();
        state.parts.insert(index, part);
        if state.absorbing {
            return None;
        }
        let next = state.to_absorb;
        let ready = state.parts.remove(&next);
        state.absorbing = ready.is_some();
        ready
    }

    /// Says that a part was absorbed; the next one, when it is there.
    fn absorbed(&self) -> Option<(usize, P)> {
        let mut state = self.state();
        state.to_absorb += 1;
        self.moved.notify_all();
        let next = state.to_absorb;
        let ready = state.parts.remove(&next);
        state.absorbing = ready.is_some();
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_absorbed_in_order_whoever_read_them() {
        let ranges: Vec<Range<usize>> = (0..1000).map(|at| at..at + 1).collect();
        let mut seen = Vec::new();
        let read_one = |state: &mut u32, range: Range<usize>| {
            // Some ranges take longer than others.
            *state += 1;
            (0..range.start % 7 * 100).for_each(|_| std::hint::spin_loop());
            range.start
        };
        read(&ranges, None, || 0, read_one, |_, at| seen.push(at));
        assert_eq!(seen, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn a_panic_does_not_leave_others_waiting() {
        let ranges: Vec<Range<usize>> = (0..100).map(|at| at..at + 1).collect();
        let fails = |_: &mut (), range: Range<usize>| assert!(range.start != 3, "reading fails");
        let outcome = std::panic::catch_unwind(|| read(&ranges, None, || (), fails, |_, ()| {}));
        assert!(outcome.is_err());
    }

    #[test]
    fn nothing_is_read_after_a_stop() {
        let queue: Queue<()> = Queue { state: Mutex::new(State::default()), moved: Condvar::new(), ahead: 2 };
        assert_eq!(queue.next(&[0..1, 1..2]), Some((0, 0..1)));
        queue.state().stopped = true;
        assert_eq!(queue.next(&[0..1, 1..2]), None);
    }

    #[test]
    fn ranges_are_whole_lines_and_cover_the_input() {
        let input = b"one\ntwo\nthree\n\nfour";
        for size in 1..30 {
            let ranges = cut(input, size, |from| line_end(input, from));
            let joined: Vec<u8> = ranges.iter().flat_map(|range| input[range.clone()].to_vec()).collect();
            assert_eq!(joined, input);
            for range in &ranges[..ranges.len() - 1] {
                assert_eq!(input[range.end - 1], b'\n');
            }
        }
    }
}
