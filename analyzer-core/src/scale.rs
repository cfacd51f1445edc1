//! The factor k that maps before to after: what unchanged code would have cost in after.

use crate::stats::reference::Reference;
use crate::tree::Cell;
use regex::bytes::Regex;
use serde::Serialize;

/// How before is brought to the size of after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleMode {
    /// Functions that did not change are made equal.
    Reference,
    /// Totals are made equal: what is compared are shares.
    Share,
    /// Per unit of recording time: what is compared are rates.
    Duration,
    /// Per unit of work: requests of a trace set, or a count that was given.
    Work,
    /// Per unit of what chosen functions do.
    Anchor,
    /// As they are, per capture: amounts, of a heap say, that grow neither with load nor with the length of a recording.
    Absolute,
}

/// Which scale is asked for.
#[derive(Clone, Debug, Default)]
pub enum ScaleChoice {
    /// Per unit of work where it is known; else by reference where enough functions agree; else amounts as they are and
    /// all others by share.
    #[default]
    Auto,
    /// Always by reference.
    Reference,
    /// Always share.
    Share,
    /// Always duration.
    Duration,
    /// Units of work done in before and in after.
    Work(f64, f64),
    /// The functions of these names, with what they call, are made equal.
    Anchor(Regex),
    /// Always as they are.
    Absolute,
}

/// One way to scale and its factor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Alternative {
    /// The way.
    pub mode: ScaleMode,
    /// After = k x before for unchanged code.
    pub k: f64,
    /// Standard error of ln k, where k is estimated.
    pub se_ln_k: Option<f64>,
}

/// A reference is trusted from so many functions of equal weight on, of which such a share agrees.
const FEWEST_FUNCTIONS: f64 = 15.0;
const LEAST_SUPPORT: f64 = 0.6;

/// What the modes are computed from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sizes {
    /// Sum of all values of before and after.
    pub totals: (f64, f64),
    /// Lengths of the recordings in nanoseconds, where both are known.
    pub durations_ns: Option<(i64, i64)>,
    /// Units of work, where both are known.
    pub work: Option<(f64, f64)>,
    /// What functions that did not change say, as a factor of values.
    pub reference: Option<Reference>,
    /// What was measured in the functions that were chosen as the measure.
    pub anchor: Option<Cell>,
    /// Whether values are amounts.
    pub amounts: bool,
    /// How many captures before and after are the sums of.
    pub captures: (usize, usize),
}

/// Samples come in bursts: the variance of a count over that of independent samples, before anything is known.
const BURSTS: f64 = 2.0;

