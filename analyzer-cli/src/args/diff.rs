//! The command line of `plateau diff`.

use super::comparing::percent_text;
use super::words::Words;
use super::{Comparing, Measuring, Printing, Reading, Sides, parse};
use analyzer_core::CompareOptions;
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
    #[command(flatten)]
    pub(crate) sides: Sides,
    /// Write a report; the extension chooses its form: html, svg, md, json, csv, txt, folded. May repeat
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = crate::output::report_formats())]
    pub(crate) format: String,
    /// Fill a form of Markdown with what the captures show
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) template: Option<Template>,
    #[command(flatten)]
    pub(crate) comparing: Comparing,
    /// Say whether the captures are the same but for changes below this: a fix is validated so
    #[arg(long, value_name = "PERCENT", value_parser = parse::percent)]
    pub(crate) margin: Option<f64>,
    /// Say why functions of this name are reported, or are not
    #[arg(long, value_name = "REGEX", value_parser = parse::pattern)]
    pub(crate) explain: Option<Regex>,
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

impl Diff {
    /// Whether samples are compared as the files have them.
    pub(crate) fn is_plain(&self) -> bool {
        let is_default = self.reading.subtract.is_empty() && self.measuring.sample_index.is_none();
        is_default && self.sides.are_whole_files()
    }

    /// The files to read.
    pub(crate) fn inputs(&self) -> Vec<&Path> {
        self.sides.inputs(&self.reading)
    }

    /// The options of the comparison.
    pub(crate) fn compare_options(&self) -> CompareOptions {
        CompareOptions {
            command: self.command(),
            margin: self.margin,
            explain: self.explain.clone(),
            ..self.comparing.options(&self.measuring)
        }
    }

    /// The question: the verb, its inputs and the options that shape the result. Where the answer goes and how
    /// fast it comes do not belong to it, so the same question gives the same bytes.
    fn command(&self) -> String {
        let mut words = Words::new("diff");
        self.sides.say(&mut words);
        words.subtracted(&self.reading);
        words.measured(&self.measuring);
        self.comparing.say(&mut words);
        words.option("margin", self.margin.map(percent_text));
        words.option("explain", self.explain.as_ref().map(ToString::to_string));
        words.read(&self.reading);
        self.comparing.say_flags(&mut words);
        words.finish()
    }
}
