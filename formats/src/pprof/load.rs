//! One profile message to a builder: the order of the work, value types and metadata.

use super::merge::Merged;
use super::part::Part;
use super::prune::Prune;
use super::record::{RawValueType, Records, is_cut};
use super::samples::Reader;
use super::tables;
use super::wire::WireError;
use crate::error::{At, Flaw, ReadErrorKind};
use crate::note::TRUNCATED;
use crate::profile::ProfileBuilder;
use crate::unpack::ends_early;
use crate::{Notes, SeriesId, ValueType};

/// The records of consecutive parts, put together.
pub(crate) struct Loader {
    parts: Vec<Part>,
    records: Records,
    /// Where the parts end.
    end: usize,
    /// Where the input ends inside a record.
    cut: Option<WireError>,
}

impl Loader {
    /// Puts parts together that end at byte `end` of an input of `input_bytes`.
    pub(crate) fn new(parts: Vec<Part>, end: usize, input_bytes: usize) -> Result<Loader, WireError> {
        let mut loader = Loader { parts, records: Records::default(), end, cut: None };
        let mut samples = 0;
        for part in &mut loader.parts {
            loader.records.absorb(std::mem::take(&mut part.records));
            samples += part.samples.len() as u64;
            if let Some(broken) = part.error.take() {
                let error = broken.error.within(&loader.records.path(broken.number, samples));
                // A file is cut at the top level; what ends too early inside a whole record is broken.
                if !(broken.is_top_level && is_cut(&error, input_bytes)) {
                    return Err(error);
                }
                loader.cut = Some(error);
            }
        }
        Ok(loader)
    }

    /// Loads the profile.
    pub(crate) fn load(mut self, notes: &mut Notes) -> Result<ProfileBuilder, ReadErrorKind> {
        let Some(cut) = self.cut.take() else { return self.load_records(notes) };
        match self.load_records(notes) {
            Ok(builder) if builder.records(SeriesId::new(0)) > 0 => {
                // What a cut container holds is cut, too, and one note says so.
                if !ends_early(notes) {
                    let text = "input ends inside a record; what stands whole before it is used";
                    notes.damaged(TRUNCATED, text, cut.byte(), cut.path().as_bytes());
                }
                Ok(builder)
            }
            _ => Err(because_of(cut)),
        }
    }

    fn load_records(&self, notes: &mut Notes) -> Result<ProfileBuilder, ReadErrorKind> {
        let records = &self.records;
        let mut builder = ProfileBuilder::default();
        let series = value_types(self.end, records, &mut builder, notes)?;
        let mut locations = tables::load(records, &mut builder, notes);
        let prune = Prune::new(records, &builder, &mut locations, notes);
        let merged = Merged::new(&self.parts, self.end, &locations, prune.as_ref());
        let reader = Reader { records, locations: &locations, parts: &self.parts, merged: &merged };
        reader.read(&mut builder, series, notes);
        builder.set_stacks(merged.stacks);
        metadata(records, series, &mut builder, notes);
        if builder.records(series) == 0
            && notes.get("pprof_value_count").is_some()
            && let Some(at) = records.strings.next_empty_at
        {
            return Err(concatenated(at));
        }
        Ok(builder)
    }
}

/// Whether `parts` are a profile of their own, with its own sample types and strings.
pub(crate) fn is_whole(parts: &[Part]) -> bool {
    let strings: usize = parts.iter().map(|part| part.records.strings.len()).sum();
    let known = |string: i64| usize::try_from(string).is_ok_and(|string| string < strings);
    let mut types = parts.iter().flat_map(|part| &part.records.sample_types).peekable();
    let first = parts.iter().find_map(|part| part.records.string(0));
    parts.iter().all(|part| part.error.is_none())
        && first == Some(b"")
        && types.peek().is_some()
        && types.all(|raw| known(raw.name) && known(raw.unit))
}

/// Messages one after another are one message to protobuf, with the fields of all: sample types add up and no
/// sample has as many values. Every string table begins with the empty string, which no writer puts in twice
/// without need.
fn concatenated(second_table_at: usize) -> ReadErrorKind {
    let at = At { byte: second_table_at as u64, line: None, field: Some("string_table".to_owned()) };
    let found = "a second string table, and no sample with as many values as there are sample types; were \
                 profiles put one after another? pass them apart, or each compressed on its own";
    ReadErrorKind::malformed(at, "one profile", found)
}

/// The cut is why nothing could be read: it is what to tell.
fn because_of(cut: WireError) -> ReadErrorKind {
    let mut error = ReadErrorKind::from(cut).of(Flaw::Cut);
    if let ReadErrorKind::Malformed { found, .. } = &mut error {
        found.push_str("; the input is cut, and what stands before cannot be used without the rest");
    }
    error
}

fn missing(end: usize, field: &str, expected: &str) -> ReadErrorKind {
    let at = At { byte: end as u64, line: None, field: Some(field.to_owned()) };
    ReadErrorKind::malformed(at, expected, "none in the whole message")
}

fn value_types(
    end: usize,
    records: &Records,
    builder: &mut ProfileBuilder,
    notes: &mut Notes,
) -> Result<SeriesId, ReadErrorKind> {
    let Some(first) = records.string(0) else {
        return Err(missing(end, "string_table", "a string table"));
    };
    if !first.is_empty() {
        let text = "expected the first string to be empty; read as it is";
        notes.caveat("pprof_first_string", text, records.strings.first_at, first);
    }
    if records.sample_types.is_empty() {
        return Err(missing(end, "sample_type", "at least one sample type"));
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
            let found = format!("type {}, unit {}", raw.name, raw.unit);
            ReadErrorKind::malformed(at, expected, found).of(Flaw::Reference)
        })?);
    }
    Ok(builder.series(&types))
}

fn value_type(records: &Records, raw: RawValueType, builder: &mut ProfileBuilder) -> Option<ValueType> {
    let (name, unit) = (records.string(raw.name)?, records.string(raw.unit)?);
    Some(builder.value_type(name, unit))
}

fn metadata(records: &Records, series: SeriesId, builder: &mut ProfileBuilder, notes: &mut Notes) {
    let known = |value: Option<i64>| value.filter(|&value| value != 0);
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
    let wanted = match records.default_sample_type.unwrap_or(0) {
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
