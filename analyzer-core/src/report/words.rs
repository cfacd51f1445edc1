//! Codes into sentences, once for every output.

use super::alignment::side_name;
use super::culprit;
use super::phrases::{factor, name, percent, points};
use super::{Basis, Comparability, Equivalence, Plateau, Rate, Summary, ValueName, VerdictCode, units};
use crate::align::BareModule;
use crate::count::Count;
use crate::plateau::{Tier, Why};
use crate::requests::Findings;
use crate::scale::{Alternative, ScaleMode};
use crate::stats::noise::Noise;
use crate::tree::{Pair, Side};

/// What the verdict is put together from.
pub(super) struct Facts<'a> {
    pub(super) code: VerdictCode,
    pub(super) plateaus: &'a [Plateau],
    pub(super) before: &'a Summary,
    pub(super) after: &'a Summary,
    pub(super) value_type: &'a ValueName,
    pub(super) scales: &'a [Alternative],
    pub(super) basis: Basis,
    pub(super) rate: Option<&'a Rate>,
    pub(super) explained_pct: Option<f64>,
    /// The least change that is listed where evidence is unknown, in percent.
    pub(super) least_pct: f64,
    pub(super) comparability: &'a [Comparability],
    /// Whether the sides are the same but for a margin, where that was asked.
    pub(super) equivalence: Option<&'a Equivalence>,
    pub(super) wants_equivalence: bool,
    /// Whether it is known how sure changes are.
    pub(super) has_evidence: bool,
    /// What the requests of traces tell, where they are compared by their critical paths.
    pub(super) requests: Option<&'a Findings>,
}

/// The verdict: what happened to the whole, and what happened inside it at equal load.
pub(super) fn verdict(facts: &Facts<'_>) -> String {
    let Facts { code, plateaus, .. } = *facts;
    let mut text = unfit(facts.comparability);
    if let Some(requests) = facts.requests {
        text += &culprit::sentence(requests);
        let margin = equivalence(facts);
        let stop = if margin.is_empty() || margin.starts_with(';') { "" } else { "; " };
        return text + stop + &margin + ".";
    }
    text += &format!("{} {}", whole(facts), load(&facts.scales[0], facts.basis));
    let number = |tiers: &[Tier], sign: f64| {
        let of = |row: &&Plateau| tiers.contains(&row.tier) && row.growth.value * sign > 0.0;
        plateaus.iter().filter(of).filter(|row| row.why != Why::Moved).count()
    };
    let certain = [Tier::Grew, Tier::Shrank, Tier::Unquantified];
    let (grew, shrank) = (number(&certain, 1.0), number(&certain, -1.0));
    let may = number(&[Tier::MayHaveGrown], 1.0);
    match code {
        VerdictCode::NoChangeDetected if !facts.has_evidence => {
            text += &format!("no plateau changed by {} or more", points(facts.least_pct));
        }
        VerdictCode::NoChangeDetected => {
            text += "no plateau grew or shrank by more than noise";
            if may > 0 {
                text += "; the largest changes below the evidence are listed";
            }
        }
        VerdictCode::Equivalent => {}
        _ => text += &changes(plateaus, grew, shrank, facts.explained_pct),
    }
    text + &equivalence(facts) + "."
}

/// Whether the sides are the same but for a margin, where that was asked.
fn equivalence(facts: &Facts<'_>) -> String {
    let mut text = String::new();
    match facts.equivalence {
        Some(equivalence) if equivalence.holds => {
            text = format!(
                "equivalent: no plateau changed by {} or more, {} by {:.2} at most",
                points(equivalence.margin_pct),
                name(&equivalence.function),
                equivalence.farthest_pct
            );
            if let Some(change) = scaled_away(facts).filter(|change| change.abs() > equivalence.margin_pct) {
                text += &format!(
                    "; but the whole changed by {}, which this scale takes for load: --scale duration, work or \
                     absolute compares it too",
                    percent(change)
                );
            }
        }
        Some(equivalence) => {
            text = format!(
                "; not shown to be equivalent within {}: {} may have changed by {:.2}",
                points(equivalence.margin_pct),
                name(&equivalence.function),
                equivalence.farthest_pct
            );
        }
        None if facts.wants_equivalence => {
            text += "; whether they are equivalent cannot be told without counts of samples";
        }
        None => {}
    }
    text
}

/// What has to be known before anything else: results would mislead.
fn unfit(comparability: &[Comparability]) -> String {
    let reasons: Vec<&str> =
        comparability.iter().filter(|row| row.is_unfit).map(|row| row.text.as_str()).collect();
    if reasons.is_empty() {
        String::new()
    } else {
        format!("Not fit to be compared ({}). ", reasons.join("; "))
    }
}

/// How sure findings are that are ranked by their size alone.
pub(super) fn certainty(code: VerdictCode, basis: Basis) -> Option<&'static str> {
    match (code, basis) {
        (VerdictCode::Unquantified, Basis::Requests) => Some(
            "By size: there are too few requests, or the value is none of time, to tell how sure that is.",
        ),
        (VerdictCode::Unquantified, _) => Some(
            "By size: these captures do not tell how many samples their values rest on, so how sure that is is unknown.",
        ),
        _ => None,
    }
}

