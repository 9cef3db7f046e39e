//! Standard output and standard error, either of which may be closed or full.
//!
//! A command continues when its output is closed, as by `| head`, with the same exit code. Any
//! other write error is an error: exit code 2, unless there was a finding.

use super::program;
use crate::escape::{Line, Lines};
use anstream::AutoStream;
use clap::builder::styling::{AnsiColor, Style};
use std::fmt::{Arguments, Display};
use std::io::{self, ErrorKind, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set when standard output can no longer be written.
static ENDED: AtomicBool = AtomicBool::new(false);

/// Set while nothing is printed on standard output, since there is no finding.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Set while text for people is not printed, since a program reads standard output.
static FOR_PROGRAMS: AtomicBool = AtomicBool::new(false);

/// The error, unless the output was closed.
static ERROR: Mutex<Option<String>> = Mutex::new(None);

/// Prints nothing on standard output until there is a finding.
pub(super) fn silence() {
    SILENT.store(true, Ordering::Relaxed);
}

/// Notes that there is a finding, which is printed next.
pub(super) fn found() {
    SILENT.store(false, Ordering::Relaxed);
}

/// Prints no text for people on standard output, only [`data`].
pub(super) fn for_programs() {
    FOR_PROGRAMS.store(true, Ordering::Relaxed);
}

/// Whether nothing is printed on standard output.
pub(super) fn is_silent() -> bool {
    SILENT.load(Ordering::Relaxed)
}

/// Sets when to print colours.
pub(super) fn set_color(choice: clap::ColorChoice) {
    match choice {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Writes to standard output, unless it has ended. All text from input is escaped here, but line
/// breaks are kept, so text that must stay on one line has to be wrapped in [`Line`] by the caller.
pub(super) fn write(text: Arguments<'_>) {
    if !FOR_PROGRAMS.load(Ordering::Relaxed) {
        print(Lines(&text.to_string()));
    }
}

/// Writes lines for programs, which must be escaped as their format asks for.
pub(super) fn data(lines: &str) {
    print(Lines(lines));
}

/// Prints text that is safe to print.
fn print(text: impl Display) {
    if !has_ended() && !is_silent() {
        let mut out = AutoStream::auto(io::stdout().lock());
        note(write!(out, "{text}").and_then(|()| out.flush()));
    }
}

/// The colour of a word.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Mood {
    /// The heaps agree.
    Agree,
    /// A finding.
    Finding,
    /// No verdict.
    Discard,
}

impl Mood {
    /// Colours the first word of a text, after it was escaped: the colours are the only escape
    /// sequences that are printed.
    fn first_word(self, text: &str) -> String {
        let end = text.find([':', ' ', '\n']).unwrap_or(text.len());
        self.paint(text, end)
    }

    /// Colours the first `end` bytes of a text.
    fn paint(self, text: &str, end: usize) -> String {
        let color = match self {
            Mood::Agree => AnsiColor::Green,
            Mood::Finding => AnsiColor::Red,
            Mood::Discard => AnsiColor::Yellow,
        };
        let style = Style::new().bold().fg_color(Some(color.into()));
        let (word, rest) = text.split_at(end);
        format!("{style}{}{style:#}{}", Lines(word), Lines(rest))
    }
}

/// Writes a line, or several, whose first word after `before` is a verdict.
pub(super) fn verdict(before: &str, mood: Mood, text: Arguments<'_>) {
    if !FOR_PROGRAMS.load(Ordering::Relaxed) {
        let text = mood.first_word(&text.to_string());
        print(format_args!("{}{text}\n", Lines(before)));
    }
}

/// Writes a line that is a verdict after `before`.
pub(super) fn verdict_line(before: &str, mood: Mood, text: Arguments<'_>) {
    if !FOR_PROGRAMS.load(Ordering::Relaxed) {
        let text = text.to_string();
        let text = mood.paint(&text, text.len());
        print(format_args!("{}{text}\n", Lines(before)));
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
    let line = Line(message).to_string();
    // Messages about discarded cases name the file first.
    let line = match line.split_once(DISCARD) {
        Some((file, reason)) => format!(
            "{file}: {}",
            Mood::Discard.first_word(&format!("discard: {reason}"))
        ),
        None => line,
    };
    let name = program::name();
    let _ = writeln!(
        AutoStream::auto(io::stderr().lock()),
        "{}: {line}",
        Line(&name)
    );
}

/// The beginning of a discarded case's verdict, after its file.
const DISCARD: &str = ": discard: ";

/// Like `println!`, but see [`write`].
macro_rules! say {
    ($($arguments:tt)*) => {
        $crate::cli::output::write(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

pub(super) use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_verdict_is_coloured_and_text_cannot_colour_itself() {
        let text = Mood::Finding.first_word("violation of \x1b[32mlaw\nagree");
        assert_eq!(
            text,
            "\x1b[1m\x1b[31mviolation\x1b[0m of \\u{1b}[32mlaw\nagree"
        );
        let text = Mood::Agree.first_word("agree\x1b");
        assert_eq!(text, "\x1b[1m\x1b[32magree\\u{1b}\x1b[0m");
    }
}
