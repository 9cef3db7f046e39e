//! References that the host keeps, and their use as arguments.

use super::plan::Arg;
use super::values::make;
use crate::engine::{Inspector, Stop, Store};
use crate::heap::{GcRef, Heap};
use crate::observe::ObservedValue;
use crate::types::{RefType, StorageKind, ValType};

/// A value. If it refers to an object, a handle of the store keeps the reference.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum KeptValue {
    /// Not a reference into the heap.
    Plain(ObservedValue),
    /// The handle that holds the reference.
    Handle(u32),
}

/// Maximum number of references that the host keeps. Later ones are seen but
/// not kept, so that a loop of calls does not make the host own every object.
const MAX_KEPT: usize = 64;

/// Bytes that a value in an observed step takes: as it is kept, and as it is read.
pub(super) const VALUE_FOOTPRINT: u64 =
    (size_of::<KeptValue>() + size_of::<ObservedValue>()) as u64;

/// Work of searching the handles for a reference, and of finding those whose
/// references have a type.
const KEEP_WORK: u64 = 100;
const FIND_WORK: u64 = 300;

/// The handles to search for a reference. This is all of them, unless there are
/// very many: then the first, which keep references, and the latest, which hold
/// the arguments of calls.
fn looked_at<H: Heap>(store: &Store<H>) -> impl Iterator<Item = u32> + use<H> {
    let all = store.handles() as u32;
    let kept = all.min(MAX_KEPT as u32);
    (0..kept).chain(kept.max(all.saturating_sub(MAX_KEPT as u32))..all)
}

/// Records a value and keeps its object in a handle. `high` is the high half of
/// a vector.
pub(super) fn keep<H: Heap>(
    store: &mut Store<H>,
    ty: ValType,
    value: u64,
    high: u64,
) -> Result<KeptValue, Stop> {
    if ty.storage_kind() != StorageKind::Gc {
        return Ok(KeptValue::Plain(ObservedValue::plain(
            ty.storage_kind(),
            value,
            high,
        )));
    }
    let r = GcRef::from_register(value);
    if r.is_null() {
        return Ok(KeptValue::Plain(ObservedValue::Null));
    }
    if r.is_i31() {
        return Ok(KeptValue::Plain(ObservedValue::I31(r.i31_signed())));
    }
    store.spend(KEEP_WORK)?;
    // Keep each object in one handle only.
    if let Some(handle) = looked_at(store).find(|handle| store.handle(*handle) == r) {
        return Ok(KeptValue::Handle(handle));
    }
    if store.handles() >= MAX_KEPT {
        return Ok(KeptValue::Plain(ObservedValue::NotKept));
    }
    Ok(KeptValue::Handle(store.add_handle(r)?))
}

/// Records the exception that ended a call, in a handle of its own unless there
/// are too many.
pub(super) fn keep_exception<H: Heap>(store: &mut Store<H>) -> Result<KeptValue, Stop> {
    let handles = store.handles();
    let handle = store.take_exception()?;
    if handles < MAX_KEPT {
        return Ok(KeptValue::Handle(handle));
    }
    store.pop_handles(handles)?;
    Ok(KeptValue::Plain(ObservedValue::NotKept))
}

/// The handles whose references have type `ty`.
fn fitting_handles<H: Heap>(store: &Store<H>, ty: RefType) -> Result<Vec<u32>, Stop> {
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

/// The value of an argument as a register, not rooted. `None` if no value fits
/// the parameter. A vector gets a number in its low half.
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
    let fitting = fitting_handles(store, r)?;
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
