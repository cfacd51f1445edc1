//! The command line of `plateau diff`.

use super::parse;
use super::{Measuring, Printing, Reading};
use analyzer_core::align::Names;
use analyzer_core::plateau::RankOptions;
use analyzer_core::scale::ScaleChoice;
use analyzer_core::select::{Moment, Selection};
use analyzer_core::{CompareOptions, FoldedValues};
use clap::{Args as ClapArgs, ValueEnum};
use regex::bytes::Regex;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "\
Examples:
  plateau diff before.pb.gz after.pb.gz
  plateau diff before.perf.txt after.perf.txt -o report.html -o report.md
  plateau diff --before mon.pb.gz --before tue.pb.gz wed.pb.gz thu.pb.gz
  plateau diff --baseline base.json after.pb.gz
  plateau diff canary.pb.gz --before-tag version=1.4 --after-tag version=1.5
  plateau diff perf.txt --before-window ..60s --after-window 60s..
  plateau diff --sample-index alloc_space before.heap.pb.gz after.heap.pb.gz
  plateau diff --format folded-diff a.folded b.folded | inferno-flamegraph > diff.svg";

/// A form of Markdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// Evidence filled in; detection, resolution, action items and lessons left blank
    Postmortem,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Diff {
    /// BEFORE and AFTER, the capture to compare with and the one in question; - for standard input. With --before or
    /// --baseline all are AFTER. One alone, when it holds both: folded stacks with two counts a line, or parts of
    /// it chosen by tags or windows
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    /// A capture to compare with. May repeat: how much they differ tells the noise
    #[arg(long, value_name = "CAPTURE", conflicts_with = "baseline")]
    pub(crate) before: Vec<PathBuf>,
    /// Compare with an archive of captures, made by plateau baseline build
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Of BEFORE only the samples with this tag; of perf scripts thread, pid and tid are tags
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse::tag)]
    pub(crate) before_tag: Option<Selection>,
    /// Of AFTER only the samples with this tag
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse::tag)]
    pub(crate) after_tag: Option<Selection>,
    /// Of BEFORE only the samples of this time after its first: 10s..70s, ..500ms, 50%..
    #[arg(long, value_name = "FROM..TO", value_parser = parse::window)]
    pub(crate) before_window: Option<Selection>,
    /// Of AFTER only the samples of this time
    #[arg(long, value_name = "FROM..TO", value_parser = parse::window)]
    pub(crate) after_window: Option<Selection>,
    /// Of traces only requests of which this matches service and operation of the root
    #[arg(long, value_name = "REGEX", value_parser = parse::pattern)]
    pub(crate) group: Option<Regex>,
    /// Write a report; the extension chooses its form: html, svg, md, json, csv, txt, folded. May repeat
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = crate::output::report_formats())]
    pub(crate) format: String,
    /// Fill a form of Markdown with what the captures show
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) template: Option<Template>,
    /// How to bring before to the size of after: auto, reference, share, duration, absolute, work=BEFORE:AFTER,
    /// anchor=REGEX
    #[arg(long, value_name = "MODE", default_value = "auto", value_parser = parse::scale)]
    pub(crate) scale: ScaleChoice,
    /// The unit of folded values; anything but count says that they are no numbers of samples
    #[arg(long, value_name = "UNIT")]
    pub(crate) unit: Option<String>,
    /// What one sample weighs in folded values
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) period: Option<i64>,
    /// Compare waiting as if it were work
    #[arg(long)]
    pub(crate) keep_idle: bool,
    /// Take interrupts of timers and schedulers for functions of their own, not for part of what they interrupt
    #[arg(long)]
    pub(crate) keep_interrupts: bool,
    /// Take functions for the same when their names are, or only when they are exactly
    #[arg(long, value_enum, default_value_t = NamesArg::Canonical)]
    pub(crate) names: NamesArg,
    /// More rules for classes of code, tried first: lines of CLASS, WHERE and a regular expression with tabs between
    #[arg(long, value_name = "FILE")]
    pub(crate) classes: Option<PathBuf>,
    /// Do not look for functions that have another name in AFTER
    #[arg(long)]
    pub(crate) no_renames: bool,
    /// Do not bridge frames that one capture has between two others, nor put functions into callers they were inlined into
    #[arg(long)]
    pub(crate) no_wrappers: bool,
    /// Compare whole stacks, even where a profiler cut those of one capture
    #[arg(long)]
    pub(crate) no_max_stack: bool,
    /// The share of intervals that should hold the truth
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = parse::confidence)]
    pub(crate) confidence: f64,
    /// Say whether the captures are the same but for changes below this: a fix is validated so
    #[arg(long, value_name = "PERCENT", value_parser = parse::percent)]
    pub(crate) margin: Option<f64>,
    /// The least share of either capture that a reported function has
    #[arg(long, value_name = "PERCENT", default_value = "0.5%", value_parser = parse::percent)]
    pub(crate) min_share: f64,
    /// Say why functions of this name are reported, or are not
    #[arg(long, value_name = "REGEX", value_parser = parse::pattern)]
    pub(crate) explain: Option<Regex>,
    /// Compare captures of different kinds of measurement all the same
    #[arg(long)]
    pub(crate) force: bool,
    /// Exit with 1 when something grew; by size, where the captures do not tell how many samples they rest on
    #[arg(long)]
    pub(crate) exit_code: bool,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) printing: Printing,
}

