//! What is under test: heaps, by name, whatever their type.

use super::audit::{Auditor, Broken, Garbage, Timing};
use super::layers::{Layer, Layers};
use super::locate::locate;
use super::panics::{Report, catch};
use super::place::Place;
use super::verdict::{Reason, Verdict};
use super::violation::{Law, Violation};
use crate::case::{self, Case, Facts, RunError};
use crate::engine::{Resource, Stop};
use crate::heap::copying::Copying;
use crate::heap::drc::{Drc, Policy};
use crate::heap::model::Model;
use crate::heap::null::Null;
use crate::heap::{Corruption, Heap, Reclaims};
use crate::module::Module;
use crate::observe::Observation;
use std::fmt;
use std::sync::Arc;

/// A collector of this crate.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Collector {
    /// Never frees.
    Null,
    /// Deferred reference counting.
    Drc,
    /// Semi-space copying.
    Copying,
    /// The naive model.
    Model,
}

/// Makes the decisions of a counting heap: those of a fault.
#[derive(Clone)]
pub struct PolicyMaker(Arc<dyn Fn() -> Box<dyn Policy> + Send + Sync>);

impl PolicyMaker {
    /// A policy for every heap that is made.
    pub fn new(make: impl Fn() -> Box<dyn Policy> + Send + Sync + 'static) -> PolicyMaker {
        PolicyMaker(Arc::new(make))
    }

    /// One of them.
    pub fn make(&self) -> Box<dyn Policy> {
        (self.0)()
    }
}

impl fmt::Debug for PolicyMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PolicyMaker")
    }
}

impl Collector {
    /// All collectors.
    pub const ALL: [Collector; 4] = [
        Collector::Null,
        Collector::Drc,
        Collector::Copying,
        Collector::Model,
    ];

