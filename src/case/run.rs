//! Running a case on one heap.

use super::Case;
use super::embedder::Embedder;
use super::error::RunError;
use super::imports::imports;
use super::kept::KeptValue;
use super::plan::{Call, Plan, Step};
use super::steps::{StepEnd, end_of, perform};
use crate::engine::{Act, Context, Deed, Inspector, Limits, Stop, Store};
use crate::heap::{Heap, Stats};
use crate::module::{Export, ExportItem, Module};
use crate::observe::{
    Observation, ObservedHostCall, ObservedStep, ObservedValue, StepOutcome, observe_within,
};
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
    /// Whether a call or instantiation trapped.
    pub trapped: bool,
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
    /// Counts the end of a call or of instantiation.
    fn note(&mut self, is_call: bool, ended: &StepEnd, allocated: u64) {
        let trapped = matches!(ended, StepEnd::Trapped(_));
        self.trapped |= trapped;
        if is_call {
            self.allocated_in_calls += allocated;
            self.trapped_first |= trapped && self.allocated_in_calls == 0;
            self.returned += u32::from(matches!(ended, StepEnd::Returned(_)));
            self.threw += u32::from(matches!(ended, StepEnd::Threw(_)));
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

/// Bytes of memory that a recorded step takes besides its name and its values.
const STEP_FOOTPRINT: u64 = 160;

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
    let mut store = Store::new(heap, limits, case.schedule.clone());
    let mut stats = RunStats::default();
    let observation = follow(case, module, &mut store, &mut stats, inspector);
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

/// Instantiates the module, executes the plan, and records the outcomes.
fn follow<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    store: &mut Store<H>,
    stats: &mut RunStats,
    inspector: &mut dyn Inspector<H>,
) -> Result<Observation, RunError> {
    let mut host = Embedder::new(module, &case.host);
    let instantiation = Deed {
        act: Act::Instantiation,
        ..Deed::default()
    };
    store.begin(instantiation, inspector)?;
    let mut ended: Vec<(Option<String>, StepEnd)> = Vec::new();
    let linked = match imports(store, module, inspector) {
        Ok(linked) => linked.map_err(RunError::Import)?,
        Err(Stop::Trap(trap)) => {
            let trapped = StepEnd::Trapped(trap);
            stats.note(false, &trapped, 0);
            return finish(store, vec![(None, trapped)], host, inspector);
        }
        Err(stop) => return Err(stop.into()),
    };
    let instance = store
        .link(module, &linked.externs)
        .map_err(|error| RunError::Import(error.to_string()))?;
    linked.make_functions(store, &module.types)?;
    host.exports.instance = Some(instance);
    let started = store.start(instance, &mut Context::new(&mut host, inspector));
    let ok = started.is_ok();
    let started = end_of(store, started, &[])?;
    stats.note(false, &started, 0);
    ended.push((None, started));
    store.inspect_call(inspector)?;
    if ok {
        let exports = host.exports.clone();
        for (number, step) in steps(case, module).iter().enumerate() {
            let deed = Deed {
                act: step.act(),
                step: u32::try_from(number + 1).ok(),
                host_call: None,
            };
            store.begin(deed, inspector)?;
            let before = store.heap.stats().allocated;
            let mut cx = Context::new(&mut host, inspector);
            let outcome = perform(store, &exports, step, number as u64, &mut cx)?;
            let allocated = store.heap.stats().allocated - before;
            stats.note(matches!(step, Step::Call(_)), &outcome, allocated);
            let name = step.name();
            store.note_bytes(STEP_FOOTPRINT + 2 * name.len() as u64)?;
            ended.push((Some(name), outcome));
            store.inspect_call(inspector)?;
        }
    }
    finish(store, ended, host, inspector)
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
    ended: Vec<(Option<String>, StepEnd)>,
    host: Embedder,
    inspector: &mut dyn Inspector<H>,
) -> Result<Observation, RunError> {
    store.finish(inspector)?;
    // While the observation is built, the outcomes exist twice.
    store.note_bytes(ended.len() as u64 * STEP_FOOTPRINT)?;
    let seen_now = observe_within(store)?;
    let kept = &seen_now.kept;
    let seen = |value: &KeptValue| match value {
        KeptValue::Plain(seen) => *seen,
        KeptValue::Handle(handle) => match kept[*handle as usize] {
            // The value was an object, which can no longer be observed.
            ObservedValue::Null => ObservedValue::Dropped,
            seen => seen,
        },
    };
    let outcome = |ended: &StepEnd| match ended {
        StepEnd::Returned(values) => StepOutcome::Returned(values.iter().map(seen).collect()),
        StepEnd::Trapped(trap) => StepOutcome::Trapped(*trap),
        StepEnd::Threw(exception) => StepOutcome::Threw(seen(exception)),
        StepEnd::NoArgument => StepOutcome::NoArgument,
    };
    let steps = ended.into_iter().map(|(export, ended)| ObservedStep {
        export,
        outcome: outcome(&ended),
    });
    let steps = steps.collect();
    let names = host.acts.iter().map(|act| act.name().into());
    let acts: Vec<Arc<str>> = match host.calls.is_empty() {
        true => Vec::new(),
        false => names.collect(),
    };
    let host_calls = host
        .calls
        .iter()
        .zip(0..)
        .map(|(called, call)| ObservedHostCall {
            import: called.import,
            args: called.args.iter().map(seen).collect(),
            act: called.did.as_ref().map(|_| acts[host.due(call)].clone()),
            did: called.did.as_ref().map(outcome),
        });
    let host_calls = host_calls.collect();
    Ok(Observation {
        steps,
        host_calls,
        host_call_count: host.count,
        ..seen_now
    })
}
