//! Modules that have symbols on one side only: their functions cannot be compared, the module as a whole can.

use super::joint::Joint;
use super::{FEWEST_SAMPLES, Key, KeySpace};
use crate::count::Count;
use crate::tree::{Pair, ROOT, Side};
use analyzer_formats::FrameKind;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// Modules of a smaller share on either side are not worth a warning.
const LEAST_SHARE: f64 = 0.005;
/// A module has symbols on one side when so much more of it than on the other has none,
const MUCH: f64 = 0.5;
/// or so much more, where that is this much of the whole.
const SOME: f64 = 0.1;
const OF_WHOLE: f64 = 0.05;

/// A module that is compared as one function.
#[derive(Clone, Debug)]
pub(crate) struct BareModule {
    /// Its name, without folder.
    pub(crate) name: String,
    /// The key that stands for all of its code.
    pub(crate) key: u32,
    /// The side that lacks symbols.
    pub(crate) side: Side,
    /// Its functions.
    pub(super) functions: Vec<u32>,
}

/// What a module has on its own.
#[derive(Default)]
struct Code {
    functions: Vec<u32>,
    all: Pair<f64>,
    nameless: Pair<f64>,
    /// Samples of both.
    samples: Pair<Count>,
}

/// The modules of which one side lacks the symbols that the other has, by name.
pub(super) fn bare_modules(joint: &Joint, keys: &mut KeySpace) -> Vec<BareModule> {
    if keys.keys().iter().all(|key| key.kind != FrameKind::Unknown || key.module.is_none()) {
        return Vec::new();
    }
    let is_counted = joint.tree.total[ROOT].count != Pair::default();
    let whole = joint.tree.total[ROOT].value;
    let share = |value: i128, whole: i128| if whole > 0 { value as f64 / whole as f64 } else { 0.0 };
    // An ordered map, since it is walked.
    let mut modules: BTreeMap<&str, Code> = BTreeMap::new();
    for (index, key) in keys.keys().iter().enumerate() {
        let Some(module) = &key.module else { continue };
        let code = modules.entry(module.trim_end_matches(" (deleted)")).or_default();
        code.functions.push(index as u32);
        let count = joint.functions[index].own.count;
        code.samples.before += count.before;
        code.samples.after += count.after;
        let own = joint.functions[index].own.value;
        let own = (share(own.before, whole.before), share(own.after, whole.after));
        for sum in [Some(&mut code.all), (key.kind == FrameKind::Unknown).then_some(&mut code.nameless)] {
            let Some(sum) = sum else { continue };
            (sum.before, sum.after) = (sum.before + own.0, sum.after + own.1);
        }
    }
    let bare: Vec<(String, Side, Vec<u32>)> = modules
        .into_iter()
        .filter_map(|(name, Code { functions, all, nameless, samples })| {
            let fewest = if is_counted { FEWEST_SAMPLES } else { 0.0 };
            if all.before.min(all.after) < LEAST_SHARE || samples.before.min(samples.after).samples() < fewest
            {
                return None;
            }
            let more = nameless.after / all.after - nameless.before / all.before;
            let of_whole = (nameless.after - nameless.before).abs();
            let side = if more > 0.0 { Side::After } else { Side::Before };
            (more.abs() > MUCH || (more.abs() > SOME && of_whole > OF_WHOLE))
                .then(|| (name.to_owned(), side, functions))
        })
        .collect();
    bare.into_iter()
        .map(|(name, side, functions)| {
            let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
            let key = Key {
                name: format!("[{bare}]").into_bytes(),
                module: Some(name.clone()),
                file: None,
                line: 0,
                kind: FrameKind::Unknown,
            };
            let key = keys.intern(key, &mut FxHashSet::default());
            BareModule { name, key, side, functions }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    /// Samples of `main` calling what the lines name, each with how often.
    fn capture(leaves: &[(&str, usize)]) -> String {
        let sample = |(frames, times): &(&str, usize)| {
            format!("web 1/1 1.0: 1 cycles: \n{frames}\t2 main (/bin/web)\n\n").repeat(*times)
        };
        leaves.iter().map(sample).collect()
    }

    fn diff(before: &[(&str, usize)], after: &[(&str, usize)]) -> Report {
        let read = |leaves| read_bytes("x", capture(leaves).as_bytes(), &ReadOptions::default()).unwrap();
        compare(&read(before), &read(after), &CompareOptions::default()).unwrap()
    }

    const NAMED: [(&str, usize); 3] = [
        ("\t1 crc (/lib/z.so)\n\t1 inflate (/lib/z.so)\n", 300),
        ("\t1 copy (/lib/z.so)\n", 200),
        ("\t1 work (/bin/web)\n", 500),
    ];
    const BARE: [(&str, usize); 3] = [
        ("\t1 [unknown] (/usr/lib/z.so)\n\t1 [unknown] (/usr/lib/z.so)\n", 310),
        ("\t1 [unknown] (/usr/lib/z.so)\n", 190),
        ("\t1 work (/bin/web)\n", 500),
    ];

    #[test]
    fn a_module_that_lost_its_symbols_is_one_function() {
        for report in [diff(&NAMED, &BARE), diff(&BARE, &NAMED)] {
            assert!(report.plateaus.is_empty(), "{:?}", report.plateaus);
            assert_eq!(report.verdict.distance_pct, Some(0.0));
            let warning = report.comparability.iter().find(|row| row.code == "symbols_differ");
            assert!(warning.is_some_and(|row| row.text.contains("z.so")));
        }
    }

    #[test]
    fn modules_alike_on_both_sides_are_compared_by_function() {
        let differs = |report: Report| report.comparability.iter().any(|row| row.code == "symbols_differ");
        assert!(!differs(diff(&NAMED, &NAMED)));
        // It grew by much, but nobody knows its functions.
        let grown = [BARE[0], BARE[0], BARE[1], BARE[2]];
        let report = diff(&BARE, &grown);
        assert_eq!(report.plateaus[0].function, "[z.so]");
        assert!(!differs(report));
    }
}
