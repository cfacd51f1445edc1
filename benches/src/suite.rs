//! The command line of the `rivals` program: which groups, how large, how often, and where the record goes.

use crate::groups::{GROUPS, Setting};
use crate::record::{self, Record};
use crate::tools::Tools;
use anyhow::{Context, Result, bail};
use clap::Parser;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Runs plateau and its rivals over made inputs, in turn, and checks their answers
#[derive(Debug, Parser)]
#[command(name = "rivals")]
struct Args {
    /// Groups to run; all of them when none is named
    #[arg(value_parser = GROUPS.map(|(name, _)| name))]
    groups: Vec<String>,

    /// Size of each input in 10^6 bytes, unpacked; pprof is made at a twentieth and at half of it
    #[arg(long, default_value_t = 200)]
    megabytes: u64,

    /// Runs of each job; those over 20 seconds are run three times
    #[arg(long, default_value_t = 5)]
    runs: usize,

    /// Make the inputs and run nothing
    #[arg(long)]
    make: bool,

    /// Folder of the record; "-" writes none
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/record"))]
    record: PathBuf,
}

/// Runs the program.
///
/// # Errors
/// When an input cannot be made, a job fails, or an answer is wrong.
pub fn main() -> Result<()> {
    let args = Args::parse();
    let target = target()?;
    let setting = Setting {
        tools: Tools::find(&target)?,
        cache: target.join("bench-inputs"),
        scratch: target.join("bench-outputs"),
        megabytes: args.megabytes,
    };
    std::fs::create_dir_all(&setting.scratch)?;
    let mut out = std::io::stdout().lock();
    let mut record = Record::new(&setting.tools, args.megabytes);
    writeln!(out, "{}", record::head(&record))?;
    for (name, tasks) in GROUPS {
        if !args.groups.is_empty() && !args.groups.iter().any(|group| group == name) {
            continue;
        }
        for task in tasks(&setting)? {
            if args.make {
                writeln!(out, "made: {}: {}", task.name, task.input)?;
                continue;
            }
            let outcome = task.run(args.runs).with_context(|| task.name.clone())?;
            writeln!(out, "{}", record::task(&outcome))?;
            out.flush()?;
            record.outcomes.push(outcome);
        }
    }
    if args.make {
        return Ok(());
    }
    writeln!(out, "{}", record::bars(&record))?;
    if args.record != Path::new("-") {
        let path = record.save(&args.record)?;
        writeln!(out, "Written to {}", path.display())?;
    }
    match record.wrong() {
        0 => Ok(()),
        wrong => bail!("{wrong} answers are not as they should be"),
    }
}

/// The folder that cargo builds into: this program is in a folder of a profile in it.
pub(crate) fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(Path::parent).context("the program is in a target folder")?;
    Ok(target.to_owned())
}
