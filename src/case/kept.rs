//! The references that the host keeps, and how they come back as arguments.

use super::plan::Arg;
use super::values::make;
use crate::engine::{Inspector, Stop, Store};
use crate::heap::{GcRef, Heap};
use crate::observe::ObservedValue;
use crate::types::{Lane, RefType, ValType};

/// A value whose object, if it is one, is kept in a handle of the store.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Kept {
    /// Not a reference into the heap.
    Plain(ObservedValue),
    /// A reference in this handle.
    Handle(u32),
}

/// How many references the host keeps. Later ones are seen and forgotten, so
/// that a loop of calls does not make the host the owner of everything.
const MAX_KEPT: usize = 64;

/// Bytes of memory that a value takes that is written down: as it is kept while the
/// run lasts, and as it is shown then.
pub(super) const VALUE_FOOTPRINT: u64 = (size_of::<Kept>() + size_of::<ObservedValue>()) as u64;

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

/// Remembers a value, holding on to its object; `high` is the other half of
/// a vector.
pub(super) fn keep<H: Heap>(
    store: &mut Store<H>,
    ty: ValType,
    value: u64,
    high: u64,
) -> Result<Kept, Stop> {
    if ty.lane() != Lane::Gc {
        return Ok(Kept::Plain(ObservedValue::plain(ty.lane(), value, high)));
    }
    let r = GcRef::from_register(value);
    if r.is_null() {
        return Ok(Kept::Plain(ObservedValue::Null));
    }
    if r.is_i31() {
        return Ok(Kept::Plain(ObservedValue::I31(r.i31_signed())));
    }
    store.spend(KEEP_WORK)?;
    // The same object again is held once.
    if let Some(handle) = looked_at(store).find(|handle| store.handle(*handle) == r) {
        return Ok(Kept::Handle(handle));
    }
    if store.handles() >= MAX_KEPT {
        return Ok(Kept::Plain(ObservedValue::NotKept));
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
    Ok(Kept::Plain(ObservedValue::NotKept))
}

/// The handles whose references have the type.
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
