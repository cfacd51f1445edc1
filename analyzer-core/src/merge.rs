//! Profiles put together: several added up, one less another, or the stacks of several in one table.
//!
//! Rows are added up by stack and labels, in `i128`, and end as `i64`. Of several captures of a program frames are the same
//! when function, file, line and module are, wherever the module was loaded.

use crate::value;
use analyzer_formats::{
    Capture, Content, Frame, FrameId, Function, FunctionId, Label, LabelSetId, LabelValue, Mapping,
    MappingId, NoteKind, Notes, Profile, ProfileBuilder, ProfileMeta, Series, SeriesId, Source, StackId,
    StringId, ValueType,
};
use rustc_hash::FxHashMap;
use thiserror::Error;

/// The note on a capture of which another was taken off.
pub(crate) const SUBTRACTED: &str = "subtracted";
/// That on one that was later.
pub(crate) const SUBTRACTED_LATER: &str = "subtracted_later";
/// That on one that holds more somewhere.
pub(crate) const SUBTRACTED_MORE: &str = "subtracted_more";

/// Why a capture cannot be taken off another.
#[derive(Debug, Error)]
pub enum SubtractError {
    /// One of them holds traces.
    #[error("{name} holds traces; --subtract takes one profile off another of the same program")]
    Traces {
        /// The capture.
        name: String,
    },
    /// Its samples are its own, not those since the start of the program.
    #[error(
        "{name} counts samples one by one, so an earlier capture holds none of them; --subtract is for profiles that \
         add up since the start of the program, such as alloc_space, mutex and block"
    )]
    NotCumulative {
        /// The capture.
        name: String,
    },
    /// Nothing in it was measured in the other.
    #[error("{base} measures nothing that {name} does; --subtract needs an earlier capture of the same kind")]
    NothingInCommon {
        /// The earlier capture.
        base: String,
        /// The capture.
        name: String,
    },
}

/// What was measured since `base`: a capture that adds up since the start of the program, less an earlier one of it.
///
/// # Errors
/// When they are not of that kind.
pub fn subtract(capture: &Capture, base: &Capture) -> Result<Capture, SubtractError> {
    let (profile, earlier) = (profile(capture)?, profile(base)?);
    let mut adding = Adding::default();
    let mut in_common = false;
    for (of, sign) in [(profile, Sign::Plus), (earlier, Sign::Minus)] {
        for series in &of.series {
            if series.samples.counts.is_some() {
                return Err(SubtractError::NotCumulative { name: capture.source.name.clone() });
            }
        }
        let known = |series: &Series| {
            (0..profile.series.len()).map(SeriesId::new).any(|id| same_types(profile, id, of, series))
        };
        in_common |= sign == Sign::Minus && of.series.iter().any(known);
        adding.add(of, sign, known);
    }
    if !in_common {
        let (base, name) = (base.source.name.clone(), capture.source.name.clone());
        return Err(SubtractError::NothingInCommon { base, name });
    }
    let since =
        profile.meta.start_ns.zip(earlier.meta.start_ns).and_then(|(end, start)| end.checked_sub(start));
    let (mut builder, Sizes { negative, too_large }) = adding.finish(Zeros::Dropped);
    let period_type = profile.meta.period_type.map(|period| add_type(&mut builder, profile, &period));
    builder.meta = ProfileMeta {
        period_type,
        duration_ns: since.filter(|&since| since > 0),
        comments: Vec::new(),
        ..profile.meta.clone()
    };
    let mut result = capture.clone();
    let mut note = |code, text, count| result.notes.count(code, NoteKind::Caveat, text, count);
    note(
        SUBTRACTED,
        "records of an earlier capture taken off: what is new since cannot be told",
        base.notes.records(),
    );
    let text = "stacks of which the subtracted capture holds more: is it an earlier one of the same process?";
    note(SUBTRACTED_MORE, text, negative);
    note(TOO_LARGE, TOO_LARGE_TEXT, too_large);
    let is_later = profile.meta.start_ns.zip(earlier.meta.start_ns).is_some_and(|(own, base)| base > own);
    note(
        SUBTRACTED_LATER,
        "subtracted capture that was recorded later: is it that of the other side?",
        is_later.into(),
    );
    let base_name = base.source.name.rsplit('/').next().unwrap_or_default();
    result.source.name = format!("{} - {base_name}", capture.source.name);
    result.content = Content::Profile(builder.finish());
    Ok(result)
}

