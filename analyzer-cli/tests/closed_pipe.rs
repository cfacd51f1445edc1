//! A reader that has seen enough ends the printing; the exit code is that of what was found.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use common::{plateau, scratch};
use std::fs;
use std::process::{Command, Stdio};

/// The exit code and what is said on standard error where nobody reads standard output, which is larger than a pipe holds.
fn unread(args: &[&str]) -> (Option<i32>, String) {
    let whole = plateau(args);
    assert!(whole.stdout.len() > 1 << 16, "{} bytes fit a pipe", whole.stdout.len());
    let mut child = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(whole.code), "{args:?}");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// 200 functions of long names, and what one of them takes.
fn folded(grown: u32) -> String {
    let name = |n: u32| format!("{n}{}", "_of_a_long_name".repeat(60));
    let others: String = (0..200).map(|n| format!("main;{} {}\n", name(n), 300 + n)).collect();
    others + &format!("main;parse {grown}\n")
}

#[test]
fn what_nobody_reads_changes_no_exit_code() {
    let folder = scratch();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (a, b) = (write("a/x.folded", &folded(400)), write("b/x.folded", &folded(9000)));
    let rules: String = (0..200)
        .map(|n| format!("[[budget]]\nfunction = '^{n}_'\nshare = '50%'\nreason = '{n}'\n"))
        .collect();
    let budgets = write("budgets.toml", &rules);
    let quiet = (Some(0), String::new());
    let grew = (Some(1), String::new());
    assert_eq!(unread(&["check", &a, &b, "--budgets", &budgets, "--format", "json"]), grew);
    assert_eq!(unread(&["diff", &a, &b, "--explain", "_long_", "--format", "json", "--exit-code"]), grew);
    assert_eq!(unread(&["diff", &a, &b, "--format", "folded-diff", "--exit-code"]), grew);
    assert_eq!(unread(&["diff", &a, &b, "--explain", "_long_", "--format", "json"]), quiet);
    assert_eq!(unread(&["show", &a, "--format", "json"]), quiet);
    // More files failed than may: 3, and what is said of it.
    for n in 0..120 {
        let name = format!("{n}{}.folded", "x".repeat(200));
        write(&format!("a/{name}"), "no stacks at all");
        write(&format!("b/{name}"), "no stacks at all");
    }
    let folders = [folder.path().join("a"), folder.path().join("b"), folder.path().join("out")];
    let [before, after, out] = folders.each_ref().map(|path| path.to_str().unwrap());
    let (code, said) = unread(&["batch", before, after, "-o", out, "--format", "jsonl", "-q"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("files or pairs failed") && !said.contains("roken pipe"), "{said}");
}
