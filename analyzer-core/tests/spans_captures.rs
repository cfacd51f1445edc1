//! Critical and self times of real traces, where the folder of captures is at hand: those that CRISP and Jaeger's UI
//! expect, and the invariant. The same cases with numbers of their own are in `spans.rs`.

#![allow(clippy::unwrap_used)]

#[path = "../../formats/tests/common/mod.rs"]
mod common;

use analyzer_core::spans::{Children, CriticalPath, PathOptions, TraceValue, project, self_times};
use analyzer_formats::{Content, ReadOptions, SpanId, Traces, read_path};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

fn traces(path: &Path) -> Traces {
    match read_path(path, &ReadOptions::default()).unwrap().content {
        Content::Traces(traces) => traces,
        Content::Profile(_) => panic!("{} is traces", path.display()),
    }
}

/// Cases of CRISP's in which this program finds something else, by how much siblings overlap in them, and why.
///
/// CRISP lets siblings that overlap by some microseconds each keep their whole duration, so that its times add up to more
/// than the request took. Here that needs a tolerance, and the overlap counts once: segments sum to the root's duration.
const OVERLAPPING: [(&str, i64); 4] =
    [("10.json", 1_000), ("19.json", 5_000), ("20.json", 5_000), ("21.json", 5_000)];

/// What else the files expect is about what a request would have taken without its errors (`noErrCP`, `timeSavedOn*`,
/// `errCP*`), which is not computed here, or counts statuses of HTTP and gRPC and words of logs as errors.
#[test]
fn crisp_agrees() {
    let Some(captures) = common::captures() else { return };
    let folder = captures.join("traces/crisp/test_cases");
    let (mut cases, mut overlapping) = (0, 0);
    for file in common::files_below(&folder) {
        let document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let Some(testing) = document.get("testing") else { continue };
        let name = file.strip_prefix(&folder).unwrap().display().to_string();
        let expected = times_of(testing.get(0).or(testing.get("opTimeExclusive")).unwrap());
        let traces = traces(&file);
        let tolerance = OVERLAPPING.iter().find(|(case, _)| *case == name).map(|(_, overlap)| *overlap);
        let mut path = CriticalPath::new(&traces);
        if let Some(overlap) = tolerance {
            assert_ne!(by_name(&traces, &path.times()), nonzero(&expected), "{name}: no difference any more");
            let below = PathOptions { tolerance_ns: Some(overlap - 1) };
            let below = CriticalPath::with(&traces, Children::of(&traces), below).times();
            assert!(!by_name(&traces, &below).contains_key("[S3] O3"), "{name}: the middle one is lost");
            let options = PathOptions { tolerance_ns: tolerance };
            path = CriticalPath::with(&traces, Children::of(&traces), options);
            overlapping += 1;
        }
        let times = path.times();
        let found = by_name(&traces, &times);
        let (allowed, mut rest) = (2 * tolerance.unwrap_or(0), expected);
        for (operation, time) in &found {
            let crisp = rest.remove(operation).unwrap_or(0);
            assert!((time - crisp).abs() <= allowed, "{name}, {operation}: {time}, CRISP {crisp}");
        }
        assert!(nonzero(&rest).is_empty(), "{name}: CRISP also has {rest:?}");
        if let Some(total) = testing.get("totalWork") {
            let sum: i64 = traces.spans.duration_ns.iter().sum();
            assert_eq!(sum, total.as_i64().unwrap() * 1000, "{name}");
        }
        if let Some(counts) = testing.get("errCounts") {
            assert_eq!(&serde_json::to_value(failures(&traces)).unwrap(), counts, "{name}");
            let failed = |(&time, &failed): (&i64, &bool)| if failed { time } else { 0 };
            let times: Vec<i64> = times.iter().zip(&traces.spans.error).map(failed).collect();
            assert_eq!(by_name(&traces, &times), times_of(&testing["errOpTimeExclusive"]), "{name}");
        }
        cases += 1;
    }
    assert_eq!((cases, overlapping), (33, OVERLAPPING.len()));
}

fn times_of(expected: &Value) -> BTreeMap<String, i64> {
    let times = expected.as_object().unwrap().iter();
    times.map(|(name, time)| (name.clone(), time.as_i64().unwrap() * 1000)).collect()
}

