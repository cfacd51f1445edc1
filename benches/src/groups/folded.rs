//! Two columns of two folded files.

use super::Setting;
use crate::answer::{Check, folded as read};
use crate::bar::Bar;
use crate::floor;
use crate::generate::{Variety, folded};
use crate::measure::Job;
use crate::task::{Task, describe, output};
use anyhow::Result;

pub(super) fn tasks(setting: &Setting) -> Result<Vec<Task>> {
    [Variety::Repetitive, Variety::Distinct].into_iter().map(|variety| task(setting, variety)).collect()
}

fn task(setting: &Setting, variety: Variety) -> Result<Task> {
    let pair = folded::make(&setting.cache, variety, setting.megabytes)?;
    let [before, after] = [&pair[0], &pair[1]].map(|made| made.path.clone());
    let tools = &setting.tools;
    let out = |job: &str| output(&setting.scratch, &format!("folded-{}", variety.name()), job);
    let mut words = vec![tools.plateau.clone()];
    words.extend(["diff", "--format", "folded-diff"].map(Into::into));
    words.extend([before.clone(), after.clone()]);
    let mut jobs = vec![Job::new("plateau diff", words, out("plateau"))];
    for (name, rival) in
        [("inferno-diff-folded", &tools.diff_folded), ("difffolded.pl", &tools.difffolded_perl)]
    {
        if let Some(program) = rival {
            jobs.push(Job::new(name, [program, &before, &after], out(name)));
        }
    }
    let times = if variety == Variety::Repetitive { 3.0 } else { 2.0 };
    let outputs: Vec<_> = jobs.iter().map(|job| (job.name.clone(), job.output.clone())).collect();
    let sums = vec![pair[0].facts.sum, pair[1].facts.sum];
    let files = [before, after];
    let again = files.clone();
    Ok(Task {
        name: format!("diff of two folded files, {}", variety.name()),
        bytes: pair.iter().map(|made| made.facts.bytes).sum(),
        input: describe(&pair, "lines", "stacks"),
        jobs,
        floors: vec![
            Box::new(move || floor::read(&files.each_ref().map(|path| path.as_path()))),
            Box::new(move || floor::no_merge(&again.each_ref().map(|path| path.as_path()), "folded", "\n")),
        ],
        bars: vec![Bar::Faster("inferno-diff-folded", times), Bar::PerByte(0.5)],
        check: Box::new(move || {
            let plateau = read(&outputs[0].1, 2)?;
            let mut checks = vec![Check::equal("plateau: sums of both columns", &plateau.sums, &sums)];
            for (name, path) in &outputs[1..] {
                let rival = read(path, 2)?;
                checks.push(Check::equal(format!("{name}: stacks"), rival.lines, plateau.lines));
                checks.push(Check::equal(format!("{name}: sums"), &rival.sums, &plateau.sums));
                checks.push(Check::equal(format!("{name}: all lines"), rival.digest, plateau.digest));
            }
            Ok(checks)
        }),
    })
}
