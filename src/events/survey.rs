//! The events of many cases, on several threads.

use super::{EventTable, Tally, of_case};
use crate::generate::{self, Profile};
use crate::jobs::{Desk, Note, Pool, Work};
use crate::oracle::{Panic, Violation};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Counts the events of a profile's cases `0..cases` of a seed.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The generator of the cases, and the features of their modules.
    pub profile: Profile,
    /// Their seed.
    pub seed: u64,
    /// Number of cases.
    pub cases: u64,
    /// Threads. The figures do not depend on it.
    pub jobs: usize,
    /// Time limit for a case, in processor time where the system reports it.
    pub timeout: Option<Duration>,
}

/// The result of a survey.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Surveyed {
    /// The events of the cases that completed.
    pub table: EventTable,
    /// The cases that did not complete, by number, each with the reason: a panic or
    /// an endless loop. Either is a bug of gcdiff, since only its own heap takes part.
    pub failed: BTreeMap<u64, String>,
}

impl Survey {
    /// Counts until all cases are done or `stop` is set. Each case that ends
    /// adds 1 to `done`, completed or not.
    pub fn run(&self, done: &Arc<AtomicU64>, stop: &Arc<AtomicBool>) -> Surveyed {
        let (profile, seed) = (self.profile, self.seed);
        self.run_with(done, stop, move |index| {
            let drawn = profile.case(&generate::input(seed, index)).ok()?;
            Some(of_case(&drawn))
        })
    }

    fn run_with(
        &self,
        done: &Arc<AtomicU64>,
        stop: &Arc<AtomicBool>,
        events: impl Fn(u64) -> Option<Tally> + Send + Sync + 'static,
    ) -> Surveyed {
        let surveyed = Arc::new(Mutex::default());
        self.run_into(&surveyed, done, stop, events);
        std::mem::take(&mut *surveyed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts the events that `events` returns for each number into `surveyed`, which can be read
    /// meanwhile.
    pub(super) fn run_into(
        &self,
        surveyed: &Arc<Mutex<Surveyed>>,
        done: &Arc<AtomicU64>,
        stop: &Arc<AtomicBool>,
        events: impl Fn(u64) -> Option<Tally> + Send + Sync + 'static,
    ) {
        let pool = Pool {
            jobs: self.jobs,
            first: 0,
            items: Some(self.cases),
            at_a_time: generate::SAME_SMITH,
            timeout: self.timeout,
            stop: stop.clone(),
            interrupt: Arc::default(),
        };
        pool.run(Cases {
            events,
            timeout: self.timeout.unwrap_or_default(),
            done: done.clone(),
            surveyed: surveyed.clone(),
        });
    }
}

/// The work for the pool: an item is a case.
struct Cases<E> {
    /// Returns the events of a case; `None` if the input makes no case.
    events: E,
    timeout: Duration,
    done: Arc<AtomicU64>,
    surveyed: Arc<Mutex<Surveyed>>,
}

impl<E> Cases<E> {
    fn ended(&self, add: impl FnOnce(&mut Surveyed)) {
        add(&mut self.surveyed.lock().unwrap_or_else(PoisonError::into_inner));
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl<E: Fn(u64) -> Option<Tally> + Send + Sync + 'static> Work for Cases<E> {
    type Output = Option<Tally>;

    fn work(&self, index: u64, _: &Arc<Desk>) -> Option<Tally> {
        (self.events)(index)
    }

    fn deliver(&self, index: u64, done: Result<Option<Tally>, Panic>, _: Note) {
        self.ended(|surveyed| match done {
            Ok(Some(tally)) => surveyed.table.count(&tally),
            Ok(None) => {}
            Err(panic) => {
                let message = Violation::panic("gcdiff", panic).to_string();
                surveyed.failed.insert(index, message);
            }
        });
    }

    fn overdue(&self, index: u64, note: Note) {
        let message = note.overtime(self.timeout).to_string();
        self.ended(|surveyed| drop(surveyed.failed.insert(index, message)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Event;

    fn survey(cases: u64, jobs: usize) -> Survey {
        Survey {
            profile: Profile::default(),
            seed: 3,
            cases,
            jobs,
            timeout: Some(Duration::from_secs(10)),
        }
    }

    #[test]
    fn figures_do_not_depend_on_the_number_of_jobs() {
        let of = |jobs| survey(30, jobs).run(&Arc::default(), &Arc::default());
        let one = of(1);
        assert_eq!(one, of(3));
        assert_eq!((one.table.cases, one.failed.len()), (30, 0));
        assert!(one.table.percent(Event::AllocateInCall) > 50.0);
    }

    #[test]
    fn a_case_that_panics_or_loops_is_named_and_the_others_are_counted() {
        let short = Survey {
            // Reporting a panic takes some time, too.
            timeout: Some(Duration::from_secs(1)),
            ..survey(10, 2)
        };
        let done = Arc::default();
        let surveyed = short.run_with(&done, &Arc::default(), |index| match index {
            3 => panic!("on purpose"),
            7 => loop {
                std::thread::sleep(Duration::from_millis(20));
            },
            _ => Some(Tally::default()),
        });
        assert_eq!(surveyed.table.cases, 8);
        assert_eq!(done.load(Ordering::Relaxed), 10);
        let failed: Vec<&u64> = surveyed.failed.keys().collect();
        assert_eq!(failed, [&3, &7]);
        assert!(surveyed.failed[&3].contains("on purpose"));
    }
}
