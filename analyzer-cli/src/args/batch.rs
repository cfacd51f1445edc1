//! The command line of `plateau batch`.

use super::words::Words;
use super::{Comparing, Measuring, Reading, parse};
use analyzer_core::CompareOptions;
use analyzer_core::batch::{KeyValue, PathPattern};
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  plateau batch last-release this-release -o compared
  plateau batch before.tar.zst after.tar.zst -o compared -j 8
  plateau batch archive --path-pattern '{service}/{version}/{host}-{ts}.pb.gz' -o compared
  plateau batch archive --before-key date=2026-11-21 --after-key date=2026-11-28 -o compared
  plateau batch --outliers this-release -o odd-hosts
  find . -name '*.pb.gz' -print0 | plateau batch --files-from - --path-pattern '**/{version}/{host}.pb.gz' -o compared";

#[derive(Debug, ClapArgs)]
pub(crate) struct Batch {
    /// The folder to compare with and the one in question; an archive (tar, tar.gz, tar.zst, zip) is a folder too. One
    /// alone, where paths tell the sides apart by version or date, or with --outliers
    #[arg(value_name = "DIR", num_args = 0..=2)]
    pub(crate) folders: Vec<PathBuf>,
    /// The folder for reports, index.html, index.md, results.jsonl and, last of all, manifest.json. A run that was ended goes
    /// on where it was
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Take captures from a list; - for standard input. Lines or, if there is any, ended by NUL. BEFORE and AFTER with a
    /// tab between are a pair; an archive alone stands for what it holds
    #[arg(long, value_name = "FILE", conflicts_with = "folders")]
    pub(crate) files_from: Option<PathBuf>,
    /// How paths within a folder are made: {service}/{date}/{host}-{_}.pb.gz, with * and **. Captures pair by all keys but
    /// releases (version, build, commit, release) and times (date, dt, ds, year to minute, ts, time, timestamp, datetime). Folders
    /// like service=api need no pattern
    #[arg(long, value_name = "PATTERN", value_parser = PathPattern::new)]
    pub(crate) path_pattern: Option<PathPattern>,
    /// Of one folder, the captures to compare with [default: of each service the last version but one, or the last date but one]
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value, requires = "after_key")]
    pub(crate) before_key: Option<KeyValue>,
    /// Of one folder, the captures in question
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value, requires = "before_key")]
    pub(crate) after_key: Option<KeyValue>,
    /// Compare each host of one folder with the others of its service; {host} in --path-pattern tells which captures are of
    /// one host, else each is one
    #[arg(long, conflicts_with_all = ["before_key", "after_key"])]
    pub(crate) outliers: bool,
    /// How many pairs are compared at the same time [default: one for each core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Exit with 3 when more files or pairs than this failed: a number, or a share of the files [default: 1%; 0 of fewer than
    /// 10 files]
    #[arg(long, value_name = "N|P%", value_parser = max_failed)]
    pub(crate) max_failed: Option<MaxFailed>,
    /// Exit with 1 when a pair grew, chance among so many of them accounted for
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// The form of the reports. May repeat; the index leads to the first
    #[arg(long, value_enum, value_name = "FORM", default_value = "html")]
    pub(crate) report: Vec<ReportForm>,
    /// The most captures that a side of a pair is made of; of more they are chosen evenly
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) replicates: u16,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = BatchFormat::Text)]
    pub(crate) format: BatchFormat,
    #[command(flatten)]
    pub(crate) comparing: Comparing,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// A form of the reports of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportForm {
    Html,
    Md,
    Json,
    Csv,
    Svg,
    /// No reports, the index alone
    None,
}

impl ReportForm {
    /// The name of the renderer and the extension; `None` where nothing is written.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            ReportForm::Html => Some("html"),
            ReportForm::Md => Some("md"),
            ReportForm::Json => Some("json"),
            ReportForm::Csv => Some("csv"),
            ReportForm::Svg => Some("svg"),
            ReportForm::None => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BatchFormat {
    /// Counts and the first pairs
    Text,
    /// A line for each pair
    Jsonl,
}

/// How many files may fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MaxFailed {
    Number(u64),
    Share(f64),
}

