//! Execution of the host's steps, one at a time.

use super::EmbedderStore;
use super::follow::StepEnd;
use super::kept::{KeptValue, VALUE_FOOTPRINT, argument, keep, keep_exception};
use super::values::mix;
use crate::case::error::RunError;
use crate::case::plan::{Arg, Call, Step};
use crate::engine::{Stop, Trap};
use crate::module::ExportItem;
use crate::types::ValType;

/// Performs a step. `number` identifies the step, to vary the values that the
/// host makes up.
pub(super) fn perform<S: EmbedderStore>(
    store: &mut S,
    step: &Step,
    number: u64,
) -> Result<StepEnd, RunError> {
    let done = match step {
        Step::Call(step) => return call(store, step, number),
        Step::Global { export, value } => {
            let ExportItem::Global(global) = item(store, export)? else {
                return Err(no_such("global", export));
            };
            let ty = store.host().module.globals[global as usize];
            let Some(arg) = *value else {
                let old = store.global(global);
                return Ok(StepEnd::Returned(vec![keep(store, ty.value, old)?]));
            };
            if !ty.mutable {
                let message = format!("global {export:?} is immutable");
                return Err(RunError::Arguments(message));
            }
            match argument(store, ty.value, arg, mix(number, 1)) {
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
            let ExportItem::Table(table) = item(store, export)? else {
                return Err(no_such("table", export));
            };
            let ty = ValType::Ref(store.host().module.tables[table as usize].element);
            let Some(old) = store.element(table, *index) else {
                return Ok(StepEnd::Trapped(Trap::TableOutOfBounds));
            };
            let Some(arg) = *value else {
                return Ok(StepEnd::Returned(vec![keep(store, ty, old)?]));
            };
            match argument(store, ty, arg, mix(number, 1)) {
                Ok(None) => return Ok(StepEnd::NoArgument),
                Ok(Some(value)) => store.set_element(table, *index, value),
                Err(stop) => Err(stop),
            }
        }
        Step::Drop(number) => {
            let handles = 0..store.handles() as u32;
            let held: Vec<u32> = handles.filter(|h| !store.is_null(*h)).collect();
            match held.get(*number as usize % held.len().max(1)) {
                Some(handle) => store.drop_handle(*handle),
                None => Ok(()),
            }
        }
        Step::Collect => store.collect(),
    };
    end_of(store, done.map(|()| Vec::new()), &[])
}

/// Looks up an export that a step names.
fn item<S: EmbedderStore>(store: &mut S, name: &str) -> Result<ExportItem, RunError> {
    let Some(item) = store.host().module.export(name) else {
        let message = format!("the module exports nothing by the name of {name:?}");
        return Err(RunError::Export(message));
    };
    if !store.has_item(item) {
        return Err(RunError::Export(format!(
            "{name:?} cannot be used: the instance was never completely allocated"
        )));
    }
    Ok(item)
}

fn no_such(kind: &str, export: &str) -> RunError {
    RunError::Export(format!("the module exports no {kind} {export:?}"))
}

fn call<S: EmbedderStore>(store: &mut S, step: &Call, number: u64) -> Result<StepEnd, RunError> {
    let module = store.host().module.clone();
    let Some(ExportItem::Func(func)) = module.export(&step.export) else {
        return Err(no_such("function", &step.export));
    };
    item(store, &step.export)?;
    let ty = module.types.func(module.funcs[func as usize]);
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
        let value = match argument(store, *param, arg, mix(number, i as u64 + 2)) {
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
            held.push((args.len(), store.add_handle(value)?));
        }
        args.push(value);
    }
    for (i, handle) in held {
        args[i] = store.handle(handle);
    }
    store.pop_handles(handles)?;
    let host = store.host();
    if host.active >= host.reentry {
        return Ok(StepEnd::Trapped(Trap::StackOverflow));
    }
    host.active += 1;
    let done = store.call(func, &args);
    store.host().active -= 1;
    end_of(store, done, &ty.results)
}

/// Records the outcome and results of a step.
pub(super) fn end_of<S: EmbedderStore>(
    store: &mut S,
    done: Result<Vec<S::Value>, Stop>,
    types: &[ValType],
) -> Result<StepEnd, RunError> {
    match done {
        Ok(results) => {
            store.note_bytes(VALUE_FOOTPRINT * results.len() as u64)?;
            let results = results.into_iter().zip(types);
            let kept: Result<Vec<KeptValue>, Stop> =
                results.map(|(value, ty)| keep(store, *ty, value)).collect();
            Ok(StepEnd::Returned(kept?))
        }
        Err(Stop::Trap(trap)) => Ok(StepEnd::Trapped(trap)),
        Err(Stop::Exception) => Ok(StepEnd::Threw(keep_exception(store)?)),
        Err(stop) => Err(stop.into()),
    }
}
