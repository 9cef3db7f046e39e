//! The events of a share of a campaign's cases, counted while the campaign runs.

use super::{EventTable, Survey, Surveyed, of_case};
use crate::generate::{self, Profile};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Which cases of a campaign are in a sample: the first [`FIRST`], so that a short campaign has a
/// sample, too, and a fixed share of the others.
///
/// A run with a recorder takes 1.2 times as long as a verdict, so one case in [`EVERY`] costs 1 % of
/// the campaign's time. The sample has one thread, which 100 jobs would keep busy with this share.
/// A campaign with more jobs than [`JOBS`] therefore has a smaller one.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Share {
    every: u64,
}

/// Cases at the start of a campaign that are all in the sample.
const FIRST: u64 = 100;

/// Of this many cases after them, one is in the sample.
const EVERY: u64 = 128;

/// The largest number of jobs with this share.
const JOBS: usize = 64;

/// Time limit for a case of a campaign that has none. Without a limit, an endless case would delay
/// the end of the command for ever.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Share {
    /// The share for a campaign with this many jobs.
    pub fn of(jobs: usize) -> Share {
        let times = jobs.div_ceil(JOBS).max(1) as u64;
        Share {
            every: EVERY * times,
        }
    }

    /// The case at a position of the sample.
    fn case(self, position: u64) -> u64 {
        match position.checked_sub(FIRST) {
            None => position,
            Some(after) => FIRST.saturating_add(after.saturating_mul(self.every)),
        }
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let every = self.every;
        write!(
            f,
            "the first {FIRST} cases and one in {every} of the others"
        )
    }
}

/// Counts events on a thread beside a campaign, by running cases once more under the counting heap
/// with a recorder. The campaign does not depend on it: a case that is slow, loops or panics under
/// the recorder delays the sample alone.
#[derive(Debug)]
pub(crate) struct Sample {
    share: Share,
    surveyed: Arc<Mutex<Surveyed>>,
    /// Set when the campaign begins no further case.
    is_over: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Interval at which the thread looks for new cases.
const TICK: Duration = Duration::from_millis(20);

impl Sample {
    /// Starts to count the events of the first `begun` cases of a profile and a seed from the number
    /// `first` on. `begun` increases as the campaign goes on.
    pub fn start(
        share: Share,
        (profile, seed, first): (Profile, u64, u64),
        timeout: Option<Duration>,
        begun: &Arc<AtomicU64>,
    ) -> Sample {
        let mut sample = Sample {
            share,
            surveyed: Arc::default(),
            is_over: Arc::default(),
            stop: Arc::default(),
            thread: None,
        };
        let survey = Survey {
            profile,
            seed,
            cases: u64::MAX,
            jobs: 1,
            timeout: timeout.or(Some(TIMEOUT)),
        };
        let (begun, is_over) = (begun.clone(), sample.is_over.clone());
        let (stop, surveyed) = (sample.stop.clone(), sample.surveyed.clone());
        let thread = std::thread::spawn(move || {
            let ended = stop.clone();
            let events = move |position| {
                let case = share.case(position);
                while begun.load(Ordering::Relaxed) <= case {
                    if is_over.load(Ordering::Relaxed) {
                        ended.store(true, Ordering::Relaxed);
                    }
                    if ended.load(Ordering::Relaxed) {
                        return None;
                    }
                    std::thread::sleep(TICK);
                }
                let drawn = profile
                    .case(&generate::input(seed, first.saturating_add(case)))
                    .ok()?;
                Some(of_case(&drawn))
            };
            survey.run_into(&surveyed, &Arc::default(), &stop, events);
        });
        sample.thread = Some(thread);
        sample
    }

    /// Which cases are counted.
    pub fn share(&self) -> Share {
        self.share
    }

    /// The events so far, and the number of cases that did not complete.
    pub fn so_far(&self) -> (EventTable, usize) {
        let surveyed = self.surveyed.lock();
        let surveyed = surveyed.unwrap_or_else(PoisonError::into_inner);
        (surveyed.table.clone(), surveyed.failed.len())
    }

    /// Tells the thread that the campaign begins no further case, and waits until those that it has
    /// begun are counted, or `is_cut` returns true.
    pub fn finish(&mut self, is_cut: impl Fn() -> bool) {
        self.is_over.store(true, Ordering::Relaxed);
        let is_running = |thread: &JoinHandle<()>| !thread.is_finished();
        while self.thread.as_ref().is_some_and(is_running) && !is_cut() {
            std::thread::sleep(TICK);
        }
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // The thread ends after its case, which nobody waits for: it may be an endless one.
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Event;

    #[test]
    fn the_first_cases_are_in_the_sample_and_a_share_of_the_others() {
        let share = Share::of(2);
        let of = |positions: [u64; 4]| positions.map(|position| share.case(position));
        assert_eq!(of([0, 99, 100, 102]), [0, 99, 100, 356]);
        assert_eq!(Share::of(64), share);
        let other = Share::of(65).to_string();
        assert_eq!(other, "the first 100 cases and one in 256 of the others");
        assert_eq!(share.case(u64::MAX), u64::MAX);
    }

    #[test]
    fn the_cases_that_were_begun_are_counted_and_no_others() {
        let begun = Arc::new(AtomicU64::new(3));
        let start = || {
            let cases = (Profile::default(), 3, 0);
            Sample::start(Share::of(1), cases, Some(Duration::from_secs(10)), &begun)
        };
        let mut sample = start();
        begun.store(7, Ordering::Relaxed);
        sample.finish(|| false);
        let (table, failed) = sample.so_far();
        assert_eq!((table.cases, failed), (7, 0));
        assert!(table.reached(Event::AllocateInCall) > 0);
        // The figures are those of a survey.
        let survey = Survey {
            profile: Profile::default(),
            seed: 3,
            cases: 7,
            jobs: 1,
            timeout: None,
        };
        assert_eq!(survey.run(&Arc::default(), &Arc::default()).table, table);
        // A campaign that begins with the fifth case has the last three of them.
        let four = Survey { cases: 4, ..survey };
        let four = four.run(&Arc::default(), &Arc::default()).table;
        let rest = Arc::new(AtomicU64::new(3));
        let mut rest = Sample::start(Share::of(1), (Profile::default(), 3, 4), None, &rest);
        rest.finish(|| false);
        let (rest, _) = rest.so_far();
        assert_eq!(rest.cases, 3);
        for event in Event::ALL {
            assert_eq!(
                four.reached(*event) + rest.reached(*event),
                table.reached(*event)
            );
        }
        // Nobody waits for a sample that is cut.
        begun.store(u64::MAX, Ordering::Relaxed);
        start().finish(|| true);
    }
}
