//! The command line: one file per sub-command.
//!
//! Exit codes: 0 the heaps agree, 1 a finding, 2 wrong usage or input.

mod events;
mod file;
mod fuzz;
mod generate;
mod inputs;
mod load;
mod options;
mod output;
mod progress;
mod replay;
mod run;
mod wast;
mod zoo;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A differential fuzzing harness for WebAssembly garbage collectors.
///
/// Runs modules under several collectors, audits each heap, and compares what
/// an embedder sees. Exit code: 0 if all agree, 1 for a finding, 2 for wrong
/// usage or input.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Replay(replay::Replay),
    Wast(wast::Wast),
    Fuzz(fuzz::Fuzz),
    Generate(generate::Generate),
    Zoo(zoo::Zoo),
    Events(events::Events),
    Inputs(inputs::Inputs),
}

/// How a command ended.
enum Ended {
    Agree,
    Finding,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Run(run) => run.main(),
        Command::Replay(replay) => replay.main(),
        Command::Wast(wast) => wast.main(),
        Command::Fuzz(fuzz) => fuzz.main(),
        Command::Generate(generate) => generate.main(),
        Command::Zoo(zoo) => zoo.main(),
        Command::Events(events) => events.main(),
        Command::Inputs(inputs) => inputs.main(),
    };
    match ended {
        Ok(Ended::Agree) => ExitCode::SUCCESS,
        Ok(Ended::Finding) => ExitCode::from(1),
        Err(message) => {
            eprintln!("gcdiff: {message}");
            ExitCode::from(2)
        }
    }
}
