//! Summaries of the trials of one fault.

use super::{Fault, Trial, quantile};
use serde::Serialize;
use std::collections::BTreeMap;

/// The median and the 90th percentile over seeds of the first case in which an
/// event happened; `None` beyond the last case.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Quantiles {
    /// The median.
    pub median: Option<u64>,
    /// The 90th percentile.
    pub p90: Option<u64>,
}

impl Quantiles {
    fn of(trials: &[Trial], time: impl Fn(&Trial) -> Option<u64>) -> Quantiles {
        let times: Vec<Option<u64>> = trials.iter().map(time).collect();
        Quantiles {
            median: quantile(&times, 50),
            p90: quantile(&times, 90),
        }
    }
}

/// Processor time until a fault is detected.
#[derive(Copy, Clone, PartialEq, Debug, Serialize)]
pub struct CpuToDetection {
    /// The estimated mean in microseconds: the time of all trials over the number of detections. That
    /// is the estimate of greatest likelihood if each unit of time detects the fault with the same
    /// chance; a trial without detection counts with the time that it took. Without any detection it
    /// is a lower bound.
    pub mean_us: f64,
    /// The number of trials that detected the fault.
    pub detections: usize,
}

impl CpuToDetection {
    fn of(trials: &[Trial]) -> Option<CpuToDetection> {
        let times = trials.iter().map(|trial| trial.cpu_us);
        let total: u64 = times.sum::<Option<u64>>()?;
        let detections = trials.iter().filter(|t| t.detected.is_some()).count();
        Some(CpuToDetection {
            mean_us: total as f64 / detections.max(1) as f64,
            detections,
        })
    }

    /// The geometric mean over faults in microseconds, and its relative standard error.
    pub fn mean_of(all: &[CpuToDetection]) -> Option<(f64, f64)> {
        if all.is_empty() {
            return None;
        }
        let count = all.len() as f64;
        let logs = all.iter().map(|cpu| cpu.mean_us.max(1.0).ln());
        // The logarithm of one estimate has about this variance.
        let variances = all.iter().map(|cpu| 1.0 / cpu.detections.max(1) as f64);
        let error = variances.sum::<f64>().sqrt() / count;
        Some(((logs.sum::<f64>() / count).exp(), error))
    }
}

/// The trials of one fault.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The fault's id.
    pub id: &'static str,
    /// The origin of the bug.
    pub source: &'static str,
    /// The mechanism of the bug.
    pub mechanism: &'static str,
    /// The first case in which the faulty code ran.
    pub reached: Quantiles,
    /// The first case in which its effect was wrong.
    pub triggered: Quantiles,
    /// The first case that was a finding.
    pub detected: Quantiles,
    /// The processor time of a detection, if it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<CpuToDetection>,
    /// The law or comparison that detected the fault first in most trials.
    pub law: Option<String>,
    /// For each fingerprint, the number of trials in which it was the first.
    pub fingerprints: BTreeMap<String, usize>,
    /// The trials, in order of the seeds.
    pub trials: Vec<Trial>,
}

impl Summary {
    /// Summarises trials.
    pub fn new(fault: &Fault, trials: &[Trial]) -> Summary {
        let mut fingerprints: BTreeMap<String, usize> = BTreeMap::new();
        let mut laws: BTreeMap<String, usize> = BTreeMap::new();
        for fingerprint in trials.iter().filter_map(|t| t.fingerprint.as_ref()) {
            *fingerprints.entry(fingerprint.clone()).or_default() += 1;
            let law = fingerprint.split(':').next().unwrap_or_default();
            *laws.entry(law.to_string()).or_default() += 1;
        }
        Summary {
            id: fault.id,
            source: fault.source,
            mechanism: fault.mechanism,
            reached: Quantiles::of(trials, |t| t.reached),
            triggered: Quantiles::of(trials, |t| t.triggered),
            detected: Quantiles::of(trials, |t| t.detected),
            cpu: CpuToDetection::of(trials),
            law: most(&laws).map(|(law, _)| law.clone()),
            fingerprints,
            trials: trials.to_vec(),
        }
    }

    /// The fingerprint that was the first in most trials, and in how many.
    pub fn fingerprint(&self) -> Option<(&String, usize)> {
        most(&self.fingerprints)
    }

    /// The number of trials in which the fault was detected.
    pub fn noticed(&self) -> usize {
        self.trials.iter().filter(|t| t.detected.is_some()).count()
    }
}

/// The key with the largest count; among several, the first alphabetically.
fn most(counts: &BTreeMap<String, usize>) -> Option<(&String, usize)> {
    let most = counts.iter().rev().max_by_key(|(_, count)| **count);
    most.map(|(key, count)| (key, *count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_without_detection_count_with_their_time() {
        let trial = |detected, cpu_us| Trial {
            detected,
            cpu_us: Some(cpu_us),
            ..Trial::default()
        };
        let some = [trial(Some(3), 300), trial(None, 900), trial(Some(1), 100)];
        let cpu = CpuToDetection::of(&some).unwrap();
        assert_eq!((cpu.mean_us, cpu.detections), (650.0, 2));
        let never = CpuToDetection::of(&some[1..2]).unwrap();
        assert_eq!((never.mean_us, never.detections), (900.0, 0));
        let (mean, error) = CpuToDetection::mean_of(&[cpu, never]).unwrap();
        assert!((mean - (650.0_f64 * 900.0).sqrt()).abs() < 1e-6, "{mean}");
        assert!((error - 1.5_f64.sqrt() / 2.0).abs() < 1e-6, "{error}");
        // Where nothing is measured, there is no figure.
        let unmeasured = Trial::default();
        assert_eq!(CpuToDetection::of(&[unmeasured]), None);
        assert_eq!(CpuToDetection::mean_of(&[]), None);
    }
}
