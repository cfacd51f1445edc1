//! Folders of captures, and what `plateau batch` makes of them.

#![allow(dead_code)] // Not every test has a use for all of it.

use super::validate;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folded stacks of one process; `grown` samples more of `parse`. Which number it is makes it differ a little.
pub(crate) fn capture(number: u64, grown: u64) -> String {
    let near = |samples: u64, salt: u64| samples + (number * 7 + salt * 13) % (samples / 20 + 1);
    let mut text = format!("main;serve;parse {}\n", near(2000, 1) + grown);
    for (at, name) in ["render", "query", "encode", "compress", "route", "log", "auth"].iter().enumerate() {
        text += &format!("main;serve;{name} {}\n", near(1500, at as u64 + 2));
    }
    text
}

/// Two folders of so many captures in `at`, of which the third grew.
pub(crate) fn folders(at: &Path, number: u64) -> (PathBuf, PathBuf) {
    let (before, after) = (at.join("before"), at.join("after"));
    for host in 0..number {
        let grown = if host == 2 { 1500 } else { 0 };
        write(&before.join(format!("api/h{host}.folded")), capture(host, 0));
        write(&after.join(format!("api/h{host}.folded")), capture(host + 3, grown));
    }
    (before, after)
}

pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path of UTF-8")
}

/// Every file below a folder, by its path in it.
pub(crate) fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
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

pub(crate) fn rows(out: &Path) -> Vec<Value> {
    let lines = fs::read_to_string(out.join("results.jsonl")).expect("rows");
    lines.lines().map(|line| validate("plateau-batch-row-1.schema.json", line)).collect()
}

/// Whether growth of a pair stands; where functions are few, what grew takes shares of the others, and it is mixed.
pub(crate) fn has_grown(row: &Value) -> bool {
    row["verdict"]["code"] == "grew" || row["verdict"]["code"] == "mixed"
}

pub(crate) fn manifest(out: &Path) -> Value {
    validate(
        "plateau-batch-1.schema.json",
        &fs::read_to_string(out.join("manifest.json")).expect("a manifest"),
    )
}
