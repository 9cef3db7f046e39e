//! Execution of the host's steps, one at a time.

use super::error::RunError;
use super::kept::{KeptValue, VALUE_FOOTPRINT, argument, keep, keep_exception};
use super::plan::{Arg, Call, Step};
use super::values::mix;
use crate::engine::{Context, Extern, Stop, Store, Trap};
use crate::heap::{GcRef, Heap};
use crate::module::{ExportItem, Module};
use crate::types::ValType;
use std::sync::Arc;

/// The module of a plan. Its steps name the module's exports.
#[derive(Clone)]
pub(super) struct Exports {
    /// The module.
    pub module: Arc<Module>,
    /// Its instance, once linked.
    pub instance: Option<u32>,
}

/// The outcome of a step before the objects are read.
pub(super) enum StepEnd {
    Returned(Vec<KeptValue>),
    Trapped(Trap),
    Threw(KeptValue),
    NoArgument,
}

/// Performs a step. `number` identifies the step, to vary the values that the
/// host makes up.
pub(super) fn perform<H: Heap>(
    store: &mut Store<H>,
    exports: &Exports,
    step: &Step,
    number: u64,
    cx: &mut Context<'_, H>,
) -> Result<StepEnd, RunError> {
    let done = match step {
        Step::Call(step) => return call(store, exports, step, number, cx),
        Step::Global { export, value } => {
            let global = match item(store, exports, export)? {
                Extern::Global(global) => global,
                _ => return Err(no_such("global", export)),
            };
            let Some((ty, old)) = store.global(global) else {
                unreachable!("an instance's globals are in the store")
            };
            let Some(arg) = *value else {
                let high = store.global_high(global);
                let kept = keep(store, ty.value, old, high)?;
                return Ok(StepEnd::Returned(vec![kept]));
            };
            if !ty.mutable {
                let message = format!("global {export:?} is immutable");
                return Err(RunError::Arguments(message));
            }
            let seed = mix(number, 1);
            match argument(store, ty.value, arg, seed, cx.inspector) {
                Ok(None) => return Ok(StepEnd::NoArgument),
                Ok(Some(value)) => store.set_global(global, value),
                Err(stop) => Err(stop),
            }
        }
        Step::Table {
            export,
            index,
            value,
        } => {
            let table = match item(store, exports, export)? {
                Extern::Table(table) => table,
                _ => return Err(no_such("table", export)),
            };
            let in_store = &store.tables()[table as usize];
            let ty = ValType::Ref(in_store.ty.element);
            let old = in_store.elements.get(*index as usize).copied();
            let Some(old) = old else {
                return Ok(StepEnd::Trapped(Trap::TableOutOfBounds));
            };
            let Some(arg) = *value else {
                let kept = keep(store, ty, u64::from(old), 0)?;
                return Ok(StepEnd::Returned(vec![kept]));
            };
            let seed = mix(number, 1);
            match argument(store, ty, arg, seed, cx.inspector) {
                Ok(None) => return Ok(StepEnd::NoArgument),
                Ok(Some(value)) => store.set_element(table, u64::from(*index), value),
                Err(stop) => Err(stop),
            }
        }
        Step::Drop(number) => {
            let held = (0..store.handles() as u32).filter(|h| !store.handle(*h).is_null());
            let held: Vec<u32> = held.collect();
            match held.get(*number as usize % held.len().max(1)) {
                Some(handle) => store.drop_handle(*handle),
                None => Ok(()),
            }
        }
        Step::Collect => store.collect(cx.inspector),
    };
    end_of(store, done, &[])
}

/// Looks up an exported item of the instance.
fn item<H: Heap>(store: &Store<H>, exports: &Exports, name: &str) -> Result<Extern, RunError> {
    let Some(item) = exports.module.export(name) else {
        let message = format!("the module exports nothing by the name of {name:?}");
        return Err(RunError::Export(message));
    };
    let instance = exports
        .instance
        .and_then(|i| store.instances().get(i as usize));
    match instance.and_then(|instance| instance.item(item)) {
        Some(item) => Ok(item),
        None => Err(RunError::Export(format!(
            "{name:?} cannot be used: the instance was never completely allocated"
        ))),
    }
}

fn no_such(kind: &str, export: &str) -> RunError {
    RunError::Export(format!("the module exports no {kind} {export:?}"))
}

fn call<H: Heap>(
    store: &mut Store<H>,
    exports: &Exports,
    step: &Call,
    number: u64,
    cx: &mut Context<'_, H>,
) -> Result<StepEnd, RunError> {
    if !matches!(
        exports.module.export(&step.export),
        Some(ExportItem::Func(_))
    ) {
        return Err(no_such("function", &step.export));
    }
    let Extern::Func(func) = item(store, exports, &step.export)? else {
        unreachable!("the item is of the kind that the module says")
    };
    let types = Arc::clone(store.types());
    let ty = match store.func(func) {
        Some(f) => types.func(f.ty()),
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
    // Keep arguments in handles until the call: making the next one may collect.
    let mut args = Vec::with_capacity(ty.params.len());
    let mut held = Vec::new();
    let handles = store.handles();
    for (i, param) in ty.params.iter().enumerate() {
        let arg = step.args.get(i).copied().unwrap_or(Arg::Auto);
        let seed = mix(number, i as u64 + 2);
        let value = match argument(store, *param, arg, seed, cx.inspector) {
            Ok(value) => value,
            Err(Stop::Trap(trap)) => {
                store.pop_handles(handles)?;
                return Ok(StepEnd::Trapped(trap));
            }
            Err(stop) => return Err(stop.into()),
        };
        let Some(value) = value else {
            store.pop_handles(handles)?;
            return Ok(StepEnd::NoArgument);
        };
        if param.is_gc() {
            held.push((args.len(), store.add_handle(GcRef::from_register(value))?));
        }
        args.push(value);
        args.resize(args.len() + param.storage_kind().registers() - 1, 0);
    }
    for (i, handle) in &held {
        args[*i] = store.handle(*handle).register();
    }
    store.pop_handles(handles)?;
    let done = store.call(func, &args, cx);
    end_of(store, done, &ty.results)
}

/// Records the outcome and results of a step.
pub(super) fn end_of<H: Heap>(
    store: &mut Store<H>,
    done: Result<(), Stop>,
    results: &[ValType],
) -> Result<StepEnd, RunError> {
    match done {
        Ok(()) => {
            store.note_bytes(VALUE_FOOTPRINT * results.len() as u64)?;
            let mut kept = Vec::with_capacity(results.len());
            let mut register = 0;
            for ty in results {
                let width = ty.storage_kind().registers();
                let low = store.result(register);
                let high = store.result(register + width - 1);
                kept.push(keep(store, *ty, low, high)?);
                register += width;
            }
            Ok(StepEnd::Returned(kept))
        }
        Err(Stop::Trap(trap)) => Ok(StepEnd::Trapped(trap)),
        Err(Stop::Exception) => Ok(StepEnd::Threw(keep_exception(store)?)),
        Err(stop) => Err(stop.into()),
    }
}
