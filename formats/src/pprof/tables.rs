//! Mappings, functions and locations of a file, loaded into a builder: each location becomes its frames.

use super::ids::IdMap;
use super::names;
use super::record::{RawFunction, RawLocation, Records};
use crate::profile::ProfileBuilder;
use crate::{Frame, FrameId, FrameKind, Function, FunctionId, Mapping, MappingId, Notes, StringId};
use std::ops::Range;

/// Why samples that use a record are left out.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) text: &'static str,
    /// What stands there: `location[4].line[0].function_id = 77`.
    pub(crate) found: String,
}

impl Fault {
    pub(crate) fn string(found: String) -> Fault {
        let text = "expected an index of the string table; sample left out";
        Fault { code: "pprof_string_out_of_range", text, found }
    }
}

/// The locations of a file as frames.
#[derive(Debug)]
pub(crate) struct Locations {
    ids: IdMap,
    highest_id: u64,
    /// Frames of every location, root first.
    frames: Vec<FrameId>,
    /// By position; empty for a location that cannot be used, since every other has a frame.
    ranges: Vec<Range<u32>>,
    /// The ones that cannot be used, by position.
    faults: Vec<(usize, Fault)>,
}

impl Locations {
    /// The position of a location that can be used.
    #[inline]
    pub(crate) fn get(&self, id: u64) -> Option<u32> {
        let position = self.ids.get(id)?;
        (!self.ranges[position].is_empty()).then_some(position as u32)
    }

    /// Why location `id` cannot be used.
    pub(crate) fn fault(&self, id: u64) -> Option<&Fault> {
        let position = self.ids.get(id)?;
        self.faults.binary_search_by_key(&position, |fault| fault.0).ok().map(|index| &self.faults[index].1)
    }

    /// The frames of the location at `position`, root first; none when it cannot be used.
    #[inline]
    pub(crate) fn frames(&self, position: usize) -> &[FrameId] {
        let range = &self.ranges[position];
        &self.frames[range.start as usize..range.end as usize]
    }

    /// The highest id; 0 when there are no locations.
    pub(crate) fn highest_id(&self) -> u64 {
        self.highest_id
    }

    /// How many locations there are.
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Keeps only the first `count` frames from the root of the location at `position`.
    pub(crate) fn truncate(&mut self, position: usize, count: usize) {
        let range = &mut self.ranges[position];
        range.end = range.end.min(range.start + count as u32);
    }
}

/// Loads the tables.
pub(crate) fn load(records: &Records, builder: &mut ProfileBuilder, notes: &mut Notes) -> Locations {
    let mut loader = Loader { records, builder, notes, strings: vec![None; records.strings.len()] };
    let mappings = loader.mappings();
    let functions = loader.functions();
    loader.locations(&mappings, &functions)
}

struct Loader<'b> {
    records: &'b Records,
    builder: &'b mut ProfileBuilder,
    notes: &'b mut Notes,
    /// The strings of the table that have been interned.
    strings: Vec<Option<StringId>>,
}

struct Mappings {
    ids: IdMap,
    table: Vec<LoadedMapping>,
}

#[derive(Clone, Copy)]
struct LoadedMapping {
    id: MappingId,
    mapping: Mapping,
    is_kernel: bool,
}

struct Functions {
    ids: IdMap,
    table: Vec<Result<FunctionId, Fault>>,
}

