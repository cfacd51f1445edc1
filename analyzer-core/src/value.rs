//! Which values of two profiles are compared, and what counts as evidence for them.
//!
//! Values are matched by name and unit. Evidence is counted in samples: a large value seen once proves little.

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

    /// How many samples stand behind a row; 0 where unknown.
    #[must_use]
    pub fn count(&self, samples: &Samples, row: usize) -> i128 {
        match self.evidence {
            Evidence::Counts => row_count(samples, row),
            Evidence::Column(column) => i128::from(samples.values[column][row]),
            Evidence::Weighed(column, weight) => i128::from(samples.values[column][row] / weight),
            Evidence::Unknown => 0,
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
    /// Unknown: sizes can be compared, but not how sure the difference is.
    Unknown,
}

/// A measure of both captures.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CommonMeasure {
    /// In before.
    pub(crate) before: Measure,
    /// In after.
    pub(crate) after: Measure,
}

impl CommonMeasure {
    /// Pairs two measures. What are plain counts on one side are no sums of periods on the other.
    fn new(mut before: Measure, mut after: Measure) -> CommonMeasure {
        if let (Evidence::Weighed(_, one), Evidence::Weighed(_, other)) =
            (&mut before.evidence, &mut after.evidence)
            && (*one == 1) != (*other == 1)
        {
            (*one, *other) = (1, 1);
        }
        CommonMeasure { before, after }
    }

    /// The unit both are brought to, the finer of the two; its decimals; and how many of it one stored value of
    /// before and of after is.
    #[must_use]
    pub(crate) fn finest(&self) -> (&str, u8, i128, i128) {
        let factor = unit_factor(&self.before.unit, &self.after.unit).unwrap_or(1.0);
        let (unit, before, after) = if factor >= 1.0 {
            (&self.after.unit, factor as i128, 1)
        } else {
            (&self.before.unit, 1, (1.0 / factor).round() as i128)
        };
        let decimals = self.before.decimals.max(self.after.decimals);
        let raise = |measure: &Measure| 10i128.pow(u32::from(decimals - measure.decimals));
        (unit, decimals, before * raise(&self.before), after * raise(&self.after))
    }

    /// Whether evidence is known on both sides.
    #[must_use]
    pub(crate) fn is_quantified(&self) -> bool {
        self.before.evidence != Evidence::Unknown && self.after.evidence != Evidence::Unknown
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
        _ => Evidence::Unknown,
    }
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

/// The measures both profiles have, the first being the one to compare: that of after's default if before has it.
///
/// Names match exactly, or else by class where either side has one event of the class only: `cycles:u` is never
/// taken for `cycles:k`.
#[must_use]
pub(crate) fn common(before: &[Measure], after: &[Measure]) -> Vec<CommonMeasure> {
    let (before, after) = (ByEvent::new(before), ByEvent::new(after));
    let pair = |measure: &Measure| {
        let exact = before.like(measure).find(|other| other.meaning() == measure.meaning());
        let partner = exact.or_else(|| {
            let only = |measures: &ByEvent<'_>| measures.like(measure).take(2).count() == 1;
            before.like(measure).next().filter(|_| only(&before) && only(&after))
        })?;
        Some(CommonMeasure::new(partner.clone(), measure.clone()))
    };
    after.measures.iter().filter_map(pair).collect()
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
    same_event && unit_factor(&one.unit, &other.unit).is_some()
}

/// The position of the measure called `name`, exactly or else by the class of its event.
#[must_use]
pub(crate) fn position<'a>(mut names: impl Iterator<Item = &'a str> + Clone, name: &str) -> Option<usize> {
    let exact = names.clone().position(|known| known == name);
    exact.or_else(|| names.position(|known| event_class(known) == event_class(name)))
}

/// An event's name without modifiers and PMU: `cpu_core/cycles/u`, `cycles:ppp` and `cycles` are one.
fn event_class(name: &str) -> &str {
    let base = match name.rsplit_once(':') {
        Some((base, modifiers)) if modifiers.chars().all(|c| "ukhpPGHSDWeIib".contains(c)) => base,
        _ => name,
    };
    match base.split_once('/') {
        Some((pmu, rest)) if pmu.starts_with("cpu") => rest.split_once('/').map_or(base, |(event, _)| event),
        _ => base,
    }
}

/// How many of `to` one of `from` is; `None` when they measure different things.
#[must_use]
pub(crate) fn unit_factor(from: &str, to: &str) -> Option<f64> {
    if from == to {
        return Some(1.0);
    }
    const TIME: &[(&str, f64)] = &[
        ("nanoseconds", 1.0),
        ("ns", 1.0),
        ("microseconds", 1e3),
        ("us", 1e3),
        ("milliseconds", 1e6),
        ("ms", 1e6),
        ("seconds", 1e9),
        ("s", 1e9),
    ];
    const SIZE: &[(&str, f64)] = &[
        ("bytes", 1.0),
        ("byte", 1.0),
        ("kilobytes", 1024.0),
        ("kb", 1024.0),
        ("megabytes", 1_048_576.0),
        ("mb", 1_048_576.0),
    ];
    let in_table = |table: &[(&str, f64)]| {
        let factor = |unit: &str| table.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
        Some(factor(from)? / factor(to)?)
    };
    in_table(TIME).or_else(|| in_table(SIZE))
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
    fn units_convert_within_their_kind() {
        assert_eq!(unit_factor("milliseconds", "nanoseconds"), Some(1e6));
        assert_eq!(unit_factor("count", "count"), Some(1.0));
        assert_eq!(unit_factor("bytes", "nanoseconds"), None);
    }
}
