//! The command line as clap sees it.

use analyzer_core::align::Names;
use analyzer_core::scale::ScaleChoice;
use analyzer_core::spans::TraceValue;
use analyzer_core::{CompareOptions, Order, plateau::RankOptions};
use analyzer_formats::{FORMATS, ReadOptions, Tags, format_named};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

/// Compares archived profiles and traces, offline: which code got slower, by how much, and how sure that is.
#[derive(Debug, Parser)]
#[command(name = "plateau", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compare two captures: which plateaus grew?
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Diff),
    /// List the functions of one capture, largest first.
    #[command(after_help = "Example:\n  plateau show --by total cpu.pb.gz")]
    Show(Show),
    /// Draw the flame graph of one capture.
    #[command(after_help = "Example:\n  plateau flame perf.txt -o flame.svg")]
    Flame(Flame),
    /// Say what captures hold, and what their readers left out.
    #[command(after_help = "Example:\n  plateau info --format json *.pb.gz")]
    Info(Info),
    /// Turn a capture into another format.
    #[command(
        after_help = "Examples:\n  plateau convert perf.txt -o stacks.folded\n  plateau convert stacks.folded -o cpu.pb.gz\n  plateau convert perf.txt -o cpu.speedscope.json"
    )]
    Convert(Convert),
}

const DIFF_EXAMPLES: &str = "\
Examples:
  plateau diff before.pb.gz after.pb.gz
  plateau diff before.perf.txt after.perf.txt -o report.html -o report.md
  plateau diff --sample-index alloc_space before.heap.pb.gz after.heap.pb.gz
  plateau diff --format folded-diff a.folded b.folded | inferno-flamegraph > diff.svg";

/// How captures are read.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Reading {
    /// Read as this format, whatever the bytes look like
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    from: Option<String>,
    /// Fail when anything of a capture is missing: samples left out, a file cut or damaged
    #[arg(long)]
    pub(crate) strict: bool,
    /// The most bytes that a compressed file or a pipe may give, whatever the ratio; without it 8 GiB, and of a
    /// compressed file no more than 500 times its size
    #[arg(long, value_name = "BYTES")]
    max_unpacked: Option<u64>,
    /// Read files instead of mapping them, for files that others may truncate meanwhile
    #[arg(long)]
    no_mmap: bool,
}

fn format_names() -> clap::builder::PossibleValuesParser {
    FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>().into()
}

impl Reading {
    /// The options for the readers; `digest` when the output names the bytes that were read.
    pub(crate) fn options(&self, digest: bool) -> ReadOptions {
        let default = ReadOptions::default();
        ReadOptions {
            from: self.from.as_deref().and_then(format_named).map(|format| format.name()),
            map: !self.no_mmap,
            max_unpacked: self.max_unpacked.unwrap_or(default.max_unpacked),
            max_ratio: if self.max_unpacked.is_some() { u64::MAX } else { default.max_ratio },
            digest,
            // No output shows a tag that no finding is about.
            tags: Tags::Needed,
            ..default
        }
    }
}

/// What is measured.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Measuring {
    /// The value type or event to use, by name: cpu, alloc_space, cycles:u
    #[arg(long, value_name = "NAME")]
    pub(crate) sample_index: Option<String>,
    /// The value that spans of traces are measured by [default: cp]
    #[arg(long, value_enum)]
    pub(crate) value: Option<TraceValueArg>,
}

