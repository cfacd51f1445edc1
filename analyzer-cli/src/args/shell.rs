//! Options of the commands that tell shells and `man` about this command line.

use clap::Args as ClapArgs;
use clap_complete::Shell;
use std::path::PathBuf;

pub(super) const COMPLETIONS_EXAMPLES: &str = "Examples:
  plateau completions bash > ~/.local/share/bash-completion/completions/plateau
  plateau completions zsh > ~/.zfunc/_plateau
  plateau completions fish > ~/.config/fish/completions/plateau.fish
  plateau completions powershell >> $PROFILE";

pub(super) const MAN_EXAMPLES: &str = "Examples:
  plateau man diff | man -l -
  plateau man baseline build
  plateau man -o ~/.local/share/man/man1";

#[derive(Debug, ClapArgs)]
pub(crate) struct Completions {
    /// The shell to write for
    pub(crate) shell: Shell,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Man {
    /// The command whose page is printed, such as diff or baseline build; plateau itself when not given
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    pub(crate) command: Vec<String>,
    /// Write the pages of all commands into this folder, which is made where it is not there
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}
