//! How totals changed: per second, of other value types, of what was idle.

use super::build::round;
use super::{Idle, OtherValue, Rate, Summary};
use crate::sides::Sides;
use crate::stats::noise::Noise;
use crate::stats::normal;
use crate::tree::Cell;
use crate::value::Common;

pub(super) fn rate(before: &Summary, after: &Summary, noise: Option<&Noise>) -> Option<Rate> {
    let per_second = |side: &Summary| {
        let seconds = side.duration_ns.filter(|&duration| duration > 0)? as f64 / 1e9;
        Some(side.value / seconds)
    };
    let (before_per_s, after_per_s) = (per_second(before)?, per_second(after)?);
    if before_per_s <= 0.0 {
        return None;
    }
    let ratio = after_per_s / before_per_s;
    let samples = before.samples.zip(after.samples).map(|(before, after)| (before as f64, after as f64));
    let (low, high) = interval(ratio, samples, noise);
    Some(Rate { before_per_s, after_per_s, change_pct: round(100.0 * (ratio - 1.0)), low, high })
}

/// The interval of a ratio of totals, as changes in percent: both are of samples that come in bursts.
fn interval(ratio: f64, samples: Option<(f64, f64)>, noise: Option<&Noise>) -> (Option<f64>, Option<f64>) {
    let deviation =
        samples.zip(noise).and_then(|((before, after), noise)| noise.deviation_of_ln(before, after));
    let Some(deviation) = deviation.filter(|_| ratio > 0.0) else { return (None, None) };
    let z = noise.map_or(0.0, |noise| -normal::quantile((1.0 - noise.confidence) / 2.0));
    let percent = |z: f64| Some(round(100.0 * (ratio * (z * deviation).exp() - 1.0)));
    (percent(-z), percent(z))
}

pub(super) fn other_values(sides: &Sides<'_>, noise: Option<&Noise>) -> Vec<OtherValue> {
    let row = |common: &Common| {
        let (before, after) = sides.totals(common);
        let mean = |sum: i128, captures: usize| sum as f64 / captures as f64;
        let ratio = (before > 0).then(|| mean(after, sides.captures.1) / mean(before, sides.captures.0));
        let (low, high) = ratio.map_or((None, None), |ratio| interval(ratio, sides.samples(common), noise));
        OtherValue {
            name: common.name.clone(),
            unit: common.unit.clone(),
            change_pct: ratio.map(|ratio| round(100.0 * (ratio - 1.0))),
            low,
            high,
        }
    };
    sides.common[1..].iter().map(row).collect()
}

pub(super) fn idle(idle: &crate::idle::Idle, whole: &Cell, per_unit: f64) -> Option<Idle> {
    let (cell, share) =
        (
            idle.cell.value,
            |idle: i128, busy: i128| {
                if idle > 0 { round(100.0 * idle as f64 / (idle + busy) as f64) } else { 0.0 }
            },
        );
    (cell.before != 0 || cell.after != 0).then(|| Idle {
        before: cell.before as f64 / per_unit,
        after: cell.after as f64 / per_unit,
        before_pct: share(cell.before, whole.value.before),
        after_pct: share(cell.after, whole.value.after),
    })
}