/// By path from the root: spans that failed first, those that failed with a child, and those whose child failed alone.
fn failures(traces: &Traces) -> BTreeMap<String, [u64; 3]> {
    let children = Children::of(traces);
    let mut counts: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for at in 0..traces.spans.len() {
        let below = children.get(SpanId::new(at)).iter().any(|child| traces.spans.error[child.index()]);
        let class = match (traces.spans.error[at], below) {
            (true, false) => 0,
            (true, true) => 1,
            (false, true) => 2,
            (false, false) => continue,
        };
        let mut path = vec![name(traces, at)];
        let mut above = traces.spans.parent[at];
        while let Some(parent) = above {
            path.push(name(traces, parent.index()));
            above = traces.spans.parent[parent.index()];
        }
        path.reverse();
        counts.entry(path.join("->")).or_default()[class] += 1;
    }
    counts
}

/// Self times as the table of Jaeger's UI has them (`TraceStatistics/tableValues.test.js`), in hundredths of a
/// millisecond: file, service, operation where one is asked for, time.
const JAEGER_UI_SELF: [(&str, &str, &str, i64); 16] = [
    ("testTraceNormal", "api-gateway", "", 316),
    ("testTraceNormal", "customers-service", "", 174),
    ("testTraceNormal", "api-gateway", "GET /api/customer/owners/8/pets/10", 240),
    ("testTraceNormal", "api-gateway", "GET /owners/8/pets/10", 76),
    ("testTraceNormal", "customers-service", "GET /owners/8/pets/10", 167),
    ("testTraceNormal", "customers-service", "HikariProxyPreparedStatement.executeQuery", 7),
    ("spansAmongEachOther", "customers-service", "GET /owners", 167),
    ("spansAmongEachOtherGrouped", "customers-service", "GET /owners", 163),
    ("spanAmongEachOtherGroupedAndSpans", "customers-service", "GET /owners", 156),
    ("spanLongerAsParent", "api-gateway", "GET /owners/8/pets/10", 122),
    ("traceWithOverlappingChildrenLongerThanParent", "service-one", "", 3),
    ("traceWithTwoNonOverlappingChildren", "service-one", "", 3),
    ("traceWithOverlappingChildren", "service-one", "", 0),
    ("traceWithSingleChildLongerThanParentAndStartsAfterParent", "service-one", "", 4),
    ("traceWithThreeShortChildren", "service-one", "", 1),
    ("traceWithTwoChildrenStartedAtTraceStart", "service-one", "", 0),
];

#[test]
fn jaeger_ui_agrees_on_self_times() {
    let Some(captures) = common::captures() else { return };
    for (file, service, operation, expected) in JAEGER_UI_SELF {
        let traces = traces(&captures.join(format!("traces/jaeger-ui/{file}.json")));
        let times = self_times(&traces);
        let is_asked = |at: &usize| {
            traces.strings.text(traces.processes[traces.spans.process[*at].index()].service) == service
                && (operation.is_empty() || traces.strings.text(traces.spans.operation[*at]) == operation)
        };
        let asked: Vec<i64> = (0..times.len()).filter(is_asked).map(|at| times[at]).collect();
        assert!(!asked.is_empty(), "{file}");
        // Rounded as the table is: half up.
        assert_eq!((asked.iter().sum::<i64>() + 5_000) / 10_000, expected, "{file}, {service} {operation}");
    }
}

#[test]
fn jaeger_ui_agrees_on_the_path_of_a_child_behind_its_parent() {
    let Some(captures) = common::captures() else { return };
    let file = "traces/jaeger-ui/traceWithSingleChildLongerThanParentAndStartsAfterParent.json";
    // `CriticalPath/testCases/test3.js`: all 40 us are the parent's.
    assert_eq!(CriticalPath::new(&traces(&captures.join(file))).times(), [40_000, 0]);
}

fn by_name(traces: &Traces, times: &[i64]) -> BTreeMap<String, i64> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (at, time) in times.iter().enumerate() {
        *sums.entry(name(traces, at)).or_default() += time;
    }
    nonzero(&sums)
}

/// A span as CRISP calls it.
fn name(traces: &Traces, at: usize) -> String {
    let service = traces.processes[traces.spans.process[at].index()].service;
    format!("[{}] {}", traces.strings.text(service), traces.strings.text(traces.spans.operation[at]))
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
                path.segments(SpanId::new(at), |segment| sum += segment.duration_ns());
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