impl MaxFailed {
    /// How many of so many files may fail; what is asked for, else 1 %, and none of fewer than ten.
    pub(crate) fn of(asked: Option<MaxFailed>, files: u64) -> u64 {
        match asked {
            Some(MaxFailed::Number(number)) => number,
            // 29 % of 100 are 29, though 0.29 is a little less than that.
            Some(MaxFailed::Share(share)) => (share * files as f64 + 1e-9).floor() as u64,
            None => files / 100,
        }
    }
}

fn max_failed(text: &str) -> Result<MaxFailed, String> {
    let parsed = match text.ends_with('%') {
        true => parse::percent(text).ok().map(MaxFailed::Share),
        false => text.parse().ok().map(MaxFailed::Number),
    };
    parsed.ok_or_else(|| "expected a number of files, such as 10, or a share of them, such as 1%".to_owned())
}

fn key_value(text: &str) -> Result<KeyValue, String> {
    let pair = text.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty());
    let (key, value) = pair.ok_or_else(|| "expected KEY=VALUE, such as version=1.4".to_owned())?;
    Ok(KeyValue { key: key.to_owned(), value: value.to_owned() })
}

impl Batch {
    /// The options of each comparison; its command and classes are still to be said.
    pub(crate) fn compare_options(&self) -> CompareOptions {
        self.comparing.options(&self.measuring)
    }

    /// The question: what is compared, and the options that shape the result.
    pub(crate) fn command(&self) -> String {
        let mut words = Words::new("batch");
        self.folders.iter().for_each(|folder| words.argument(&folder.display().to_string()));
        words.option("files-from", self.files_from.as_ref().map(|path| path.display().to_string()));
        words.option("path-pattern", self.path_pattern.as_ref().map(|pattern| pattern.as_str().to_owned()));
        let key = |key: &Option<KeyValue>| key.as_ref().map(|key| format!("{}={}", key.key, key.value));
        words.option("before-key", key(&self.before_key));
        words.option("after-key", key(&self.after_key));
        if self.outliers {
            words.flag("outliers");
        }
        for form in &self.report {
            let name = Some(form.name().unwrap_or("none")).filter(|_| self.report != [ReportForm::Html]);
            words.option("report", name.map(str::to_owned));
        }
        words.option(
            "replicates",
            Some(self.replicates).filter(|&most| most != 100).map(|most| most.to_string()),
        );
        self.say_comparison(&mut words);
        words.finish()
    }

    /// The question of one pair, as `plateau diff` asks it.
    pub(crate) fn diff_command(&self, before: &[String], after: &[String]) -> String {
        let mut words = Words::new("diff");
        match before {
            [one] if after.len() == 1 => words.argument(one),
            several => several.iter().for_each(|before| words.option("before", Some(before.clone()))),
        }
        after.iter().for_each(|after| words.argument(after));
        self.say_comparison(&mut words);
        words.finish()
    }

    fn say_comparison(&self, words: &mut Words) {
        words.measured(&self.measuring);
        self.comparing.say(words);
        words.read(&self.reading);
        self.comparing.say_flags(words);
        if self.reading.strict {
            words.flag("strict");
        }
        words.option("max-unpacked", self.reading.max_unpacked.map(|bytes| bytes.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_may_fail() {
        let of = |text: &str, files| MaxFailed::of(Some(max_failed(text).unwrap()), files);
        assert_eq!((of("3", 1000), of("5%", 1000), of("5%", 19)), (3, 50, 0));
        assert_eq!((MaxFailed::of(None, 9), MaxFailed::of(None, 100), MaxFailed::of(None, 1999)), (0, 1, 19));
        for bad in ["", "x", "101%", "-1", "1.5"] {
            assert!(max_failed(bad).is_err(), "{bad}");
        }
        assert!(key_value("version").is_err() && key_value("=1").is_err() && key_value("a=").is_err());
    }
}
