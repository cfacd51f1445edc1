//! The command line as clap sees it.

mod batch;
mod check;
mod comparing;
mod diff;
mod parse;
mod shell;
mod sides;
mod trace;
mod words;

use analyzer_core::Order;
use analyzer_core::spans::{PathOptions, SpanMeasure, TraceValue};
use analyzer_formats::{FORMATS, ReadOptions, Tags, format_named};
pub(crate) use batch::{Batch, BatchFormat, MaxFailed};
pub(crate) use check::Check;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
pub(crate) use comparing::Comparing;
pub(crate) use diff::Diff;
use regex::bytes::Regex;
pub(crate) use shell::{Completions, Man};
pub(crate) use sides::{Sides, Sources};
use std::path::{Path, PathBuf};
pub(crate) use trace::Trace;

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
    #[command(after_help = diff::EXAMPLES)]
    Diff(Box<Diff>),
    /// List the functions of one capture, largest first; or its call tree, or callers and callees.
    #[command(
        after_help = "Examples:\n  plateau show --by total cpu.pb.gz\n  plateau show --tree cpu.pb.gz\n  plateau show --peek 'json_(parse|skip)' cpu.pb.gz\n  plateau show --peek ^memcpy$ --tree cpu.pb.gz"
    )]
    Show(Show),
    /// Draw the flame graph of one capture.
    #[command(
        after_help = "Examples:\n  plateau flame perf.txt -o flame.svg\n  plateau flame cpu.pb.gz -o flame.html"
    )]
    Flame(Flame),
    /// Tell of one set of traces: latency, services, what requests wait for, and why slow ones are slow.
    #[command(after_help = trace::EXAMPLES)]
    Trace(Box<Trace>),
    /// Compare folders of captures, pair by pair, and say where most surely something grew.
    #[command(after_help = batch::EXAMPLES)]
    Batch(Box<Batch>),
    /// Say what captures hold, and what their readers left out.
    #[command(after_help = "Example:\n  plateau info --format json *.pb.gz")]
    Info(Info),
    /// Keep an archive of captures to compare with, and how much they differ.
    #[command(subcommand)]
    Baseline(Baseline),
    /// Fail when anything grew by more than noise, and its estimated growth is above its budget.
    #[command(after_help = check::EXAMPLES)]
    Check(Box<Check>),
    /// Add captures up, as go tool pprof -proto does.
    #[command(
        after_help = "Examples:\n  plateau merge host1.pb.gz host2.pb.gz -o fleet.pb.gz\n  plateau merge *.perf.txt -o sum.folded"
    )]
    Merge(Merge),
    /// Turn a capture into another format.
    #[command(
        after_help = "Examples:\n  plateau convert perf.txt -o stacks.folded\n  plateau convert stacks.folded -o cpu.pb.gz\n  plateau convert perf.txt -o cpu.speedscope.json"
    )]
    Convert(Convert),
    /// Print what a shell needs to complete this command line.
    #[command(after_help = shell::COMPLETIONS_EXAMPLES)]
    Completions(Completions),
    /// Print the manual page of a command, or write those of all.
    #[command(after_help = shell::MAN_EXAMPLES)]
    Man(Man),
}

impl Command {
    /// What is to be hidden.
    pub(crate) fn redact(&self) -> &[Regex] {
        match self {
            Command::Diff(diff) => &diff.reading.redact,
            Command::Batch(batch) => &batch.reading.redact,
            Command::Show(show) => &show.reading.redact,
            Command::Flame(flame) => &flame.reading.redact,
            Command::Trace(trace) => &trace.reading.redact,
            Command::Info(info) => &info.reading.redact,
            Command::Convert(convert) => &convert.reading.redact,
            Command::Check(check) => &check.reading.redact,
            Command::Merge(merge) => &merge.reading.redact,
            Command::Baseline(_) | Command::Completions(_) | Command::Man(_) => &[],
        }
    }
}

