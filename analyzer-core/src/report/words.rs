//! Codes into sentences, once for every output.

use super::{Plateau, Rate, VerdictCode, units};
use crate::plateau::Tier;
use crate::scale::{Alternative, ScaleMode};

/// The verdict: what happened to the rate, and what happened at equal load.
pub(super) fn verdict(
    code: VerdictCode,
    plateaus: &[Plateau],
    scales: &[Alternative],
    unit: &str,
    rate: Option<&Rate>,
    explained_pct: Option<f64>,
) -> String {
    let mut text = rate.map_or_else(String::new, |rate| rate_sentence(rate, unit) + " ");
    text += &load(&scales[0]);
    let number = |tiers: &[Tier], sign: f64| {
        plateaus.iter().filter(|row| tiers.contains(&row.tier) && row.growth.value * sign > 0.0).count()
    };
    let certain = [Tier::Grew, Tier::Shrank, Tier::Unquantified];
    let (grew, shrank) = (number(&certain, 1.0), number(&certain, -1.0));
    let may = number(&[Tier::MayHaveGrown], 1.0);
    match code {
        VerdictCode::NoChangeDetected => {
            text += "no plateau grew or shrank by more than noise";
            if may > 0 {
                text += &format!("; {} may have grown", plural(may, "plateau"));
            }
        }
        _ => text += &changes(plateaus, grew, shrank, explained_pct),
    }
    text += ".";
    if code == VerdictCode::Unquantified {
        text += " How sure that is cannot be said: these captures do not tell how many samples their values rest on.";
    }
    text
}

/// What changed, growth first, the largest by name.
fn changes(plateaus: &[Plateau], grew: usize, shrank: usize, explained_pct: Option<f64>) -> String {
    let part = |number: usize, verb: &str, sign: f64, explained: Option<f64>| {
        let first = plateaus.iter().find(|row| row.growth.value * sign > 0.0)?;
        let points = format!("{:+.1} points", first.growth.pct);
        let all = explained.map(|share| format!("{share:.0} % of all growth"));
        match (number, all) {
            (0, _) => None,
            (1, Some(all)) => Some(format!("{} {verb} ({points}, {all})", first.function)),
            (1, None) => Some(format!("{} {verb} ({points})", first.function)),
            (_, all) => {
                let all = all.map_or_else(String::new, |all| format!(" ({all})"));
                let many = plural(number, "plateau");
                Some(format!("{many} {verb}{all}, most of all {} ({points})", first.function))
            }
        }
    };
    let parts = [part(grew, "grew", 1.0, explained_pct), part(shrank, "shrank", -1.0, None)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn rate_sentence(rate: &Rate, unit: &str) -> String {
    let per_second = |value: f64| match unit {
        // A nanosecond of CPU per nanosecond of time is a core.
        "nanoseconds" => format!("{:.2}", value / 1e9),
        _ => units::value(value, unit),
    };
    let name = if unit == "nanoseconds" { "cores busy" } else { "per second" };
    format!(
        "{} -> {} {name} ({:+.1} %).",
        per_second(rate.before_per_s),
        per_second(rate.after_per_s),
        rate.change_pct
    )
}

fn load(scale: &Alternative) -> String {
    let k = format!("k {:.3}", scale.k);
    match scale.mode {
        ScaleMode::Share => format!("At equal totals ({k}), "),
        ScaleMode::Duration => format!("Per second ({k}), "),
        ScaleMode::Work => format!("Per request ({k}), "),
    }
}

/// Why the chosen scale may mislead: the modes give different answers.
pub(super) fn scale_warning(scales: &[Alternative]) -> Option<String> {
    let chosen = scales[0];
    let other = scales.iter().find(|scale| scale.mode == ScaleMode::Duration && scale.mode != chosen.mode)?;
    let apart = (other.k / chosen.k).ln().abs();
    (apart > 0.1).then(|| {
        let change = 100.0 * (chosen.k / other.k - 1.0);
        format!(
            "the total per second changed by {change:+.0} %: two profiles cannot tell more load from everything \
             being slower; compare with --scale duration as well"
        )
    })
}

pub(super) fn reversed(before: &str, after: &str) -> String {
    format!("{before} was recorded later than {after}: are before and after the right way round?")
}

pub(super) fn lost_events(name: &str, lost: u64) -> String {
    format!("{name}: {} were lost while recording", plural(lost as usize, "event"))
}

pub(super) fn left_out(name: &str, percent: f64) -> String {
    format!("{name}: {percent:.1} % of the samples could not be used")
}

fn plural(number: usize, noun: &str) -> String {
    match (number, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "plateau") => format!("{number} plateaus"),
        _ => format!("{} {noun}s", units::count(number as f64)),
    }
}
