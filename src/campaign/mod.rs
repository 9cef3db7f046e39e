//! Campaigns: many generated cases, judged on all cores.
//!
//! Case `i` of a campaign depends on the seed and on `i` alone, so the same
//! cases give the same findings and the same table whatever the number of jobs.

mod findings;
pub mod replay;
mod statistics;
pub mod targets;

pub use findings::{Finding, save};
pub use statistics::Statistics;

use crate::generate::{self, Drawn, Generator};
use crate::oracle::{Judged, Options, Subject, Verdict, judge_module};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What to run.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// Seed of all cases.
    pub seed: u64,
    /// How many cases, at most.
    pub cases: Option<u64>,
    /// Threads.
    pub jobs: usize,
    /// What makes the cases.
    pub generator: Generator,
    /// How to judge.
    pub options: Options,
    /// Id of the fault that `options` contain, for the headers of findings.
    pub fault: Option<String>,
    /// Stop at the first finding.
    pub stop_at_first: bool,
}

/// What a campaign found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Counts.
    pub statistics: Statistics,
    /// One finding per fingerprint: that of the lowest case.
    pub findings: BTreeMap<String, Finding>,
}

/// How a campaign goes, for whoever watches.
#[derive(Debug, Default)]
pub struct Progress {
    /// Cases done.
    pub cases: AtomicU64,
    /// Findings, duplicates included.
    pub findings: AtomicU64,
    stop: AtomicBool,
}

impl Progress {
    /// Asks the campaign to end soon.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Runs a campaign to its end, or until `progress` is told to stop.
pub fn run(campaign: &Campaign, progress: &Progress) -> Outcome {
    let next = AtomicU64::new(0);
    let outcome = Mutex::new(Outcome::default());
    std::thread::scope(|scope| {
        for _ in 0..campaign.jobs.max(1) {
            scope.spawn(|| {
                let mut mine = Outcome::default();
                while !progress.stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if campaign.cases.is_some_and(|cases| index >= cases) {
                        break;
                    }
                    one(campaign, index, progress, &mut mine);
                }
                // A poisoned lock means that another job panicked, which ends
                // the campaign when the scope does.
                if let Ok(mut outcome) = outcome.lock() {
                    outcome.add(mine);
                }
            });
        }
    });
    outcome.into_inner().unwrap_or_default()
}

/// Generates and judges one case.
fn one(campaign: &Campaign, index: u64, progress: &Progress, mine: &mut Outcome) {
    let blame = Blame {
        seed: campaign.seed,
        index,
    };
    match campaign
        .generator
        .case(&generate::input(campaign.seed, index))
    {
        Err(_) => mine.statistics.not_generated += 1,
        Ok(drawn) => {
            let options = campaign.options.for_case(drawn.extra, drawn.reschedule);
            match judge_module(&drawn.case, &drawn.module, &options) {
                Err(_) => mine.statistics.not_generated += 1,
                Ok(judged) => {
                    mine.statistics.count(&judged);
                    if judged.verdict.is_finding() {
                        progress.findings.fetch_add(1, Ordering::Relaxed);
                        mine.keep(finding(campaign, index, &options, drawn, judged));
                        if campaign.stop_at_first {
                            progress.stop();
                        }
                    }
                }
            }
        }
    }
    progress.cases.fetch_add(1, Ordering::Relaxed);
    drop(blame);
}

/// Keeps a case with a bad verdict.
fn finding(
    campaign: &Campaign,
    index: u64,
    options: &Options,
    drawn: Drawn,
    judged: Judged,
) -> Finding {
    let (verdict, collectors) = settle(&campaign.options, options, &drawn, judged);
    Finding {
        seed: campaign.seed,
        index,
        fingerprint: verdict.fingerprint().unwrap_or_default(),
        verdict,
        case: drawn.case,
        fault: campaign.fault.clone(),
        collectors,
    }
}

/// The verdict on a case that was judged badly with `options`, and the heaps it
/// is about. Two heaps that differ are judged once more together with all others
/// of `campaign`, which tell who is wrong.
fn settle(
    campaign: &Options,
    options: &Options,
    drawn: &Drawn,
    judged: Judged,
) -> (Verdict, Vec<&'static str>) {
    let names = |options: &Options| options.collectors.iter().map(Subject::name).collect();
    if let Verdict::Differ(_) = judged.verdict {
        let all = campaign.for_case(u8::MAX, drawn.reschedule);
        if let Ok(again) = judge_module(&drawn.case, &drawn.module, &all)
            && again.verdict.is_finding()
        {
            return (again.verdict, names(&all));
        }
    }
    (judged.verdict, names(options))
}

impl Outcome {
    fn keep(&mut self, finding: Finding) {
        match self.findings.get(&finding.fingerprint) {
            Some(earlier) if earlier.index <= finding.index => {}
            _ => {
                let key = finding.fingerprint.clone();
                self.findings.insert(key, finding);
            }
        }
    }

    fn add(&mut self, other: Outcome) {
        self.statistics.add(&other.statistics);
        for finding in other.findings.into_values() {
            self.keep(finding);
        }
    }
}

/// Names the case if judging it panics: that is a bug of ours.
struct Blame {
    seed: u64,
    index: u64,
}

impl Drop for Blame {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "gcdiff panicked in case {} of seed {}; \
                 `gcdiff generate --seed {} --case {}` prints it",
                self.index, self.seed, self.seed, self.index
            );
        }
    }
}
