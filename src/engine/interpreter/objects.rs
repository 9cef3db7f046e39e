//! Instructions on single objects.

use super::vector;
use crate::engine::store::Store;
use crate::engine::store::context::Inspector;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{GcRef, Heap, Place};
use crate::module::Op;
use crate::types::{Field, StorageKind, TypeId};

/// The object in a register. Traps on null.
#[inline]
fn object(register: u64) -> Result<GcRef, Stop> {
    match GcRef::from_register(register) {
        r if r.is_null() => Err(Trap::NullReference.into()),
        r => Ok(r),
    }
}

// The following functions are not inlined: the loop has few machine registers,
// and the heap's accesses would take them.

/// A storage kind known at compile time.
pub(super) trait Known {
    const KIND: StorageKind;
}

macro_rules! known {
    ($($kind:ident),*) => {
        $(pub(super) struct $kind;
        impl Known for $kind {
            const KIND: StorageKind = StorageKind::$kind;
        })*
    };
}

known!(B8, B16, B32, B64, B128, Gc, Func);

/// The field named by an instruction.
#[inline]
fn field<L: Known>(op: &Op) -> Field {
    Field {
        index: u32::from(op.c),
        offset: op.imm,
        kind: L::KIND,
    }
}

/// `struct.get`, before any extension of the value.
#[inline(never)]
pub(super) fn get_field<H: Heap, L: Known>(
    heap: &mut H,
    container: u64,
    op: &Op,
) -> Result<u64, Stop> {
    Ok(heap.get_field(object(container)?, field::<L>(op))?)
}

/// `struct.set`.
#[inline(never)]
pub(super) fn set_field<H: Heap, L: Known>(
    heap: &mut H,
    container: u64,
    op: &Op,
    value: u64,
) -> Result<(), Stop> {
    Ok(heap.set_field(object(container)?, field::<L>(op), value)?)
}

/// An array and an index that was checked against its bounds.
#[inline]
fn element<H: Heap>(heap: &H, array: u64, index: u64) -> Result<(GcRef, u32), Stop> {
    let (r, index) = (object(array)?, index as u32);
    match index < heap.array_len(r)? {
        true => Ok((r, index)),
        false => Err(Trap::ArrayOutOfBounds.into()),
    }
}

/// `array.get`, before any extension of the value.
#[inline(never)]
pub(super) fn get_element<H: Heap, L: Known>(
    heap: &mut H,
    array: u64,
    index: u64,
) -> Result<u64, Stop> {
    let (r, index) = element(heap, array, index)?;
    Ok(heap.get_element(r, index, L::KIND)?)
}

/// `array.set`.
#[inline(never)]
pub(super) fn set_element<H: Heap, L: Known>(
    heap: &mut H,
    array: u64,
    index: u64,
    value: u64,
) -> Result<(), Stop> {
    let (r, index) = element(heap, array, index)?;
    Ok(heap.set_element(r, index, L::KIND, value)?)
}

impl<H: Heap> Store<H> {
    /// `struct.new_default`.
    #[inline(never)]
    pub(super) fn struct_new_default(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let ty = TypeId(op.imm);
        let new = self.allocate_here(ty, 0, inspector, |heap, _| heap.new_struct_default(ty))?;
        self.machine.set_register(op.a, new.register());
        Ok(())
    }

    /// `struct.get` of a vector.
    #[inline(never)]
    pub(super) fn struct_get_wide(&mut self, op: Op) -> Result<(), Stop> {
        let r = object(self.machine.register(op.b))?;
        let value = self.heap.load(r, Place::Field(field::<B128>(&op)))?;
        vector::put(self.machine.registers_mut(), op.a, value);
        Ok(())
    }

    /// `struct.set` of a vector.
    #[inline(never)]
    pub(super) fn struct_set_wide(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let r = object(self.machine.register(op.b))?;
        let value = vector::get(self.machine.registers(), op.a);
        let place = Place::Field(field::<B128>(&op));
        Ok(self.heap.store(r, place, value)?)
    }

    /// `array.get` of a vector.
    #[inline(never)]
    pub(super) fn array_get_wide(&mut self, op: Op) -> Result<(), Stop> {
        let (r, place) = self.wide_element(op)?;
        let value = self.heap.load(r, place)?;
        vector::put(self.machine.registers_mut(), op.a, value);
        Ok(())
    }

    /// `array.set` of a vector.
    #[inline(never)]
    pub(super) fn array_set_wide(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let (r, place) = self.wide_element(op)?;
        let value = vector::get(self.machine.registers(), op.a);
        Ok(self.heap.store(r, place, value)?)
    }

    /// Element `c` of the array of vectors in `b`.
    fn wide_element(&self, op: Op) -> Result<(GcRef, Place), Stop> {
        let (array, index) = (self.machine.register(op.b), self.machine.register(op.c));
        let (r, index) = element(&self.heap, array, index)?;
        let kind = StorageKind::B128;
        Ok((r, Place::Element { index, kind }))
    }
}