/// The note on sums that do not fit.
const TOO_LARGE: &str = "values_too_large";
const TOO_LARGE_TEXT: &str = "stacks of more than a value holds: taken for 2^63";

/// Why captures cannot be added up.
#[derive(Debug, Error)]
pub enum MergeError {
    /// There is none.
    #[error("no capture was given, expected one or more to add up")]
    Nothing,
    /// One of them holds traces.
    #[error(
        "{name} holds traces; expected profiles, whose values can be added up. plateau trace and diff take several files \
         of traces as one set"
    )]
    Traces {
        /// The capture.
        name: String,
    },
    /// They measure different things.
    #[error("{name} measures {has}, {first} measures {known}; only captures of one kind add up")]
    OtherKind {
        /// The capture.
        name: String,
        /// What it measures.
        has: String,
        /// The first one.
        first: String,
        /// What that measures.
        known: String,
    },
}

/// Adds captures up, one after the other: in memory are the sum and one of them.
#[derive(Debug, Default)]
pub struct Merging {
    adding: Adding,
    first: Option<First>,
    captures: usize,
    bytes: u64,
    notes: Notes,
    /// Captures that do not say how long they took.
    without_duration: u64,
    meta: ProfileMeta,
    period_type: Option<ValueType>,
    comments: Vec<StringId>,
    default_value: Option<(SeriesId, usize)>,
}

/// What the first capture is called and measures.
#[derive(Debug)]
struct First {
    source: Source,
    kind: String,
}

impl Merging {
    /// Adds a capture.
    ///
    /// # Errors
    /// When it holds traces, or measures other things than the first.
    pub fn add(&mut self, capture: &Capture) -> Result<(), MergeError> {
        let name = || capture.source.name.clone();
        let Content::Profile(profile) = &capture.content else {
            return Err(MergeError::Traces { name: name() });
        };
        let has = value::kind(profile);
        match &self.first {
            Some(First { kind, .. }) if *kind == has => {}
            Some(First { source, kind }) => {
                let (first, known) = (source.name.clone(), kind.clone());
                return Err(MergeError::OtherKind { name: name(), has, first, known });
            }
            None => self.first = Some(First { source: capture.source.clone(), kind: has }),
        }
        let is_first = self.captures == 0;
        self.captures += 1;
        self.bytes = self.bytes.saturating_add(capture.source.bytes);
        self.notes.absorb(Notes::of_records(capture.notes.records()));
        // Places are those of a file; a sum has none.
        capture.notes.iter().for_each(|note| self.notes.count(note.code, note.kind, note.text, note.count));
        let series = self.adding.add(profile, Sign::Plus, |_| true);
        if let Some((chosen, column)) = profile.meta.default_value.filter(|_| is_first) {
            self.default_value = Some((series[chosen.index()], column));
        }
        self.describe(&profile.meta, profile, is_first);
        Ok(())
    }

