//! The command line, end to end: what a user types, sees and gets back.

#[path = "../common/mod.rs"]
mod common;
mod given;
mod limits;
mod run;
mod untrusted;
mod wast;
mod zoo;

/// The module of Wasmtime issue 10182.
fn seed_bug() -> String {
    common::ours("corpus/regressions/issue-10182.wat")
}
