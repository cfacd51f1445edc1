//! `plateau completions`: what a shell needs to complete the words of this command line.

use crate::args::{Args, Completions};
use crate::exit::Outcome;
use crate::output;
use anyhow::Result;
use clap::CommandFactory;

pub(crate) fn run(completions: &Completions) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Args::command(), "plateau", &mut script);
    output::to_stdout(|out| Ok(out.write_all(&script)?))?;
    Ok(Outcome::Done)
}
