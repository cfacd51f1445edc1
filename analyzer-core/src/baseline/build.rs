//! Makes a baseline of captures.

use super::{Archived, Baseline, BaselineError, Member, SHARE, SQUARE};
use crate::align::{KeySpace, Names};
use crate::merge::{Adding, Lines, Row, Zeros};
use crate::value::{self, Evidence, Measure, kept};
use analyzer_formats::{Capture, Content, NoteKind, Notes, ValueType};
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
        let name = |key: usize| String::from_utf8_lossy(&keys.keys()[key].name).into_owned();
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
            let shares = own.iter().enumerate().filter(|(_, count)| **count > 0).map(|(key, &count)| {
                let share = count as f64 / whole as f64;
                (name(key), ((share / SHARE).round() as u64, (share * share / SQUARE).round() as u64))
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
        Ok(Baseline { capture: added_up(&[capture]), members: vec![member], measures })
    }
}

/// Refuses to add up captures that measure different things, or of which one tells its samples and the other does not.
pub(super) fn expect_same_kind(first: &Capture, other: &Capture) -> Result<(), BaselineError> {
    let kind = |capture: &Capture| match &capture.content {
        Content::Profile(profile) => value::kind(profile),
        Content::Traces(_) => "traces".to_owned(),
    };
    let (known, has) = (kind(first), kind(other));
    if known == has {
        return Ok(());
    }
    let (name, first) = (other.source.name.clone(), first.source.name.clone());
    Err(BaselineError::OtherKind { name, has, first, known })
}

/// All captures in one: a series for every measure, functions without lines.
pub(super) fn added_up(captures: &[&Capture]) -> Capture {
    let mut adding = Adding::default();
    let (mut start, mut duration, mut default) = (None::<i64>, Some(0i64), None);
    // All captures are brought to the finest decimals of any.
    let mut decimals: BTreeMap<(String, String), u8> = BTreeMap::new();
    for capture in captures {
        let Content::Profile(profile) = &capture.content else { continue };
        for measure in kept(profile) {
            let finest = decimals.entry((measure.name, measure.unit)).or_default();
            *finest = measure.decimals.max(*finest);
        }
    }
    for capture in captures {
        let Content::Profile(profile) = &capture.content else { continue };
        let stacks = adding.stacks(profile, Lines::Dropped);
        for measure in kept(profile) {
            let value_type = ValueType {
                name: adding.builder.string(measure.name.as_bytes()),
                unit: adding.builder.string(measure.unit.as_bytes()),
                decimals: decimals[&(measure.name.clone(), measure.unit.clone())],
            };
            let raise = 10i128.pow(u32::from(value_type.decimals - measure.decimals));
            let series = adding.series(&[value_type]);
            default.get_or_insert((series, 0));
            let samples = &profile.series[measure.series.index()].samples;
            for (row, stack) in samples.stacks.iter().enumerate() {
                let stack = stack.map(|id| stacks[id.index()]);
                let count = match measure.evidence {
                    Evidence::Unknown => None,
                    _ => Some(u64::try_from(measure.count(samples, row).whole().max(0)).unwrap_or(u64::MAX)),
                };
                let values = [measure.value(samples, row) * raise];
                adding.row(series, &Row { stack, labels: None, values: &values, count });
            }
        }
        start = start.into_iter().chain(profile.meta.start_ns).min();
        duration = duration.and_then(|sum| sum.checked_add(profile.meta.duration_ns?));
    }
    let (mut builder, _) = adding.finish(Zeros::Kept);
    builder.meta.default_value = default;
    (builder.meta.start_ns, builder.meta.duration_ns) = (start, duration);
    let records = captures.iter().map(|capture| capture.notes.records()).fold(0, u64::saturating_add);
    let left_out =
        captures.iter().map(|capture| capture.notes.samples_left_out()).fold(0, u64::saturating_add);
    Capture {
        content: Content::Profile(builder.finish()),
        notes: notes(records, left_out),
        source: captures[0].source.clone(),
    }
}

/// The account of captures that were read before.
pub(super) fn notes(records: u64, left_out: u64) -> Notes {
    let mut notes = Notes::of_records(records);
    let text = "samples of its captures that were left out when they were read";
    notes.count("left_out_of_captures", NoteKind::LeftOut, text, left_out);
    notes
}
