//! Builds a [`Profile`], alone or from the builders of consecutive chunks.

use super::labels::LabelInterner;
use super::part::Taken;
use super::rows::Rows;
use super::stacks::StackInterner;
use super::{
    Frame, FrameId, Function, FunctionId, Label, LabelSetId, LabelSets, Mapping, MappingId, Moment, Profile,
    ProfileMeta, SeriesId, Stack, StackId, StringId, Strings, Thread, ThreadId, ValueType,
};
use crate::interner::{Dedup, StringInterner};
use rustc_hash::FxHashMap;

/// Collects a profile. Ids are numbered by first use.
///
/// ```
/// use analyzer_formats::{Frame, FrameKind, Function, ProfileBuilder};
///
/// let mut builder = ProfileBuilder::default();
/// let name = builder.string(b"main");
/// let function = builder.function(Function { name, system_name: None, file: None, start_line: 0 });
/// let frame = builder.frame(Frame { function, mapping: None, line: 0, kind: FrameKind::User });
/// let stack = builder.stack(None, frame);
/// let samples = builder.value_type(b"samples", b"count");
/// let series = builder.series(&[samples]);
/// builder.count(series, Some(stack), 3, 3);
/// let profile = builder.finish();
/// assert_eq!(profile.series[0].sum(0), 3);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ProfileBuilder {
    pub(super) strings: StringInterner,
    pub(super) functions: Dedup<Function>,
    pub(super) mappings: Dedup<Mapping>,
    pub(super) frames: Dedup<Frame>,
    pub(super) stacks: StackInterner,
    pub(super) labels: LabelInterner,
    pub(super) threads: Dedup<Thread>,
    pub(super) series: Vec<SeriesBuilder>,
    /// The series of each list of names and units.
    series_of: FxHashMap<Vec<(StringId, StringId)>, usize>,
    /// What has been handed over in parts.
    pub(super) taken: Taken,
    /// What is known of the capture as a whole.
    pub meta: ProfileMeta,
}

#[derive(Clone, Debug)]
pub(super) struct SeriesBuilder {
    pub(super) value_types: Vec<ValueType>,
    pub(super) rows: Rows,
}

impl ProfileBuilder {
    /// Interns a string.
    pub fn string(&mut self, string: &[u8]) -> StringId {
        self.strings.intern(string)
    }

    /// The strings interned so far.
    #[must_use]
    pub fn strings(&self) -> &Strings {
        self.strings.strings()
    }

    /// Interns a function.
    pub fn function(&mut self, function: Function) -> FunctionId {
        FunctionId::new(self.functions.intern(function))
    }

    /// Interns a mapping.
    pub fn mapping(&mut self, mapping: Mapping) -> MappingId {
        MappingId::new(self.mappings.intern(mapping))
    }

    /// Interns a frame.
    pub fn frame(&mut self, frame: Frame) -> FrameId {
        FrameId::new(self.frames.intern(frame))
    }

    /// A frame interned here, and its function.
    pub(crate) fn frame_and_function(&self, frame: FrameId) -> (Frame, Function) {
        let frame = self.frames.rows()[frame.index()];
        (frame, self.functions.rows()[frame.function.index()])
    }

    /// Interns the stack that has `frame` on top of `parent`.
    pub fn stack(&mut self, parent: Option<StackId>, frame: FrameId) -> StackId {
        StackId::new(self.stacks.intern(Stack { parent, frame }))
    }

    /// Takes unique stacks, parents before children, for those of this builder, which has none.
    pub(crate) fn set_stacks(&mut self, stacks: Vec<Stack>) {
        self.stacks = StackInterner::of(stacks);
    }

    /// Interns a label set.
    pub fn label_set(&mut self, labels: Vec<Label>) -> LabelSetId {
        LabelSetId::new(self.labels.intern(labels))
    }

    /// Interns a thread.
    pub fn thread(&mut self, thread: Thread) -> ThreadId {
        ThreadId::new(self.threads.intern(thread))
    }

    /// A value type of whole numbers.
    pub fn value_type(&mut self, name: &[u8], unit: &[u8]) -> ValueType {
        ValueType { name: self.string(name), unit: self.string(unit), decimals: 0 }
    }

