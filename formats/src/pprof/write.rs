//! Writes one series of a profile as gzip'd `profile.proto`, for `go tool pprof` and everything like it.

use super::messages::{self, Line, Location};
use super::names;
use crate::{
    Frame, FrameId, FrameKind, FunctionId, LabelSetId, LabelValue, MappingId, Profile, SeriesId, StackId,
    StringId, ValueType,
};
use flate2::{Compression, write::GzEncoder};
use hashbrown::HashMap;
use prost::Message;
use std::io::{self, Write};

/// So many samples are encoded at a time.
const BATCH: usize = 4096;

/// Writes a series as gzip'd `profile.proto`.
///
/// All its columns become sample types. Rows stay rows. Where rows stand for a number of samples, that number
/// is the first sample type, `samples` in `count`. Inlined frames go into the location of their caller. A
/// column with decimals keeps its whole numbers and says so in its unit: `nanoseconds` for seconds with nine, else
/// `milliseconds/10`. Of the metadata,
/// command, host and lost events have no place in the format.
///
/// ```
/// use analyzer_formats::{Content, Frame, FrameKind, Function, ProfileBuilder, ReadOptions, pprof, read_bytes};
///
/// let mut builder = ProfileBuilder::default();
/// let name = builder.string(b"main");
/// let function = builder.function(Function { name, system_name: None, file: None, start_line: 0 });
/// let frame = builder.frame(Frame { function, mapping: None, line: 0, kind: FrameKind::User });
/// let stack = builder.stack(None, frame);
/// let cpu = builder.value_type(b"cpu", b"nanoseconds");
/// let series = builder.series(&[cpu]);
/// builder.sample(series, Some(stack), &[10_000_000], None);
///
/// let mut file = Vec::new();
/// pprof::write(&builder.finish(), series, &mut file)?;
/// let Content::Profile(again) = read_bytes("cpu.pb.gz", &file, &ReadOptions::default())?.content else { panic!() };
/// assert_eq!(again.series[0].sum(0), 10_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of `out`.
///
/// # Panics
/// When `series` is not of this profile.
pub fn write(profile: &Profile, series: SeriesId, out: &mut impl Write) -> io::Result<()> {
    let mut out = GzEncoder::new(out, Compression::default());
    let mut writer = Writer::new(profile);
    out.write_all(&writer.head(series).encode_to_vec())?;
    writer.samples(series, &mut out)?;
    out.write_all(&writer.tables().encode_to_vec())?;
    out.finish()?;
    Ok(())
}

/// Collects the tables while samples are written. A message may be written in parts, in any order.
struct Writer<'a> {
    profile: &'a Profile,
    strings: Vec<Vec<u8>>,
    /// Index in `strings` by string id; 0 where it is empty or not yet there.
    string_indices: Vec<i64>,
    unit_indices: HashMap<Vec<u8>, i64>,
    functions: Ids<FunctionId>,
    mappings: Ids<MappingId>,
    has_symbols: Vec<bool>,
    locations: Ids<Vec<FrameId>>,
    location_messages: Vec<Location>,
    /// The location on top of each stack and the stack below it, where already known.
    tops: Vec<Option<(u64, Option<StackId>)>>,
}

