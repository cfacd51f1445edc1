//! Functions that a compiler put into their callers on one side: they are gone, and each of their callers takes by itself
//! about as much more. They are compared as part of the caller on both sides.

use super::KeySpace;
use super::joint::Joint;
use crate::count::Count;
use crate::tree::{Pair, ROOT, Side};
use std::collections::BTreeMap;

/// Fewer samples of a function by itself say too little, and so does a smaller share.
const FEWEST: f64 = 30.0;
const LEAST_SHARE: f64 = 0.002;
/// The share of a function that has to be in callers that grew.
const MOST: f64 = 0.9;
/// By how much the growth of a caller may differ from what the function took there.
const ABOUT: f64 = 0.3;
/// How many deviations the growth of a caller has to be, and how much real samples scatter more than independent ones.
const DEVIATIONS: f64 = 3.0;
const PHI: f64 = 2.5;

/// A function that one side has in its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inlined {
    pub(crate) function: u32,
    /// Its caller.
    pub(crate) into: u32,
    /// The side that has it in its caller.
    pub(crate) side: Side,
}

/// The functions that are certainly part of their callers on one side, by name.
pub(super) fn inlined(joint: &Joint, keys: &KeySpace, k: f64) -> Vec<Inlined> {
    let Joint { tree, functions, .. } = joint;
    let counts = |key: usize| {
        let count = functions[key].own.count;
        (count.before.samples(), count.after.samples())
    };
    let whole = tree.total[ROOT].count;
    if whole.before.is_zero() || whole.after.is_zero() {
        return Vec::new();
    }
    let gone = |key: usize| {
        let (total, own) = (functions[key].total.count, counts(key));
        match (total.before.is_zero(), total.after.is_zero()) {
            (_, true) if own.0 >= FEWEST.max(LEAST_SHARE * whole.before.samples()) => Some(Side::After),
            (true, _) if own.1 >= FEWEST.max(LEAST_SHARE * whole.after.samples()) => Some(Side::Before),
            _ => None,
        }
    };
    let gone: Vec<Option<Side>> = (0..functions.len()).map(gone).collect();
    if gone.iter().all(Option::is_none) {
        return Vec::new();
    }
    // What each takes by itself under each caller: in the order of functions, then callers.
    let mut under: BTreeMap<(usize, usize), Pair<Count>> = BTreeMap::new();
    let mut into = vec![Pair::<Count>::default(); functions.len()];
    for node in 1..tree.len() {
        let (key, caller) = (tree.key(node), tree.parent(node));
        if gone[key].is_none() || caller == ROOT || gone[tree.key(caller)].is_some() {
            continue;
        }
        let own = tree.own[node].count;
        for sum in [under.entry((key, tree.key(caller))).or_default(), &mut into[tree.key(caller)]] {
            (sum.before, sum.after) = (sum.before + own.before, sum.after + own.after);
        }
    }
    // A caller takes over all that is gone from under it, or nothing is known of it.
    let takes_over = |caller: usize| {
        let (before, after) = counts(caller);
        let (gone, new) = (into[caller].before.samples(), into[caller].after.samples());
        // Growth in samples of after, and what is expected: one side of the two is 0 mostly.
        let growth = after - k * before;
        let expected = k * gone - new;
        let deviation = (PHI * (after + new + k * k * (before + gone))).sqrt();
        (growth - expected).abs() <= ABOUT * expected.abs() && growth.abs() >= DEVIATIONS * deviation
    };
    let mut found = Vec::new();
    for (key, side) in gone.iter().enumerate() {
        let Some(side) = *side else { continue };
        let callers =
            under.range((key, 0)..=(key, usize::MAX)).filter(|((_, caller), _)| takes_over(*caller));
        let callers: Vec<(usize, Count)> =
            callers.map(|(&(_, caller), own)| (caller, own.before + own.after)).collect();
        let own = counts(key);
        let taken: Count = callers.iter().map(|(_, own)| *own).sum();
        if taken.samples() >= MOST * (own.0 + own.1) {
            let row =
                |(caller, _): (usize, Count)| Inlined { function: key as u32, into: caller as u32, side };
            found.extend(callers.into_iter().filter(|(_, own)| !own.is_zero()).map(row));
        }
    }
    let name = |key: u32| &keys.keys()[key as usize].name;
    found.sort_by(|one, other| {
        (name(one.function), name(one.into)).cmp(&(name(other.function), name(other.into)))
    });
    found
}

#[cfg(test)]
mod tests {
    use crate::plateau::Tier;
    use crate::report::Report;
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    /// A program of many functions that stay as they are, and the lines given.
    fn diff(before: &str, after: &str) -> Report {
        let others: String = (0..40).map(|n| format!("main;other{n} {}\n", 300 + 17 * n)).collect();
        let read = |text: &str| {
            read_bytes("x", (others.clone() + text).as_bytes(), &ReadOptions::default()).unwrap()
        };
        compare(&read(before), &read(after), &CompareOptions::default()).unwrap()
    }

    fn rows(report: Report) -> Vec<[String; 3]> {
        let rows = report.alignment.map(|alignment| alignment.inlined).unwrap_or_default();
        rows.into_iter().map(|row| [row.function, row.into, row.side.to_owned()]).collect()
    }

    const APART: &str = "main;serve;price 400\nmain;serve;price;round 500\nmain;serve;price;round;div 300\n";
    const INLINED: &str = "main;serve;price 910\nmain;serve;price;div 295\n";

    #[test]
    fn a_function_that_went_into_its_caller_is_no_growth() {
        for (before, after, side) in [(APART, INLINED, "after"), (INLINED, APART, "before")] {
            let report = diff(before, after);
            assert!(report.plateaus.iter().all(|row| !matches!(row.tier, Tier::Grew | Tier::Shrank)));
            assert_eq!(rows(report), [["round".to_owned(), "price".to_owned(), side.to_owned()]]);
        }
    }

    #[test]
    fn what_else_the_caller_grew_by_is_growth() {
        // 120 more than what went into it.
        let report = diff(APART, &INLINED.replace("910", "1030"));
        assert_eq!(report.plateaus[0].function, "price");
        assert_eq!(rows(report).len(), 1);
    }

    #[test]
    fn a_function_that_is_gone_for_good_is_not_inlined() {
        for after in ["main;serve;price 410\n", "main;serve;price 2200\n", "main;serve;price 640\n"] {
            assert_eq!(rows(diff(APART, after)), [] as [[String; 3]; 0], "{after}");
        }
    }
}
