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

/// What a line of a session prints, run in the project's folder.
fn run(line: &str) -> String {
    let words: Vec<&str> =
        line.strip_prefix("$ plateau ").expect("sessions run plateau").split(' ').collect();
    let output =
        Command::new(env!("CARGO_BIN_EXE_plateau")).args(words).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The README with the output of every session as it is now.
fn renewed(readme: &str) -> String {
    let mut renewed = String::new();
    let mut lines = readme.split_inclusive('\n');
    while let Some(line) = lines.next() {
        renewed.push_str(line);
        if line.trim_end() != "```console" {
            continue;
        }
        let command = lines.next().expect("a session has a command");
        renewed.push_str(command);
        renewed.push_str(&run(command.trim_end()));
        let end = lines.by_ref().find(|line| line.trim_end() == "```").expect("a session ends");
        renewed.push_str(end);
    }
    renewed
}

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
