//! `perf script` text: every event becomes a series of its own, with the period as value.
//!
//! The root frame of each stack is the name of its thread. The same stack text comes again and again in these
//! files, so whole stacks and single frame lines are remembered by their bytes.

mod reader;
mod record;
mod stacks;

use crate::format::{Confidence, Format, ReadOptions, Recognition};
use crate::profile::{Joining, Part};
use crate::{Content, NoteKind, Notes, ReadErrorKind, SeriesId, chunk};
use reader::{Reader, record_end};
use rustc_hash::FxHashSet;

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
        let why = format!(
            "begins with {headers} lines like \"comm pid time: event:\" and {addresses} like \"address symbol\""
        );
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
            options.progress.as_deref(),
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

#[cfg(test)]
mod tests;
