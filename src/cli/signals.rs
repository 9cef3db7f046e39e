//! Signals that ask a long command to end, which then ends early but in the usual way; and the
//! signal for a file at its size limit, which must not end it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Records the signals INT, TERM and HUP from now on. After the first of them the next one ends the
/// process at once, as by default.
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
            // The order matters: the first signal must find the flag unset.
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

    /// Whether a signal was received.
    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Makes a write beyond the file size limit (`ulimit -f`) fail as on a full disk. The signal sent
/// with it would otherwise end the process.
#[cfg(unix)]
pub(super) fn survive_full_files() -> Result<(), String> {
    use signal_hook::consts::SIGXFSZ;
    // The handler alone is enough: the flag is not read.
    let registered = signal_hook::flag::register(SIGXFSZ, Arc::default());
    registered
        .map(drop)
        .map_err(|e| format!("signal {SIGXFSZ}: {e}"))
}

#[cfg(not(unix))]
pub(super) fn survive_full_files() -> Result<(), String> {
    Ok(())
}

/// Whether the process was started with a signal ignored, as by `nohup`. Only Linux reports this
/// without unsafe code; elsewhere the answer is no.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
