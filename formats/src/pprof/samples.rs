//! Samples: decoded in parallel into columns, then interned as stacks in file order.
//!
//! Decoding chunk n + 1 overlaps interning chunk n. Interning is sequential and in file order, so the result
//! does not depend on chunks or threads.

use super::prune::Prune;
use super::record::{self, RawLabel, Records, SampleRun};
use super::tables::{Fault, Locations};
use super::wire::{Cursor, Message, WireError};
use crate::profile::ProfileBuilder;
use crate::{FrameId, Label, LabelSetId, LabelValue, Notes, SeriesId, StackId};
use hashbrown::HashMap;
use rayon::prelude::*;

/// A chunk has about this many bytes: small enough that decoding and interning overlap in any file that takes
/// time, and that few decoded chunks are in memory at once.
const CHUNK_BYTES: usize = 1 << 20;

/// Deeper stacks are made by no profiler, and a small file could fill the memory with them.
const MOST_FRAMES: usize = 1 << 22;

/// What a sample refers to.
pub(crate) struct Reader<'r, 'a> {
    pub(crate) input: Message<'a>,
    pub(crate) records: &'r Records<'a>,
    pub(crate) locations: &'r Locations,
    pub(crate) prune: Option<&'r Prune>,
}

impl Reader<'_, '_> {
    /// Reads every sample into `series`, which has one column per sample type.
    pub(crate) fn read(
        &self,
        builder: &mut ProfileBuilder,
        series: SeriesId,
        notes: &mut Notes,
    ) -> Result<(), WireError> {
        let chunks = chunks(&self.records.samples);
        let decode = |chunks: &[&[SampleRun]]| -> Vec<Result<Decoded, WireError>> {
            chunks.par_iter().map(|runs| self.decode(runs)).collect()
        };
        let mut interner = Interner::new(builder, series, self);
        let mut waves = chunks.chunks(rayon::current_num_threads());
        let mut ready = waves.next().map(decode);
        while let Some(decoded) = ready {
            let next = waves.next();
            let (outcome, after) = rayon::join(
                || {
                    decoded.into_iter().try_for_each(|decoded| {
                        let decoded = decoded?;
                        interner.intern(&decoded);
                        notes.absorb(decoded.notes);
                        Ok(())
                    })
                },
                || next.map(decode),
            );
            outcome?;
            ready = after;
        }
        Ok(())
    }

    fn decode(&self, runs: &[SampleRun]) -> Result<Decoded, WireError> {
        let mut decoded = Decoded::default();
        let mut label_bytes = Vec::new();
        for run in runs {
            let bytes = &self.input.bytes[run.range.clone()];
            let mut cursor = Cursor::new(Message { bytes, at: self.input.at + run.range.start });
            let mut index = run.first;
            while let Some(field) = cursor.field()? {
                self.sample(field.message()?, index, &mut decoded, &mut label_bytes)
                    .map_err(|error| error.within(&format!("sample[{index}]")))?;
                index += 1;
            }
        }
        Ok(decoded)
    }

    #[inline]
    fn sample<'a>(
        &self,
        message: Message<'a>,
        index: u64,
        decoded: &mut Decoded,
        label_bytes: &mut Vec<Message<'a>>,
    ) -> Result<(), WireError> {
        let (start, first_value) = (decoded.locations.len(), decoded.values.len());
        let mut missing = None;
        let mut number = 0;
        label_bytes.clear();
        decoded.notes.met(1);
        let Decoded { locations, values, .. } = decoded;
        record::sample(
            message,
            |id| {
                match self.locations.get(id) {
                    Some(position) => locations.push(position),
                    None => missing = missing.or(Some((number, id))),
                }
                number += 1;
            },
            |value| values.push(value),
            |label| label_bytes.push(label),
        )?;
        let fault = if let Some((number, id)) = missing {
            Some(self.location_fault(index, number, id))
        } else if values.len() - first_value != self.records.sample_types.len() {
            let (found, wanted) = (values.len() - first_value, self.records.sample_types.len());
            Some(Fault {
                code: "pprof_value_count",
                text: "expected as many values as there are sample types; sample left out",
                found: format!("sample[{index}].value: {found} values for {wanted} types"),
            })
        } else if self.is_too_deep(&locations[start..]) {
            Some(Fault {
                code: "pprof_stack_too_deep",
                text: "expected a stack of at most 4,194,304 frames; sample left out",
                found: format!("sample[{index}].location_id: {number} locations"),
            })
        } else {
            decoded.add_labels(self.records, index, label_bytes)?
        };
        if let Some(fault) = fault {
            decoded.locations.truncate(start);
            decoded.values.truncate(first_value);
            decoded.notes.left_out(fault.code, fault.text, message.at, fault.found.as_bytes());
            return Ok(());
        }
        if let Some(prune) = self.prune {
            let lost = prune.lost(&decoded.locations[start..]);
            decoded.locations.drain(start..start + lost);
        }
        decoded.ends.push(decoded.locations.len());
        Ok(())
    }

    /// Whether a few bytes stand for millions of frames: locations with many lines, named again and again.
    fn is_too_deep(&self, locations: &[u32]) -> bool {
        let frames = |&location: &u32| self.locations.frames(location as usize).len();
        locations.len() > 1000 && locations.iter().map(frames).sum::<usize>() > MOST_FRAMES
    }

    #[cold]
    fn location_fault(&self, index: u64, number: usize, id: u64) -> Fault {
        let path = format!("sample[{index}].location_id[{number}] = {id}");
        match self.locations.fault(id) {
            Some(fault) => Fault { found: format!("{path}, {}", fault.found), ..fault.clone() },
            None => Fault {
                code: "pprof_location_missing",
                text: "expected the id of a location; sample left out",
                found: path,
            },
        }
    }
}