/// The totals, and what they are per second where that is known.
fn whole(facts: &Facts<'_>) -> String {
    let Facts { before, after, value_type, .. } = *facts;
    let (name, unit) = (&value_type.name, value_type.unit.as_str());
    let change = |before: f64, after: f64| {
        if before > 0.0 { format!(" ({})", percent(100.0 * (after / before - 1.0))) } else { String::new() }
    };
    let is_absolute = facts.scales[0].mode == ScaleMode::Absolute;
    if let (Basis::Requests, Some(requests), Some(later)) = (facts.basis, before.samples, after.samples)
        && !is_absolute
    {
        let each = |value: f64, requests: i64| if requests > 0 { value / requests as f64 } else { 0.0 };
        let (one, other) = (each(before.value, requests), each(after.value, later));
        let (from, to) = (units::value(one, unit), units::value(other, unit));
        return format!("{name} {from} -> {to} per request{}.", change(one, other));
    }
    let (one, other) = (before.per_capture(), after.per_capture());
    let (from, to) = (units::value(one, unit), units::value(other, unit));
    let each = if before.captures.max(after.captures) > 1 { " per capture" } else { "" };
    let mut text = format!("{name} {from} -> {to}{each}{}", change(one, other));
    let is_cpu = ["cpu", "cpu-clock", "task-clock"].iter().any(|clock| name.split(':').next() == Some(clock));
    if let Some(rate) = facts.rate.filter(|_| is_cpu && unit == "nanoseconds") {
        // A nanosecond of CPU per nanosecond of time is a core.
        let (from, to) = (rate.before_per_s / 1e9, rate.after_per_s / 1e9);
        text += &format!(", {from:.2} -> {to:.2} cores busy ({})", percent(rate.change_pct));
    } else if let Some(rate) = facts.rate {
        text += &format!(", per second {}", percent(rate.change_pct));
    }
    text + "."
}

/// What the whole changed by, in percent, where the scale makes that equal on both sides; per second where durations
/// are known.
fn scaled_away(facts: &Facts<'_>) -> Option<f64> {
    let is_equal =
        matches!(facts.scales[0].mode, ScaleMode::Share | ScaleMode::Reference | ScaleMode::Anchor);
    let (one, other) = (facts.before.per_capture(), facts.after.per_capture());
    let change = match facts.rate {
        Some(rate) => rate.change_pct,
        None if one > 0.0 => 100.0 * (other / one - 1.0),
        None => return None,
    };
    is_equal.then_some(change)
}

/// What changed, growth first, the largest by name.
fn changes(plateaus: &[Plateau], grew: usize, shrank: usize, explained_pct: Option<f64>) -> String {
    let part = |number: usize, verb: &str, sign: f64, explained: Option<f64>| {
        let first = plateaus.iter().find(|row| row.growth.value * sign > 0.0 && row.why != Why::Moved)?;
        let points = format!("{:+.1} points", first.growth.pct);
        let all = explained.map(|share| format!("{share:.0} % of all growth"));
        match (number, all) {
            (0, _) => None,
            (1, Some(all)) => Some(format!("{} {verb} ({points}, {all})", name(&first.function))),
            (1, None) => Some(format!("{} {verb} ({points})", name(&first.function))),
            (_, all) => {
                let all = all.map_or_else(String::new, |all| format!(" ({all})"));
                let many = plural(number, "plateau");
                Some(format!("{many} {verb}{all}, most of all {} ({points})", name(&first.function)))
            }
        }
    };
    let parts = [part(grew, "grew", 1.0, explained_pct), part(shrank, "shrank", -1.0, None)];
    parts.into_iter().flatten().chain(moved(plateaus)).collect::<Vec<_>>().join("; ")
}

/// Where cost moved from and to.
fn moved(plateaus: &[Plateau]) -> Option<String> {
    let mut moves = plateaus.iter().filter(|row| row.why == Why::Moved && row.growth.value > 0.0);
    let (to, more) = (moves.next()?, moves.count());
    let from = plateaus.iter().find(|row| Some(&row.id) == to.counterpart.as_ref())?;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!(
        "{:.1} points moved from {} to {}{more}",
        to.growth.pct,
        name(&from.function),
        name(&to.function)
    ))
}

fn load(scale: &Alternative, basis: Basis) -> String {
    let k = format!("k {}", factor(scale.k));
    match scale.mode {
        ScaleMode::Reference => format!("With unchanged functions as the measure ({k}), "),
        ScaleMode::Share => format!("At equal totals ({k}), "),
        ScaleMode::Duration => format!("Per second ({k}), "),
        ScaleMode::Work => format!("{} ({k}), ", work(basis)),
        ScaleMode::Anchor => format!("With the anchor as the measure ({k}), "),
        ScaleMode::Absolute if scale.k != 1.0 => format!("In absolute amounts per capture ({k}), "),
        ScaleMode::Absolute => "In absolute amounts, ".to_owned(),
    }
}

