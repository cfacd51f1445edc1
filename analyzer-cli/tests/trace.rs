//! `plateau trace`, and `plateau diff` of traces: what is printed, written and refused.

#![allow(clippy::unwrap_used)]

mod common;

use common::{corpus, fails, plateau, schema_file, scratch, validate, with_env, with_input};
use serde_json::{Value, json};
use std::fs;

const AFTER: &str = "services/after.jaeger.json.gz";
const BEFORE: &str = "services/before.jaeger.json.gz";

/// One request in Jaeger's form: spans of id, parent (empty for none), operation, start and duration in microseconds.
fn request(trace: &str, service: &str, spans: &[(&str, &str, &str, u64, u64)]) -> String {
    let spans: Vec<Value> = spans
        .iter()
        .map(|(id, parent, operation, start, duration)| {
            let parents = if parent.is_empty() {
                json!([])
            } else {
                json!([{"refType": "CHILD_OF", "traceID": trace, "spanID": parent}])
            };
            json!({"traceID": trace, "spanID": id, "operationName": operation, "references": parents,
                   "startTime": 1_700_000_000_000_000u64 + start, "duration": duration, "processID": "p1", "tags": []})
        })
        .collect();
    json!({"data": [{"traceID": trace, "spans": spans, "processes": {"p1": {"serviceName": service}}}]})
        .to_string()
}

fn number(value: &Value, field: &str) -> f64 {
    value[field].as_f64().unwrap_or_else(|| panic!("{field} of {value}"))
}

#[test]
fn one_set_follows_the_schema() {
    let after = corpus(AFTER);
    for args in [
        &["trace", &after, "--format", "json"][..],
        &["trace", &after, "--format", "json", "--value", "self"],
        &["trace", &after, "--format", "json", "--value", "count"],
        &["trace", &after, &corpus(BEFORE), "--format", "json", "--group", "GET /orders$"],
        &["trace", &after, "--format", "json", "--critical-path"],
    ] {
        let run = plateau(args);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let report = validate("plateau-trace-1.schema.json", &run.stdout);
        let shares: f64 =
            report["frames"].as_array().unwrap().iter().map(|row| number(row, "share_pct")).sum();
        assert!((shares - 100.0).abs() < 1e-6, "{shares}");
    }
    let single = request("7", "shop", &[("a", "", "GET /", 0, 100), ("b", "a", "load", 10, 50)]);
    let run = with_input(&["trace", "-", "--format", "json", "--critical-path"], single.as_bytes());
    let report = validate("plateau-trace-1.schema.json", &run.stdout);
    assert_eq!(report["slow_requests"], Value::Null);
    assert_eq!(report["traces"]["compared"], "all");
    assert_eq!(report["traces"]["groups"][0]["all"]["n"], 1);
    let segments = &report["traces"]["critical_paths"][0]["segments"];
    let times: Vec<(f64, f64)> = segments
        .as_array()
        .unwrap()
        .iter()
        .map(|segment| (number(segment, "start_us"), number(segment, "end_us")))
        .collect();
    assert_eq!(times, [(0.0, 10.0), (10.0, 60.0), (60.0, 100.0)]);
}

/// What reports on one set and on two say of traces is defined alike, but for the critical paths.
#[test]
fn both_schemas_define_traces_alike() {
    let (two, mut one) =
        (schema_file("plateau-report-1.schema.json"), schema_file("plateau-trace-1.schema.json"));
    assert!(one["$defs"]["traces"]["properties"].as_object_mut().unwrap().remove("critical_paths").is_some());
    for (name, definition) in
        one["$defs"].as_object().unwrap().iter().filter(|(name, _)| *name != "critical_path")
    {
        assert_eq!(definition, &two["$defs"][name], "{name}: copy it from plateau-report-1");
    }
}

#[test]
fn all_requests_are_counted_once_and_paths_add_up() {
    let run = plateau(&["trace", &corpus(AFTER), "--format", "json", "--critical-path"]);
    let report = validate("plateau-trace-1.schema.json", &run.stdout);
    let groups = report["traces"]["groups"].as_array().unwrap();
    let of_groups: f64 =
        groups.iter().filter(|group| !group["root"].is_null()).map(|group| number(&group["all"], "n")).sum();
    assert_eq!(
        (number(&groups[0]["all"], "n"), of_groups, number(&report, "requests")),
        (400.0, 400.0, 400.0)
    );
    let services = report["traces"]["services"].as_array().unwrap();
    let parts: f64 = services.iter().map(|service| number(service, "all_us_per_request")).sum();
    assert!((parts - number(&report, "mean_us")).abs() < 1e-6, "{parts}");
    let paths = report["traces"]["critical_paths"].as_array().unwrap();
    assert_eq!(paths.len(), 400);
    for path in paths {
        let segments = path["segments"].as_array().unwrap();
        let sum: f64 =
            segments.iter().map(|segment| number(segment, "end_us") - number(segment, "start_us")).sum();
        assert!((sum - number(path, "duration_us")).abs() < 1e-6, "{path}");
        assert!(segments.windows(2).all(|two| two[0]["end_us"] == two[1]["start_us"]), "{path}");
    }
}

