//! The whole pipeline: two captures in, one report out.

use crate::align::cut::{Cuts, cuts};
use crate::align::{Aligned, Aligning, Joint, KeySpace, Names};
use crate::classes::{CLASSES, ClassRules, Classified, classes};
use crate::error::CompareError;
use crate::function::FunctionCells;
use crate::plateau::{Changes, RankOptions, Totals, rank, tests};
use crate::report::{Basis, Inputs, Report, build};
use crate::scale::{Alternative, ScaleChoice, ScaleMode, Sizes, scales};
use crate::spans::{self, TraceValue};
use crate::stats::noise::Noise;
use crate::stats::reference::Reference;
use crate::tree::{CallTree, Cell, ROOT, Side};
use crate::value::{self, CommonMeasure, Measure};
use analyzer_formats::{Capture, Content, Profile};
use std::borrow::Cow;

/// How to compare.
#[derive(Clone, Debug)]
pub struct CompareOptions {
    /// The question as the user asked it, for the report.
    pub command: String,
    /// The value type to compare; the default of after when `None`.
    pub value: Option<String>,
    /// How to bring before to the size of after.
    pub scale: ScaleChoice,
    /// Which names count as the same function.
    pub names: Names,
    /// Whether functions are looked for that have another name in after.
    pub renames: bool,
    /// Whether frames are bridged that one side has between two others, and functions are put together with callers that
    /// they were inlined into.
    pub wrappers: bool,
    /// Whether stacks are compared to the depth to which both captures have them.
    pub max_stack: bool,
    /// The value that spans are compared by.
    pub trace_value: TraceValue,
    /// The share of intervals that should hold the truth.
    pub confidence: f64,
    /// What is worth reporting.
    pub rank: RankOptions,
    /// Which classes of code there are; the project's own when `None`.
    pub classes: Option<ClassRules>,
}

impl Default for CompareOptions {
    fn default() -> Self {
        CompareOptions {
            command: String::new(),
            value: None,
            scale: ScaleChoice::Auto,
            names: Names::Canonical,
            renames: true,
            wrappers: true,
            max_stack: true,
            trace_value: TraceValue::CriticalPath,
            confidence: 0.95,
            rank: RankOptions::default(),
            classes: None,
        }
    }
}

