//! The record of a run: Markdown for readers, JSON for programs, both named by date and machine.

use crate::task::{Outcome, Row};
use crate::tools::Tools;
use anyhow::Result;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A run with what it was run on.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// UTC.
    pub date: String,
    /// Processor and number of threads.
    pub machine: String,
    /// Load of the machine in the minute before, where it tells: figures of a busy machine are worth less.
    pub load_before: Option<String>,
    /// Of the checkout; `+` when files of it were changed.
    pub commit: String,
    /// The size asked for.
    pub megabytes: u64,
    /// What each tool says its version is.
    pub versions: Vec<(String, String)>,
    /// The tasks.
    pub outcomes: Vec<Outcome>,
}

impl Record {
    /// A record without outcomes.
    #[must_use]
    pub fn new(tools: &Tools, megabytes: u64) -> Record {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let load = std::fs::read_to_string("/proc/loadavg").ok();
        Record {
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            machine: format!("{}, {threads} threads", processor()),
            load_before: load.and_then(|load| Some(load.split(' ').next()?.to_owned())),
            commit: commit(),
            megabytes,
            versions: tools.versions.clone(),
            outcomes: Vec::new(),
        }
    }

    /// Answers that are not as they should be.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.outcomes.iter().flat_map(|outcome| &outcome.checks).filter(|check| !check.holds).count()
    }

    /// Writes `<date>-<machine>.md` and `.json`; gives the path of the former.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, folder: &Path) -> Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let words = self.machine.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let machine = words.collect::<Vec<_>>().join("-").to_lowercase();
        let path = folder.join(format!("{}-{machine}.md", self.date));
        let tasks: Vec<String> = self.outcomes.iter().map(task).collect();
        std::fs::write(&path, format!("{}\n{}\n{}", head(self), tasks.join("\n"), bars(self)))?;
        std::fs::write(path.with_extension("json"), serde_json::to_vec_pretty(self)?)?;
        Ok(path)
    }
}

pub(crate) fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

pub(crate) fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
    format!("{commit}{}", if changed { "+" } else { "" })
}

/// Date, machine, versions.
#[must_use]
pub fn head(record: &Record) -> String {
    let mut out = format!("# Plateau and its rivals, {}\n\n", record.date);
    let load = record.load_before.as_deref().unwrap_or("unknown");
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{}; load before: {load}; commit {}; inputs of {} MB.",
        record.machine, record.commit, record.megabytes
    );
    let _ = writeln!(
        out,
        "MB = 10^6 bytes of unpacked input. Times are of whole processes, files warm, jobs in turn.\n"
    );
    for (tool, version) in &record.versions {
        let _ = writeln!(out, "- {tool}: {version}");
    }
    out
}

/// The tables of a task.
#[must_use]
pub fn task(outcome: &Outcome) -> String {
    let mut out = format!("## {}\n\n{}\n\n", outcome.name, outcome.input);
    out.push_str("| tool | runs | wall, median | least | user + sys | MB/s | anonymous memory | per input byte | resident | time : plateau |\n");
    out.push_str("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for row in &outcome.rows {
        line(&mut out, row, outcome.bytes);
    }
    for floor in &outcome.floors {
        let rate = outcome.bytes as f64 / floor.seconds / 1e6;
        let _ = writeln!(
            out,
            "| *floor: {}* | | {} | | | {rate:.0} | | | | |",
            floor.name,
            seconds(floor.seconds)
        );
    }
    out.push('\n');
    for check in &outcome.checks {
        let mark = if check.holds { "as it should be" } else { "**WRONG**" };
        let _ = writeln!(out, "- {}: {} ({mark})", check.what, check.found);
    }
    out
}

fn line(out: &mut String, row: &Row, bytes: u64) {
    let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    let seen = |bytes: Option<u64>| bytes.map_or_else(|| "not seen".to_owned(), megabytes);
    let anonymous = seen(row.anonymous_bytes);
    let per_byte =
        row.anonymous_bytes.map_or(String::new(), |most| format!("{:.2}", most as f64 / bytes as f64));
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {} | {:.0} | {anonymous} | {per_byte} | {} | {:.2} |",
        row.tool,
        row.runs,
        seconds(row.wall_s),
        seconds(row.least_wall_s),
        seconds(row.cpu_s),
        row.bytes_per_s / 1e6,
        seen(row.resident_bytes),
        row.times_plateau,
    );
}

fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// The bars of all tasks.
#[must_use]
pub fn bars(record: &Record) -> String {
    let mut out = String::from("## Bars\n\n| task | bar | found | |\n|---|---|--:|---|\n");
    for outcome in &record.outcomes {
        for verdict in &outcome.verdicts {
            let met = match verdict.met {
                Some(true) => "met",
                Some(false) => "**not met**",
                None => "unknown",
            };
            let _ = writeln!(out, "| {} | {} | {} | {met} |", outcome.name, verdict.bar, verdict.found);
        }
    }
    out
}
