//! The deterministic host: it answers imports, keeps every reference it sees,
//! and writes down what happened.

use super::plan::{Arg, Step};
use super::run::RunError;
use super::steps::{Ended, perform};
use super::values::{make, mix, number};
use crate::engine::{Deed, Host, HostCall, HostDeed, Inspector, Stop, Store, Trap};
use crate::heap::{GcRef, Heap};
use crate::module::Module;
use crate::observe::Seen;
use crate::types::{Lane, RefType, ValType};
use std::sync::Arc;

/// A value whose object, if it is one, is kept in a handle of the store.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Kept {
    /// Not a reference into the heap.
    Plain(Seen),
    /// A reference in this handle.
    Handle(u32),
}

/// A call from the module.
pub(super) struct Called {
    pub import: u32,
    pub args: Vec<Kept>,
    pub did: Option<Ended>,
}

/// The host.
pub(super) struct Embedder {
    /// The module.
    pub module: Arc<Module>,
    /// Its instance, once there is one.
    pub instance: Option<u32>,
    /// What the host does when it is called.
    pub acts: Arc<[Step]>,
    /// Calls so far, as far as they are written down.
    pub calls: Vec<Called>,
    /// How many there were.
    pub count: u64,
}

/// How many references the host keeps. Later ones are seen and forgotten, so
/// that a loop of calls does not make the host the owner of everything.
const MAX_KEPT: usize = 64;

/// Bytes of memory that a call that is written down takes, and each of its values:
/// as it is kept while the run lasts, and as it is shown then.
const CALL_FOOTPRINT: u64 = 160;
pub(super) const VALUE_FOOTPRINT: u64 = (size_of::<Kept>() + size_of::<Seen>()) as u64;

/// Work of something that the host does when it is called, besides what that is:
/// its name is compared, and its arguments are read.
fn act_work(step: &Step) -> u64 {
    let named = match step {
        Step::Call(call) => call.export.len() / 8 + 10 * call.args.len(),
        Step::Global { export, .. } | Step::Table { export, .. } => export.len() / 8,
        Step::Drop(_) | Step::Collect => 0,
    };
    100 + named as u64
}

/// Work of looking whether a reference is held, and which of those that are held
/// have a type.
const KEEP_WORK: u64 = 100;
const FIND_WORK: u64 = 300;

/// The handles to look for a reference in: all, or of very many those that are
/// kept, and the latest of those that hold the arguments of calls.
fn looked_at<H: Heap>(store: &Store<H>) -> impl Iterator<Item = u32> + use<H> {
    let all = store.handles() as u32;
    let kept = all.min(MAX_KEPT as u32);
    (0..kept).chain(kept.max(all.saturating_sub(MAX_KEPT as u32))..all)
}

/// How many calls are written down value by value; later ones only count.
const MAX_CALLS: usize = 4096;

impl Embedder {
    /// A host that does `acts` when it is called.
    pub(super) fn new(module: &Arc<Module>, acts: &[Step]) -> Embedder {
        Embedder {
            module: Arc::clone(module),
            instance: None,
            acts: acts.into(),
            calls: Vec::new(),
            count: 0,
        }
    }

    /// The number of the act that is due in a call, counted from 0 like the calls.
    /// There must be acts.
    pub(super) fn due(&self, call: u64) -> usize {
        (call % self.acts.len() as u64) as usize
    }

