//! `plateau man`: pages for `man`, one per command, made of what `--help` says.

use crate::args::{Args, Man};
use crate::exit::Outcome;
use crate::output::{self, Files};
use anyhow::{Context, Result, bail};
use clap::{Command, CommandFactory};
use clap_mangen::roff::{Roff, roman};
use std::fs;
use std::io::{self, Write};

pub(crate) fn run(man: &Man) -> Result<Outcome> {
    // `help` has no options of its own to tell of.
    let mut root = Args::command().disable_help_subcommand(true);
    root.build();
    match &man.output {
        Some(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
            let mut files = Files::default();
            for command in with_subcommands(&root) {
                let path = folder.join(page(command).get_filename());
                files.write(&path, |out| Ok(write(command, out)?))?;
            }
            files.commit()?;
        }
        None => {
            let command = find(&root, &man.command)?;
            output::to_stdout(|out| Ok(write(command, out)?))?;
        }
    }
    Ok(Outcome::Done)
}

/// A command and all below it, each before its own.
fn with_subcommands(root: &Command) -> Vec<&Command> {
    let mut commands = vec![root];
    let mut at = 0;
    while let Some(&command) = commands.get(at) {
        commands.extend(command.get_subcommands().filter(|below| !below.is_hide_set()));
        at += 1;
    }
    commands
}

/// The command that these words lead to.
fn find<'a>(root: &'a Command, words: &[String]) -> Result<&'a Command> {
    let mut command = root;
    for word in words {
        let Some(below) = command.find_subcommand(word) else {
            let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let of = command.get_bin_name().unwrap_or("plateau");
            if known.is_empty() {
                bail!("{word}: {of} has no commands of its own");
            }
            bail!("{word}: expected a command of {of}: {}", known.join(", "));
        };
        command = below;
    }
    Ok(command)
}

fn page(command: &Command) -> clap_mangen::Man {
    clap_mangen::Man::new(command.clone())
        .source(concat!("plateau ", env!("CARGO_PKG_VERSION")))
        .manual("Plateau")
}

/// Writes the page of a command. The examples keep their lines.
fn write(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    let page = page(command);
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    if command.has_subcommands() {
        page.render_subcommands_section(out)?;
    }
    let Some(examples) = command.get_after_help() else { return Ok(()) };
    let examples = examples.to_string();
    let mut section = Roff::new();
    section.control("SH", ["EXAMPLES"]);
    section.control("nf", []);
    for line in examples.lines().filter(|line| !matches!(*line, "Example:" | "Examples:")) {
        section.text([roman(line)]);
    }
    section.control("fi", []);
    section.to_writer(out)
}
