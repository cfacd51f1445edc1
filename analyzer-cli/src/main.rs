//! `plateau`: compares archived profiles and traces, offline. A thin layer over `analyzer-core`.

mod args;
mod commands;
mod exit;
mod input;
mod output;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::code(commands::run(args::Args::parse()))
}
