//! `plateau batch`: pairs of folders, failures as rows, and folders that are the same bytes however they were made.

mod common;

use common::{corpus, fails, plateau, scratch, validate, with_input};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Folded stacks of one process; `grown` samples more of `parse`. Which number it is makes it differ a little.
fn capture(number: u64, grown: u64) -> String {
    let near = |samples: u64, salt: u64| samples + (number * 7 + salt * 13) % (samples / 20 + 1);
    let mut text = format!("main;serve;parse {}\n", near(2000, 1) + grown);
    for (at, name) in ["render", "query", "encode", "compress", "route", "log", "auth"].iter().enumerate() {
        text += &format!("main;serve;{name} {}\n", near(1500, at as u64 + 2));
    }
    text
}

/// Two folders of so many captures in `at`, of which the third grew.
fn folders(at: &Path, number: u64) -> (PathBuf, PathBuf) {
    let (before, after) = (at.join("before"), at.join("after"));
    for host in 0..number {
        let grown = if host == 2 { 1500 } else { 0 };
        write(&before.join(format!("api/h{host}.folded")), capture(host, 0));
        write(&after.join(format!("api/h{host}.folded")), capture(host + 3, grown));
    }
    (before, after)
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of UTF-8")
}

/// Every file below a folder, by its path in it.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it").display().to_string();
                files.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

fn rows(out: &Path) -> Vec<Value> {
    let lines = fs::read_to_string(out.join("results.jsonl")).expect("rows");
    lines.lines().map(|line| validate("plateau-batch-row-1.schema.json", line)).collect()
}

/// Whether growth of a pair stands; where functions are few, what grew takes shares of the others, and it is mixed.
fn has_grown(row: &Value) -> bool {
    row["verdict"]["code"] == "grew" || row["verdict"]["code"] == "mixed"
}

fn manifest(out: &Path) -> Value {
    validate(
        "plateau-batch-1.schema.json",
        &fs::read_to_string(out.join("manifest.json")).expect("a manifest"),
    )
}

#[test]
fn pairs_are_ranked_and_the_folder_is_the_same_for_any_number_of_jobs() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 6);
    write(&before.join("gone.folded"), capture(1, 0));
    let out = |jobs: &str| {
        let out = scratch.path().join(format!("out{jobs}"));
        let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out), "-j", jobs]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
        assert!(
            run.stdout.starts_with("6 pairs compared: 1 grew, 5 without detectable change; 1 unpaired\n"),
            "{}",
            run.stdout
        );
        out
    };
    let (one, four) = (out("1"), out("4"));
    let files = contents(&one);
    assert_eq!(files, contents(&four));
    assert_eq!(files.len(), 4 + 6, "{:?}", files.keys());
    let rows = rows(&one);
    assert_eq!(rows[0]["pair"], "api/h2.folded");
    assert_eq!(rows[0]["top"][0]["function"], "parse");
    assert_eq!((&rows[0]["status"], &rows[6]["status"]), (&Value::from("ok"), &Value::from("unpaired")));
    assert!(rows[0]["grew"]["q"].as_f64().expect("a rate") < 0.05);
    let report = rows[0]["report"].as_str().expect("a report");
    assert!(String::from_utf8_lossy(&files[report]).contains("parse"));
    assert!(
        String::from_utf8_lossy(&files["index.html"])
            .contains(&format!("<a href=\"{report}\">api/h2.folded</a>"))
    );
    assert!(String::from_utf8_lossy(&files["index.md"]).contains("AFTER has no capture of this name"));
    let manifest = manifest(&one);
    assert_eq!(manifest["counts"]["files"], 12);
    let digest = blake3::hash(&files["results.jsonl"]).to_hex().to_string();
    assert_eq!(manifest["results"]["blake3"], digest.as_str());
    // Again over what is finished: the same.
    out("1");
    assert_eq!(files, contents(&one));
}

