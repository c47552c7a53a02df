//! `sparkler completions`: what a shell needs to complete commands.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::{CommandResult, output};

const EXAMPLES: &str = "\
Examples:
  sparkler completions bash > ~/.local/share/bash-completion/completions/sparkler
  sparkler completions zsh  > \"${fpath[1]}/_sparkler\"
  sparkler completions fish > ~/.config/fish/completions/sparkler.fish";

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, mut program: clap::Command) -> CommandResult {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, "sparkler", &mut script);
        output::bytes(&script);
        Ok(ExitCode::SUCCESS)
    }
}