impl Measuring {
    /// The value that spans are measured by.
    pub(crate) fn trace_value(&self) -> TraceValue {
        self.value.unwrap_or(TraceValueArg::Cp).into()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceValueArg {
    /// Time on the critical path
    Cp,
    /// Time in the span itself, its children's taken off
    #[value(name = "self")]
    Own,
    /// Duration of the span
    Wall,
    /// Number of spans
    Count,
    /// Number of failed spans
    Errors,
}

impl From<TraceValueArg> for TraceValue {
    fn from(value: TraceValueArg) -> TraceValue {
        match value {
            TraceValueArg::Cp => TraceValue::CriticalPath,
            TraceValueArg::Own => TraceValue::SelfTime,
            TraceValueArg::Wall => TraceValue::Wall,
            TraceValueArg::Count => TraceValue::Count,
            TraceValueArg::Errors => TraceValue::Errors,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Diff {
    /// The capture to compare with; - for standard input
    pub(crate) before: PathBuf,
    /// The capture in question; not given when BEFORE holds both, as folded stacks with two counts a line do
    pub(crate) after: Option<PathBuf>,
    /// Write a report; the extension chooses its form: html, svg, md, json, csv, txt, folded. May repeat
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = crate::output::report_formats())]
    pub(crate) format: String,
    /// How to bring before to the size of after: auto, reference, share, duration, work=BEFORE:AFTER
    #[arg(long, value_name = "MODE", default_value = "auto", value_parser = parse_scale)]
    pub(crate) scale: ScaleChoice,
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
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = parse_confidence)]
    pub(crate) confidence: f64,
    /// The least share of either capture that a reported function has
    #[arg(long, value_name = "PERCENT", default_value = "0.5%", value_parser = parse_percent)]
    pub(crate) min_share: f64,
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

/// How to talk to the terminal.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Printing {
    /// Print no table and no warnings
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Colour the table
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NamesArg {
    /// Without hashes, clones and counters that a rebuild changes
    Canonical,
    /// As they stand in the captures
    Exact,
}

fn parse_scale(text: &str) -> Result<ScaleChoice, String> {
    match text {
        "auto" => Ok(ScaleChoice::Auto),
        "reference" => Ok(ScaleChoice::Reference),
        "share" => Ok(ScaleChoice::Share),
        "duration" => Ok(ScaleChoice::Duration),
        _ => {
            let numbers = text.strip_prefix("work=").and_then(|pair| pair.split_once(':'));
            let number = |text: &str| text.parse().ok().filter(|number: &f64| (1e-9..=1e18).contains(number));
            match numbers.map(|(before, after)| (number(before), number(after))) {
                Some((Some(before), Some(after))) => Ok(ScaleChoice::Work(before, after)),
                _ => Err("expected auto, reference, share, duration or work=BEFORE:AFTER, such as work=1200000:1310000"
                    .to_owned()),
            }
        }
    }
}

fn parse_confidence(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.5..1.0).contains(number));
    number.ok_or_else(|| "expected a share from 0.5 to below 1, such as 0.95".to_owned())
}

fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim().parse().ok();
    let share = number.map(|percent: f64| percent / 100.0).filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a percentage from 0% to 100%, such as 0.5%".to_owned())
}

impl Diff {
    /// The options of the comparison.
    pub(crate) fn compare_options(&self) -> CompareOptions {
        CompareOptions {
            command: self.command(),
            value: self.measuring.sample_index.clone(),
            scale: self.scale,
            names: match self.names {
                NamesArg::Canonical => Names::Canonical,
                NamesArg::Exact => Names::Exact,
            },
            renames: !self.no_renames,
            wrappers: !self.no_wrappers,
            max_stack: !self.no_max_stack,
            trace_value: self.measuring.trace_value(),
            confidence: self.confidence,
            classes: None,
            rank: RankOptions { min_share: self.min_share, ..RankOptions::default() },
        }
    }

    /// The files to read.
    pub(crate) fn inputs(&self) -> Vec<&Path> {
        std::iter::once(&self.before).chain(&self.after).map(PathBuf::as_path).collect()
    }