#[cfg(unix)]
#[test]
fn whatever_fails_is_a_row_and_all_others_are_right() {
    use std::os::unix::fs::symlink;
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 6);
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).expect("packed");
        encoder.finish().expect("packed")
    };
    let bad: [(&str, Vec<u8>, &str); 5] = [
        ("empty.pb.gz", Vec::new(), "empty"),
        ("cut.pb.gz", gzip(&capture(1, 0))[..15].to_vec(), "truncated"),
        ("notes.pdf", b"%PDF-1.7 \x00\x01\x02".to_vec(), "unknown_format"),
        ("bomb.gz", gzip(&"main;work 1\n".repeat(400_000)), "too_large"),
        ("corrupt.gz", [&gzip("")[..10], &[0xff; 40]].concat(), "bad_gzip"),
    ];
    for (name, bytes, _) in &bad {
        write(&before.join(name), capture(1, 0));
        write(&after.join(name), bytes);
    }
    assert!(std::process::Command::new("mkfifo").arg(after.join("fifo")).status().expect("mkfifo").success());
    symlink(&after, after.join("api/loop")).expect("a link");
    symlink("nowhere", after.join("dangling")).expect("a link");
    symlink(after.join("api/h1.folded"), after.join("latest")).expect("a link");
    let inputs = |folder: &Path| {
        let listed = std::process::Command::new("find").arg(folder).args(["-ls"]).output().expect("find");
        String::from_utf8_lossy(&listed.stdout).into_owned()
    };
    let listed = inputs(scratch.path());
    // Beside the inputs, of which the listing must stay the same.
    let beside = common::scratch();
    let out = beside.path().join("out");
    let args = ["batch", text(&before), text(&after), "-o", text(&out), "--max-unpacked", "1000000"];
    let run = plateau(&args);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("7 files or pairs failed, and --max-failed allows 0"), "{}", run.stderr);
    assert!(run.stderr.contains("leads around in a circle"), "{}", run.stderr);
    assert_eq!(inputs(scratch.path()), listed, "inputs are not touched");
    let rows = rows(&out);
    let compared: Vec<&Value> = rows.iter().filter(|row| row["status"] == "ok").collect();
    assert_eq!((compared.len(), &compared[0]["pair"]), (6, &Value::from("api/h2.folded")));
    let expected = bad.iter().map(|(name, _, code)| (*name, *code));
    for (name, code) in expected.chain([("fifo", "not_a_file"), ("dangling", "unreadable")]) {
        let row =
            rows.iter().find(|row| row["error"]["file"].as_str().is_some_and(|file| file.ends_with(name)));
        let row = row.unwrap_or_else(|| panic!("no row of {name}"));
        assert_eq!(
            (&row["status"], &row["error"]["code"]),
            (&Value::from("quarantined"), &Value::from(code)),
            "{name}"
        );
    }
    assert_eq!(manifest(&out)["passed_over"].as_array().map(Vec::len), Some(2));
    let run = plateau(&[&args[..], &["--max-failed", "7"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
}

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
fn renamed_hosts_are_pooled_per_service() {
    let scratch = scratch();
    let (before, after) = (scratch.path().join("before"), scratch.path().join("after"));
    for host in 0..4 {
        write(
            &before.join(format!("service=api/date=2026-11-27/host=old{host}/cpu.folded")),
            capture(host, 0),
        );
        write(
            &after.join(format!("service=api/date=2026-11-28/host=new{host}/cpu.folded")),
            capture(host + 9, 1500),
        );
        write(
            &before.join(format!("service=web/date=2026-11-27/host=w{host}a/cpu.folded")),
            capture(host, 0),
        );
        write(
            &after.join(format!("service=web/date=2026-11-28/host=w{host}b/cpu.folded")),
            capture(host + 5, 0),
        );
    }
    write(&after.join("service=api/date=2026-11-28/host=new9/cpu.folded"), "");
    let out = scratch.path().join("out");
    let run = plateau(&[
        "batch",
        text(&before),
        text(&after),
        "-o",
        text(&out),
        "--report",
        "none",
        "--max-failed",
        "1",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows = rows(&out);
    assert_eq!((rows.len(), &rows[0]["pair"]), (2, &Value::from("api/cpu.folded")));
    assert_eq!(rows[0]["before"].as_array().map(Vec::len), Some(4));
    assert_eq!(
        (&rows[0]["status"], &rows[0]["error"]["code"]),
        (&Value::from("partial"), &Value::from("empty"))
    );
    assert!(has_grown(&rows[0]) && !has_grown(&rows[1]));
    assert_eq!(
        (&rows[0]["top"][0]["function"], &rows[1]["status"]),
        (&Value::from("parse"), &Value::from("ok"))
    );
    assert_eq!(rows[0]["top"][0]["captures_grown"], serde_json::json!({"grew": 4, "of": 4}));
    assert!(manifest(&out)["pairing"].as_str().expect("words").contains("hosts as replicates"));
    assert!(contents(&out).keys().all(|name| !name.starts_with("reports/")));
}

#[test]
fn one_folder_is_split_by_version_and_hosts_are_compared_with_their_peers() {
    let scratch = scratch();
    let folder = scratch.path().join("archive");
    for (version, grown) in [("1.8", 900), ("1.9", 0), ("1.10", 1500)] {
        for host in 0..3 {
            let name = format!("api/{version}/h{host}-17642880{host}0.folded");
            write(&folder.join(name), capture(host + grown, grown));
        }
    }
    let out = scratch.path().join("out");
    let pattern = ["--path-pattern", "{service}/{version}/{host}-{ts}.folded", "--report", "none"];
    let run = plateau(&[&["batch", text(&folder), "-o", text(&out)], &pattern[..]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let pairing = manifest(&out)["pairing"].as_str().expect("words").to_owned();
    assert_eq!(pairing, "version=1.9 with version=1.10; paired by keys");
    assert!(rows(&out).iter().all(|row| row["verdict"]["code"] == "grew"), "{:?}", rows(&out)[0]);
    // What cannot be read and is on neither side has a row all the same.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", folder.join("dangling")).expect("a link");
        let args = ["batch", text(&folder), "-o", text(&out), "--max-failed", "1"];
        let run = plateau(&[&args[..], &pattern].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(rows(&out)[3]["error"]["code"], "unreadable");
        fs::remove_file(folder.join("dangling")).expect("a link");
    }
    let bad = plateau(&["batch", text(&folder), "-o", "x", "--path-pattern", "{service"]);
    assert!(bad.code == 2 && bad.stderr.contains("character 9"), "{}", bad.stderr);

    let hosts = scratch.path().join("hosts");
    for host in 0..6 {
        write(&hosts.join(format!("api/h{host}.folded")), capture(host, if host == 4 { 1800 } else { 0 }));
    }
    let odd = scratch.path().join("odd");
    let run = plateau(&["batch", "--outliers", text(&hosts), "-o", text(&odd), "--report", "none"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows = rows(&odd);
    assert_eq!((rows.len(), &rows[0]["pair"]), (6, &Value::from("api/h4.folded")));
    // The others differ from a mean of which the odd one is part, by no more than that differs from itself.
    let codes: Vec<&Value> = rows[1..].iter().map(|row| &row["verdict"]["code"]).collect();
    assert!(has_grown(&rows[0]) && codes.iter().all(|code| **code == "no_change_detected"), "{codes:?}");
}

#[test]
fn archives_and_lists_are_read() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 4);
    let tar = |folder: &Path, flags: &str, name: &str| {
        let at = scratch.path().join(name);
        let run =
            std::process::Command::new("tar").args([flags, text(&at), "-C", text(folder), "."]).status();
        assert!(run.expect("tar").success());
        at
    };
    let (packed, plain) = (tar(&before, "-czf", "before.tgz"), tar(&after, "-cf", "after.tar"));
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&packed), text(&plain), "-o", text(&out), "--format", "jsonl"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout.as_bytes(), contents(&out)["results.jsonl"]);
    let from_archives = rows(&out);
    assert_eq!((from_archives.len(), &from_archives[0]["pair"]), (4, &Value::from("api/h2.folded")));
    assert!(
        from_archives[0]["after"][0]["file"].as_str().expect("a name").ends_with("after.tar!api/h2.folded")
    );

    let lines: String = (1..3)
        .map(|host| format!("{0}/api/h{host}.folded\t{1}/api/h{host}.folded\n", text(&before), text(&after)))
        .collect();
    let listed = scratch.path().join("listed");
    let args = ["batch", "--files-from", "-", "-o", text(&listed), "--report", "md", "--report", "json"];
    let run = with_input(&args, lines.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows = rows(&listed);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["top"], from_archives[0]["top"]);
    assert_eq!(contents(&listed).keys().filter(|name| name.starts_with("reports/")).count(), 4);
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
fn growth_may_end_with_an_exit_code() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 3);
    let out = scratch.path().join("out");
    let run = |before: &Path, after: &Path| {
        plateau(&["batch", text(before), text(after), "-o", text(&out), "--report", "none", "--exit-code"])
            .code
    };
    assert_eq!((run(&before, &after), run(&after, &before)), (1, 0));
}

#[test]
fn what_is_missing_of_a_capture_is_told_with_its_place() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 3);
    let mut damaged = capture(3, 0);
    damaged.insert_str(0, "main;serve;parse many\n");
    write(&after.join("api/h0.folded"), damaged);
    // Of this one too little is left to be compared.
    write(&after.join("api/h1.folded"), "main;serve;parse many\n");
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out)]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("\nread in part: ") && run.stdout.contains("\nnot read: "), "{}", run.stdout);
    let rows = rows(&out);
    let row = |name: &str| rows.iter().find(|row| row["pair"] == name).expect("a row");
    let loss = &row("api/h0.folded")["losses"][0];
    assert_eq!(row("api/h0.folded")["status"], "partial");
    assert_eq!(&row("api/h0.folded")["error"], loss);
    assert_eq!(
        (&loss["code"], &loss["byte"], &loss["side"]),
        (&"count_unread".into(), &0.into(), &"after".into())
    );
    assert!(loss["text"].as_str().expect("words").starts_with("1 of 9 records left out: "), "{loss}");
    let failed = &row("api/h1.folded")["failed"][0];
    assert_eq!(row("api/h1.folded")["status"], "quarantined");
    assert!(failed["file"].as_str().expect("a file").ends_with("h1.folded"), "{failed}");
    let counts = &manifest(&out)["counts"];
    assert_eq!((&counts["in_part"], &counts["failed"]), (&1.into(), &1.into()));
    let files = contents(&out);
    for index in ["index.html", "index.md"] {
        assert!(String::from_utf8_lossy(&files[index]).contains("Read in part"), "{index}");
    }
}

