//! Instructions in terms of the required methods of a heap, value by value.

use super::{GcRef, Heap, HeapError, NewObject, Place, Shape};
use crate::types::{StorageKind, TypeId};

type HeapResult = Result<(), HeapError>;

/// Takes the value of a place from the front of `registers`: two registers for
/// a `v128`.
fn take(r: GcRef, kind: StorageKind, registers: &mut &[u64]) -> Result<u128, HeapError> {
    let (value, rest) = match (kind, *registers) {
        (StorageKind::B128, [low, high, rest @ ..]) => {
            (u128::from(*low) | u128::from(*high) << 64, rest)
        }
        (StorageKind::B128, _) | (_, []) => {
            return Err(HeapError::corrupt(r.0, "too few registers for the values"));
        }
        (_, [value, rest @ ..]) => (u128::from(*value), rest),
    };
    *registers = rest;
    Ok(value)
}

/// Allocates a structure or an exception with the values in `registers`.
pub(super) fn new_with_fields<H: Heap + ?Sized>(
    heap: &mut H,
    object: NewObject,
    mut registers: &[u64],
) -> Result<GcRef, HeapError> {
    let fields = heap.trace_info().of(object.shape())?.fields();
    let r = heap.allocate(object)?;
    for index in fields {
        let field = heap.trace_info().field(index)?;
        let value = take(r, field.kind, &mut registers)?;
        heap.init(r, Place::Field(field), value)?;
    }
    match registers {
        [] => Ok(r),
        _ => Err(HeapError::corrupt(r.0, "too many registers for the values")),
    }
}

/// `array.new`.
pub(super) fn new_array<H: Heap + ?Sized>(
    heap: &mut H,
    ty: TypeId,
    len: u32,
    init: u64,
) -> Result<GcRef, HeapError> {
    let kind = heap.trace_info().of(Shape::Array(ty))?.element;
    let r = heap.allocate(NewObject::Array(ty, len))?;
    for index in 0..len {
        heap.init(r, Place::Element { index, kind }, u128::from(init))?;
    }
    Ok(r)
}

/// `array.new_fixed`.
pub(super) fn new_array_fixed<H: Heap + ?Sized>(
    heap: &mut H,
    ty: TypeId,
    mut registers: &[u64],
) -> Result<GcRef, HeapError> {
    let layout = heap.trace_info().of(Shape::Array(ty))?;
    let kind = layout.element;
    let (len, _) = layout.element_registers(registers.len())?;
    let r = heap.allocate(NewObject::Array(ty, len))?;
    for index in 0..len {
        let value = take(r, kind, &mut registers)?;
        heap.init(r, Place::Element { index, kind }, value)?;
    }
    Ok(r)
}

/// `array.fill`.
pub(super) fn fill<H: Heap + ?Sized>(
    heap: &mut H,
    r: GcRef,
    start: u32,
    len: u32,
    kind: StorageKind,
    value: u128,
) -> HeapResult {
    for index in range(heap, r, start, len as usize)? {
        heap.store(r, Place::Element { index, kind }, value)?;
    }
    Ok(())
}

/// `array.copy`, in the direction in which no element is overwritten before it
/// has been read.
pub(super) fn copy<H: Heap + ?Sized>(
    heap: &mut H,
    dst: (GcRef, u32),
    src: (GcRef, u32),
    len: u32,
    kind: StorageKind,
) -> HeapResult {
    let to = range(heap, dst.0, dst.1, len as usize)?;
    let from = range(heap, src.0, src.1, len as usize)?;
    let mut step = |(to, from)| {
        let value = heap.load(src.0, Place::Element { index: from, kind })?;
        heap.store(dst.0, Place::Element { index: to, kind }, value)
    };
    match dst.1 <= src.1 {
        true => to.zip(from).try_for_each(&mut step),
        false => to.zip(from).rev().try_for_each(&mut step),
    }
}

/// `array.init_data`.
pub(super) fn init_data<H: Heap + ?Sized>(
    heap: &mut H,
    r: GcRef,
    start: u32,
    kind: StorageKind,
    data: &[u8],
) -> HeapResult {
    let elements = data.chunks_exact(kind.width() as usize);
    if !elements.remainder().is_empty() {
        return Err(HeapError::corrupt(r.0, "bytes do not make whole elements"));
    }
    for (index, bytes) in range(heap, r, start, elements.len())?.zip(elements) {
        let value = bytes
            .iter()
            .rev()
            .fold(0, |v, byte| v << 8 | u128::from(*byte));
        heap.store(r, Place::Element { index, kind }, value)?;
    }
    Ok(())
}

/// `array.init_elem`.
pub(super) fn init_elements<H: Heap + ?Sized>(
    heap: &mut H,
    r: GcRef,
    start: u32,
    kind: StorageKind,
    refs: &[u32],
) -> HeapResult {
    for (index, value) in range(heap, r, start, refs.len())?.zip(refs) {
        heap.store(r, Place::Element { index, kind }, u128::from(*value))?;
    }
    Ok(())
}

/// The indices of elements of an array, all of which must exist.
fn range<H: Heap + ?Sized>(
    heap: &H,
    r: GcRef,
    start: u32,
    len: usize,
) -> Result<std::ops::Range<u32>, HeapError> {
    let end = u32::try_from(len)
        .ok()
        .and_then(|len| start.checked_add(len));
    match end {
        Some(end) if end <= heap.array_len(r)? => Ok(start..end),
        _ => Err(HeapError::corrupt(r.0, "no such elements")),
    }
}
