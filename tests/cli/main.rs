//! The command line, end to end.

mod browser;
mod cases;
#[path = "../common/mod.rs"]
mod common;
mod console;
mod exit_codes;
mod explain;
mod formats;
mod given;
#[cfg(unix)]
mod in_ci;
mod limits;
mod manual;
mod own_collector;
#[cfg(unix)]
mod pages;
#[cfg(unix)]
mod reduce;
mod report;
mod run;
#[cfg(unix)]
mod seed;
mod shared_options;
mod signals;
mod tutorial;
mod untrusted;
mod zoo;
