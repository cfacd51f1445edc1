//! The two sides of a comparison: the captures of each as profiles, and what all of them measure.

use crate::baseline::{Baseline, Member};
use crate::compare::CompareOptions;
use crate::count::Count;
use crate::error::CompareError;
use crate::report::Basis;
use crate::spans;
use crate::tree::Side;
use crate::value::{self, Column, Common, FoldedValues, Measure};
use analyzer_formats::{Capture, Content, Profile};
use std::borrow::Cow;
use std::iter::{repeat_n, zip};

/// The captures to compare: one or more of each side, which are added up.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What to compare with.
    pub before: &'a [Capture],
    /// What is in question.
    pub after: &'a [Capture],
    /// How much captures of before differ, where before is an archive of them.
    pub baseline: Option<&'a Baseline>,
}

impl<'a> Question<'a> {
    /// One capture of each side.
    #[must_use]
    pub fn pair(before: &'a Capture, after: &'a Capture) -> Question<'a> {
        let (before, after) = (std::slice::from_ref(before), std::slice::from_ref(after));
        Question { before, after, baseline: None }
    }
}

/// One capture of a side.
pub(crate) struct Part<'a> {
    pub(crate) capture: &'a Capture,
    /// What it holds; traces are projected.
    pub(crate) profile: Cow<'a, Profile>,
}

/// Both sides.
pub(crate) struct Sides<'a> {
    pub(crate) before: Vec<Part<'a>>,
    pub(crate) after: Vec<Part<'a>>,
    /// How many captures before and after are the sums of; an archive counts as those that it was made of.
    pub(crate) captures: (usize, usize),
    /// The captures that the archive was made of, where before is one.
    pub(crate) members: &'a [Member],
    /// Requests of trace sets, by which they are scaled.
    pub(crate) requests: Option<(f64, f64)>,
    /// What all measure, one column per part, those of before first; the first is compared.
    pub(crate) common: Vec<Common>,
}

