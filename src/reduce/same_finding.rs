//! The predicate of findings: what a reduced case must still show on the engine of this crate.

use super::keep::Keep;
use super::{Predicate, ReduceError};
use crate::case::Case;
use crate::jobs::within;
use crate::module::{Module, features};
use crate::oracle::{JudgeReport, Options, SharedSubject, Verdict, judge_module};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use wasmparser::WasmFeatures;

/// Holds for cases with the same finding as a first one.
#[derive(Clone, Debug)]
pub struct SameFinding {
    options: Options,
    /// Fewer runs, if they show the finding. A candidate must show it in them first, and nearly
    /// all fail.
    screen: Option<Screen>,
    keep: Keep,
    key: String,
    /// The work that a run of a candidate may take, if the screen is not enough.
    work: Arc<AtomicU64>,
    /// The time that a verdict may take.
    timeout: Option<Duration>,
    /// Number of verdicts that took longer. Their threads are still running.
    abandoned: Arc<AtomicUsize>,
}

/// A part of all runs.
#[derive(Clone, Debug)]
struct Screen {
    options: Options,
    /// What they show.
    key: String,
    /// Whether nothing else is needed to show the finding, unless another heap breaks a law, too.
    is_enough: bool,
    /// The work that one of its runs may take.
    work: Arc<AtomicU64>,
}

/// Verdicts that may be abandoned. After that no candidate is kept.
const MAX_ABANDONED: usize = 3;

/// The work that a candidate may take beyond that of the smallest case so far, as a factor, and at
/// least (in estimated nanoseconds). Without a bound, an edit that makes a loop endless would take
/// seconds to be refused.
const MORE_WORK: u64 = 4;
const LEAST_WORK: u64 = 500_000;

/// The work that a case with a collection at every safepoint may take. Each candidate takes as
/// much at first.
const ANEW_WORK: u64 = 20_000_000;

/// The work that a candidate may take, after the report on the smallest case so far: in runs of
/// these subjects.
fn most_work(report: &JudgeReport, subjects: &[SharedSubject]) -> u64 {
    let is_theirs = |name: &str| subjects.iter().any(|subject| subject.name() == name);
    let stats = report.stats.iter().filter(|(name, _)| is_theirs(name));
    let used = stats.map(|(_, stats)| stats.work).max();
    used.unwrap_or(0).saturating_mul(MORE_WORK).max(LEAST_WORK)
}

