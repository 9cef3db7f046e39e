//! `gcdiff completions`: a script with which a shell completes commands and options.

use super::output;
use super::{Cli, CommandOutcome};
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};
use std::io::{self, Write};

/// Print a script with which a shell completes commands and options
///
/// For bash: gcdiff completions bash > ~/.local/share/bash-completion/completions/gcdiff
#[derive(Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "gcdiff", &mut script);
        // Nothing in it comes from input, and a shell needs its tabs as they are.
        output::note(io::stdout().lock().write_all(&script));
        Ok(CommandOutcome::Agree)
    }
}