#[test]
fn one_request_and_few_give_all_but_slow_and_usual() {
    let run = plateau(&["trace", &corpus(AFTER), "--trace-id", "511288a1f9218057861116676185188e"]);
    assert!(run.stdout.contains("The critical path of a request"), "{}", run.stdout);
    assert!(run.stdout.contains("SELECT bookstore.order_items (12 times)"), "{}", run.stdout);
    let single = request("7", "shop", &[("a", "", "GET /", 0, 100), ("b", "a", "load", 10, 50)]);
    let run = with_input(&["trace", "-", "--critical-path"], single.as_bytes());
    assert!(run.stdout.contains("The request takes 100.00 us; most of it is shop: "), "{}", run.stdout);
    assert!(run.stdout.contains("One request alone tells nothing of slow and usual ones."), "{}", run.stdout);
    assert!(run.stdout.contains("  shop: load"), "{}", run.stdout);
}

#[test]
fn outputs_are_written_and_again_the_same() {
    let folder = scratch();
    let names = ["r.txt", "r.md", "r.json", "r.csv"];
    let paths: Vec<String> =
        names.iter().map(|name| folder.path().join(name).display().to_string()).collect();
    let write = || {
        let after = corpus(AFTER);
        let mut args = vec!["trace", &after, "-q", "--critical-path"];
        paths.iter().for_each(|path| args.extend(["-o", path]));
        let run = plateau(&args);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
        paths.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>()
    };
    let first = write();
    assert_eq!(first, write());
    assert!(first.iter().all(|bytes| bytes.len() > 500));
    fails(&plateau(&["trace", &corpus(AFTER), "-o", "x.pdf"]), 2, &["x.pdf", "json"]);
}

#[test]
fn what_makes_no_sense_is_said() {
    let profile = corpus("go/before.cpu.pb.gz");
    fails(&plateau(&["trace", &profile]), 2, &["holds a profile, expected traces", "plateau show"]);
    let after = corpus(AFTER);
    fails(&plateau(&["trace", &after, "--group", "nowhere"]), 2, &["nowhere", "gateway: GET /orders"]);
    fails(&plateau(&["trace", &after, "--trace-id", "0"]), 2, &["trace id 0"]);
    fails(&plateau(&["trace", &after, "--subtract", &after]), 2, &["--subtract"]);
    fails(&plateau(&["diff", &profile, &profile, "--group", "x"]), 2, &["--group", "profile"]);
}

#[test]
fn names_are_hidden() {
    let run = plateau(&["trace", &corpus(AFTER), "--redact", "orders|GET", "--critical-path"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stdout.contains("orders") && !run.stdout.contains("GET"), "{}", run.stdout);
    assert!(run.stdout.contains("redacted-"));
}

#[test]
fn a_group_is_compared_alone() {
    let (before, after) = (corpus(BEFORE), corpus(AFTER));
    let run = plateau(&["diff", &before, &after, "--group", "GET /orders$", "--format", "json"]);
    let report = validate("plateau-report-1.schema.json", &run.stdout);
    assert_eq!((number(&report["before"], "samples"), number(&report["after"], "samples")), (120.0, 120.0));
    assert_eq!(report["traces"]["groups"].as_array().unwrap().len(), 1);
    assert!(report["command"].as_str().unwrap().ends_with("--group 'GET /orders$'"), "{}", report["command"]);
}

#[test]
fn the_first_line_names_the_culprit() {
    let run = with_env(&["diff", &corpus(BEFORE), &corpus(AFTER)], &[("COLUMNS", "400")]);
    let verdict = run.stdout.lines().nth(1).unwrap();
    let culprit = "orders: GET /orders calls remote:sqlite: SELECT bookstore.order_items 5.59 times per request instead of \
                   0.20 times (N+1): +5.03 ms per request [4.59, 5.47 ms]";
    assert!(verdict.starts_with(culprit), "{verdict}");
}

#[test]
fn two_requests_are_compared_span_by_span() {
    let folder = scratch();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let before = request("1", "=shop", &[("a", "", "GET /", 0, 10_000), ("b", "a", "load", 1_000, 2_000)]);
    let after = request(
        "2",
        "=shop",
        &[
            ("a", "", "GET /", 0, 30_000),
            ("b", "a", "load", 1_000, 12_000),
            ("c", "a", "ask", 15_000, 10_000),
        ],
    );
    let (before, after) = (file("before.json", &before), file("after.json", &after));
    let run = plateau(&["diff", &before, &after]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for line in ["Both requests, span by span", "  =shop: load", "new"] {
        assert!(run.stdout.contains(line), "{line}: {}", run.stdout);
    }
    let run = plateau(&["diff", &before, &after, "--format", "json"]);
    let report = validate("plateau-report-1.schema.json", &run.stdout);
    let pair = report["traces"]["pair"].as_array().unwrap();
    let rows: Vec<_> = pair.iter().map(|row| (row["frame"].as_str().unwrap(), &row["before_us"])).collect();
    assert_eq!(
        rows,
        [("=shop: GET /", &json!(10_000.0)), ("=shop: load", &json!(2_000.0)), ("=shop: ask", &Value::Null)]
    );
    // A spreadsheet runs no name.
    let run = plateau(&["diff", &before, &after, "--format", "csv"]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("rank,frame,edge,path,before_us_per_request"), "{}", lines[0]);
    assert_eq!(lines.len(), 3, "{}", run.stdout);
    assert!(lines[1..].iter().all(|line| line.contains(",'=shop: ")), "{}", run.stdout);
}