    /// What is known of all captures together.
    fn describe(&mut self, theirs: &ProfileMeta, profile: &Profile, is_first: bool) {
        let ours = &mut self.meta;
        ours.start_ns = ours.start_ns.into_iter().chain(theirs.start_ns).min();
        let sum = |ours: Option<i64>, theirs: Option<i64>| ours?.checked_add(theirs?);
        ours.duration_ns =
            if is_first { theirs.duration_ns } else { sum(ours.duration_ns, theirs.duration_ns) };
        self.without_duration += u64::from(theirs.duration_ns.is_none());
        // The coarsest, as pprof has it.
        ours.period = ours.period.max(theirs.period);
        let builder = &mut self.adding.builder;
        let period_type = theirs.period_type.map(|period| add_type(builder, profile, &period));
        self.period_type = self.period_type.or(period_type);
        let same = |ours: Option<String>, theirs: &Option<String>| {
            if is_first { theirs.clone() } else { ours.filter(|ours| Some(ours) == theirs.as_ref()) }
        };
        ours.command = same(ours.command.take(), &theirs.command);
        ours.host = same(ours.host.take(), &theirs.host);
        ours.lost_events = match (ours.lost_events, theirs.lost_events) {
            (Some(ours), Some(theirs)) => Some(ours.saturating_add(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        for &comment in &theirs.comments {
            let comment = builder.string(profile.strings.get(comment));
            if !self.comments.contains(&comment) {
                self.comments.push(comment);
            }
        }
    }

    /// The sum. Its duration is that of all recordings together, where all say so; else a note tells.
    ///
    /// # Errors
    /// When no capture was added.
    pub fn finish(mut self) -> Result<Capture, MergeError> {
        let Some(First { source, .. }) = self.first else { return Err(MergeError::Nothing) };
        let (mut builder, Sizes { too_large, .. }) = self.adding.finish(Zeros::Dropped);
        builder.meta = ProfileMeta {
            period_type: self.period_type,
            default_value: self.default_value,
            comments: self.comments,
            ..self.meta
        };
        self.notes.count(TOO_LARGE, NoteKind::Caveat, TOO_LARGE_TEXT, too_large);
        if (1..self.captures as u64).contains(&self.without_duration) {
            let text = "captures that do not say how long they took: the duration of the sum is unknown";
            self.notes.count("duration_unknown", NoteKind::Caveat, text, self.without_duration);
        }
        let name = match self.captures {
            1 => source.name.clone(),
            captures => format!("{} and {} more", source.name, captures - 1),
        };
        let digest = source.digest.clone().filter(|_| self.captures == 1);
        Ok(Capture {
            source: Source { name, bytes: self.bytes, digest, ..source },
            content: Content::Profile(builder.finish()),
            notes: self.notes,
        })
    }
}

/// Adds captures up: every value type, with labels. Times of single samples are not kept.
///
/// ```
/// use analyzer_core::merge;
/// use analyzer_formats::{Content, ReadOptions, read_bytes};
///
/// let read = |text: &str| read_bytes("example", text.as_bytes(), &ReadOptions::default());
/// let sum = merge(&[read("main;parse 5\n")?, read("main;parse 7\nmain 1\n")?])?;
/// let Content::Profile(profile) = sum.content else { panic!() };
/// assert_eq!((profile.series[0].samples.len(), profile.series[0].sum(0)), (2, 13));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When there is none, one holds traces, or they measure different things.
pub fn merge(captures: &[Capture]) -> Result<Capture, MergeError> {
    let mut merging = Merging::default();
    captures.iter().try_for_each(|capture| merging.add(capture))?;
    merging.finish()
}

/// Whether a profile is added or taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

/// Rows of profiles, added up.
#[derive(Debug, Default)]
pub(crate) struct Adding {
    pub(crate) builder: ProfileBuilder,
    /// By series.
    sums: Vec<Sums>,
    /// Modules by what they are, wherever they were loaded.
    modules: FxHashMap<Module, Mapping>,
}

/// File, build id, offset in the file and size.
type Module = (StringId, Option<StringId>, u64, u64);

/// A row to add: a value for every value type.
pub(crate) struct Row<'a> {
    pub(crate) stack: Option<StackId>,
    pub(crate) labels: Option<LabelSetId>,
    pub(crate) values: &'a [i128],
    /// How many samples it stands for, where that is known.
    pub(crate) count: Option<u64>,
}

/// How many sums are not what values are.
pub(crate) struct Sizes {
    negative: u64,
    too_large: u64,
}

/// Whether rows that are nothing are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zeros {
    Kept,
    Dropped,
}

impl Adding {
    /// Adds the stacks of a profile; their ids, by stack index.
    pub(crate) fn stacks(&mut self, of: &Profile, lines: Lines) -> Vec<StackId> {
        let modules = &mut self.modules;
        let place = |mapping: Mapping| {
            let size = mapping.limit.wrapping_sub(mapping.start);
            *modules.entry((mapping.file, mapping.build_id, mapping.offset, size)).or_insert(mapping)
        };
        add_stacks(&mut self.builder, of, lines, place)
    }

    /// The series of these value types, to which rows can be added.
    pub(crate) fn series(&mut self, types: &[ValueType]) -> SeriesId {
        let here = self.builder.series(types);
        if self.sums.len() <= here.index() {
            self.sums.resize_with(here.index() + 1, Sums::default);
        }
        self.sums[here.index()].bring_together(types);
        here
    }

