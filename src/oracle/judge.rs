//! From a case to a verdict.

use super::audit::{Auditor, Broken, Timing};
use super::compare::compare;
use super::instruction::instruction_at;
use super::verdict::{Law, Reason, Verdict, Violation};
use crate::case::{self, Case, Facts, Observation, RunError};
use crate::engine::{Grain, Stop};
use crate::heap::Heap;
use crate::heap::drc::{Drc, Policy};
use crate::heap::null::Null;
use crate::module::{Module, ModuleError};
use std::fmt;
use std::sync::Arc;

/// A collector.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Collector {
    /// Never frees.
    Null,
    /// Deferred reference counting.
    Drc,
}

impl Collector {
    /// All collectors.
    pub const ALL: [Collector; 2] = [Collector::Null, Collector::Drc];

    /// Its name, as `-C collector=` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Collector::Null => "null",
            Collector::Drc => "drc",
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

/// Makes the decisions of a counting heap: those of a fault.
pub type PolicyMaker = fn() -> Box<dyn Policy>;

/// How to judge.
#[derive(Clone, Debug)]
pub struct Options {
    /// The collectors to run under and compare, in this order.
    pub collectors: Vec<Collector>,
    /// When to audit.
    pub timing: Timing,
    /// The policy of the counting heap, if not the sound one.
    pub policy: Option<PolicyMaker>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            collectors: Collector::ALL.to_vec(),
            timing: Timing::Sampled,
            policy: None,
        }
    }
}

/// A verdict, and what is worth knowing besides.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// Statistics of each run that was made.
    pub facts: Vec<(Collector, Facts)>,
    /// Whether objects were shared, and whether there was a cycle, at the end
    /// of the first run.
    pub shape: (bool, bool),
    /// What the first run showed, if it came to its end.
    pub observation: Option<Observation>,
}

/// A case that cannot be run at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JudgeError {
    /// The module was refused.
    Module(ModuleError),
    /// The plan does not fit the module.
    Plan(String),
}

impl fmt::Display for JudgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JudgeError::Module(error) => error.fmt(f),
            JudgeError::Plan(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for JudgeError {}

/// Addresses of a heap stay below this. The logical budget is reached first,
/// unless a user raises that.
pub(crate) const MAX_BYTES: u32 = 0xffff_0000;

/// One run: what was seen, or the verdict it leads to.
struct Ran {
    seen: Result<Observation, Box<Verdict>>,
    facts: Facts,
}

/// Judges a case: compiles it once, runs and audits it under each collector,
/// and compares.
pub fn judge(case: &Case, options: &Options) -> Result<Judged, JudgeError> {
    let mut types = Arc::default();
    let module = Module::new(&case.wasm, &mut types).map_err(JudgeError::Module)?;
    judge_module(case, &Arc::new(module), options)
}

/// Judges a case whose module has been compiled.
pub fn judge_module(
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
) -> Result<Judged, JudgeError> {
    let mut judged = Judged {
        verdict: Verdict::Agree,
        facts: Vec::with_capacity(options.collectors.len()),
        shape: (false, false),
        observation: None,
    };
    let mut first = None;
    for collector in &options.collectors {
        let ran = match (collector, options.policy) {
            (Collector::Null, _) => audited(case, module, options, || Null::new(MAX_BYTES)),
            (Collector::Drc, None) => audited(case, module, options, || Drc::new(MAX_BYTES)),
            (Collector::Drc, Some(policy)) => audited(case, module, options, || {
                Drc::with_policy(MAX_BYTES, policy())
            }),
        }?;
        judged.facts.push((*collector, ran.facts));
        match ran.seen {
            Err(verdict) => {
                judged.verdict = *verdict;
                return Ok(judged);
            }
            Ok(seen) => match (&first, &judged.observation) {
                (Some(name), Some(reference)) => {
                    let name: &Collector = name;
                    let found = compare((name.name(), reference), (collector.name(), &seen));
                    if let Some(difference) = found {
                        judged.verdict = Verdict::Differ(difference);
                        return Ok(judged);
                    }
                }
                _ => {
                    judged.shape = (seen.graph.has_sharing(), seen.graph.has_cycle());
                    judged.observation = Some(seen);
                    first = Some(*collector);
                }
            },
        }
    }
    Ok(judged)
}

/// Runs a case on a heap with audits; on a violation, again at the finest
/// grain.
fn audited<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
    heap: impl Fn() -> H,
) -> Result<Ran, JudgeError> {
    let (seen, facts, broken) = once(case, module, heap(), &mut Auditor::new(options.timing));
    let seen = match seen {
        Ok(seen) => Ok(seen),
        Err(RunError::Export(message) | RunError::Arguments(message)) => {
            return Err(JudgeError::Plan(message));
        }
        Err(RunError::Import(message)) => Err(Verdict::Discard(Reason::Import, message)),
        Err(RunError::Stopped(Stop::HeapFull)) => {
            let message = "a heap ran out of memory before the allocation budget did";
            Err(Verdict::Discard(Reason::HeapFull, message.into()))
        }
        Err(RunError::Stopped(stop)) => {
            let mut broken = broken.unwrap_or_else(|| unexplained(&heap(), &stop));
            if options.timing != Timing::At(Grain::Every)
                && let Some(finer) = locate(case, module, options.timing, &heap)
            {
                broken = finer;
            }
            let mut violation = broken.violation;
            violation.place = broken.at.map(|at| instruction_at(&module.wasm, at));
            Err(Verdict::Violation(Box::new(violation)))
        }
    };
    Ok(Ran {
        seen: seen.map_err(Box::new),
        facts,
    })
}

