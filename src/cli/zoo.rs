//! `gcdiff zoo`: how fast each known bug is noticed.

use super::Ended;
use super::options::fault;
use super::output::say;
use super::progress::watched;
use crate::oracle::Options;
use crate::zoo::{FAULTS, Fault, Trial, Trials, quantile};
use clap::Args;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Switch on known bugs, one at a time, and count the cases until they show
///
/// For every fault and seed, cases are generated and judged as `gcdiff fuzz`
/// does until one is a finding. The table has the median and the 90th percentile
/// over the seeds of the first case in which the faulty code ran (reached), in
/// which it did something wrong (triggered), and which was a finding (detected);
/// `-` is beyond --cases.
#[derive(Args)]
pub(super) struct Zoo {
    /// Only these faults.
    #[arg(long, value_name = "ID", value_parser = fault, value_delimiter = ',', num_args = 1..)]
    fault: Vec<Fault>,

    /// Trials per fault, each with a seed of its own.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,

    /// Cases per trial, at most.
    #[arg(long, default_value_t = 1000)]
    cases: u64,

    /// Threads (default: one per core). The figures do not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
}

impl Zoo {
    pub(super) fn main(self) -> Result<Ended, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let trials = Trials {
            faults: match self.fault.is_empty() {
                true => FAULTS.to_vec(),
                false => self.fault,
            },
            seeds: self.seeds.into(),
            cases: self.cases,
            jobs: self.jobs.map_or(cores, usize::from),
            options: Options::fuzzing(),
        };
        let (cases, ended) = (AtomicU64::new(0), AtomicU64::new(0));
        let results = watched(
            Some(trials.faults.len() as u64 * trials.seeds),
            "{elapsed} {bar:30} {human_pos}/{human_len} trials, {msg}",
            || trials.run(&cases, &ended),
            |bar| {
                bar.set_position(ended.load(Ordering::Relaxed));
                bar.set_message(format!("{} cases", cases.load(Ordering::Relaxed)));
            },
        );
        let results = results.ok_or("a trial was ended by a panic")?;
        say!(
            "{:8} {:>15} {:>15} {:>15}  noticed as",
            "fault",
            "reached",
            "triggered",
            "detected"
        );
        for (fault, results) in trials.faults.iter().zip(&results) {
            say!(
                "{:8} {:>15} {:>15} {:>15}  {}",
                fault.id,
                times(results, |trial| trial.reached),
                times(results, |trial| trial.triggered),
                times(results, |trial| trial.detected),
                noticed(results)
            );
        }
        Ok(Ended::Agree)
    }
}

/// Median and 90th percentile.
fn times(trials: &[Trial], of: impl Fn(&Trial) -> Option<u64>) -> String {
    let times: Vec<Option<u64>> = trials.iter().map(of).collect();
    let show = |percent| quantile(&times, percent).map_or("-".into(), |case| case.to_string());
    format!("{} {:>7}", show(50), show(90))
}

/// The most frequent fingerprint, and how often it was that one.
fn noticed(trials: &[Trial]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for trial in trials {
        if let Some(fingerprint) = &trial.fingerprint {
            *counts.entry(fingerprint).or_default() += 1;
        }
    }
    // Of several, the first in order of the alphabet.
    let most = counts.iter().rev().max_by_key(|(_, count)| **count);
    match most {
        Some((fingerprint, count)) => format!("{fingerprint} ({count} of {})", trials.len()),
        None => "-".into(),
    }
}
