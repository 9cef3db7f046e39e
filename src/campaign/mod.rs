//! Campaigns: many generated cases, judged on all cores.
//!
//! Case `i` of a campaign depends on the seed and on `i` alone, so the same cases give the same
//! findings and the same table for any number of jobs.
//!
//! No case ends the campaign. A collector that panics is a finding (law *panic*), and so is one
//! that does not end within [`Campaign::timeout`] (law *limits*). A panic or an endless loop
//! outside all collectors is a bug of gcdiff: it becomes a finding about `gcdiff`, with its case,
//! beside the others.

mod finding;
mod folder;
mod job;
mod prepare;
mod quote;
mod reducing;
pub mod replay;
mod shelf;
mod statistics;
mod tally;
pub mod targets;

pub use finding::{Evidence, Finding, Origin};
pub(crate) use folder::{Folder, replace, try_replace};
pub(crate) use quote::{command_line, quote};
pub(crate) use reducing::Reducer;
pub use reducing::{Reduction, Reductions};
pub(crate) use shelf::Shelf;
pub use statistics::{Count, Statistics};
pub use tally::{Row, Tally};

use crate::generate::Profile;
use crate::oracle::Options;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Settings of a campaign. Start from [`Campaign::new`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Campaign {
    /// Seed of all cases.
    pub seed: u64,
    /// Number of the first case.
    pub start: u64,
    /// Maximum number of cases.
    pub cases: Option<u64>,
    /// Threads.
    pub jobs: usize,
    /// Generator of the cases, and the features of their modules.
    pub profile: Profile,
    /// Options of the oracle.
    pub options: Options,
    /// Id of the fault that `options` contain, for the headers of findings.
    pub fault: Option<String>,
    /// Stop at the first finding.
    pub stop_at_first: bool,
    /// Time limit per case, in processor time where the system reports it. A case that takes longer
    /// is a finding of law *limits*. Its thread cannot be ended: it is abandoned until the process
    /// ends, and after a few such cases the campaign ends.
    pub timeout: Option<Duration>,
    /// Reduce the finding of each fingerprint. One job in four, and at least one, reduces while the
    /// others go on; all of them do after the last case.
    pub reduce: bool,
}

impl Campaign {
    /// A campaign of the default generator on all cores. It has no last case and no time limit per
    /// case, does not stop at a finding, and reduces none.
    pub fn new(seed: u64, options: Options) -> Campaign {
        Campaign {
            seed,
            start: 0,
            cases: None,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            profile: Profile::default(),
            options,
            fault: None,
            stop_at_first: false,
            timeout: None,
            reduce: false,
        }
    }

    /// The number after that of the last case, if there is one.
    fn end(&self) -> Option<u64> {
        self.cases.map(|cases| self.start.saturating_add(cases))
    }

    /// Sets [`Campaign::cases`].
    pub fn with_cases(self, cases: impl Into<Option<u64>>) -> Campaign {
        let cases = cases.into();
        Campaign { cases, ..self }
    }

    /// Sets [`Campaign::start`]. Campaigns of one seed whose cases adjoin have the cases of one
    /// campaign between them: their counts add up to its counts.
    pub fn with_start(self, start: u64) -> Campaign {
        Campaign { start, ..self }
    }

    /// Sets [`Campaign::jobs`].
    pub fn with_jobs(self, jobs: usize) -> Campaign {
        Campaign { jobs, ..self }
    }

    /// Sets [`Campaign::profile`].
    pub fn with_profile(self, profile: impl Into<Profile>) -> Campaign {
        let profile = profile.into();
        Campaign { profile, ..self }
    }

    /// Sets [`Campaign::fault`].
    pub fn with_fault(self, fault: impl Into<Option<String>>) -> Campaign {
        let fault = fault.into();
        Campaign { fault, ..self }
    }

    /// Sets [`Campaign::stop_at_first`].
    pub fn with_stop_at_first(self, stop_at_first: bool) -> Campaign {
        Campaign {
            stop_at_first,
            ..self
        }
    }

    /// Sets [`Campaign::reduce`].
    pub fn with_reduce(self, reduce: bool) -> Campaign {
        Campaign { reduce, ..self }
    }

    /// Sets [`Campaign::timeout`].
    pub fn with_timeout(self, timeout: impl Into<Option<Duration>>) -> Campaign {
        let timeout = timeout.into();
        Campaign { timeout, ..self }
    }
}

/// Result of a campaign.
#[derive(Clone, Debug, Default)]
pub struct CampaignReport {
    /// Counts.
    pub statistics: Statistics,
    /// One finding per fingerprint: that of the lowest case.
    pub findings: BTreeMap<String, Finding>,
    /// Number of findings of each fingerprint.
    pub counts: BTreeMap<String, u64>,
    /// The finding of each fingerprint, reduced, if [`Campaign::reduce`] is set.
    pub reduced: Reductions,
    /// Time until the last case was judged, less the share of it in which jobs reduced findings.
    pub judged_in: Duration,
    /// Whether the campaign ended early because too many cases did not end.
    pub gave_up: bool,
    /// Why the campaign ended early because a subject cannot run cases any more, such as an engine whose
    /// runner does not start.
    pub cannot_judge: Option<String>,
    /// Why the first case that was discarded was.
    pub first_discard: Option<(u64, String)>,
}

/// Progress of a campaign, shared with an observer. Clones refer to the same campaign.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Cases done.
    pub cases: Arc<AtomicU64>,
    /// Findings, duplicates included.
    pub findings: Arc<AtomicU64>,
    /// Findings that are reduced, or cannot be.
    pub reduced: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    interrupt: Arc<AtomicBool>,
    stop_reducing: Arc<AtomicBool>,
    report: Arc<Mutex<CampaignReport>>,
}

