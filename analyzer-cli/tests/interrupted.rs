//! Runs that are ended from outside: no half output, no temporary file.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "not every test runs commands to their end")]
mod common;

use common::{corpus, scratch};
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The names of the files in a folder.
fn names(folder: &Path) -> Vec<OsString> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

fn shell(command: &str) -> Output {
    Command::new("sh").args(["-c", command]).output().unwrap()
}

/// Ends a run that has written its first output and waits for someone to read the second, which is a pipe.
fn interrupted(signal: &str) -> (Option<i32>, Vec<OsString>) {
    let folder = scratch();
    let pipe = folder.path().join("second.svg");
    assert!(shell(&format!("mkfifo '{}'", pipe.display())).status.success());
    let first = folder.path().join("first.html");
    fs::write(&first, "old").unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(["diff", &corpus("rust/before.folded.gz"), &corpus("rust/after.folded.gz"), "-o"])
        .args([first.as_path(), Path::new("-o"), &pipe])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while names(folder.path()).len() < 3 {
        assert!(started.elapsed() < Duration::from_secs(60), "a temporary file appears");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(shell(&format!("kill -{signal} {}", run.id())).status.success());
    let ended = run.wait().unwrap().signal();
    assert_eq!(fs::read_to_string(&first).unwrap(), "old");
    let mut names = names(folder.path());
    names.sort();
    (ended, names)
}

#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    let left = vec![OsString::from("first.html"), OsString::from("second.svg")];
    assert_eq!(interrupted("INT"), (Some(2), left.clone()));
    assert_eq!(interrupted("TERM"), (Some(15), left));
}

#[test]
fn a_file_past_the_limit_of_its_size_is_an_error() {
    let folder = scratch();
    let out = folder.path().join("out.folded");
    let (plateau, capture) = (env!("CARGO_BIN_EXE_plateau"), corpus("rust/before.folded.gz"));
    let run = |redirection: &str| {
        let run = shell(&format!(
            "ulimit -f 8; exec '{plateau}' convert '{capture}' {redirection} '{}'",
            out.display()
        ));
        (run.status.code(), String::from_utf8(run.stderr).unwrap())
    };
    let (code, said) = run("-o");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("out.folded: cannot be written: File too large"), "{said}");
    assert_eq!(names(folder.path()), Vec::<OsString>::new());
    // A shell's redirection is the shell's file: it stays, and the exit code says that it is not whole.
    let (code, said) = run(">");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("File too large"), "{said}");
}
