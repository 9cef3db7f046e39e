//! Standard output and standard error, either of which may be closed or full.
//!
//! A command continues when its output is closed, as by `| head`, with the same exit code. Any
//! other write error is an error: exit code 2, unless there was a finding.

use super::program;
use crate::escape::{Line, Lines};
use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set when standard output can no longer be written.
static ENDED: AtomicBool = AtomicBool::new(false);

/// The error, unless the output was closed.
static ERROR: Mutex<Option<String>> = Mutex::new(None);

/// Writes to standard output, unless it has ended. All text from input is escaped here, but line
/// breaks are kept, so text that must stay on one line has to be wrapped in [`Line`] by the caller.
pub(super) fn write(text: Arguments<'_>) {
    if !has_ended() {
        let mut out = io::stdout().lock();
        let text = text.to_string();
        note(write!(out, "{}", Lines(&text)).and_then(|()| out.flush()));
    }
}

/// Records an error on standard output.
pub(super) fn note(written: io::Result<()>) {
    let Err(error) = written else { return };
    ENDED.store(true, Ordering::Relaxed);
    if error.kind() != ErrorKind::BrokenPipe
        && let Ok(mut noted) = ERROR.lock()
    {
        noted.get_or_insert(format!("standard output: {error}"));
    }
}

/// Whether standard output can no longer be written.
pub(super) fn has_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// The error on standard output, unless it was closed on purpose.
pub(super) fn error() -> Option<String> {
    ERROR.lock().ok()?.take()
}

/// Writes a message to standard error, on one line and escaped. Write errors are ignored.
pub(super) fn complain(message: &str) {
    let name = program::name();
    let _ = writeln!(io::stderr().lock(), "{}: {}", Line(&name), Line(message));
}

/// Like `println!`, but see [`write`].
macro_rules! say {
    ($($arguments:tt)*) => {
        $crate::cli::output::write(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

pub(super) use say;
