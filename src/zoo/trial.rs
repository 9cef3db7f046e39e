//! Trials: the number of generated cases until a fault is detected.

use super::Probe;
use crate::generate::{self, Generator};
use crate::jobs::{JudgedCase, judge_generated};
use crate::oracle::Options;
use serde::Serialize;

/// One fault against the cases of one seed. Cases are counted from 1; `None` if
/// the event did not happen.
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
    /// Processor time of the whole trial in microseconds, if that was asked for and the system
    /// reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_us: Option<u64>,
}

impl Trial {
    /// Records the progress of the fault at the end of a case.
    pub(super) fn note(&mut self, case: u64, probe: &Probe) {
        let by_now = |count: u64| (count > 0).then_some(case);
        self.reached = self.reached.or(by_now(probe.reached()));
        self.triggered = self.triggered.or(by_now(probe.triggered()));
    }
}

/// The setup of a trial.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The generator of the cases.
    pub generator: Generator,
    /// How to judge.
    pub options: Options,
}

/// Judges the cases of a seed, as a campaign would, until one is a finding or
/// `cases` cases have been judged. `options` have a fault that reports to
/// `probe`. `next` is called before each case is made, with its number and the
/// results so far; if it returns false, the trial ends without a result.
pub(super) fn follow(
    generator: &Generator,
    options: &Options,
    probe: &Probe,
    seed: u64,
    cases: u64,
    mut next: impl FnMut(u64, &Trial) -> bool,
) -> Option<Trial> {
    let mut trial = Trial::default();
    for case in 1..=cases {
        if !next(case, &trial) {
            return None;
        }
        // The cases of a campaign are counted from 0.
        let Ok(drawn) = generator.case(&generate::input(seed, case - 1)) else {
            continue;
        };
        let Ok(JudgedCase { judged, .. }) = judge_generated(options, &drawn) else {
            continue;
        };
        trial.note(case, probe);
        if judged.verdict.is_finding() {
            trial.detected = Some(case);
            trial.fingerprint = judged.verdict.fingerprint();
            break;
        }
    }
    Some(trial)
}

/// The smallest of `times` that at least `percent` of them do not exceed;
/// `None` if that one is right-censored: its event did not happen.
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

    #[test]
    fn quantiles_are_right_censored() {
        let times = [Some(3), None, Some(1), Some(7)];
        assert_eq!(quantile(&times, 50), Some(3));
        assert_eq!(quantile(&times, 75), Some(7));
        assert_eq!(quantile(&times, 76), None);
        assert_eq!(quantile(&times, 0), Some(1));
        assert_eq!(quantile(&[], 50), None);
    }
}
