//! Subjects: the collectors and engines under test.

use super::audit::{Garbage, Timing};
use super::divergence::{Moment, RunState};
use super::history::{History, HistoryRequest};
use super::layers::Layers;
use super::panics::{Report, catch};
use super::verdict::Reason;
use super::violation::Violation;
use crate::case::{Case, RunStats};
use crate::heap::{Heap, Reclaims};
use crate::module::Module;
use crate::observe::{Observation, Parts};
use std::fmt;
use std::sync::Arc;

/// Something that runs cases and reports observations: a collector on the
/// engine of this crate ([`HeapSubject`](super::HeapSubject)), another engine
/// in another process, or a list of recorded observations.
///
/// A run depends only on the case and the options: threads share subjects, and
/// a case may be run again.
///
/// Subjects of one verdict need distinct names.
///
/// A subject in front of another, which changes what it shows:
///
/// ```
/// use gcdiff::prelude::*;
/// use std::sync::Arc;
///
/// struct Forgetful(SharedSubject);
///
/// impl Subject for Forgetful {
///     fn name(&self) -> &str {
///         "forgetful"
///     }
///
///     fn reclaims(&self) -> Reclaims {
///         self.0.reclaims()
///     }
///
///     fn run(
///         &self,
///         case: &Case,
///         module: &Arc<Module>,
///         options: &RunOptions,
///     ) -> Result<SubjectRun, PlanError> {
///         let mut run = self.0.run(case, module, options)?;
///         if let Ok(observation) = &mut run.result {
///             observation.steps.pop();
///         }
///         Ok(run)
///     }
/// }
///
/// let (case, _) = gcdiff::case::read(b"(module (func (export \"f\")))")?;
/// let forgetful: SharedSubject = Arc::new(Forgetful(Collector::Null.into()));
/// let options = Options::default().with_collectors([Collector::Model.into(), forgetful]);
/// let fingerprint = judge(&case, &options)?.verdict.fingerprint();
/// assert_eq!(fingerprint.as_deref(), Some("differ:call:forgetful"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Subject: Send + Sync {
    /// Its name, in reports and fingerprints. A fingerprint cuts it at the
    /// first space.
    fn name(&self) -> &str;

    /// What a collection frees. A subject that frees nothing is not run a
    /// second time with other collections.
    fn reclaims(&self) -> Reclaims;

    /// The parts of an observation that it shows. Comparison leaves out the others.
    fn parts(&self) -> Parts {
        Parts::ALL
    }

    /// Whether it collects where the case's schedule says, and counts
    /// safepoints. If not, it is not run a second time with another schedule.
    fn follows_schedules(&self) -> bool {
        true
    }

    /// Whether it is the unchanged model of this crate, which is right even if
    /// all other subjects differ from it.
    fn is_model(&self) -> bool {
        false
    }

    /// The option of the command line that makes the subject known, if a case's header cannot name it.
    /// It is part of the commands that replay a finding.
    fn option(&self) -> Option<&str> {
        None
    }

    /// The state of a run at a moment, to find the operation after which two runs differ. `None` if
    /// the subject does not show it, or the run stops before that moment.
    fn state(
        &self,
        case: &Case,
        module: &Arc<Module>,
        moment: Moment,
        options: &RunOptions,
    ) -> Option<RunState> {
        let _ = (case, module, moment, options);
        None
    }

    /// What happened in a run up to a moment. `None` if the subject cannot tell.
    fn history(
        &self,
        case: &Case,
        module: &Arc<Module>,
        request: HistoryRequest,
        options: &RunOptions,
    ) -> Option<History> {
        let _ = (case, module, request, options);
        None
    }

    /// A new heap, if the subject is a heap on the engine of this crate. Scripts run on it
    /// ([`script::run_on`](crate::script::run_on)).
    fn heap(&self) -> Option<Box<dyn Heap>> {
        None
    }

    /// Runs a case. `module` is the case's module, compiled. A panic is a finding
    /// about the subject.
    ///
    /// # Errors
    ///
    /// If the case's plan does not fit its module.
    fn run(
        &self,
        case: &Case,
        module: &Arc<Module>,
        options: &RunOptions,
    ) -> Result<SubjectRun, PlanError>;
}