impl Loader<'_> {
    fn string(&mut self, index: i64) -> Option<StringId> {
        let bytes = self.records.string(index)?;
        let slot = &mut self.strings[usize::try_from(index).ok()?];
        Some(*slot.get_or_insert_with(|| self.builder.string(bytes)))
    }

    /// A string that may be absent: index 0, the empty string, or an index out of range, which is noted.
    fn optional(&mut self, index: i64, at: usize) -> Option<StringId> {
        match self.records.string(index) {
            Some(b"") => None,
            Some(_) => self.string(index),
            None => {
                let text = "expected an index of the string table; file name or build id taken as unknown";
                self.notes.caveat("pprof_name_out_of_range", text, at, index.to_string().as_bytes());
                None
            }
        }
    }

    fn ids(
        &mut self,
        ids: &[u64],
        at: impl Fn(usize) -> usize,
        code: &'static str,
        text: &'static str,
    ) -> IdMap {
        IdMap::new(ids, |position| {
            self.notes.caveat(code, text, at(position), format!("id {}", ids[position]).as_bytes());
        })
    }

    fn mappings(&mut self) -> Mappings {
        let raws = &self.records.mappings;
        let (mut ids, mut table) = (Vec::new(), Vec::new());
        for raw in raws {
            let file = self.optional(raw.file, raw.at);
            let file = file.unwrap_or_else(|| self.builder.string(b""));
            let build_id = self.optional(raw.build_id, raw.at);
            let mapping = Mapping { file, build_id, start: raw.start, limit: raw.limit, offset: raw.offset };
            let is_kernel = crate::module::is_kernel(self.builder.strings().get(file));
            ids.push(raw.id);
            table.push(LoadedMapping { id: self.builder.mapping(mapping), mapping, is_kernel });
        }
        let text = "expected unique mapping ids; the first is used";
        Mappings { ids: self.ids(&ids, |position| raws[position].at, "pprof_mapping_duplicate", text), table }
    }

    fn functions(&mut self) -> Functions {
        let raws = &self.records.functions;
        let mut ids = Vec::with_capacity(raws.len());
        let mut table = Vec::with_capacity(raws.len());
        for (index, &raw) in raws.iter().enumerate() {
            if raw.id == 0 {
                let text = "expected function ids from 1; used as it is";
                self.notes.caveat("pprof_function_id_zero", text, raw.at, b"id 0");
            }
            ids.push(raw.id);
            table.push(match self.string(raw.name) {
                Some(name) => Ok(self.function(raw, name)),
                None => Err(Fault::string(format!("function[{index}].name = {}", raw.name))),
            });
        }
        let text = "expected unique function ids; the first is used";
        Functions {
            ids: self.ids(&ids, |position| raws[position].at, "pprof_function_duplicate", text),
            table,
        }
    }

    fn function(&mut self, raw: RawFunction, name: StringId) -> FunctionId {
        let at = raw.at;
        let system_name = self.optional(raw.system_name, at);
        let is_unnamed = self.builder.strings().get(name).is_empty();
        let (name, system_name) = match system_name {
            Some(system_name) if is_unnamed => (system_name, None),
            Some(system_name) if system_name == name => (name, None),
            other => (name, other),
        };
        let file = self.optional(raw.file, at);
        let start_line = self.line(raw.start_line, at);
        self.builder.function(Function { name, system_name, file, start_line })
    }

    fn line(&mut self, line: i64, at: usize) -> u32 {
        u32::try_from(line).unwrap_or_else(|_| {
            let text = "expected a line number of 0 to 2^32 - 1; taken as unknown";
            self.notes.caveat("pprof_line_out_of_range", text, at, line.to_string().as_bytes());
            0
        })
    }

    fn locations(mut self, mappings: &Mappings, functions: &Functions) -> Locations {
        let raws = &self.records.locations;
        let mut ids = Vec::with_capacity(raws.len());
        let (mut frames, mut ranges, mut faults) = (Vec::new(), Vec::with_capacity(raws.len()), Vec::new());
        for (index, &raw) in raws.iter().enumerate() {
            ids.push(raw.id);
            let mapping = self.mapping_of(raw, mappings);
            let start = frames.len();
            match self.frames(index, raw, mapping, functions, &mut frames) {
                Ok(()) => {}
                Err(fault) => {
                    frames.truncate(start);
                    faults.push((index, fault));
                }
            }
            // A frame takes four bytes of the file at least.
            ranges.push(start as u32..frames.len() as u32);
        }
        let highest_id = ids.iter().copied().max().unwrap_or(0);
        let text = "expected unique location ids; the first is used";
        let ids = self.ids(&ids, |position| raws[position].at, "pprof_location_duplicate", text);
        Locations { ids, highest_id, frames, ranges, faults }
    }

    fn mapping_of(&mut self, raw: RawLocation, mappings: &Mappings) -> Option<LoadedMapping> {
        let known = mappings.ids.get(raw.mapping_id).map(|position| mappings.table[position]);
        if known.is_none() && raw.mapping_id != 0 {
            let text = "expected the id of a mapping; location kept without one";
            let found = format!("mapping_id {}", raw.mapping_id);
            self.notes.caveat("pprof_mapping_missing", text, raw.at, found.as_bytes());
        }
        known
    }

    fn frames(
        &mut self,
        index: usize,
        raw: RawLocation,
        mapping: Option<LoadedMapping>,
        functions: &Functions,
        frames: &mut Vec<FrameId>,
    ) -> Result<(), Fault> {
        let (at, lines) = (raw.at, self.records.lines(index));
        let mapping_id = mapping.map(|mapping| mapping.id);
        if lines.is_empty() {
            let function = self.unsymbolised(raw.address, mapping.map(|mapping| mapping.mapping), at);
            let frame = Frame { function, mapping: mapping_id, line: 0, kind: FrameKind::Unknown };
            frames.push(self.builder.frame(frame));
            return Ok(());
        }
        let is_kernel = mapping.is_some_and(|mapping| mapping.is_kernel);
        let code_kind = if is_kernel { FrameKind::Kernel } else { FrameKind::User };
        for (number, line) in lines.iter().enumerate().rev() {
            let is_outermost = number + 1 == lines.len();
            let (function, kind) = match functions.ids.get(line.function_id) {
                Some(position) => {
                    let kind = if is_outermost { code_kind } else { FrameKind::Inlined };
                    (functions.table[position].clone()?, kind)
                }
                None if line.function_id == 0 => (self.unknown(at), FrameKind::Unknown),
                None => {
                    return Err(Fault {
                        code: "pprof_function_missing",
                        text: "expected the id of a function; sample left out",
                        found: format!("location[{index}].line[{number}].function_id = {}", line.function_id),
                    });
                }
            };
            let line = self.line(line.line, at);
            frames.push(self.builder.frame(Frame { function, mapping: mapping_id, line, kind }));
        }
        Ok(())
    }

    fn unknown(&mut self, at: usize) -> FunctionId {
        let text = "line of function id 0, which no function has; frame named [unknown]";
        self.notes.caveat("pprof_line_without_function", text, at, b"function_id 0");
        self.named(names::UNKNOWN)
    }

    fn unsymbolised(&mut self, address: u64, mapping: Option<Mapping>, at: usize) -> FunctionId {
        let name = mapping.and_then(|mapping| names::in_mapping(self.builder.strings(), &mapping, address));
        let name = name.unwrap_or_else(|| {
            // Without an address there is nothing that could differ.
            if address != 0 {
                let text = "location without lines and without a named mapping; frame named by its raw address, \
                            which another run of the program may not share";
                self.notes.caveat("pprof_address_only", text, at, format!("{address:#x}").as_bytes());
            }
            names::of_address(address)
        });
        self.named(&name)
    }

    fn named(&mut self, name: &[u8]) -> FunctionId {
        let name = self.builder.string(name);
        self.builder.function(Function { name, system_name: None, file: None, start_line: 0 })
    }
}
