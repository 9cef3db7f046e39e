//! A collector written from scratch, with the whole command line of gcdiff:
//! `cargo run --release --example mark_sweep -- fuzz --cases 1000`.

mod heap;

use gcdiff::oracle::HeapSubject;
use heap::MarkSweep;
use std::process::ExitCode;

fn main() -> ExitCode {
    gcdiff::cli::main_with([HeapSubject::shared(MarkSweep::default)])
}
