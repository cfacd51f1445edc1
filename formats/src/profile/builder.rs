//! Builds a [`Profile`], alone or from the builders of consecutive chunks.

use super::labels::LabelInterner;
use super::stacks::StackInterner;
use super::{
    Frame, FrameId, Function, FunctionId, Label, LabelSetId, LabelSets, LabelValue, Mapping, MappingId,
    Profile, ProfileMeta, Samples, Series, SeriesId, Stack, StackId, StringId, Strings, ValueType,
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
    series: Vec<SeriesBuilder>,
    /// What is known of the capture as a whole.
    pub meta: ProfileMeta,
}

#[derive(Clone, Debug)]
struct SeriesBuilder {
    value_types: Vec<ValueType>,
    samples: Samples,
    records: u64,
    /// The row that values of a stack are added to; empty where every record has its own row.
    rows: FxHashMap<Option<StackId>, usize>,
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

    /// A value type of whole numbers.
    pub fn value_type(&mut self, name: &[u8], unit: &[u8]) -> ValueType {
        ValueType { name: self.string(name), unit: self.string(unit), decimals: 0 }
    }

    /// The series that measures exactly `value_types`, new or known.
    pub fn series(&mut self, value_types: &[ValueType]) -> SeriesId {
        let same =
            |known: &ValueType, wanted: &ValueType| known.name == wanted.name && known.unit == wanted.unit;
        let known = self.series.iter().position(|series| {
            series.value_types.len() == value_types.len()
                && series.value_types.iter().zip(value_types).all(|(known, wanted)| same(known, wanted))
        });
        let index = known.unwrap_or_else(|| {
            self.series.push(SeriesBuilder {
                value_types: value_types.to_vec(),
                samples: Samples { values: vec![Vec::new(); value_types.len()], ..Samples::default() },
                records: 0,
                rows: FxHashMap::default(),
            });
            self.series.len() - 1
        });
        SeriesId::new(index)
    }

    /// Changes what column `column` of a series is called, once the whole capture has been seen.
    pub fn set_value_type(&mut self, series: SeriesId, column: usize, value_type: ValueType) {
        self.series[series.index()].value_types[column] = value_type;
    }

    /// Adds a record of unknown sample count to a series of one column, adding up equal stacks.
    ///
    /// A sum that leaves `i64` starts a second row, so nothing wraps.
    pub fn sum(&mut self, series: SeriesId, stack: Option<StackId>, value: i64) {
        let series = &mut self.series[series.index()];
        series.records += 1;
        series.add(stack, None, value);
    }

    /// Adds `count` samples that weigh `value` together to a series of one column, adding up equal stacks.
    ///
    /// A sum that leaves `i64` starts a second row, so nothing wraps.
    pub fn count(&mut self, series: SeriesId, stack: Option<StackId>, count: u64, value: i64) {
        let series = &mut self.series[series.index()];
        series.records += count;
        series.add(stack, Some(count), value);
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

    /// Brings a series of one column to `decimals` decimal places.
    ///
    /// # Errors
    /// When a value would leave `i64`; nothing is changed then.
    pub fn raise_decimals(&mut self, series: SeriesId, decimals: u8) -> Result<(), DecimalsTooMany> {
        let series = &mut self.series[series.index()];
        let have = series.value_types[0].decimals;
        if decimals <= have {
            return Ok(());
        }
        let factor = 10i64.checked_pow(u32::from(decimals - have)).ok_or(DecimalsTooMany)?;
        let raised: Option<Vec<i64>> =
            series.samples.values[0].iter().map(|value| value.checked_mul(factor)).collect();
        series.samples.values[0] = raised.ok_or(DecimalsTooMany)?;
        series.value_types[0].decimals = decimals;
        Ok(())
    }

    /// The decimal places of the first column of a series.
    #[must_use]
    pub fn decimals(&self, series: SeriesId) -> u8 {
        self.series[series.index()].value_types[0].decimals
    }

    /// How many sample records a series holds.
    #[must_use]
    pub fn records(&self, series: SeriesId) -> u64 {
        self.series[series.index()].records
    }

    /// Adds everything of the chunk that follows this one in the file.
    ///
    /// The ids are those that one builder would have given to both chunks read in a row. Metadata that is
    /// known here is kept. Columns must have been brought to the same decimals before.
    pub fn absorb(&mut self, other: ProfileBuilder) {
        let strings = self.strings.absorb(other.strings.strings());
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
        for theirs in other.series {
            let value_types: Vec<ValueType> = theirs
                .value_types
                .iter()
                .map(|vt| ValueType { name: string(vt.name), unit: string(vt.unit), decimals: vt.decimals })
                .collect();
            let id = self.series(&value_types);
            let ours = &mut self.series[id.index()];
            ours.records += theirs.records;
            ours.absorb(theirs.samples, &stacks, &labels, !theirs.rows.is_empty());
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
            series: self
                .series
                .into_iter()
                .map(|series| Series {
                    value_types: series.value_types,
                    samples: series.samples,
                    records: series.records,
                })
                .collect(),
            meta: self.meta,
        }
    }
}

impl SeriesBuilder {
    fn add(&mut self, stack: Option<StackId>, count: Option<u64>, value: i64) {
        let samples = &mut self.samples;
        if let Some(&row) = self.rows.get(&stack)
            && let Some(sum) = samples.values[0][row].checked_add(value)
        {
            samples.values[0][row] = sum;
            if let (Some(counts), Some(count)) = (&mut samples.counts, count) {
                counts[row] += count;
            }
            return;
        }
        self.rows.insert(stack, samples.stacks.len());
        samples.stacks.push(stack);
        samples.values[0].push(value);
        if let Some(count) = count {
            samples.counts.get_or_insert_default().push(count);
        }
    }

    fn absorb(&mut self, theirs: Samples, stacks: &[StackId], labels: &[LabelSetId], added_up: bool) {
        let stack_here = |stack: Option<StackId>| stack.map(|id| stacks[id.index()]);
        if added_up {
            for (row, (&stack, &value)) in theirs.stacks.iter().zip(&theirs.values[0]).enumerate() {
                self.add(stack_here(stack), theirs.counts.as_ref().map(|counts| counts[row]), value);
            }
            return;
        }
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

/// A column cannot be brought to so many decimal places: a value would leave `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalsTooMany;
