//! What makes two captures hard to compare.

use super::build::Inputs;
use super::{Comparability, words};
use crate::account::Account;
use crate::fitness::{Facts, Severity, fitness};
use crate::spans;
use crate::stats::noise::Noise;
use crate::survey::survey;
use crate::tree::ROOT;
use crate::value::Measure;
use analyzer_formats::{Capture, Content, Profile};

/// Below this share in functions of both captures, they are hardly of one program.
const COMMON_PCT: f64 = 25.0;

/// The warnings, those on both captures first.
pub(super) fn comparability(inputs: &Inputs<'_>) -> Vec<Comparability> {
    let mut warnings = Vec::new();
    let mut warn = |code, text| warnings.push(Comparability { code, severity: "warning", text });
    let (before, after) = inputs.captures;
    let names = (&before.source.name, &after.source.name);
    // The two columns of one file are two captures, of names of their own.
    let is_pair = before.source.format == "folded" && names.0 != names.1 && names.0.ends_with("(before)");
    if before.source.digest.is_some() && before.source.digest == after.source.digest && !is_pair {
        warn("same_file", words::same_file(&before.source.name));
    }
    let starts = (inputs.profiles.0.meta.start_ns, inputs.profiles.1.meta.start_ns);
    if let (Some(first), Some(second)) = starts
        && first > second
    {
        warn("order", words::reversed(&before.source.name, &after.source.name));
    }
    if let Some(common) = common_pct(inputs).filter(|&common| common < COMMON_PCT) {
        warn("few_common_functions", words::few_in_common(common));
    }
    if let Some(text) = words::symbols_differ(&inputs.aligned.modules) {
        warn("symbols_differ", text);
    }
    let (measure, ..) = &inputs.measures[0];
    let sides: [(&Capture, &Profile, &Measure); 2] =
        [(before, inputs.profiles.0, &measure.before), (after, inputs.profiles.1, &measure.after)];
    for (capture, profile, measure) in sides {
        let findings = fitness(&facts(inputs, capture, profile, measure)).reasons;
        for finding in findings.into_iter().filter(|finding| finding.severity >= Severity::Care) {
            warn(finding.code, format!("{}: {}", capture.source.name, finding.text));
        }
    }
    warnings
}

/// What the rules on one capture look at, of the measure that is compared.
fn facts(inputs: &Inputs<'_>, capture: &Capture, profile: &Profile, measure: &Measure) -> Facts {
    let facts = Facts::of_file(&Account::new(capture));
    if let Content::Traces(traces) = &capture.content {
        let requests = spans::requests(traces);
        return Facts { requests: Some(requests), is_empty: requests == 0, ..facts };
    }
    let survey = survey(profile, measure);
    match &inputs.noise {
        Some(noise) => facts.with_survey(&survey, noise),
        // Amounts do not rest on samples that could be too few.
        None => {
            let facts = facts.with_survey(&survey, &Noise::assumed(1.0, 1, inputs.confidence));
            Facts { samples: None, shows_points: None, samples_needed: None, ..facts }
        }
    }
}

/// The share of both captures together that is in functions that both have; `None` when one is empty.
fn common_pct(inputs: &Inputs<'_>) -> Option<f64> {
    let whole = inputs.tree.total[ROOT].value;
    if whole.before <= 0 || whole.after <= 0 {
        return None;
    }
    let in_both = inputs.functions.iter().filter(|function| {
        let total = function.total.value;
        total.before != 0 && total.after != 0
    });
    let share = |value: i128, whole: i128| value as f64 / whole as f64;
    let shares = in_both.map(|function| {
        let own = function.own.value;
        (share(own.before, whole.before) + share(own.after, whole.after)) / 2.0
    });
    Some(100.0 * shares.sum::<f64>().max(0.0))
}