/// Every mode that can be computed, the chosen one first. `None` when the wanted one cannot.
#[must_use]
pub fn scales(sizes: &Sizes, choice: &ScaleChoice) -> Option<Vec<Alternative>> {
    let exact = |mode, pair: Option<(f64, f64)>| ratio(pair?).map(|k| Alternative { mode, k, se_ln_k: None });
    let reference = sizes.reference.map(|reference| Alternative {
        mode: ScaleMode::Reference,
        k: reference.k,
        se_ln_k: Some(reference.se_ln_k),
    });
    let anchor = sizes.anchor.and_then(|cell| {
        let k = ratio((cell.value.before as f64, cell.value.after as f64))?;
        let se_ln_k = ratio((cell.count.before.samples(), cell.count.after.samples())).map(|_| {
            (BURSTS * (1.0 / cell.count.before.samples() + 1.0 / cell.count.after.samples())).sqrt()
        });
        Some(Alternative { mode: ScaleMode::Anchor, k, se_ln_k })
    });
    // With an empty side there is nothing to scale by, and k does not matter.
    let k = ratio(sizes.totals).unwrap_or(1.0);
    let share = Alternative { mode: ScaleMode::Share, k, se_ln_k: None };
    let durations = sizes.durations_ns.map(|(before, after)| (before as f64, after as f64));
    let work =
        if let ScaleChoice::Work(before, after) = choice { Some((*before, *after)) } else { sizes.work };
    let captures = (sizes.captures.0.max(1) as f64, sizes.captures.1.max(1) as f64);
    let as_they_are = sizes.amounts || matches!(choice, ScaleChoice::Absolute);
    let all = [
        reference,
        Some(share),
        exact(ScaleMode::Duration, durations),
        exact(ScaleMode::Work, work),
        anchor,
        exact(ScaleMode::Absolute, Some(captures).filter(|_| as_they_are)),
    ];
    let mut known: Vec<Alternative> = all.into_iter().flatten().collect();
    let has = |mode| known.iter().any(|alternative| alternative.mode == mode);
    let is_trusted = sizes.reference.is_some_and(|reference| is_trusted(&reference));
    let wanted = match choice {
        ScaleChoice::Auto if has(ScaleMode::Work) => ScaleMode::Work,
        ScaleChoice::Auto if is_trusted => ScaleMode::Reference,
        ScaleChoice::Auto if sizes.amounts => ScaleMode::Absolute,
        ScaleChoice::Reference => ScaleMode::Reference,
        ScaleChoice::Auto | ScaleChoice::Share => ScaleMode::Share,
        ScaleChoice::Duration => ScaleMode::Duration,
        ScaleChoice::Work(..) => ScaleMode::Work,
        ScaleChoice::Anchor(_) => ScaleMode::Anchor,
        ScaleChoice::Absolute => ScaleMode::Absolute,
    };
    let chosen = known.iter().position(|alternative| alternative.mode == wanted)?;
    known[..=chosen].rotate_right(1);
    Some(known)
}

fn is_trusted(reference: &Reference) -> bool {
    reference.functions >= FEWEST_FUNCTIONS && reference.support >= LEAST_SUPPORT
}

fn ratio((before, after): (f64, f64)) -> Option<f64> {
    (before > 0.0 && after > 0.0).then(|| after / before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_modes_are_given_the_chosen_first() {
        let sizes = Sizes { totals: (100.0, 150.0), durations_ns: Some((10, 20)), ..Sizes::default() };
        let modes = |choice| {
            let scales = scales(&sizes, &choice)?;
            Some(scales.iter().map(|alternative| (alternative.mode, alternative.k)).collect::<Vec<_>>())
        };
        let (share, duration) = ((ScaleMode::Share, 1.5), (ScaleMode::Duration, 2.0));
        assert_eq!(modes(ScaleChoice::Auto), Some(vec![share, duration]));
        assert_eq!(modes(ScaleChoice::Duration), Some(vec![duration, share]));
        assert_eq!(modes(ScaleChoice::Work(2.0, 1.0)), Some(vec![(ScaleMode::Work, 0.5), share, duration]));
    }

    #[test]
    fn amounts_are_compared_as_they_are() {
        let sizes = Sizes { totals: (100.0, 150.0), amounts: true, ..Sizes::default() };
        let scales = scales(&sizes, &ScaleChoice::Auto).unwrap();
        assert_eq!((scales[0].mode, scales[0].k), (ScaleMode::Absolute, 1.0));
    }

    #[test]
    fn amounts_are_those_of_one_capture() {
        let sizes = Sizes { totals: (100.0, 300.0), amounts: true, captures: (1, 2), ..Sizes::default() };
        let scales = scales(&sizes, &ScaleChoice::Auto).unwrap();
        assert_eq!((scales[0].mode, scales[0].k), (ScaleMode::Absolute, 2.0));
    }

    #[test]
    fn an_unknown_duration_cannot_be_chosen() {
        let sizes = Sizes { totals: (1.0, 1.0), ..Sizes::default() };
        assert_eq!(scales(&sizes, &ScaleChoice::Duration), None);
    }

    #[test]
    fn an_empty_side_has_a_factor_of_one() {
        let scales = scales(&Sizes::default(), &ScaleChoice::Auto).unwrap();
        assert_eq!((scales[0].mode, scales[0].k), (ScaleMode::Share, 1.0));
    }
}
