//! The predicate of findings: what a reduced case must still show on the engine of this crate.

use super::keep::Keep;
use super::{Answer, Predicate, ReduceError};
use crate::case::{self, Case};
use crate::engine::{Grain, NoInspector};
use crate::heap::null::Null;
use crate::jobs::within;
use crate::module::{Module, features};
use crate::oracle::{
    JudgeReport, Law, Layer, MAX_BYTES, Options, SharedSubject, Timing, Verdict, judge_module,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// Whether the finding is one of the law *language*.
    needs_code: bool,
    /// The work that a run of a candidate may take, if the screen is not enough.
    work: Arc<AtomicU64>,
    /// The time that a verdict may take.
    timeout: Option<Duration>,
}

/// A part of all runs.
#[derive(Clone, Debug)]
struct Screen {
    options: Options,
    /// What they show.
    key: String,
    /// The work that one of its runs may take.
    work: Arc<AtomicU64>,
}

/// Candidates that may not end in time. Their threads cannot be ended, and take time from the rest.
const MOST_OVERDUE: u64 = 3;

/// The work that a candidate may take beyond that of the smallest case so far, as a factor, and at
/// least (in estimated nanoseconds). Without a bound, an edit that makes a loop endless would take
/// seconds to be refused.
const MORE_WORK: u64 = 4;
const LEAST_WORK: u64 = 500_000;

/// The work that a case with a collection at every safepoint may take. Each candidate takes as
/// much at first.
const ANEW_WORK: u64 = 5_000_000;

/// The work of a run that costs nothing beyond its text: some thousand instructions.
const EASY_WORK: u64 = 100_000;

/// What twice as much work costs: as much as an instruction or two. And what a run costs that does not end
/// in time: more than any other.
const EFFORT: u64 = 8;
const ENDLESS: u64 = 1_000;

/// The options with which a finding is best reduced: with audits after every collection, if it shows with
/// them.
///
/// A sampled audit looks after few of the collections. So a candidate needs steps and instructions that
/// are there only to make the collection with the finding one of these.
pub fn audited_often(case: &Case, options: &Options, timeout: Option<Duration>) -> Options {
    if options.timing != Timing::Sampled || !options.layers.audits() {
        return options.clone();
    }
    let often = options.clone().with_timing(Timing::At(Grain::Collection));
    let fingerprint = |options: &Options| {
        let report = judged(case, options, timeout).ok()?.ok()?;
        report.verdict.fingerprint()
    };
    match fingerprint(options) {
        Some(found) if fingerprint(&often) == Some(found.clone()) => often,
        _ => options.clone(),
    }
}

/// The options for a case that was reduced with [`audited_often`]: those of the finding, if it shows with
/// them as well.
pub fn audited_as_before(
    case: &Case,
    (before, often): (&Options, &Options),
    keep: Keep,
    timeout: Option<Duration>,
) -> Options {
    let key = |options: &Options| {
        let report = judged(case, options, timeout).ok()?.ok()?;
        keep.key(&report.verdict)
    };
    let shows = || key(before).is_some_and(|found| key(often) == Some(found));
    match before.timing == often.timing || shows() {
        true => before.clone(),
        false => often.clone(),
    }
}

/// The work that a candidate may take, after the report on the smallest case so far: in runs of
/// these subjects.
fn most_work(report: &JudgeReport, subjects: &[SharedSubject]) -> u64 {
    used(report, subjects)
        .saturating_mul(MORE_WORK)
        .max(LEAST_WORK)
}

