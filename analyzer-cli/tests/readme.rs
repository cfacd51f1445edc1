//! The README's sessions: every command in it gives the output that is shown.
//!
//! `UPDATE_README=1 cargo test -p analyzer-cli --test readme` writes the present output into the README.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder in which sessions run one after the other, with the corpus and what they make.
#[cfg(unix)]
struct Session(tempfile::TempDir);

#[cfg(unix)]
impl Session {
    fn new() -> Session {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(
            root().join("corpus").canonicalize().unwrap(),
            folder.path().join("corpus"),
        )
        .unwrap();
        Session(folder)
    }

    /// What a line prints on both streams.
    fn run(&self, line: &str) -> String {
        let line = line.strip_prefix("$ ").expect("a command");
        let program = Path::new(env!("CARGO_BIN_EXE_plateau")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let script = format!("exec 2>&1\n{line}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(self.0.path()).env("PATH", path);
        String::from_utf8(shell.output().unwrap().stdout).unwrap()
    }
}

/// The README with the output of every session as it is now.
#[cfg(unix)]
fn renewed(readme: &str) -> String {
    let session = Session::new();
    let mut renewed = String::new();
    let mut lines = readme.split_inclusive('\n');
    while let Some(line) = lines.next() {
        renewed.push_str(line);
        if line.trim_end() != "```console" {
            continue;
        }
        for line in lines.by_ref() {
            if line.starts_with("$ ") {
                renewed.push_str(line);
                renewed.push_str(&session.run(line.trim_end()));
            } else if line.trim_end() == "```" {
                renewed.push_str(line);
                break;
            }
        }
    }
    renewed
}

#[cfg(unix)]
#[test]
fn sessions_show_what_is_printed() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let renewed = renewed(&readme);
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, renewed).unwrap();
        return;
    }
    assert!(readme == renewed, "the README shows other output than is printed; UPDATE_README=1 renews it");
    assert!(readme.matches("```console").count() >= 5);
}

#[test]
fn the_first_command_writes_the_report() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let command = readme.lines().find(|line| line.starts_with("cargo run --release -- ")).unwrap();
    let words: Vec<&str> = command.strip_prefix("cargo run --release -- ").unwrap().split(' ').collect();
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.html").display().to_string();
    let words = words.into_iter().map(|word| if word == "report.html" { report.as_str() } else { word });
    let output =
        Command::new(env!("CARGO_BIN_EXE_plateau")).args(words).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fs::read_to_string(report).unwrap().contains("match_blocklist"));
}

#[test]
fn every_format_is_in_the_table() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for format in analyzer_formats::FORMATS {
        assert!(readme.contains(&format!("| `{}` |", format.name())), "{}", format.name());
    }
    for renderer in analyzer_core::render::RENDERERS {
        assert!(readme.contains(&format!("| {} |", renderer.name())), "{}", renderer.name());
    }
}

/// The README's lines for the library, run as they stand.
#[test]
fn the_library_is_used_as_shown() -> Result<(), Box<dyn std::error::Error>> {
    let readme = fs::read_to_string(root().join("README.md"))?;
    let shown = readme.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    let source = include_str!("readme.rs");
    for line in shown.lines().map(str::trim).filter(|line| !line.is_empty()) {
        assert!(source.contains(line), "this test runs other lines than the README shows: {line}");
    }
    std::env::set_current_dir(root())?;
    library()
}

fn library() -> Result<(), Box<dyn std::error::Error>> {
    use analyzer_core::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_path};
    use std::path::Path;

    let read = |side| read_path(Path::new(side), &ReadOptions::default());
    let before = read("corpus/captures/rust/before.folded.gz")?;
    let after = read("corpus/captures/rust/after.folded.gz")?;
    let report = compare(&before, &after, &CompareOptions::default())?;
    assert_eq!(report.plateaus[0].function, "orderflow::risk::match_blocklist");
    Ok(())
}