    /// The question: the verb, its inputs and the options that shape the result. Where the answer goes and how
    /// fast it comes do not belong to it, so the same question gives the same bytes.
    fn command(&self) -> String {
        let mut words = vec!["plateau".to_owned(), "diff".to_owned()];
        words.extend(self.inputs().into_iter().map(|path| quote(&path.display().to_string())));
        let defaults = CompareOptions::default();
        let mut option = |name: &str, value: String| words.push(format!("--{name} {}", quote(&value)));
        if let Some(value) = &self.measuring.sample_index {
            option("sample-index", value.clone());
        }
        if let Some(value) = self.measuring.value.filter(|&value| value != TraceValueArg::Cp) {
            let name = value.to_possible_value();
            option("value", name.map_or_else(String::new, |name| name.get_name().to_owned()));
        }
        match self.scale {
            ScaleChoice::Auto => {}
            ScaleChoice::Reference => option("scale", "reference".to_owned()),
            ScaleChoice::Share => option("scale", "share".to_owned()),
            ScaleChoice::Duration => option("scale", "duration".to_owned()),
            ScaleChoice::Work(before, after) => option("scale", format!("work={before}:{after}")),
        }
        if self.names == NamesArg::Exact {
            option("names", "exact".to_owned());
        }
        if let Some(classes) = &self.classes {
            option("classes", classes.display().to_string());
        }
        let switches =
            [(self.no_renames, "renames"), (self.no_wrappers, "wrappers"), (self.no_max_stack, "max-stack")];
        words.extend(switches.iter().filter(|(is_off, _)| *is_off).map(|(_, name)| format!("--no-{name}")));
        let mut option = |name: &str, value: String| words.push(format!("--{name} {}", quote(&value)));
        if self.confidence != defaults.confidence {
            option("confidence", self.confidence.to_string());
        }
        if self.min_share != defaults.rank.min_share {
            option("min-share", format!("{}%", self.min_share * 100.0));
        }
        if let Some(from) = &self.reading.from {
            option("from", from.clone());
        }
        words.join(" ")
    }
}

/// A word as a shell takes it.
fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:@%,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// The capture; - for standard input
    pub(crate) capture: PathBuf,
    /// Order by
    #[arg(long, value_enum, default_value_t = OrderArg::Own)]
    pub(crate) by: OrderArg,
    /// How many functions the table lists; json and csv have all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 30)]
    pub(crate) nodecount: usize,
    /// What to print
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub(crate) format: ShowFormat,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderArg {
    /// The function's own value
    #[value(name = "self")]
    Own,
    /// With what it calls
    Total,
}

impl From<OrderArg> for Order {
    fn from(order: OrderArg) -> Order {
        match order {
            OrderArg::Own => Order::Own,
            OrderArg::Total => Order::Total,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    Text,
    Json,
    Csv,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Flame {
    /// The capture; - for standard input
    pub(crate) capture: PathBuf,
    /// The picture to write, an SVG
    #[arg(short, long, value_name = "FILE.svg")]
    pub(crate) output: PathBuf,
    /// The title above the picture
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// The width in pixels; as wide as the window when not given
    #[arg(long)]
    pub(crate) width: Option<usize>,
    /// Leave out frames narrower than this many percent
    #[arg(long, default_value_t = 0.01)]
    pub(crate) minwidth: f64,
    /// Merge stacks from the leaf
    #[arg(long)]
    pub(crate) reverse: bool,
    /// Draw the root on top
    #[arg(long)]
    pub(crate) inverted: bool,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Info {
    /// The captures; - for standard input
    #[arg(required = true)]
    pub(crate) captures: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = InfoFormat::Text)]
    pub(crate) format: InfoFormat,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InfoFormat {
    Text,
    Json,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Convert {
    /// The capture; - for standard input
    pub(crate) capture: PathBuf,
    /// The file to write; the extension chooses the format: folded, pb.gz, speedscope.json
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The format to write, for standard output or an unknown extension
    #[arg(long, value_enum)]
    pub(crate) format: Option<ConvertFormat>,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConvertFormat {
    Folded,
    Pprof,
    Speedscope,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn scales() {
        assert_eq!(parse_scale("work=10:20"), Ok(ScaleChoice::Work(10.0, 20.0)));
        for bad in ["work=", "work=0:1", "work=1:nan", "shares"] {
            assert!(parse_scale(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_percent("0.5%"), Ok(0.005));
        assert!(parse_percent("101").is_err());
    }
}