/// The work of the run that took most, or of its audits: they have a budget of the same size.
fn used(report: &JudgeReport, subjects: &[SharedSubject]) -> u64 {
    let is_theirs = |name: &str| subjects.iter().any(|subject| subject.name() == name);
    let stats = report.stats.iter().filter(|(name, _)| is_theirs(name));
    let work = stats.map(|(_, stats)| stats.work.max(stats.audit_work));
    work.max().unwrap_or(0)
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
        let needs_code = report.verdict.is_language();
        let options = match needs_code {
            true => options,
            // An edit may make wrong what the code of the case knows.
            false => Options {
                layers: options.layers.without(Layer::Law(Law::Language)),
                ..options
            },
        };
        let work = most_work(&report, &options.collectors);
        let mut same = SameFinding {
            options,
            screen: None,
            keep,
            key,
            needs_code,
            work: Arc::new(work.into()),
            timeout,
        };
        same.narrow(case, &report.verdict);
        Ok(same)
    }

    /// What all cases with this finding have in common; see [`Keep::key`].
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The verdict on a case, if it has the same finding.
    pub(super) fn verdict(&self, case: &Case) -> Option<Verdict> {
        let report = judged(case, &self.options, self.timeout).ok()?.ok()?;
        let is_same = self.keep.key(&report.verdict).as_ref() == Some(&self.key);
        is_same.then_some(report.verdict)
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
        if self.keep == Keep::Any {
            // Every heap counts.
            return;
        }
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
            let is_same = is_violation && key == self.key;
            if is_same || matches!(report.verdict, Verdict::Differ(_)) && !is_violation {
                let work = most_work(&report, &options.collectors);
                self.screen = Some(Screen {
                    options,
                    key,
                    work: Arc::new(work.into()),
                });
                return;
            }
        }
    }

    fn shows(&self, case: &Case, options: &Options, key: &str) -> Answer {
        match judged(case, options, self.timeout) {
            Ok(Ok(report)) => (self.keep.key(&report.verdict).as_deref() == Some(key)).into(),
            Ok(Err(_)) => Answer::Reject,
            Err(Overdue) => Answer::TimedOut,
        }
    }

    /// [`Predicate::keeps`], with at least so much work.
    fn keeps_within(&self, case: &Case, least: u64) -> Answer {
        let within = |work: &AtomicU64| {
            let mut case = case.clone();
            let most = work.load(Ordering::Relaxed).max(least);
            case.limits.work = case.limits.work.min(most);
            case
        };
        if let Some(screen) = &self.screen {
            let screened = self.shows(&within(&screen.work), &screen.options, &screen.key);
            if screened != Answer::Keep {
                return screened;
            }
        }
        self.shows(&within(&self.work), &self.options, &self.key)
    }

    /// The bounds of work after a case. `None` if it does not end in time.
    fn bounds(&self, case: &Case) -> Option<Vec<(&AtomicU64, u64)>> {
        let report = judged(case, &self.options, self.timeout).ok()?.ok()?;
        let bound = |options: &Options| most_work(&report, &options.collectors);
        let screen = self.screen.iter();
        let screen = screen.map(|screen| (&*screen.work, bound(&screen.options)));
        let all = screen.chain([(&*self.work, bound(&self.options))]);
        Some(all.collect())
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
    fn keeps(&self, case: &Case) -> Answer {
        self.keeps_within(case, 0)
    }

    fn judges_runs(&self) -> bool {
        true
    }

    fn needs_code(&self) -> bool {
        self.needs_code
    }

    fn keeps_anew(&self, case: &Case) -> Answer {
        self.keeps_within(case, ANEW_WORK)
    }

    fn collections(&self, case: &Case) -> Option<Vec<u64>> {
        let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).ok()?);
        // Every heap passes the same safepoints, until something is wrong.
        let heap = Null::new(MAX_BYTES);
        let ran = case::run(case, &module, heap, &mut NoInspector);
        Some(ran.store.collected_before_allocations().to_vec())
    }

    fn effort(&self, case: &Case) -> u64 {
        let options = self.screen.as_ref().map_or(&self.options, |s| &s.options);
        let report = match judged(case, options, self.timeout) {
            Ok(Ok(report)) => report,
            Ok(Err(_)) => return 0,
            Err(Overdue) => return ENDLESS,
        };
        let times = used(&report, &options.collectors) / EASY_WORK;
        times
            .checked_ilog2()
            .map_or(0, |log| (u64::from(log) + 1) * EFFORT)
    }

    fn goes_back(&self, case: &Case) {
        let Some(bounds) = self.bounds(case) else {
            // No bound but that of the case itself.
            let all = self.screen.iter().map(|screen| &screen.work);
            all.chain([&self.work])
                .for_each(|bound| bound.store(u64::MAX, Ordering::Relaxed));
            return;
        };
        for (bound, work) in bounds {
            bound.store(work, Ordering::Relaxed);
        }
    }

    fn accepted(&self, case: &Case) {
        for (bound, work) in self.bounds(case).unwrap_or_default() {
            // A case that was refused for its work stays refused.
            bound.fetch_min(work, Ordering::Relaxed);
        }
    }

    fn features(&self) -> WasmFeatures {
        features()
    }

    fn most_overdue(&self) -> u64 {
        MOST_OVERDUE
    }
}