/// Runs grouped to chunks.
fn chunks(runs: &[SampleRun]) -> Vec<&[SampleRun]> {
    let mut chunks = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, run) in runs.iter().enumerate() {
        bytes += run.range.len();
        if bytes >= CHUNK_BYTES || index + 1 == runs.len() {
            chunks.push(&runs[start..=index]);
            (start, bytes) = (index + 1, 0);
        }
    }
    chunks
}

/// Samples of one chunk as columns.
#[derive(Debug, Default)]
struct Decoded {
    /// Positions of locations, leaf first, all samples in a row.
    locations: Vec<u32>,
    /// Where each sample's locations end.
    ends: Vec<usize>,
    /// The values, row by row.
    values: Vec<i64>,
    /// The label set of each sample, 0 for none; shorter than `ends` while the last samples have none.
    labels: Vec<u32>,
    label_sets: Vec<Vec<RawLabel>>,
    /// Positions + 1 of label sets by their bytes.
    known_sets: HashMap<Vec<u8>, u32>,
    notes: Notes,
}

impl Decoded {
    /// Takes the labels of the sample that comes next; gives the reason when they cannot be used.
    fn add_labels(
        &mut self,
        records: &Records<'_>,
        sample: u64,
        messages: &[Message<'_>],
    ) -> Result<Option<Fault>, WireError> {
        if messages.is_empty() {
            return Ok(None);
        }
        let mut key = Vec::new();
        for message in messages {
            key.extend_from_slice(&message.bytes.len().to_le_bytes());
            key.extend_from_slice(message.bytes);
        }
        let number = match self.known_sets.get(&key) {
            Some(&number) => number,
            None => {
                let mut set = Vec::with_capacity(messages.len());
                for (index, &message) in messages.iter().enumerate() {
                    let path = || format!("label[{index}]");
                    let raw = RawLabel::parse(message).map_err(|error| error.within(&path()))?;
                    for (name, string) in [("key", raw.key), ("str", raw.text), ("num_unit", raw.unit)] {
                        if records.string(string).is_none() {
                            let found = format!("sample[{sample}].{}.{name} = {string}", path());
                            return Ok(Some(Fault::string(found)));
                        }
                    }
                    set.push(raw);
                }
                self.label_sets.push(set);
                let number = u32::try_from(self.label_sets.len())
                    .expect("label sets of a chunk take more bytes than there are in 2^32 chunks");
                self.known_sets.insert(key, number);
                number
            }
        };
        self.labels.resize(self.ends.len(), 0);
        self.labels.push(number);
        Ok(None)
    }
}

/// Puts decoded samples into a builder.
struct Interner<'b, 'r, 'a> {
    builder: &'b mut ProfileBuilder,
    series: SeriesId,
    reader: &'r Reader<'r, 'a>,
    /// The stack of the sample before, root first: neighbours share their first frames.
    last: Vec<(FrameId, StackId)>,
}

impl<'b, 'r, 'a> Interner<'b, 'r, 'a> {
    fn new(builder: &'b mut ProfileBuilder, series: SeriesId, reader: &'r Reader<'r, 'a>) -> Self {
        Interner { builder, series, reader, last: Vec::new() }
    }

    fn intern(&mut self, decoded: &Decoded) {
        let sets: Vec<LabelSetId> = decoded.label_sets.iter().map(|set| self.label_set(set)).collect();
        let columns = self.reader.records.sample_types.len();
        let mut start = 0;
        for (row, &end) in decoded.ends.iter().enumerate() {
            let stack = self.stack(&decoded.locations[start..end]);
            start = end;
            let values = &decoded.values[row * columns..(row + 1) * columns];
            let set = decoded.labels.get(row).filter(|&&set| set != 0).map(|&set| sets[set as usize - 1]);
            self.builder.sample(self.series, stack, values, set);
        }
    }

    fn stack(&mut self, locations: &[u32]) -> Option<StackId> {
        let mut depth = 0;
        for &location in locations.iter().rev() {
            for &frame in self.reader.locations.frames(location as usize) {
                if self.last.get(depth).is_none_or(|&(known, _)| known != frame) {
                    self.last.truncate(depth);
                    let parent = self.last.last().map(|&(_, stack)| stack);
                    self.last.push((frame, self.builder.stack(parent, frame)));
                }
                depth += 1;
            }
        }
        depth.checked_sub(1).map(|leaf| self.last[leaf].1)
    }

    fn label_set(&mut self, set: &[RawLabel]) -> LabelSetId {
        let labels = set.iter().map(|raw| {
            let mut string = |index| {
                let bytes = self.reader.records.string(index);
                self.builder.string(bytes.expect("decoding has looked up every string of a label"))
            };
            let value = if raw.text != 0 {
                LabelValue::Text(string(raw.text))
            } else {
                let has_unit = self.reader.records.string(raw.unit).is_some_and(|unit| !unit.is_empty());
                LabelValue::Number(raw.number, has_unit.then(|| string(raw.unit)))
            };
            Label { key: string(raw.key), value }
        });
        let labels = labels.collect();
        self.builder.label_set(labels)
    }
}
