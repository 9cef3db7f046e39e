//! The arguments of a program: those of gcdiff, with the names of the program and its collectors.

use super::collectors::KnownCollectors;
use super::{Cli, program};
use crate::escape::Line;
use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory as _};

/// Commands that have a collector of gcdiff as their subject.
const WITHOUT: [&str; 4] = ["zoo", "events", "distill", "export"];

/// The arguments of this program.
pub(super) fn command(known: &KnownCollectors) -> Command {
    command_of(&Line(&program::name()).to_string(), known)
}

fn command_of(name: &str, known: &KnownCollectors) -> Command {
    let command = Cli::command().bin_name(name.to_string());
    if name == "gcdiff" && known.own().is_empty() {
        return command;
    }
    let command = match known.own_names() {
        own if own.is_empty() => command,
        own => command.after_help(format!("Collectors of this program: {own}.")),
    };
    command.mut_subcommands(|command| {
        let command = with_collectors(with_name(command, name), known);
        let command = match command.get_name() {
            // They belong to options that it shares with other commands, and it refuses them.
            "wast" => command
                .mut_arg("engine", |arg| arg.hide(true))
                .mut_arg("reschedule", |arg| arg.hide(true)),
            _ => command,
        };
        let about = known.own_names();
        if about.is_empty() || !WITHOUT.contains(&command.get_name()) {
            return command;
        }
        command.after_help(format!(
            "This command is about the collectors of gcdiff. Those of this program take no part: {about}."
        ))
    })
}

/// Texts that mention commands mention them as commands of this program.
fn with_name(command: Command, name: &str) -> Command {
    let named = |text: Option<&StyledStr>| {
        text.map(|text| StyledStr::from(program::in_text(&text.to_string(), name)))
    };
    let about = named(command.get_about());
    let long_about = named(command.get_long_about());
    let mut command = command.mut_args(|arg: Arg| {
        let help = named(arg.get_help());
        let long_help = named(arg.get_long_help());
        let arg = match help {
            Some(help) => arg.help(help),
            None => arg,
        };
        match long_help {
            Some(help) => arg.long_help(help),
            None => arg,
        }
    });
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(about) = long_about {
        command = command.long_about(about);
    }
    command
}

/// Where a command takes names of collectors, it takes those of the program, too.
fn with_collectors(command: Command, known: &KnownCollectors) -> Command {
    let takes = command
        .get_arguments()
        .any(|arg| arg.get_id() == "collectors");
    if !takes || known.own().is_empty() {
        return command;
    }
    let parser = known.clone();
    command.mut_arg("collectors", |arg| {
        let help = format!(
            "Collectors to run under and compare: {}. Those of this program ({}) run in every \
             verdict by default",
            known.names(),
            known.own_names()
        );
        arg.value_parser(move |text: &str| parser.option(text))
            .help(help)
    })
}
