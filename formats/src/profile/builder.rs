//! Builds a [`Profile`], alone or from the builders of consecutive chunks.

use super::labels::LabelInterner;
use super::stacks::StackInterner;
use super::{
    Frame, FrameId, Function, FunctionId, Label, LabelSetId, LabelSets, LabelValue, Mapping, MappingId,
    Moment, Profile, ProfileMeta, Samples, Series, SeriesId, Stack, StackId, StringId, Strings, Thread,
    ThreadId, ValueType,
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
    strings: StringInterner,
    functions: Dedup<Function>,
    mappings: Dedup<Mapping>,
    frames: Dedup<Frame>,
    stacks: StackInterner,
    labels: LabelInterner,
    threads: Dedup<Thread>,
    series: Vec<SeriesBuilder>,
    /// The series of each list of names and units.
    series_of: FxHashMap<Vec<(StringId, StringId)>, usize>,
    /// What is known of the capture as a whole.
    pub meta: ProfileMeta,
}

#[derive(Clone, Debug)]
struct SeriesBuilder {
    value_types: Vec<ValueType>,
    samples: Samples,
    records: u64,
    /// Where records are added up by stack: the row of each stack, and the sums, which may leave `i64`.
    rows: FxHashMap<Option<StackId>, usize>,
    sums: Vec<i128>,
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
            self.series.push(SeriesBuilder {
                value_types: value_types.to_vec(),
                samples: Samples { values: vec![Vec::new(); value_types.len()], ..Samples::default() },
                records: 0,
                rows: FxHashMap::default(),
                sums: Vec::new(),
            });
        }
        SeriesId::new(index)
    }

    /// Changes what column `column` of a series is called, once the whole capture has been seen.
    pub fn set_value_type(&mut self, series: SeriesId, column: usize, value_type: ValueType) {
        self.series[series.index()].value_types[column] = value_type;
    }

    /// Adds a record of unknown sample count to a series of one column, adding up equal stacks.
    ///
    /// A sum that leaves `i64` is spread over several rows, so nothing wraps.
    pub fn sum(&mut self, series: SeriesId, stack: Option<StackId>, value: i64) {
        let series = &mut self.series[series.index()];
        series.records += 1;
        series.add(stack, None, i128::from(value));
    }

    /// Adds `count` samples that weigh `value` together to a series of one column, adding up equal stacks.
    ///
    /// A sum that leaves `i64` is spread over several rows, so nothing wraps.
    pub fn count(&mut self, series: SeriesId, stack: Option<StackId>, count: u64, value: i64) {
        let series = &mut self.series[series.index()];
        series.records += count;
        series.add(stack, Some(count), i128::from(value));
    }

    /// Adds one sample as [`count`](Self::count) does, and remembers when it was taken.
    pub fn count_at(&mut self, series: SeriesId, stack: Option<StackId>, value: i64, moment: Moment) {
        let series = &mut self.series[series.index()];
        series.records += 1;
        let row = series.add(stack, Some(1), i128::from(value));
        let timeline = series.samples.timeline.get_or_insert_default();
        timeline.rows.push(row_number(row));
        timeline.values.push(value);
        timeline.times_ns.push(moment.time_ns);
        timeline.threads.push(moment.thread);
    }

    /// Adds one sample record with its own row: one value per value type.
    ///
    /// # Panics
    /// When `values` has another length than the value types of the series.
    pub fn sample(
        &mut self,
        series: SeriesId,
        stack: Option<StackId>,
        values: &[i64],
        labels: Option<LabelSetId>,
    ) {
        let series = &mut self.series[series.index()];
        assert_eq!(values.len(), series.value_types.len(), "one value per value type");
        series.records += 1;
        let samples = &mut series.samples;
        if labels.is_some() && samples.labels.is_none() {
            samples.labels = Some(vec![None; samples.stacks.len()]);
        }
        if let Some(column) = &mut samples.labels {
            column.push(labels);
        }
        samples.stacks.push(stack);
        for (column, &value) in samples.values.iter_mut().zip(values) {
            column.push(value);
        }
    }

    /// How many sample records a series holds.
    pub(crate) fn records(&self, series: SeriesId) -> u64 {
        self.series[series.index()].records
    }

    /// Adds everything of the chunk that follows this one in the file.
    ///
    /// The ids are those that one builder would have given to both chunks read in a row. Metadata that is
    /// known here is kept.
    pub fn absorb(&mut self, other: ProfileBuilder) {
        let strings = self.strings.absorb(&other.strings);
        let string = |id: StringId| strings[id.index()];
        let mut functions = Vec::with_capacity(other.functions.rows().len());
        for &function in other.functions.rows() {
            functions.push(self.function(Function {
                name: string(function.name),
                system_name: function.system_name.map(string),
                file: function.file.map(string),
                start_line: function.start_line,
            }));
        }
        let mut mappings = Vec::with_capacity(other.mappings.rows().len());
        for &mapping in other.mappings.rows() {
            mappings.push(self.mapping(Mapping {
                file: string(mapping.file),
                build_id: mapping.build_id.map(string),
                ..mapping
            }));
        }
        let mut frames = Vec::with_capacity(other.frames.rows().len());
        for &frame in other.frames.rows() {
            frames.push(self.frame(Frame {
                function: functions[frame.function.index()],
                mapping: frame.mapping.map(|id| mappings[id.index()]),
                ..frame
            }));
        }
        let mut stacks: Vec<StackId> = Vec::with_capacity(other.stacks.rows().len());
        for &stack in other.stacks.rows() {
            let parent = stack.parent.map(|id| stacks[id.index()]);
            stacks.push(self.stack(parent, frames[stack.frame.index()]));
        }
        let mut labels = Vec::with_capacity(other.labels.rows().len());
        for set in other.labels.rows() {
            let set = set.iter().map(|label| Label {
                key: string(label.key),
                value: match label.value {
                    LabelValue::Text(text) => LabelValue::Text(string(text)),
                    LabelValue::Number(number, unit) => LabelValue::Number(number, unit.map(string)),
                },
            });
            labels.push(self.label_set(set.collect()));
        }
        let mut threads = Vec::with_capacity(other.threads.rows().len());
        for &thread in other.threads.rows() {
            threads.push(self.thread(Thread { name: string(thread.name), ..thread }));
        }
        for theirs in other.series {
            let value_types: Vec<ValueType> = theirs
                .value_types
                .iter()
                .map(|vt| ValueType { name: string(vt.name), unit: string(vt.unit), decimals: vt.decimals })
                .collect();
            let id = self.series(&value_types);
            self.series[id.index()].absorb(theirs, &stacks, &labels, &threads);
        }
        self.meta.absorb(other.meta, string);
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
            series: self.series.into_iter().map(SeriesBuilder::finish).collect(),
            meta: self.meta,
        }
    }
}