#[test]
fn one_file_that_fails_is_counted_and_told_once() {
    let scratch = scratch();
    let hosts = scratch.path().join("hosts");
    for host in 0..20 {
        write(&hosts.join(format!("api/h{host}.folded")), capture(host, 0));
    }
    write(&hosts.join("api/h7.folded"), "");
    let out = scratch.path().join("out");
    let args =
        ["batch", "--outliers", text(&hosts), "-o", text(&out), "--report", "none", "--max-failed", "1"];
    let run = plateau(&args);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout.matches("not read: ").count(), 1, "{}", run.stdout);
    let counts = &manifest(&out)["counts"];
    assert_eq!((&counts["files"], &counts["failed"], &counts["rows"]), (&20.into(), &1.into(), &20.into()));
    let page = String::from_utf8(contents(&out)["index.html"].clone()).expect("text");
    assert_eq!(page.matches("<td class=\"long code function\">").count(), 1);
}

#[test]
fn one_odd_capture_does_not_spoil_its_group() {
    let scratch = scratch();
    let (before, after) = (scratch.path().join("before"), scratch.path().join("after"));
    let perf = |event: &str, seed: u64| -> String {
        let sample = |at: u64| format!("app 1 {at}.0: 1 {event}: \n\t1 f{} (/app)\n\n", (at * 7 + seed) % 5);
        (0..400).map(sample).collect()
    };
    for pod in ["bcdfg", "hjklm"] {
        write(&before.join(format!("api-{pod}.perf")), perf("cpu-clock", 1));
        write(
            &after.join(format!("api-{pod}x.perf").replace("bcdfgx", "vwxzb").replace("hjklmx", "zxwvt")),
            perf("cpu-clock", 2),
        );
    }
    write(&before.join("api-nnnnn.perf"), perf("kmem:kmalloc", 3));
    let out = scratch.path().join("out");
    let args =
        ["batch", text(&before), text(&after), "-o", text(&out), "--report", "none", "--max-failed", "1"];
    let run = plateau(&args);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let row = &rows(&out)[0];
    assert_eq!((&row["status"], row["before"].as_array().map(Vec::len)), (&"partial".into(), Some(3)));
    assert_eq!(row["failed"][0]["code"], "no_common_value_type");
    assert!(row["failed"][0]["text"].as_str().expect("words").contains("kmem:kmalloc"), "{row}");
}

