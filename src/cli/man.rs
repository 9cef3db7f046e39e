//! `gcdiff man`: the manual pages, made from the help of each command.

use super::output::{self, say};
use super::{Cli, CommandOutcome};
use crate::escape;
use crate::unknown_name::UnknownName;
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Print the manual page of gcdiff or of a command, or write all pages
///
/// To read a page: gcdiff man fuzz | man -l -
#[derive(Args)]
pub(super) struct ManPages {
    /// The command; without one, the page of gcdiff itself.
    #[arg(conflicts_with = "out")]
    command: Option<String>,

    /// Write all pages into this folder, as gcdiff.1, gcdiff-fuzz.1 and so on. Pages that
    /// are there are replaced.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl ManPages {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        let commands = commands();
        if let Some(folder) = self.out {
            let failed = |e| format!("--out {}: {e}", escape::path(&folder));
            write_all(&commands, &folder).map_err(failed)?;
            say!("{} pages in {}", commands.len(), escape::path(&folder));
            return Ok(CommandOutcome::Agree);
        }
        let wanted = self.command.as_deref().unwrap_or("gcdiff");
        let names = || commands.iter().map(clap::Command::get_name);
        let Some(at) = names().position(|name| name == wanted) else {
            let unknown = UnknownName {
                kind: "command",
                name: wanted.into(),
                known: names().skip(1).collect::<Vec<_>>().join(", "),
            };
            return Err(unknown.to_string());
        };
        let page = page(&commands[at]).map_err(|e| e.to_string())?;
        output::note(io::stdout().lock().write_all(&page));
        Ok(CommandOutcome::Agree)
    }
}

/// gcdiff itself, and then its commands.
fn commands() -> Vec<clap::Command> {
    // `gcdiff help COMMAND` is no command that a page could describe.
    let mut program = Cli::command().disable_help_subcommand(true);
    // Gives each command the name under which it is called.
    program.build();
    let commands: Vec<_> = program.get_subcommands().cloned().collect();
    [vec![program], commands].concat()
}

fn page(command: &clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}

fn write_all(commands: &[clap::Command], folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for command in commands {
        let name = Man::new(command.clone()).get_filename();
        std::fs::write(folder.join(name), page(command)?)?;
    }
    Ok(())
}
