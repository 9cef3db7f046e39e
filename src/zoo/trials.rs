//! Many trials, on several threads.

use super::trial::{Setup, Trial, follow};
use super::{Fault, Probe};
use crate::jobs::{CpuClock, Desk, Note, Pool, Work};
use crate::oracle::{Panic, Violation};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Runs trials of faults against seeds.
#[derive(Clone, Debug)]
pub struct Trials {
    /// The faults.
    pub faults: Vec<Fault>,
    /// Number of seeds, counted from 0.
    pub seeds: u64,
    /// Cases per trial, at most.
    pub cases: u64,
    /// Threads. The results do not depend on it.
    pub jobs: usize,
    /// Time limit for a case, in processor time where the system reports it. A
    /// case that exceeds it is detected as law *limits* if a single heap is to
    /// blame; otherwise the trial does not complete.
    pub timeout: Option<Duration>,
    /// Whether to measure the processor time of each trial. It differs from run to run.
    pub timed: bool,
}

/// Progress of trials. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Cases begun.
    pub cases: Arc<AtomicU64>,
    /// Trials ended.
    pub ended: Arc<AtomicU64>,
    /// Set to end early.
    pub stop: Arc<AtomicBool>,
}

/// The results of the trials.
#[derive(Clone, Debug)]
pub struct TrialResults {
    /// For each setup, for each fault, a trial for each seed; `None` for trials
    /// that did not complete.
    pub trials: Vec<Vec<Vec<Option<Trial>>>>,
    /// Whether they ended early because too many cases did not end.
    pub gave_up: bool,
}

impl TrialResults {
    /// The trials that completed.
    pub fn ended(self) -> Vec<Vec<Vec<Trial>>> {
        let flat = |trials: Vec<Option<Trial>>| trials.into_iter().flatten().collect();
        let of_setup = |faults: Vec<Vec<_>>| faults.into_iter().map(flat).collect();
        self.trials.into_iter().map(of_setup).collect()
    }
}

impl Trials {
    /// The number of trials for one setup.
    pub fn len(&self) -> u64 {
        self.faults.len() as u64 * self.seeds
    }

    /// Whether there are no trials.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs all trials with each setup.
    ///
    /// # Panics
    ///
    /// If a case makes gcdiff panic outside all heaps. A heap's own panic is
    /// detected as law *panic*.
    pub fn run(&self, setups: &[Setup], tally: &Tally) -> TrialResults {
        let states = (0..setups.len() as u64 * self.len()).map(|_| Mutex::default());
        let states: Arc<[Mutex<State>]> = states.collect();
        let pool = Pool {
            jobs: self.jobs,
            first: 0,
            items: Some(states.len() as u64),
            at_a_time: 1,
            timeout: self.timeout,
            stop: tally.stop.clone(),
            interrupt: Arc::default(),
        };
        let gave_up = pool.run(All {
            trials: self.clone(),
            setups: setups.to_vec(),
            tally: tally.clone(),
            states: states.clone(),
        });
        let mut ended = states.iter().map(|state| lock(state).ended.take());
        let seeds = self.seeds as usize;
        let mut of_fault = |_: &Fault| ended.by_ref().take(seeds).collect();
        let of_setup = |_: &Setup| self.faults.iter().map(&mut of_fault).collect();
        TrialResults {
            trials: setups.iter().map(of_setup).collect(),
            gave_up,
        }
    }
}

/// The state of a trial.
#[derive(Debug, Default)]
struct State {
    /// The number of the current case.
    case: u64,
    /// The results before the current case, and the progress of the fault.
    known: Trial,
    probe: Probe,
    /// The result of the trial.
    ended: Option<Trial>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The work for the pool: an item is a trial. The seeds of the first fault with
/// the first setup come first.
struct All {
    trials: Trials,
    setups: Vec<Setup>,
    tally: Tally,
    states: Arc<[Mutex<State>]>,
}

impl All {
    fn ended(&self, item: u64, trial: Option<Trial>) {
        lock(&self.states[item as usize]).ended = trial;
        self.tally.ended.fetch_add(1, Ordering::Relaxed);
    }
}

impl Work for All {
    type Output = Option<Trial>;

