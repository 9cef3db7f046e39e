//! A runner for Wasmtime: it reads cases from gcdiff and answers what they did.
//!
//! `cargo build --release` in this folder makes one for release 48.0.8, and
//! `cargo build --release --no-default-features --features v31 --target-dir target/31` one for 31.0.0,
//! and the same with 45 in the place of 31 one for 45.0.3.

#![deny(unsafe_code)]

#[cfg(feature = "v31")]
extern crate wasmtime31 as wasmtime;
#[cfg(feature = "v45")]
extern crate wasmtime45 as wasmtime;
#[cfg(feature = "v48")]
extern crate wasmtime48 as wasmtime;

mod convert;
mod engine;
mod failure;
mod host;
mod link;
mod observe;
mod plan;
mod roots;
mod run;
mod state;

use clap::Parser;
use engine::Options;
use gcdiff::engines::protocol::Request;
use std::io::{BufRead, Write};

fn main() -> std::io::Result<()> {
    let options = Options::parse();
    // WebAssembly runs on the stack of the thread that calls it.
    let thread = std::thread::Builder::new().stack_size(2 * engine::STACK);
    let running = thread.spawn(move || serve(&options))?;
    // A panic has been reported where it happened, and ends the process as one of this thread would.
    running.join().unwrap_or_else(|_| std::process::exit(101))
}

/// Answers requests until there is none.
fn serve(options: &Options) -> std::io::Result<()> {
    // Options that this release does not have are known before any case.
    let first = options.engine();
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        say(&format!("start {}", request.case))?;
        let engine = match options.shared_engine {
            true => first.clone(),
            false => options.engine(),
        };
        let answer = run::run(&engine, &request);
        say(&serde_json::to_string(&answer)?)?;
    }
    Ok(())
}

/// Writes a line at once, so that it is not lost if the engine ends the process.
fn say(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