impl SeriesBuilder {
    fn finish(mut self) -> Series {
        for row in 0..self.sums.len() {
            let within = self.sums[row].clamp(i128::from(i64::MIN), i128::from(i64::MAX));
            self.samples.values[0].push(within as i64);
        }
        for row in 0..self.sums.len() {
            let mut rest = self.sums[row] - i128::from(self.samples.values[0][row]);
            while rest != 0 {
                let within = rest.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
                self.samples.stacks.push(self.samples.stacks[row]);
                self.samples.values[0].push(within as i64);
                if let Some(counts) = &mut self.samples.counts {
                    counts.push(0);
                }
                rest -= within;
            }
        }
        Series { value_types: self.value_types, samples: self.samples, records: self.records }
    }

    /// Adds to the row of a stack; the row.
    fn add(&mut self, stack: Option<StackId>, count: Option<u64>, value: i128) -> usize {
        let row = *self.rows.entry(stack).or_insert_with(|| {
            self.samples.stacks.push(stack);
            self.sums.push(0);
            self.sums.len() - 1
        });
        self.sums[row] += value;
        if let Some(count) = count {
            let counts = self.samples.counts.get_or_insert_default();
            counts.resize(self.sums.len(), 0);
            counts[row] += count;
        }
        row
    }

    fn absorb(
        &mut self,
        mut theirs: SeriesBuilder,
        stacks: &[StackId],
        labels: &[LabelSetId],
        threads: &[ThreadId],
    ) {
        let stack_here = |stack: Option<StackId>| stack.map(|id| stacks[id.index()]);
        self.records += theirs.records;
        let mut rows = Vec::new();
        for (row, (&stack, &sum)) in theirs.samples.stacks.iter().zip(&theirs.sums).enumerate() {
            let count = theirs.samples.counts.as_ref().map(|counts| counts[row]);
            rows.push(row_number(self.add(stack_here(stack), count, sum)));
        }
        if let Some(theirs) = theirs.samples.timeline.take() {
            let ours = self.samples.timeline.get_or_insert_default();
            ours.rows.extend(theirs.rows.into_iter().map(|row| rows[row as usize]));
            ours.values.extend(theirs.values);
            ours.times_ns.extend(theirs.times_ns);
            let thread_here = |thread: Option<ThreadId>| thread.map(|id| threads[id.index()]);
            ours.threads.extend(theirs.threads.into_iter().map(thread_here));
        }
        if !theirs.sums.is_empty() {
            return;
        }
        let theirs = theirs.samples;
        let before = self.samples.stacks.len();
        let added = theirs.stacks.len();
        self.samples.stacks.extend(theirs.stacks.into_iter().map(stack_here));
        for (ours, theirs) in self.samples.values.iter_mut().zip(theirs.values) {
            ours.extend(theirs);
        }
        if self.samples.labels.is_some() || theirs.labels.is_some() {
            let ours = self.samples.labels.get_or_insert_with(|| vec![None; before]);
            let theirs = theirs.labels.unwrap_or_else(|| vec![None; added]);
            ours.extend(theirs.into_iter().map(|set| set.map(|id| labels[id.index()])));
        }
    }
}

fn row_number(row: usize) -> u32 {
    u32::try_from(row).expect("rows are fewer than stacks, whose ids are u32")
}

impl ProfileMeta {
    fn absorb(&mut self, other: ProfileMeta, string: impl Fn(StringId) -> StringId) {
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
