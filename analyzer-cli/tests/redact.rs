//! What `--redact` matches stands in no output: a canary in every kind of text, through every command and format.

mod common;

use common::{Run, corpus, plateau, scratch};
use std::fs;
use std::path::Path;

/// Stands in every kind of text that a capture has.
const CANARY: &str = "qzx";

const PERF: &str = "qzx-worker 7/8 [000] 1.000: 100 cycles:u: \n\t401000 main+0x1 (/opt/qzx/app)\n\n\
qzx-worker 7/8 [000] 2.000: 100 cycles:u: \n\t402000 qzx_parse+0x1 (/opt/qzx/app)\n\t401000 main+0x1 (/opt/qzx/app)\n\n\
qzx-worker 7/8 [000] 3.000: 100 cycles:u: \n\tqzx garbage\n\n";
const FOLDED: &str =
    "main;qzx_load;_ZN3qzx6secret4load17h0123456789abcdefE 500\nmain;render 300\nqzx line without a value\n";
const TRACES: &str = r#"{"data":[{"traceID":"qzx1","processes":{"p1":{"serviceName":"qzx-shop","tags":[{"key":"qzx.host","type":"string","value":"qzx-7"}]}},
"spans":[{"traceID":"qzx1","spanID":"qzxa","operationName":"GET /qzx","references":[],"startTime":1,"duration":900,"processID":"p1","tags":[{"key":"db.statement","type":"string","value":"SELECT qzx"},{"key":"peer.service","type":"string","value":"qzx-db"},{"key":"span.kind","type":"string","value":"client"}]},
{"traceID":"qzx1","spanID":"qzxb","operationName":"qzx","references":[{"refType":"CHILD_OF","traceID":"qzx1","spanID":"missing-qzx"}],"startTime":2,"duration":-3,"processID":"p1","tags":[]},
{"traceID":"qzx1","operationName":"qzx"}]}]}"#;

/// Every byte that a run left, on both streams and in files.
#[track_caller]
fn holds_no_canary(run: &Run, folder: &Path, what: &str) {
    let is_in = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase().contains(CANARY);
    assert!(!is_in(run.stdout.as_bytes()), "{what}: {}", run.stdout);
    assert!(!is_in(run.stderr.as_bytes()), "{what}: {}", run.stderr);
    for file in fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path()) {
        assert!(!is_in(&fs::read(&file).expect("it was written")), "{what}: {}", file.display());
    }
}

#[test]
fn no_output_of_any_command_holds_what_is_hidden() {
    let inputs = scratch();
    let outputs = scratch();
    let place = |name: &str, text: &str| {
        let path = inputs.path().join(format!("qzx-{name}"));
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let redact = ["--redact", "(?i)qzx"];
    for (name, text) in [("a.perf", PERF), ("a.folded", FOLDED), ("a.json", TRACES)] {
        let before = place(name, text);
        // Another count or time, so that there is a difference to tell of.
        let after = place(
            &format!("b-{name}"),
            &text.replace("500", "900").replace("duration\":900", "duration\":9000"),
        );
        let output = |extension: &str| outputs.path().join(format!("x.{extension}")).display().to_string();
        let mut runs: Vec<Vec<String>> = Vec::new();
        let mut add = |words: &[&str]| {
            runs.push(words.iter().chain(&redact).map(|&word| word.to_owned()).collect());
        };
        for format in ["text", "html", "svg", "md", "json", "csv", "folded-diff"] {
            add(&["diff", &before, &after, "--force", "--format", format]);
        }
        let files: Vec<String> = ["html", "svg", "md", "json", "csv", "txt", "folded"].map(output).into();
        let mut written = vec!["diff", &before, &after, "--force", "--explain", "qzx"];
        files.iter().for_each(|file| written.extend(["-o", file]));
        add(&written);
        for format in ["text", "json", "csv"] {
            add(&["show", &before, "--format", format]);
            add(&["show", &before, "--tree", "--format", format]);
        }
        add(&["info", &before, &after]);
        add(&["info", &before, &after, "--format", "json"]);
        for extension in ["html", "svg"] {
            add(&["flame", &before, "-o", &output(extension)]);
        }
        for format in ["folded", "pprof", "speedscope"] {
            add(&["convert", &before, "--format", format]);
        }
        for run in runs {
            let words: Vec<&str> = run.iter().map(String::as_str).collect();
            let run = plateau(&words);
            assert_eq!(run.code, 0, "{words:?}: {}", run.stderr);
            holds_no_canary(&run, outputs.path(), &words.join(" "));
        }
        let plain = plateau(&["info", &before, "--format", "json"]);
        assert!(plain.stdout.contains(CANARY), "without --redact it is there");
        // Runs that end in an error.
        for words in [
            vec!["diff", &before, "/nowhere/qzx"],
            vec!["show", &before, "--strict"],
            vec!["show", &before, "--from", "pprof"],
        ] {
            let run = plateau(&[&words[..], &redact].concat());
            assert_eq!(run.code, 2, "{words:?}: {}", run.stdout);
            holds_no_canary(&run, outputs.path(), &words.join(" "));
        }
    }
}

#[test]
fn figures_stay_and_what_matches_nothing_is_told() {
    let pair = [corpus("rust/before.folded.gz"), corpus("rust/after.folded.gz")];
    let json = |more: &[&str]| {
        let run = plateau(&[&["diff", &pair[0], &pair[1], "--format", "json"], more].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        (serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap(), run.stderr)
    };
    let (plain, _) = json(&[]);
    let (hidden, warnings) = json(&["--redact", "match_[a-z]+", "--redact", "no such text"]);
    assert!(warnings.contains("pattern 2 matches nothing"), "{warnings}");
    assert_eq!((&plain["redacted"], &hidden["redacted"]), (&serde_json::Value::Null, &serde_json::json!(2)));
    let name = hidden["plateaus"][0]["function"].as_str().unwrap();
    assert!(name.starts_with("orderflow::risk::redacted-"), "{name}");
    for field in ["growth", "before", "after", "tier"] {
        assert_eq!(plain["plateaus"][0][field], hidden["plateaus"][0][field], "{field}");
    }
    assert_eq!(plain["noise"], hidden["noise"]);
    assert!(hidden["command"].as_str().unwrap().ends_with("--redact \u{2026} --redact \u{2026}"));
}

#[test]
fn patterns_that_hide_nothing_or_everything_are_refused() {
    let capture = corpus("rust/before.folded.gz");
    for pattern in ["", "x*", "("] {
        assert_eq!(plateau(&["show", &capture, "--redact", pattern]).code, 2, "{pattern}");
    }
    let run = plateau(&["baseline", "build", &capture, "-o", "/nowhere/b.json", "--redact", "main"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("diff --baseline"), "{}", run.stderr);
}
