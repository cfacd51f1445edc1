//! Runs the binary.

pub(crate) mod folders;

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run gave.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `plateau` without input.
pub(crate) fn plateau(args: &[&str]) -> Run {
    with_input(args, b"")
}

/// Runs `plateau` with bytes on standard input.
pub(crate) fn with_input(args: &[&str], input: &[u8]) -> Run {
    run(args, &[], input)
}

/// Runs `plateau` with variables of the environment.
#[allow(dead_code)] // Not every test has a use for it.
pub(crate) fn with_env(args: &[&str], variables: &[(&str, &str)]) -> Run {
    run(args, variables, b"")
}

fn run(args: &[&str], variables: &[(&str, &str)], input: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plateau"))
        .args(args)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A run that fails early does not read its input, and the pipe breaks.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("the binary ends");
    Run {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The path of a capture of the corpus.
#[allow(dead_code)] // Not every test has a use for it.
pub(crate) fn corpus(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/captures").join(name).display().to_string()
}

/// A folder that is removed in the end.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The value of a document that is as its schema says.
#[allow(dead_code)] // Not every test has a use for it.
pub(crate) fn validate(schema: &str, json: &str) -> Value {
    let schema = schema_file(schema);
    let value: Value = serde_json::from_str(json).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    value
}

/// A schema of the project.
#[allow(dead_code)] // Not every test has a use for it.
pub(crate) fn schema_file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema").join(name);
    serde_json::from_str(&fs::read_to_string(path).expect("a schema")).expect("JSON")
}

/// Asserts a failure in one line that holds every one of `words`.
#[allow(dead_code)] // Not every test has a use for it.
pub(crate) fn fails(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{}", run.stderr);
    assert_eq!(run.stderr.trim_end().lines().count(), 1, "one line: {}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "expected {word:?} in: {}", run.stderr);
    }
    assert_eq!(run.stdout, "");
}
