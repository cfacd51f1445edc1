//! Which values of two profiles are compared, and what counts as evidence for them.
//!
//! Values are matched by name and unit. Evidence is counted in samples: a large value seen once proves little.

use crate::count::Count;
use crate::unit::{self, Unit, UnitKind};
use analyzer_formats::{Profile, Samples, Series, SeriesId};
use rustc_hash::FxHashMap;

/// What can be compared within one profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// The name as the capture gives it: `cpu`, `cycles:u`, `samples`.
    pub name: String,
    /// The unit: `nanoseconds`, `bytes`, `count`.
    pub unit: String,
    /// The event whose samples are counted, for [`ValueSource::Counts`].
    pub event: Option<String>,
    /// The series it belongs to.
    pub series: SeriesId,
    /// Where the values are.
    pub source: ValueSource,
    /// How many samples stand behind each row's value.
    pub evidence: Evidence,
    /// Values are stored times ten to the power of this.
    pub decimals: u8,
}

impl Measure {
    /// What tells it from every other measure of its capture.
    fn meaning(&self) -> (&str, Option<&str>) {
        // The counts of the default event are called "samples" in every capture, whatever the event is.
        match &self.event {
            Some(event) => ("samples", Some(event)),
            None => (&self.name, None),
        }
    }

    /// The value of a row, as stored.
    #[must_use]
    pub fn value(&self, samples: &Samples, row: usize) -> i128 {
        match self.source {
            ValueSource::Column(column) => i128::from(samples.values[column][row]),
            ValueSource::Counts => row_count(samples, row),
        }
    }

    /// How many samples stand behind a row; none where unknown.
    #[must_use]
    pub fn count(&self, samples: &Samples, row: usize) -> Count {
        let column = |column: usize| i128::from(samples.values[column][row]);
        match self.evidence {
            Evidence::Counts => Count::new(row_count(samples, row)),
            Evidence::Column(counts) => Count::new(column(counts)),
            Evidence::Weighed(values, weight) => Count::weighed(column(values), weight),
            Evidence::Unsampled { objects, space, rate } => {
                Count::new(sampled(samples.values[objects][row], samples.values[space][row], rate).into())
            }
            Evidence::Unknown => Count::default(),
        }
    }
}

fn row_count(samples: &Samples, row: usize) -> i128 {
    samples.counts.as_ref().map_or(0, |counts| i128::from(counts[row]))
}

/// Where the values of a measure are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueSource {
    /// A column of the series.
    Column(usize),
    /// The number of samples of each row.
    Counts,
}

/// How many samples stand behind each row's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The counts of the rows.
    Counts,
    /// The values of a column.
    Column(usize),
    /// The values of a lone column that is said to hold counts, each sample weighing this much: 1 for counts.
    Weighed(usize, i64),
    /// Rows of objects of one size each, found by taking a sample every `rate` bytes on average and scaled up to what
    /// there was: the columns of their number and of their size together.
    Unsampled {
        /// The column of numbers.
        objects: usize,
        /// The column of sizes.
        space: usize,
        /// Bytes between samples.
        rate: i64,
    },
    /// Unknown: sizes can be compared, but not how sure the difference is.
    Unknown,
}

/// A measure that all captures have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Common {
    /// The name that the last capture has for it.
    pub(crate) name: String,
    /// The finest unit of all.
    pub(crate) unit: String,
    /// Values are in that unit times ten to the power of this.
    pub(crate) decimals: u8,
    /// It in each capture.
    pub(crate) columns: Vec<Column>,
}

/// A measure of one capture, beside that of others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// The measure.
    pub(crate) measure: Measure,
    /// How many of the common unit one stored value is.
    pub(crate) finest: i128,
}

