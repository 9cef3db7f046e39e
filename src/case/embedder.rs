//! The deterministic host: answers imports, keeps every reference it sees, and
//! records calls.

use super::error::RunError;
use super::kept::{KeptValue, VALUE_FOOTPRINT, argument, keep};
use super::plan::{Arg, Step};
use super::steps::{Exports, StepEnd, perform};
use super::values::{make, mix, number};
use crate::engine::{Context, Deed, Host, HostCall, HostDeed, Inspector, Stop, Store, Trap};
use crate::heap::Heap;
use crate::module::Module;
use crate::types::{StorageKind, ValType};
use std::sync::Arc;

/// A call from the module.
pub(super) struct RecordedCall {
    pub import: u32,
    pub args: Vec<KeptValue>,
    pub did: Option<StepEnd>,
}

/// The host.
pub(super) struct Embedder {
    /// The module's exports.
    pub exports: Exports,
    /// The acts of the host during calls.
    pub acts: Arc<[Step]>,
    /// The recorded calls.
    pub calls: Vec<RecordedCall>,
    /// Number of calls, recorded or not.
    pub count: u64,
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

impl Embedder {
    /// A host that performs `acts` during calls.
    pub(super) fn new(module: &Arc<Module>, acts: &[Step]) -> Embedder {
        Embedder {
            exports: Exports {
                module: Arc::clone(module),
                instance: None,
            },
            acts: acts.into(),
            calls: Vec::new(),
            count: 0,
        }
    }

    /// Index of the act that is due in a call; both are counted from 0. `acts`
    /// must not be empty.
    pub(super) fn due(&self, call: u64) -> usize {
        (call % self.acts.len() as u64) as usize
    }

    /// Performs the act that is due in a call of host function `func`. `None`
    /// if no act is due or it cannot be performed: an act that fits no export
    /// does nothing, since its author may not know which calls reach the host.
    fn act<H: Heap>(
        &mut self,
        store: &mut Store<H>,
        func: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<Option<StepEnd>, Stop> {
        if self.acts.is_empty() {
            return Ok(None);
        }
        let number = self.due(self.count - 1);
        let acts = Arc::clone(&self.acts);
        let step = &acts[number];
        store.spend(act_work(step))?;
        let answering = store.deed();
        let deed = Deed {
            act: step.act(),
            host_call: Some(HostDeed {
                func,
                act: u32::try_from(number + 1).ok(),
            }),
            ..answering
        };
        store.begin(deed, inspector)?;
        let (exports, seed) = (self.exports.clone(), mix(self.count, 3));
        let mut cx = Context::new(self, inspector);
        let done = match perform(store, &exports, step, seed, &mut cx) {
            Ok(ended) => Some(ended),
            Err(RunError::Stopped(stop)) => return Err(stop),
            Err(_) => None,
        };
        store.begin(answering, inspector)?;
        Ok(done)
    }
}

impl<H: Heap> Host<H> for Embedder {
    fn call(
        &mut self,
        store: &mut Store<H>,
        call: HostCall,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let ty = store.call_type(call).clone();
        let mut args = Vec::with_capacity(ty.params.len());
        for (i, param) in ty.params.iter().enumerate() {
            let value = store.argument(call, i);
            let high = match param.storage_kind() {
                StorageKind::B128 => store.argument_high(call, i),
                _ => 0,
            };
            args.push(keep(store, *param, value, high)?);
        }
        self.count += 1;
        let nth = self.count;
        let place = self.calls.len();
        if place < MAX_CALLS {
            store.note_bytes(CALL_FOOTPRINT + VALUE_FOOTPRINT * args.len() as u64)?;
            self.calls.push(RecordedCall {
                import: call.id,
                args,
                did: None,
            });
        }
        let did = self.act(store, call.id, inspector)?;
        if let Some(called) = self.calls.get_mut(place) {
            called.did = did;
        }
        for (i, result) in ty.results.iter().enumerate() {
            let seed = mix(nth, u64::from(call.id) << 8 | i as u64);
            let value = match result {
                // References seen earlier, null, or new references.
                ValType::Ref(r) if r.nullable && seed.is_multiple_of(8) => Some(0),
                ValType::Ref(_) if seed.is_multiple_of(2) => {
                    let arg = Arg::Kept((seed >> 8) as u32);
                    argument(store, *result, arg, seed, inspector)?
                }
                ValType::Ref(r) => match make(store, *r, seed, inspector)? {
                    None => argument(store, *result, Arg::Auto, seed, inspector)?,
                    made => made,
                },
                other => Some(number(*other, seed)),
            };
            store.set_result(call, i, value.ok_or(Trap::Host)?)?;
        }
        Ok(())
    }
}
