//! Signals that ask a long command to end: it ends early, but as it would. And
//! the signal of a file that may not grow, which must not end it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Notes the signals INT, TERM and HUP from now on. After the first of them the
/// next one ends the process at once, as if it were not noted.
#[derive(Debug)]
pub(super) struct Signals(Arc<AtomicBool>);

impl Signals {
    #[cfg(unix)]
    pub(super) fn noted() -> Result<Signals, String> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        use signal_hook::flag;
        let noted = Arc::new(AtomicBool::new(false));
        let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
            // In this order: the first signal finds the flag unset.
            flag::register_conditional_default(signal, noted.clone())
                .and_then(|_| flag::register(signal, noted.clone()))
                .map_err(|e| format!("signal {signal}: {e}"))?;
        }
        Ok(Signals(noted))
    }

    #[cfg(not(unix))]
    pub(super) fn noted() -> Result<Signals, String> {
        Ok(Signals(Arc::default()))
    }

    /// Whether one of them has come.
    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Has a write beyond the limit of a file's size (`ulimit -f`) fail like one to a
/// full disk. The signal that comes with it would end the process.
#[cfg(unix)]
pub(super) fn survive_full_files() -> Result<(), String> {
    use signal_hook::consts::SIGXFSZ;
    // That there is a handler is enough: nobody reads the flag.
    let registered = signal_hook::flag::register(SIGXFSZ, Arc::default());
    registered
        .map(drop)
        .map_err(|e| format!("signal {SIGXFSZ}: {e}"))
}

#[cfg(not(unix))]
pub(super) fn survive_full_files() -> Result<(), String> {
    Ok(())
}

/// Whether the process was started with a signal ignored, as `nohup` does. Only
/// Linux says so without unsafe code; elsewhere it is taken not to be.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
