//! The deterministic host: answers imports, keeps every reference it sees, and
//! records calls.

use super::EmbedderStore;
use super::follow::StepEnd;
use super::kept::{KeptValue, VALUE_FOOTPRINT, argument, keep};
use super::steps::perform;
use super::values::{make, mix, number};
use crate::case::error::RunError;
use crate::case::plan::{Arg, Step};
use crate::engine::{Deed, HostDeed, MAX_REENTRY, Stop, Trap};
use crate::module::{ExternType, Import, Module};
use crate::types::{FuncType, ValType};
use std::sync::Arc;

#[cfg(doc)]
use crate::engine::Limits;

/// A function without parameters and results that is imported from this module by this name collects.
/// That is no call of the host otherwise.
pub const COLLECT: (&str, &str) = ("gcdiff", "collect");

/// A call from the module.
#[derive(Debug)]
pub(super) struct RecordedCall {
    pub import: u32,
    pub args: Vec<KeptValue>,
    pub did: Option<StepEnd>,
}

/// What the host knows of a run, and records of it.
#[derive(Debug)]
pub struct Host {
    /// The module of the case.
    pub module: Arc<Module>,
    /// The acts of the host during calls.
    pub(super) acts: Arc<[Step]>,
    /// The recorded calls.
    pub(super) calls: Vec<RecordedCall>,
    /// Number of calls, recorded or not.
    pub(super) count: u64,
    /// The import that collects.
    collect: Option<u32>,
    /// Calls of the module that are active, and how many may be.
    pub(super) active: usize,
    pub(super) reentry: usize,
}

/// Bytes of memory that a recorded call takes besides its values.
const CALL_FOOTPRINT: u64 = 160;

/// Work of starting an act of the host: comparing its name and reading its arguments.
fn act_work(step: &Step) -> u64 {
    let named = match step {
        Step::Call(call) => call.export.len() / 8 + 10 * call.args.len(),
        Step::Global { export, .. } | Step::Table { export, .. } => export.len() / 8,
        Step::Drop(_) | Step::Collect => 0,
    };
    100 + named as u64
}

/// Maximum number of recorded calls. Later calls are only counted.
const MAX_CALLS: usize = 4096;

impl Host {
    /// A host that performs the acts of a case during calls. At most so many calls of the module are
    /// active at a time; see [`Limits::reentry`].
    pub fn new(module: &Arc<Module>, acts: &[Step], reentry: usize) -> Host {
        let collects = |import: &Import| match import.ty {
            ExternType::Func(ty) => {
                let ty = module.types.func(ty);
                let is_plain = ty.params.is_empty() && ty.results.is_empty();
                is_plain && (&*import.module, &*import.name) == COLLECT
            }
            _ => false,
        };
        let mut imports = module.imports.iter().zip(0..);
        let collect = imports.find(|(import, _)| collects(import));
        Host {
            collect: collect.map(|(_, index)| index),
            module: Arc::clone(module),
            acts: acts.into(),
            calls: Vec::new(),
            count: 0,
            active: 0,
            reentry: reentry.min(MAX_REENTRY),
        }
    }

    /// Index of the act that is due in a call; both are counted from 0. `acts`
    /// must not be empty.
    pub(super) fn due(&self, call: u64) -> usize {
        (call % self.acts.len() as u64) as usize
    }
}

/// Answers a call of an imported function of type `ty`.
///
/// # Errors
///
/// A trap of the host if it has no value for a result, and what the store's methods return.
pub fn answer<S: EmbedderStore>(
    store: &mut S,
    call: S::Call,
    import: u32,
    ty: &FuncType,
    args: &[S::Value],
) -> Result<(), Stop> {
    if store.host().collect == Some(import) {
        return store.collect();
    }
    let mut kept = Vec::with_capacity(args.len());
    for (param, value) in ty.params.iter().zip(args) {
        kept.push(keep(store, *param, *value)?);
    }
    let host = store.host();
    host.count += 1;
    let (nth, place) = (host.count, host.calls.len());
    if place < MAX_CALLS {
        store.note_bytes(CALL_FOOTPRINT + VALUE_FOOTPRINT * kept.len() as u64)?;
        store.host().calls.push(RecordedCall {
            import,
            args: kept,
            did: None,
        });
    }
    let did = act(store, import)?;
    if let Some(called) = store.host().calls.get_mut(place) {
        called.did = did;
    }
    for (i, result) in ty.results.iter().enumerate() {
        let seed = mix(nth, u64::from(import) << 8 | i as u64);
        let value = match result {
            // References seen earlier, null, or new references.
            ValType::Ref(r) if r.nullable && seed.is_multiple_of(8) => Some(store.null()),
            ValType::Ref(_) if seed.is_multiple_of(2) => {
                argument(store, *result, Arg::Kept((seed >> 8) as u32), seed)?
            }
            ValType::Ref(r) => match make(store, *r, seed)? {
                None => argument(store, *result, Arg::Auto, seed)?,
                made => made,
            },
            other => Some(store.number(number(*other, seed))),
        };
        store.set_result(call, i, value.ok_or(Trap::Host)?)?;
    }
    Ok(())
}

/// Performs the act that is due in a call of an import. `None`
/// if no act is due or it cannot be performed: an act that fits no export
/// does nothing, since its author may not know which calls reach the host.
fn act<S: EmbedderStore>(store: &mut S, import: u32) -> Result<Option<StepEnd>, Stop> {
    let host = store.host();
    if host.acts.is_empty() {
        return Ok(None);
    }
    let (count, number) = (host.count, host.due(host.count - 1));
    let acts = Arc::clone(&host.acts);
    let step = &acts[number];
    store.spend(act_work(step))?;
    let answering = store.deed();
    store.begin(Deed {
        act: step.act(),
        host_call: Some(HostDeed {
            func: import,
            act: u32::try_from(number + 1).ok(),
        }),
        ..answering
    })?;
    let done = match perform(store, step, mix(count, 3)) {
        Ok(ended) => Some(ended),
        Err(RunError::Stopped(stop)) => return Err(stop),
        Err(_) => None,
    };
    store.begin(answering)?;
    Ok(done)
}
