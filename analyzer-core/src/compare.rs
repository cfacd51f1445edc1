//! The whole pipeline: two captures in, one report out.

use crate::align::cut::{Cuts, cuts};
use crate::align::{Aligned, Aligning, Joint, KeySpace, Names};
use crate::at_scale::{AtScale, Unscaled, counts, weights};
use crate::check::Budgets;
use crate::classes::{CLASSES, ClassRules, Classified, classes};
use crate::error::CompareError;
use crate::function::{self, FunctionCells};
use crate::idle::{self, Idle};
use crate::plateau::{Certainty, RankOptions};
use crate::refusal::{Refusal, nothing_in_common, refusal};
use crate::report::{Basis, Inputs, Report, build};
use crate::requests::{ContributionRow, Findings, RequestOptions, Thresholds, compare_requests};
use crate::scale::{ScaleChoice, Sizes, scales};
use crate::sides::{Question, Sides};
use crate::spans::{PathOptions, SpanMeasure, TraceValue};
use crate::stats::reference::Reference;
use crate::stats::replicates::Replicates;
use crate::tree::{CallTree, ROOT, Side, own_counts};
use crate::value::FoldedValues;
use analyzer_formats::Capture;
use regex::bytes::Regex;
use rustc_hash::FxHashMap;

/// How to compare.
#[derive(Clone, Debug)]
pub struct CompareOptions {
    /// The question as the user asked it, for the report.
    pub command: String,
    /// The value type to compare; the default of after when `None`.
    pub value: Option<String>,
    /// What the values of folded stacks are, where it is said.
    pub folded: FoldedValues,
    /// How to bring before to the size of after.
    pub scale: ScaleChoice,
    /// Which names count as the same function.
    pub names: Names,
    /// Whether functions are looked for that have another name in after.
    pub renames: bool,
    /// Whether frames are bridged that one side has between two others, and functions are put together with callers that
    /// they were inlined into.
    pub wrappers: bool,
    /// Whether stacks are compared to the depth to which all captures have them.
    pub max_stack: bool,
    /// Whether interrupts are functions of their own, and not part of what they interrupt.
    pub keep_interrupts: bool,
    /// Whether waiting is compared as if it were work.
    pub keep_idle: bool,
    /// The value that spans are compared by.
    pub trace_value: TraceValue,
    /// How the critical paths of requests are found.
    pub path: PathOptions,
    /// What matters of changes of requests.
    pub thresholds: Thresholds,
    /// The share of intervals that should hold the truth.
    pub confidence: f64,
    /// The change, as a share of the whole, below which captures are called equivalent.
    pub margin: Option<f64>,
    /// What is worth reporting.
    pub rank: RankOptions,
    /// Functions of which the report says why they are in it, or why not.
    pub explain: Option<Regex>,
    /// Which classes of code there are; the project's own when `None`.
    pub classes: Option<ClassRules>,
    /// How many texts of the captures are hidden, where that was asked for.
    pub redacted: Option<usize>,
    /// Budgets that the report is to be judged by: what they are about is added up, where it is more than functions.
    pub budgets: Option<Budgets>,
    /// Whether captures of different kinds of measurement are compared all the same.
    pub force: bool,
}

impl Default for CompareOptions {
    fn default() -> Self {
        CompareOptions {
            command: String::new(),
            value: None,
            folded: FoldedValues::default(),
            scale: ScaleChoice::Auto,
            names: Names::Canonical,
            renames: true,
            wrappers: true,
            max_stack: true,
            keep_interrupts: false,
            keep_idle: false,
            trace_value: TraceValue::CriticalPath,
            path: PathOptions::default(),
            thresholds: Thresholds::default(),
            confidence: 0.95,
            margin: None,
            rank: RankOptions::default(),
            explain: None,
            classes: None,
            redacted: None,
            budgets: None,
            force: false,
        }
    }
}