    /// What values of these types are multiplied by to have the decimals of the series.
    pub(crate) fn factors(&self, series: SeriesId, types: &[ValueType]) -> Vec<i128> {
        let finest = self.sums[series.index()].types.iter();
        finest.zip(types).map(|(ours, theirs)| raised(ours.decimals, theirs.decimals)).collect()
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, series: SeriesId, row: &Row<'_>) {
        self.sums[series.index()].add(row);
    }

    /// Adds the series that are wanted; the ids they have here, by those of the profile.
    fn add(&mut self, of: &Profile, sign: Sign, wanted: impl Fn(&Series) -> bool) -> Vec<SeriesId> {
        let stacks = self.stacks(of, Lines::Kept);
        let mut ids = Vec::with_capacity(of.series.len());
        for series in &of.series {
            let types: Vec<ValueType> = series
                .value_types
                .iter()
                .map(|value_type| add_type(&mut self.builder, of, value_type))
                .collect();
            let here = self.series(&types);
            ids.push(here);
            if !wanted(series) {
                continue;
            }
            let samples = &series.samples;
            let sign = if sign == Sign::Plus { 1 } else { -1 };
            let factors = self.factors(here, &types);
            let mut values = vec![0; types.len()];
            for row in 0..samples.len() {
                let labels = samples.labels.as_ref().and_then(|labels| labels[row]).map(|id| {
                    let builder = &mut self.builder;
                    let labels =
                        of.labels.get(id).iter().map(|label| add_label(builder, of, label)).collect();
                    builder.label_set(labels)
                });
                for ((value, column), factor) in values.iter_mut().zip(&samples.values).zip(&factors) {
                    *value = sign * factor * i128::from(column[row]);
                }
                let stack = samples.stacks[row].map(|id| stacks[id.index()]);
                let count = samples.counts.as_ref().map(|counts| counts[row]);
                self.row(here, &Row { stack, labels, values: &values, count });
            }
        }
        ids
    }

    /// The builder with all sums.
    pub(crate) fn finish(mut self, zeros: Zeros) -> (ProfileBuilder, Sizes) {
        let mut sizes = Sizes { negative: 0, too_large: 0 };
        for (at, sums) in self.sums.into_iter().enumerate() {
            let series = SeriesId::new(at);
            for (column, value_type) in sums.types.iter().enumerate() {
                self.builder.set_value_type(series, column, *value_type);
            }
            let is_counted = !sums.is_uncounted && sums.types.len() == 1;
            for ((stack, labels), values, count) in sums.rows {
                sizes.negative += u64::from(values.iter().any(|&value| value < 0));
                let within = |&value: &i128| value.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
                sizes.too_large += u64::from(values.iter().any(|&value| i128::from(within(&value)) != value));
                let values: Vec<i64> = values.iter().map(within).collect();
                if is_counted {
                    self.builder.count(series, stack, count, values[0]);
                } else if zeros == Zeros::Kept || values.iter().any(|&value| value != 0) {
                    self.builder.sample(series, stack, &values, labels);
                }
            }
        }
        (self.builder, sizes)
    }
}

/// Rows added up by stack and labels, in order of first appearance.
#[derive(Debug, Default)]
struct Sums {
    /// With the finest decimals of all.
    types: Vec<ValueType>,
    /// Whether a row does not say how many samples it stands for.
    is_uncounted: bool,
    /// Values of each type, and samples.
    rows: Vec<(Place, Vec<i128>, u64)>,
    known: FxHashMap<Place, usize>,
}

type Place = (Option<StackId>, Option<LabelSetId>);

/// What values of fewer decimals are multiplied by.
fn raised(finest: u8, own: u8) -> i128 {
    // A value has 18 decimals at most.
    10i128.pow(u32::from(finest.saturating_sub(own)).min(18))
}

impl Sums {
    /// Makes room for values of these types, which may have more decimals.
    fn bring_together(&mut self, types: &[ValueType]) {
        if self.types.is_empty() {
            self.types = types.to_vec();
        }
        for (column, (ours, theirs)) in self.types.iter_mut().zip(types).enumerate() {
            if theirs.decimals > ours.decimals {
                let raise = raised(theirs.decimals, ours.decimals);
                for (_, values, _) in &mut self.rows {
                    values[column] = values[column].saturating_mul(raise);
                }
                ours.decimals = theirs.decimals;
            }
        }
    }

