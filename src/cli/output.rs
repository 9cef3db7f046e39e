//! Standard output that may end before we do.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Writes to standard output. Where nobody reads any more, as behind `| head`,
/// there is nothing left to say, and the process ends.
pub(super) fn write(text: Arguments<'_>) {
    if let Err(error) = std::io::stdout().lock().write_fmt(text) {
        let code = i32::from(error.kind() != ErrorKind::BrokenPipe) * 2;
        std::process::exit(code);
    }
}

/// Like `println!`, but see [`write`].
macro_rules! say {
    ($($arguments:tt)*) => {
        $crate::cli::output::write(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

pub(super) use say;
