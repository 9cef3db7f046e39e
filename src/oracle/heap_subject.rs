//! Collectors on the engine of this crate as subjects.

use super::audit::{Auditor, BrokenLaw, Timing};
use super::broken_at::BrokenAt;
use super::divergence::{Camera, Moment, RunState};
use super::history::{History, HistoryRequest, history};
use super::layers::{Layer, Layers};
use super::locate::locate;
use super::subject::{Failure, PlanError, RunOptions, SharedSubject, Subject, SubjectRun};
use super::variant::Variant;
use super::verdict::Reason;
use super::violation::{Law, Violation};
use crate::case::{self, Case, RunError, RunStats};
use crate::engine::{Resource, Stop};
use crate::heap::{Corruption, Heap, Reclaims};
use crate::module::Module;
use crate::observe::Observation;
use std::sync::Arc;

/// A collector under test: creates heaps, and runs and audits a case on one.
///
/// Every run gets a new heap, so a subject is a function that creates heaps.
/// Any type that is a [`Heap`] will do.
///
/// ```
/// use gcdiff::heap::drc::Drc;
/// use gcdiff::oracle::{HeapSubject, Subject};
///
/// let small = HeapSubject::new(|| Drc::new(1 << 20));
/// assert_eq!(small.name(), "drc");
/// ```
pub struct HeapSubject {
    name: &'static str,
    reclaims: Reclaims,
    is_model: bool,
    runs: Box<dyn Runs>,
}

/// Runs of cases on new heaps of one type.
trait Runs: Send + Sync {
    /// A run with audits; after a violation, it is run again at the finest grain.
    fn audited(
        &self,
        case: &Case,
        module: &Arc<Module>,
        options: &RunOptions,
    ) -> Result<SubjectRun, PlanError>;

    /// The state at a moment.
    fn state(&self, case: &Case, module: &Arc<Module>, moment: Moment) -> Option<RunState>;

    /// What happened up to a moment.
    fn history(&self, case: &Case, module: &Arc<Module>, request: HistoryRequest) -> History;

    /// A new heap, if it alone is what runs cases.
    fn heap(&self) -> Option<Box<dyn Heap>>;
}

impl<H: Heap + 'static, F: Fn() -> H + Send + Sync> Runs for F {
    fn audited(
        &self,
        case: &Case,
        module: &Arc<Module>,
        options: &RunOptions,
    ) -> Result<SubjectRun, PlanError> {
        audited(case, module, options, self)
    }

    fn state(&self, case: &Case, module: &Arc<Module>, moment: Moment) -> Option<RunState> {
        Camera::new(moment).of_run(case, module, self)
    }

    fn history(&self, case: &Case, module: &Arc<Module>, request: HistoryRequest) -> History {
        history(case, module, request, self)
    }

    fn heap(&self) -> Option<Box<dyn Heap>> {
        Some(Box::new(self()))
    }
}

/// Runs of a variant, which may compile modules in another way.
struct VariantRuns(Variant);

impl Runs for VariantRuns {
    fn audited(
        &self,
        case: &Case,
        module: &Arc<Module>,
        options: &RunOptions,
    ) -> Result<SubjectRun, PlanError> {
        let module = self.0.compiled(module);
        (|| self.0.heap()).audited(case, &module, options)
    }

    fn state(&self, case: &Case, module: &Arc<Module>, moment: Moment) -> Option<RunState> {
        let module = self.0.compiled(module);
        (|| self.0.heap()).state(case, &module, moment)
    }

    fn history(&self, case: &Case, module: &Arc<Module>, request: HistoryRequest) -> History {
        let module = self.0.compiled(module);
        (|| self.0.heap()).history(case, &module, request)
    }

    fn heap(&self) -> Option<Box<dyn Heap>> {
        // Its modules may be compiled in another way.
        None
    }
}

impl HeapSubject {
    /// A subject for the heaps that `make` creates. Its name is that of the heaps.
    pub fn new<H: Heap + 'static>(make: impl Fn() -> H + Send + Sync + 'static) -> HeapSubject {
        let heap = make();
        HeapSubject {
            name: heap.name(),
            reclaims: heap.reclaims(),
            is_model: false,
            runs: Box::new(make),
        }
    }

    /// The model, created by `make`.
    pub(super) fn model<H: Heap + 'static>(
        make: impl Fn() -> H + Send + Sync + 'static,
    ) -> HeapSubject {
        HeapSubject {
            is_model: true,
            ..HeapSubject::new(make)
        }
    }

    /// As [`HeapSubject::new`], for a list of subjects.
    pub fn shared<H: Heap + 'static>(
        make: impl Fn() -> H + Send + Sync + 'static,
    ) -> SharedSubject {
        Arc::new(HeapSubject::new(make))
    }

    /// A collector of this crate with changes.
    pub(super) fn of_variant(variant: Variant) -> HeapSubject {
        HeapSubject {
            name: variant.collector().name(),
            reclaims: variant.collector().heap().reclaims(),
            is_model: false,
            runs: Box::new(VariantRuns(variant)),
        }
    }
}

impl Subject for HeapSubject {
    fn name(&self) -> &str {
        self.name
    }

    fn reclaims(&self) -> Reclaims {
        self.reclaims
    }

    fn is_model(&self) -> bool {
        self.is_model
    }

    fn heap(&self) -> Option<Box<dyn Heap>> {
        self.runs.heap()
    }

    fn run(
        &self,
        case: &Case,
        module: &Arc<Module>,
        options: &RunOptions,
    ) -> Result<SubjectRun, PlanError> {
        self.runs.audited(case, module, options)
    }