/// A subject that several lists share.
pub type SharedSubject = Arc<dyn Subject>;

impl fmt::Debug for dyn Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subject").field(&self.name()).finish()
    }
}

/// How a subject runs a case. A subject without audits ignores it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RunOptions {
    /// When to audit.
    pub timing: Timing,
    /// How much of the oracle is on.
    pub layers: Layers,
    /// Bytes of memory that the run may use.
    pub footprint: u64,
}

/// The plan of a case does not fit its module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanError(pub String);

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PlanError {}

/// A run of a subject.
#[derive(Clone, Debug)]
pub struct SubjectRun {
    /// What an embedder saw.
    pub result: Result<Observation, Failure>,
    /// Statistics, as far as the subject has any.
    pub stats: RunStats,
    /// Garbage of a counting heap at the end of the run.
    pub garbage: Garbage,
}

/// Why a run has no observation.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// A law is broken.
    Violation(Box<Violation>),
    /// The run is inconclusive. The second part has details.
    Discard(Reason, String),
}

impl SubjectRun {
    /// A run with this result and no statistics.
    pub fn new(result: Result<Observation, Failure>) -> SubjectRun {
        SubjectRun {
            result,
            stats: RunStats::default(),
            garbage: Garbage::default(),
        }
    }
}

/// Runs a case on a subject. A panic is a violation.
pub(super) fn run_caught(
    subject: &dyn Subject,
    case: &Case,
    module: &Arc<Module>,
    options: &RunOptions,
) -> Result<SubjectRun, PlanError> {
    let ran = catch(Report::Quiet, || subject.run(case, module, options));
    let ran = ran.map(|ran| {
        let mut ran = ran?;
        // A subject in front of another one passes its violations on.
        if let Err(Failure::Violation(violation)) = &mut ran.result {
            violation.collector = subject.name().into();
        }
        Ok(ran)
    });
    ran.unwrap_or_else(|panic| {
        let violation = Violation::panic(subject.name(), panic);
        Ok(SubjectRun::new(Err(Failure::Violation(Box::new(
            violation,
        )))))
    })
}

/// A subject that reports when it runs.
struct Noted<F> {
    subject: SharedSubject,
    note: F,
}

/// The same subject, which calls `note` with its name when a run begins, and
/// with `None` when it has ended, also by a panic. This is for a thread that
/// waits for the run.
pub(crate) fn noted(
    subject: SharedSubject,
    note: impl Fn(Option<&str>) + Send + Sync + 'static,
) -> SharedSubject {
    Arc::new(Noted { subject, note })
}

impl<F: Fn(Option<&str>) + Send + Sync> Subject for Noted<F> {
    fn name(&self) -> &str {
        self.subject.name()
    }

    fn reclaims(&self) -> Reclaims {
        self.subject.reclaims()
    }

    fn parts(&self) -> Parts {
        self.subject.parts()
    }

    fn follows_schedules(&self) -> bool {
        self.subject.follows_schedules()
    }

    fn option(&self) -> Option<&str> {
        self.subject.option()
    }

    fn is_model(&self) -> bool {
        self.subject.is_model()
    }

    fn state(
        &self,
        case: &Case,
        module: &Arc<Module>,
        moment: Moment,
        options: &RunOptions,
    ) -> Option<RunState> {
        self.subject.state(case, module, moment, options)
    }

    fn history(
        &self,
        case: &Case,
        module: &Arc<Module>,
        request: HistoryRequest,
        options: &RunOptions,
    ) -> Option<History> {
        self.subject.history(case, module, request, options)
    }

    fn heap(&self) -> Option<Box<dyn Heap>> {
        self.subject.heap()
    }

    fn run(
        &self,
        case: &Case,
        module: &Arc<Module>,
        options: &RunOptions,
    ) -> Result<SubjectRun, PlanError> {
        struct Ends<'a, F: Fn(Option<&str>)>(&'a F);
        impl<F: Fn(Option<&str>)> Drop for Ends<'_, F> {
            fn drop(&mut self) {
                (self.0)(None);
            }
        }
        (self.note)(Some(self.name()));
        let _ends = Ends(&self.note);
        self.subject.run(case, module, options)
    }
}
