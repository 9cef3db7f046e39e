//! Processor time of a thread, and the time that it waits for a processor.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Times of a thread, where the system reports it: on Linux, unless its scheduler
/// statistics are left out. Elsewhere there is no clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct CpuClock(Option<PathBuf>);

impl CpuClock {
    /// The clock of the calling thread.
    pub(crate) fn of_this_thread() -> CpuClock {
        // A link to `PID/task/TID`.
        let thread = std::fs::read_link("/proc/thread-self").ok();
        CpuClock(thread.map(|thread| Path::new("/proc").join(thread).join("schedstat")))
    }

    /// The times so far, if there is a clock.
    pub(crate) fn now(&self) -> Option<CpuTime> {
        let text = std::fs::read_to_string(self.0.as_ref()?).ok()?;
        let mut fields = text.split_whitespace();
        let mut next = || Some(Duration::from_nanos(fields.next()?.parse().ok()?));
        let (ran, queued) = (next()?, next()?);
        (!ran.is_zero()).then_some(CpuTime { ran, queued })
    }
}

/// Times of a thread since its start.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Debug)]
pub(crate) struct CpuTime {
    /// Time on a processor.
    pub ran: Duration,
    /// Time in which it could have run but other threads did.
    pub queued: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_goes_on_while_its_thread_works_and_stops_while_it_waits() {
        let clock = CpuClock::of_this_thread();
        let Some(start) = clock.now() else {
            // This system has no such clock.
            return;
        };
        let mut x = 1_u64;
        let enough = start.ran + Duration::from_millis(5);
        while clock.now().is_some_and(|now| now.ran < enough) {
            for _ in 0..10_000 {
                x = std::hint::black_box(x.wrapping_mul(3));
            }
        }
        let worked = clock.now();
        let other = std::thread::spawn(CpuClock::of_this_thread).join().unwrap();
        assert!(worked > Some(start));
        // The other thread has ended, and its clock with it.
        assert_eq!(other.now(), None);
        assert_eq!(CpuClock::default().now(), None);
    }
}
