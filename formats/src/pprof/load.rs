//! One profile message to a builder: the order of the work, value types and metadata.

use super::prune::Prune;
use super::record::{RawValueType, Records};
use super::samples::Reader;
use super::tables;
use super::wire::{Message, WireError};
use crate::error::{At, ReadErrorKind};
use crate::profile::ProfileBuilder;
use crate::{Notes, SeriesId, ValueType};

/// Loads the profile that is all of `input`.
pub(crate) fn load(input: Message<'_>, notes: &mut Notes) -> Result<ProfileBuilder, ReadErrorKind> {
    let mut records = Records::walk(input)?;
    let Some(cut) = records.cut.take() else { return load_records(input, &records, notes) };
    match load_records(input, &records, notes) {
        Ok(builder) if builder.records(SeriesId::new(0)) > 0 => {
            let text = "input ends inside a record; what stands whole before it is used";
            notes.damaged("pprof_cut", text, cut.byte(), cut.path().as_bytes());
            Ok(builder)
        }
        _ => Err(because_of(cut)),
    }
}

fn load_records(
    input: Message<'_>,
    records: &Records<'_>,
    notes: &mut Notes,
) -> Result<ProfileBuilder, ReadErrorKind> {
    let mut builder = ProfileBuilder::default();
    let series = value_types(input, records, &mut builder, notes)?;
    let mut locations = tables::load(records, &mut builder, notes)?;
    let prune = Prune::new(records, &builder, &mut locations, notes);
    let reader = Reader { input, records, locations: &locations, prune: prune.as_ref() };
    reader.read(&mut builder, series, notes)?;
    metadata(records, series, &mut builder, notes);
    if builder.records(series) == 0
        && notes.get("pprof_value_count").is_some()
        && let Some(second) = second_table(records)
    {
        return Err(concatenated(second));
    }
    Ok(builder)
}

/// The string that begins a second string table. Every table begins with the empty string, which no writer
/// puts in twice without need.
fn second_table<'a>(records: &Records<'a>) -> Option<Message<'a>> {
    records.strings.iter().skip(1).find(|string| string.bytes.is_empty()).copied()
}

/// Messages one after another are one message to protobuf, with the fields of all: sample types add up and no
/// sample has as many values.
fn concatenated(second: Message<'_>) -> ReadErrorKind {
    let at = At { byte: second.at as u64, line: None, field: Some("string_table".to_owned()) };
    let found = "a second string table, and no sample with as many values as there are sample types; were \
                 profiles put one after another? pass them apart, or each compressed on its own";
    ReadErrorKind::malformed(at, "one profile", found)
}

/// The cut is why nothing could be read: it is what to tell.
fn because_of(cut: WireError) -> ReadErrorKind {
    let mut error = ReadErrorKind::from(cut);
    if let ReadErrorKind::Malformed { found, .. } = &mut error {
        found.push_str("; the input is cut, and what stands before cannot be used without the rest");
    }
    error
}

/// Whether `input` is a profile of its own, with its own sample types and strings.
pub(crate) fn is_whole(input: Message<'_>) -> bool {
    Records::walk(input).is_ok_and(|records| {
        let known = |string| records.string(string).is_some();
        records.cut.is_none()
            && records.string(0) == Some(b"")
            && !records.sample_types.is_empty()
            && records.sample_types.iter().all(|raw| known(raw.name) && known(raw.unit))
    })
}

fn missing(input: Message<'_>, field: &str, expected: &str) -> ReadErrorKind {
    let byte = (input.at + input.bytes.len()) as u64;
    let at = At { byte, line: None, field: Some(field.to_owned()) };
    ReadErrorKind::malformed(at, expected, "none in the whole message")
}

fn value_types(
    input: Message<'_>,
    records: &Records<'_>,
    builder: &mut ProfileBuilder,
    notes: &mut Notes,
) -> Result<SeriesId, ReadErrorKind> {
    let Some(first) = records.strings.first() else {
        return Err(missing(input, "string_table", "a string table"));
    };
    if !first.bytes.is_empty() {
        let text = "expected the first string to be empty; read as it is";
        notes.caveat("pprof_first_string", text, first.at, first.bytes);
    }
    if records.sample_types.is_empty() {
        return Err(missing(input, "sample_type", "at least one sample type"));
    }
    if let Some((count, byte)) = records.unknown {
        let text = "field that profile.proto does not have, skipped";
        notes.caveat("pprof_unknown_field", text, byte, b"");
        notes.count("pprof_unknown_field", crate::NoteKind::Caveat, text, count - 1);
    }
    let mut types = Vec::with_capacity(records.sample_types.len());
    for (index, &raw) in records.sample_types.iter().enumerate() {
        types.push(value_type(records, raw, builder).ok_or_else(|| {
            let at = At { byte: raw.at as u64, line: None, field: Some(format!("sample_type[{index}]")) };
            let expected = format!("indices of a string table of {}", records.strings.len());
            ReadErrorKind::malformed(at, expected, format!("type {}, unit {}", raw.name, raw.unit))
        })?);
    }
    Ok(builder.series(&types))
}

fn value_type(records: &Records<'_>, raw: RawValueType, builder: &mut ProfileBuilder) -> Option<ValueType> {
    let (name, unit) = (records.string(raw.name)?, records.string(raw.unit)?);
    Some(builder.value_type(name, unit))
}

fn metadata(records: &Records<'_>, series: SeriesId, builder: &mut ProfileBuilder, notes: &mut Notes) {
    let known = |value: i64| (value != 0).then_some(value);
    builder.meta.start_ns = known(records.time_nanos);
    builder.meta.duration_ns = known(records.duration_nanos);
    builder.meta.period = known(records.period);
    builder.meta.period_type = records.period_type.and_then(|raw| value_type(records, raw, builder));
    for &comment in &records.comments {
        let Some(text) = records.string(comment) else {
            let text = "expected an index of the string table; comment left out";
            notes.caveat("pprof_comment_out_of_range", text, 0, comment.to_string().as_bytes());
            continue;
        };
        let comment = builder.string(text);
        builder.meta.comments.push(comment);
    }
    let last = records.sample_types.len() - 1;
    let wanted = match records.default_sample_type {
        0 => None,
        index => records.string(index).or_else(|| {
            let text = "expected an index of the string table in default_sample_type; the last type is taken";
            notes.caveat("pprof_default_type", text, 0, index.to_string().as_bytes());
            None
        }),
    };
    let column = wanted.map(|wanted| {
        let named = |raw: &RawValueType| records.string(raw.name) == Some(wanted);
        records.sample_types.iter().position(named).unwrap_or_else(|| {
            let text = "expected a sample type of that name for default_sample_type; the last type is taken";
            notes.caveat("pprof_default_type", text, 0, wanted);
            last
        })
    });
    builder.meta.default_value = Some((series, column.unwrap_or(last)));
}