/// Compares two captures.
///
/// ```
/// use analyzer_core::{CompareOptions, compare};
/// use analyzer_formats::{ReadOptions, read_bytes};
///
/// let read = |text: &str| read_bytes("example", text.as_bytes(), &ReadOptions::default());
/// let before = read("main;parse 500\nmain;render 500\n")?;
/// let after = read("main;parse 900\nmain;render 500\n")?;
/// let report = compare(&before, &after, &CompareOptions::default())?;
/// assert_eq!(report.plateaus[0].function, "parse");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the captures hold different kinds of content, measure nothing in common, or the wanted value type or
/// scale cannot be had.
pub fn compare(before: &Capture, after: &Capture, options: &CompareOptions) -> Result<Report, CompareError> {
    let pair = Pairing::new(before, after, options)?;
    let is_profile = pair.requests.is_none();
    let mut cuts = if is_profile { pair.cuts(options) } else { Cuts::default() };
    let (mut keys, mut joint) = joint(&pair, options, &mut cuts);
    let aligning = Aligning {
        renames: options.renames,
        wrappers: options.wrappers,
        is_counted: pair.basis() == Basis::Samples,
    };
    let aligned = if is_profile { joint.align(&mut keys, &aligning) } else { Aligned::default() };
    let Joint { tree, children, functions } = joint;

    let whole = tree.total[ROOT];
    let counts =
        |function: &FunctionCells| (function.own.count.before as f64, function.own.count.after as f64);
    let reference = (pair.basis() == Basis::Samples)
        .then(|| Reference::new(functions.iter().map(counts)))
        .flatten()
        .map(|reference| Reference { k: reference.k / weights(&whole), ..reference });
    let sizes = Sizes {
        reference,
        totals: (whole.value.before as f64, whole.value.after as f64),
        durations_ns: pair.before.meta.duration_ns.zip(pair.after.meta.duration_ns),
        // Amounts that are no samples, of a heap say, do not depend on how long was recorded: they are compared as
        // they are unless a scale is asked for.
        work: pair.requests.or((pair.basis() == Basis::Amounts).then_some((1.0, 1.0))),
    };
    let scales = scales(&sizes, options.scale).ok_or_else(|| {
        let missing = if pair.before.meta.duration_ns.is_none() { before } else { after };
        CompareError::NoDuration { missing: missing.source.name.clone() }
    })?;
    let Alternative { k, se_ln_k, .. } = scales[0];
    let totals = Totals { before: sizes.totals.0, after: sizes.totals.1, k };
    let noise = (pair.basis() == Basis::Samples).then(|| {
        let wide = |cell| totals.widest_share(cell) >= options.rank.min_share;
        let tests = tests(functions.iter().filter(|function| wide(&function.own)).count());
        let k = k * weights(&whole);
        let assumed = Noise::assumed(k, tests, options.confidence);
        let scaled = match scales[0].mode {
            ScaleMode::Share => {
                assumed.at_equal_totals(k, whole.count.before as f64, whole.count.after as f64)
            }
            _ => assumed.at(k, se_ln_k.unwrap_or(0.0)),
        };
        scaled.learn(functions.iter().map(counts))
    });
    let changes = Changes {
        tree: &tree,
        children: &children,
        functions: &functions,
        keys: &keys,
        totals,
        noise: noise.as_ref(),
    };
    let ranked = rank(&changes, &options.rank);
    let classified = Classified::new(options.classes.as_ref().unwrap_or(&CLASSES), &keys);
    let classes = pair.requests.is_none().then(|| classes(&classified, &tree, &totals, noise.as_ref()));
    Ok(build(Inputs {
        classified: &classified,
        classes,
        command: &options.command,
        captures: (before, after),
        profiles: (&pair.before, &pair.after),
        measures: &pair.measures,
        keys: &keys,
        tree: &tree,
        children,
        functions: &functions,
        ranked: &ranked,
        aligned: &aligned,
        cuts: &cuts,
        scales,
        noise,
        confidence: options.confidence,
        requests: pair.requests,
        basis: pair.basis(),
        min_share: options.rank.min_share,
    }))
}

/// Both captures in one call tree.
fn joint(pair: &Pairing<'_>, options: &CompareOptions, cuts: &mut Cuts) -> (KeySpace, Joint) {
    let (measure, ..) = &pair.measures[0];
    let (_, _, finest_before, finest_after) = measure.finest();
    // Operations of traces are grouped by their projection; the rules for function names are not theirs.
    let names = if pair.requests.is_some() { Names::Exact } else { options.names };
    let before = cuts.cut(&pair.before, &measure.before);
    let after = cuts.cut(&pair.after, &measure.after);
    let mut keys = KeySpace::new(names, &[&pair.before, &pair.after]);
    let mut tree = CallTree::default();
    for (side, profile, measure, finest) in [
        (Side::Before, &before, &measure.before, finest_before),
        (Side::After, &after, &measure.after, finest_after),
    ] {
        let key_of = keys.add(profile);
        keys.locate(profile, measure, &key_of);
        let key = |frame| key_of[profile.frame(frame).function.index()];
        tree.add(side, profile, measure, finest, key);
    }
    tree.add_up();
    let joint = Joint::new(tree, &keys);
    (keys, joint)
}

/// What a sample of before weighs over what one of after weighs: k of values times this is k of counts.
fn weights(whole: &Cell) -> f64 {
    let weight = |value: i128, count: i128| (count > 0 && value > 0).then(|| value as f64 / count as f64);
    let before = weight(whole.value.before, whole.count.before);
    let after = weight(whole.value.after, whole.count.after);
    before.zip(after).map_or(1.0, |(before, after)| before / after)
}

