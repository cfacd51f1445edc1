//! `perf script` text to folded stacks.

use super::Setting;
use crate::answer::{Check, folded};
use crate::bar::Bar;
use crate::floor;
use crate::generate::{Variety, perf_script};
use crate::measure::Job;
use crate::task::{Task, describe, output};
use anyhow::Result;

pub(super) fn tasks(setting: &Setting) -> Result<Vec<Task>> {
    [Variety::Repetitive, Variety::Distinct].into_iter().map(|variety| task(setting, variety)).collect()
}

fn task(setting: &Setting, variety: Variety) -> Result<Task> {
    let made = perf_script::make(&setting.cache, variety, setting.megabytes)?;
    let (path, tools) = (made.path.clone(), &setting.tools);
    let name = format!("perf script to folded, {}", variety.name());
    let out = |job: &str| output(&setting.scratch, &format!("perf-script-{}", variety.name()), job);
    let words = [
        tools.plateau.as_os_str(),
        "convert".as_ref(),
        "--format".as_ref(),
        "folded".as_ref(),
        path.as_os_str(),
    ];
    let mut jobs = vec![Job::new("plateau convert", words, out("plateau"))];
    if let Some(inferno) = &tools.collapse_perf {
        jobs.push(Job::new("inferno-collapse-perf", [inferno, &path], out("inferno")));
    }
    if let Some(perl) = &tools.stackcollapse_perl {
        jobs.push(Job::new("stackcollapse-perf.pl", [perl, &path], out("perl")));
    }
    let outputs: Vec<_> = jobs.iter().map(|job| (job.name.clone(), job.output.clone())).collect();
    let facts = made.facts;
    let (first, second) = (path.clone(), path);
    Ok(Task {
        input: describe(&[made], "samples", "stacks of addresses"),
        name,
        bytes: facts.bytes,
        jobs,
        floors: vec![
            Box::new(move || floor::read(&[&first])),
            Box::new(move || floor::no_merge(&[&second], "perf-script", "\n\n")),
        ],
        bars: vec![
            // Within 1.25 times the floor is four fifths of its speed.
            match variety {
                Variety::Repetitive => {
                    Bar::FasterOrFloor("inferno-collapse-perf", 5.0, floor::NO_MERGE, 1.25)
                }
                Variety::Distinct => Bar::Faster("inferno-collapse-perf", 3.0),
            },
            Bar::PerByte(0.5),
        ],
        check: Box::new(move || {
            let plateau = folded(&outputs[0].1, 1)?;
            let mut checks = vec![Check::equal("plateau: sum of periods", plateau.sums[0], facts.sum)];
            for (name, path) in &outputs[1..] {
                // The Perl script counts samples, not periods.
                let rival = folded(path, 1)?;
                checks.push(Check::equal(format!("{name}: stacks"), rival.lines, plateau.lines));
                if name.starts_with("inferno") {
                    checks.push(Check::equal(format!("{name}: sum"), rival.sums[0], plateau.sums[0]));
                    checks.push(Check::equal(format!("{name}: all lines"), rival.digest, plateau.digest));
                } else {
                    checks.push(Check::equal(format!("{name}: samples"), rival.sums[0], facts.records));
                }
            }
            Ok(checks)
        }),
    })
}
