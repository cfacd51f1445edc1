//! Where the captures of `plateau batch` come from: folders, archives, and lists of both.

#![cfg(unix)]

mod common;

use common::folders::{text, write};
use common::{Run, plateau, scratch, with_input};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

fn folded(count: u32) -> String {
    format!("main;parse {count}\nmain;render 500\n")
}

/// What the tar of this system makes of a folder.
fn tar(flags: &str, archive: &Path, folder: &Path, names: &[&str]) {
    fs::create_dir_all(archive.parent().expect("a folder")).expect("a folder");
    let run = Command::new("tar").args([flags, text(archive), "-C", text(folder)]).args(names).status();
    assert!(run.expect("tar").success());
}

/// Rows and what was passed over.
fn results(out: &Path) -> (Vec<Value>, Vec<String>) {
    let lines = fs::read_to_string(out.join("results.jsonl")).expect("rows");
    let rows = lines.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    let manifest = fs::read_to_string(out.join("manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    (rows, serde_json::from_value(manifest["passed_over"].clone()).expect("texts"))
}

fn batch(before: &Path, after: &Path, out: &Path) -> Run {
    plateau(&["batch", text(before), text(after), "-o", text(out), "--report", "none"])
}

fn files(side: &Value) -> Vec<&str> {
    side.as_array().expect("files").iter().map(|file| file["file"].as_str().expect("a name")).collect()
}

#[test]
fn a_member_that_was_added_again_stands_alone() {
    let scratch = scratch();
    let at = |name: &str| scratch.path().join(name);
    let before = at("before.tar");
    write(&at("files/h1.folded"), folded(5000));
    write(&at("files/h2.folded"), folded(400));
    tar("-cf", &before, &at("files"), &["h1.folded", "h2.folded"]);
    write(&at("files/h1.folded"), folded(400));
    tar("-rf", &before, &at("files"), &["h1.folded"]);
    tar("-czf", &at("after.tar.gz"), &at("files"), &["h1.folded", "h2.folded"]);
    let run = batch(&before, &at("after.tar.gz"), &at("out"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let (rows, passed_over) = results(&at("out"));
    assert_eq!(rows.len(), 2);
    let row = rows.iter().find(|row| row["pair"] == "h1.folded").expect("a row of h1");
    assert_eq!(files(&row["before"]), [format!("{}!h1.folded (2)", text(&before))]);
    assert_eq!(row["verdict"]["code"], "no_change_detected", "what was replaced is not compared: {row}");
    let [passed_over] = &passed_over[..] else { panic!("{passed_over:?}") };
    assert!(
        passed_over.starts_with(&format!("{}!h1.folded: a later member", text(&before))),
        "{passed_over}"
    );
}

#[test]
fn links_in_archives_are_read_or_passed_over_as_tar_has_them() {
    let scratch = scratch();
    let at = |name: &str| scratch.path().join(name);
    write(&at("files/day1/h.folded"), folded(400));
    fs::create_dir_all(at("files/day2")).expect("a folder");
    fs::hard_link(at("files/day1/h.folded"), at("files/day2/h.folded")).expect("a link");
    std::os::unix::fs::symlink("day1/h.folded", at("files/latest")).expect("a link");
    tar("-cf", &at("before.tar"), &at("files"), &["day1", "day2", "latest"]);
    let run = batch(&at("before.tar"), &at("files"), &at("out"));
    assert_eq!(run.code, 0, "a link is no failure: {}", run.stderr);
    let (rows, passed_over) = results(&at("out"));
    let mut pairs: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row["pair"].as_str().expect("a name"), row["status"].as_str().expect("a word")))
        .collect();
    pairs.sort_unstable();
    assert_eq!(pairs, [("day1/h.folded", "ok"), ("day2/h.folded", "ok")]);
    assert_eq!(rows[0]["before"][0]["digest"], rows[1]["before"][0]["digest"]);
    assert!(
        passed_over.iter().any(|line| line.contains("before.tar!latest: a symbolic link")),
        "{passed_over:?}"
    );

    // Without what it is a link to, it is a row.
    tar("-cf", &at("half.tar"), &at("files"), &["day1", "day2"]);
    let bytes = fs::read(at("half.tar")).expect("a file");
    // Folder, file with one block, folder, link.
    let without = [&bytes[..512], &bytes[512 + 1024..]].concat();
    fs::write(at("half.tar"), without).expect("a file");
    let run = batch(&at("half.tar"), &at("files"), &at("out2"));
    assert_eq!(run.code, 3, "{}", run.stderr);
    let (rows, _) = results(&at("out2"));
    let row = rows.iter().find(|row| row["pair"] == "day2/h.folded").expect("a row of the link");
    assert_eq!(row["error"]["code"], "not_a_file", "{row}");
    assert!(row["error"]["text"].as_str().expect("words").contains("hard link to what is not in"), "{row}");
}

#[test]
fn more_archives_are_read_than_files_can_be_open() {
    let scratch = scratch();
    let at = |name: &str| scratch.path().join(name);
    for number in 0..150u32 {
        let host = format!("h{number}");
        write(&at("files/cpu.folded"), folded(400 + number % 7));
        // Of each packing some.
        let (flags, name) = if number % 3 == 0 { ("-czf", "host.tar.gz") } else { ("-cf", "host.tar") };
        tar(flags, &at("before").join(&host).join(name), &at("files"), &["cpu.folded"]);
        tar(flags, &at("after").join(&host).join(name), &at("files"), &["cpu.folded"]);
    }
    let run = Command::new("bash")
        .args(["-c", "ulimit -n 64; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_plateau")])
        .args(["batch", text(&at("before")), text(&at("after")), "-o", text(&at("out")), "--report", "none"])
        .args(["-j", "2"])
        .output()
        .expect("bash");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let (rows, _) = results(&at("out"));
    assert_eq!((rows.len(), rows.iter().filter(|row| row["status"] == "ok").count()), (150, 150));
}

#[test]
fn a_list_names_archives_and_what_it_names_again_is_told() {
    let scratch = scratch();
    let at = |name: &str| scratch.path().join(name);
    let host = |version: &str, name: &str| at(version).join(name);
    for (version, count) in [("version=1", 400), ("version=2", 410)] {
        for name in ["h1.folded", "h2.folded"] {
            write(&at("files").join(name), folded(count));
        }
        tar("-cf", &host(version, "pack.tar"), &at("files"), &["h1.folded"]);
        tar("-czf", &host(version, "more.tar.gz"), &at("files"), &["h2.folded"]);
        write(&host(version, "h3.folded"), folded(count));
    }
    let list = "version=1/pack.tar\nversion=1/more.tar.gz\nversion=1/h3.folded\nversion=2/pack.tar\nversion=2/more.tar.gz\nversion=2/h3.folded\n./version=1/h3.folded\n\
                version=2//pack.tar\nversion=1/folder\n";
    fs::create_dir(at("version=1/folder")).expect("a folder");
    fs::write(at("list"), list).expect("a file");
    let run = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .current_dir(scratch.path())
        .args(["batch", "--files-from", "list", "-o", "out", "--report", "none", "--max-failed", "1"])
        .output()
        .expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let (rows, passed_over) = results(&at("out"));
    let compared: Vec<&Value> = rows.iter().filter(|row| row["status"] == "ok").collect();
    let names = |side: &str| -> Vec<Vec<&str>> { compared.iter().map(|row| files(&row[side])).collect() };
    for version in ["before", "after"] {
        let mut found = names(version).concat();
        found.sort_unstable();
        let of = if version == "before" { "version=1" } else { "version=2" };
        let expected = ["h3.folded", "more.tar.gz!h2.folded", "pack.tar!h1.folded"];
        assert_eq!(found, expected.map(|name| format!("{of}/{name}")), "{rows:#?}");
    }
    let again = "named again in the list; passed over";
    assert_eq!(
        passed_over,
        [format!("./version=1/h3.folded: {again}"), format!("version=2//pack.tar: {again}")]
    );
    let folder = rows.iter().find(|row| row["error"]["code"] == "not_a_file").expect("a row of the folder");
    assert!(folder["error"]["text"].as_str().expect("words").contains("is a folder"), "{folder}");

    // Of pairs the same; an archive is none of two captures.
    let line = |before: &str, after: &str| format!("{}\t{}\n", text(&at(before)), text(&at(after)));
    let pairs = [
        line("version=1/h3.folded", "version=2/h3.folded"),
        line("version=1/../version=1/h3.folded", "version=2/h3.folded"),
        line("version=1/./h3.folded", "version=2/h3.folded"),
        line("version=1/pack.tar", "version=2/pack.tar"),
    ];
    let out = at("pairs");
    let args = ["batch", "--files-from", "-", "-o", text(&out), "--report", "none", "--max-failed", "100%"];
    let run = with_input(&args, pairs.concat().as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let (rows, passed_over) = results(&out);
    assert_eq!((rows.len(), passed_over.len()), (3, 1), "{passed_over:?}");
    assert!(passed_over[0].contains("a pair that is named again"), "{passed_over:?}");
    let archive = rows.iter().find(|row| row["status"] == "quarantined").expect("a row of the archives");
    assert!(archive["error"]["text"].as_str().expect("words").contains("one capture a side"), "{archive}");
}

#[test]
fn names_that_look_alike_are_two_captures() {
    let scratch = scratch();
    let at = |name: &str| scratch.path().join(name);
    for side in ["before", "after"] {
        for name in [&b"a\xff.folded"[..], b"a\\xff.folded", b"b.folded"] {
            let path = at(side).join(OsStr::from_bytes(name));
            fs::create_dir_all(at(side)).expect("a folder");
            // Some systems take no such name.
            let Ok(()) = fs::write(path, folded(400)) else { return };
        }
    }
    let run = batch(&at("before"), &at("after"), &at("out"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut pairs: Vec<String> =
        results(&at("out")).0.iter().map(|row| row["pair"].as_str().expect("a name").to_owned()).collect();
    pairs.sort_unstable();
    assert_eq!(pairs, [r"a\x5cxff.folded", r"a\xff.folded", "b.folded"]);
}
