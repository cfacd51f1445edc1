//! Where the sides of a comparison come from: several captures, archives, parts of one, differences.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Run, corpus, plateau, scratch};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn json(args: &[&str]) -> Value {
    let run = plateau(&[args, &["--format", "json"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

fn rows(report: &Value, tier: &str) -> Vec<String> {
    let rows = report["plateaus"].as_array().unwrap().iter().filter(|row| row["tier"] == tier);
    rows.map(|row| row["function"].as_str().unwrap().to_owned()).collect()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn folded(parse: u32, wobble: u32) -> String {
    let others = (0..30).map(|n| format!("main;other{n} {}\n", 300 + 10 * n + (n * 7 + wobble) % 11));
    others.collect::<String>() + &format!("main;parse {parse}\n")
}

#[test]
fn several_captures_of_a_side_are_added_up_and_tell_the_noise() {
    let folder = scratch();
    let file = |name: &str, parse, wobble| write(folder.path(), name, &folded(parse, wobble));
    let (a, b) = (file("a.folded", 400, 1), file("b.folded", 410, 5));
    let (c, d) = (file("c.folded", 900, 2), file("d.folded", 890, 9));
    let report = json(&["diff", "--before", &a, "--before", &b, &c, &d]);
    assert_eq!(report["before"]["files"], serde_json::json!([a, b]));
    assert_eq!(report["before"]["value"].as_f64().unwrap() as u64, {
        let sum = |text: String| {
            text.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum::<u64>()
        };
        sum(folded(400, 1)) + sum(folded(410, 5))
    });
    assert_eq!(report["noise"]["source"], "replicates");
    assert_eq!(rows(&report, "grew"), ["parse"]);
    let wrong = plateau(&["diff", &a, &b, &c]);
    assert_eq!((wrong.code, wrong.stderr.contains("--before")), (2, true), "{}", wrong.stderr);
}

#[test]
fn amounts_are_compared_per_capture() {
    let (one, two) = (corpus("go/before.heap.pb.gz"), corpus("go/after.heap.pb.gz"));
    let heap = ["--sample-index", "alloc_space", "--scale", "absolute"];
    let pair = json(&[&["diff", &one, &two], heap.as_slice()].concat());
    let both = json(&[&["diff", "--before", &one, "--before", &two, &one, &two], heap.as_slice()].concat());
    assert_eq!(both["scale"]["k"], 1.0);
    assert_eq!(both["before"]["captures"], 2);
    let more = json(&[&["diff", "--before", &one, "--before", &two, &two], heap.as_slice()].concat());
    assert_eq!(more["scale"]["k"], 0.5);
    // Between before and after lies their mean.
    let percent = |report: &Value| report["other_value_types"][0]["change_pct"].as_f64().unwrap();
    assert!(percent(&more).abs() < percent(&pair).abs(), "{} {}", percent(&more), percent(&pair));
    assert!(more["verdict"]["text"].as_str().unwrap().contains("per capture ("), "{}", more["verdict"]);
}

#[test]
fn a_baseline_stands_for_its_captures() {
    let folder = scratch();
    let names: Vec<String> =
        (0..4).map(|n| write(folder.path(), &format!("{n}.folded"), &folded(400 + n, n))).collect();
    let after = write(folder.path(), "after.folded", &folded(700, 3));
    let base = folder.path().join("base.json").display().to_string();
    let build = |captures: &[String], to: &str| {
        let captures: Vec<&str> = captures.iter().map(String::as_str).collect();
        let run = plateau(&[&["baseline", "build", "-o", to], captures.as_slice()].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
    };
    build(&names, &base);
    let report = json(&["diff", "--baseline", &base, &after]);
    let mut direct = vec!["diff"];
    names.iter().for_each(|name| direct.extend(["--before", name]));
    direct.push(&after);
    let direct = json(&direct);
    for field in ["plateaus", "noise", "scale"] {
        assert_eq!(report[field], direct[field], "{field}");
    }
    // Growing it capture by capture is building it at once.
    let grown = folder.path().join("grown.json").display().to_string();
    build(&names[..1], &grown);
    let update =
        |captures: &[&str]| -> Run { plateau(&[&["baseline", "update", &grown], captures].concat()) };
    assert_eq!(update(&[&names[1], &names[2]]).code, 0);
    assert_eq!(update(&[&names[3]]).code, 0);
    assert!(fs::read(&grown).unwrap() == fs::read(&base).unwrap(), "{grown}");
    let twice = update(&[&names[3]]);
    assert_eq!((twice.code, twice.stderr.contains("already")), (2, true), "{}", twice.stderr);
    assert!(fs::read(&grown).unwrap() == fs::read(&base).unwrap(), "{grown}");
    let shown = plateau(&["baseline", "show", &base]);
    assert!(shown.stdout.contains("4 captures") && shown.stdout.contains("other29"), "{}", shown.stdout);
    let none = plateau(&["diff", "--baseline", &after, &after]);
    assert_eq!((none.code, none.stderr.contains("plateau-baseline/1")), (2, true), "{}", none.stderr);
}

#[test]
fn parts_of_one_capture_are_compared_by_time_and_thread() {
    let perf = corpus("rust/before.perf.txt.gz");
    let report = json(&["diff", &perf, "--before-window", "..50%", "--after-window", "50%.."]);
    let samples = |side: &str| report[side]["samples"].as_u64().unwrap();
    assert_eq!(samples("before") + samples("after"), 13_162);
    assert!(report["before"]["name"].as_str().unwrap().contains(".."), "{report}");
    assert_eq!(report["comparability"].as_array().unwrap().len(), 0, "{}", report["comparability"]);
    let run = plateau(&["diff", &perf, "--before-tag", "thread=nobody"]);
    assert_eq!((run.code, run.stderr.contains("--after-tag")), (2, true), "{}", run.stderr);
    let both =
        ["--before-window", "..50%", "--before-tag", "thread=orderflow", "--after-tag", "thread=nobody"];
    let run = plateau(&[&["diff", &perf], both.as_slice()].concat());
    assert_eq!((run.code, run.stderr.contains("it has thread=")), (2, true), "{}", run.stderr);
    let folded = corpus("rust/before.folded.gz");
    let run = plateau(&["diff", &folded, "--before-window", "..1s", "--after-window", "1s.."]);
    assert_eq!((run.code, run.stderr.contains("when its samples were taken")), (2, true), "{}", run.stderr);
}

#[test]
fn an_earlier_capture_is_taken_off() {
    let (before, after) = (corpus("go/before.heap.pb.gz"), corpus("go/after.heap.pb.gz"));
    let whole = json(&["show", &after, "--sample-index", "alloc_space"]);
    let less = json(&["show", &after, "--sample-index", "alloc_space", "--subtract", &before]);
    let base = json(&["show", &before, "--sample-index", "alloc_space"]);
    let total = |report: &Value| report["total"].as_f64().unwrap();
    assert_eq!(total(&less), total(&whole) - total(&base));
    let cpu = corpus("rust/before.perf.txt.gz");
    let run = plateau(&["show", &cpu, "--subtract", &cpu]);
    assert_eq!((run.code, run.stderr.contains("one by one")), (2, true), "{}", run.stderr);
}

#[test]
fn different_clocks_are_refused_and_forced() {
    let folder = scratch();
    let perf = |name: &str, event: &str| {
        let sample = format!("web 1/1 1.0: 1000 {event}: \n\t1 main (/bin/web)\n\n");
        let path = write(folder.path(), &format!("{name}.txt"), &sample.repeat(50));
        let pprof = folder.path().join(format!("{name}.pb.gz")).display().to_string();
        assert_eq!(plateau(&["convert", &path, "-o", &pprof]).code, 0);
        pprof
    };
    let (cpu, wall) = (perf("cpu", "cpu"), perf("wall", "wall"));
    let run = plateau(&["diff", &cpu, &wall]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(
        run.stderr.contains("CPU time") && run.stderr.contains("wall time") && run.stderr.contains("--force"),
        "{}",
        run.stderr
    );
    let forced = json(&["diff", "--force", &cpu, &wall]);
    assert_eq!(forced["comparability"][0]["severity"], "blocking");
    assert!(forced["verdict"]["text"].as_str().unwrap().starts_with("Not fit"), "{forced}");
}

#[test]
fn a_fix_is_validated_by_a_margin() {
    let folder = scratch();
    let many = |wobble: u32| {
        folded(400, wobble)
            .lines()
            .map(|line| {
                let (stack, count) = line.rsplit_once(' ').unwrap();
                format!("{stack} {}\n", count.parse::<u32>().unwrap() * 20)
            })
            .collect::<String>()
    };
    let (a, b) = (write(folder.path(), "a", &many(1)), write(folder.path(), "b", &many(4)));
    assert_eq!(json(&["diff", &a, &b, "--margin", "2%"])["verdict"]["code"], "equivalent");
    let text = |report: &Value| report["verdict"]["text"].as_str().unwrap().to_owned();
    assert!(!text(&json(&["diff", &a, &b, "--margin", "2%"])).contains("but the whole"));
    // Twice as much of everything is load, or everything being slower.
    let doubled = write(folder.path(), "d", &many(1).repeat(2));
    let report = json(&["diff", &a, &doubled, "--margin", "2%", "--unit", "count"]);
    assert_eq!(report["verdict"]["code"], "equivalent", "{}", text(&report));
    assert!(text(&report).contains("but the whole changed by +"), "{}", text(&report));
    let narrow = json(&["diff", &a, &b, "--margin", "0.01%"]);
    assert_eq!(narrow["verdict"]["code"], "no_change_detected");
    assert!(narrow["verdict"]["text"].as_str().unwrap().contains("not shown to be equivalent"));
}

#[test]
fn folded_values_are_what_the_user_says() {
    let folder = scratch();
    let (a, b) = (write(folder.path(), "a", &folded(400, 1)), write(folder.path(), "b", &folded(900, 2)));
    assert_eq!(rows(&json(&["diff", &a, &b, "--unit", "microseconds"]), "unquantified")[0], "parse");
    let one = json(&["diff", &a, &b]);
    let tens = json(&["diff", &a, &b, "--period", "10"]);
    let samples = |report: &Value| report["before"]["samples"].as_u64().unwrap();
    // Lines of less than a period are parts of a sample.
    assert!((samples(&one) / 10).abs_diff(samples(&tens)) <= 1, "{} {}", samples(&one), samples(&tens));
    assert_eq!(one["before"]["value"], tens["before"]["value"]);
}

#[test]
fn an_anchor_is_the_measure() {
    let folder = scratch();
    let text = |serve: u32, parse: u32| format!("main;serve {serve}\nmain;parse {parse}\n");
    let (a, b) = (write(folder.path(), "a", &text(1000, 1000)), write(folder.path(), "b", &text(1500, 1500)));
    let report = json(&["diff", &a, &b, "--scale", "anchor=^serve$"]);
    assert_eq!(
        (report["scale"]["mode"].as_str(), report["scale"]["k"].as_f64()),
        (Some("anchor"), Some(1.5))
    );
    assert_eq!(rows(&report, "grew"), [""; 0]);
    let run = plateau(&["diff", &a, &b, "--scale", "anchor=nothing"]);
    assert_eq!((run.code, run.stderr.contains("anchor=nothing")), (2, true), "{}", run.stderr);
}
