//! `plateau merge`: sums are those of the columns, and those of `go tool pprof`.

#![allow(clippy::unwrap_used)]

mod common;

use common::{corpus, fails, plateau, scratch};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// Value types and sums of a capture.
fn sums(path: &str) -> Vec<(String, f64)> {
    let run = plateau(&["info", "--format", "json", path]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let info: Value = serde_json::from_str(&run.stdout).unwrap();
    let types = info[0]["value_types"].as_array().unwrap();
    types.iter().map(|of| (of["name"].as_str().unwrap().to_owned(), of["sum"].as_f64().unwrap())).collect()
}

#[test]
fn a_sum_has_all_value_types_of_its_captures() {
    let folder = scratch();
    for kind in ["cpu", "heap"] {
        let (one, two) =
            (corpus(&format!("go/before.{kind}.pb.gz")), corpus(&format!("go/after.{kind}.pb.gz")));
        let out = |name: &str| folder.path().join(format!("{kind}.{name}")).display().to_string();
        let sum = out("pb.gz");
        let run = plateau(&["merge", &one, &two, "-o", &sum]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        let expected: Vec<(String, f64)> =
            sums(&one).into_iter().zip(sums(&two)).map(|(one, two)| (one.0, one.1 + two.1)).collect();
        assert_eq!(sums(&sum), expected, "{kind}");
        assert!(expected.len() > 1);
        // The same bytes each time, and not the order of the threads.
        let again = out("again.pb.gz");
        assert_eq!(plateau(&["merge", &one, &two, "-o", &again]).code, 0);
        assert!(fs::read(&sum).unwrap() == fs::read(&again).unwrap());
        let Ok(go) = Command::new("go")
            .args(["tool", "pprof", "-proto", "-output"])
            .arg(out("go.pb.gz"))
            .args([&one, &two])
            .output()
        else {
            eprintln!("skipped: go is not there to add up the same files");
            continue;
        };
        assert!(go.status.success(), "{}", String::from_utf8_lossy(&go.stderr));
        assert_eq!(sums(&out("go.pb.gz")), expected, "{kind}");
    }
}

#[test]
fn labels_and_stacks_stay_and_equal_rows_are_one() {
    let folder = scratch();
    let one = corpus("go/before.cpu.pb.gz");
    let twice = folder.path().join("twice.pb.gz").display().to_string();
    let run = plateau(&["merge", &one, &one, "-o", &twice]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("holds the same bytes"), "{}", run.stderr);
    let once = folder.path().join("once.pb.gz").display().to_string();
    assert_eq!(plateau(&["merge", &one, "-o", &once]).code, 0);
    // What doubled did not change by a function.
    let run = plateau(&["diff", &once, &twice, "--scale", "share", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["plateaus"].as_array().map(Vec::len), Some(0), "{}", report["verdict"]);
    let records = |path: &str| {
        let run = plateau(&["info", "--format", "json", path]);
        let info: Value = serde_json::from_str(&run.stdout).unwrap();
        (
            info[0]["value_types"][0]["samples"].clone(),
            info[0]["functions"].clone(),
            info[0]["stacks"].clone(),
        )
    };
    let ((_, functions, stacks), (_, of_one, of_one_stacks)) = (records(&twice), records(&once));
    assert_eq!((functions, stacks), (of_one, of_one_stacks));
}

#[test]
fn folded_sums_and_refusals() {
    let folder = scratch();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (a, b) =
        (write("a.folded", "main;parse 3\nmain 1\n"), write("b.folded", "main;load 2\nmain;parse 4\n"));
    let run = plateau(&["merge", &a, &b]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "main;parse 7\nmain 1\nmain;load 2\n"), "{}", run.stderr);
    fails(&plateau(&["merge", &a, &b, "-o", &b]), 2, &["never overwritten"]);
    assert_eq!(fs::read_to_string(&b).unwrap(), "main;load 2\nmain;parse 4\n");
    let cpu = corpus("go/before.cpu.pb.gz");
    fails(&plateau(&["merge", &a, &cpu]), 2, &["only captures of one kind add up", "cpu (nanoseconds)"]);
    let traces = corpus("services/before.jaeger.json.gz");
    fails(&plateau(&["merge", &traces]), 2, &["holds traces"]);
    fails(&plateau(&["merge", &a, "-o", "x.doc"]), 2, &["x.doc", ".pb.gz"]);
}
