//! Counts of events.

use super::Event;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Number of events.
pub const EVENTS: usize = Event::ALL.len();

/// Counts of all events, in one run or in several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tally([u32; EVENTS]);

impl Default for Tally {
    fn default() -> Tally {
        Tally([0; EVENTS])
    }
}

impl Tally {
    /// Counts an event.
    #[inline]
    pub fn count(&mut self, event: Event) {
        let count = &mut self.0[event as usize];
        *count = count.saturating_add(1);
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Tally) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// The number of times an event was counted.
    pub fn of(&self, event: Event) -> u32 {
        self.0[event as usize]
    }

    /// The counted events, in the order of their numbers.
    pub fn reached(&self) -> impl Iterator<Item = Event> + '_ {
        let all = Event::ALL.iter().copied();
        all.filter(|event| self.of(*event) > 0)
    }
}

/// Collects the counts of recorders. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Sink(Arc<Mutex<Tally>>);

impl Sink {
    /// Adds the counts of a run.
    pub(super) fn add(&self, run: &Tally) {
        self.lock().add(run);
    }

    /// Takes the counts since the last call.
    pub fn take(&self) -> Tally {
        std::mem::take(&mut *self.lock())
    }

    /// A tally left by a thread that panicked with the lock is still usable.
    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_adds_up_and_is_emptied() {
        let sink = Sink::default();
        let mut run = Tally::default();
        run.count(Event::Reuse);
        run.count(Event::Reuse);
        sink.add(&run);
        sink.clone().add(&run);
        let both = sink.take();
        assert_eq!(both.of(Event::Reuse), 4);
        assert!(both.reached().eq([Event::Reuse]));
        assert_eq!(sink.take(), Tally::default());
    }
}
