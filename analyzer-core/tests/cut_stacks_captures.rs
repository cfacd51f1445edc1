//! Cut stacks in real captures of many tools, where the folder is at hand: those that have them, and no others.

#![allow(clippy::unwrap_used)]

#[path = "../../formats/tests/common/mod.rs"]
mod common;

use analyzer_core::info::info;
use analyzer_formats::{ReadOptions, read_path};

#[test]
fn only_captures_with_cut_stacks_are_said_to_have_them() {
    let Some(captures) = common::captures() else { return };
    let mut found = Vec::new();
    for path in common::files_below(&captures) {
        let Ok(capture) = read_path(&path, &ReadOptions::default()) else { continue };
        let info = info(&capture);
        if let Some(depth) = info.cut_depth {
            let name = path.strip_prefix(&captures).unwrap().display().to_string();
            found.push((name, depth, info.cut_stacks_pct.unwrap()));
        }
    }
    // Go's heap profiler kept 32 frames: a recursion of the regexp compiler has no caller there. perf kept 127, of
    // which one is the sampled address: 27 of 1,768 samples pile up at 125 and 126 frames, the rest is below 118.
    let expected = |(name, depth, pct): &(String, u32, f64)| {
        (name.starts_with("pprof/parca/query_many_") && *depth == 32 && *pct > 1.0 && *pct < 1.2)
            || (name.starts_with("perf-script/callgraph-") && *depth == 126 && *pct > 0.7 && *pct < 1.6)
    };
    let odd: Vec<_> = found.iter().filter(|found| !expected(found)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert_eq!(found.len(), 12, "{found:?}");
    let without_periods = found.iter().filter(|(name, ..)| name.contains("nosym")).map(|(.., pct)| *pct);
    assert_eq!(without_periods.collect::<Vec<_>>(), [1.5271], "27 of 1,768");
}
