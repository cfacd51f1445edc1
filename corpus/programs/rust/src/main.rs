//! orderflow: reads order lines, checks and prices them, and seals them into compressed, hashed blocks.
//!
//! `orderflow [--change NAME] [--orders N] [--seed N]`: a fixed amount of work on two worker threads, so that two runs
//! differ by the change alone. Prints the digest of all blocks, which only `audit-trail` and `no-dedupe` alter.

mod change;
mod digest;
mod encode;
mod input;
mod pack;
mod parse;
mod pipeline;
mod price;
mod report;
mod risk;
mod validate;

use std::process::ExitCode;

struct Options {
    change: change::Change,
    orders: usize,
    seed: u64,
}

fn read_options() -> Result<Options, String> {
    let mut options = Options { change: change::Change::None, orders: 100_000, seed: 7 };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg}: a value is missing"))?;
        match arg.as_str() {
            "--change" => options.change = change::find(&value).ok_or_else(|| unknown_change(&value))?,
            "--orders" => {
                options.orders = value.parse().map_err(|_| format!("--orders: not a number: {value}"))?
            }
            "--seed" => options.seed = value.parse().map_err(|_| format!("--seed: not a number: {value}"))?,
            _ => return Err(format!("unknown argument: {arg}")),
        }
    }
    Ok(options)
}

fn unknown_change(name: &str) -> String {
    let known: Vec<&str> = change::TABLE.iter().map(|(name, _)| *name).collect();
    format!("unknown change {name}; known: {}", known.join(", "))
}

fn main() -> ExitCode {
    let options = match read_options() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("orderflow: {message}");
            return ExitCode::from(2);
        }
    };
    let summary = pipeline::run(options.change, options.orders, options.seed);
    report::print(&summary);
    ExitCode::SUCCESS
}