    fn work(&self, item: u64, desk: &Arc<Desk>) -> Option<Trial> {
        let trials = &self.trials;
        let (rest, seed) = (item / trials.seeds, item % trials.seeds);
        let faults = trials.faults.len() as u64;
        let (setup, fault) = (rest / faults, rest % faults);
        let setup = &self.setups[setup as usize];
        let probe = Probe::default();
        let faulty = trials.faults[fault as usize].switch_on(setup.options.clone(), &probe);
        let options = desk.watching(&faulty);
        lock(&self.states[item as usize]).probe = probe.clone();
        let next = |case: u64, known: &Trial| {
            if !desk.restart() {
                return false;
            }
            let mut state = lock(&self.states[item as usize]);
            (state.case, state.known) = (case, known.clone());
            self.tally.cases.fetch_add(1, Ordering::Relaxed);
            !self.tally.stop.load(Ordering::Relaxed)
        };
        let cases = trials.cases;
        let clock = trials.timed.then(CpuClock::of_this_thread);
        let now = || clock.as_ref().and_then(|clock| Some(clock.now()?.ran));
        // A thread that has just begun has no time yet.
        let before = now().unwrap_or_default();
        let mut trial = follow(&setup.generator, &options, &probe, seed, cases, next)?;
        if let Some(after) = now() {
            let time = after.saturating_sub(before).as_micros();
            trial.cpu_us = Some(u64::try_from(time).unwrap_or(u64::MAX));
        }
        Some(trial)
    }

    fn deliver(&self, item: u64, done: Result<Option<Trial>, Panic>, _: Note) {
        match done {
            Ok(trial) => self.ended(item, trial),
            Err(panic) => panic!("{}", Violation::panic("gcdiff", panic)),
        }
    }

    fn overdue(&self, item: u64, note: Note) {
        let verdict = note.overtime(self.trials.timeout.unwrap_or_default());
        let mut trial = {
            let state = lock(&self.states[item as usize]);
            let mut trial = state.known.clone();
            trial.note(state.case, &state.probe);
            trial.detected = Some(state.case);
            trial
        };
        trial.fingerprint = verdict.fingerprint();
        self.ended(item, verdict.is_finding().then_some(trial));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Generator;
    use crate::heap::HeapError;
    use crate::heap::copying::{Core, Policy};
    use crate::oracle::Options;
    use crate::zoo::{self, FaultKind};

    #[test]
    fn results_do_not_depend_on_the_number_of_jobs() {
        let with = |jobs| Trials {
            faults: vec![zoo::fault("W1").unwrap(), zoo::fault("D10").unwrap()],
            seeds: 3,
            cases: 20,
            jobs,
            timeout: None,
            timed: false,
        };
        let setups = Generator::ALL.map(|generator| Setup {
            generator,
            options: Options::fuzzing(),
        });
        let run = |jobs| with(jobs).run(&setups, &Tally::default()).ended();
        let results = run(1);
        assert_eq!(results, run(3));
        // W1 is detected in the case in which its effect is first wrong, or later.
        // Plain modules of wasm-smith do not reach it.
        for trial in &results[0][0] {
            assert!(trial.reached <= trial.triggered, "{trial:?}");
            assert!(trial.triggered <= trial.detected, "{trial:?}");
            assert!(trial.detected.is_some(), "{trial:?}");
        }
        assert!(results[2][0].iter().all(|trial| trial.detected.is_none()));
    }

    /// A collection that never ends if the heap is not empty.
    struct Endless(Probe);

    impl Policy for Endless {
        fn prepare(&mut self, core: &mut Core) -> Result<(), HeapError> {
            while core.from_space().in_use() > 0 {
                self.0.run(true);
                std::thread::sleep(Duration::from_millis(20));
            }
            core.prepare()
        }
    }

    #[test]
    fn a_fault_that_loops_is_detected_in_every_trial() {
        let fault = Fault {
            id: "endless",
            mechanism: "",
            source: "",
            kind: FaultKind::Copying(|probe| Box::new(Endless(probe))),
        };
        let trials = Trials {
            faults: vec![fault, zoo::fault("W1").unwrap()],
            seeds: 2,
            cases: 20,
            jobs: 2,
            timeout: Some(Duration::from_secs(2)),
            timed: true,
        };
        let setup = Setup {
            generator: Generator::Default,
            options: Options::fuzzing(),
        };
        let tried = trials.run(&[setup], &Tally::default());
        assert!(!tried.gave_up);
        let ended = tried.ended();
        for trial in &ended[0][0] {
            let fingerprint = trial.fingerprint.as_deref();
            assert_eq!(fingerprint, Some("limits:time:copying"), "{trial:?}");
            assert_eq!(trial.reached, trial.detected);
            assert_eq!(trial.triggered, trial.detected);
        }
        assert!(ended[0][1].iter().all(|trial| trial.detected.is_some()));
    }
}