    fn add(&mut self, row: &Row<'_>) {
        self.is_uncounted |= row.count.is_none();
        let (next, count) = (self.rows.len(), row.count.unwrap_or(0));
        let at = *self.known.entry((row.stack, row.labels)).or_insert(next);
        if at == next {
            self.rows.push(((row.stack, row.labels), row.values.to_vec(), count));
            return;
        }
        let (_, sums, counts) = &mut self.rows[at];
        sums.iter_mut().zip(row.values).for_each(|(sum, value)| *sum = sum.saturating_add(*value));
        *counts = counts.saturating_add(count);
    }
}

fn profile(capture: &Capture) -> Result<&Profile, SubtractError> {
    match &capture.content {
        Content::Profile(profile) => Ok(profile),
        Content::Traces(_) => Err(SubtractError::Traces { name: capture.source.name.clone() }),
    }
}

fn same_types(profile: &Profile, id: SeriesId, of: &Profile, series: &analyzer_formats::Series) -> bool {
    let names = |profile: &Profile, types: &[ValueType]| -> Vec<(Vec<u8>, Vec<u8>, u8)> {
        let text = |id| profile.strings.get(id).to_vec();
        types
            .iter()
            .map(|value_type| (text(value_type.name), text(value_type.unit), value_type.decimals))
            .collect()
    };
    names(profile, &profile.series[id.index()].value_types) == names(of, &series.value_types)
}

fn add_type(builder: &mut ProfileBuilder, of: &Profile, value_type: &ValueType) -> ValueType {
    ValueType {
        name: builder.string(of.strings.get(value_type.name)),
        unit: builder.string(of.strings.get(value_type.unit)),
        decimals: value_type.decimals,
    }
}

fn add_label(builder: &mut ProfileBuilder, of: &Profile, label: &Label) -> Label {
    let key = builder.string(of.strings.get(label.key));
    let value = match label.value {
        LabelValue::Text(text) => LabelValue::Text(builder.string(of.strings.get(text))),
        LabelValue::Number(number, unit) => {
            LabelValue::Number(number, unit.map(|unit| builder.string(of.strings.get(unit))))
        }
    };
    Label { key, value }
}

/// Whether the lines that were executing are kept, or frames are told apart by function alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    Kept,
    Dropped,
}

