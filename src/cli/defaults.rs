//! Defaults of options in `gcdiff.toml`: the table `[defaults]`, and one for each command.
//!
//! A value of the file becomes the default value of the option, so the command line overrides it, and
//! it conflicts with no other option.

use super::config::Config;
use crate::case::one_line;
use crate::escape::Line;
use clap::{Arg, ArgAction, Command};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The options that mean the same in every command that has them, and that `[defaults]` may set.
const SHARED: [&str; 13] = [
    "audit",
    "collectors",
    "engine",
    "generator",
    "jobs",
    "limits",
    "oracle",
    "out",
    "quiet",
    "reschedule",
    "stop-at-first",
    "timeout",
    "without",
];

/// The table of options of all commands.
const DEFAULTS: &str = "defaults";

/// The table of engines, which is read with them.
const ENGINES: &str = "engines";

/// A command whose options have the defaults of a file.
///
/// # Errors
///
/// If the file names an option that there is not, or a value that the option does not take. The
/// message names the file and the line.
pub(super) fn apply(command: Command, config: &Config) -> Result<Command, String> {
    let table = DeTable::parse(&config.text)
        .map_err(|error| config.message(&one_line(&error.to_string())))?;
    let mut tables = entries(table.get_ref());
    // Tables of commands override the common one.
    tables.sort_by_key(|(name, ..)| *name != DEFAULTS);
    let mut file = File { config, command };
    for (name, value, span) in tables {
        file.table(name, value, span)?;
    }
    Ok(file.command)
}

/// The entries of a table in the order of the file.
fn entries<'a>(table: &'a DeTable<'_>) -> Vec<(&'a str, &'a DeValue<'a>, Range<usize>)> {
    let entries = table.iter().map(|(key, value)| {
        let name: &str = key.get_ref();
        (name, value.get_ref(), key.span())
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|(.., span)| span.start);
    entries
}

/// A file whose defaults are being set.
struct File<'a> {
    config: &'a Config,
    command: Command,
}

impl File<'_> {
    fn message(&self, span: &Range<usize>, message: &str) -> String {
        let before = self.config.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        self.config.message(&format!("line {line}: {message}"))
    }

    fn table(&mut self, name: &str, value: &DeValue<'_>, span: Range<usize>) -> Result<(), String> {
        if name == ENGINES {
            return Ok(());
        }
        let commands = self.command.get_subcommands();
        let commands: Vec<String> = commands.map(|c| c.get_name().to_string()).collect();
        let is_common = name == DEFAULTS;
        if !is_common && !commands.iter().any(|command| command == name) {
            let known = [DEFAULTS, ENGINES].map(String::from);
            let known = known.into_iter().chain(commands).collect::<Vec<String>>();
            let message = format!(
                "no table {:?}; there are {}",
                Line(name).to_string(),
                known.join(", ")
            );
            return Err(self.message(&span, &message));
        }
        let DeValue::Table(table) = value else {
            return Err(self.message(&span, &format!("{name} is no table: expected [{name}]")));
        };
        for (option, value, span) in entries(table) {
            let values = values(option, value).ok_or_else(|| {
                self.message(
                    &span,
                    &format!(
                        "{}: expected a string, a number, true or false, or a list of these",
                        Line(option)
                    ),
                )
            })?;
            if !is_common {
                self.option(name, option, &values, &span)?;
                continue;
            }
            if !SHARED.contains(&option) {
                let known = SHARED.join(", ");
                let message = format!(
                    "no option {:?} in [{DEFAULTS}]; there are {known}, and those of a command in its own table",
                    Line(option).to_string()
                );
                return Err(self.message(&span, &message));
            }
            for command in &commands {
                if has(&self.command, command, option) {
                    self.option(command, option, &values, &span)?;
                }
            }
        }
        Ok(())
    }

    /// Sets the default of an option of a command.
    fn option(
        &mut self,
        command: &str,
        option: &str,
        values: &[String],
        span: &Range<usize>,
    ) -> Result<(), String> {
        let Some(sub) = self.command.find_subcommand(command) else {
            return Ok(());
        };
        let Some(arg) = find(sub, option) else {
            let mut known: Vec<&str> = sub.get_arguments().filter_map(name).collect();
            known.sort_unstable();
            let message = format!(
                "no option {:?} in [{command}]; there are {}",
                Line(option).to_string(),
                known.join(", ")
            );
            return Err(self.message(span, &message));
        };
        let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
        let is_list = matches!(arg.get_action(), ArgAction::Append);
        let message = match values {
            [value] if is_flag && value == "false" => return Ok(()),
            [value] if is_flag && value != "true" => Some("expected true or false"),
            [] => Some("the list is empty"),
            [_, _, ..] if !is_list => Some("expected one value"),
            _ => None,
        };
        if let Some(message) = message {
            return Err(self.message(span, &format!("{}: {message}", Line(option))));
        }
        let id = arg.get_id().clone();
        let values = values.to_vec();
        let changed = sub
            .clone()
            .mut_arg(id, |arg| arg.required(false).default_values(values));
        // Values of defaults are parsed before anything is missed.
        if let Err(error) = changed.clone().try_get_matches_from([command])
            && matches!(
                error.kind(),
                clap::error::ErrorKind::ValueValidation | clap::error::ErrorKind::InvalidValue
            )
        {
            let text = error.render().to_string();
            let lines = text
                .lines()
                .map(str::trim)
                .take_while(|line| !line.is_empty());
            let text = lines.collect::<Vec<_>>().join(" ");
            return Err(self.message(span, text.trim_start_matches("error: ")));
        }
        let parent = std::mem::take(&mut self.command);
        self.command = parent.mut_subcommand(command, |_| changed);
        Ok(())
    }
}