/// Things in order of first use; ids from 1.
struct Ids<T> {
    known: HashMap<T, u64>,
    order: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Ids<T> {
    fn new() -> Self {
        Ids { known: HashMap::new(), order: Vec::new() }
    }

    /// The id of `thing`, and whether it is new.
    fn id(&mut self, thing: &T) -> (u64, bool) {
        if let Some(&id) = self.known.get(thing) {
            return (id, false);
        }
        self.order.push(thing.clone());
        let id = self.order.len() as u64;
        self.known.insert(thing.clone(), id);
        (id, true)
    }
}

impl<'a> Writer<'a> {
    fn new(profile: &'a Profile) -> Writer<'a> {
        // All mappings in their order: by convention the first is the main binary.
        let mut mappings = Ids::new();
        for index in 0..profile.mappings.len() {
            mappings.id(&MappingId::new(index));
        }
        Writer {
            profile,
            strings: vec![Vec::new()],
            string_indices: vec![0; profile.strings.len()],
            unit_indices: HashMap::new(),
            functions: Ids::new(),
            mappings,
            has_symbols: vec![false; profile.mappings.len()],
            locations: Ids::new(),
            location_messages: Vec::new(),
            tops: vec![None; profile.stacks.len()],
        }
    }

    fn samples(&mut self, series: SeriesId, out: &mut impl Write) -> io::Result<()> {
        let samples = &self.profile.series[series.index()].samples;
        let mut batch = messages::Profile::default();
        for row in 0..samples.len() {
            let count = samples.counts.as_ref().map(|counts| i64::try_from(counts[row]).unwrap_or(i64::MAX));
            let value = count.into_iter().chain(samples.values.iter().map(|column| column[row])).collect();
            let labels = samples.labels.as_ref().and_then(|labels| labels[row]);
            let label = labels.map(|set| self.labels(set)).unwrap_or_default();
            let location_id = self.stack(samples.stacks[row]);
            batch.sample.push(messages::Sample { location_id, value, label });
            if batch.sample.len() == BATCH || row + 1 == samples.len() {
                out.write_all(&batch.encode_to_vec())?;
                batch.sample.clear();
            }
        }
        Ok(())
    }

    fn labels(&mut self, set: LabelSetId) -> Vec<messages::Label> {
        let profile = self.profile;
        let labels = profile.labels.get(set).iter().map(|label| {
            let key = self.string(label.key);
            match label.value {
                LabelValue::Text(text) => {
                    // Index 0 would make the label a number: empty text has a string of its own.
                    let str = if profile.strings.get(text).is_empty() {
                        self.text(Vec::new())
                    } else {
                        self.string(text)
                    };
                    messages::Label { key, str, ..messages::Label::default() }
                }
                LabelValue::Number(num, unit) => {
                    let num_unit = unit.map_or(0, |unit| self.string(unit));
                    messages::Label { key, num, num_unit, ..messages::Label::default() }
                }
            }
        });
        labels.collect()
    }

    /// The locations of a stack, leaf first.
    fn stack(&mut self, stack: Option<StackId>) -> Vec<u64> {
        let mut ids = Vec::new();
        let mut rest = stack;
        while let Some(stack) = rest {
            let (id, below) = self.tops[stack.index()].unwrap_or_else(|| {
                let top = self.top(stack);
                self.tops[stack.index()] = Some(top);
                top
            });
            ids.push(id);
            rest = below;
        }
        ids
    }

    /// The location on top of a stack (inlined frames and the one they are inlined into), and what is below.
    fn top(&mut self, stack: StackId) -> (u64, Option<StackId>) {
        let mut frames = Vec::new();
        let mut rest = Some(stack);
        let mapping = self.profile.frame(self.profile.stack(stack).frame).mapping;
        while let Some(stack) = rest.map(|id| self.profile.stack(id)) {
            let frame = self.profile.frame(stack.frame);
            if frame.mapping != mapping {
                break;
            }
            frames.push(stack.frame);
            rest = stack.parent;
            if frame.kind != FrameKind::Inlined {
                break;
            }
        }
        let (id, is_new) = self.locations.id(&frames);
        if is_new {
            let location = self.location(id, &frames, mapping);
            self.location_messages.push(location);
        }
        (id, rest)
    }

    fn location(&mut self, id: u64, frames: &[FrameId], mapping: Option<MappingId>) -> Location {
        let mapping_id = mapping.map_or(0, |mapping| self.mappings.id(&mapping).0);
        if let &[frame] = frames
            && let Some(address) = self.address(self.profile.frame(frame))
        {
            return Location { id, mapping_id, address, line: Vec::new() };
        }
        if mapping_id != 0 {
            self.has_symbols[mapping_id as usize - 1] = true;
        }
        let line = frames.iter().map(|&frame| {
            let frame = self.profile.frame(frame);
            Line { function_id: self.functions.id(&frame.function).0, line: i64::from(frame.line) }
        });
        Location { id, mapping_id, address: 0, line: line.collect() }
    }

    /// The address of a frame without a symbol that reading would name just so.
    fn address(&self, frame: &Frame) -> Option<u64> {
        let function = self.profile.function(frame.function);
        let is_bare = function.system_name.is_none() && function.file.is_none() && function.start_line == 0;
        if frame.kind != FrameKind::Unknown || frame.line != 0 || !is_bare {
            return None;
        }
        let strings = &self.profile.strings;
        let name = strings.get(function.name);
        let mapping = frame.mapping.map(|id| &self.profile.mappings[id.index()]);
        match mapping {
            Some(mapping) if names::in_mapping(strings, mapping, 0).is_some() => {
                names::address_in_mapping(strings, mapping, name)
            }
            _ => names::address_of(name),
        }
    }

    fn string(&mut self, id: StringId) -> i64 {
        let bytes = self.profile.strings.get(id);
        let index = &mut self.string_indices[id.index()];
        if *index == 0 && !bytes.is_empty() {
            *index = self.strings.len() as i64;
            self.strings.push(bytes.to_vec());
        }
        *index
    }

    fn text(&mut self, text: Vec<u8>) -> i64 {
        let Writer { strings, unit_indices, .. } = self;
        *unit_indices.entry(text).or_insert_with_key(|text| {
            strings.push(text.clone());
            strings.len() as i64 - 1
        })
    }

    fn value_type(&mut self, value_type: &ValueType) -> messages::ValueType {
        let r#type = self.string(value_type.name);
        let unit = match value_type.decimals {
            0 => self.string(value_type.unit),
            decimals => {
                let unit = self.profile.strings.get(value_type.unit);
                if let Some(finer) = finer_unit(unit, decimals) {
                    let unit = self.text(finer.to_vec());
                    return messages::ValueType { r#type, unit };
                }
                let mut unit = unit.to_vec();
                unit.extend_from_slice(format!("/1{}", "0".repeat(usize::from(decimals))).as_bytes());
                self.text(unit)
            }
        };
        messages::ValueType { r#type, unit }
    }

    /// Sample types and metadata.
    fn head(&mut self, series_id: SeriesId) -> messages::Profile {
        let profile = self.profile;
        let series = &profile.series[series_id.index()];
        let mut head = messages::Profile::default();
        if series.samples.counts.is_some() {
            let (samples, count) = (self.text(b"samples".to_vec()), self.text(b"count".to_vec()));
            head.sample_type.push(messages::ValueType { r#type: samples, unit: count });
        }
        head.sample_type.extend(series.value_types.iter().map(|value_type| self.value_type(value_type)));
        let meta = &profile.meta;
        head.time_nanos = meta.start_ns.unwrap_or(0);
        head.duration_nanos = meta.duration_ns.unwrap_or(0);
        head.period = meta.period.unwrap_or(0);
        head.period_type = meta.period_type.map(|value_type| self.value_type(&value_type));
        head.comment = meta.comments.iter().map(|&comment| self.string(comment)).collect();
        if let Some((id, column)) = meta.default_value
            && id == series_id
        {
            head.default_sample_type = self.string(series.value_types[column].name);
        }
        head
    }

    /// Everything that samples refer to.
    fn tables(mut self) -> messages::Profile {
        messages::Profile {
            mapping: self.mapping_messages(),
            function: self.function_messages(),
            location: self.location_messages,
            string_table: self.strings,
            ..messages::Profile::default()
        }
    }

    fn mapping_messages(&mut self) -> Vec<messages::Mapping> {
        let order = std::mem::take(&mut self.mappings.order);
        let messages = order.iter().enumerate().map(|(index, id)| {
            let mapping = self.profile.mappings[id.index()];
            let has_symbols = self.has_symbols[index];
            messages::Mapping {
                id: index as u64 + 1,
                memory_start: mapping.start,
                memory_limit: mapping.limit,
                file_offset: mapping.offset,
                filename: self.string(mapping.file),
                build_id: mapping.build_id.map_or(0, |id| self.string(id)),
                has_functions: has_symbols,
                has_filenames: has_symbols,
                has_line_numbers: has_symbols,
                has_inline_frames: has_symbols,
            }
        });
        messages.collect()
    }

    fn function_messages(&mut self) -> Vec<messages::Function> {
        let order = std::mem::take(&mut self.functions.order);
        let messages = order.iter().enumerate().map(|(index, &id)| {
            let function = self.profile.function(id);
            messages::Function {
                id: index as u64 + 1,
                name: self.string(function.name),
                system_name: function.system_name.map_or(0, |name| self.string(name)),
                filename: function.file.map_or(0, |file| self.string(file)),
                start_line: i64::from(function.start_line),
            }
        });
        messages.collect()
    }
}

/// The unit of time of which so many decimal places of `unit` are whole numbers.
fn finer_unit(unit: &[u8], decimals: u8) -> Option<&'static [u8]> {
    const UNITS: [(&[u8], u8); 4] =
        [(b"seconds", 0), (b"milliseconds", 3), (b"microseconds", 6), (b"nanoseconds", 9)];
    let coarse = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    UNITS.iter().find(|(_, places)| *places == coarse + decimals).map(|(name, _)| *name)
}