impl Progress {
    /// Asks the campaign to end once the cases in progress are judged, with all others of their modules,
    /// and the findings reduced.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Asks the campaign to end once the cases that are being judged are done. Other cases of their modules
    /// are skipped, so which cases are judged depends on time.
    pub fn interrupt(&self) {
        self.interrupt.store(true, Ordering::Relaxed);
        self.stop();
    }

    /// Asks reductions to end with what they have.
    pub fn stop_reducing(&self) {
        self.stop_reducing.store(true, Ordering::Relaxed);
    }

    /// Whether [`Progress::stop_reducing`] was called.
    pub fn stops_reducing(&self) -> bool {
        self.stop_reducing.load(Ordering::Relaxed)
    }

    /// Whether [`Progress::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The report so far of a campaign that runs, or that a panic has ended. Empty before it begins,
    /// and when it has returned its report.
    pub fn report(&self) -> CampaignReport {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, CampaignReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Receives findings while a campaign runs: those with a new fingerprint, or with the lowest case
/// of their fingerprint so far. Called by one thread at a time.
pub trait Listener: Send + 'static {
    /// A finding was made. Called at once by the job that made it. A lower case with the same
    /// fingerprint may follow, but no higher one.
    fn found(&mut self, finding: &Finding);

    /// All lower cases are judged, and none of them has the same fingerprint. Called in the order
    /// of the cases, and before the next case of the job that made the finding.
    fn settled(&mut self, finding: &Finding);

    /// A settled finding was reduced; see [`Campaign::reduce`]. Findings may be reduced in another
    /// order than that of their cases.
    fn reduced(&mut self, _: &Finding, _: &Reduction) {}
}

/// Ignores all findings.
impl Listener for () {
    fn found(&mut self, _: &Finding) {}

    fn settled(&mut self, _: &Finding) {}
}

/// Runs a campaign to its end, or until `progress` is stopped.
pub fn run(campaign: &Campaign, progress: &Progress) -> CampaignReport {
    run_with(campaign, progress, ())
}

/// Runs a campaign as [`run`] does, and reports findings to `listener`.
///
/// # Panics
///
/// If `listener` panics.
pub fn run_with(
    campaign: &Campaign,
    progress: &Progress,
    listener: impl Listener,
) -> CampaignReport {
    job::run(campaign, progress, Box::new(listener))
}

impl CampaignReport {
    /// The number of the lowest case with a fingerprint so far.
    fn lowest(&self, fingerprint: &str) -> Option<u64> {
        self.findings.get(fingerprint).map(|finding| finding.number)
    }

    /// Counts a finding. Returns whether its fingerprint is new or its case the lowest with that
    /// fingerprint.
    fn keep(&mut self, finding: &Finding) -> bool {
        let key = &finding.fingerprint;
        *self.counts.entry(key.clone()).or_default() += 1;
        let earlier = self.lowest(key);
        let is_lowest = earlier.is_none_or(|earlier| finding.number < earlier);
        if is_lowest {
            self.findings.insert(key.clone(), finding.clone());
        }
        is_lowest
    }
}
