//! How captures are compared: the same for every verb that does.

use super::words::Words;
use super::{Measuring, parse};
use analyzer_core::align::Names;
use analyzer_core::plateau::RankOptions;
use analyzer_core::scale::ScaleChoice;
use analyzer_core::{CompareOptions, FoldedValues};
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;

/// How captures are compared.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Comparing {
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
    /// The least share of either capture that a reported function has
    #[arg(long, value_name = "PERCENT", default_value = "0.5%", value_parser = parse::percent)]
    pub(crate) min_share: f64,
    /// Compare captures of different kinds of measurement all the same
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NamesArg {
    /// Without hashes, clones and counters that a rebuild changes
    Canonical,
    /// As they stand in the captures
    Exact,
}

impl Comparing {
    /// The options of the comparison; classes of a file are still to be read.
    pub(crate) fn options(&self, measuring: &Measuring) -> CompareOptions {
        CompareOptions {
            value: measuring.sample_index.clone(),
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
            trace_value: measuring.spans().value,
            path: measuring.path(),
            confidence: self.confidence,
            force: self.force,
            rank: RankOptions { min_share: self.min_share, ..RankOptions::default() },
            ..CompareOptions::default()
        }
    }

    /// The options with values, where they are not what they are without being given.
    pub(super) fn say(&self, words: &mut Words) {
        let defaults = CompareOptions::default();
        words.option("unit", self.unit.clone());
        words.option("period", self.period.map(|period| period.to_string()));
        words.option("scale", scale(&self.scale));
        words.option("names", (self.names == NamesArg::Exact).then(|| "exact".to_owned()));
        words.option("classes", self.classes.as_ref().map(|path| path.display().to_string()));
        let confidence = Some(self.confidence).filter(|&confidence| confidence != defaults.confidence);
        words.option("confidence", confidence.map(|confidence| confidence.to_string()));
        let min_share = Some(self.min_share).filter(|&share| share != defaults.rank.min_share);
        words.option("min-share", min_share.map(percent_text));
    }

    /// The options without values that are given.
    pub(super) fn say_flags(&self, words: &mut Words) {
        let flags = [
            ("keep-idle", self.keep_idle),
            ("keep-interrupts", self.keep_interrupts),
            ("no-renames", self.no_renames),
            ("no-wrappers", self.no_wrappers),
            ("no-max-stack", self.no_max_stack),
            ("force", self.force),
        ];
        flags.iter().filter(|(_, is_set)| *is_set).for_each(|(name, _)| words.flag(name));
    }
}

/// A share as a percentage.
pub(super) fn percent_text(share: f64) -> String {
    format!("{}%", share * 100.0)
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
