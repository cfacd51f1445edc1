//! The command line as users meet it: outputs, exit codes, what bad input is told.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Run, corpus, fails, plateau, scratch, validate, with_input};
use serde_json::Value;
use std::fs;
use std::path::Path;

#[test]
fn reports_follow_the_schema() {
    for (before, after) in [
        ("rust/before.perf.txt.gz", "rust/after.perf.txt.gz"),
        ("rust/before.folded.gz", "rust/after.folded.gz"),
        ("go/before.cpu.pb.gz", "go/after.cpu.pb.gz"),
        ("go/before.heap.pb.gz", "go/after.heap.pb.gz"),
        ("services/before.jaeger.json.gz", "services/after.jaeger.json.gz"),
    ] {
        let run = plateau(&["diff", &corpus(before), &corpus(after), "--format", "json"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        validate("plateau-report-1.schema.json", &run.stdout);
        let run = plateau(&["show", &corpus(before), "--format", "json"]);
        validate("plateau-show-1.schema.json", &run.stdout);
        let run = plateau(&["show", &corpus(before), "--tree", "--format", "json"]);
        adds_up(&validate("plateau-tree-1.schema.json", &run.stdout));
        for args in [&["--peek", "e"][..], &["--peek", "e", "--tree"]] {
            let run = plateau(&[&["show", &corpus(before), "--format", "json"], args].concat());
            assert!(
                !validate("plateau-peek-1.schema.json", &run.stdout)["functions"]
                    .as_array()
                    .unwrap()
                    .is_empty()
            );
        }
        let run = plateau(&["info", &corpus(before), &corpus(after), "--format", "json"]);
        assert_eq!(validate("plateau-info-1.schema.json", &run.stdout).as_array().unwrap().len(), 2);
    }
}

/// Every node of a tree has what it has itself and what those below it have.
fn adds_up(tree: &Value) {
    let nodes = tree["nodes"].as_array().unwrap();
    let number = |node: &Value, field: &str| node[field].as_f64().unwrap();
    let mut below: Vec<f64> = nodes.iter().map(|node| number(node, "self")).collect();
    for node in nodes {
        if let Some(parent) = node["parent"].as_u64() {
            below[usize::try_from(parent).unwrap()] += number(node, "total");
        }
    }
    for (node, sum) in nodes.iter().zip(below) {
        assert!((number(node, "total") - sum).abs() <= 1e-9 * sum.abs(), "{node} {sum}");
    }
    assert_eq!(nodes[0]["total"], tree["total"]);
}

#[test]
fn a_function_that_is_not_there_is_an_error_that_names_the_nearest() {
    let capture = corpus("go/before.cpu.pb.gz");
    fails(&plateau(&["show", "--peek", "malocgc", &capture]), 2, &["malocgc", "runtime.mallocgc"]);
}

#[test]
fn lines_fit_the_screen() {
    let capture = corpus("go/before.cpu.pb.gz");
    let after = corpus("go/after.cpu.pb.gz");
    for columns in ["40", "60", "80", "100", "200"] {
        for args in [
            &["show", &capture][..],
            &["show", "--by", "total", &capture],
            &["show", "--tree", &capture],
            &["show", "--peek", "mallocgc|object", "--tree", &capture],
            &["diff", &capture, &after],
            &["diff", &corpus("services/before.jaeger.json.gz"), &corpus("services/after.jaeger.json.gz")],
            &["trace", "--critical-path", &corpus("services/after.jaeger.json.gz")],
        ] {
            let run = common::with_env(args, &[("COLUMNS", columns), ("LC_ALL", "C")]);
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert!(run.stdout.is_ascii(), "{}", run.stdout);
            let widest = run.stdout.lines().map(str::len).max().unwrap();
            assert!(widest <= columns.parse().unwrap(), "{args:?} takes {widest} of {columns}");
        }
    }
}

#[test]
fn colour_is_asked_for_or_not() {
    let capture = corpus("rust/before.folded.gz");
    let is_coloured = |option: &[&str], env: &[(&str, &str)]| {
        common::with_env(&[&["show", "--tree", &capture], option].concat(), env).stdout.contains("\x1b[")
    };
    assert!(!is_coloured(&[], &[]));
    assert!(is_coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(is_coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!is_coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn every_output_is_written_and_again_the_same() {
    let folder = scratch();
    let names = ["r.html", "r.svg", "r.md", "r.json", "r.csv", "r.txt", "r.folded"];
    let outputs: Vec<String> =
        names.iter().map(|name| folder.path().join(name).display().to_string()).collect();
    let (before, after) = (corpus("python/before.raw.folded.gz"), corpus("python/after.raw.folded.gz"));
    let write = || {
        let mut args = vec!["diff", &before, &after, "-q"];
        for output in &outputs {
            args.extend(["-o", output]);
        }
        let run = plateau(&args);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
        outputs.iter().map(|output| fs::read(output).unwrap()).collect::<Vec<_>>()
    };
    let first = write();
    assert!(first.iter().all(|bytes| !bytes.is_empty()));
    assert_eq!(first, write());
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, names.len(), "nothing but the outputs is left behind");
}

#[test]
fn exit_code_says_whether_something_grew() {
    let (before, after) = (corpus("rust/before.folded.gz"), corpus("rust/after.folded.gz"));
    assert_eq!(plateau(&["diff", "--exit-code", &before, &after]).code, 1);
    assert_eq!(plateau(&["diff", "--exit-code", &before, &before]).code, 0);
    assert_eq!(plateau(&["diff", &before, &after]).code, 0);
    assert_eq!(plateau(&["diff", "--exit-code", "--format", "folded-diff", &before, &after]).code, 1);
    let (before, after) = (corpus("services/before.jaeger.json.gz"), corpus("services/after.jaeger.json.gz"));
    assert_eq!(plateau(&["diff", "--exit-code", "-q", &before, &after]).code, 1);
}

#[test]
fn a_capture_goes_through_pprof_and_back() {
    let folder = scratch();
    let pprof = folder.path().join("x.pb.gz").display().to_string();
    let before = corpus("rust/before.perf.txt.gz");
    assert_eq!(plateau(&["convert", &before, "-o", &pprof]).code, 0);
    let sorted = |capture: &str| {
        let run = plateau(&["convert", capture, "--format", "folded"]);
        let mut lines: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let direct: Vec<String> = sorted(&before);
    assert_eq!(direct.len(), 665);
    let without_threads = |lines: &[String]| {
        // pprof has no thread at the root: the name comes back as a function.
        lines.iter().map(|line| line.replace("_[k]", "")).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(without_threads(&direct), without_threads(&sorted(&pprof)));
    assert_eq!(sum(&direct), sum(&sorted(&pprof)));
}

fn sum(lines: &[String]) -> i128 {
    lines.iter().map(|line| line.rsplit_once(' ').unwrap().1.parse::<i128>().unwrap()).sum()
}

#[test]
fn standard_input_is_read() {
    let run = common::with_input(&["info", "-"], b"main;work 3\n");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("folded"));
    fails(&plateau(&["diff", "-", "-"]), 2, &["standard input", "once"]);
}

#[test]
fn a_flame_graph_is_drawn() {
    let folder = scratch();
    let svg = folder.path().join("x.svg").display().to_string();
    let run = plateau(&["flame", &corpus("go/before.cpu.pb.gz"), "-o", &svg]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let svg = fs::read_to_string(svg).unwrap();
    assert!(svg.contains("<svg") && svg.contains("appendItem"));
    fails(&plateau(&["flame", &corpus("go/before.cpu.pb.gz"), "-o", "x.png"]), 2, &["x.png", ".svg"]);
}

#[test]
fn a_page_of_one_capture_is_written() {
    let folder = scratch();
    let path = folder.path().join("x.html").display().to_string();
    let capture = corpus("services/before.jaeger.json.gz");
    let run = plateau(&["flame", "--value", "self", &capture, "-o", &path]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let page = fs::read_to_string(&path).unwrap();
    assert!(page.contains(&format!("<code>plateau flame {capture} --value self</code>")), "how it was made");
    fails(&plateau(&["flame", &capture, "-o", &path, "--width", "9"]), 2, &["--width", ".svg"]);
    fails(&plateau(&["flame", &capture, "-o", &capture]), 2, &[]);
}

#[test]
fn a_template_fills_markdown_and_nothing_else() {
    let pair = [corpus("rust/before.folded.gz"), corpus("rust/after.folded.gz")];
    let run =
        |more: &[&str]| plateau(&[&["diff", &pair[0], &pair[1], "--template", "postmortem"], more].concat());
    let printed = run(&["--format", "md"]);
    assert!(printed.stdout.starts_with("# Postmortem") && printed.stdout.contains("match_blocklist"));
    let folder = scratch();
    let path = folder.path().join("x.md").display().to_string();
    assert_eq!(run(&["-o", &path]).code, 0);
    assert_eq!(fs::read_to_string(path).unwrap(), printed.stdout);
    fails(&run(&[]), 2, &["Markdown", "--format md"]);
    fails(&run(&["--format", "json"]), 2, &["Markdown"]);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let pairs = [("rust", "perf.txt"), ("go", "cpu.pb"), ("go", "heap.pb"), ("services", "jaeger.json")];
    for (folder, kind) in pairs {
        let [before, after] = ["before", "after"].map(|side| corpus(&format!("{folder}/{side}.{kind}.gz")));
        for format in ["text", "html", "svg", "md", "json", "csv", "folded-diff"] {
            let with = |threads: &str| {
                let run = common::with_env(
                    &["diff", &before, &after, "--format", format],
                    &[("RAYON_NUM_THREADS", threads)],
                );
                assert_eq!(run.code, 0, "{}", run.stderr);
                run.stdout
            };
            let one = with("1");
            assert!(one == with("4") && one == with("4"), "{folder} {kind} {format}");
        }
    }
}

#[test]
fn folded_diff_has_two_columns() {
    let folder = scratch();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (a, b) = (file("a", "m;f_[k] 3\nm;g 1\n"), file("b", "m;g 2\nm;h 5\nm;f_[k] 0\n"));
    let run = plateau(&["diff", "--format", "folded-diff", &a, &b]);
    assert_eq!(run.stdout, "m;f_[k] 3 0\nm;g 1 2\nm;h 0 5\n", "{}", run.stderr);
}

#[test]
fn bad_input_is_told_what_is_wrong() {
    let folder = scratch();
    let good = corpus("rust/before.folded.gz");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let out = folder.path().join("out.html").display().to_string();
    let diff = |before: &str| plateau(&["diff", before, &good, "-o", &out]);

    let missing = diff("/nowhere/x.pb.gz");
    fails(&missing, 2, &[]);
    assert_eq!(missing.stderr, "plateau: /nowhere/x.pb.gz: No such file or directory (os error 2)\n");
    let directory = folder.path().display().to_string();
    fails(&diff(&directory), 2, &[&directory, "directory"]);
    fails(&diff(&file("empty", b"")), 2, &["empty", "0 bytes", "expected a capture"]);
    let junk: Vec<u8> = (0..5000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fails(&diff(&file("junk", &junk)), 2, &["junk", "expected one of", "pprof"]);
    fails(&diff(&file("rec.data", b"PERFILE2 and more")), 2, &["perf.data", "perf script -F"]);
    fails(&diff(&file("cut.gz", &[0x1f, 0x8b, 8, 0])), 2, &["gzip", "byte"]);
    assert!(!Path::new(&out).exists(), "no output is left behind");
}

#[test]
fn captures_that_cannot_be_compared_exit_with_3() {
    let folder = scratch();
    let out = folder.path().join("out.html").display().to_string();
    let traces = corpus("services/before.jaeger.json.gz");
    let run = plateau(&["diff", &corpus("go/before.cpu.pb.gz"), &traces, "-o", &out]);
    fails(&run, 3, &["profile", "traces", "same kind"]);
    let run = plateau(&["diff", &corpus("go/before.cpu.pb.gz"), &corpus("go/after.heap.pb.gz"), "-o", &out]);
    fails(&run, 3, &["no value type", "cpu", "alloc_space"]);
    assert!(!Path::new(&out).exists(), "no output is left behind");
}

#[test]
fn an_input_is_never_overwritten() {
    let folder = scratch();
    let path = folder.path().join("a.folded");
    fs::write(&path, "m;f 3\n").unwrap();
    let name = path.display().to_string();
    let link = folder.path().join("link.html");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for output in [&path, &folder.path().join("./a.folded"), &link] {
        let output = output.display().to_string();
        fails(&plateau(&["diff", &name, &name, "-o", &output]), 2, &["input", "never overwritten"]);
    }
    fails(&plateau(&["convert", &name, "-o", &name]), 2, &["never overwritten"]);
    let other = folder.path().join("b.folded");
    fs::write(&other, "m;f 4\n").unwrap();
    let other = other.display().to_string();
    // Whatever else is read is an input too.
    for command in [
        &["diff", &other, &other, "--subtract", &name, "-o", &name],
        &["diff", &other, &other, "--classes", &name, "-o", &name],
        &["diff", "--baseline", &name, &other, "-o", &name] as &[&str],
        &["convert", &other, "--subtract", &name, "-o", &name],
        &["flame", &other, "--subtract", &name, "-o", &name],
        &["baseline", "build", &other, "--subtract", &name, "-o", &name],
        &["baseline", "update", &other, &other, "--subtract", &name, "-o", &name],
    ] {
        fails(&plateau(command), 2, &["never overwritten"]);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "m;f 3\n");
}

#[test]
fn usage_errors_exit_with_2() {
    let good = corpus("rust/before.folded.gz");
    let (perf, traces) = (corpus("rust/before.perf.txt.gz"), corpus("services/before.jaeger.json.gz"));
    // Options that would have no effect.
    fails(&plateau(&["diff", &perf, &perf, "--period", "10"]), 2, &["--period", "folded"]);
    fails(&plateau(&["diff", &traces, &traces, "--unit", "count"]), 2, &["--unit", "folded"]);
    let window = ["--before-window", "2s..1s", "--after-window", "..1s"];
    let run = plateau(&[&["diff", &perf], window.as_slice()].concat());
    assert_eq!((run.code, run.stderr.contains("FROM before TO")), (2, true), "{}", run.stderr);
    let nowhere = scratch().path().join("none/x.json").display().to_string();
    let run = plateau(&["diff", &good, &good, "-o", &nowhere]);
    assert!(!run.stderr.contains(".plateau-"), "{}", run.stderr);
    fails(&run, 2, &["none/x.json: cannot be written"]);
    assert_eq!(plateau(&["diff", &good]).code, 2);
    assert_eq!(plateau(&["dif", &good, &good]).code, 2);
    assert!(plateau(&["dif", &good, &good]).stderr.contains("diff"), "a similar verb is suggested");
    assert_eq!(plateau(&["diff", &good, &good, "--scale", "work=x"]).code, 2);
    fails(&plateau(&["diff", &good, &good, "-o", "x.pdf"]), 2, &["x.pdf", "html", "svg"]);
    fails(&plateau(&["diff", &good, &good, "--sample-index", "nope"]), 2, &["nope", "samples"]);
    fails(
        &plateau(&["diff", &good, &good, "-o", "/nowhere/x.html"]),
        2,
        &["/nowhere/x.html", "cannot be written"],
    );
}

#[test]
fn strict_refuses_any_loss() {
    let lossy = b"m;f 3\nm;g -1\n";
    assert_eq!(common::with_input(&["info", "-"], lossy).code, 0);
    fails(&common::with_input(&["info", "--strict", "-"], lossy), 2, &["--strict", "line 2"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_pipes_written_to() {
    let folder = scratch();
    let path = |name: &str| folder.path().join(name);
    let before = corpus("python/before.raw.folded.gz");
    fs::write(path("target.folded"), "old").unwrap();
    std::os::unix::fs::symlink(path("target.folded"), path("link.folded")).unwrap();
    let link = path("link.folded").display().to_string();
    assert_eq!(plateau(&["convert", &before, "-o", &link]).code, 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(path("target.folded")).unwrap().contains(';'));
    fails(&plateau(&["info", "/dev/zero"]), 2, &["/dev/zero", "device"]);
    fails(&plateau(&["convert", &before, "-o", "-"]), 2, &["-o", "standard output"]);
}

#[test]
fn a_damaged_container_gives_whole_lines_only() {
    let folder = scratch();
    let text = "main;parse 123456\nmain;render 789012\n";
    let mut packed = Vec::new();
    let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::none());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap();
    let path = folder.path().join("cut.gz");
    fs::write(&path, &packed[..packed.len() - 12]).unwrap();
    let path = path.display().to_string();
    let run = plateau(&["convert", &path]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "main;parse 123456\n"));
    assert!(run.stderr.contains("cut"), "{}", run.stderr);
    fails(&plateau(&["info", "--strict", &path]), 2, &["--strict", "cut"]);
}

#[test]
fn a_file_with_two_counts_a_line_is_a_pair() {
    let folder = scratch();
    let path = folder.path().join("pair.folded").display().to_string();
    std::fs::write(&path, "main;parse 500 900\nmain;render 500 500\n").expect("writable");
    let run = plateau(&["diff", &path]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("parse"), "{}", run.stdout);
    let raw = plateau(&["diff", "--format", "folded-diff", &path]);
    assert_eq!(raw.stdout, "main;parse 500 900\nmain;render 500 500\n");
    let one = plateau(&["diff", &corpus("rust/before.folded.gz")]);
    assert_eq!(one.code, 2);
    assert!(one.stderr.contains("expected two"), "{}", one.stderr);
}

#[test]
fn info_reads_on_past_a_file_that_it_cannot_read() {
    let (good, bad) = (corpus("rust/before.folded.gz"), corpus("../MANIFEST.toml"));
    let run = plateau(&["info", &bad, &good, "absent.folded"]);
    assert_eq!(run.code, 2);
    assert!(run.stdout.contains("before.folded.gz"), "{}", run.stdout);
    assert!(run.stderr.contains("MANIFEST.toml") && run.stderr.contains("absent.folded"), "{}", run.stderr);
}

#[test]
fn speedscope_keeps_stacks_and_values() {
    let folder = scratch();
    let path = folder.path().join("x.speedscope.json").display().to_string();
    for name in ["rust/before.perf.txt.gz", "rust/before.folded.gz", "python/before.raw.folded.gz"] {
        let capture = corpus(name);
        let run = plateau(&["convert", &capture, "-o", &path]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
        // Threads stand one after the other in the file, so stacks come in another order.
        let sorted = |capture: &str| {
            let run = plateau(&["convert", capture, "--format", "folded"]);
            let mut lines: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert!(sorted(&capture) == sorted(&path), "{name}");
    }
    let byte_for_byte = |capture: &str| plateau(&["convert", capture, "--format", "folded"]).stdout;
    assert!(byte_for_byte(&corpus("python/before.raw.folded.gz")) == byte_for_byte(&path));
}

#[test]
fn names_that_json_cannot_hold_are_said() {
    let run = with_input(&["convert", "-", "--format", "speedscope"], b"main;w\xff 3\n");
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("1 names are not UTF-8"), "{}", run.stderr);
}

#[test]
fn a_value_of_spans_is_refused_for_a_profile() {
    let (before, after) = (corpus("rust/before.folded.gz"), corpus("rust/after.folded.gz"));
    let folder = scratch();
    let picture = folder.path().join("flame.svg").display().to_string();
    let runs = [
        vec!["convert", "--value", "wall", &before],
        vec!["show", "--value", "cp", &before],
        vec!["flame", "--value", "count", &before, "-o", &picture],
        vec!["diff", "--value", "wall", &before, &after],
        vec!["diff", "--value", "wall", "--format", "folded-diff", &before, &after],
    ];
    for run in runs {
        fails(&plateau(&run), 2, &["--value chooses what spans", "--sample-index"]);
    }
}

/// Requests of 10 ms in which the callee, 6 ms long, starts 3 ms before its caller by the clock of its own machine; with two
/// calls that overlap by 5 us.
fn with_skew(folder: &Path, name: &str, callee_us: i64, second_us: i64) -> String {
    let traces: Vec<String> = (0..20i64)
        .map(|trace| {
            let span = |id: &str, parent: &str, at: i64, duration: i64, process: &str| {
                let start = 1_700_000_000_000_000 + trace * 1_000_000 + at;
                format!(
                    r#"{{"traceID":"{trace}","spanID":"{id}","parentSpanID":"{parent}","operationName":"op {id}","startTime":{start},"duration":{duration},"processID":"{process}"}}"#
                )
            };
            let spans = [
                span("a", "", 0, 10_000, "p1"),
                span("b", "a", -3000, callee_us, "p2"),
                span("c", "a", 9505 - second_us, second_us, "p1"),
                span("d", "a", 9500, 400, "p1"),
            ];
            let host = |host: &str| {
                format!(r#"{{"serviceName":"{host}","tags":[{{"key":"host.name","type":"string","value":"{host}"}}]}}"#)
            };
            let processes = format!(r#"{{"p1":{},"p2":{}}}"#, host("shop"), host("cart"));
            format!(r#"{{"traceID":"{trace}","spans":[{}],"processes":{processes}}}"#, spans.join(","))
        })
        .collect();
    let path = folder.join(name);
    fs::write(&path, format!(r#"{{"data":[{}]}}"#, traces.join(","))).unwrap();
    path.display().to_string()
}

/// The figures of a list of functions by name.
fn listed(run: &Run) -> std::collections::BTreeMap<String, f64> {
    let list: Value = serde_json::from_str(&run.stdout).unwrap();
    let rows = list["functions"].as_array().unwrap().iter();
    rows.map(|row| (row["function"].as_str().unwrap().to_owned(), row["self"].as_f64().unwrap())).collect()
}

#[test]
fn clocks_that_differ_are_found_and_brought_together() {
    let folder = scratch();
    let (before, after) =
        (with_skew(folder.path(), "a.json", 6000, 505), with_skew(folder.path(), "b.json", 8000, 505));
    let run = plateau(&["show", "--format", "json", &before]);
    // Of the callee 3 ms lie inside its caller.
    assert_eq!((listed(&run)["cart: op b"], run.stderr.as_str()), (20.0 * 3e6, ""));
    let run = plateau(&["show", "--format", "json", "--fix-skew", &before]);
    assert_eq!(listed(&run)["cart: op b"], 20.0 * 6e6);
    // From 3 ms before to the middle, 2 ms after.
    assert!(run.stderr.contains("20 x span was moved"), "{}", run.stderr);
    assert_eq!(plateau(&["show", "--quiet", "--fix-skew", &before]).stderr, "");

    let diff = |options: &[&str]| {
        let run = plateau(&[&["diff", "--format", "json", &before, &after][..], options].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        validate("plateau-report-1.schema.json", &run.stdout)
    };
    let shifted = |report: &Value| {
        let notes = report["notes"].as_array().unwrap();
        notes
            .iter()
            .filter(|note| note["code"] == "span_shifted")
            .map(|note| note["count"].clone())
            .collect::<Vec<_>>()
    };
    let plain = diff(&[]);
    assert_eq!((&plain["traces"]["quality"]["skewed"], shifted(&plain).len()), (&40.into(), 0));
    let fixed = diff(&["--fix-skew", "--overlap-tolerance", "10us"]);
    assert_eq!(
        (&fixed["traces"]["quality"]["skewed"], shifted(&fixed)),
        (&0.into(), vec![20.into(), 20.into()])
    );
    let command = fixed["command"].as_str().unwrap();
    assert!(command.ends_with(" --overlap-tolerance 10us --fix-skew"), "{command}");
    let info = plateau(&["info", "--format", "json", "--fix-skew", &before]);
    let info = validate("plateau-info-1.schema.json", &info.stdout);
    assert_eq!(info[0]["notes"][0]["code"], "span_shifted");
}

#[test]
fn calls_that_overlap_a_little_are_one_after_the_other() {
    let folder = scratch();
    let file = with_skew(folder.path(), "a.json", 6000, 505);
    let picture = folder.path().join("flame.html").display().to_string();
    let of_c = |options: &[&str]| {
        let run = plateau(&[&["show", "--format", "json", &file][..], options].concat());
        listed(&run).get("shop: op c").copied().unwrap_or(0.0)
    };
    assert_eq!(of_c(&[]), 0.0);
    assert_eq!(of_c(&["--overlap-tolerance", "4us"]), 0.0);
    assert_eq!(of_c(&["--overlap-tolerance", "5us"]), 20.0 * 5e5);
    let run = plateau(&["flame", &file, "--overlap-tolerance", "0.005ms", "-o", &picture]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let page = fs::read_to_string(&picture).unwrap();
    assert!(page.contains(&format!("<code>plateau flame {file} --overlap-tolerance 5us</code>")));
    // The costs of requests, too.
    let after = with_skew(folder.path(), "b.json", 6000, 905);
    let growth = |options: &[&str]| {
        let run = plateau(&[&["diff", "--format", "json", &file, &after][..], options].concat());
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let rows = report["traces"]["contributions"].as_array().unwrap().clone();
        let row = rows.into_iter().find(|row| row["frame"] == "shop: op c");
        row.map_or(0.0, |row| row["delta_us_per_request"].as_f64().unwrap())
    };
    assert_eq!((growth(&[]), growth(&["--overlap-tolerance", "5us"])), (0.0, 400.0));
}

#[test]
fn options_about_spans_are_refused_for_a_profile() {
    let (before, after) = (corpus("rust/before.folded.gz"), corpus("rust/after.folded.gz"));
    let folder = scratch();
    let picture = folder.path().join("flame.svg").display().to_string();
    for (option, why) in [
        (&["--fix-skew"][..], "--fix-skew has no effect on a profile"),
        (&["--overlap-tolerance", "1ms"], "--overlap-tolerance has no effect on a profile"),
    ] {
        for run in [
            &["show", &before][..],
            &["flame", &before, "-o", &picture],
            &["convert", &before],
            &["diff", &before, &after],
            &["diff", "--format", "folded-diff", &before, &after],
        ] {
            fails(&plateau(&[run, option].concat()), 2, &[why]);
        }
    }
    fails(&plateau(&["info", "--fix-skew", &before]), 2, &["--fix-skew has no effect on a profile"]);
    let traces = corpus("services/before.jaeger.json.gz");
    let run = plateau(&["show", "--overlap-tolerance", "10", &traces]);
    assert!(run.code == 2 && run.stderr.contains("such as 500ns, 10us"), "{}", run.stderr);
}

#[test]
fn one_request_is_not_many() {
    let traces = r#"[[{"traceId":"1","id":"2","name":"get","timestamp":1000,"duration":5,"localEndpoint":{"serviceName":"a"}}]]"#;
    let folder = scratch();
    let path = folder.path().join("one.json");
    std::fs::write(&path, traces).unwrap();
    let path = path.display().to_string();
    let run = plateau(&["diff", &path, &path]);
    assert!(run.stdout.contains("1 request ") && !run.stdout.contains("1 requests"), "{}", run.stdout);
}
