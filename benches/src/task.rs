//! A task: the jobs that do the same work, what bounds it, what is expected of it.

use crate::answer::Check;
use crate::bar::{Bar, Verdict};
use crate::floor::Floor;
use crate::generate::Made;
use crate::measure::{Job, Measured, alternate};
use anyhow::Result;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Work that `plateau` and its rivals do.
pub struct Task {
    /// What is done, in one line.
    pub name: String,
    /// The input in one line.
    pub input: String,
    /// Unpacked bytes of all inputs together.
    pub bytes: u64,
    /// `plateau` first.
    pub jobs: Vec<Job>,
    /// Bounds of the work; measured after the jobs.
    pub floors: Vec<Box<dyn Fn() -> Result<Floor>>>,
    /// What is expected of `plateau`.
    pub bars: Vec<Bar>,
    /// Compares the outputs of the jobs, after the last run.
    pub check: Box<dyn Fn() -> Result<Vec<Check>>>,
}

/// One line of a task's table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The job.
    pub tool: String,
    /// Number of runs.
    pub runs: usize,
    /// Median wall time.
    pub wall_s: f64,
    /// Least wall time.
    pub least_wall_s: f64,
    /// Median user and system time.
    pub cpu_s: f64,
    /// Unpacked input bytes per second of the median.
    pub bytes_per_s: f64,
    /// Most anonymous memory of all runs.
    pub anonymous_bytes: Option<u64>,
    /// Most resident memory of all runs.
    pub resident_bytes: Option<u64>,
    /// Median wall time over that of `plateau`.
    pub times_plateau: f64,
}

/// A task that was run.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Of the task.
    pub name: String,
    /// Of the task.
    pub input: String,
    /// Of the task.
    pub bytes: u64,
    /// One for each job.
    pub rows: Vec<Row>,
    /// Bounds of the work.
    pub floors: Vec<Floor>,
    /// Answers compared.
    pub checks: Vec<Check>,
    /// Bars held against the rows.
    pub verdicts: Vec<Verdict>,
}

impl Task {
    /// Runs every job `runs` times in turn, then the floors, the checks and the bars.
    ///
    /// # Errors
    /// When a job fails or its output cannot be read.
    pub fn run(&self, runs: usize) -> Result<Outcome> {
        let measured = alternate(&self.jobs, runs)?;
        let floors = self.floors.iter().map(|floor| floor()).collect::<Result<Vec<_>>>()?;
        Ok(Outcome {
            name: self.name.clone(),
            input: self.input.clone(),
            bytes: self.bytes,
            rows: rows(self.bytes, &measured),
            checks: (self.check)()?,
            verdicts: self.bars.iter().map(|bar| bar.hold(self.bytes, &measured, &floors)).collect(),
            floors,
        })
    }
}

fn rows(bytes: u64, measured: &[Measured]) -> Vec<Row> {
    let plateau_s = measured.first().map_or(f64::NAN, Measured::wall_s);
    let row = |measured: &Measured| Row {
        tool: measured.name.clone(),
        runs: measured.runs.len(),
        wall_s: measured.wall_s(),
        least_wall_s: measured.least_wall_s(),
        cpu_s: measured.cpu_s(),
        bytes_per_s: bytes as f64 / measured.wall_s(),
        anonymous_bytes: measured.anonymous_bytes(),
        resident_bytes: measured.resident_bytes(),
        times_plateau: measured.wall_s() / plateau_s,
    };
    measured.iter().map(row).collect()
}

/// The size and kind of made files in one line.
#[must_use]
pub fn describe(files: &[Made], records: &str, unique: &str) -> String {
    let each = |file: &Made| {
        let facts = file.facts;
        let nodes = facts.nodes.map_or(String::new(), |nodes| format!(", {nodes} nodes"));
        let megabytes = facts.bytes as f64 / 1e6;
        format!("{megabytes:.1} MB, {} {records}, {} {unique}{nodes}", facts.records, facts.unique)
    };
    files.iter().map(each).collect::<Vec<_>>().join(" | ")
}

/// Where a job of a task writes, named by both.
#[must_use]
pub fn output(scratch: &Path, task: &str, job: &str) -> PathBuf {
    scratch.join(format!("{task}.{job}.out"))
}