impl SameFinding {
    /// Judges a case, and holds for those with the same finding. A verdict that takes longer than
    /// `timeout` is no finding; without a timeout, a heap that does not end ends nothing.
    ///
    /// # Errors
    ///
    /// If the case cannot be judged, shows no finding, or has not ended within the timeout.
    pub fn new(
        case: &Case,
        options: Options,
        keep: Keep,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<SameFinding, ReduceError> {
        let timeout = timeout.into();
        let report = match judged(case, &options, timeout) {
            Ok(report) => report.map_err(ReduceError)?,
            Err(Overdue) => {
                return Err(ReduceError(
                    "the case does not end in time (--timeout): a reduction would have to wait \
                     as long for each candidate"
                        .into(),
                ));
            }
        };
        let Some(key) = keep.key(&report.verdict) else {
            return Err(ReduceError(format!(
                "the case shows no finding: {}",
                report.verdict
            )));
        };
        let work = most_work(&report, &options.collectors);
        let mut same = SameFinding {
            options,
            screen: None,
            keep,
            key,
            work: Arc::new(work.into()),
            timeout,
            abandoned: Arc::default(),
        };
        same.narrow(case, &report.verdict);
        Ok(same)
    }

    /// What all cases with this finding have in common; see [`Keep::key`].
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The fingerprint that a case shows, if it has the same finding.
    pub(super) fn fingerprint(&self, case: &Case) -> Option<String> {
        let verdict = judged(case, &self.options, self.timeout)
            .ok()?
            .ok()?
            .verdict;
        let is_same = self.keep.key(&verdict).as_ref() == Some(&self.key);
        verdict.fingerprint().filter(|_| is_same)
    }

    /// The same, without a limit of time.
    pub fn without_timeout(self) -> SameFinding {
        SameFinding {
            timeout: None,
            ..self
        }
    }

    /// Looks for a screen: one subject alone breaks the law, or it and the model differ.
    fn narrow(&mut self, case: &Case, verdict: &Verdict) {
        let is_violation = matches!(verdict, Verdict::Violation(_));
        let is_wanted = |subject: &&SharedSubject| match verdict {
            Verdict::Violation(violation) => subject.name() == violation.collector,
            Verdict::Differ(difference) => {
                // A run is named by its heap, and by its schedule behind that.
                let first = difference.wrong.first().map(|run| run.split(' ').next());
                subject.is_model() || first == Some(subject.name().split(' ').next())
            }
            Verdict::Agree | Verdict::Discard(..) => false,
        };
        let few = self.options.collectors.iter().filter(is_wanted).cloned();
        let few = self.options.clone().with_collectors(few);
        let once = few.clone().with_reschedule(false);
        for options in [once, few] {
            let Ok(Ok(report)) = judged(case, &options, self.timeout) else {
                continue;
            };
            let Some(key) = self.keep.key(&report.verdict) else {
                continue;
            };
            let is_enough = is_violation && key == self.key;
            if is_enough || matches!(report.verdict, Verdict::Differ(_)) && !is_violation {
                let work = most_work(&report, &options.collectors);
                self.screen = Some(Screen {
                    options,
                    key,
                    is_enough,
                    work: Arc::new(work.into()),
                });
                return;
            }
        }
    }

    fn shows(&self, case: &Case, options: &Options, key: &str) -> bool {
        match judged(case, options, self.timeout) {
            Ok(judged) => {
                judged.is_ok_and(|report| self.keep.key(&report.verdict).as_deref() == Some(key))
            }
            Err(Overdue) => {
                self.abandoned.fetch_add(1, Ordering::Relaxed);
                false
            }
        }
    }

    /// [`Predicate::keeps`], with at least so much work.
    fn keeps_within(&self, case: &Case, least: u64) -> bool {
        if self.overdue() >= MAX_ABANDONED {
            return false;
        }
        let within = |work: &AtomicU64| {
            let mut case = case.clone();
            let most = work.load(Ordering::Relaxed).max(least);
            case.limits.work = case.limits.work.min(most);
            case
        };
        if let Some(screen) = &self.screen {
            if !self.shows(&within(&screen.work), &screen.options, &screen.key) {
                return false;
            }
            if screen.is_enough {
                return true;
            }
        }
        self.shows(&within(&self.work), &self.options, &self.key)
    }

    /// The bounds of work, for a case that is judged with a report.
    fn bounds(&self, case: &Case) -> Vec<(&AtomicU64, u64)> {
        let report = |options: &Options| judged(case, options, self.timeout).ok()?.ok();
        match &self.screen {
            Some(screen) if screen.is_enough => {
                let bound = |report| most_work(&report, &screen.options.collectors);
                let report = report(&screen.options);
                report
                    .map(|report| (&*screen.work, bound(report)))
                    .into_iter()
                    .collect()
            }
            screen => report(&self.options).map_or_else(Vec::new, |report| {
                let bound = |subjects: &[SharedSubject]| most_work(&report, subjects);
                let screen = screen.iter();
                let screen =
                    screen.map(|screen| (&*screen.work, bound(&screen.options.collectors)));
                screen
                    .chain([(&*self.work, bound(&self.options.collectors))])
                    .collect()
            }),
        }
    }
}

/// A verdict has taken too long.
struct Overdue;

fn judged(
    case: &Case,
    options: &Options,
    timeout: Option<Duration>,
) -> Result<Result<JudgeReport, String>, Overdue> {
    let Ok(module) = Module::new(&case.wasm, &mut Arc::default()) else {
        return Ok(Err("the module is not valid".into()));
    };
    let module = Arc::new(module);
    if timeout.is_none() {
        return Ok(judge_module(case, &module, options).map_err(|e| e.to_string()));
    }
    let (case, options) = (case.clone(), options.clone());
    let judged = within(timeout, move |desk| {
        judge_module(&case, &module, &desk.watching(&options)).map_err(|e| e.to_string())
    });
    judged.map_err(|_| Overdue)
}

impl Predicate for SameFinding {
    fn keeps(&self, case: &Case) -> bool {
        self.keeps_within(case, 0)
    }

    fn keeps_anew(&self, case: &Case) -> bool {
        self.keeps_within(case, ANEW_WORK)
    }

    fn goes_back(&self, case: &Case) {
        for (bound, work) in self.bounds(case) {
            bound.store(work, Ordering::Relaxed);
        }
    }

    fn confirms(&self, case: &Case) -> bool {
        match &self.screen {
            Some(screen) if screen.is_enough => self.shows(case, &self.options, &self.key),
            _ => true,
        }
    }

    fn accepted(&self, case: &Case) {
        for (bound, work) in self.bounds(case) {
            // A case that was refused for its work stays refused.
            bound.fetch_min(work, Ordering::Relaxed);
        }
    }

    fn features(&self) -> WasmFeatures {
        features()
    }

    fn overdue(&self) -> usize {
        self.abandoned.load(Ordering::Relaxed)
    }
}