    /// The series that measures exactly `value_types`, new or known.
    pub fn series(&mut self, value_types: &[ValueType]) -> SeriesId {
        let meaning: Vec<(StringId, StringId)> = value_types.iter().map(|vt| (vt.name, vt.unit)).collect();
        let next = self.series.len();
        let index = *self.series_of.entry(meaning).or_insert(next);
        if index == next {
            let rows = Rows::new(value_types.len());
            self.series.push(SeriesBuilder { value_types: value_types.to_vec(), rows });
        }
        SeriesId::new(index)
    }

    /// What a series measures.
    pub(crate) fn value_types(&self, series: SeriesId) -> &[ValueType] {
        &self.series[series.index()].value_types
    }

    /// Changes what column `column` of a series is called, once the whole capture has been seen.
    pub fn set_value_type(&mut self, series: SeriesId, column: usize, value_type: ValueType) {
        self.series[series.index()].value_types[column] = value_type;
    }

    /// Adds a record of unknown sample count to a series of one column, adding up equal stacks. The counts of the
    /// whole series are unknown then.
    ///
    /// A sum that leaves `i64` is spread over several rows, so nothing wraps.
    ///
    /// # Panics
    /// When the series has several columns, or rows of their own ([`sample`](Self::sample)).
    pub fn sum(&mut self, series: SeriesId, stack: Option<StackId>, value: i64) {
        self.rows(series).add(stack, 1, None, value);
    }

    /// Adds `count` samples that weigh `value` together to a series of one column, adding up equal stacks.
    ///
    /// A sum that leaves `i64` is spread over several rows, so nothing wraps.
    ///
    /// # Panics
    /// As [`sum`](Self::sum) does.
    pub fn count(&mut self, series: SeriesId, stack: Option<StackId>, count: u64, value: i64) {
        self.rows(series).add(stack, count, Some(count), value);
    }

    /// Adds one sample as [`count`](Self::count) does, and remembers when it was taken.
    ///
    /// # Panics
    /// As [`sum`](Self::sum) does.
    pub fn count_at(&mut self, series: SeriesId, stack: Option<StackId>, value: i64, moment: Moment) {
        self.rows(series).add_at(stack, Some(1), value, moment);
    }

    /// Adds one record as [`sum`](Self::sum) does, and remembers when it was taken.
    ///
    /// # Panics
    /// As [`sum`](Self::sum) does.
    pub fn sum_at(&mut self, series: SeriesId, stack: Option<StackId>, value: i64, moment: Moment) {
        self.rows(series).add_at(stack, None, value, moment);
    }

    /// Adds one sample record with its own row: one value per value type.
    ///
    /// # Panics
    /// When `values` has another length than the value types of the series, or rows of the series are added up.
    pub fn sample(
        &mut self,
        series: SeriesId,
        stack: Option<StackId>,
        values: &[i64],
        labels: Option<LabelSetId>,
    ) {
        self.rows(series).push(stack, values, labels);
    }

    fn rows(&mut self, series: SeriesId) -> &mut Rows {
        &mut self.series[series.index()].rows
    }

    /// How many sample records a series holds.
    pub(crate) fn records(&self, series: SeriesId) -> u64 {
        self.series[series.index()].rows.records()
    }

    /// The finished profile.
    #[must_use]
    pub fn finish(self) -> Profile {
        Profile {
            strings: self.strings.finish(),
            functions: self.functions.finish(),
            mappings: self.mappings.finish(),
            frames: self.frames.finish(),
            stacks: self.stacks.finish(),
            labels: LabelSets { sets: self.labels.finish() },
            threads: self.threads.finish(),
            series: self.series.into_iter().map(|series| series.rows.finish(series.value_types)).collect(),
            meta: self.meta,
        }
    }
}

impl ProfileMeta {
    pub(super) fn absorb(&mut self, other: ProfileMeta, string: impl Fn(StringId) -> StringId) {
        self.start_ns = self.start_ns.or(other.start_ns);
        self.duration_ns = self.duration_ns.or(other.duration_ns);
        self.period = self.period.or(other.period);
        self.period_type = self.period_type.or(other.period_type.map(|vt| ValueType {
            name: string(vt.name),
            unit: string(vt.unit),
            decimals: vt.decimals,
        }));
        self.command = self.command.take().or(other.command);
        self.host = self.host.take().or(other.host);
        self.lost_events = match (self.lost_events, other.lost_events) {
            (Some(ours), Some(theirs)) => Some(ours.saturating_add(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        self.comments.extend(other.comments.into_iter().map(string));
    }
}
