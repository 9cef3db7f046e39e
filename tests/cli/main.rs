//! The command line, end to end.

mod cases;
#[path = "../common/mod.rs"]
mod common;
mod console;
mod given;
mod limits;
mod run;
mod untrusted;
mod zoo;
