//! The command line of `plateau check`.

use super::words::Words;
use super::{Comparing, Measuring, Printing, Reading, Sides};
use analyzer_core::CompareOptions;
use analyzer_core::check::Inconclusive;
use clap::{Args as ClapArgs, ValueEnum};
use jiff::civil::Date;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "\
Examples:
  plateau check before.pb.gz after.pb.gz --budgets budgets.toml
  plateau check --baseline base.json after.pb.gz --budgets budgets.toml -o check.md
  plateau check --scale work=120000:131000 before.pb.gz after.pb.gz --budgets budgets.toml

A file of budgets; the first rule that is about something counts, default is for all else. A class, and all that stands
below a path, is judged as a whole:
  default = \"1%\"                # points of the whole
  [[budget]]
  function = \"^parse_\"          # or module, path or class
  share = \"2%\"                  # growth = \"10%\" of itself, per_unit = \"50us\"; each is a limit
  [[accepted]]
  function = \"^render$\"
  until = 2027-01-31            # the last day
  up_to = \"3%\"
  reason = \"new layout\"

Exit codes: 0 passed, 1 something grew by more than noise and its estimated growth is above its budget (the low end of the
interval need not be), 2 wrong usage or a file that cannot be read or written, 3 not comparable, or inconclusive under
--inconclusive fail";

#[derive(Debug, ClapArgs)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) sides: Sides,
    /// What may grow by how much, in TOML; without it nothing may grow by more than 1 % of the whole
    #[arg(long, value_name = "FILE")]
    pub(crate) budgets: Option<PathBuf>,
    /// What to take a result for that cannot be told: evidence is unknown, or captures are too small to show a budget
    #[arg(long, value_enum, value_name = "AS", default_value_t = InconclusiveArg::Pass)]
    pub(crate) inconclusive: InconclusiveArg,
    /// The day for accepted changes, such as 2026-11-28; today where it is not given
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) today: Option<Date>,
    /// Write the result; the extension chooses its form: txt, md, json. May repeat
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = crate::output::check_formats())]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) comparing: Comparing,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) printing: Printing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InconclusiveArg {
    /// Exit with 3
    Fail,
    /// Exit with 0
    Pass,
}

impl From<InconclusiveArg> for Inconclusive {
    fn from(arg: InconclusiveArg) -> Inconclusive {
        match arg {
            InconclusiveArg::Fail => Inconclusive::Fail,
            InconclusiveArg::Pass => Inconclusive::Pass,
        }
    }
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "expected a day such as 2026-11-28".to_owned())
}

impl Check {
    /// The files to read.
    pub(crate) fn inputs(&self) -> Vec<&Path> {
        let mut inputs = self.sides.inputs(&self.reading);
        inputs.extend(self.budgets.iter().chain(&self.comparing.classes).map(PathBuf::as_path));
        inputs
    }

    /// The options of the comparison.
    pub(crate) fn compare_options(&self) -> CompareOptions {
        CompareOptions { command: self.command(), ..self.comparing.options(&self.measuring) }
    }

    /// The question, without where its answer goes.
    fn command(&self) -> String {
        let mut words = Words::new("check");
        self.sides.say(&mut words);
        words.subtracted(&self.reading);
        words.option("budgets", self.budgets.as_ref().map(|path| path.display().to_string()));
        let is_fail = self.inconclusive == InconclusiveArg::Fail;
        words.option("inconclusive", is_fail.then(|| "fail".to_owned()));
        words.option("today", self.today.map(|day| day.to_string()));
        words.measured(&self.measuring);
        self.comparing.say(&mut words);
        words.read(&self.reading);
        self.comparing.say_flags(&mut words);
        words.finish()
    }
}
