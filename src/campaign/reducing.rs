//! Reduction of findings while a campaign goes on, or after a replay.

use super::{Finding, Progress};
use crate::case::{Case, Header};
use crate::oracle::{Options, Report, Verdict, catch};
use crate::reduce::{self, ReducedFinding, Settings, reduce_finding};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A finding made small.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reduction {
    /// The reduced case.
    pub finding: ReducedFinding,
    /// Its text, which `gcdiff run` replays.
    pub text: String,
    /// The verdict on it, with lines of the text.
    pub verdict: Verdict,
}

/// The reduction of each fingerprint's finding, or why there is none.
pub type Reductions = BTreeMap<String, Result<Reduction, String>>;

/// Findings that are to be reduced, and those that are.
#[derive(Debug)]
pub(crate) struct Reducer {
    /// All options of the oracle; those of a finding are part of them.
    options: Options,
    timeout: Option<Duration>,
    progress: Progress,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Finding>,
    /// Threads at work.
    working: usize,
    /// Time that threads have spent, added up.
    spent: Duration,
    done: Reductions,
}

/// One of the threads that reduce at a time. Ends its work when dropped.
struct Place<'a>(&'a Reducer);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.state().working -= 1;
    }
}

impl Reducer {
    pub fn new(options: Options, timeout: Option<Duration>, progress: Progress) -> Reducer {
        Reducer {
            options,
            timeout,
            progress,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a finding.
    pub fn add(&self, finding: Finding) {
        self.state().queue.push_back(finding);
    }

    /// Reduces the next queued finding, on this thread, unless `most` threads do so already.
    /// `found` gets the reduction. Returns whether there was one to reduce.
    pub fn work(&self, most: usize, found: &dyn Fn(&Finding, &Reduction)) -> bool {
        let (finding, _place) = {
            let mut state = self.state();
            if state.working >= most {
                return false;
            }
            let Some(finding) = state.queue.pop_front() else {
                return false;
            };
            state.working += 1;
            (finding, Place(self))
        };
        let start = Instant::now();
        let reduced = self.reduced(&finding);
        self.state().spent += start.elapsed();
        if let Ok(reduction) = &reduced {
            found(&finding, reduction);
        }
        self.state().done.insert(finding.fingerprint, reduced);
        self.progress.reduced.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Reduces all that is queued, on at most so many threads.
    pub fn finish(&self, jobs: usize, found: &(dyn Fn(&Finding, &Reduction) + Sync)) {
        let jobs = jobs.min(self.state().queue.len());
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| while self.work(jobs, found) {});
            }
        });
    }

    /// The time that threads have spent on reductions, added up.
    pub fn spent(&self) -> Duration {
        self.state().spent
    }

    /// The reductions so far.
    pub fn take(&self) -> Reductions {
        std::mem::take(&mut self.state().done)
    }

    fn reduced(&self, finding: &Finding) -> Result<Reduction, String> {
        if self.progress.stops_reducing() {
            return Err("the run was ended before".into());
        }
        if finding.is_endless() {
            return Err("the case does not end in time".into());
        }
        let (Some(case), true) = (&finding.case, finding.runs()) else {
            return Err("the case alone does not show the finding".into());
        };
        let header = finding.pins.header();
        let options = self.options.for_header(&header);
        let options = options.map_err(|e| e.to_string())?;
        // A panic of gcdiff must not end the campaign.
        catch(Report::Loud, || {
            self.reduction(finding, case.clone(), &options)
        })
        .map_err(|_| "the reduction was ended by a panic, which is a bug of gcdiff".to_string())?
    }

    fn reduction(
        &self,
        finding: &Finding,
        case: Case,
        options: &Options,
    ) -> Result<Reduction, String> {
        let settings = Settings::default();
        let often = reduce::audited_often(&case, options, self.timeout);
        let reduced = reduce_finding(case, &often, self.timeout, &settings, &self.progress);
        let reduced = reduced.map_err(|e| e.to_string())?;
        let both = (options, &often);
        let keep = reduce::Keep::Fingerprint;
        let options = reduce::audited_as_before(&reduced.case, both, keep, self.timeout);
        let header = Header {
            audit: options.pins().header().audit,
            ..reduce::header(&finding.header(), reduced.finished)
        };
        let (text, verdict) = reduce::text_and_verdict(&reduced.case, &header, &options)
            .map_err(|e| e.to_string())?;
        // An engine may not have answered again before the campaign had to end.
        if verdict.fingerprint().as_ref() != Some(&finding.fingerprint) {
            return Err("the reduced case does not show the finding again".into());
        }
        Ok(Reduction {
            finding: reduced,
            text,
            verdict,
        })
    }
}

impl reduce::Progress for Progress {
    fn accepted(&self, _: &str, _: &Case, _: u64) {}

    fn is_stopped(&self) -> bool {
        self.stops_reducing()
    }
}
