//! `plateau batch`: which captures are compared with which, in what order pairs stand, and what is said of them.

mod common;

use common::folders::{capture, contents, folders, has_grown, manifest, rows, text, write};
use common::{fails, plateau, scratch, with_input};
use serde_json::Value;
use std::fs;
use std::path::Path;

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
