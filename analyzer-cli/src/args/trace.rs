//! The command line of `plateau trace`.

use super::parse;
use super::{Measuring, Printing, Reading};
use analyzer_core::requests::{Thresholds, TraceOptions, Wanted};
use clap::Args as ClapArgs;
use regex::bytes::Regex;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "\
Examples:
  plateau trace after.jaeger.json.gz
  plateau trace --group 'GET /orders$' --critical-path monday.json tuesday.json
  plateau trace --trace-id 4bf92f3577b34da6a3ce929d0e0e4736 spans.json
  plateau trace spans.json -o why.md -o why.json";

#[derive(Debug, ClapArgs)]
pub(crate) struct Trace {
    /// The captures, which are taken for one set of requests; - for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    /// Only requests of which this matches service and operation of the root
    #[arg(long, value_name = "REGEX", value_parser = parse::pattern)]
    pub(crate) group: Option<Regex>,
    /// Print the critical path of the slowest request and of a usual one; JSON has those of all
    #[arg(long)]
    pub(crate) critical_path: bool,
    /// Print the critical path of this request; JSON has it alone. May repeat
    #[arg(long, value_name = "ID")]
    pub(crate) trace_id: Vec<String>,
    /// How many rows the tables have; json and csv have all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    pub(crate) nodecount: usize,
    /// Write the report; the extension chooses its form: html, txt, md, json, csv. May repeat
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = crate::output::trace_formats())]
    pub(crate) format: String,
    /// The share of intervals that should hold the truth
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = parse::confidence)]
    pub(crate) confidence: f64,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) printing: Printing,
}

impl Trace {
    /// The files to read.
    pub(crate) fn inputs(&self) -> Vec<&Path> {
        self.captures.iter().map(PathBuf::as_path).collect()
    }

    /// What to tell.
    pub(crate) fn options(&self) -> TraceOptions<'_> {
        TraceOptions {
            command: self.command(),
            measure: self.measuring.spans(),
            confidence: self.confidence,
            thresholds: Thresholds::default(),
            paths: match (&self.trace_id[..], self.critical_path) {
                ([], false) => Wanted::None,
                ([], true) => Wanted::All,
                (ids, _) => Wanted::Traces(ids),
            },
            rows: self.nodecount,
            redacted: None,
        }
    }

    /// The question, without where its answer goes.
    fn command(&self) -> String {
        let mut words = vec!["plateau trace".to_owned()];
        words.extend(self.captures.iter().map(|capture| parse::quote(&capture.display().to_string())));
        let mut option = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("--{name} {}", parse::quote(&value))));
        };
        option("group", self.group.as_ref().map(ToString::to_string));
        self.trace_id.iter().for_each(|id| option("trace-id", Some(id.clone())));
        words.extend(self.measuring.words_of_traces());
        let mut option = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("--{name} {}", parse::quote(&value))));
        };
        let confidence =
            Some(self.confidence).filter(|&confidence| confidence != TraceOptions::default().confidence);
        option("confidence", confidence.map(|confidence| confidence.to_string()));
        option("from", self.reading.from.clone());
        words.extend(self.reading.hidden());
        words.extend(self.critical_path.then(|| "--critical-path".to_owned()));
        words.join(" ")
    }
}
