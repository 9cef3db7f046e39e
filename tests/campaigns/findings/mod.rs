//! A finding must not be lost, and must not overwrite another.
//!
//! `rogue` tests collectors that panic or loop, `interrupted` signals and
//! output that is closed or full, `folders` the files on disk.

mod folders;
mod interrupted;
mod rogue;

use crate::common::gcdiff;
use std::path::Path;
use std::process::Command;

/// The names of the files in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn is_case(name: &str) -> bool {
    name.ends_with(".wat")
}

/// A `gcdiff` command that has not been started yet.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gcdiff"));
    command.args(args);
    command
}

/// Asserts that a folder contains findings, that each is complete, and that
/// each replays.
fn all_replay(folder: &Path) {
    let cases = names(folder);
    assert!(!cases.is_empty(), "nothing was saved");
    assert!(cases.iter().all(|name| is_case(name)), "{cases:?}");
    let ran = gcdiff(&["replay", folder.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let findings = if cases.len() == 1 {
        "finding"
    } else {
        "findings"
    };
    let wanted = format!("0 agree, {} {findings},", cases.len());
    assert!(ran.out.contains(&wanted), "{}{}", ran.out, ran.err);
}