#[cfg(unix)]
#[test]
fn links_to_folders_within_each_other_lose_nothing() {
    use std::os::unix::fs::symlink;
    let scratch = scratch();
    let (before, after) = (scratch.path().join("before"), scratch.path().join("after"));
    for (at, name) in ["x/one", "two"].iter().enumerate() {
        let at = at as u64;
        write(&scratch.path().join(format!("elsewhere/{name}.folded")), capture(at, 0));
        write(&before.join(format!("{}.folded", ["a/one", "b/two"][at as usize])), capture(at + 4, 0));
    }
    write(&after.join("own.folded"), capture(7, 0));
    symlink("../elsewhere/x", after.join("a")).expect("a link");
    symlink("../elsewhere", after.join("b")).expect("a link");
    symlink("../elsewhere/two.folded", after.join("two")).expect("a link");
    symlink("../after", after.join("round")).expect("a link");
    symlink("/", after.join("all")).expect("a link");
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out), "--report", "none"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows = rows(&out);
    let pairs: Vec<&Value> =
        rows.iter().filter(|row| row["status"] == "ok").map(|row| &row["pair"]).collect();
    assert_eq!(pairs, ["a/one.folded", "b/two.folded"]);
    let passed_over = manifest(&out)["passed_over"].to_string();
    for (name, why) in [
        ("b/x", "is read where a link leads to it"),
        ("two", "read under its own name"),
        ("round", "in a circle"),
        ("all", "in a circle"),
    ] {
        let told = format!("after/{name}: ");
        let line = passed_over.split("\",\"").find(|line| line.contains(&told));
        assert!(line.is_some_and(|line| line.contains(why)), "{name}: {passed_over}");
    }
}