impl Common {
    /// Puts measures beside each other; there is one at least. What are plain counts in one capture are no sums of
    /// periods in another.
    fn new(mut measures: Vec<Measure>) -> Common {
        let weights: Vec<i64> = measures
            .iter()
            .filter_map(|measure| match measure.evidence {
                Evidence::Weighed(_, weight) => Some(weight),
                _ => None,
            })
            .collect();
        if weights.contains(&1) {
            for measure in &mut measures {
                if let Evidence::Weighed(_, weight) = &mut measure.evidence {
                    *weight = 1;
                }
            }
        }
        let factor = |measure: &Measure, to: &str| unit::factor(&measure.unit, to).unwrap_or(1.0);
        let finest = |unit: &Measure| measures.iter().all(|measure| factor(measure, &unit.unit) >= 1.0);
        let last = measures.len() - 1;
        let finest = measures.iter().rposition(finest).unwrap_or(last);
        let unit = measures[finest].unit.clone();
        let decimals = measures.iter().map(|measure| measure.decimals).max().unwrap_or(0);
        let name = measures[last].name.clone();
        let columns = measures.into_iter().map(|measure| {
            let raise = 10i128.pow(u32::from(decimals - measure.decimals));
            Column { finest: factor(&measure, &unit).round() as i128 * raise, measure }
        });
        Common { columns: columns.collect(), name, unit, decimals }
    }

    /// Whether the values are amounts, which neither load nor the length of a recording makes larger.
    #[must_use]
    pub(crate) fn is_amount(&self) -> bool {
        let name = self.name.as_str();
        Unit::of_values(&self.unit).kind == UnitKind::Memory
            || ["inuse_", "alloc_", "goroutine"].iter().any(|start| name.starts_with(start))
    }

    /// Whether evidence is known in all captures.
    #[must_use]
    pub(crate) fn is_quantified(&self) -> bool {
        self.columns.iter().all(|column| column.measure.evidence != Evidence::Unknown)
    }
}

/// What the values of captures are that do not say so themselves, such as folded stacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoldedValues {
    /// Their unit; anything but `count` or `samples` is no number of samples.
    pub unit: Option<String>,
    /// What one sample weighs.
    pub period: Option<i64>,
}

impl FoldedValues {
    /// Whether measures are a lone column of counts, or of what may be counts.
    pub(crate) fn are_in(measures: &[Measure]) -> bool {
        matches!(
            measures,
            [Measure {
                source: ValueSource::Column(_),
                evidence: Evidence::Weighed(..) | Evidence::Unknown,
                ..
            }]
        )
    }

    /// Says so of the measures that it is for: lone columns of counts, or of what may be counts.
    #[must_use]
    pub fn apply(&self, mut measures: Vec<Measure>) -> Vec<Measure> {
        if !FoldedValues::are_in(&measures) {
            return measures;
        }
        for measure in &mut measures {
            let ValueSource::Column(column) = measure.source else { continue };
            let is_count = |unit: &String| ["count", "samples"].contains(&unit.as_str());
            let unit = self.unit.as_ref().filter(|unit| !is_count(unit));
            match (self.period, &self.unit) {
                (Some(period), _) => {
                    let stored = 10i64.saturating_pow(measure.decimals.into());
                    measure.evidence = Evidence::Weighed(column, period.max(1).saturating_mul(stored));
                }
                (None, Some(unit)) if is_count(unit) => measure.evidence = Evidence::Weighed(column, 1),
                (None, Some(_)) => measure.evidence = Evidence::Unknown,
                (None, None) => {}
            }
            if let Some(unit) = unit {
                measure.unit.clone_from(unit);
            }
        }
        measures
    }
}

