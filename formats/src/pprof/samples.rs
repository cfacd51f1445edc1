//! The samples of all parts, in the order of the file, to the rows of a series.

use super::merge::{Merged, Unusable};
use super::part::Part;
use super::record::{RawLabel, Records};
use super::tables::{Fault, Locations};
use super::trie::path;
use crate::profile::ProfileBuilder;
use crate::{Label, LabelSetId, LabelValue, Notes, SeriesId};
use rustc_hash::FxHashMap;
use std::cell::LazyCell;

/// What samples refer to.
pub(crate) struct Reader<'r> {
    pub(crate) records: &'r Records,
    pub(crate) locations: &'r Locations,
    pub(crate) parts: &'r [Part],
    pub(crate) merged: &'r Merged,
}

impl Reader<'_> {
    /// Reads every sample into `series`, which has one column per sample type.
    pub(crate) fn read(&self, builder: &mut ProfileBuilder, series: SeriesId, notes: &mut Notes) {
        let mut first = 0;
        for part in 0..self.parts.len() {
            self.read_part(part, first, builder, series, notes);
            first += self.parts[part].samples.len();
        }
    }

    /// Reads the samples of one part, before which so many stand.
    fn read_part(
        &self,
        part: usize,
        first: usize,
        builder: &mut ProfileBuilder,
        series: SeriesId,
        notes: &mut Notes,
    ) {
        let samples = &self.parts[part].samples;
        let mut sets: Vec<Option<LabelSetId>> = vec![None; samples.label_sets.len()];
        // Why stacks cannot be used, by node: many samples may have the same.
        let mut faults: FxHashMap<u32, Fault> = FxHashMap::default();
        let parents = LazyCell::new(|| samples.trie.parents());
        notes.met(samples.len() as u64);
        for row in 0..samples.len() {
            let node = samples.leaves[row].checked_sub(1);
            let stack = node.and_then(|node| self.merged.stack(part, node));
            let values = samples.values(row);
            let fault = match node {
                Some(node) if stack.is_none() => Some(
                    faults
                        .entry(node)
                        .or_insert_with(|| self.stack_fault(part, &path(&parents, node)))
                        .clone(),
                ),
                _ => None,
            };
            let fault = fault.or_else(|| self.value_fault(values.len()));
            let set = samples.label_set(row);
            let fault = match set {
                Some(set) if fault.is_none() && sets[set].is_none() => {
                    let raw = &samples.label_sets[set];
                    let fault = self.label_fault(raw);
                    if fault.is_none() {
                        sets[set] = Some(self.label_set(raw, builder));
                    }
                    fault
                }
                _ => fault,
            };
            match fault {
                Some(Fault { code, text, found }) => {
                    let found = format!("sample[{}].{found}", first + row);
                    notes.left_out(code, text, samples.at(row), found.as_bytes());
                }
                None => builder.sample(series, stack, values, set.and_then(|set| sets[set])),
            }
        }
    }

    #[cold]
    fn stack_fault(&self, part: usize, path: &[u32]) -> Fault {
        let (symbol, above_leaf) = match self.merged.why_not(self.parts, self.locations, part, path) {
            Unusable::Location { symbol, above_leaf } => (symbol, above_leaf),
            Unusable::TooMany { most } => {
                return Fault {
                    code: "pprof_too_many_stacks",
                    text: "expected fewer stacks in a file of this size; sample left out",
                    found: format!("location_id: more than {most} different stacks"),
                };
            }
            Unusable::TooDeep { locations } => {
                return Fault {
                    code: "pprof_stack_too_deep",
                    text: "expected a stack of at most 4,194,304 frames; sample left out",
                    found: format!("location_id: {locations} locations"),
                };
            }
        };
        let id = self.parts[part].samples.id(symbol);
        let path = format!("location_id[{above_leaf}] = {id}");
        match self.locations.fault(id) {
            Some(fault) => Fault { found: format!("{path}, {}", fault.found), ..fault.clone() },
            None => Fault {
                code: "pprof_location_missing",
                text: "expected the id of a location; sample left out",
                found: path,
            },
        }
    }

    fn value_fault(&self, values: usize) -> Option<Fault> {
        let types = self.records.sample_types.len();
        (values != types).then(|| Fault {
            code: "pprof_value_count",
            text: "expected as many values as there are sample types; sample left out",
            found: format!("value: {values} values for {types} types"),
        })
    }

    fn label_fault(&self, set: &[RawLabel]) -> Option<Fault> {
        set.iter().enumerate().find_map(|(index, raw)| {
            let names = [("key", raw.key), ("str", raw.text), ("num_unit", raw.unit)];
            let (name, string) =
                names.into_iter().find(|&(_, string)| self.records.string(string).is_none())?;
            Some(Fault::string(format!("label[{index}].{name} = {string}")))
        })
    }

    fn label_set(&self, set: &[RawLabel], builder: &mut ProfileBuilder) -> LabelSetId {
        let labels = set.iter().map(|raw| {
            let mut string = |index| {
                let bytes = self.records.string(index);
                builder.string(bytes.expect("every string of these labels has been looked up"))
            };
            let value = if raw.text != 0 {
                LabelValue::Text(string(raw.text))
            } else {
                let has_unit = self.records.string(raw.unit).is_some_and(|unit| !unit.is_empty());
                LabelValue::Number(raw.number, has_unit.then(|| string(raw.unit)))
            };
            Label { key: string(raw.key), value }
        });
        let labels = labels.collect();
        builder.label_set(labels)
    }
}
