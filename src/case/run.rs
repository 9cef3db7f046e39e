//! Running a case on one heap.

use super::Case;
use super::embedder::{Embedder, Kept};
use super::graph::Seen;
use super::observation::{HostSeen, Observation, Outcome, StepSeen};
use super::plan::{Arg, Plan, Step};
use super::values::mix;
use super::walk::Walk;
use crate::engine::{Extern, Inspector, Stop, Store};
use crate::heap::{Heap, Stats};
use crate::module::{ExportItem, Module};
use crate::types::ValType;
use std::sync::Arc;

/// Why a run has no observation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunError {
    /// An import that the host cannot satisfy.
    Import(String),
    /// The plan calls something that is not an exported function.
    Export(String),
    /// The plan passes more arguments than the function takes.
    Arguments(String),
    /// The run did not come to its end: the heap ran out, is corrupt, or the
    /// inspector stopped it.
    Stopped(Stop),
}

impl From<Stop> for RunError {
    fn from(stop: Stop) -> RunError {
        RunError::Stopped(stop)
    }
}

/// What happened on the way, for statistics. Not part of the observation.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// The heap's own counts.
    pub heap: Stats,
    /// Safepoints passed.
    pub safepoints: u64,
    /// Calls that returned, instantiation not counted.
    pub returned: u32,
    /// Calls that ended with an exception.
    pub threw: u32,
    /// Whether any call trapped, or instantiation.
    pub trapped: bool,
    /// Objects that were allocated during calls. What the host makes while it
    /// is called counts too.
    pub allocated_in_calls: u64,
    /// Whether a call trapped before any had allocated.
    pub trapped_first: bool,
}

impl Facts {
    /// Notes how a call ended, or instantiation.
    fn note(&mut self, is_call: bool, ended: &Ended, allocated: u64) {
        let trapped = matches!(ended, Ended::Trapped(_));
        self.trapped |= trapped;
        if is_call {
            self.allocated_in_calls += allocated;
            self.trapped_first |= trapped && self.allocated_in_calls == 0;
            self.returned += u32::from(matches!(ended, Ended::Returned(_)));
            self.threw += u32::from(matches!(ended, Ended::Threw(_)));
        }
    }
}

/// A run.
pub struct Run<H> {
    /// What an embedder saw, or why there is nothing.
    pub observation: Result<Observation, RunError>,
    /// Statistics.
    pub facts: Facts,
    /// The store as the run left it.
    pub store: Store<H>,
}

/// Runs a case on `heap`. `module` is the case's module, compiled.
///
/// Imports are answered by a deterministic host; see the module's
/// documentation. A last collection runs after the plan.
pub fn run<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    heap: H,
    inspector: &mut dyn Inspector<H>,
) -> Run<H> {
    let mut store = Store::new(heap, case.limits, case.schedule.clone());
    let mut facts = Facts::default();
    let observation = observe(case, module, &mut store, &mut facts, inspector);
    facts.heap = store.heap.stats();
    facts.safepoints = store.safepoints();
    Run {
        facts,
        observation,
        store,
    }
}

/// How a call ended, while the objects are still where they are.
enum Ended {
    Returned(Vec<Kept>),
    Trapped(crate::engine::Trap),
    Threw(u32),
    NoArgument,
}

fn observe<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    store: &mut Store<H>,
    facts: &mut Facts,
    inspector: &mut dyn Inspector<H>,
) -> Result<Observation, RunError> {
    let mut host = Embedder::default();
    let mut ended: Vec<(Option<String>, Ended)> = Vec::new();
    let linked = match Embedder::link(store, module, inspector) {
        Ok(linked) => linked.map_err(RunError::Import)?,
        Err(Stop::Trap(trap)) => {
            let trapped = Ended::Trapped(trap);
            facts.note(false, &trapped, 0);
            return finish(store, vec![(None, trapped)], host, inspector);
        }
        Err(stop) => return Err(stop.into()),
    };
    let instance = store
        .link(module, &linked)
        .map_err(|error| RunError::Import(error.to_string()))?;
    let started = store.start(instance, &mut host, inspector);
    let ok = started.is_ok();
    let started = end_of(store, started, &[])?;
    facts.note(false, &started, 0);
    ended.push((None, started));
    store.inspect_call(inspector)?;
    if ok {
        for (number, step) in steps(case, module)?.into_iter().enumerate() {
            let before = store.heap.stats().allocated;
            let outcome = call(store, instance, module, &step, number, &mut host, inspector)?;
            facts.note(true, &outcome, store.heap.stats().allocated - before);
            ended.push((Some(step.export), outcome));
            store.inspect_call(inspector)?;
        }
    }
    finish(store, ended, host, inspector)
}

/// The steps of the case's plan.
fn steps(case: &Case, module: &Module) -> Result<Vec<Step>, RunError> {
    match &case.plan {
        Plan::Steps(steps) => Ok(steps.clone()),
        Plan::EveryExport => Ok(module
            .exports
            .iter()
            .filter(|e| matches!(e.item, ExportItem::Func(_)))
            .map(|e| Step {
                export: e.name.clone(),
                args: Vec::new(),
            })
            .collect()),
    }
}

