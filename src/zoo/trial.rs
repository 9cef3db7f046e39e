//! How many generated cases it takes to notice a fault.

use super::{Fault, Probe};
use crate::generate::{self, Generator};
use crate::oracle::{Options, judge_module};
use serde::Serialize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// One fault against the cases of one seed. Cases are counted from 1; `None` if
/// it did not come to that.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Trial {
    /// The first case in which the faulty hook ran.
    pub reached: Option<u64>,
    /// The first case in which its effect was wrong.
    pub triggered: Option<u64>,
    /// The first case with a bad verdict.
    pub detected: Option<u64>,
    /// The fingerprint of that verdict.
    pub fingerprint: Option<String>,
}

/// What a trial is made with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What makes the cases.
    pub generator: Generator,
    /// How to judge.
    pub options: Options,
}

/// Judges the cases of a seed, as a campaign with these options would, until one
/// tells, or until there have been `cases` of them. Every case is added to
/// `done`.
pub fn trial(fault: Fault, seed: u64, cases: u64, setup: &Setup, done: &AtomicU64) -> Trial {
    let never = AtomicBool::new(false);
    trial_until(fault, seed, cases, setup, done, &never).unwrap_or_default()
}

/// The same; nothing if `stop` is set before it has come to its end.
fn trial_until(
    fault: Fault,
    seed: u64,
    cases: u64,
    setup: &Setup,
    done: &AtomicU64,
    stop: &AtomicBool,
) -> Option<Trial> {
    let probe = Probe::default();
    let options = fault.switch_on(setup.options.clone(), &probe);
    let mut trial = Trial::default();
    for case in 1..=cases {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        done.fetch_add(1, Ordering::Relaxed);
        // The cases of a campaign are counted from 0.
        let Ok(drawn) = setup.generator.case(&generate::input(seed, case - 1)) else {
            continue;
        };
        let options = options.for_case(drawn.extra, drawn.reschedule);
        let Ok(judged) = judge_module(&drawn.case, &drawn.module, &options) else {
            continue;
        };
        let after = |count: u64| (count > 0).then_some(case);
        trial.reached = trial.reached.or(after(probe.reached()));
        trial.triggered = trial.triggered.or(after(probe.triggered()));
        if judged.verdict.is_finding() {
            trial.detected = Some(case);
            trial.fingerprint = judged.verdict.fingerprint();
            break;
        }
    }
    Some(trial)
}

/// Holds trials of faults against seeds.
#[derive(Clone, Debug)]
pub struct Trials {
    /// The faults.
    pub faults: Vec<Fault>,
    /// Seeds 0 up to this, this not included.
    pub seeds: u64,
    /// Cases per trial, at most.
    pub cases: u64,
    /// Threads. The results do not depend on it.
    pub jobs: usize,
}

impl Trials {
    /// How many trials one setup takes.
    pub fn len(&self) -> u64 {
        self.faults.len() as u64 * self.seeds
    }

    /// Whether there is nothing to try.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All trials: for each setup, for each fault, one for each seed. Cases
    /// judged are added to `done`, trials ended to `ended`.
    pub fn run(
        &self,
        setups: &[Setup],
        done: &AtomicU64,
        ended: &AtomicU64,
    ) -> Vec<Vec<Vec<Trial>>> {
        let never = AtomicBool::new(false);
        let results = self.run_until(setups, done, ended, &never);
        let flat = |trials: Vec<Option<Trial>>| trials.into_iter().flatten().collect();
        let of_setup = |faults: Vec<Vec<_>>| faults.into_iter().map(flat).collect();
        results.into_iter().map(of_setup).collect()
    }

    /// The same; nothing in the place of those that had not come to their end
    /// when `stop` was set.
    pub fn run_until(
        &self,
        setups: &[Setup],
        done: &AtomicU64,
        ended: &AtomicU64,
        stop: &AtomicBool,
    ) -> Vec<Vec<Vec<Option<Trial>>>> {
        let seeds = self.seeds as usize;
        let of_setup = vec![vec![None; seeds]; self.faults.len()];
        let results = Mutex::new(vec![of_setup; setups.len()]);
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let is_over = stop.load(Ordering::Relaxed);
                        if is_over || self.is_empty() || i >= setups.len() * self.len() as usize {
                            break;
                        }
                        let (rest, seed) = (i / seeds, i % seeds);
                        let (setup, fault) = (rest / self.faults.len(), rest % self.faults.len());
                        let (chosen, with) = (self.faults[fault], &setups[setup]);
                        let trial = trial_until(chosen, seed as u64, self.cases, with, done, stop);
                        ended.fetch_add(1, Ordering::Relaxed);
                        // Only a panic of another thread poisons this, and that
                        // ends the scope anyway.
                        if let Ok(mut results) = results.lock() {
                            results[setup][fault][seed] = trial;
                        }
                    }
                });
            }
        });
        results.into_inner().unwrap_or_default()
    }
}

/// The smallest of `times` that at least `percent` of them do not exceed; `None`
/// where that is one that did not happen: right-censored.
pub fn quantile(times: &[Option<u64>], percent: usize) -> Option<u64> {
    let mut times: Vec<u64> = times.iter().map(|t| t.unwrap_or(u64::MAX)).collect();
    times.sort_unstable();
    let rank = (times.len() * percent).div_ceil(100).max(1);
    let time = *times.get(rank - 1)?;
    (time < u64::MAX).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo;

    #[test]
    fn quantiles_are_right_censored() {
        let times = [Some(3), None, Some(1), Some(7)];
        assert_eq!(quantile(&times, 50), Some(3));
        assert_eq!(quantile(&times, 75), Some(7));
        assert_eq!(quantile(&times, 76), None);
        assert_eq!(quantile(&times, 0), Some(1));
        assert_eq!(quantile(&[], 50), None);
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_jobs() {
        let with = |jobs| Trials {
            faults: vec![zoo::fault("W1").unwrap(), zoo::fault("D10").unwrap()],
            seeds: 3,
            cases: 20,
            jobs,
        };
        let setups = Generator::ALL.map(|generator| Setup {
            generator,
            options: Options::fuzzing(),
        });
        let run = |jobs| with(jobs).run(&setups, &AtomicU64::new(0), &AtomicU64::new(0));
        let results = run(1);
        assert_eq!(results, run(3));
        // W1 is noticed, and not before it has done something wrong; plain
        // modules of wasm-smith do not reach it.
        for trial in &results[0][0] {
            assert!(trial.reached <= trial.triggered, "{trial:?}");
            assert!(trial.triggered <= trial.detected, "{trial:?}");
            assert!(trial.detected.is_some(), "{trial:?}");
        }
        assert!(results[2][0].iter().all(|trial| trial.detected.is_none()));
    }
}