#[test]
fn why_a_pair_is_not_compared_is_told_beside_what_is_missing() {
    let scratch = scratch();
    let base = scratch.path().join("base.folded");
    write(&base, format!("main;serve;parse many\n{}", capture(1, 0)));
    write(&scratch.path().join("a.folded"), capture(2, 0));
    write(&scratch.path().join("b.folded"), "other;thing 3000\nother;else 3000\n");
    let (a, b) = (scratch.path().join("a.folded"), scratch.path().join("b.folded"));
    let lines = format!("{0}\t{1}\n{0}\t{2}\n", text(&base), text(&a), text(&b));
    let out = scratch.path().join("out");
    let run =
        with_input(&["batch", "--files-from", "-", "-o", text(&out), "--report", "none"], lines.as_bytes());
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    let counts = &manifest(&out)["counts"];
    assert_eq!(
        (&counts["in_part"], &counts["failed"], &counts["quarantined"]),
        (&1.into(), &1.into(), &1.into())
    );
    let index = String::from_utf8(contents(&out)["index.md"].clone()).expect("text");
    assert!(index.contains("measured in both") && index.contains("### Read in part"), "{index}");
}

#[test]
fn what_cannot_be_compared_is_counted_as_a_pair() {
    let scratch = scratch();
    let (before, after) = (scratch.path().join("before"), scratch.path().join("after"));
    let perf = |event: &str| -> String {
        (0..400).map(|at| format!("app 1 {at}.0: 1 {event}: \n\t1 f{} (/app)\n\n", at % 5)).collect()
    };
    write(&before.join("api.perf"), perf("cpu-clock"));
    write(&after.join("api.perf"), perf("kmem:kmalloc"));
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out), "--report", "none"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("1 file or pair failed, and --max-failed allows 0"), "{}", run.stderr);
    let row = &rows(&out)[0];
    assert_eq!(
        (&row["status"], &row["error"]["code"]),
        (&"quarantined".into(), &"no_common_value_type".into()),
        "{row}"
    );
}

