//! The command line, end to end: what a user types, sees and gets back.

mod cases;
#[path = "../common/mod.rs"]
mod common;
mod console;
mod given;
mod limits;
mod run;
mod untrusted;
mod zoo;