    /// Its name, as `-C collector=` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Collector::Null => "null",
            Collector::Drc => "drc",
            Collector::Copying => "copying",
            Collector::Model => "model",
        }
    }

    /// A new heap of this kind, behind a pointer: for whatever stands in front
    /// of a heap.
    pub fn heap(self) -> Box<dyn Heap> {
        match self {
            Collector::Null => Box::new(Null::new(MAX_BYTES)),
            Collector::Drc => Box::new(Drc::new(MAX_BYTES)),
            Collector::Copying => Box::new(Copying::new(MAX_BYTES)),
            Collector::Model => Box::new(Model::new(MAX_BYTES)),
        }
    }

    /// The collector as a subject; the counting one with a policy that is not
    /// the sound one, if any is given.
    pub fn subject(self, policy: Option<PolicyMaker>) -> Subject {
        match (self, policy) {
            (Collector::Null, _) => Subject::new(|| Null::new(MAX_BYTES)),
            (Collector::Drc, None) => Subject::new(|| Drc::new(MAX_BYTES)),
            (Collector::Drc, Some(policy)) => Subject::new(move || -> Box<dyn Heap> {
                Box::new(Drc::with_policy(MAX_BYTES, policy.make()))
            }),
            (Collector::Copying, _) => Subject::new(|| Copying::new(MAX_BYTES)),
            // Behind a pointer, as is whatever does not run on every case: each
            // copy of the interpreter takes the compiler half a minute.
            (Collector::Model, _) => Subject {
                model: true,
                ..Subject::new(|| Collector::Model.heap())
            },
        }
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Collector {
    type Err = String;

    fn from_str(text: &str) -> Result<Collector, String> {
        let found = Collector::ALL.into_iter().find(|c| c.name() == text);
        found.ok_or_else(|| {
            let names: Vec<&str> = Collector::ALL.iter().map(|c| c.name()).collect();
            format!("no collector {text:?}; there are {}", names.join(", "))
        })
    }
}

/// Addresses of a heap stay below this. The logical budget is reached first,
/// unless a user raises that.
pub(crate) const MAX_BYTES: u32 = 0xffff_0000;

/// A heap under test: how to make one, and to judge a run on it.
///
/// Every run gets a heap of its own, so a subject is a function that makes
/// heaps. Any type that is a [`Heap`] will do.
///
/// ```
/// use gcdiff::heap::drc::Drc;
/// use gcdiff::oracle::Subject;
///
/// let small = Subject::new(|| Drc::new(1 << 20));
/// assert_eq!(small.name(), "drc");
/// ```
#[derive(Clone)]
pub struct Subject {
    name: &'static str,
    reclaims: Reclaims,
    /// Whether it is the model of this crate.
    model: bool,
    audited: Arc<Audited>,
}

/// Runs a case on a new heap, and audits.
type Audited =
    dyn Fn(&Case, &Arc<Module>, (Timing, Layers), u64) -> Result<Ran, PlanError> + Send + Sync;

/// The plan does not fit the module.
pub(super) struct PlanError(pub String);

/// One run: what was seen, or the verdict it leads to.
pub(super) struct Ran {
    pub seen: Result<Observation, Box<Verdict>>,
    pub facts: Facts,
    pub garbage: Garbage,
}

impl Subject {
    /// The heaps that `make` makes. They are named as they name themselves.
    pub fn new<H: Heap>(make: impl Fn() -> H + Send + Sync + 'static) -> Subject {
        let heap = make();
        Subject {
            name: heap.name(),
            reclaims: heap.reclaims(),
            model: false,
            audited: Arc::new(move |case, module, timing, footprint| {
                audited(case, module, timing, footprint, &make)
            }),
        }
    }

    /// A collector of this crate as code generated by another compiler would see
    /// it: `edit` changes the compiled module, and `make` makes the heap for the
    /// outcome. The subject is known by the name of `collector`, whose kind the
    /// heap must be.
    pub fn edited<H: Heap>(
        collector: Collector,
        edit: impl Fn(&Arc<Module>) -> Arc<Module> + Send + Sync + 'static,
        make: impl Fn(&Arc<Module>) -> H + Send + Sync + 'static,
    ) -> Subject {
        let sound = Subject::from(collector);
        Subject {
            audited: Arc::new(move |case, module, timing, footprint| {
                let module = edit(module);
                audited(case, &module, timing, footprint, &|| make(&module))
            }),
            model: false,
            ..sound
        }
    }

    /// The heap's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it is the model of this crate, unchanged, which is right whatever
    /// other heaps show.
    pub fn is_model(&self) -> bool {
        self.model
    }

    /// What a collection frees.
    pub fn reclaims(&self) -> Reclaims {
        self.reclaims
    }

    /// The same subject, which calls `note` with its name when a run begins, and
    /// with nothing when it has ended, by a panic or not: for whoever waits for it.
    pub(crate) fn noted(
        &self,
        note: impl Fn(Option<&'static str>) + Send + Sync + 'static,
    ) -> Subject {
        let (name, audited) = (self.name, self.audited.clone());
        Subject {
            audited: Arc::new(move |case, module, options, footprint| {
                let _running = Running::begin(name, &note);
                audited(case, module, options, footprint)
            }),
            ..*self
        }
    }

    /// Runs a case, and audits. A panic is a verdict.
    pub(super) fn run(
        &self,
        case: &Case,
        module: &Arc<Module>,
        options: (Timing, Layers),
        footprint: u64,
    ) -> Result<Ran, PlanError> {
        let ran = catch(Report::Quiet, || {
            (self.audited)(case, module, options, footprint)
        });
        ran.unwrap_or_else(|panic| {
            let violation = Violation::panic(self.name, panic);
            Ok(Ran {
                seen: Err(Box::new(Verdict::Violation(Box::new(violation)))),
                facts: Facts::default(),
                garbage: Garbage::default(),
            })
        })
    }
}

/// A run that is noted.
struct Running<'a, F: Fn(Option<&'static str>)>(&'a F);

impl<'a, F: Fn(Option<&'static str>)> Running<'a, F> {
    fn begin(name: &'static str, note: &'a F) -> Running<'a, F> {
        note(Some(name));
        Running(note)
    }
}

