//! References that the host keeps, and their use as arguments.

use super::EmbedderStore;
use super::values::make;
use crate::case::plan::Arg;
use crate::engine::Stop;
use crate::observe::ObservedValue;
use crate::types::{HeapType, RefType, StorageKind, ValType};

/// A value. If it refers to an object, a handle keeps the reference.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum KeptValue {
    /// Not a reference to an object.
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
fn looked_at<S: EmbedderStore>(store: &S) -> impl Iterator<Item = u32> + use<S> {
    let all = store.handles() as u32;
    let kept = all.min(MAX_KEPT as u32);
    (0..kept).chain(kept.max(all.saturating_sub(MAX_KEPT as u32))..all)
}

/// Records a value and keeps its object in a handle.
pub(super) fn keep<S: EmbedderStore>(
    store: &mut S,
    ty: ValType,
    value: S::Value,
) -> Result<KeptValue, Stop> {
    if let Some(plain) = store.plain(ty, value) {
        return Ok(KeptValue::Plain(plain));
    }
    store.spend(KEEP_WORK)?;
    // Keep each object in one handle only.
    if let Some(handle) = looked_at(store).find(|handle| store.holds(*handle, value)) {
        return Ok(KeptValue::Handle(handle));
    }
    if store.handles() >= MAX_KEPT {
        return Ok(KeptValue::Plain(ObservedValue::NotKept));
    }
    Ok(KeptValue::Handle(store.add_handle(value)?))
}

/// Records the exception that ended a call, in a handle of its own unless there
/// are too many.
pub(super) fn keep_exception<S: EmbedderStore>(store: &mut S) -> Result<KeptValue, Stop> {
    let handles = store.handles();
    let handle = store.take_exception()?;
    if handles < MAX_KEPT {
        return Ok(KeptValue::Handle(handle));
    }
    store.pop_handles(handles)?;
    Ok(KeptValue::Plain(ObservedValue::NotKept))
}

/// The handles whose references have type `ty`.
fn fitting_handles<S: EmbedderStore>(store: &mut S, ty: RefType) -> Result<Vec<u32>, Stop> {
    let mut fitting = Vec::new();
    if ty.heap.is_gc() {
        for handle in looked_at(store) {
            if !store.is_null(handle) && store.has_type(handle, ty)? {
                fitting.push(handle);
            }
        }
    }
    Ok(fitting)
}

/// Whether a type has the i31 values.
fn takes_i31(ty: RefType) -> bool {
    use HeapType::{Any, Eq, Extern, I31};
    matches!(ty.heap, Any | Eq | Extern | I31)
}

/// The value of an argument, not rooted. `None` if no value fits the parameter.
pub(super) fn argument<S: EmbedderStore>(
    store: &mut S,
    ty: ValType,
    arg: Arg,
    seed: u64,
) -> Result<Option<S::Value>, Stop> {
    let ValType::Ref(r) = ty else {
        let bits = match ty.storage_kind() {
            StorageKind::B32 => u64::from(arg.bits() as u32),
            _ => arg.bits(),
        };
        return Ok(Some(store.number(bits)));
    };
    match arg {
        Arg::Null if r.nullable => return Ok(Some(store.null())),
        Arg::I31(value) if takes_i31(r) => return Ok(Some(store.i31(value as u32))),
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
        return Ok(Some(store.handle(*handle)));
    }
    match make(store, r, seed)? {
        Some(value) => Ok(Some(value)),
        None => Ok(r.nullable.then(|| store.null())),
    }
}
