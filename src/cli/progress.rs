//! The progress bar of a long command.

use super::output;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Thread;
use std::time::Duration;

/// Runs `work` with the bar on a separate thread, and calls `look` with the bar periodically until
/// the work is done. `None` if it panicked, which has been reported where it happened.
pub(super) fn watched<T: Send>(
    length: Option<u64>,
    template: &str,
    work: impl FnOnce(&ProgressBar) -> T + Send,
    mut look: impl FnMut(&ProgressBar),
) -> Option<T> {
    let bar = match length {
        _ if output::is_silent() => ProgressBar::hidden(),
        Some(length) => ProgressBar::new(length),
        None => ProgressBar::no_length(),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let ended = AtomicBool::new(false);
    let looking = std::thread::current();
    let done = std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            let _ended = End(&ended, looking);
            work(&bar)
        });
        while !ended.load(Ordering::Relaxed) {
            std::thread::park_timeout(Duration::from_millis(100));
            look(&bar);
        }
        working.join().ok()
    });
    bar.finish_and_clear();
    done
}

/// Signals the end of the work, by a panic too, to the thread that looks.
struct End<'a>(&'a AtomicBool, Thread);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.unpark();
    }
}