/// The name of an option in the file: its long name.
fn name(arg: &Arg) -> Option<&str> {
    match arg.get_id().as_str() {
        "collectors" => Some("collectors"),
        // They are about one call: the file would exclude other formats of the command line.
        "json" | "output" => None,
        _ => arg.get_long(),
    }
}

fn find<'a>(command: &'a Command, option: &str) -> Option<&'a Arg> {
    let mut args = command.get_arguments();
    args.find(|arg| name(arg) == Some(option))
}

/// Options that the common table sets for campaigns alone. Headers of cases set most of them, and a case
/// should not change its verdict with the folder that it is run in. `out` is the folder of findings,
/// not what other commands call so.
const OF_CAMPAIGNS: [&str; 6] = [
    "audit",
    "collectors",
    "engine",
    "oracle",
    "out",
    "reschedule",
];

/// Whether the common table sets an option of a command.
fn has(command: &Command, name: &str, option: &str) -> bool {
    let is_meant = name == "fuzz" || !OF_CAMPAIGNS.contains(&option);
    let command = command.find_subcommand(name);
    is_meant && command.is_some_and(|command| find(command, option).is_some())
}

/// The values of an option as the command line has them. `None` for other types.
fn values(option: &str, value: &DeValue<'_>) -> Option<Vec<String>> {
    let one = |value: &Spanned<DeValue<'_>>| scalar(value.get_ref());
    let list: Vec<String> = match value {
        DeValue::Array(array) => array.iter().map(one).collect::<Option<_>>()?,
        // Limits, by name.
        DeValue::Table(table) => {
            let pairs = entries(table).into_iter();
            let pairs = pairs.map(|(key, value, _)| Some(format!("{key}={}", scalar(value)?)));
            vec![pairs.collect::<Option<Vec<_>>>()?.join(",")]
        }
        value => vec![scalar(value)?],
    };
    Some(match (option, &list[..]) {
        ("collectors", names) => {
            let names = names.join(",");
            let names = names.trim_start_matches("collector=");
            vec![format!("collector={names}")]
        }
        _ => list,
    })
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            Some(number.ok()?.to_string())
        }
        DeValue::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    #[test]
    fn every_shared_option_is_an_option_and_is_documented() {
        let docs = include_str!("../../docs/configuration.md");
        let command = Cli::command();
        let fuzz = command.find_subcommand("fuzz").unwrap();
        for option in SHARED {
            let mut commands = command.get_subcommands();
            assert!(commands.any(|sub| find(sub, option).is_some()), "{option}");
            assert!(docs.contains(&format!("`{option}`")), "{option}");
        }
        for option in OF_CAMPAIGNS {
            assert!(
                SHARED.contains(&option) && find(fuzz, option).is_some(),
                "{option}"
            );
        }
    }

    /// The value of an option of a command line, with the defaults of a file.
    fn value(text: &str, args: &[&str], id: &str) -> Option<String> {
        let config = Config {
            path: "gcdiff.toml".into(),
            folder: "".into(),
            text: text.into(),
        };
        let command = apply(Cli::command(), &config).unwrap();
        let matches = command.try_get_matches_from([&["gcdiff"], args].concat());
        let (_, matches) = matches.unwrap().remove_subcommand().unwrap();
        let raw = matches.get_raw(id)?;
        Some(
            raw.map(|value| value.to_str().unwrap())
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    #[test]
    fn the_command_line_overrides_its_table_which_overrides_the_common_one() {
        let text = "[fuzz]\njobs = 0x2\nno-reduce = true\n\
                    [defaults]\njobs = 1\ntimeout = 7\nwithout = [\"simd\", \"memory64\"]\n\
                    collectors = [\"null\", \"drc\"]\nlimits = { fuel = 5, frames = \"1k\" }";
        let some = |text: &str| Some(text.to_string());
        assert_eq!(value(text, &["fuzz"], "jobs"), some("2"));
        assert_eq!(value(text, &["fuzz", "--jobs", "3"], "jobs"), some("3"));
        assert_eq!(value(text, &["replay", "x"], "jobs"), some("1"));
        assert_eq!(value(text, &["fuzz"], "timeout"), some("7"));
        assert_eq!(value(text, &["fuzz"], "no_reduce"), some("true"));
        assert_eq!(value(text, &["fuzz"], "without"), some("simd memory64"));
        let given = ["fuzz", "--without", "exceptions"];
        assert_eq!(value(text, &given, "without"), some("exceptions"));
        assert_eq!(
            value(text, &["fuzz"], "collectors"),
            some("collector=null,drc")
        );
        // What headers record is set for campaigns alone.
        assert_eq!(value(text, &["run", "x"], "collectors"), None);
        assert_eq!(
            value(text, &["run", "x"], "limits"),
            some("fuel=5,frames=1k")
        );
        // An option that is required may be in the file.
        let text = "[inputs]\ntarget = \"gc_ops\"\nout = \"in\"";
        assert_eq!(value(text, &["inputs"], "out"), some("in"));
    }
}
