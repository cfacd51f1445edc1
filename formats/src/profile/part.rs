//! What a builder has added since it was last asked: the unit in which chunks are put together.
//!
//! A worker that reads several chunks keeps its tables between them and hands over, after each, the new rows
//! of its tables and the samples of the chunk. Ids in a part are the worker's; a [`Translation`] knows them here.

use super::rows::Rows;
use super::{
    Frame, FrameId, Function, FunctionId, Label, LabelSetId, LabelValue, Mapping, MappingId, ProfileBuilder,
    ProfileMeta, SeriesId, Stack, StackId, StringId, Thread, ThreadId, ValueType,
};
use crate::interner::Strings;

/// What was added to a builder since the part before.
#[derive(Debug)]
pub(crate) struct Part {
    /// Whether it is the first of its builder.
    is_first: bool,
    strings: Strings,
    functions: Vec<Function>,
    mappings: Vec<Mapping>,
    frames: Vec<Frame>,
    stacks: Vec<Stack>,
    labels: Vec<Vec<Label>>,
    threads: Vec<Thread>,
    /// New series.
    series: Vec<Vec<ValueType>>,
    /// The samples of each series.
    rows: Vec<Rows>,
    meta: ProfileMeta,
}

/// How many rows of each table have been handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    strings: usize,
    functions: usize,
    mappings: usize,
    frames: usize,
    stacks: usize,
    labels: usize,
    threads: usize,
    series: usize,
}

/// The ids that the rows of another builder have here.
#[derive(Debug, Default)]
pub(crate) struct Translation {
    strings: Vec<StringId>,
    functions: Vec<FunctionId>,
    mappings: Vec<MappingId>,
    frames: Vec<FrameId>,
    stacks: Vec<StackId>,
    labels: Vec<LabelSetId>,
    threads: Vec<ThreadId>,
    series: Vec<SeriesId>,
}

impl Translation {
    /// The id here of a series there.
    pub(crate) fn series(&self, id: SeriesId) -> SeriesId {
        self.series[id.index()]
    }
}

/// Puts the parts of several builders together, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Joining {
    pub(crate) builder: ProfileBuilder,
    known: Vec<Translation>,
}

impl Joining {
    /// Adds the next part, which comes from builder number `from`. A builder that begins anew under the same number
    /// is told by its first part.
    pub(crate) fn absorb(&mut self, from: usize, part: Part) -> &Translation {
        if self.known.len() <= from {
            self.known.resize_with(from + 1, Translation::default);
        }
        self.builder.absorb_part(part, &mut self.known[from]);
        &self.known[from]
    }
}

impl ProfileBuilder {
    /// How many stacks there are.
    pub(crate) fn stacks(&self) -> usize {
        self.stacks.rows().len()
    }

    /// Takes out what was added since the last call. The tables stay, so ids remain valid.
    pub(crate) fn take(&mut self) -> Part {
        let from = self.taken;
        let part = Part {
            is_first: from == Taken::default(),
            strings: self.strings.strings().since(from.strings),
            functions: self.functions.rows()[from.functions..].to_vec(),
            mappings: self.mappings.rows()[from.mappings..].to_vec(),
            frames: self.frames.rows()[from.frames..].to_vec(),
            stacks: self.stacks.rows()[from.stacks..].to_vec(),
            labels: self.labels.rows()[from.labels..].to_vec(),
            threads: self.threads.rows()[from.threads..].to_vec(),
            series: self.series[from.series..].iter().map(|series| series.value_types.clone()).collect(),
            rows: self.series.iter_mut().map(|series| series.rows.take()).collect(),
            meta: std::mem::take(&mut self.meta),
        };
        self.taken = Taken {
            strings: self.strings.strings().len(),
            functions: self.functions.rows().len(),
            mappings: self.mappings.rows().len(),
            frames: self.frames.rows().len(),
            stacks: self.stacks.rows().len(),
            labels: self.labels.rows().len(),
            threads: self.threads.rows().len(),
            series: self.series.len(),
        };
        part
    }

    /// Adds everything of the builder of the chunk that follows this one in the file.
    ///
    /// The ids are those that one builder would have given to both chunks read in a row. Metadata that is
    /// known here is kept.
    pub fn absorb(&mut self, mut other: ProfileBuilder) {
        other.taken = Taken::default();
        self.absorb_part(other.take(), &mut Translation::default());
    }

    /// Adds the next part of another builder, whose earlier parts `known` translates.
    pub(crate) fn absorb_part(&mut self, part: Part, known: &mut Translation) {
        if part.is_first {
            *known = Translation::default();
        }
        let Translation { strings, functions, mappings, frames, stacks, labels, threads, series } = known;
        strings.extend(part.strings.iter().map(|string| self.strings.intern(string)));
        let string = |id: StringId| strings[id.index()];
        for function in part.functions {
            functions.push(self.function(Function {
                name: string(function.name),
                system_name: function.system_name.map(string),
                file: function.file.map(string),
                start_line: function.start_line,
            }));
        }
        for mapping in part.mappings {
            mappings.push(self.mapping(Mapping {
                file: string(mapping.file),
                build_id: mapping.build_id.map(string),
                ..mapping
            }));
        }
        for frame in part.frames {
            frames.push(self.frame(Frame {
                function: functions[frame.function.index()],
                mapping: frame.mapping.map(|id| mappings[id.index()]),
                ..frame
            }));
        }
        stacks.reserve(part.stacks.len());
        for stack in part.stacks {
            let parent = stack.parent.map(|id| stacks[id.index()]);
            stacks.push(self.stack(parent, frames[stack.frame.index()]));
        }
        for set in part.labels {
            let set = set.iter().map(|label| Label {
                key: string(label.key),
                value: match label.value {
                    LabelValue::Text(text) => LabelValue::Text(string(text)),
                    LabelValue::Number(number, unit) => LabelValue::Number(number, unit.map(string)),
                },
            });
            labels.push(self.label_set(set.collect()));
        }
        for thread in part.threads {
            threads.push(self.thread(Thread { name: string(thread.name), ..thread }));
        }
        let value_type = |vt: &ValueType| ValueType {
            name: string(vt.name),
            unit: string(vt.unit),
            decimals: vt.decimals,
        };
        for value_types in part.series {
            let value_types: Vec<ValueType> = value_types.iter().map(value_type).collect();
            series.push(self.series(&value_types));
        }
        for (rows, id) in part.rows.into_iter().zip(series) {
            self.series[id.index()].rows.absorb(rows, stacks, labels, threads);
        }
        self.meta.absorb(part.meta, string);
    }
}
