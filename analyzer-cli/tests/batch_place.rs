//! The folder of results of `plateau batch`: the same bytes however it was made, and nobody else's.

mod common;

use common::folders::{capture, contents, folders, rows, text, write};
use common::{corpus, fails, plateau, scratch};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_goes_on_and_ends_with_the_same_bytes() {
    use std::process::{Command, Stdio};
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 24);
    write(&after.join("api/h5.folded"), "");
    let args = |out: &Path| -> Vec<String> {
        ["batch", text(&before), text(&after), "-o", text(out), "-j", "2", "--max-failed", "100%"]
            .map(str::to_owned)
            .into()
    };
    let whole = scratch.path().join("whole");
    let run = |out: &Path| {
        let args = args(out);
        plateau(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let start = std::time::Instant::now();
    assert_eq!(run(&whole).code, 0);
    let length = start.elapsed();
    let expected = contents(&whole);
    for share in [2, 4, 6, 8, 9] {
        let out = scratch.path().join(format!("killed{share}"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_plateau"))
            .args(args(&out))
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary starts");
        std::thread::sleep(length * share / 10);
        // A run may have ended by then.
        let _ = child.kill();
        child.wait().expect("it ends");
        assert_eq!(run(&out).code, 0);
        assert_eq!(contents(&out), expected, "killed after {share} tenths");
    }
}

#[cfg(unix)]
#[test]
fn what_is_finished_is_not_made_anew_unless_something_changed() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 4);
    let out = scratch.path().join("out");
    // A file limit below the size of a report stops the run where a full disk would.
    let limited = |blocks: &str| {
        let script = format!("ulimit -f {blocks}; exec \"$@\"");
        let run = std::process::Command::new("bash")
            .args(["-c", &script, "bash", env!("CARGO_BIN_EXE_plateau")])
            .args(["batch", text(&before), text(&after), "-o", text(&out), "-j", "1"])
            .output()
            .expect("bash");
        (run.status.code(), String::from_utf8_lossy(&run.stderr).into_owned())
    };
    let (code, stderr) = limited("8");
    assert_eq!((code, stderr.lines().count()), (Some(2), 1), "{stderr}");
    assert!(stderr.contains("cannot be written"), "{stderr}");
    let left = contents(&out);
    let is_kept = |name: &String| name.starts_with(".partial/") && name.ends_with(".json");
    assert!(left.keys().all(|name| name == ".partial/lock" || is_kept(name)), "{:?}", left.keys());
    let run =
        |args: &[&str]| plateau(&[&["batch", text(&before), text(&after), "-o", text(&out)], args].concat());
    assert_eq!(run(&[]).code, 0);
    let fresh = contents(&out);
    // A folder where the rows should stand stops a run at its end, so that all pairs are kept.
    let stop_at_the_end = || {
        fs::remove_file(out.join("results.jsonl")).expect("removed");
        write(&out.join("results.jsonl/in-the-way"), "");
        fails(&run(&["-q"]), 2, &["results.jsonl: cannot be written"]);
        fs::remove_dir_all(out.join("results.jsonl")).expect("removed");
    };
    stop_at_the_end();
    let report = fresh.keys().find(|name| name.starts_with("reports/api_h1")).expect("a report");
    let kept = out.join(report.replace("reports/", ".partial/").replace(".html", ".json"));
    let row = fs::read_to_string(&kept).expect("a row");
    let marked = row.replace("\"pair\":\"api/h1.folded\"", "\"pair\":\"taken as it is\"");
    assert_ne!(marked, row);
    fs::write(&kept, &marked).expect("a file");
    assert_eq!(run(&[]).code, 0);
    assert!(
        rows(&out).iter().any(|row| row["pair"] == "taken as it is"),
        "a row that is kept is not made anew"
    );
    // Rows of another question, of other captures and of reports that are gone are made anew.
    for change in ["question", "captures", "reports"] {
        assert_eq!(run(&[]).code, 0);
        stop_at_the_end();
        match change {
            "question" => {
                fs::write(&kept, marked.replace("plateau batch", "plateau batch --force")).expect("a file")
            }
            "captures" => {
                fs::write(&kept, &marked).expect("a file");
                write(&after.join("api/h1.folded"), capture(17, 0));
            }
            _ => {
                write(&after.join("api/h1.folded"), capture(1 + 3, 0));
                fs::write(&kept, &marked).expect("a file");
                fs::remove_file(out.join(report)).expect("removed");
            }
        }
        assert_eq!(run(&[]).code, 0);
        assert!(rows(&out).iter().all(|row| row["pair"] != "taken as it is"), "{change}");
        if change != "captures" {
            assert_eq!(contents(&out), fresh, "{change}");
        }
    }
}

#[test]
fn what_cannot_be_is_said_in_one_line() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 2);
    let inside = before.join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&inside)]);
    fails(&run, 2, &["would be read with it"]);
    assert!(!inside.exists());
    fails(
        &plateau(&["batch", text(&before), text(&after), "-o", text(scratch.path())]),
        2,
        &["holds the input"],
    );
    let other = scratch.path().join("other");
    write(&other.join("thesis.tex"), "precious");
    fails(
        &plateau(&["batch", text(&before), text(&after), "-o", text(&other)]),
        2,
        &["is not empty and holds no batch"],
    );
    let out = scratch.path().join("out");
    fails(&plateau(&["batch", text(&before), "-o", text(&out)]), 2, &["--path-pattern"]);
    fails(&plateau(&["batch", text(&before), "nowhere", "-o", text(&out)]), 2, &["nowhere: cannot be read"]);
    fails(
        &plateau(&["batch", text(&before), text(&after), "-o", text(&out), "--redact", "x"]),
        2,
        &["--redact"],
    );
    let single = corpus("../MANIFEST.toml");
    fails(&plateau(&["batch", &single, &single, "-o", text(&out)]), 2, &["expected a folder or an archive"]);
    write(&other.join("x/alone.folded"), capture(1, 0));
    fails(
        &plateau(&["batch", text(&before), text(&other.join("x")), "-o", text(&out)]),
        2,
        &["no two captures belong together"],
    );
}

