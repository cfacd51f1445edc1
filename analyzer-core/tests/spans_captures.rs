//! Critical paths of real traces, where the folder of captures is at hand: those CRISP expects, and the invariant.

#![allow(clippy::unwrap_used)]

#[path = "../../formats/tests/common/mod.rs"]
mod common;

use analyzer_core::spans::{CriticalPath, TraceValue, project, self_times};
use analyzer_formats::{Content, ReadOptions, Traces, read_path};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

fn traces(path: &Path) -> Traces {
    match read_path(path, &ReadOptions::default()).unwrap().content {
        Content::Traces(traces) => traces,
        Content::Profile(_) => panic!("{} is traces", path.display()),
    }
}

/// Cases whose siblings overlap by some microseconds. CRISP lets each keep its whole duration; here that needs a
/// tolerance, and the overlap still counts once, so that segments sum to the root's duration.
const OVERLAPPING: [i32; 4] = [10, 19, 20, 21];
const OVERLAP_NS: i64 = 10_000;

#[test]
fn crisp_agrees() {
    let Some(captures) = common::captures() else { return };
    for case in 1..=25 {
        let path = captures.join(format!("traces/crisp/test_cases/{case}.json"));
        let document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let testing = &document["testing"];
        let expected = testing.get(0).or(testing.get("opTimeExclusive")).unwrap().as_object().unwrap();
        let mut expected: BTreeMap<String, i64> =
            expected.iter().map(|(name, time)| (name.clone(), time.as_i64().unwrap() * 1000)).collect();
        let traces = traces(&path);
        let mut path = CriticalPath::new(&traces);
        let mut allowed = 0;
        if OVERLAPPING.contains(&case) {
            assert_ne!(by_name(&traces, &path.times()), nonzero(&expected), "case {case}");
            path.tolerance_ns = OVERLAP_NS;
            allowed = OVERLAP_NS;
        }
        let found = by_name(&traces, &path.times());
        for (name, time) in &found {
            let crisp = expected.remove(name).unwrap_or(0);
            assert!((time - crisp).abs() <= allowed, "case {case}, {name}: {time}, CRISP {crisp}");
        }
        assert!(nonzero(&expected).is_empty(), "case {case}: CRISP also has {expected:?}");
    }
}

fn by_name(traces: &Traces, times: &[i64]) -> BTreeMap<String, i64> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (at, time) in times.iter().enumerate() {
        let service = traces.processes[traces.spans.process[at].index()].service;
        let (service, operation) =
            (traces.strings.text(service), traces.strings.text(traces.spans.operation[at]));
        *sums.entry(format!("[{service}] {operation}")).or_default() += time;
    }
    nonzero(&sums)
}

fn nonzero(times: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    times.iter().filter(|(_, time)| **time != 0).map(|(name, &time)| (name.clone(), time)).collect()
}

#[test]
fn real_paths_sum_to_their_roots() {
    let Some(captures) = common::captures() else { return };
    for name in ["hipster_baseline_0823_1700.json.gz", "ts_baseline_0129_0850.json.gz"] {
        let traces = traces(&captures.join("traces/nezha").join(name));
        let path = CriticalPath::new(&traces);
        for trace in &traces.traces {
            for at in trace.spans.clone().filter(|&at| traces.spans.parent[at].is_none()) {
                let mut sum = 0;
                path.segments(analyzer_formats::SpanId::new(at), |segment| sum += segment.duration_ns());
                assert_eq!(sum, traces.spans.duration_ns[at]);
            }
        }
        let profile = project(&traces, TraceValue::SelfTime);
        let sum: i128 = self_times(&traces).into_iter().map(i128::from).sum();
        assert_eq!(profile.series[0].sum(0), sum);
        assert_eq!(profile.series[0].records, traces.spans.len() as u64);
        println!("{name}: {} spans, {} stacks", traces.spans.len(), profile.stacks.len());
    }
}