/// How captures are read.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Reading {
    /// Read as this format, whatever the bytes look like
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    pub(crate) from: Option<String>,
    /// Print no warnings and no progress; diff, trace, check and batch print no table either: files and the exit code tell
    #[arg(short, long)]
    pub(crate) quiet: bool,
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
    /// Take off an earlier capture of the same process, for values that add up since its start (pprof's -base). Given
    /// twice, the first is taken off BEFORE and the second off AFTER
    #[arg(long, value_name = "BASE")]
    pub(crate) subtract: Vec<PathBuf>,
    /// Hide what matches in every name, path, label, tag and statement of captures, in all outputs, by numbered
    /// stand-ins. May repeat. Figures, shapes and digests of the files remain
    #[arg(long, value_name = "REGEX", value_parser = parse::redact)]
    pub(crate) redact: Vec<Regex>,
}

fn format_names() -> clap::builder::PossibleValuesParser {
    FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>().into()
}

impl Reading {
    /// These captures, and what is subtracted from them: all files that are read.
    pub(crate) fn with_subtracted<'a>(
        &'a self,
        captures: impl IntoIterator<Item = &'a PathBuf>,
    ) -> Vec<&'a Path> {
        captures.into_iter().chain(&self.subtract).map(PathBuf::as_path).collect()
    }

    /// The options that hide something, without what they hide.
    fn hidden(&self) -> impl Iterator<Item = String> {
        self.redact.iter().map(|_| "--redact \u{2026}".to_owned())
    }

    /// The options for the readers; `digest` when the output names the bytes that were read.
    pub(crate) fn options(&self, digest: bool) -> ReadOptions {
        let default = ReadOptions::default();
        ReadOptions {
            from: self.from.as_deref().and_then(format_named).map(|format| format.name()),
            map: !self.no_mmap,
            max_unpacked: self.max_unpacked.unwrap_or(default.max_unpacked),
            max_ratio: if self.max_unpacked.is_some() { u64::MAX } else { default.max_ratio },
            digest,
            // No output of one capture shows a tag that no finding is about; comparisons ask for all of them.
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
    /// How long two calls of one span may overlap and still count as one after the other on the critical path: 10us, 1ms
    /// [default: the clock's tick where that is coarser than 1us, else 0]
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    overlap_tolerance: Option<i64>,
    #[command(flatten)]
    pub(crate) clocks: Clocks,
}

/// What is done about clocks of spans that differ.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Clocks {
    /// Move spans into the span that waits for them where their clocks differ, as Jaeger does; how many is noted
    #[arg(long)]
    pub(crate) fix_skew: bool,
}

impl Measuring {
    /// What spans are measured by.
    pub(crate) fn spans(&self) -> SpanMeasure {
        SpanMeasure { value: self.value.unwrap_or(TraceValueArg::Cp).into(), path: self.path() }
    }

    /// How critical paths are found.
    pub(crate) fn path(&self) -> PathOptions {
        PathOptions { tolerance_ns: self.overlap_tolerance }
    }

    /// The first option given that is about spans, and why a profile has no use for it.
    pub(crate) fn of_traces(&self) -> Option<(&'static str, &'static str)> {
        let value = "chooses what spans of traces are measured by, and this is a profile; --sample-index chooses its value \
                     type";
        let path = "has no effect on a profile; it is about the critical paths of traces";
        self.value
            .map(|_| ("--value", value))
            .or(self.overlap_tolerance.map(|_| ("--overlap-tolerance", path)))
            .or(self.clocks.of_traces())
    }

    /// The options about spans with their values, as a command has them.
    fn words_of_traces(&self) -> Vec<String> {
        let value = self
            .value
            .filter(|&value| value != TraceValueArg::Cp)
            .and_then(|value| value.to_possible_value());
        let value = value.map(|value| format!("--value {}", value.get_name()));
        let tolerance =
            self.overlap_tolerance.map(|ns| format!("--overlap-tolerance {}", parse::duration_text(ns)));
        let fix_skew = self.clocks.fix_skew.then(|| "--fix-skew".to_owned());
        value.into_iter().chain(tolerance).chain(fix_skew).collect()
    }
}