/// Everything that can be compared in a profile, the capture's own default first.
#[must_use]
pub fn measures(profile: &Profile) -> Vec<Measure> {
    let mut measures = Vec::new();
    for (index, series) in profile.series.iter().enumerate() {
        let id = SeriesId::new(index);
        for (column, value_type) in series.value_types.iter().enumerate() {
            let text = |string| profile.strings.text(string).into_owned();
            measures.push(Measure {
                name: text(value_type.name),
                unit: text(value_type.unit),
                event: None,
                series: id,
                source: ValueSource::Column(column),
                evidence: evidence(profile, series, column),
                decimals: value_type.decimals,
            });
        }
    }
    let default = default_index(profile, &measures);
    if let Some(default) = default {
        measures[..=default].rotate_right(1);
    }
    // Sample counts, where they are not a column of their own, can be compared with any other profile's.
    let events: Vec<Measure> = measures.clone();
    let mut is_first = true;
    for event in events {
        let series = &profile.series[event.series.index()];
        let counts_itself = series.value_types.iter().any(|value_type| profile.counts_samples(value_type));
        if series.samples.counts.is_none() || counts_itself {
            continue;
        }
        measures.push(Measure {
            name: if is_first { "samples".to_owned() } else { format!("samples:{}", event.name) },
            unit: "count".to_owned(),
            event: Some(event.name),
            source: ValueSource::Counts,
            evidence: Evidence::Counts,
            decimals: 0,
            ..event
        });
        is_first = false;
    }
    measures
}

/// The capture's default, else the event with most samples and its last column.
fn default_index(profile: &Profile, measures: &[Measure]) -> Option<usize> {
    let (series, column) = profile.meta.default_value.or_else(|| {
        let largest = profile.series.iter().enumerate().rev().max_by_key(|(_, series)| series.records)?;
        Some((SeriesId::new(largest.0), largest.1.value_types.len() - 1))
    })?;
    measures
        .iter()
        .position(|measure| measure.series == series && measure.source == ValueSource::Column(column))
}

/// Row counts where the reader has them, else a column that counts samples. Heap and contention profiles scale
/// their counts up, so they have no such column.
fn evidence(profile: &Profile, series: &Series, column: usize) -> Evidence {
    if series.samples.counts.is_some() {
        return Evidence::Counts;
    }
    match series.value_types.iter().position(|value_type| profile.counts_samples(value_type)) {
        Some(counts) if counts != column => Evidence::Column(counts),
        Some(_) if series.value_types[column].decimals == 0 => match series.value_types.len() {
            1 => sample_weight(&series.samples.values[column])
                .map_or(Evidence::Unknown, |weight| Evidence::Weighed(column, weight)),
            _ => Evidence::Column(column),
        },
        _ => unsampled(profile, series, column).unwrap_or(Evidence::Unknown),
    }
}

/// The evidence of a heap profile as Go and jemalloc write it, whose period says how many bytes apart samples are.
fn unsampled(profile: &Profile, series: &Series, column: usize) -> Option<Evidence> {
    let text = |id| profile.strings.text(id);
    let rate = profile.meta.period.filter(|&rate| rate > 0)?;
    let period = profile.meta.period_type.as_ref()?;
    if text(period.unit) != "bytes" {
        return None;
    }
    let name = text(series.value_types[column].name).into_owned();
    let stem = name.strip_suffix("_objects").or_else(|| name.strip_suffix("_space"))?;
    let position = |suffix: &str, unit: &str| {
        series.value_types.iter().position(|value_type| {
            text(value_type.name) == format!("{stem}{suffix}") && text(value_type.unit) == unit
        })
    };
    Some(Evidence::Unsampled {
        objects: position("_objects", "count")?,
        space: position("_space", "bytes")?,
        rate,
    })
}

/// How many samples gave `objects` objects of `space` bytes together: each was found with the probability
/// `1 - exp(-size / rate)`, by which the runtime divides (Go's runtime/pprof, `scaleHeapSample`).
fn sampled(objects: i64, space: i64, rate: i64) -> i64 {
    if objects <= 0 || space <= 0 {
        return 0;
    }
    let size = space as f64 / objects as f64;
    (objects as f64 * -(-size / rate as f64).exp_m1()).round().max(1.0) as i64
}

