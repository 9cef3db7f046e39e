//! A progress sign for commands without output.

use crate::escape::Line;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Time before the first sign, and between two signs.
const SILENCE: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(200);

/// Shows the current work and its time on standard error until dropped: only on a terminal, and
/// only if the work takes more than two seconds.
///
/// The work stays on its thread. A second thread keeps the time.
pub(super) struct Waiting {
    /// Dropped first, which ends the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Starts to show work on `what`.
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
            // The thread does not fail, and if it did, the command would still go on.
            let _ = thread.join();
        }
    }
}