fn call<H: Heap>(
    store: &mut Store<H>,
    instance: u32,
    module: &Module,
    step: &Step,
    number: usize,
    host: &mut Embedder,
    inspector: &mut dyn Inspector<H>,
) -> Result<Ended, RunError> {
    let Some(item @ ExportItem::Func(_)) = module.export(&step.export) else {
        return Err(RunError::Export(format!(
            "the module exports no function {:?}",
            step.export
        )));
    };
    let Some(Extern::Func(func)) = store.instances()[instance as usize].item(item) else {
        return Err(RunError::Export(format!(
            "{:?} cannot be called: the instance was never completely allocated",
            step.export
        )));
    };
    let ty = match store.func(func) {
        Some(f) => store.types().func(f.ty()).clone(),
        None => unreachable!("an instance's functions are in the store"),
    };
    if step.args.len() > ty.params.len() {
        return Err(RunError::Arguments(format!(
            "{:?} takes {} arguments, not {}",
            step.export,
            ty.params.len(),
            step.args.len()
        )));
    }
    // Arguments are held until the call: making the next one may collect.
    let mut args = Vec::with_capacity(ty.params.len());
    let mut held = Vec::new();
    let handles = store.handles();
    for (i, param) in ty.params.iter().enumerate() {
        let arg = step.args.get(i).copied().unwrap_or(Arg::Auto);
        let seed = mix(number as u64, i as u64 + 2);
        let value = match Embedder::argument(store, *param, arg, seed, inspector) {
            Ok(value) => value,
            Err(Stop::Trap(trap)) => {
                store.pop_handles(handles)?;
                return Ok(Ended::Trapped(trap));
            }
            Err(stop) => return Err(stop.into()),
        };
        let Some(value) = value else {
            store.pop_handles(handles)?;
            return Ok(Ended::NoArgument);
        };
        if param.is_gc() {
            held.push((
                args.len(),
                store.add_handle(crate::heap::GcRef::from_register(value))?,
            ));
        }
        args.push(value);
        args.resize(args.len() + param.lane().registers() - 1, 0);
    }
    for (i, handle) in &held {
        args[*i] = store.handle(*handle).register();
    }
    store.pop_handles(handles)?;
    let done = store.call(func, &args, host, inspector);
    end_of(store, done, &ty.results)
}

/// Takes what a call left behind.
fn end_of<H: Heap>(
    store: &mut Store<H>,
    done: Result<(), Stop>,
    results: &[ValType],
) -> Result<Ended, RunError> {
    match done {
        Ok(()) => {
            let mut kept = Vec::with_capacity(results.len());
            let mut register = 0;
            for ty in results {
                let width = ty.lane().registers();
                let low = store.result(register);
                let high = store.result(register + width - 1);
                kept.push(Embedder::keep(store, *ty, low, high)?);
                register += width;
            }
            Ok(Ended::Returned(kept))
        }
        Err(Stop::Trap(trap)) => Ok(Ended::Trapped(trap)),
        Err(Stop::Exception) => Ok(Ended::Threw(store.take_exception()?)),
        Err(stop) => Err(stop.into()),
    }
}

/// Collects once more, lets the inspector look, and writes everything down.
fn finish<H: Heap>(
    store: &mut Store<H>,
    ended: Vec<(Option<String>, Ended)>,
    host: Embedder,
    inspector: &mut dyn Inspector<H>,
) -> Result<Observation, RunError> {
    store.finish(inspector)?;
    let mut walk = Walk::new(&store.heap, store.types());
    let globals = store
        .globals()
        .zip(0..)
        .map(|((ty, value), i)| walk.value(ty.value, value, store.global_high(i)))
        .collect();
    let tables = store
        .tables()
        .iter()
        .map(|table| {
            let ty = ValType::Ref(table.ty.element);
            let elements = table.elements.iter();
            elements.map(|e| walk.value(ty, u64::from(*e), 0)).collect()
        })
        .collect();
    let kept: Vec<Seen> = (0..store.handles() as u32)
        .map(|handle| walk.reference(store.handle(handle)))
        .collect();
    let seen = |value: &Kept| match value {
        Kept::Plain(seen) => *seen,
        Kept::Handle(handle) => kept[*handle as usize],
    };
    let steps = ended
        .into_iter()
        .map(|(export, ended)| StepSeen {
            export,
            outcome: match ended {
                Ended::Returned(values) => Outcome::Returned(values.iter().map(seen).collect()),
                Ended::Trapped(trap) => Outcome::Trapped(trap),
                Ended::Threw(handle) => Outcome::Threw(kept[handle as usize]),
                Ended::NoArgument => Outcome::NoArgument,
            },
        })
        .collect();
    let host_calls = host
        .calls
        .iter()
        .map(|called| HostSeen {
            import: called.import,
            args: called.args.iter().map(seen).collect(),
        })
        .collect();
    Ok(Observation {
        steps,
        host_calls,
        host_call_count: host.count,
        globals,
        tables,
        memories: store.memories().iter().map(|m| m.bytes.clone()).collect(),
        kept,
        graph: walk.finish(),
    })
}
