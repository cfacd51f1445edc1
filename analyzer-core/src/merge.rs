//! Profiles put together: one less another, or the stacks of several in one table.

use analyzer_formats::{
    Capture, Content, Frame, FrameId, Function, FunctionId, Label, LabelSetId, LabelValue, Mapping,
    MappingId, NoteKind, Profile, ProfileBuilder, SeriesId, StackId, ValueType,
};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
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
    let mut builder = ProfileBuilder::default();
    let mut in_common = false;
    let mut sums: BTreeMap<usize, Sums> = BTreeMap::new();
    for (of, sign) in [(profile, 1i128), (earlier, -1)] {
        let stacks = add_stacks(&mut builder, of, Lines::Kept);
        for series in &of.series {
            if series.samples.counts.is_some() {
                return Err(SubtractError::NotCumulative { name: capture.source.name.clone() });
            }
            let types: Vec<ValueType> =
                series.value_types.iter().map(|value_type| add_type(&mut builder, of, value_type)).collect();
            let known = (0..profile.series.len()).map(SeriesId::new);
            let is_measured = known.into_iter().any(|id| same_types(profile, id, of, series));
            if !is_measured {
                continue;
            }
            in_common |= sign < 0;
            let here = builder.series(&types);
            let rows = sums.entry(here.index()).or_default();
            let samples = &series.samples;
            for row in 0..samples.len() {
                let stack = samples.stacks[row].map(|id| stacks[id.index()]);
                let labels = samples.labels.as_ref().and_then(|labels| labels[row]);
                let labels = labels.map(|id| {
                    let labels: Vec<Label> =
                        of.labels.get(id).iter().map(|label| add_label(&mut builder, of, label)).collect();
                    builder.label_set(labels)
                });
                rows.add((stack, labels), samples.values.iter().map(|column| sign * i128::from(column[row])));
            }
        }
    }
    let (mut negative, mut too_large) = (0, 0);
    for (series, rows) in sums {
        for ((stack, labels), values) in rows.rows {
            negative += u64::from(values.iter().any(|&value| value < 0));
            let within = |&value: &i128| value.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
            too_large += u64::from(values.iter().any(|&value| i128::from(within(&value)) != value));
            let values: Vec<i64> = values.iter().map(within).collect();
            if values.iter().any(|&value| value != 0) {
                builder.sample(SeriesId::new(series), stack, &values, labels);
            }
        }
    }
    if !in_common {
        let (base, name) = (base.source.name.clone(), capture.source.name.clone());
        return Err(SubtractError::NothingInCommon { base, name });
    }
    let since =
        profile.meta.start_ns.zip(earlier.meta.start_ns).and_then(|(end, start)| end.checked_sub(start));
    let period_type = profile.meta.period_type.map(|period| add_type(&mut builder, profile, &period));
    builder.meta = analyzer_formats::ProfileMeta {
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
    note("values_too_large", "stacks of more than a value holds: taken for 2^63", too_large);
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

/// Rows added up by stack and labels, in order of first appearance.
#[derive(Default)]
struct Sums {
    rows: Vec<(Place, Vec<i128>)>,
    known: FxHashMap<Place, usize>,
}

type Place = (Option<StackId>, Option<LabelSetId>);

impl Sums {
    fn add(&mut self, place: Place, values: impl Iterator<Item = i128>) {
        let next = self.rows.len();
        let row = *self.known.entry(place).or_insert(next);
        if row == next {
            self.rows.push((place, values.collect()));
        } else {
            self.rows[row].1.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
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

/// Adds the stacks of a profile; their ids, by stack index.
pub(crate) fn add_stacks(builder: &mut ProfileBuilder, profile: &Profile, lines: Lines) -> Vec<StackId> {
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
            Lines::Kept => Mapping { file, build_id, ..*mapping },
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
}