/// Where the captures of the sides come from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sources<'a> {
    /// Files for each side.
    Files { before: Vec<&'a Path>, after: Vec<&'a Path> },
    /// An archive, and files.
    Baseline { baseline: &'a Path, after: Vec<&'a Path> },
    /// One file that holds both.
    One(&'a Path),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NamesArg {
    /// Without hashes, clones and counters that a rebuild changes
    Canonical,
    /// As they stand in the captures
    Exact,
}

impl Diff {
    /// Where the captures come from; else what is wrong with what was given.
    pub(crate) fn sources(&self) -> Result<Sources<'_>, String> {
        fn list(paths: &[PathBuf]) -> Vec<&Path> {
            paths.iter().map(PathBuf::as_path).collect()
        }
        match (&self.baseline, &self.before[..], &self.captures[..]) {
            (Some(baseline), _, after) => Ok(Sources::Baseline { baseline, after: list(after) }),
            (None, [], [one]) => Ok(Sources::One(one)),
            (None, [], [before, after]) => Ok(Sources::Files { before: vec![before], after: vec![after] }),
            (None, [], more) => Err(format!(
                "{} captures were given, expected BEFORE and AFTER; with more of one side name those of before by \
                 --before: plateau diff --before A1 --before A2 B1 B2",
                more.len()
            )),
            (None, before, after) => Ok(Sources::Files { before: list(before), after: list(after) }),
        }
    }

    /// What of each side is compared.
    pub(crate) fn selections(&self) -> (Vec<&Selection>, Vec<&Selection>) {
        let before = self.before_window.iter().chain(&self.before_tag);
        let after = self.after_window.iter().chain(&self.after_tag);
        (before.collect(), after.collect())
    }

    /// Whether parts of captures are compared.
    pub(crate) fn has_selections(&self) -> bool {
        let (before, after) = self.selections();
        !before.is_empty() || !after.is_empty()
    }

    /// Whether samples are compared as the files have them.
    pub(crate) fn is_plain(&self) -> bool {
        let is_default = self.reading.subtract.is_empty() && self.measuring.sample_index.is_none();
        is_default && self.group.is_none() && !self.has_selections() && self.baseline.is_none()
    }

    /// The files to read.
    pub(crate) fn inputs(&self) -> Vec<&Path> {
        self.reading.with_subtracted(self.before.iter().chain(&self.baseline).chain(&self.captures))
    }

    /// The options of the comparison.
    pub(crate) fn compare_options(&self) -> CompareOptions {
        CompareOptions {
            command: self.command(),
            value: self.measuring.sample_index.clone(),
            folded: FoldedValues { unit: self.unit.clone(), period: self.period },
            scale: self.scale.clone(),
            names: match self.names {
                NamesArg::Canonical => Names::Canonical,
                NamesArg::Exact => Names::Exact,
            },
            renames: !self.no_renames,
            wrappers: !self.no_wrappers,
            max_stack: !self.no_max_stack,
            keep_interrupts: self.keep_interrupts,
            keep_idle: self.keep_idle,
            trace_value: self.measuring.spans().value,
            path: self.measuring.path(),
            thresholds: analyzer_core::requests::Thresholds::default(),
            confidence: self.confidence,
            margin: self.margin,
            explain: self.explain.clone(),
            classes: None,
            redacted: None,
            force: self.force,
            rank: RankOptions { min_share: self.min_share, ..RankOptions::default() },
        }
    }

    /// The question: the verb, its inputs and the options that shape the result. Where the answer goes and how
    /// fast it comes do not belong to it, so the same question gives the same bytes.
    fn command(&self) -> String {
        let path = |path: &PathBuf| path.display().to_string();
        let defaults = CompareOptions::default();
        let mut words = vec!["plateau".to_owned(), "diff".to_owned()];
        let mut option = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("--{name} {}", parse::quote(&value))));
        };
        self.before.iter().for_each(|before| option("before", Some(path(before))));
        option("baseline", self.baseline.as_ref().map(path));
        for capture in &self.captures {
            words.push(parse::quote(&path(capture)));
        }
        let mut option = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("--{name} {}", parse::quote(&value))));
        };
        option("before-tag", self.before_tag.as_ref().map(selection));
        option("after-tag", self.after_tag.as_ref().map(selection));
        option("before-window", self.before_window.as_ref().map(selection));
        option("after-window", self.after_window.as_ref().map(selection));
        self.reading.subtract.iter().for_each(|base| option("subtract", Some(path(base))));
        option("sample-index", self.measuring.sample_index.clone());
        words.extend(self.measuring.words_of_traces());
        let mut option = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("--{name} {}", parse::quote(&value))));
        };
        option("group", self.group.as_ref().map(ToString::to_string));
        option("unit", self.unit.clone());
        option("period", self.period.map(|period| period.to_string()));
        option("scale", scale(&self.scale));
        option("names", (self.names == NamesArg::Exact).then(|| "exact".to_owned()));
        option("classes", self.classes.as_ref().map(path));
        let confidence = Some(self.confidence).filter(|&confidence| confidence != defaults.confidence);
        option("confidence", confidence.map(|confidence| confidence.to_string()));
        let percent = |share: f64| format!("{}%", share * 100.0);
        option("margin", self.margin.map(percent));
        option(
            "min-share",
            Some(self.min_share).filter(|&share| share != defaults.rank.min_share).map(percent),
        );
        option("explain", self.explain.as_ref().map(ToString::to_string));
        option("from", self.reading.from.clone());
        words.extend(self.reading.hidden());
        let flags = [
            ("keep-idle", self.keep_idle),
            ("keep-interrupts", self.keep_interrupts),
            ("no-renames", self.no_renames),
            ("no-wrappers", self.no_wrappers),
            ("no-max-stack", self.no_max_stack),
            ("force", self.force),
        ];
        words.extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| format!("--{name}")));
        words.join(" ")
    }
}

/// A scale as it is asked for; `None` for the default.
fn scale(choice: &ScaleChoice) -> Option<String> {
    Some(match choice {
        ScaleChoice::Auto => return None,
        ScaleChoice::Reference => "reference".to_owned(),
        ScaleChoice::Share => "share".to_owned(),
        ScaleChoice::Duration => "duration".to_owned(),
        ScaleChoice::Absolute => "absolute".to_owned(),
        ScaleChoice::Work(before, after) => format!("work={before}:{after}"),
        ScaleChoice::Anchor(pattern) => format!("anchor={pattern}"),
    })
}

/// A tag or a window as it is asked for.
fn selection(selection: &Selection) -> String {
    let moment = |moment: &Moment| match moment {
        Moment::Nanoseconds(after) => format!("{}s", *after as f64 / 1e9),
        Moment::Share(share) => format!("{}%", share * 100.0),
    };
    match selection {
        Selection::Tag { key, value } => format!("{key}={value}"),
        Selection::Window { from, to } => format!("{}..{}", moment(from), moment(to)),
    }
}
