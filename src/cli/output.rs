//! Standard output and standard error, either of which may be closed or full.
//!
//! A command goes on when nobody reads any more, as behind `| head`, and its exit
//! code is what it would be. What could not be written for another reason is an
//! error: exit code 2, unless there was a finding.

use crate::escape::{Line, Lines};
use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set when standard output takes nothing any more.
static ENDED: AtomicBool = AtomicBool::new(false);

/// Why, unless it was closed.
static ERROR: Mutex<Option<String>> = Mutex::new(None);

/// Writes to standard output, unless that has ended. This is where everything
/// that comes from input is escaped; but line breaks are taken to be meant, so
/// whatever is to stay in its line is shown as a [`Line`] before.
pub(super) fn write(text: Arguments<'_>) {
    if !has_ended() {
        let mut out = io::stdout().lock();
        let text = text.to_string();
        note(write!(out, "{}", Lines(&text)).and_then(|()| out.flush()));
    }
}

/// Takes note of an error on standard output.
pub(super) fn note(written: io::Result<()>) {
    let Err(error) = written else { return };
    ENDED.store(true, Ordering::Relaxed);
    if error.kind() != ErrorKind::BrokenPipe
        && let Ok(mut noted) = ERROR.lock()
    {
        noted.get_or_insert(format!("standard output: {error}"));
    }
}

/// Whether standard output takes nothing any more.
pub(super) fn has_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// What went wrong with standard output, if it was not closed on purpose.
pub(super) fn error() -> Option<String> {
    ERROR.lock().ok()?.take()
}

/// Writes a message of one line to standard error, escaped. Where that cannot be, nobody can be told.
pub(super) fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "gcdiff: {}", Line(message));
}

/// Like `println!`, but see [`write`].
macro_rules! say {
    ($($arguments:tt)*) => {
        $crate::cli::output::write(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

pub(super) use say;
