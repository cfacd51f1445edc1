//! What makes two captures hard to compare.

use super::build::Inputs;
use super::{Comparability, provenance, words};
use crate::account::Account;
use crate::fitness::{Facts, Severity, fitness};
use crate::refusal::{Refusal, nothing_in_common, refusal};
use crate::sides::Part;
use crate::spans;
use crate::stats::noise::Noise;
use crate::survey::survey;
use crate::tree::{ROOT, Side};
use crate::value::{Measure, event_class};
use analyzer_formats::{Capture, Content, Profile};

/// Below this share in functions of both captures, they are hardly of one program.
const COMMON_PCT: f64 = 25.0;
/// Below this, what is left is no comparison of anything.
const UNFIT_COMMON_PCT: f64 = 5.0;

/// What rules on one capture say of how little it shows.
const ALONE: &[&str] = &["few_samples", "few_functions"];

/// Durations that differ by a larger factor are hardly of the same experiment.
const DURATIONS_APART: i64 = 4;

/// The warnings, those on both captures first.
pub(super) fn comparability(inputs: &Inputs<'_>) -> Vec<Comparability> {
    let mut warnings = Vec::new();
    let sides = inputs.sides;
    // Of an empty capture the rules below say so.
    let refusals = refusal(sides).into_iter().chain(nothing_in_common(sides, inputs.functions));
    for Refusal { code, reason } in refusals.filter(|refusal| refusal.code != "empty") {
        warnings.push(Comparability { code, severity: "blocking", text: reason, is_unfit: true });
    }
    let mut warn = |code, text| {
        warnings.push(Comparability { code, severity: "warning", text, is_unfit: false });
    };
    let (before, after) = (sides.before[0].capture, sides.after[0].capture);
    provenance::warnings(sides).into_iter().for_each(|(code, text)| warn(code, text));
    let counts = inputs.tree.total[ROOT].count;
    let most = counts.before.max(counts.after).whole();
    if inputs.noise.is_some() && i64::try_from(most).is_err() {
        warn("counts_too_large", words::too_large(most));
    }
    let starts = (sides.before[0].profile.meta.start_ns, sides.after[0].profile.meta.start_ns);
    if let (Some(first), Some(second)) = starts
        && first > second
    {
        warn("order", words::reversed(&before.source.name, &after.source.name));
    }
    let mean = |sum: Option<i64>, captures: usize| Some(sum? / captures as i64);
    let (one, other) = sides.durations_ns();
    if let Some(one) = mean(one, sides.captures.0)
        && let Some(other) = mean(other, sides.captures.1)
        && one.min(other) > 0
        && one.max(other) / one.min(other) >= DURATIONS_APART
        && sides.requests.is_none()
    {
        warn("durations_differ", words::durations(one, other));
    }
    let hosts = |part: &Part<'_>| part.profile.meta.host.clone();
    if let (Some(one), Some(other)) = (hosts(&sides.before[0]), hosts(&sides.after[0]))
        && one != other
    {
        warn("hosts_differ", words::hosts(&one, &other));
    }
    let common = &sides.common[0];
    let events: Vec<&str> = common.columns.iter().map(|column| event(&column.measure)).collect();
    let differs = |other: &&&str| {
        let (one, other) = (event_class(events[0]), event_class(other));
        one != other && one != "samples" && other != "samples"
    };
    if let Some(other) = events.iter().find(differs) {
        warn("events_differ", words::events(events[0], other));
    }
    let periods: Vec<i64> =
        sides.parts().filter_map(|part| part.profile.meta.period).filter(|&period| period > 0).collect();
    let is_rate = inputs.noise.is_some() && sides.requests.is_none();
    if let Some(other) =
        periods.iter().find(|&&other| is_rate && other.max(periods[0]) > 2 * other.min(periods[0]))
    {
        warn("periods_differ", words::periods(periods[0], *other));
    }
    if let Some(text) = words::symbols_differ(&inputs.aligned.modules) {
        warn("symbols_differ", text);
    }
    if let Some(common) = common_pct(inputs).filter(|&common| common < COMMON_PCT)
        && nothing_in_common(sides, inputs.functions).is_none()
    {
        warnings.push(Comparability {
            code: "few_common_functions",
            severity: "warning",
            text: words::few_in_common(common),
            is_unfit: common < UNFIT_COMMON_PCT,
        });
    }
    let captures = |of: Side| sides.with(common).filter(|(side, ..)| *side == of).count();
    let is_one_of_several = [Side::Before, Side::After].map(|side| captures(side) > 1);
    for (side, part, column) in sides.with(common) {
        let findings = fitness(&facts(inputs, part.capture, &part.profile, &column.measure)).reasons;
        let is_told = |code: &str| {
            // What a capture shows alone matters little where several are added up: the report says what all show.
            !(ALONE.contains(&code) && is_one_of_several[usize::from(side == Side::After)])
        };
        let findings = findings.into_iter().filter(|finding| is_told(finding.code));
        for finding in findings.filter(|finding| finding.severity >= Severity::Care) {
            warnings.push(Comparability {
                code: finding.code,
                severity: "warning",
                text: format!("{}: {}", part.capture.source.name, finding.text),
                is_unfit: finding.severity == Severity::Unfit,
            });
        }
    }
    warnings
}

/// What a measure counts or weighs.
fn event(measure: &Measure) -> &str {
    measure.event.as_deref().unwrap_or(&measure.name)
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
            let facts = facts.with_survey(&survey, &Noise::assumed(1.0, 1, inputs.options.confidence));
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