    /// Does what is due in a call of host function `func`. `None` if nothing is, or if it cannot be done:
    /// a step that fits no export does nothing, since whoever wrote it may not
    /// know what calls the host.
    fn act<H: Heap>(
        &mut self,
        store: &mut Store<H>,
        func: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<Option<Ended>, Stop> {
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
        let done = match perform(store, self, step, mix(self.count, 3), inspector) {
            Ok(ended) => Some(ended),
            Err(RunError::Stopped(stop)) => return Err(stop),
            Err(_) => None,
        };
        store.begin(answering, inspector)?;
        Ok(done)
    }

    /// Remembers a value, holding on to its object; `high` is the other half of
    /// a vector.
    pub(super) fn keep<H: Heap>(
        store: &mut Store<H>,
        ty: ValType,
        value: u64,
        high: u64,
    ) -> Result<Kept, Stop> {
        if ty.lane() != Lane::Gc {
            return Ok(Kept::Plain(Seen::plain(ty.lane(), value, high)));
        }
        let r = GcRef::from_register(value);
        if r.is_null() {
            return Ok(Kept::Plain(Seen::Null));
        }
        if r.is_i31() {
            return Ok(Kept::Plain(Seen::I31(r.i31_signed())));
        }
        store.spend(KEEP_WORK)?;
        // The same object again is held once.
        if let Some(handle) = looked_at(store).find(|handle| store.handle(*handle) == r) {
            return Ok(Kept::Handle(handle));
        }
        if store.handles() >= MAX_KEPT {
            return Ok(Kept::Plain(Seen::NotKept));
        }
        Ok(Kept::Handle(store.add_handle(r)?))
    }

    /// Remembers the exception that a call has ended with, in a handle of its own
    /// unless there are too many.
    pub(super) fn keep_exception<H: Heap>(store: &mut Store<H>) -> Result<Kept, Stop> {
        let handles = store.handles();
        let handle = store.take_exception()?;
        if handles < MAX_KEPT {
            return Ok(Kept::Handle(handle));
        }
        store.pop_handles(handles)?;
        Ok(Kept::Plain(Seen::NotKept))
    }

    /// The handles whose references have the type.
    fn fitting<H: Heap>(store: &Store<H>, ty: RefType) -> Result<Vec<u32>, Stop> {
        let mut fitting = Vec::new();
        if ty.heap.is_gc() {
            looked_at(store).try_for_each(|handle| {
                let r = store.handle(handle);
                if !r.is_null() && store.matches(r.register(), ty)? {
                    fitting.push(handle);
                }
                Ok::<(), Stop>(())
            })?;
        }
        Ok(fitting)
    }

    /// The value of an argument, as a register, not rooted: `None` if nothing
    /// fits the parameter. A vector is a number in its low half.
    pub(super) fn argument<H: Heap>(
        store: &mut Store<H>,
        ty: ValType,
        arg: Arg,
        seed: u64,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<Option<u64>, Stop> {
        let ValType::Ref(r) = ty else {
            let bits = arg.bits();
            return Ok(Some(match ty {
                ValType::I32 | ValType::F32 => u64::from(bits as u32),
                _ => bits,
            }));
        };
        match arg {
            Arg::Null if r.nullable => return Ok(Some(0)),
            Arg::I31(value) => {
                let i31 = GcRef::i31(value as u32).register();
                if r.heap.is_gc() && store.matches(i31, r)? {
                    return Ok(Some(i31));
                }
            }
            _ => {}
        }
        store.spend(FIND_WORK)?;
        let fitting = Self::fitting(store, r)?;
        let pick = match arg {
            Arg::Kept(n) => fitting.get(n as usize % fitting.len().max(1)),
            Arg::Bits(bits) => fitting.get((bits % (fitting.len() as u64 + 1)) as usize),
            _ => fitting.last(),
        };
        if let Some(handle) = pick {
            return Ok(Some(store.handle(*handle).register()));
        }
        match make(store, r, seed, inspector)? {
            Some(value) => Ok(Some(value)),
            None => Ok(r.nullable.then_some(0)),
        }
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
            let high = match param.lane() {
                Lane::B128 => store.argument_high(call, i),
                _ => 0,
            };
            args.push(Self::keep(store, *param, value, high)?);
        }
        self.count += 1;
        let nth = self.count;
        let place = self.calls.len();
        if place < MAX_CALLS {
            store.note_bytes(CALL_FOOTPRINT + VALUE_FOOTPRINT * args.len() as u64)?;
            self.calls.push(Called {
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
                // References the host has seen come back, or null, or new ones.
                ValType::Ref(r) if r.nullable && seed.is_multiple_of(8) => Some(0),
                ValType::Ref(_) if seed.is_multiple_of(2) => {
                    let arg = Arg::Kept((seed >> 8) as u32);
                    Self::argument(store, *result, arg, seed, inspector)?
                }
                ValType::Ref(r) => match make(store, *r, seed, inspector)? {
                    None => Self::argument(store, *result, Arg::Auto, seed, inspector)?,
                    made => made,
                },
                other => Some(number(*other, seed)),
            };
            store.set_result(call, i, value.ok_or(Trap::Host)?)?;
        }
        Ok(())
    }
}
