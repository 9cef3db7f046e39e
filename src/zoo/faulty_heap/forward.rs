//! Operations that a faulty heap passes to its fault. All others are forwarded.

use super::{FaultyHeap, HOOK};
use crate::heap::{EngineEvent, GcRef, Heap, HeapError, HeapLayer, RootSlot, Roots, Shape};
use crate::types::{Field, StorageKind, TypeId};

/// Methods that the fault implements.
macro_rules! by_fault {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        $(#[inline] fn $name(&mut self, $($arg: $ty),*) -> $out {
            self.fault.$name(&mut *self.heap, $($arg),*)
        })*
    };
}

impl FaultyHeap {
    /// Reports an allocation that has failed to the fault.
    #[inline]
    fn failed(&mut self, made: &Result<GcRef, HeapError>, shape: Shape, operands: &[u64]) {
        if let Err(HeapError::Full) = made {
            self.fault.failed(&mut *self.heap, shape, operands);
        }
    }

    /// Reports an allocated object to the fault.
    #[inline]
    fn made(&mut self, r: Result<GcRef, HeapError>) -> Result<GcRef, HeapError> {
        if let Ok(r) = r {
            self.fault.made(r);
        }
        r
    }
}

impl HeapLayer for FaultyHeap {
    type Behind = dyn Heap;

    #[inline]
    fn behind(&self) -> &(dyn Heap + 'static) {
        &*self.heap
    }

    #[inline]
    fn behind_mut(&mut self) -> &mut (dyn Heap + 'static) {
        &mut *self.heap
    }

    fn extent(&self) -> (u32, u32) {
        self.fault.extent(self.heap.extent())
    }

    by_fault! {
        collect(roots: &mut dyn Roots) -> Result<(), HeapError>;
        fill(r: GcRef, start: u32, len: u32, kind: StorageKind, value: u128) -> Result<(), HeapError>;
        copy(dst: (GcRef, u32), src: (GcRef, u32), len: u32, kind: StorageKind) -> Result<(), HeapError>;
        expose(from: RootSlot, r: GcRef) -> Result<GcRef, HeapError>;
        write_slot(kind: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError>;
        init_slot(kind: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError>;
        drop_slots(kind: RootSlot, slots: &mut [u32]) -> Result<(), HeapError>;
    }

    fn set_capacity(&mut self, bytes: u32) {
        self.fault.set_capacity(&mut *self.heap, bytes);
    }

    fn on_event(&mut self, event: EngineEvent<'_>) {
        if let EngineEvent::Linked { instance, module } = event {
            self.fault.linked(instance, module);
        }
        self.fault.on_event(&mut *self.heap, event);
    }

    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        let ty = self.fault.allocated_as(ty);
        let r = self.heap.new_struct(ty, fields);
        self.failed(&r, Shape::Struct(ty), fields);
        let r = self.made(r)?;
        self.fault.initialised(&mut *self.heap, r, ty, fields);
        self.fault.made_of(Shape::Struct(ty), fields);
        Ok(r)
    }

    fn new_struct_default(&mut self, ty: TypeId) -> Result<GcRef, HeapError> {
        let r = self.heap.new_struct_default(self.fault.allocated_as(ty));
        let r = self.made(r)?;
        self.fault.defaulted(&mut *self.heap, r, Shape::Struct(ty));
        Ok(r)
    }

    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        let r = self.heap.new_array(self.fault.allocated_as(ty), len, init);
        let r = self.made(r)?;
        self.fault.made_of(Shape::Array(ty), &[init]);
        Ok(r)
    }

    fn new_array_default(&mut self, ty: TypeId, len: u32) -> Result<GcRef, HeapError> {
        let r = self
            .heap
            .new_array_default(self.fault.allocated_as(ty), len);
        let r = self.made(r)?;
        self.fault.defaulted(&mut *self.heap, r, Shape::Array(ty));
        Ok(r)
    }

    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        let r = self
            .heap
            .new_array_fixed(self.fault.allocated_as(ty), elements);
        self.failed(&r, Shape::Array(ty), elements);
        let r = self.made(r)?;
        self.fault.made_of(Shape::Array(ty), elements);
        Ok(self.fault.new_array_as(r, elements.len()))
    }

    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        let r = self.heap.new_exception(ty, tag, payload);
        self.made(r)
    }

    fn new_extern(&mut self, host: u32) -> Result<GcRef, HeapError> {
        let r = self.heap.new_extern(host);
        self.made(r)
    }

    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        match self.fault.hides_type(r) {
            true => Ok(Shape::Extern),
            false => self.heap.shape(r),
        }
    }

    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        if r == HOOK {
            self.fault.hook_called(&mut *self.heap, field.offset, 0)?;
            return Ok(0);
        }
        self.fault.get_field(&mut *self.heap, r, field)
    }

    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError> {
        match r == HOOK {
            true => self.fault.hook_called(&mut *self.heap, field.offset, value),
            false => self.fault.set_field(&mut *self.heap, r, field, value),
        }
    }
}
