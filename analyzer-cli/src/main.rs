//! `plateau`: compares archived profiles and traces, offline. A thin layer over `analyzer-core`.

mod args;
mod commands;
mod exit;
mod input;
mod interrupt;
mod output;
mod progress;
mod terminal;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    interrupt::let_writes_fail();
    exit::code(commands::run(args::Args::parse()))
}
