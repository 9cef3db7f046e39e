//! The end of all waiting for engines.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long engines may take for answers once nobody wants to wait for them.
const GRACE: Duration = Duration::from_secs(2);

/// Ends the wait for answers of [engines](super::EngineSubject). Those that are at work have two seconds
/// once it is set. After that no answer is waited for.
#[derive(Debug, Default)]
pub struct Interrupt(Mutex<Option<Instant>>);

impl Interrupt {
    /// Sets it, unless it is set.
    pub fn set(&self) {
        self.with(|since| {
            since.get_or_insert_with(Instant::now);
        });
    }

    /// Takes it back.
    pub fn clear(&self) {
        self.with(|since| *since = None);
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.with(|since| since.is_some())
    }

    /// Whether the two seconds are over.
    pub(super) fn is_over(&self) -> bool {
        self.with(|since| since.is_some_and(|since| since.elapsed() >= GRACE))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Option<Instant>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