/// What one sample weighs in values that are said to be counts: collapsed perf scripts add up sampling periods.
/// It is the smallest value when that divides nine tenths of the values, else 1; `None` where nine tenths are too large
/// for counts. What was sampled has rare stacks; what was measured, in bytes or microseconds, need not.
fn sample_weight(values: &[i64]) -> Option<i64> {
    let smallest = values.iter().copied().filter(|&value| value > 0).min().unwrap_or(1);
    let divided = values.iter().filter(|&value| value % smallest == 0).count();
    // A few stacks seen twice each prove nothing.
    let is_period = smallest > 1 && values.len() >= 10 && divided * 10 >= values.len() * 9;
    if is_period {
        return Some(smallest);
    }
    let (positive, large) = values
        .iter()
        .filter(|&&value| value > 0)
        .fold((0, 0), |(positive, large), &value| (positive + 1, large + usize::from(value >= LARGE)));
    (positive == 0 || large * 10 < positive * 9).then_some(1)
}

/// A stack seen so often was seen for minutes.
const LARGE: i64 = 10_000;

/// The measures that add up over captures: counts of samples are kept with what they are the samples of.
pub(crate) fn kept(profile: &Profile) -> Vec<Measure> {
    let measures = measures(profile).into_iter();
    measures.filter(|measure| matches!(measure.source, ValueSource::Column(_))).collect()
}

/// What a profile measures, and of what its samples are unknown: captures of which this is the same add up.
pub(crate) fn kind(profile: &Profile) -> String {
    let mut series: Vec<Vec<String>> = vec![Vec::new(); profile.series.len()];
    for Measure { name, unit, evidence, series: of, .. } in kept(profile) {
        series[of.index()].push(match evidence {
            Evidence::Unknown => format!("{name} ({unit}, of unknown samples)"),
            _ => format!("{name} ({unit})"),
        });
    }
    let mut names: Vec<String> =
        series.iter().filter(|names| !names.is_empty()).map(|names| names.join(", ")).collect();
    names.sort_unstable();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// The measures that all captures have, the first being the one to compare: the default of the last capture if the
/// others have it.
///
/// Names match exactly, or else by class where either capture has one event of the class only: `cycles:u` is never
/// taken for `cycles:k`.
#[must_use]
pub(crate) fn common(captures: &[Vec<Measure>]) -> Vec<Common> {
    let captures: Vec<ByEvent<'_>> = captures.iter().map(|measures| ByEvent::new(measures)).collect();
    let Some((last, others)) = captures.split_last() else { return Vec::new() };
    let partner = |other: &ByEvent<'_>, measure: &Measure| {
        let exact = other.like(measure).find(|known| known.meaning() == measure.meaning());
        let partner = exact.or_else(|| {
            let only = |measures: &ByEvent<'_>| measures.like(measure).take(2).count() == 1;
            other.like(measure).next().filter(|_| only(other) && only(last))
        });
        partner.cloned()
    };
    let beside = |measure: &Measure| {
        let mut all: Vec<Measure> =
            others.iter().map(|other| partner(other, measure)).collect::<Option<_>>()?;
        all.push(measure.clone());
        Some(Common::new(all))
    };
    last.measures.iter().filter_map(beside).collect()
}

/// The measures of a profile by their events: a perf script may name a new one in every line.
struct ByEvent<'a> {
    measures: &'a [Measure],
    indices: FxHashMap<(bool, &'a str), Vec<usize>>,
    /// Those that count the samples of an event.
    counts: Vec<usize>,
}