#[test]
fn what_a_corrupt_container_holds_is_no_ground_for_a_verdict() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 3);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(capture(3, 0).as_bytes()).expect("packed");
    let mut packed = encoder.finish().expect("packed");
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    write(&after.join("api/h0.folded"), &packed);
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out), "--report", "none"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    let rows = rows(&out);
    let row = rows.iter().find(|row| row["pair"] == "api/h0.folded").expect("a row");
    assert_eq!((&row["status"], &row["error"]["code"]), (&"quarantined".into(), &"bad_gzip".into()));
    assert!(row["error"]["byte"].is_u64(), "{row}");
    let (whole, corrupt) = (before.join("api/h0.folded"), after.join("api/h0.folded"));
    let file = scratch.path().join("made.folded");
    for args in [
        &["check", text(&whole), text(&corrupt)][..],
        &["merge", text(&whole), text(&corrupt), "-o", text(&file)],
        &["baseline", "build", text(&corrupt), "-o", text(&file)],
    ] {
        fails(&plateau(args), 2, &["h0.folded: ", "gzip data corrupt", "may be wrong"]);
        assert!(!file.exists());
    }
    assert_eq!(plateau(&["diff", text(&whole), text(&corrupt)]).code, 0, "told, and compared");
}

#[test]
fn the_same_bytes_are_no_second_replicate() {
    let scratch = scratch();
    let (before, after) = (scratch.path().join("before"), scratch.path().join("after"));
    for host in 0..3 {
        write(&before.join(format!("web-{host}.folded")), capture(1, 0));
        write(&after.join(format!("web-{}.folded", host + 5)), capture(2 + host, 0));
    }
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out), "--report", "none"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let row = &rows(&out)[0];
    let codes: Vec<&Value> =
        row["losses"].as_array().expect("losses").iter().map(|loss| &loss["code"]).collect();
    assert_eq!(codes, ["same_file", "same_file"], "{row}");
}

#[test]
fn a_pattern_that_describes_nothing_is_an_error() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 2);
    let out = scratch.path().join("out");
    let args = ["batch", text(&before), text(&after), "-o", text(&out), "--path-pattern"];
    fails(
        &plateau(&[&args[..], &["{service}/{host}.pb.gz"]].concat()),
        2,
        &["describes none of 4 paths", "h0.folded"],
    );
    // Two of four hosts were renamed: those that are left are paired, and the others are told.
    write(&before.join("api/h2.folded"), capture(1, 0));
    write(&before.join("api/h3.folded"), capture(2, 0));
    write(&after.join("api/h8.folded"), capture(3, 0));
    write(&after.join("api/h9.folded"), capture(4, 0));
    let run = plateau(&args[..5]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("api/h*.folded: 2 of 4 captures of BEFORE and 2 of 4 of AFTER"),
        "{}",
        run.stderr
    );
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
