//! A whole process measured: wall time, processor time, memory.
//!
//! Anonymous memory is what the process allocated; a mapped file counts as resident but not as anonymous. The kernel
//! keeps no maximum of it, so it is sampled every [`EVERY`]: a peak that lasts less can be missed. Off Linux it is not
//! known.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// How often the memory of a running process is looked at.
pub const EVERY: Duration = Duration::from_millis(2);

/// A command with its output.
#[derive(Clone, Debug)]
pub struct Job {
    /// The name in the tables.
    pub name: String,
    /// Program and arguments.
    pub argv: Vec<OsString>,
    /// Where its standard output goes; what it says on standard error goes beside it.
    pub output: PathBuf,
}

impl Job {
    /// A command of words.
    pub fn new<I, S>(name: &str, argv: I, output: PathBuf) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        Job { name: name.to_owned(), argv: argv.into_iter().map(Into::into).collect(), output }
    }
}

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// From start to end.
    pub wall_s: f64,
    /// User and system time of the process and the children it waited for.
    pub cpu_s: f64,
    /// The most memory seen.
    pub memory: Memory,
}

/// Memory of a process, where the system tells it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// What it allocated, at the time.
    pub anonymous_bytes: Option<u64>,
    /// The most that was resident so far, mapped files included.
    pub resident_bytes: Option<u64>,
}

impl Memory {
    /// `RssAnon` and `VmHWM` of a process: proc(5), in kB of 1024 bytes. `ru_maxrss` is of no use here: it counts what
    /// the process was before it became another program, a copy of this one.
    fn of(status: &Path) -> Memory {
        let text = std::fs::read_to_string(status).unwrap_or_default();
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kibibytes * 1024)
        };
        Memory { anonymous_bytes: field("RssAnon:"), resident_bytes: field("VmHWM:") }
    }
}

/// Runs a job once.
///
/// # Errors
/// When it cannot be started or fails; the error tells the end of what it said.
pub fn run(job: &Job) -> Result<Run> {
    let (program, arguments) = job.argv.split_first().context("a job has a program")?;
    let said = job.output.with_extension("stderr");
    let create = |path: &Path| File::create(path).with_context(|| path.display().to_string());
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(create(&job.output)?).stderr(create(&said)?);
    let begun = Instant::now();
    let mut child = command.spawn().with_context(|| program.display().to_string())?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let ended = AtomicBool::new(false);
    let (usage, wall, memory) = std::thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut most = Memory::default();
            while !ended.load(Ordering::Relaxed) {
                let now = Memory::of(&status);
                most.anonymous_bytes = most.anonymous_bytes.max(now.anonymous_bytes);
                most.resident_bytes = most.resident_bytes.max(now.resident_bytes);
                std::thread::sleep(EVERY);
            }
            most
        });
        let usage = child.wait4();
        let wall = begun.elapsed();
        ended.store(true, Ordering::Relaxed);
        (usage, wall, sampler.join().unwrap_or_default())
    });
    let usage = usage?;
    if !usage.status.success() {
        let text = std::fs::read_to_string(&said).unwrap_or_default();
        let last: Vec<&str> = text.lines().rev().take(3).collect();
        bail!("{} failed ({}): {}", job.name, usage.status, last.join(" / "));
    }
    Ok(Run {
        wall_s: wall.as_secs_f64(),
        cpu_s: (usage.rusage.utime + usage.rusage.stime).as_secs_f64(),
        memory,
    })
}

/// What several runs of one job took.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The job's name.
    pub name: String,
    /// All runs, in order.
    pub runs: Vec<Run>,
}

impl Measured {
    /// The median wall time.
    #[must_use]
    pub fn wall_s(&self) -> f64 {
        median(self.runs.iter().map(|run| run.wall_s))
    }

    /// The shortest wall time.
    #[must_use]
    pub fn least_wall_s(&self) -> f64 {
        self.runs.iter().map(|run| run.wall_s).fold(f64::INFINITY, f64::min)
    }

    /// The median processor time.
    #[must_use]
    pub fn cpu_s(&self) -> f64 {
        median(self.runs.iter().map(|run| run.cpu_s))
    }

    /// The most anonymous memory of all runs.
    #[must_use]
    pub fn anonymous_bytes(&self) -> Option<u64> {
        self.runs.iter().filter_map(|run| run.memory.anonymous_bytes).max()
    }

    /// The most resident memory of all runs.
    #[must_use]
    pub fn resident_bytes(&self) -> Option<u64> {
        self.runs.iter().filter_map(|run| run.memory.resident_bytes).max()
    }
}

/// The middle value; the mean of both middle ones of an even number, 0 of none.
#[must_use]
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        len if len % 2 == 1 => values[len / 2],
        len => f64::midpoint(values[len / 2 - 1], values[len / 2]),
    }
}

/// A job that takes longer than this is run fewer times.
const LONG: Duration = Duration::from_secs(20);
const RUNS_OF_LONG: usize = 3;

/// Runs the jobs in turn, `runs` times each; those over 20 s three times.
///
/// # Errors
/// When one fails.
pub fn alternate(jobs: &[Job], runs: usize) -> Result<Vec<Measured>> {
    let mut measured: Vec<Measured> =
        jobs.iter().map(|job| Measured { name: job.name.clone(), runs: Vec::new() }).collect();
    for round in 0..runs {
        for (job, measured) in jobs.iter().zip(&mut measured) {
            if round < RUNS_OF_LONG || measured.wall_s() < LONG.as_secs_f64() {
                measured.runs.push(run(job)?);
            }
        }
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
        assert_eq!(median([].into_iter()), 0.0);
    }
}