impl<'a> Sides<'a> {
    pub(crate) fn new(question: &Question<'a>, options: &CompareOptions) -> Result<Self, CompareError> {
        let both = || question.before.iter().chain(question.after);
        let is_traces = |capture: &Capture| matches!(capture.content, Content::Traces(_));
        let before_kind = is_traces(&question.before[0]);
        if let Some(other) = both().find(|capture| is_traces(capture) != before_kind) {
            let kind = |capture: &Capture| if is_traces(capture) { "traces" } else { "a profile" };
            let before = &question.before[0];
            return Err(CompareError::DifferentKinds {
                before: before.source.name.clone(),
                before_kind: kind(before),
                after: other.source.name.clone(),
                after_kind: kind(other),
            });
        }
        let part = |capture: &'a Capture| Part {
            capture,
            profile: match &capture.content {
                Content::Profile(profile) => Cow::Borrowed(profile),
                Content::Traces(traces) => Cow::Owned(spans::project(traces, options.span_measure())),
            },
        };
        let requests = |captures: &[Capture]| {
            let of = |capture: &Capture| match &capture.content {
                Content::Traces(traces) => spans::requests(traces),
                Content::Profile(_) => 0,
            };
            captures.iter().map(of).sum::<u64>() as f64
        };
        let mut sides = Sides {
            before: question.before.iter().map(part).collect(),
            after: question.after.iter().map(part).collect(),
            captures: (
                question.baseline.map_or(question.before.len(), |baseline| baseline.members.len()).max(1),
                question.after.len().max(1),
            ),
            members: question.baseline.map_or(&[], |baseline| &baseline.members),
            requests: before_kind.then(|| (requests(question.before), requests(question.after))),
            common: Vec::new(),
        };
        sides.common = sides.choose(options)?;
        Ok(sides)
    }

    /// The parts of both sides, those of before first.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part<'a>> {
        self.before.iter().chain(&self.after)
    }

    /// The parts of both sides with a common measure.
    pub(crate) fn with<'b>(
        &'b self,
        common: &'b Common,
    ) -> impl Iterator<Item = (Side, &'b Part<'a>, &'b Column)> {
        let sides = repeat_n(Side::Before, self.before.len()).chain(repeat_n(Side::After, self.after.len()));
        zip(sides, zip(self.parts(), &common.columns)).map(|(side, (part, column))| (side, part, column))
    }

    /// Every profile with its measure.
    pub(crate) fn measured<'b>(
        &'b self,
        common: &'b Common,
    ) -> impl Iterator<Item = (Side, &'b Profile, &'b Measure)> {
        self.with(common).map(|(side, part, column)| (side, part.profile.as_ref(), &column.measure))
    }

    /// The sums of a common measure over before and over after, in its unit.
    pub(crate) fn totals(&self, common: &Common) -> (i128, i128) {
        let mut totals = (0, 0);
        for (side, part, column) in self.with(common) {
            let samples = &part.profile.series[column.measure.series.index()].samples;
            let sum: i128 = (0..samples.len()).map(|row| column.measure.value(samples, row)).sum();
            match side {
                Side::Before => totals.0 += sum * column.finest,
                Side::After => totals.1 += sum * column.finest,
            }
        }
        totals
    }

    /// Samples behind a common measure, where they are known.
    pub(crate) fn samples(&self, common: &Common) -> Option<(f64, f64)> {
        let mut counts = (Count::default(), Count::default());
        for (side, part, column) in self.with(common).filter(|_| common.is_quantified()) {
            let samples = &part.profile.series[column.measure.series.index()].samples;
            let sum: Count = (0..samples.len()).map(|row| column.measure.count(samples, row)).sum();
            match side {
                Side::Before => counts.0 += sum,
                Side::After => counts.1 += sum,
            }
        }
        common.is_quantified().then_some((counts.0.samples(), counts.1.samples()))
    }

    /// How long each side was recorded, all its captures together, where all say so.
    pub(crate) fn durations_ns(&self) -> (Option<i64>, Option<i64>) {
        let sum = |parts: &[Part<'_>]| {
            parts
                .iter()
                .map(|part| part.profile.meta.duration_ns)
                .try_fold(0i64, |sum, duration| sum.checked_add(duration?))
        };
        (sum(&self.before), sum(&self.after))
    }

    /// What the compared values rest on. Spans are not samples.
    pub(crate) fn basis(&self) -> Basis {
        match self.requests {
            Some(_) => Basis::Requests,
            None if self.common[0].is_quantified() => Basis::Samples,
            None => Basis::Amounts,
        }
    }

    /// The common measures, the one to compare first.
    fn choose(&self, options: &CompareOptions) -> Result<Vec<Common>, CompareError> {
        let mut measures: Vec<Vec<Measure>> =
            self.parts().map(|part| value::measures(&part.profile)).collect();
        if options.folded != FoldedValues::default() {
            if !measures.iter().any(|measures| FoldedValues::are_in(measures)) {
                return Err(CompareError::NotFolded);
            }
            measures = measures.into_iter().map(|measures| options.folded.apply(measures)).collect();
        }
        if self.requests.is_some() {
            // The number of spans has a value of its own (`TraceValue::Count`); it is no number of samples.
            measures.iter_mut().for_each(|measures| measures.truncate(1));
        }
        let list = |names: &mut dyn Iterator<Item = (&str, &str)>| {
            let texts: Vec<String> = names.map(|(name, unit)| format!("{name} ({unit})")).collect();
            if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
        };
        let mut common = value::common(&measures);
        if common.is_empty() {
            let has = |at: usize| {
                list(&mut measures[at].iter().map(|measure| (measure.name.as_str(), measure.unit.as_str())))
            };
            let last = measures.len() - 1;
            // The one that shares nothing with the last; the first where each shares something.
            let other = (0..last)
                .find(|&at| value::common(&[measures[at].clone(), measures[last].clone()]).is_empty());
            let other = other.unwrap_or(0);
            let name = |at: usize| {
                self.parts().nth(at).map(|part| part.capture.source.name.clone()).unwrap_or_default()
            };
            return Err(CompareError::NoCommonValueType {
                before: name(other),
                before_has: has(other),
                after: name(last),
                after_has: has(last),
            });
        }
        if let Some(wanted) = &options.value {
            let names = common.iter().map(|common| common.name.as_str());
            let chosen = value::position(names, wanted).ok_or_else(|| CompareError::NoSuchValueType {
                wanted: wanted.clone(),
                common: list(&mut common.iter().map(|common| (common.name.as_str(), common.unit.as_str()))),
            })?;
            common[..=chosen].rotate_right(1);
        }
        Ok(common)
    }
}
