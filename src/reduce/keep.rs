//! What a reduced case must still show, on the engine of this crate.

use super::{Predicate, ReduceError};
use crate::case::Case;
use crate::jobs::within;
use crate::module::{Module, features};
use crate::oracle::{JudgeReport, Options, Verdict, judge_module};
use crate::unknown_name::UnknownName;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use wasmparser::WasmFeatures;

/// What counts as the same finding.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Keep {
    /// The same fingerprint: law or difference, kind of object, instruction, heap.
    #[default]
    Fingerprint,
    /// The same law or kind of difference, and the same heap.
    Law,
    /// Any finding.
    Any,
}

const NAMES: [(&str, Keep); 3] = [
    ("fingerprint", Keep::Fingerprint),
    ("law", Keep::Law),
    ("any", Keep::Any),
];

impl Keep {
    /// What a verdict has in common with those that are the same finding.
    pub fn key(self, verdict: &Verdict) -> Option<String> {
        match (self, verdict) {
            (_, Verdict::Agree | Verdict::Discard(..)) => None,
            (Keep::Fingerprint, verdict) => verdict.fingerprint(),
            (Keep::Law, Verdict::Violation(v)) => Some(format!("{}:{}", v.law, v.collector)),
            (Keep::Law, verdict) => verdict.fingerprint(),
            (Keep::Any, _) => Some(String::new()),
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, keep)| keep == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

impl FromStr for Keep {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Keep, UnknownName> {
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found
            .map(|(_, keep)| *keep)
            .ok_or_else(|| UnknownName::new("kind of finding", text, NAMES.map(|(name, _)| name)))
    }
}

/// Holds for cases with the same finding as a first one.
#[derive(Clone, Debug)]
pub struct SameFinding {
    options: Options,
    /// The same with fewer runs, which a candidate must pass first: nearly all fail.
    screen: Option<Options>,
    keep: Keep,
    key: String,
    /// The work that a run of a candidate may take.
    work: Arc<AtomicU64>,
    /// The time that a verdict may take.
    timeout: Option<Duration>,
    /// Number of verdicts that took longer. Their threads are still running.
    abandoned: Arc<AtomicUsize>,
}

/// Verdicts that may be abandoned. After that no candidate is kept.
const MAX_ABANDONED: usize = 3;

/// The work that a candidate may take beyond that of the smallest case so far, as a factor, and at
/// least (in estimated nanoseconds). Without a bound, an edit that makes a loop endless would take
/// seconds to be refused.
const MORE_WORK: u64 = 4;
const LEAST_WORK: u64 = 500_000;

/// The work that a candidate may take, after the report on the smallest case so far.
fn most_work(report: &JudgeReport) -> u64 {
    let used = report.stats.iter().map(|(_, stats)| stats.work).max();
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
        let work = Arc::new(most_work(&report).into());
        let mut same = SameFinding {
            options,
            screen: None,
            keep,
            key,
            work,
            timeout,
            abandoned: Arc::default(),
        };
        if let Verdict::Violation(violation) = &report.verdict {
            same.screen = same.narrowed(case, &violation.collector);
        }
        Ok(same)
    }

    /// What all cases with this finding have in common; see [`Keep::key`].
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The fingerprint that a case shows, if it has the same finding.
    pub(super) fn fingerprint(&self, case: &Case) -> Option<String> {
        let verdict = judged(case, &self.options, self.timeout).ok()?.ok()?.verdict;
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

    /// Options with which one subject alone shows the finding.
    fn narrowed(&self, case: &Case, subject: &str) -> Option<Options> {
        let alone = self
            .options
            .collectors
            .iter()
            .filter(|s| s.name() == subject);
        let alone = self.options.clone().with_collectors(alone.cloned());
        let once = alone.clone().with_reschedule(false);
        [once, alone]
            .into_iter()
            .find(|options| self.shows(case, options))
    }

    fn shows(&self, case: &Case, options: &Options) -> bool {
        if self.overdue() >= MAX_ABANDONED {
            return false;
        }
        match judged(case, options, self.timeout) {
            Ok(judged) => judged
                .is_ok_and(|report| self.keep.key(&report.verdict).as_ref() == Some(&self.key)),
            Err(Overdue) => {
                self.abandoned.fetch_add(1, Ordering::Relaxed);
                false
            }
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
        let mut case = case.clone();
        case.limits.work = case.limits.work.min(self.work.load(Ordering::Relaxed));
        let screened = self
            .screen
            .as_ref()
            .is_none_or(|options| self.shows(&case, options));
        screened && self.shows(&case, &self.options)
    }

    fn features(&self) -> WasmFeatures {
        features()
    }

    fn accepted(&self, case: &Case) {
        if let Ok(Ok(report)) = judged(case, &self.options, self.timeout) {
            // A case that was refused for its work stays refused.
            self.work.fetch_min(most_work(&report), Ordering::Relaxed);
        }
    }

    fn overdue(&self) -> usize {
        self.abandoned.load(Ordering::Relaxed)
    }
}
