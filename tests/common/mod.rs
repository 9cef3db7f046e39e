//! What the tests of the command line share.

use std::process::{Command, Output};

/// How a command ended, and what it printed.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs the command line with these arguments.
pub fn gcdiff(args: &[&str]) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_gcdiff"))
        .args(args)
        .output()
        .unwrap();
    Ran {
        code: status.code().expect("not killed by a signal"),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}
