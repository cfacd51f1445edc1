//! What a capture is worth: `plateau info`, the account in every report, and `--strict` in every command.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Run, corpus, plateau, scratch, with_input};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Four lines, of which the second and the last have no count.
const LOSSY: &str = "m;f 300\nm;g -1\nm;h 5\nm;i x\n";
const WHOLE: &str = "m;f 310\nm;h 5\n";

fn file(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

/// A gzip file cut in the middle of its second line.
fn cut() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut encoder, b"main;parse 123456\nmain;render 789012\n").unwrap();
    let packed = encoder.finish().unwrap();
    packed[..packed.len() - 12].to_vec()
}

fn info(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{}", run.stderr);
    let infos: Value = serde_json::from_str(&run.stdout).unwrap();
    infos[0].clone()
}

#[test]
fn strict_refuses_any_loss_in_every_command() {
    let folder = scratch();
    let whole = file(folder.path(), "whole.folded", WHOLE);
    let svg = folder.path().join("x.svg").display().to_string();
    let folded = folder.path().join("x.folded").display().to_string();
    let html = folder.path().join("x.html").display().to_string();
    for (bad, words) in [
        (file(folder.path(), "lossy.folded", LOSSY), ["2 of 4 records left out", "line 2"]),
        (file(folder.path(), "cut.gz", cut()), ["cut", "byte"]),
    ] {
        let commands: [&[&str]; 6] = [
            &["diff", "--force", &bad, &whole, "-o", &html],
            &["diff", "--force", &whole, &bad, "-o", &html],
            &["show", &bad],
            &["flame", &bad, "-o", &svg],
            &["info", &bad],
            &["convert", &bad, "-o", &folded],
        ];
        for command in commands {
            let strict = plateau(&[command, &["--strict"]].concat());
            assert_eq!((strict.code, strict.stdout.as_str()), (2, ""), "{command:?}");
            assert_eq!(strict.stderr.lines().count(), 1, "{}", strict.stderr);
            assert!(strict.stderr.starts_with(&format!("plateau: {bad}: --strict: ")), "{}", strict.stderr);
            for word in words {
                assert!(strict.stderr.contains(word), "{word:?} in {}", strict.stderr);
            }
            for output in [&svg, &folded, &html] {
                assert!(!Path::new(output).exists(), "{command:?} left {output}");
            }
        }
        for command in commands {
            assert_eq!(plateau(command).code, 0, "{command:?}");
        }
        for output in [&svg, &folded, &html] {
            fs::remove_file(output).unwrap();
        }
    }
    assert_eq!(plateau(&["diff", "--strict", &whole, &whole]).code, 0, "what is whole passes");
}

#[test]
fn every_head_has_the_account_of_both_captures() {
    let folder = scratch();
    let (before, after) = (file(folder.path(), "a.folded", LOSSY), file(folder.path(), "b.folded", WHOLE));
    let left_out = "2 of 4 records used; 2 left out";
    for format in ["text", "md", "html", "svg"] {
        let run = plateau(&["diff", &before, &after, "--format", format]);
        // Lines wrap, and Markdown escapes.
        let text = run.stdout.replace('\n', " ");
        for part in [left_out, "first at line 2", "2 records, all used"] {
            assert!(text.contains(part), "{part:?} in {format}: {}", run.stdout);
        }
    }
    let run = plateau(&["diff", &before, &after, "--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let records = |side: &str| report[side]["records"].to_string();
    assert_eq!(records("before"), r#"{"in_file":4,"left_out":2,"used":2}"#);
    assert_eq!(records("after"), r#"{"in_file":2,"left_out":0,"used":2}"#);
    assert_eq!(report["left_out"][0]["first"][0].to_string(), r#"{"byte":8,"line":2}"#);

    let run = plateau(&["show", &before]);
    assert!(run.stdout.lines().nth(1).unwrap().contains(left_out), "{}", run.stdout);
    let run = plateau(&["show", &before, "--format", "json"]);
    let flat: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(flat["records"]["left_out"], 2);
    assert_eq!(flat["left_out"][0]["count"], 2);

    let run = plateau(&["info", &before]);
    assert!(run.stdout.contains(left_out), "{}", run.stdout);
    let info = info(&plateau(&["info", "--format", "json", &before]));
    assert_eq!(info["records"].to_string(), r#"{"in_file":4,"left_out":2,"used":2}"#);
    assert_eq!(info["left_out"][0]["first"][1].to_string(), r#"{"byte":21,"line":4}"#);
}

#[test]
fn spans_are_accounted_for() {
    let run = plateau(&["info", &corpus("services/before.jaeger.json.gz")]);
    assert!(run.stdout.contains("read        2,520 spans, all used\n"), "{}", run.stdout);
    let (before, after) = (corpus("services/before.jaeger.json.gz"), corpus("services/after.jaeger.json.gz"));
    let run = plateau(&["diff", &before, &after]);
    assert!(run.stdout.contains("before: 2,520 spans, all used"), "{}", run.stdout);
}

#[test]
fn text_fits_eighty_columns() {
    for name in ["rust/before.perf.txt.gz", "go/before.cpu.pb.gz", "services/before.jaeger.json.gz"] {
        let run = plateau(&["info", &corpus(name)]);
        // The first line is the path as given.
        assert!(run.stdout.lines().skip(1).all(|line| line.chars().count() <= 80), "{}", run.stdout);
    }
}

/// A service of which the handler recurses, 64 frames kept of each stack, as Go's CPU profiler does.
#[test]
fn cut_stacks_of_a_pprof_are_found() {
    let folder = scratch();
    let mut text = String::from("net/http.serve;main.idle 3000\nnet/http.serve;main.handle;main.walk 2000\n");
    for leaf in 0..3 {
        writeln!(text, "{};leaf{leaf} 2000", vec!["main.walk"; 63].join(";")).unwrap();
    }
    let folded = file(folder.path(), "x.folded", &text);
    let pprof = folder.path().join("x.pb.gz").display().to_string();
    assert_eq!(plateau(&["convert", &folded, "-o", &pprof]).code, 0);
    let found = info(&plateau(&["info", "--format", "json", &pprof]));
    assert_eq!((found["cut_depth"].as_u64(), found["cut_stacks_pct"].as_f64()), (Some(64), Some(54.5455)));
    assert_eq!(found["fit"]["verdict"], "with_care");
    assert_eq!(found["fit"]["reasons"][0]["code"], "cut_stacks");
    let run = plateau(&["diff", &pprof, &pprof]);
    assert!(run.stdout.contains("stacks cut at 64 frames"), "reports warn as well: {}", run.stdout);
}

#[test]
fn a_good_capture_is_fit_and_a_poor_one_is_not() {
    let good = info(&plateau(&["info", "--format", "json", &corpus("rust/before.perf.txt.gz")]));
    assert_eq!(good["fit"].to_string(), r#"{"reasons":[],"verdict":"yes"}"#);
    assert!(good["samples_needed"].as_u64().unwrap() < 13_162);
    assert_eq!(good["rate"]["samples_per_s"].as_f64().map(f64::round), Some(1017.0));
    let poor = info(&with_input(&["info", "--format", "json", "-"], LOSSY.as_bytes()));
    assert_eq!(poor["fit"]["verdict"], "no");
    let codes: Vec<&str> = poor["fit"]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["few_samples", "left_out", "no_duration"]);
}