#[test]
fn a_mistake_leaves_a_finished_folder_as_it_was() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 2);
    let out = scratch.path().join("out");
    let args = ["batch", text(&before), text(&after), "-o", text(&out), "--report", "none"];
    assert_eq!(plateau(&args).code, 0);
    let whole = contents(&out);
    for wrong in [&["batch", text(&before), "typo"][..], &["batch", "--files-from", "typo"]] {
        fails(&plateau(&[wrong, &["-o", text(&out)]].concat()), 2, &["typo: cannot be read"]);
        assert_eq!(contents(&out), whole);
    }
    fails(&plateau(&[&args[..], &["--classes", "typo"]].concat()), 2, &["typo"]);
    assert_eq!(contents(&out), whole);
    assert_eq!(plateau(&args).code, 0);
    // A folder of that name that no batch has made is somebody else's.
    let other = scratch.path().join("other");
    write(&other.join(".partial/download"), "precious");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&other)]);
    fails(&run, 2, &["is not empty and holds no batch"]);
    assert_eq!(contents(&other).len(), 1);
}

#[test]
fn two_runs_do_not_write_into_one_folder() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 2);
    let out = scratch.path().join("out");
    write(&out.join(".partial/lock"), "");
    let lock = fs::File::open(out.join(".partial/lock")).expect("a file");
    lock.lock().expect("a lock");
    let args = ["batch", text(&before), text(&after), "-o", text(&out), "--report", "none"];
    fails(&plateau(&args), 2, &["another run is writing into it"]);
    drop(lock);
    assert_eq!(plateau(&args).code, 0);
}

#[test]
fn a_row_of_another_form_is_made_anew() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 3);
    let (whole, out) = (scratch.path().join("whole"), scratch.path().join("out"));
    let run =
        |out: &Path| plateau(&["batch", text(&before), text(&after), "-o", text(out), "--report", "none"]);
    assert_eq!(run(&whole).code, 0);
    // A run that ends after its pairs: where the index belongs there is a folder.
    write(&out.join(".partial/lock"), "");
    fs::create_dir_all(out.join("index.md/x")).expect("a folder");
    fails(&run(&out), 2, &["index.md"]);
    let kept: Vec<PathBuf> = fs::read_dir(out.join(".partial"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    assert_eq!(kept.len(), 3);
    for path in &kept {
        let mut row: Value = serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON");
        row["row"].as_object_mut().expect("a row").remove("status");
        write(path, row.to_string());
    }
    fs::remove_dir_all(out.join("index.md")).expect("a folder");
    assert_eq!(run(&out).code, 0);
    let results = |at: &Path| fs::read_to_string(at.join("results.jsonl")).expect("rows");
    assert_eq!(results(&out), results(&whole));
}