/// Adds the stacks of a profile, its modules where `place` says; the ids of the stacks, by stack index.
fn add_stacks(
    builder: &mut ProfileBuilder,
    profile: &Profile,
    lines: Lines,
    mut place: impl FnMut(Mapping) -> Mapping,
) -> Vec<StackId> {
    let string = |builder: &mut ProfileBuilder, id| builder.string(profile.strings.get(id));
    let mut functions: Vec<FunctionId> = Vec::with_capacity(profile.functions.len());
    for function in &profile.functions {
        let name = string(builder, function.name);
        let system_name = function.system_name.map(|name| string(builder, name));
        let file = function.file.map(|file| string(builder, file));
        functions.push(builder.function(Function { name, system_name, file, ..*function }));
    }
    let mut mappings: Vec<MappingId> = Vec::with_capacity(profile.mappings.len());
    for mapping in &profile.mappings {
        let file = string(builder, mapping.file);
        let build_id = mapping.build_id.map(|id| string(builder, id));
        mappings.push(builder.mapping(match lines {
            Lines::Kept => place(Mapping { file, build_id, ..*mapping }),
            Lines::Dropped => Mapping { file, build_id: None, start: 0, limit: 0, offset: 0 },
        }));
    }
    let mut frames: Vec<FrameId> = Vec::with_capacity(profile.frames.len());
    for frame in &profile.frames {
        frames.push(builder.frame(Frame {
            function: functions[frame.function.index()],
            mapping: frame.mapping.map(|id| mappings[id.index()]),
            line: if lines == Lines::Kept { frame.line } else { 0 },
            kind: frame.kind,
        }));
    }
    let mut stacks: Vec<StackId> = Vec::with_capacity(profile.stacks.len());
    for stack in &profile.stacks {
        let parent = stack.parent.map(|id| stacks[id.index()]);
        stacks.push(builder.stack(parent, frames[stack.frame.index()]));
    }
    stacks
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn read(text: &str) -> Capture {
        read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
    }

    #[test]
    fn what_was_there_before_is_taken_off() {
        let now =
            subtract(&read("main;parse 30\nmain;read 9\n"), &read("main;read 4\nmain;gone 1\n")).unwrap();
        let report = crate::compare(
            &read("main;parse 30\nmain;read 5\nmain;gone -1\n"),
            &now,
            &crate::CompareOptions::default(),
        );
        let rows = report.unwrap().plateaus;
        assert!(rows.iter().all(|row| row.growth.pct.abs() < 5.0), "{rows:?}");
        let Content::Profile(profile) = &now.content else { unreachable!("folded stacks are a profile") };
        assert_eq!(profile.series[0].sum(0), 34);
    }

    #[test]
    fn more_than_there_is_is_noted() {
        let less = subtract(&read("main;parse 3\n"), &read("main;parse 4\n")).unwrap();
        assert!(less.notes.get("subtracted_more").is_some());
    }

    #[test]
    fn samples_are_not_subtracted() {
        let perf = "web 1/1 1.0: 1 cycles: \n\t1 main (/bin/web)\n\n";
        assert!(matches!(subtract(&read(perf), &read(perf)), Err(SubtractError::NotCumulative { .. })));
    }

    #[test]
    fn sums_are_those_of_the_columns_with_labels_and_the_finest_decimals() {
        let sum = merge(&[read("main;parse 3.5\n"), read("main;parse 4\nmain 1.25\n")]).unwrap();
        let Content::Profile(profile) = &sum.content else { unreachable!("folded stacks are a profile") };
        let series = &profile.series[0];
        let unit = 10i128.pow(u32::from(series.value_types[0].decimals));
        assert_eq!((series.samples.len(), series.sum(0)), (2, 875 * unit / 100));
        assert_eq!(
            (sum.notes.records(), sum.source.digest, sum.source.name.as_str()),
            (3, None, "x and 1 more")
        );
    }

    #[test]
    fn counts_stay_counts_and_durations_add_up() {
        let perf = |start: u32, name: &str| {
            read(&format!(
                "web 1/1 {start}.0: 5 cycles: \n\t1 {name} (/bin/web)\n\nweb 1/1 {start}.5: 7 cycles: \n\t1 main (/bin/web)\n\n"
            ))
        };
        let sum = merge(&[perf(1, "parse"), perf(9, "main")]).unwrap();
        let Content::Profile(profile) = &sum.content else { unreachable!("a perf script is a profile") };
        let samples = &profile.series[0].samples;
        assert_eq!((profile.series.len(), profile.series[0].sum(0)), (1, 24));
        assert_eq!(samples.counts.as_deref(), Some(&[1, 3][..]));
        assert_eq!(profile.meta.duration_ns, Some(1_000_000_000));
    }

    #[test]
    fn what_does_not_add_up_is_refused_with_the_reason() {
        let perf = "web 1/1 1.0: 1 cycles: \n\t1 main (/bin/web)\n\n";
        let other = merge(&[read("main 3\n"), read(perf)]).unwrap_err().to_string();
        assert!(other.contains("cycles") && other.contains("samples (count)"), "{other}");
        let spans = r#"{"data":[{"traceID":"1","spans":[{"traceID":"1","spanID":"1","operationName":"a","references":[],
            "startTime":1,"duration":1,"tags":[],"logs":[],"processID":"p"}],"processes":{"p":{"serviceName":"s"}}}]}"#;
        assert!(matches!(merge(&[read(spans)]), Err(MergeError::Traces { .. })));
        assert!(matches!(merge(&[]), Err(MergeError::Nothing)));
    }

    #[test]
    fn a_sum_of_more_than_a_value_holds_is_noted() {
        let most = format!("main {}\n", i64::MAX);
        let sum = merge(&[read(&most), read(&most)]).unwrap();
        let Content::Profile(profile) = &sum.content else { unreachable!("folded stacks are a profile") };
        assert_eq!(profile.series[0].sum(0), i128::from(i64::MAX));
        assert_eq!(sum.notes.get("values_too_large").map(|note| note.count), Some(1));
    }
}
