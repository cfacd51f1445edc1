//! Makes a baseline of captures.

use super::{Archived, Baseline, BaselineError, Member, SHARE, SQUARE};
use crate::align::{KeySpace, Names};
use crate::merge::{Adding, Lines, Row, Zeros};
use crate::value::{self, Evidence, Measure, kept};
use analyzer_formats::{Capture, Content, NoteKind, Notes, SeriesId, Source, ValueType};
use std::collections::BTreeMap;

impl Baseline {
    /// Adds up captures.
    ///
    /// # Errors
    /// When one holds traces, or two are of the same bytes or of different kinds.
    ///
    /// # Panics
    /// When there is no capture.
    pub fn build(captures: &[Capture]) -> Result<Baseline, BaselineError> {
        let all = captures.iter().map(Baseline::of).collect::<Result<Vec<_>, _>>()?;
        Baseline::merge(all)
    }

    fn of(capture: &Capture) -> Result<Baseline, BaselineError> {
        let Content::Profile(profile) = &capture.content else {
            return Err(BaselineError::Traces { name: capture.source.name.clone() });
        };
        let mut keys = KeySpace::new(Names::Canonical, &[profile]);
        let key_of = keys.add(profile);
        let archived = |measure: Measure| {
            let mut own = vec![0i128; keys.keys().len()];
            let samples = &profile.series[measure.series.index()].samples;
            for (row, stack) in samples.stacks.iter().enumerate() {
                if let Some(stack) = stack {
                    let function = profile.frame(profile.stack(*stack).frame).function;
                    own[key_of[function.index()] as usize] += measure.count(samples, row).whole();
                }
            }
            let whole = own.iter().sum::<i128>();
            // The file holds text: names that differ only in bytes that are no UTF-8 are those of one function in it.
            let mut named: BTreeMap<String, i128> = BTreeMap::new();
            for (key, count) in keys.keys().iter().zip(own) {
                *named.entry(String::from_utf8_lossy(&key.name).into_owned()).or_default() += count;
            }
            let shares = named.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| {
                let share = count as f64 / whole as f64;
                (name, ((share / SHARE).round() as u64, (share * share / SQUARE).round() as u64))
            });
            Archived {
                functions: shares.collect(),
                samples: if whole > 0 { vec![u64::try_from(whole).unwrap_or(u64::MAX)] } else { Vec::new() },
                name: measure.name,
                unit: measure.unit,
            }
        };
        let measures = kept(profile).into_iter().map(archived).collect();
        let member = Member {
            name: capture.source.name.clone(),
            digest: capture.source.digest.clone(),
            start_ns: profile.meta.start_ns,
            duration_ns: profile.meta.duration_ns,
        };
        let mut alone = Captures::default();
        alone.add(capture)?;
        let capture = alone.finish().expect("one was added");
        Ok(Baseline { capture, members: vec![member], measures })
    }
}

/// Captures in one: a series for every measure, functions without lines. They are added one after the other, and only the
/// sum is kept.
#[derive(Debug, Default)]
pub(super) struct Captures {
    first: Option<First>,
    adding: Adding,
    default_value: Option<(SeriesId, usize)>,
    start_ns: Option<i64>,
    duration_ns: Option<i64>,
    records: u64,
    left_out: u64,
}

/// What the first capture is called and measures.
#[derive(Debug)]
struct First {
    source: Source,
    kind: String,
}

impl Captures {
    /// Adds a capture.
    ///
    /// # Errors
    /// When it measures other things than the first, or one of them tells its samples and the other does not.
    pub(super) fn add(&mut self, capture: &Capture) -> Result<(), BaselineError> {
        let name = || capture.source.name.clone();
        let Content::Profile(profile) = &capture.content else {
            return Err(BaselineError::Traces { name: name() });
        };
        let has = value::kind(profile);
        match &self.first {
            Some(First { kind, .. }) if *kind == has => {
                let sum = self.duration_ns.zip(profile.meta.duration_ns);
                self.duration_ns = sum.and_then(|(ours, theirs)| ours.checked_add(theirs));
            }
            Some(First { source, kind }) => {
                let (first, known) = (source.name.clone(), kind.clone());
                return Err(BaselineError::OtherKind { name: name(), has, first, known });
            }
            None => {
                self.duration_ns = profile.meta.duration_ns;
                self.first = Some(First { source: capture.source.clone(), kind: has });
            }
        }
        self.start_ns = self.start_ns.into_iter().chain(profile.meta.start_ns).min();
        self.records = self.records.saturating_add(capture.notes.records());
        self.left_out = self.left_out.saturating_add(capture.notes.samples_left_out());
        let adding = &mut self.adding;
        let stacks = adding.stacks(profile, Lines::Dropped);
        for measure in kept(profile) {
            let value_type = ValueType {
                name: adding.builder.string(measure.name.as_bytes()),
                unit: adding.builder.string(measure.unit.as_bytes()),
                decimals: measure.decimals,
            };
            let series = adding.series(&[value_type]);
            let factor = adding.factors(series, &[value_type])[0];
            self.default_value.get_or_insert((series, 0));
            let samples = &profile.series[measure.series.index()].samples;
            for (row, stack) in samples.stacks.iter().enumerate() {
                let stack = stack.map(|id| stacks[id.index()]);
                let count = match measure.evidence {
                    Evidence::Unknown => None,
                    _ => Some(u64::try_from(measure.count(samples, row).whole().max(0)).unwrap_or(u64::MAX)),
                };
                let values = [measure.value(samples, row) * factor];
                adding.row(series, &Row { stack, labels: None, values: &values, count });
            }
        }
        Ok(())
    }

    /// The sum, which has the name of the first; `None` of nothing.
    pub(super) fn finish(self) -> Option<Capture> {
        let source = self.first?.source;
        let (mut builder, _) = self.adding.finish(Zeros::Kept);
        builder.meta.default_value = self.default_value;
        (builder.meta.start_ns, builder.meta.duration_ns) = (self.start_ns, self.duration_ns);
        let content = Content::Profile(builder.finish());
        Some(Capture { content, notes: notes(self.records, self.left_out), source })
    }
}

/// The account of captures that were read before.
pub(super) fn notes(records: u64, left_out: u64) -> Notes {
    let mut notes = Notes::of_records(records);
    let text = "samples of its captures that were left out when they were read";
    notes.count("left_out_of_captures", NoteKind::LeftOut, text, left_out);
    notes
}
