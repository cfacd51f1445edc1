//! Jaeger JSON: one file read, a pair compared.

use super::Setting;
use crate::answer::Check;
use crate::bar::Bar;
use crate::floor;
use crate::generate::jaeger;
use crate::measure::Job;
use crate::task::{Task, describe, output};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::process::Command;

/// Reads the files into objects, one after the other, and counts traces and spans.
const PYTHON: &str = "import json, sys
def count(path):
    with open(path, 'rb') as file:
        data = json.load(file)['data']
    print(len(data), sum(len(trace['spans']) for trace in data))
for path in sys.argv[1:]:
    count(path)";

/// Ranks operations by their part of critical paths, as Python tools do.
const CRITICAL_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/traces/scores.py");

/// Counts traces and spans of one file, for jq.
const JQ: &str = r#".data | "\(length) \(map(.spans | length) | add)""#;

pub(super) fn tasks(setting: &Setting) -> Result<Vec<Task>> {
    Ok(vec![one(setting)?, pair(setting)?])
}

fn one(setting: &Setting) -> Result<Task> {
    let made = jaeger::make(&setting.cache, setting.megabytes)?;
    let (path, facts, tools) = (made.path.clone(), made.facts, &setting.tools);
    let out = |job: &str| output(&setting.scratch, "jaeger", job);
    let words =
        [tools.plateau.as_os_str(), "info".as_ref(), "--format".as_ref(), "json".as_ref(), path.as_os_str()];
    let mut jobs = vec![Job::new("plateau info", words, out("plateau"))];
    if let Some(python) = &tools.python {
        let words = [python.as_os_str(), "-c".as_ref(), PYTHON.as_ref(), path.as_os_str()];
        jobs.push(Job::new("python3 json.load", words, out("python")));
    }
    if let Some(jq) = &tools.jq {
        let words = [jq.as_os_str(), "-r".as_ref(), JQ.as_ref(), path.as_os_str()];
        jobs.push(Job::new("jq", words, out("jq")));
    }
    let outputs: Vec<_> = jobs.iter().map(|job| (job.name.clone(), job.output.clone())).collect();
    Ok(Task {
        name: "one Jaeger file".to_owned(),
        input: describe(&[made], "spans", "traces"),
        bytes: facts.bytes,
        jobs,
        floors: vec![Box::new(move || floor::read(&[&path]))],
        bars: vec![Bar::Rate(800e6), Bar::Faster("python3 json.load", 25.0), Bar::PerByte(1.5)],
        check: Box::new(move || {
            let report: Value = serde_json::from_slice(&std::fs::read(&outputs[0].1)?)?;
            let found = [&report[0]["traces"], &report[0]["spans"]].map(Value::as_u64);
            let expected = [facts.unique, facts.records];
            let mut checks = vec![Check::equal("plateau: traces and spans", found, expected.map(Some))];
            for (name, path) in &outputs[1..] {
                let said = std::fs::read_to_string(path)?;
                let expected = format!("{} {}", expected[0], expected[1]);
                checks.push(Check::equal(format!("{name}: traces and spans"), said.trim(), &expected));
            }
            Ok(checks)
        }),
    })
}

/// Half of the usual size each: two of 100 MB is what the bars are about.
fn pair(setting: &Setting) -> Result<Task> {
    let made = jaeger::make_pair(&setting.cache, setting.megabytes.div_ceil(2))?;
    let (facts, tools) = (made.each_ref().map(|made| made.facts), &setting.tools);
    let [before, after] = made.each_ref().map(|made| made.path.clone());
    let out = |job: &str| output(&setting.scratch, "jaeger-pair", job);
    let plateau = tools.plateau.clone();
    let words = [
        plateau.as_os_str(),
        "diff".as_ref(),
        "--format".as_ref(),
        "text".as_ref(),
        before.as_os_str(),
        after.as_os_str(),
    ];
    let mut jobs = vec![Job::new("plateau diff", words, out("plateau"))];
    if let Some(python) = &tools.python {
        let words =
            [python.as_os_str(), "-c".as_ref(), PYTHON.as_ref(), before.as_os_str(), after.as_os_str()];
        jobs.push(Job::new("python3 json.load", words, out("python")));
        let words = [python.as_os_str(), CRITICAL_PATH.as_ref(), before.as_os_str(), after.as_os_str()];
        jobs.push(Job::new("python3 critical path", words, out("critical-path")));
    }
    let outputs: Vec<_> = jobs.iter().map(|job| (job.name.clone(), job.output.clone())).collect();
    let files = [before.clone(), after.clone()];
    Ok(Task {
        name: "diff of two Jaeger files".to_owned(),
        input: describe(&made, "spans", "traces"),
        bytes: facts.iter().map(|facts| facts.bytes).sum(),
        jobs,
        floors: vec![Box::new(move || floor::read(&files.each_ref().map(|path| path.as_path())))],
        bars: vec![Bar::Seconds(1.0), Bar::PerByte(1.5)],
        check: Box::new(move || {
            let report = Command::new(&plateau)
                .args(["diff", "-q", "--format", "json"])
                .args([&before, &after])
                .output()?;
            ensure!(report.status.success(), "plateau diff --format json fails");
            let report: Value = serde_json::from_slice(&report.stdout)?;
            let all = &report["traces"]["groups"][0];
            let requests = ["before", "after"].map(|side| all[side]["n"].as_u64());
            let mut checks = vec![Check::equal(
                "plateau: requests",
                requests,
                facts.each_ref().map(|facts| Some(facts.unique)),
            )];
            let text = std::fs::read_to_string(&outputs[0].1)?;
            let spans = facts.each_ref().map(|facts| format!("{} spans, all used", grouped(facts.records)));
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            checks.push(Check::equal(
                "plateau: all spans used",
                spans.each_ref().map(|said| text.contains(said)),
                [true; 2],
            ));
            let slow = format!("SELECT {}", jaeger::SLOW_TABLE);
            let first = report["traces"]["contributions"][0]["frame"].as_str().context("a contribution")?;
            checks.push(Check::equal("plateau: the slow statement first", first.ends_with(&slow), true));
            for (name, path) in &outputs[1..] {
                let said = std::fs::read_to_string(path)?;
                let mut words = said.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
                let expected = facts.each_ref().map(|facts| [facts.unique, facts.records]).concat();
                let found: Vec<u64> = words.by_ref().take(4).collect();
                checks.push(Check::equal(format!("{name}: traces and spans"), found, expected));
                if name.ends_with("path") {
                    let first = said.lines().nth(1).context("a ranked operation")?;
                    checks.push(Check::equal(
                        format!("{name}: the slow statement first"),
                        first.ends_with(&slow),
                        true,
                    ));
                }
            }
            Ok(checks)
        }),
    })
}

/// A number as reports write it: `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups_of_three_digits() {
        assert_eq!([7, 123, 1234, 1_234_567].map(grouped), ["7", "123", "1,234", "1,234,567"]);
    }
}