impl<F: Fn(Option<&'static str>)> Drop for Running<'_, F> {
    fn drop(&mut self) {
        (self.0)(None);
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subject").field(&self.name).finish()
    }
}

impl From<Collector> for Subject {
    fn from(collector: Collector) -> Subject {
        collector.subject(None)
    }
}

/// Runs a case on a heap with audits; on a violation, again at the finest
/// grain.
fn audited<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    (timing, layers): (Timing, Layers),
    footprint: u64,
    heap: &impl Fn() -> H,
) -> Result<Ran, PlanError> {
    let timing = if layers.audits() {
        timing
    } else {
        Timing::Never
    };
    let mut auditor = Auditor::new(timing)
        .with_layers(layers)
        .with_footprint(footprint);
    let (seen, facts, broken) = once(case, module, heap(), &mut auditor, layers);
    let seen = match seen {
        Ok(seen) => Ok(seen),
        Err(RunError::Export(message) | RunError::Arguments(message)) => {
            return Err(PlanError(message));
        }
        Err(RunError::Import(message)) => Err(Verdict::Discard(Reason::Import, message)),
        Err(RunError::Stopped(Stop::HeapFull)) => {
            let message = "a heap ran out of memory before the allocation budget did";
            Err(Verdict::Discard(Reason::HeapFull, message.into()))
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
            // Where a run goes on without end is no one moment.
            let is_somewhere = (broken.is_some() || layers.audits()) && stop != Stop::RanAway;
            let found = match is_somewhere {
                true => locate(case, module, (timing, layers), footprint, broken, heap),
                false => broken,
            };
            Err(match found {
                Some(found) => Verdict::Violation(Box::new(Violation {
                    place: found.by.map(|by| Place::in_case(by, case, module)),
                    ..found.violation
                })),
                None => Verdict::Discard(
                    Reason::Noticed,
                    noticed.map_or_else(String::new, |c| {
                        format!(
                            "{} at {c}; only the layer \"heap\" asks for that",
                            heap().name()
                        )
                    }),
                ),
            })
        }
    };
    let garbage = auditor.garbage;
    auditor.retire();
    Ok(Ran {
        seen: seen.map_err(Box::new),
        facts,
        garbage,
    })
}

/// The verdict on a run that needs more than it may have.
pub(super) fn over_budget(resource: Resource) -> Verdict {
    let reason = match resource {
        Resource::Memory => Reason::Footprint,
        Resource::Work => Reason::TooLong,
    };
    let message = format!("{resource} (--limits {}=N)", resource.limit());
    Verdict::Discard(reason, message)
}

/// Runs a case once.
pub(super) fn once<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    heap: H,
    auditor: &mut Auditor,
    layers: Layers,
) -> (Result<Observation, RunError>, Facts, Option<Broken>) {
    let run = case::run(case, module, heap, auditor);
    let mut broken = auditor.broken.take();
    if let (None, Err(RunError::Stopped(stop @ Stop::Corrupt(_)))) = (&broken, &run.observation)
        && noticed(stop, layers).is_none()
    {
        broken = Some(Broken {
            by: run.store.corrupted_by(),
            ..unexplained(&run.store.heap, stop)
        });
    }
    (run.observation, run.facts, broken)
}

/// What stopped a run, if a heap noticed that it is corrupt and the oracle does
/// not ask for that.
fn noticed(stop: &Stop, layers: Layers) -> Option<&Corruption> {
    match stop {
        Stop::Corrupt(corruption) if !corruption.is_crash() && !layers.has(Layer::Heap) => {
            Some(corruption)
        }
        _ => None,
    }
}

/// The run was stopped, but the audit sees no broken law.
fn unexplained<H: Heap>(heap: &H, stop: &Stop) -> Broken {
    let name = heap.name();
    let violation = match stop {
        Stop::Corrupt(corruption) => Violation {
            object: (!corruption.is_crash()).then_some(corruption.address),
            ..Violation::new(Law::Poison, name, corruption.to_string())
        },
        Stop::RanAway => Violation::ran_away(name),
        other => Violation::new(Law::Poison, name, format!("the run stopped: {other}")),
    };
    Broken {
        violation,
        by: None,
    }
}
