//! Jaeger JSON read.

use super::Setting;
use crate::answer::Check;
use crate::bar::Bar;
use crate::floor;
use crate::generate::jaeger;
use crate::measure::Job;
use crate::task::{Task, describe, output};
use anyhow::Result;
use serde_json::Value;

/// Reads the file into objects and counts traces and spans.
const PYTHON: &str = "import json, sys
with open(sys.argv[1]) as file:
    data = json.load(file)['data']
print(len(data), sum(len(trace['spans']) for trace in data))";

/// The same for jq.
const JQ: &str = r#".data | "\(length) \(map(.spans | length) | add)""#;

pub(super) fn tasks(setting: &Setting) -> Result<Vec<Task>> {
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
    Ok(vec![Task {
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
    }])
}