    fn state(
        &self,
        case: &Case,
        module: &Arc<Module>,
        moment: Moment,
        options: &RunOptions,
    ) -> Option<RunState> {
        let mut case = case.clone();
        case.limits.footprint = case.limits.footprint.min(options.footprint);
        self.runs.state(&case, module, moment)
    }

    fn history(
        &self,
        case: &Case,
        module: &Arc<Module>,
        request: HistoryRequest,
        options: &RunOptions,
    ) -> Option<History> {
        let mut case = case.clone();
        case.limits.footprint = case.limits.footprint.min(options.footprint);
        Some(self.runs.history(&case, module, request))
    }
}

/// Runs a case on a heap with audits; after a violation, runs it again at the
/// finest grain.
fn audited<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    options: &RunOptions,
    heap: &impl Fn() -> H,
) -> Result<SubjectRun, PlanError> {
    let RunOptions {
        timing,
        layers,
        footprint,
    } = *options;
    let timing = if layers.audits() {
        timing
    } else {
        Timing::Never
    };
    let mut auditor = Auditor::new(timing)
        .with_layers(layers)
        .with_footprint(footprint);
    let (seen, stats, broken) = once(case, module, heap(), &mut auditor, layers);
    let result = match seen {
        Ok(seen) => Ok(seen),
        Err(RunError::Export(message) | RunError::Arguments(message)) => {
            return Err(PlanError(message));
        }
        Err(RunError::Import(message)) => Err(Failure::Discard(Reason::Import, message)),
        Err(RunError::Stopped(Stop::HeapFull)) => {
            let message = "a heap ran out of memory before the allocation budget did";
            Err(Failure::Discard(Reason::HeapFull, message.into()))
        }
        Err(RunError::Stopped(Stop::OverBudget(resource))) => Err(over_budget(resource)),
        Err(RunError::Stopped(Stop::Inspector)) if auditor.over.is_some() => {
            Err(over_budget(auditor.over.unwrap_or(Resource::Work)))
        }
        Err(RunError::Stopped(stop)) => {
            let noticed = noticed(&stop, layers);
            let broken = match noticed {
                None => Some(broken.unwrap_or_else(|| unexplained(&heap(), &stop))),
                Some(_) => broken,
            };
            // An endless run breaks its law at no single moment.
            let is_somewhere = (broken.is_some() || layers.audits()) && stop != Stop::RanAway;
            let found = match is_somewhere {
                true => {
                    let known = (broken, auditor.sound_until());
                    locate(case, module, (timing, layers), footprint, known, heap)
                }
                false => broken,
            };
            Err(match found {
                Some(found) => Failure::Violation(Box::new(Violation {
                    place: found.by.map(|by| BrokenAt::in_case(by, case, module)),
                    ..found.violation
                })),
                None => Failure::Discard(
                    Reason::Noticed,
                    noticed.map_or_else(String::new, |c| {
                        format!(
                            "{} at {c}; it is a finding with --oracle {layers}+heap",
                            heap().name()
                        )
                    }),
                ),
            })
        }
    };
    let garbage = auditor.garbage;
    auditor.retire();
    Ok(SubjectRun {
        result,
        stats,
        garbage,
    })
}

/// The failure of a run that needs more than its budget.
pub(super) fn over_budget(resource: Resource) -> Failure {
    let reason = match resource {
        Resource::Memory => Reason::Footprint,
        Resource::Work => Reason::TooLong,
    };
    let message = format!("{resource} (--limits {}=N)", resource.limit());
    Failure::Discard(reason, message)
}

/// Runs a case once.
pub(super) fn once<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    heap: H,
    auditor: &mut Auditor,
    layers: Layers,
) -> (Result<Observation, RunError>, RunStats, Option<BrokenLaw>) {
    let run = case::run(case, module, heap, auditor);
    let stats = RunStats {
        audit_work: auditor.work(),
        ..run.stats
    };
    let mut broken = auditor.broken.take();
    if let (None, Err(RunError::Stopped(stop))) = (&broken, &run.observation)
        && matches!(
            stop,
            Stop::Corrupt(_) | Stop::NotFull(_) | Stop::TooMuch(_) | Stop::Unlinkable(_)
        )
        && noticed(stop, layers).is_none()
    {
        broken = Some(BrokenLaw {
            by: run.store.corrupted_by(),
            ..unexplained(&run.store.heap, stop)
        });
    }
    (run.observation, stats, broken)
}

/// The error that stopped a run, if a heap detected it in its own state and the
/// oracle runs without that layer.
fn noticed(stop: &Stop, layers: Layers) -> Option<&Corruption> {
    match stop {
        Stop::Corrupt(corruption) if !corruption.is_crash() && !layers.has(Layer::Heap) => {
            Some(corruption)
        }
        _ => None,
    }
}

/// A violation for a run that was stopped although the audit finds no broken law.
fn unexplained<H: Heap>(heap: &H, stop: &Stop) -> BrokenLaw {
    let name = heap.name();
    let violation = match stop {
        Stop::Corrupt(corruption) => Violation {
            object: (!corruption.is_crash()).then_some(corruption.address),
            ..Violation::new(Law::Poison, name, corruption.to_string())
        },
        Stop::RanAway => Violation::ran_away(name),
        Stop::NotFull(_) | Stop::TooMuch(_) => Violation::new(Law::Limits, name, stop.to_string()),
        Stop::Unlinkable(_) => Violation::new(Law::Language, name, stop.to_string()),
        other => Violation::new(Law::Poison, name, format!("the run stopped: {other}")),
    };
    BrokenLaw {
        violation,
        by: None,
    }
}