impl Clocks {
    /// The option, where it is given, and why a profile has no use for it.
    pub(crate) fn of_traces(self) -> Option<(&'static str, &'static str)> {
        self.fix_skew.then_some(("--fix-skew", "has no effect on a profile; it moves spans of traces"))
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

/// How to talk to the terminal.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Printing {
    /// Colour the table
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// The capture; - for standard input
    pub(crate) capture: PathBuf,
    /// Print the call tree, callees below their callers
    #[arg(long)]
    pub(crate) tree: bool,
    /// Print functions of this name between their callers and callees; with --tree, all stacks that lead to them and
    /// from them. Recursion counts once: callers are those of the outermost call, callees those of the innermost
    #[arg(long, value_name = "REGEX", value_parser = parse::pattern)]
    pub(crate) peek: Option<Regex>,
    /// Order by
    #[arg(long, value_enum, default_value_t = OrderArg::Own)]
    pub(crate) by: OrderArg,
    /// How many functions the table lists, lines a tree has and functions --peek finds; json and csv have all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 30)]
    pub(crate) nodecount: usize,
    /// Callees below this share of the whole, and of the function with --peek, are put together; json and csv have all
    #[arg(long, value_name = "PERCENT", default_value = "0.5%", value_parser = parse::percent)]
    pub(crate) min_share: f64,
    /// What to print
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub(crate) format: ShowFormat,
    /// Colour the tree
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
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
    /// The picture to write: .svg, which inferno draws, or .html, a page with table, search and callers of a function
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The title above the SVG
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// The width of the SVG in pixels; as wide as the window when not given
    #[arg(long)]
    pub(crate) width: Option<usize>,
    /// Leave out frames of the SVG that are narrower than this many percent [default: 0.01]
    #[arg(long)]
    pub(crate) minwidth: Option<f64>,
    /// Merge stacks of the SVG from the leaf
    #[arg(long)]
    pub(crate) reverse: bool,
    /// Draw the root of the SVG on top
    #[arg(long)]
    pub(crate) inverted: bool,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

impl Flame {
    /// The question, without where its answer goes.
    pub(crate) fn command(&self) -> String {
        let mut words = vec!["plateau flame".to_owned(), parse::quote(&self.capture.display().to_string())];
        let mut option = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("--{name} {}", parse::quote(&value))));
        };
        self.reading.subtract.iter().for_each(|base| option("subtract", Some(base.display().to_string())));
        option("sample-index", self.measuring.sample_index.clone());
        words.extend(self.measuring.words_of_traces());
        words.extend(self.reading.from.as_ref().map(|from| format!("--from {}", parse::quote(from))));
        words.extend(self.reading.hidden());
        words.join(" ")
    }
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
    pub(crate) clocks: Clocks,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InfoFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Baseline {
    /// Make a baseline of captures of the same code
    #[command(
        after_help = "Example:\n  plateau baseline build monday.pb.gz tuesday.pb.gz wednesday.pb.gz -o base.json"
    )]
    Build(BaselineBuild),
    /// Add captures to a baseline
    #[command(after_help = "Example:\n  plateau baseline update base.json thursday.pb.gz")]
    Update(BaselineUpdate),
    /// Say what a baseline is made of, and how much its captures differ
    #[command(after_help = "Example:\n  plateau baseline show base.json")]
    Show(BaselineShow),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct BaselineBuild {
    /// The captures
    #[arg(required = true)]
    pub(crate) captures: Vec<PathBuf>,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct BaselineUpdate {
    /// The baseline, which is written anew
    pub(crate) baseline: PathBuf,
    /// The captures to add; baselines are merged
    #[arg(required = true)]
    pub(crate) captures: Vec<PathBuf>,
    /// Write the sum here, and leave the baseline as it is
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct BaselineShow {
    /// The baseline
    pub(crate) baseline: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = InfoFormat::Text)]
    pub(crate) format: InfoFormat,
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

#[derive(Debug, ClapArgs)]
pub(crate) struct Merge {
    /// The captures, all of one kind; - for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    /// The file to write; the extension chooses the format: pb.gz, folded, speedscope.json
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The format to write, for standard output or an unknown extension
    #[arg(long, value_enum)]
    pub(crate) format: Option<ConvertFormat>,
    /// The value type that folded stacks are written of, and that others take for the default
    #[arg(long, value_name = "NAME")]
    pub(crate) sample_index: Option<String>,
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
}
