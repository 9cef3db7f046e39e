//! The command line of gcdiff.

use std::process::ExitCode;

fn main() -> ExitCode {
    gcdiff::cli::main()
}