/// What is made equal when work is.
pub(crate) fn work(basis: Basis) -> &'static str {
    match basis {
        Basis::Requests => "Per request",
        Basis::Amounts => "In absolute amounts",
        Basis::Samples => "Per unit of work",
    }
}

/// Why the chosen scale may mislead: time gives another answer, by more than three standard errors.
pub(super) fn scale_warning(
    scales: &[Alternative],
    noise: Option<&Noise>,
    samples: Pair<Count>,
) -> Option<String> {
    let chosen = scales[0];
    if !matches!(chosen.mode, ScaleMode::Share | ScaleMode::Reference | ScaleMode::Anchor) {
        return None;
    }
    let other = scales.iter().find(|scale| scale.mode == ScaleMode::Duration)?;
    // A program that has a fixed amount of work spends less of each second in what did not change as something else grows.
    let apart = match chosen.mode {
        ScaleMode::Share => (chosen.k / other.k).ln().abs(),
        _ => (chosen.k / other.k).ln(),
    };
    let deviation =
        noise.and_then(|noise| noise.deviation_of_ln(samples.before.samples(), samples.after.samples()));
    let deviation = deviation.unwrap_or(0.0).hypot(chosen.se_ln_k.unwrap_or(0.0));
    (apart > LEAST_APART.max(3.0 * deviation)).then(|| {
        let change = 100.0 * (chosen.k / other.k - 1.0);
        let what = if chosen.mode == ScaleMode::Share { "the total" } else { "unchanged code" };
        format!(
            "{what} per second changed by {change:+.0} %: two profiles cannot tell more load from everything being \
             slower; compare with --scale duration as well"
        )
    })
}

/// The logarithm of the factor by which scales always differ a little.
const LEAST_APART: f64 = 0.05;

pub(super) fn durations(before_ns: i64, after_ns: i64) -> String {
    format!(
        "before was recorded for {}, after for {}: is it the same workload?",
        units::duration(before_ns),
        units::duration(after_ns)
    )
}

pub(super) fn hosts(before: &str, after: &str) -> String {
    format!("before was recorded on {before}, after on {after}: machines differ in speed")
}

pub(super) fn events(before: &str, after: &str) -> String {
    format!(
        "before counts {before}, after counts {after}: they stop at other instructions, and in other code"
    )
}

pub(super) fn periods(before: i64, after: i64) -> String {
    format!(
        "before was sampled every {}, after every {} units of the event: the one with fewer samples sees less",
        units::count(before as f64),
        units::count(after as f64)
    )
}

pub(super) fn reversed(before: &str, after: &str) -> String {
    format!("{before} was recorded later than {after}: are before and after the right way round?")
}

pub(super) fn same_file(one: &str, other: &str, is_pair: bool) -> String {
    match (is_pair, one == other) {
        (true, true) => format!("before and after are the same file ({one})"),
        (true, false) => format!("before and after hold the same samples ({one}, {other})"),
        (false, true) => format!("{one} was given twice: captures look more alike than they are"),
        (false, false) => {
            format!("{one} and {other} hold the same samples: captures look more alike than they are")
        }
    }
}

pub(super) fn too_large(samples: i128) -> String {
    format!(
        "{} samples cannot have been taken, and are reported as {}: are the values sums of periods or bytes? --period \
         and --unit say so of folded stacks",
        units::count(samples as f64),
        units::count(i64::MAX as f64)
    )
}

pub(super) fn in_baseline(name: &str) -> String {
    format!("{name} is a capture of the baseline too: it is compared with itself in part")
}

pub(super) fn not_cumulative(name: &str, measure: &str) -> String {
    format!(
        "{name}: {measure} does not add up since the start of the program, so taking an earlier capture off says \
         little; --subtract is for such as alloc_space, mutex and block"
    )
}

pub(super) fn few_in_common(common_pct: f64) -> String {
    format!(
        "only {common_pct:.0} % of the two captures is in functions that both have: are they of one program, and both \
         with symbols?"
    )
}

/// Modules that have symbols on one side only; `None` when there are none.
pub(super) fn symbols_differ(modules: &[BareModule]) -> Option<String> {
    let sides = [Side::Before, Side::After].into_iter().filter_map(|side| {
        let names = modules.iter().filter(|module| module.side == side).map(|module| module.name.as_str());
        let names: Vec<&str> = names.collect();
        let side = side_name(side);
        (!names.is_empty()).then(|| format!("{side} lacks the symbols of {}", names.join(", ")))
    });
    let sides: Vec<String> = sides.collect();
    (!sides.is_empty()).then(|| {
        format!("{}, which the other side has: such a module is compared as one function", sides.join("; "))
    })
}

fn plural(number: usize, noun: &str) -> String {
    match (number, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "plateau") => format!("{number} plateaus"),
        _ => format!("{} {noun}s", units::count(number as f64)),
    }
}
