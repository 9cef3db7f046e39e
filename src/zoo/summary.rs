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