/// The two captures as profiles, and what both measure.
pub(crate) struct Pairing<'a> {
    pub(crate) before: Cow<'a, Profile>,
    pub(crate) after: Cow<'a, Profile>,
    /// Requests of trace sets, by which they are scaled.
    requests: Option<(f64, f64)>,
    /// What both measure with the totals of before and after; the first is compared.
    pub(crate) measures: Vec<(CommonMeasure, f64, f64)>,
}

impl<'a> Pairing<'a> {
    pub(crate) fn new(
        before: &'a Capture,
        after: &'a Capture,
        options: &CompareOptions,
    ) -> Result<Self, CompareError> {
        let (one, other, requests) = match (&before.content, &after.content) {
            (Content::Profile(one), Content::Profile(other)) => {
                (Cow::Borrowed(one), Cow::Borrowed(other), None)
            }
            (Content::Traces(one), Content::Traces(other)) => {
                let requests = (spans::requests(one) as f64, spans::requests(other) as f64);
                let project = |traces| Cow::Owned(spans::project(traces, options.trace_value));
                (project(one), project(other), Some(requests))
            }
            _ => {
                let kind = |capture: &Capture| match capture.content {
                    Content::Profile(_) => "a profile",
                    Content::Traces(_) => "traces",
                };
                return Err(CompareError::DifferentKinds {
                    before: before.source.name.clone(),
                    before_kind: kind(before),
                    after: after.source.name.clone(),
                    after_kind: kind(after),
                });
            }
        };
        let (mut before_has, mut after_has) = (value::measures(&one), value::measures(&other));
        if requests.is_some() {
            // The number of spans has a value of its own (`TraceValue::Count`); it is no number of samples.
            before_has.truncate(1);
            after_has.truncate(1);
        }
        let common = choose(&before_has, &after_has, options, before, after)?;
        let measures = common.into_iter().map(|measure| {
            let (_, _, finest_before, finest_after) = measure.finest();
            let totals =
                (total(&one, &measure.before) * finest_before, total(&other, &measure.after) * finest_after);
            (measure, totals.0 as f64, totals.1 as f64)
        });
        let measures = measures.collect();
        Ok(Pairing { before: one, after: other, requests, measures })
    }

    /// The depths at which profilers cut the stacks of the compared measure.
    fn cuts(&self, options: &CompareOptions) -> Cuts {
        let (measure, ..) = &self.measures[0];
        let sides =
            [(Side::Before, &*self.before, &measure.before), (Side::After, &*self.after, &measure.after)];
        cuts(&sides, options.max_stack)
    }

    /// What the compared values rest on. Spans are not samples.
    fn basis(&self) -> Basis {
        match self.requests {
            Some(_) => Basis::Requests,
            None if self.measures[0].0.is_quantified() => Basis::Samples,
            None => Basis::Amounts,
        }
    }
}

/// The common measures, the one to compare first.
fn choose(
    before_has: &[Measure],
    after_has: &[Measure],
    options: &CompareOptions,
    before: &Capture,
    after: &Capture,
) -> Result<Vec<CommonMeasure>, CompareError> {
    let list = |measures: &[Measure]| {
        let texts: Vec<String> = measures.iter().map(|m| format!("{} ({})", m.name, m.unit)).collect();
        if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
    };
    let mut common = value::common(before_has, after_has);
    if common.is_empty() {
        return Err(CompareError::NoCommonValueType {
            before: before.source.name.clone(),
            before_has: list(before_has),
            after: after.source.name.clone(),
            after_has: list(after_has),
        });
    }
    if let Some(wanted) = &options.value {
        let names = common.iter().map(|measure| measure.after.name.as_str());
        let chosen = value::position(names, wanted).ok_or_else(|| CompareError::NoSuchValueType {
            wanted: wanted.clone(),
            common: list(&common.iter().map(|measure| measure.after.clone()).collect::<Vec<_>>()),
        })?;
        common[..=chosen].rotate_right(1);
    }
    Ok(common)
}

/// The sum of a measure over the whole profile, as stored.
fn total(profile: &Profile, measure: &Measure) -> i128 {
    let samples = &profile.series[measure.series.index()].samples;
    (0..samples.len()).map(|row| measure.value(samples, row)).sum()
}
