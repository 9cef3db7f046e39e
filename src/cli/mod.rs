//! The command line: one file per sub-command.
//!
//! Exit codes: 0 the heaps agree, 1 a finding, 2 wrong usage or input, or output
//! that cannot be written.

mod arguments;
mod collectors;
mod completions;
mod config;
mod defaults;
mod distill;
mod engine;
mod events;
mod explain;
mod export;
mod file;
mod findings;
mod format;
mod fuzz;
mod generate;
mod global;
mod inputs;
mod load;
mod man;
mod options;
mod output;
mod profile;
mod program;
mod progress;
mod reduce;
mod replay;
mod report;
mod run;
mod signals;
mod waiting;
mod wast;
mod zoo;

use crate::escape::{Line, Lines};
use crate::oracle::SharedSubject;
use clap::error::ContextValue;
use clap::{FromArgMatches as _, Parser, Subcommand};
use collectors::KnownCollectors;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// The exit codes of every command, for the help.
const EXIT_CODES: &str = "\
Exit codes:
  0  the heaps agree, or the work is done
  1  a finding, however the command ends
  2  wrong usage, input that cannot be read or judged, or output that cannot be written";

/// A differential fuzzing harness for WebAssembly garbage collectors.
///
/// Runs modules under several collectors, audits each heap, and compares what
/// an embedder sees.
#[derive(Parser)]
#[command(version = crate::generate::version(), max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    global: global::GlobalOptions,
}

#[derive(Subcommand)]
enum Command {
    Run(run::RunCommand),
    Replay(replay::Replay),
    Reduce(reduce::Reduce),
    Explain(explain::Explain),
    Export(export::Export),
    Wast(wast::Wast),
    Fuzz(fuzz::Fuzz),
    Generate(generate::Generate),
    Zoo(zoo::Zoo),
    Events(events::Events),
    Inputs(inputs::Inputs),
    Distill(distill::Distill),
    Completions(completions::Completions),
    Man(man::ManPages),
}

impl Command {
    /// Tells a command that judges heaps which collectors there are.
    fn set_known(&mut self, known: KnownCollectors) {
        let judging = match self {
            Command::Run(command) => &mut command.judging,
            Command::Replay(command) => &mut command.judging,
            Command::Reduce(command) => &mut command.judging,
            Command::Explain(command) => &mut command.judging,
            Command::Wast(command) => &mut command.judging,
            Command::Fuzz(command) => &mut command.judging,
            Command::Export(_)
            | Command::Generate(_)
            | Command::Zoo(_)
            | Command::Events(_)
            | Command::Inputs(_)
            | Command::Distill(_)
            | Command::Completions(_)
            | Command::Man(_) => return,
        };
        judging.known = known;
    }
}

/// Outcome of a command.
enum CommandOutcome {
    Agree,
    Finding,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    main_with([])
}

