//! A sign of life while a command works in silence.

use crate::escape::Line;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long to wait in silence, and between two signs.
const SILENCE: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(200);

/// Shows on standard error what the command works at, and for how long, until it
/// is dropped: only on a terminal, and only if that takes more than two seconds.
///
/// The work stays on the thread that it is on. A small thread keeps the time.
pub(super) struct Waiting {
    /// Dropped first, which ends the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Begins to wait for work on `what`.
    pub(super) fn for_(what: String) -> Waiting {
        if !std::io::stderr().is_terminal() {
            return Waiting {
                end: None,
                thread: None,
            };
        }
        let (end, ended) = channel::<()>();
        let waits = move |time| ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
        let thread = std::thread::spawn(move || {
            if !waits(SILENCE) {
                return;
            }
            let bar = ProgressBar::no_length().with_elapsed(SILENCE);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.set_message(Line(&what).to_string());
            while waits(TICK) {
                bar.tick();
            }
            bar.finish_and_clear();
        });
        Waiting {
            end: Some(end),
            thread: Some(thread),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // It cannot fail, and if it did, that would be no reason to.
            let _ = thread.join();
        }
    }
}