impl<'a> ByEvent<'a> {
    fn new(measures: &'a [Measure]) -> ByEvent<'a> {
        let mut indices: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for (index, measure) in measures.iter().enumerate() {
            indices.entry(event_key(measure)).or_default().push(index);
        }
        let counts = (0..measures.len()).filter(|&index| measures[index].event.is_some()).collect();
        ByEvent { measures, indices, counts }
    }

    fn of<'b>(&'b self, key: (bool, &'b str)) -> &'b [usize] {
        self.indices.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The measures that can stand for the same thing as `wanted`.
    fn like<'b>(&'b self, wanted: &'b Measure) -> impl Iterator<Item = &'b Measure> {
        // Counts of an event, and a column that counts samples.
        let others = match &wanted.event {
            Some(_) => self.of((false, "samples")),
            None if wanted.name == "samples" => &self.counts,
            None => &[],
        };
        let all = self.of(event_key(wanted)).iter().chain(others);
        all.map(|&index| &self.measures[index]).filter(|other| is_same(other, wanted))
    }
}

fn event_key(measure: &Measure) -> (bool, &str) {
    match &measure.event {
        Some(event) => (true, event_class(event)),
        None => (false, event_class(&measure.name)),
    }
}

/// Whether two measures can stand for the same thing.
fn is_same(one: &Measure, other: &Measure) -> bool {
    let counted = |measure: &Measure| measure.event.as_deref().map(event_class).map(str::to_owned);
    let same_event = match (counted(one), counted(other)) {
        (Some(one), Some(other)) => one == other,
        // Counts of an event against a column: the column has to count samples.
        (Some(_), None) => other.name == "samples",
        (None, Some(_)) => one.name == "samples",
        (None, None) => event_class(&one.name) == event_class(&other.name),
    };
    same_event && unit::factor(&one.unit, &other.unit).is_some()
}

/// The position of the measure called `name`, exactly or else by the class of its event.
#[must_use]
pub(crate) fn position<'a>(mut names: impl Iterator<Item = &'a str> + Clone, name: &str) -> Option<usize> {
    let exact = names.clone().position(|known| known == name);
    exact.or_else(|| names.position(|known| event_class(known) == event_class(name)))
}

/// An event's name without modifiers and PMU: `cpu_core/cycles/u`, `cycles:ppp` and `cycles` are one.
pub(crate) fn event_class(name: &str) -> &str {
    let base = match name.rsplit_once(':') {
        Some((base, modifiers)) if modifiers.chars().all(|c| "ukhpPGHSDWeIib".contains(c)) => base,
        _ => name,
    };
    match base.split_once('/') {
        Some((pmu, rest)) if pmu.starts_with("cpu") => rest.split_once('/').map_or(base, |(event, _)| event),
        _ => base,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_match_by_class() {
        for (one, other) in
            [("cycles:P", "cycles:ppp"), ("cpu_core/cycles/", "cycles:u"), ("cycles", "cycles")]
        {
            assert_eq!(event_class(one), event_class(other));
        }
        assert_ne!(event_class("sched:sched_switch"), event_class("sched:sched_wakeup"));
        assert_ne!(event_class("cycles:u"), event_class("instructions:u"));
    }

    #[test]
    fn sums_of_periods_are_told_from_counts() {
        let periods: Vec<i64> = (1..20).map(|samples| samples * 1_003_009).collect();
        assert_eq!(sample_weight(&periods), Some(1_003_009));
        assert_eq!(sample_weight(&[1, 5, 3, 9, 2, 2, 4, 8, 1, 1, 1]), Some(1));
        assert_eq!(sample_weight(&[17, 92, 1033, 44, 71, 60, 35, 1221, 87, 94]), Some(1));
        assert_eq!(sample_weight(&[2, 4]), Some(1));
        // Microseconds of waiting; samples of one busy loop and of what is beside it.
        assert_eq!(sample_weight(&[2_355_117, 1_900_004, 3_111_222, 2_000_001]), None);
        assert_eq!(sample_weight(&[2_355_117, 3]), Some(1));
    }

    #[test]
    fn what_a_heap_profile_scaled_up_is_scaled_down() {
        // 512 KiB apart: one object of 512 KiB in e / (e - 1) is found; of 16 bytes nearly none.
        assert_eq!(sampled(158, 158 * 524_288, 524_288), 100);
        assert_eq!(sampled(32_769, 32_769 * 16, 524_288), 1);
        assert_eq!(sampled(3, 3 * (100 << 20), 524_288), 3);
        assert_eq!((sampled(0, 0, 524_288), sampled(i64::MIN, i64::MIN, 524_288)), (0, 0));
    }
}
