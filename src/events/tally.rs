//! Counting events.

use super::Event;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many events there are.
pub const EVENTS: usize = Event::ALL.len();

/// Numbers of events, of one run or of several.
///
/// Besides the events themselves their order matters to a collector: a free after a copy is not a copy after a free. So every
/// event is also counted together with the one before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tally {
    counts: [u32; EVENTS],
    pairs: Box<[u8]>,
    last: Option<Event>,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            counts: [0; EVENTS],
            pairs: vec![0; EVENTS * EVENTS].into_boxed_slice(),
            last: None,
        }
    }
}

impl Tally {
    /// Counts an event.
    #[inline]
    pub fn count(&mut self, event: Event) {
        let count = &mut self.counts[event as usize];
        *count = count.saturating_add(1);
        if let Some(last) = self.last.replace(event) {
            let pair = &mut self.pairs[last as usize * EVENTS + event as usize];
            *pair = pair.saturating_add(1);
        }
    }

    /// Adds the numbers of another run.
    pub fn add(&mut self, other: &Tally) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine = mine.saturating_add(*theirs);
        }
        for (mine, theirs) in self.pairs.iter_mut().zip(&other.pairs) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// How often an event was counted.
    pub fn of(&self, event: Event) -> u32 {
        self.counts[event as usize]
    }

    /// The events that were counted, in the order of their numbers.
    pub fn reached(&self) -> impl Iterator<Item = Event> + '_ {
        let all = Event::ALL.iter().copied();
        all.filter(|event| self.of(*event) > 0)
    }

    /// How often each event followed each, saturating: the first chooses a row of [`EVENTS`] numbers, the second one of them.
    pub fn pairs(&self) -> &[u8] {
        &self.pairs
    }
}

/// Where recorders leave what they have counted. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Sink(Arc<Mutex<Tally>>);

impl Sink {
    /// Adds what a run has counted to what is there.
    pub(super) fn add(&self, run: &Tally) {
        self.lock().add(run);
    }

    /// Takes what has been counted since the last time.
    pub fn take(&self) -> Tally {
        std::mem::take(&mut *self.lock())
    }

    /// Another thread that panicked with the lock has left a tally all the same.
    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_of_events_that_follow_each_other() {
        let mut tally = Tally::default();
        for event in [Event::Copy, Event::FreeByWrite, Event::Copy, Event::Copy] {
            tally.count(event);
        }
        assert_eq!(tally.of(Event::Copy), 3);
        let reached: Vec<Event> = tally.reached().collect();
        assert_eq!(reached, [Event::Copy, Event::FreeByWrite]);
        let pair = |a: Event, b: Event| tally.pairs()[a as usize * EVENTS + b as usize];
        assert_eq!(pair(Event::Copy, Event::FreeByWrite), 1);
        assert_eq!(pair(Event::FreeByWrite, Event::Copy), 1);
        assert_eq!(pair(Event::Copy, Event::Copy), 1);
        assert_eq!(tally.pairs().iter().map(|n| u32::from(*n)).sum::<u32>(), 3);
    }

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
        // The end of one run and the beginning of another are not a pair.
        let twice = Event::Reuse as usize * (EVENTS + 1);
        assert_eq!(both.pairs()[twice], 2);
        assert_eq!(sink.take(), Tally::default());
    }
}
