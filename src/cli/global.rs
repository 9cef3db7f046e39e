//! Options of every command.

use super::output;
use clap::{Args, ColorChoice, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// When to print colours.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set; and if `CLICOLOR_FORCE` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> ColorChoice {
        match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct GlobalOptions {
    /// When to colour verdicts and help. The variables NO_COLOR and CLICOLOR_FORCE decide for auto.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    color: Color,

    /// Read defaults and engines from this file, in the place of the gcdiff.toml of this folder or
    /// the nearest folder above it.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,

    /// Read no gcdiff.toml.
    #[arg(long, global = true)]
    no_config: bool,
}

impl GlobalOptions {
    /// Puts them into effect. The configuration was read before.
    pub fn apply(&self) {
        output::set_color(self.color.into());
    }
}

/// The value of an option of every command, found without parsing the rest: errors and help of the
/// parser depend on it. The last one counts.
pub(super) fn peek(args: &[OsString], option: &str) -> Option<OsString> {
    let before_end = args.iter().take_while(|arg| *arg != "--");
    let mut value = None;
    let mut is_next = false;
    for arg in before_end {
        if std::mem::take(&mut is_next) {
            value = Some(arg.clone());
        } else if arg == option {
            is_next = true;
        } else if let Some(rest) = arg.to_str().and_then(|arg| arg.strip_prefix(option))
            && let Some(given) = rest.strip_prefix('=')
        {
            value = Some(given.into());
        }
    }
    value
}

/// Whether a flag of every command is given.
pub(super) fn has(args: &[OsString], option: &str) -> bool {
    let mut before_end = args.iter().take_while(|arg| *arg != "--");
    before_end.any(|arg| arg == option)
}

/// The colours of help and errors of the parser.
pub(super) fn color(args: &[OsString]) -> ColorChoice {
    let given = peek(args, "--color");
    let given = given.and_then(|given| Color::from_str(given.to_str()?, true).ok());
    given.unwrap_or_default().into()
}

/// The option of commands that print a verdict.
#[derive(Copy, Clone, Debug, Default, Args)]
pub(super) struct Quiet {
    /// Print nothing on standard output unless there is a finding: the exit code says the rest.
    #[arg(short, long)]
    quiet: bool,
}

impl Quiet {
    /// Puts it into effect.
    pub fn apply(self) {
        if self.quiet {
            output::silence();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_before_the_end_of_the_options_counts() {
        let peek = |line: &str| {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            peek(&args, "--color")
        };
        assert_eq!(peek("run --color always x"), Some("always".into()));
        assert_eq!(peek("--color=auto run --color=never"), Some("never".into()));
        assert_eq!(peek("run --colors=never --color"), None);
        assert_eq!(peek("run -- --color always"), None);
    }
}
