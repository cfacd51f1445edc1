//! pprof: a pair compared, one profile read, a small profile read.

use super::Setting;
use crate::answer::{Check, folded};
use crate::bar::Bar;
use crate::floor;
use crate::generate::{Facts, Made, Variety, corpus, corpus_path, pprof};
use crate::measure::Job;
use crate::task::{Task, describe, output};
use crate::tools;
use analyzer_formats::{Content, ReadOptions, read_path};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Memory that Go's pprof takes for a byte of unpacked input when it compares: 33 to 52 were seen.
const RIVAL_BYTES_PER_BYTE: u64 = 60;

pub(super) fn tasks(setting: &Setting) -> Result<Vec<Task>> {
    let mut tasks = vec![small(setting)];
    // 10 and 100 MB where other inputs have 200: the rival takes long.
    for megabytes in [setting.megabytes.div_ceil(20), setting.megabytes.div_ceil(2)] {
        for variety in [Variety::Repetitive, Variety::Distinct] {
            let pair = pprof::make(&setting.cache, variety, megabytes)?;
            let label = format!("{}, {megabytes} MB", variety.name());
            tasks.push(compare(setting, &pair, &label));
            let [_, after] = pair;
            tasks.push(one(setting, after, &label));
        }
    }
    Ok(tasks)
}

/// `-proto` of Go's pprof; one file, or a difference with a base.
fn rival(setting: &Setting, base: Option<&Path>, file: &Path, written: &Path) -> Option<Job> {
    let mut words = vec![setting.tools.pprof.clone()?, "-proto".into()];
    words.extend(base.map(|base| PathBuf::from(format!("-diff_base={}", base.display()))));
    words.push(format!("-output={}", written.display()).into());
    words.push(file.to_owned());
    let name = if base.is_some() { "pprof -proto -diff_base" } else { "pprof -proto" };
    Some(Job::new(name, words, written.with_extension("said")))
}

fn compare(setting: &Setting, pair: &[Made; 2], label: &str) -> Task {
    let [before, after] = [&pair[0], &pair[1]].map(|made| made.path.clone());
    let out =
        |job: &str| output(&setting.scratch, &format!("pprof-diff-{}", label.replace([',', ' '], "-")), job);
    let plateau = |format: &str| {
        let mut words = vec![setting.tools.plateau.clone()];
        words.extend(["diff", "--format", format].map(Into::into));
        words.extend([before.clone(), after.clone()]);
        Job::new(&format!("plateau diff --format {format}"), words, out(format))
    };
    let bytes: u64 = pair.iter().map(|made| made.facts.bytes).sum();
    let mut input = describe(pair, "samples", "stacks of locations");
    // The first does what the rival does: the stacks of both files with their values. The second ranks and judges.
    let mut jobs = vec![plateau("folded-diff"), plateau("text")];
    let (stacks, written) = (jobs[0].output.clone(), out("pprof"));
    let room = tools::available_bytes().is_none_or(|available| bytes * RIVAL_BYTES_PER_BYTE < available);
    let rival = rival(setting, Some(&before), &after, &written).filter(|_| room);
    let has_rival = rival.is_some();
    jobs.extend(rival);
    if !room {
        input.push_str("; pprof left out: it would need more memory than is free");
    }
    let sums = vec![pair[0].facts.sum, pair[1].facts.sum];
    Task {
        name: format!("diff of two pprof files, {label}"),
        input,
        bytes,
        jobs,
        floors: Vec::new(),
        bars: vec![Bar::Faster("pprof -proto -diff_base", 40.0), Bar::Memory("pprof -proto -diff_base", 0.1)],
        check: Box::new(move || {
            let found = folded(&stacks, 2)?.sums;
            let mut checks = vec![Check::equal("plateau: sums of both files", &found, &sums)];
            if has_rival {
                let difference = i128::from(sums[1]) - i128::from(sums[0]);
                checks.push(Check::equal("pprof: sum of the difference", sum(&written)?.1, difference));
            }
            Ok(checks)
        }),
    }
}

fn one(setting: &Setting, made: Made, label: &str) -> Task {
    let out = |job: &str| output(&setting.scratch, &format!("pprof-{}", label.replace([',', ' '], "-")), job);
    let (facts, path, written) = (made.facts, made.path.clone(), out("pprof"));
    let mut jobs = vec![info(setting, &path, out("plateau"))];
    jobs.extend(rival(setting, None, &path, &written));
    let (report, has_rival) = (jobs[0].output.clone(), jobs.len() > 1);
    Task {
        name: format!("one pprof file, {label}"),
        input: describe(&[made], "samples", "stacks of locations"),
        bytes: facts.bytes,
        jobs,
        floors: vec![Box::new(move || floor::inflate(&path))],
        bars: vec![Bar::Floor(floor::INFLATE, 1.5)],
        check: Box::new(move || {
            let mut checks = checked_info(&report, facts)?;
            if has_rival {
                // It adds up samples of one stack and the same labels, so their number tells nothing.
                checks.push(Check::equal("pprof: sum", sum(&written)?.1, i128::from(facts.sum)));
            }
            Ok(checks)
        }),
    }
}

/// A profile of ordinary size: start of the process and all.
fn small(setting: &Setting) -> Task {
    let path = corpus_path("go/before.cpu.pb.gz");
    let bytes = corpus("go/before.cpu.pb.gz").len() as u64;
    let jobs = vec![info(setting, &path, output(&setting.scratch, "pprof-small", "plateau"))];
    let report = jobs[0].output.clone();
    Task {
        name: "one small pprof file".to_owned(),
        input: format!("corpus/captures/go/before.cpu.pb.gz, {bytes} bytes unpacked"),
        bytes,
        jobs,
        floors: vec![Box::new(move || floor::inflate(&path))],
        bars: vec![Bar::Seconds(0.010)],
        // corpus/MANIFEST.toml tells the sum; the number of samples is that of `go tool pprof -raw`.
        check: Box::new(move || {
            checked_info(&report, Facts { records: 7_245, sum: 47_636_000_000, ..Facts::default() })
        }),
    }
}

fn info(setting: &Setting, path: &Path, output: PathBuf) -> Job {
    let plateau = setting.tools.plateau.as_os_str();
    Job::new(
        "plateau info",
        [plateau, "info".as_ref(), "--format".as_ref(), "json".as_ref(), path.as_os_str()],
        output,
    )
}

fn checked_info(report: &Path, facts: Facts) -> Result<Vec<Check>> {
    let report: Value = serde_json::from_slice(&std::fs::read(report)?)?;
    let cpu = &report[0]["value_types"][1];
    Ok(vec![
        Check::equal("plateau: samples", cpu["samples"].as_u64(), Some(facts.records)),
        Check::equal("plateau: sum", cpu["sum"].as_u64(), Some(facts.sum)),
    ])
}

/// Records and sum of the second value of a written profile.
fn sum(path: &Path) -> Result<(u64, i128)> {
    let capture = read_path(path, &ReadOptions::default())?;
    let Content::Profile(profile) = &capture.content else { bail!("{}: no profile", path.display()) };
    let series = profile.series.first().context("a profile has values")?;
    Ok((series.records, series.sum(1)))
}
