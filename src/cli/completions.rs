//! `gcdiff completions`: a script with which a shell completes commands and options.

use super::collectors::KnownCollectors;
use super::{CommandOutcome, arguments, output, program};
use clap::Args;
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
    pub(super) fn main(self, known: &KnownCollectors) -> Result<CommandOutcome, String> {
        let mut script = Vec::new();
        let mut command = arguments::command(known);
        generate(self.shell, &mut command, program::name(), &mut script);
        // Nothing in it comes from input, and a shell needs its tabs as they are.
        output::note(io::stdout().lock().write_all(&script));
        Ok(CommandOutcome::Agree)
    }
}
