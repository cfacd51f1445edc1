//! Which captures are compared, and what of them: the same for every verb that compares two sides.

use super::words::Words;
use super::{Reading, parse};
use analyzer_core::select::{Moment, Selection};
use clap::Args as ClapArgs;
use regex::bytes::Regex;
use std::path::{Path, PathBuf};

/// The captures of both sides.
#[derive(Debug, ClapArgs)]
pub(crate) struct Sides {
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

impl Sides {
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

    /// Whether all of two files is compared.
    pub(crate) fn are_whole_files(&self) -> bool {
        self.group.is_none() && !self.has_selections() && self.baseline.is_none()
    }

    /// The files to read.
    pub(crate) fn inputs<'a>(&'a self, reading: &'a Reading) -> Vec<&'a Path> {
        reading.with_subtracted(self.before.iter().chain(&self.baseline).chain(&self.captures))
    }

    /// The captures as a command has them, and what is chosen of them.
    pub(super) fn say(&self, words: &mut Words) {
        let path = |path: &PathBuf| path.display().to_string();
        self.before.iter().for_each(|before| words.option("before", Some(path(before))));
        words.option("baseline", self.baseline.as_ref().map(path));
        self.captures.iter().for_each(|capture| words.argument(&path(capture)));
        words.option("before-tag", self.before_tag.as_ref().map(selection));
        words.option("after-tag", self.after_tag.as_ref().map(selection));
        words.option("before-window", self.before_window.as_ref().map(selection));
        words.option("after-window", self.after_window.as_ref().map(selection));
        words.option("group", self.group.as_ref().map(ToString::to_string));
    }
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