/// Runs the command line of this process, with further collectors. A program whose `main` calls this
/// has all commands of gcdiff, and they know its collectors by name:
///
/// ```no_run
/// use gcdiff::heap::drc::{Drc, Policy};
/// use gcdiff::prelude::*;
/// use std::process::ExitCode;
///
/// // In the place of a policy: any type that is a `Heap`.
/// struct Mine;
///
/// impl Policy for Mine {
///     fn name(&self) -> &'static str {
///         "mine"
///     }
/// }
///
/// fn main() -> ExitCode {
///     gcdiff::cli::main_with([HeapSubject::shared(|| Drc::with_policy(1 << 24, Mine))])
/// }
/// ```
///
/// * `run`, `replay`, `reduce`, `explain` and `wast` judge the four collectors of gcdiff and all
///   `subjects`; `-C collector=null,mine` and the header of a file select some of them.
/// * `fuzz` judges `null`, `drc` and all `subjects` on every case, and `copying` and `model` on a
///   share of them. A difference between three heaps has a majority.
/// * A finding names its collectors in its header, and commands of this program replay it. In output,
///   the program has the name of its file.
/// * `zoo`, `events`, `distill` and `export` are about the collectors of gcdiff, and `subjects` take
///   no part.
///
/// A subject that is no [`HeapSubject`](crate::oracle::HeapSubject) takes part in scripts only if it
/// has [heaps](crate::oracle::Subject::heap).
///
/// The name of a subject consists of letters, digits, `-`, `_` and `.`, and does not begin with `-`.
/// A name that is wrong, that is given twice, or that a collector of gcdiff has, is an error as wrong
/// usage is: a message and exit code 2.
pub fn main_with(subjects: impl IntoIterator<Item = SharedSubject>) -> ExitCode {
    report_panics();
    let known = match KnownCollectors::with(subjects) {
        Ok(known) => known,
        Err(message) => {
            output::complain(&message);
            return ExitCode::from(2);
        }
    };
    if let Err(message) = signals::survive_full_files() {
        output::complain(&message);
        return ExitCode::from(2);
    }
    let args: Vec<OsString> = std::env::args_os().collect();
    output::set_color(global::color(&args));
    let mut cli = match parse(&args, &known) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    cli.global.apply();
    cli.command.set_known(known.clone());
    let ended = match cli.command {
        Command::Run(run) => run.main(),
        Command::Replay(replay) => replay.main(),
        Command::Reduce(reduce) => reduce.main(),
        Command::Explain(explain) => explain.main(),
        Command::Export(export) => export.main(),
        Command::Wast(wast) => wast.main(),
        Command::Fuzz(fuzz) => fuzz.main(),
        Command::Generate(generate) => generate.main(),
        Command::Zoo(zoo) => zoo.main(),
        Command::Events(events) => events.main(),
        Command::Inputs(inputs) => inputs.main(),
        Command::Distill(distill) => distill.main(),
        Command::Completions(completions) => completions.main(&known),
        Command::Man(man) => man.main(),
    };
    // The reader may have gone, or the disk may be full. A finding still decides the exit code.
    let output = output::error();
    if let Some(message) = &output {
        output::complain(message);
    }
    match ended {
        Ok(CommandOutcome::Finding) => ExitCode::from(1),
        Ok(CommandOutcome::Agree) if output.is_none() => ExitCode::SUCCESS,
        Ok(CommandOutcome::Agree) => ExitCode::from(2),
        Err(message) => {
            output::complain(&message);
            format::error(&message);
            ExitCode::from(2)
        }
    }
}

/// Parses the arguments, with the defaults of `gcdiff.toml`. Prints help and errors.
fn parse(args: &[OsString], known: &KnownCollectors) -> Result<Cli, ExitCode> {
    let command = || arguments::command(known).color(global::color(args));
    // What these print depends on the version alone.
    let is_fixed = args
        .get(1)
        .is_some_and(|name| name == "completions" || name == "man");
    let with_defaults = match is_fixed {
        true => Ok(command()),
        false => config::read(args).and_then(|config| match config {
            Some(config) => defaults::apply(command(), config),
            None => Ok(command()),
        }),
    };
    let (mut command, problem) = match with_defaults {
        Ok(command) => (command, None),
        // Help is printed all the same.
        Err(message) => (command(), Some(message)),
    };
    let matches = command.try_get_matches_from_mut(args).map_err(help)?;
    if let Some(message) = problem {
        output::complain(&message);
        return Err(ExitCode::from(2));
    }
    Cli::from_arg_matches(&matches).map_err(|error| help(error.format(&mut command)))
}

/// Reports panics with the message escaped, since it may quote input.
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        let message = info.payload_as_str().unwrap_or("no message");
        let place = place.unwrap_or_default();
        output::complain(&format!("panicked at {place}: {message}"));
        let trace = std::backtrace::Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            let _ = write!(std::io::stderr().lock(), "{}", Lines(&trace.to_string()));
        }
    }));
}

/// Prints help, the version, or an error in the arguments.
fn help(mut error: clap::Error) -> ExitCode {
    if error.use_stderr() {
        // The error quotes arguments; each is kept on one line.
        let quoted: Vec<_> = error.context().map(|(k, v)| (k, v.clone())).collect();
        for (kind, value) in quoted {
            let line = |text: &String| Line(text).to_string();
            let escaped = match value {
                ContextValue::String(text) => ContextValue::String(line(&text)),
                ContextValue::Strings(list) => {
                    ContextValue::Strings(list.iter().map(line).collect())
                }
                // Suggestions, which quote an argument.
                ContextValue::StyledStrs(list) => {
                    let list = list.iter().map(|text| line(&text.to_string()).into());
                    ContextValue::StyledStrs(list.collect())
                }
                ContextValue::StyledStr(text) => {
                    ContextValue::StyledStr(line(&text.to_string()).into())
                }
                _ => continue,
            };
            error.insert(kind, escaped);
        }
        let text = error.render().to_string();
        let _ = write!(std::io::stderr().lock(), "{}", Lines(&text));
        return ExitCode::from(2);
    }
    output::note(error.print());
    match output::error() {
        None => ExitCode::SUCCESS,
        Some(message) => {
            output::complain(&message);
            ExitCode::from(2)
        }
    }
}
