//! Running a case on one heap.

use super::Case;
use super::embedder::{Ends, Host, StepEnd, follow};
use super::error::RunError;
use super::heap_store::{HeapStore, Running};
use super::plan::{Call, Plan, Step};
use crate::engine::{Grain, Halt, Inspector, Limits, Point, Store, Trap, Traps, View};
use crate::heap::{Heap, Stats};
use crate::module::{Export, ExportItem, Module};
use crate::observe::{Observation, observe_within};
use std::borrow::Cow;
use std::sync::Arc;

/// Counts of events during a run, for statistics. Not part of the observation.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct RunStats {
    /// The heap's own counts.
    pub heap: Stats,
    /// Safepoints passed.
    pub safepoints: u64,
    /// Calls that returned, without instantiation.
    pub returned: u32,
    /// Calls that ended with an exception.
    pub threw: u32,
    /// The traps that calls and instantiation ended with.
    pub traps: Traps,
    /// The trap that instantiation ended with.
    pub trap_of_instantiation: Option<Trap>,
    /// Objects allocated during calls, including those made by the host.
    pub allocated_in_calls: u64,
    /// Whether a call trapped before any call had allocated.
    pub trapped_first: bool,
    /// Work charged to the budget; see [`Limits::work`](crate::engine::Limits::work).
    pub work: u64,
    /// Work of audits during the run. It has a budget of the same size, of its own.
    pub audit_work: u64,
}

impl RunStats {
    /// Counts the end of a step, or of instantiation.
    pub(super) fn note(&mut self, step: Option<&Step>, ended: &StepEnd, allocated: u64) {
        let trap = match ended {
            StepEnd::Trapped(trap) => Some(*trap),
            _ => None,
        };
        if let Some(trap) = trap {
            self.traps.insert(trap);
        }
        if let Some(Step::Call(_)) = step {
            self.allocated_in_calls += allocated;
            self.trapped_first |= trap.is_some() && self.allocated_in_calls == 0;
            self.returned += u32::from(matches!(ended, StepEnd::Returned(_)));
            self.threw += u32::from(matches!(ended, StepEnd::Threw(_)));
        }
        if step.is_none() {
            self.trap_of_instantiation = trap;
        }
    }
}

/// A run.
pub struct Run<H> {
    /// The observation, or why there is none.
    pub observation: Result<Observation, RunError>,
    /// Statistics.
    pub stats: RunStats,
    /// The store as the run left it.
    pub store: Store<H>,
}

/// Runs a case on `heap`. `module` is the case's compiled module.
///
/// A deterministic host answers the imports. A last collection runs after the plan.
pub fn run<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    heap: H,
    inspector: &mut dyn Inspector<H>,
) -> Run<H> {
    let limits = Limits {
        footprint: case.limits.footprint.min(inspector.footprint()),
        ..case.limits
    };
    let (mut store, running, ends) = performed(case, module, (heap, limits), inspector);
    let observation = ends.and_then(|ends| finish(&mut store, ends, &running.host, inspector));
    let mut stats = running.stats;
    if let Err(RunError::Stopped(stop)) = &observation {
        store.inspect_corruption(stop, inspector);
    }
    stats.heap = store.heap.stats();
    stats.safepoints = store.safepoints();
    stats.work = store.work_done();
    Run {
        stats,
        observation,
        store,
    }
}

/// The safepoints and the allocations of a case on `heap`, without an observation, which would take a
/// tenth of the time. The run ends after the call that has made the last of `enough` allocations.
pub(crate) fn length<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    heap: H,
    enough: u64,
) -> (u64, u64) {
    let (store, ..) = performed(case, module, (heap, case.limits), &mut Enough(enough));
    (store.safepoints(), store.heap.stats().allocated)
}

/// Ends a run after so many allocations.
struct Enough(u64);

impl<H: Heap> Inspector<H> for Enough {
    fn grain(&self) -> Grain {
        Grain::Call
    }

    fn inspect(&mut self, _: Point, view: View<'_, H>) -> Result<(), Halt> {
        match view.store.heap.stats().allocated >= self.0 {
            true => Err(Halt),
            false => Ok(()),
        }
    }
}

/// The store after the steps of a case, with what the host has and how the steps have ended.
fn performed<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    (heap, limits): (H, Limits),
    inspector: &mut dyn Inspector<H>,
) -> (Store<H>, Running, Result<Ends, RunError>) {
    let mut store = Store::new(heap, limits, case.schedule.clone());
    // The host makes values for imports before the module is linked.
    store.add_types(&module.types);
    let mut running = Running::new(
        Host::new(module, &case.host, case.limits.reentry),
        case.client,
    );
    let mut embedded = HeapStore {
        store: &mut store,
        running: &mut running,
        inspector,
    };
    let ends = follow(&mut embedded, &steps(case, module));
    (store, running, ends)
}

/// The steps of the case's plan.
pub(crate) fn steps<'a>(case: &'a Case, module: &Module) -> Cow<'a, [Step]> {
    match &case.plan {
        Plan::Steps(steps) => Cow::Borrowed(steps),
        Plan::EveryExport => {
            let exports = module.exports.iter();
            let funcs = exports.filter(|e| matches!(e.item, ExportItem::Func(_)));
            let call = |export: &Export| {
                Step::Call(Call {
                    export: export.name.clone(),
                    args: Vec::new(),
                })
            };
            funcs.map(call).collect()
        }
    }
}

/// Collects a last time, calls the inspector, and builds the observation.
fn finish<H: Heap>(
    store: &mut Store<H>,
    ends: Ends,
    host: &Host,
    inspector: &mut dyn Inspector<H>,
) -> Result<Observation, RunError> {
    store.finish(inspector)?;
    // While the observation is built, the outcomes exist twice.
    store.note_bytes(ends.footprint())?;
    Ok(ends.observation(host, observe_within(store)?))
}