impl CompareOptions {
    /// What spans are measured by.
    pub(crate) fn span_measure(&self) -> SpanMeasure {
        SpanMeasure { value: self.trace_value, path: self.path }
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
/// When the captures hold different kinds of content, measure nothing in common or in different ways, or the wanted
/// value type or scale cannot be had.
pub fn compare(before: &Capture, after: &Capture, options: &CompareOptions) -> Result<Report, CompareError> {
    compare_all(&Question::pair(before, after), options)
}

/// Compares several captures of before with several of after, which are added up. How much those of one side differ
/// tells the noise.
///
/// # Errors
/// As [`compare`].
///
/// # Panics
/// When a side has no capture.
pub fn compare_all(question: &Question<'_>, options: &CompareOptions) -> Result<Report, CompareError> {
    let sides = Sides::new(question, options)?;
    let unless_forced = |refusal: Option<Refusal>| match refusal.filter(|_| !options.force) {
        Some(Refusal { reason, .. }) => Err(CompareError::NotComparable { reason }),
        None => Ok(()),
    };
    unless_forced(refusal(&sides))?;
    let is_profile = sides.requests.is_none();
    let mut whole = Whole::new(&sides, options);
    let aligning = Aligning {
        interrupts: !options.keep_interrupts,
        renames: options.renames,
        wrappers: options.wrappers,
        is_counted: sides.basis() == Basis::Samples,
    };
    let aligned = if is_profile { whole.joint.align(&mut whole.keys, &aligning) } else { Aligned::default() };
    let Whole { keys, joint: Joint { tree, children, outermost, functions }, cuts, idle, mut own } = whole;
    own.iter_mut().for_each(|(_, own)| *own = aligned.joined(own));
    unless_forced(nothing_in_common(&sides, &functions))?;

    let sizes = sizes(&sides, &tree, &functions, &keys, &options.scale);
    let mut scales = scales(&sizes, &options.scale).ok_or_else(|| missing_for(&options.scale, &sides))?;
    let measure = &sides.common[0].columns[0].measure;
    let archived = question.baseline.and_then(|baseline| baseline.replicates(measure));
    let replicates: Vec<Replicates> = Replicates::of_sides(&own).chain(archived).collect();
    let classified = Classified::new(options.classes.as_ref().unwrap_or(&CLASSES), &keys);
    let findings = sides.requests.map(|(_, after)| {
        let wanted = RequestOptions {
            confidence: options.confidence,
            thresholds: options.thresholds,
            path: options.path,
        };
        let findings = compare_requests(question.before, question.after, &wanted);
        let certainties =
            certainties(&findings, after, &keys).filter(|_| options.trace_value.is_critical_path());
        (findings, certainties)
    });
    let (findings, certainties) = findings.unzip();
    let certainties = certainties.flatten();
    let unscaled = Unscaled {
        requests: certainties.as_deref(),
        tree: &tree,
        outermost: &outermost,
        functions: &functions,
        keys: &keys,
        classified: &classified,
        replicates: &replicates,
        own: &own,
        is_counted: sides.basis() == Basis::Samples,
        confidence: options.confidence,
        rank: &options.rank,
    };
    let AtScale { totals, noise, ranking, scatters } = match options.scale {
        ScaleChoice::Auto => unscaled.at_best(&mut scales),
        _ => unscaled.at(&scales[0]),
    };
    let classes = sides.requests.is_none().then(|| classes(&classified, &tree, &totals, noise.as_ref()));
    Ok(build(Inputs {
        sides: &sides,
        options,
        classified: &classified,
        classes,
        keys: &keys,
        outermost: &outermost,
        tree: &tree,
        children,
        functions: &functions,
        ranking: &ranking,
        scatters: &scatters,
        aligned: &aligned,
        cuts: &cuts,
        own: &own,
        idle,
        scales,
        noise,
        requests: findings,
        is_known_by_requests: certainties.is_some(),
    }))
}

/// How sure the change of each function is by what the requests tell, by key; `None` where there are too few.
fn certainties(findings: &Findings, requests: f64, keys: &KeySpace) -> Option<Vec<Option<Certainty>>> {
    if findings.evidence == "none" {
        return None;
    }
    let rows: FxHashMap<&str, &ContributionRow> =
        findings.contributions.iter().map(|row| (row.frame.as_str(), row)).collect();
    let ns_of_all = |us_per_request: f64| us_per_request * 1e3 * requests;
    let certainty = |name: &[u8]| {
        let row = rows.get(&*String::from_utf8_lossy(name))?;
        Some(Certainty {
            is_sure: matches!(row.tier, "grew" | "shrank"),
            growth: ns_of_all(row.delta_us_per_request),
            margin: ns_of_all((row.high? - row.low?) / 2.0),
        })
    };
    Some(keys.keys().iter().map(|key| certainty(&key.name)).collect())
}

/// All captures in one call tree, functions joined by their names alone.
struct Whole {
    keys: KeySpace,
    joint: Joint,
    /// Where stacks are cut.
    cuts: Cuts,
    /// What was left out because it waits.
    idle: Idle,
    /// Samples of each function itself in each capture, where a side has several.
    own: Vec<(Side, Vec<f64>)>,
}

impl Whole {
    fn new(sides: &Sides<'_>, options: &CompareOptions) -> Whole {
        let common = &sides.common[0];
        // Operations of traces are grouped by their projection; the rules for function names are not theirs.
        let is_profile = sides.requests.is_none();
        let names = if is_profile { options.names } else { Names::Exact };
        let mut cuts = if is_profile {
            cuts(&sides.measured(common).collect::<Vec<_>>(), options.max_stack)
        } else {
            Cuts::default()
        };
        let profiles: Vec<_> = sides.parts().map(|part| part.profile.as_ref()).collect();
        let mut keys = KeySpace::new(names, &profiles);
        let is_idle = idle::rows(sides, common, options.keep_idle);
        let mut tree = CallTree::default();
        let mut idle = Idle::default();
        let mut own = Vec::new();
        for (at, (side, part, column)) in sides.with(common).enumerate() {
            let profile = cuts.cut(&part.profile, &column.measure);
            let key_of = keys.add(&profile);
            keys.locate(&profile, &column.measure, &key_of);
            let key = |frame| key_of[profile.frame(frame).function.index()];
            idle.add(side, tree.add(side, &profile, column, &is_idle[at], key));
            if sides.before.len() > 1 || sides.after.len() > 1 {
                own.push((side, own_counts(&profile, column, &is_idle[at], key)));
            }
        }
        let now = keys.sort();
        tree.sort(&now);
        own.iter_mut().for_each(|(_, own)| *own = moved(own, &now));
        tree.add_up();
        let joint = Joint::new(tree, &keys);
        Whole { keys, joint, cuts, idle, own }
    }
}

/// A figure of every function, at its new key.
fn moved(figures: &[f64], now: &[u32]) -> Vec<f64> {
    let mut moved = vec![0.0; now.len()];
    figures.iter().zip(now).for_each(|(&figure, &key)| moved[key as usize] = figure);
    moved
}

/// What the scales are computed from.
fn sizes(
    sides: &Sides<'_>,
    tree: &CallTree,
    functions: &[FunctionCells],
    keys: &KeySpace,
    choice: &ScaleChoice,
) -> Sizes {
    let whole = &tree.total[ROOT];
    let basis = sides.basis();
    let reference = (basis == Basis::Samples)
        .then(|| Reference::new(functions.iter().map(counts)))
        .flatten()
        .map(|reference| Reference { k: reference.k / weights(whole), ..reference });
    let anchor = match choice {
        ScaleChoice::Anchor(pattern) => {
            let is_anchor = |key: usize| pattern.is_match(&keys.keys()[key].name);
            Some(function::total_of(tree, is_anchor))
        }
        _ => None,
    };
    let (before, after) = sides.durations_ns();
    Sizes {
        reference,
        totals: (whole.value.before as f64, whole.value.after as f64),
        durations_ns: before.zip(after),
        anchor,
        // Amounts, of a heap say, do not depend on how long was recorded: they are compared as they are unless a
        // scale is asked for or functions tell one.
        amounts: sides.common[0].is_amount(),
        captures: sides.captures,
        work: sides.requests,
    }
}

fn missing_for(choice: &ScaleChoice, sides: &Sides<'_>) -> CompareError {
    match choice {
        ScaleChoice::Anchor(pattern) => CompareError::NoAnchor { pattern: pattern.to_string() },
        ScaleChoice::Reference => CompareError::NoReference,
        _ => {
            let missing = if sides.durations_ns().0.is_none() { &sides.before } else { &sides.after };
            let silent = missing.iter().find(|part| part.profile.meta.duration_ns.is_none());
            let missing = silent.unwrap_or(&missing[0]).capture.source.name.clone();
            CompareError::NoDuration { missing }
        }
    }
}