fn once<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    heap: H,
    auditor: &mut Auditor,
) -> (Result<Observation, RunError>, Facts, Option<Broken>) {
    let run = case::run(case, module, heap, auditor);
    let mut broken = auditor.broken.take();
    if let (None, Err(RunError::Stopped(stop @ Stop::Corrupt(_)))) = (&broken, &run.observation) {
        broken = Some(Broken {
            at: run.store.stopped_at(),
            ..unexplained(&run.store.heap, stop)
        });
    }
    (run.observation, run.facts, broken)
}

/// Runs with at most this many operations are audited at every one of them.
const FEW: u64 = 4000;

/// Finds the operation after which a law is broken, for a case known to break
/// one. Runs are deterministic and auditing changes nothing in them, so the
/// case can be run again as often as need be.
///
/// A short run is audited at every operation, and the first violation counts.
/// In a long one that would take the square of its length: there the operation
/// is found by bisection, sound before it and broken after it.
fn locate<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    timing: Timing,
    heap: impl Fn() -> H,
) -> Option<Broken> {
    let mut counting = Auditor::counting(timing);
    let (_, _, coarse) = once(case, module, heap(), &mut counting);
    let total = counting.operations();
    if total <= FEW {
        let mut every = Auditor::new(Timing::At(Grain::Every));
        let (_, _, finest) = once(case, module, heap(), &mut every);
        return finest.or(coarse);
    }
    // Before the first operation the heap is sound; what is broken at `high`
    // is known, unless it only broke after the last one.
    let (mut low, mut high) = (1, total + 1);
    let mut found = coarse;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        match once(case, module, heap(), &mut Auditor::before(middle)).2 {
            Some(broken) => {
                found = Some(broken);
                high = middle;
            }
            None => low = middle,
        }
    }
    found
}

/// The heap found itself corrupt, but the audit sees no broken law.
fn unexplained<H: Heap>(heap: &H, stop: &Stop) -> Broken {
    let (message, object) = match stop {
        Stop::Corrupt(corruption) => (corruption.to_string(), Some(corruption.address)),
        other => (format!("the run stopped: {other:?}"), None),
    };
    Broken {
        violation: Violation {
            law: Law::Poison,
            collector: heap.name(),
            message,
            object,
            ty: None,
            expected: None,
            actual: None,
            owners: Vec::new(),
            place: None,
        },
        at: None,
    }
}
