//! The copying collector as a [`Heap`]: plain accesses to the current
//! semi-space. A tracing collector that stops the world needs no barriers.

use super::{Copying, Policy};
use crate::heap::refusals::Refusals;
use crate::heap::space::Space;
use crate::heap::trace_info::element_offset;
use crate::heap::{GcRef, Heap, HeapError, NewObject, Place, RootSlot, Roots, Shape, TraceInfo};
use crate::types::{Field, StorageKind, TypeId, Types};

impl<P: Policy> Copying<P> {
    /// Reads from the object at `r`. The access gets its local address.
    #[inline]
    fn read<T>(
        &self,
        r: GcRef,
        access: impl FnOnce(&Space, GcRef) -> Result<T, HeapError>,
    ) -> Result<T, HeapError> {
        let current = self.core.from_space();
        let local = current.local(self.policy.locate(&self.core, r));
        current.with(|space| access(space, local))
    }

    /// Writes to the object at `r`.
    #[inline]
    fn write<T>(
        &mut self,
        r: GcRef,
        access: impl FnOnce(&mut Space, GcRef) -> Result<T, HeapError>,
    ) -> Result<T, HeapError> {
        let r = self.policy.locate(&self.core, r);
        let current = self.core.from_space_mut();
        let local = current.local(r);
        current.with_mut(|space| access(space, local))
    }

    #[inline]
    fn allocate_block(&mut self, shape: Shape, payload: u64) -> Result<GcRef, HeapError> {
        self.policy.allocate(&mut self.core, shape, payload)
    }

    /// Allocates an array with room for `len` elements, and writes its length.
    #[inline]
    fn allocate_array(&mut self, shape: Shape, len: u32) -> Result<GcRef, HeapError> {
        let size = self.core.trace_info.of(shape)?.array_size(len);
        let r = self.allocate_block(shape, size)?;
        self.write(r, |s, r| s.set_array_len(r, len))?;
        Ok(r)
    }

    /// Writes the fields of a new structure or exception.
    #[inline]
    fn init_fields(
        &mut self,
        r: GcRef,
        shape: Shape,
        mut registers: &[u64],
    ) -> Result<(), HeapError> {
        for index in self.core.trace_info.of(shape)?.fields() {
            let field = self.core.trace_info.field(index)?;
            registers = self.write(r, |s, r| s.store_field(r, field, registers))?;
        }
        match registers {
            [] => Ok(()),
            _ => Err(HeapError::corrupt(r.0, "too many registers for the fields")),
        }
    }
}

impl<P: Policy> Heap for Copying<P> {
    fn add_types(&mut self, types: &Types) {
        self.policy.learn_types(&mut self.core, types);
    }

    #[inline]
    fn trace_info(&self) -> &TraceInfo {
        &self.core.trace_info
    }

    #[inline]
    fn wants_collection(&self) -> bool {
        self.policy.wants_collection(&self.core)
    }

    fn set_capacity(&mut self, bytes: u32) {
        self.core.set_capacity(bytes);
    }

    fn refuse(&mut self, times: u32) -> bool {
        self.core.refusals = Refusals(times);
        true
    }

    fn most_bytes(&self) -> u64 {
        u64::from(self.core.capacity())
    }

    fn collect(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError> {
        match &mut self.shown {
            None => self.policy.collect(&mut self.core, roots),
            Some(shown) => {
                let mut roots = shown.recording(roots);
                self.policy.collect(&mut self.core, &mut roots)
            }
        }
    }

    #[inline]
    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Struct(ty);
        let size = self.core.trace_info.of(shape)?.size;
        let r = self.allocate_block(shape, u64::from(size))?;
        self.init_fields(r, shape, fields)?;
        Ok(r)
    }

    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        let shape = Shape::Array(ty);
        let kind = self.core.trace_info.of(shape)?.element;
        let r = self.allocate_array(shape, len)?;
        self.write(r, |s, r| s.fill(r, 0, len, kind, u128::from(init)))?;
        Ok(r)
    }

    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Array(ty);
        let layout = self.core.trace_info.of(shape)?;
        let (len, kind) = layout.element_registers(elements.len())?;
        let r = self.allocate_array(shape, len)?;
        self.write(r, |s, r| s.init_elements(r, kind, elements))?;
        Ok(r)
    }

    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Exception(ty);
        let size = self.core.trace_info.of(shape)?.size;
        let r = self.allocate_block(shape, u64::from(size))?;
        self.write(r, |s, r| s.store(r, 0, StorageKind::B32, u64::from(tag)))?;
        self.init_fields(r, shape, payload)?;
        Ok(r)
    }

    fn allocate(&mut self, object: NewObject) -> Result<GcRef, HeapError> {
        let shape = object.shape();
        if let NewObject::Array(_, len) = object {
            let kind = self.core.trace_info.of(shape)?.element;
            let r = self.allocate_array(shape, len)?;
            self.write(r, |s, r| s.fill(r, 0, len, kind, 0))?;
            return Ok(r);
        }
        let size = match shape {
            Shape::Extern => StorageKind::B32.width(),
            _ => self.core.trace_info.of(shape)?.size,
        };
        let r = self.allocate_block(shape, u64::from(size))?;
        self.write(r, |s, r| s.clear_payload(r))?;
        if let NewObject::Exception(_, word) | NewObject::Extern(word) = object {
            self.write(r, |s, r| s.store(r, 0, StorageKind::B32, u64::from(word)))?;
        }
        Ok(r)
    }

    fn load(&mut self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        self.read(r, |s, r| s.load_value(r, place))
    }

    fn store(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        self.write(r, |s, r| s.store_value(r, place, value))
    }

    #[inline]
    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        self.read(r, |s, r| s.shape(r))
    }

    #[inline]
    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        self.read(r, |s, r| s.load(r, u64::from(field.offset), field.kind))
    }

    #[inline]
    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError> {
        self.write(r, |s, r| {
            s.store(r, u64::from(field.offset), field.kind, value)
        })
    }

    #[inline]
    fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        self.read(r, |s, r| s.array_len(r))
    }

    #[inline]
    fn get_element(&mut self, r: GcRef, index: u32, kind: StorageKind) -> Result<u64, HeapError> {
        self.read(r, |s, r| s.load(r, element_offset(index, kind), kind))
    }

    #[inline]
    fn set_element(
        &mut self,
        r: GcRef,
        index: u32,
        kind: StorageKind,
        v: u64,
    ) -> Result<(), HeapError> {
        self.write(r, |s, r| s.store(r, element_offset(index, kind), kind, v))
    }

    fn fill(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
        value: u128,
    ) -> Result<(), HeapError> {
        self.write(r, |s, r| s.fill(r, start, len, kind, value))
    }

    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        let src = (self.policy.locate(&self.core, src.0), src.1);
        let src = (self.core.from_space().local(src.0), src.1);
        self.write(dst.0, |s, r| s.copy((r, dst.1), src, len, kind))
    }

    fn init_data(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        data: &[u8],
    ) -> Result<(), HeapError> {
        self.write(r, |s, r| s.write_data(r, start, kind, data))
    }

    fn init_elements(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        refs: &[u32],
    ) -> Result<(), HeapError> {
        self.write(r, |s, r| s.write_words(r, start, kind, refs))
    }

    fn word(&self, r: GcRef) -> Result<u32, HeapError> {
        let has_word = |s| matches!(s, Shape::Exception(_) | Shape::Extern);
        self.read(r, |s, r| s.first_word(r, has_word))
    }

    fn exception_tag(&self, r: GcRef) -> Result<u32, HeapError> {
        self.read(r, |s, r| {
            s.first_word(r, |s| matches!(s, Shape::Exception(_)))
        })
    }

    fn extern_host(&self, r: GcRef) -> Result<u32, HeapError> {
        self.read(r, |s, r| s.first_word(r, |s| s == Shape::Extern))
    }

    #[inline]
    fn expose(&mut self, _: RootSlot, r: GcRef) -> Result<GcRef, HeapError> {
        Ok(r)
    }

    #[inline]
    fn write_slot(&mut self, _: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        *slot = new.0;
        Ok(())
    }

    #[inline]
    fn init_slot(&mut self, _: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        *slot = new.0;
        Ok(())
    }

    fn drop_slots(&mut self, _: RootSlot, slots: &mut [u32]) -> Result<(), HeapError> {
        slots.fill(GcRef::NULL.0);
        Ok(())
    }

    fn fill_slots(&mut self, _: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        slots.fill(value.0);
        Ok(())
    }

    fn copy_slots(&mut self, _: u32, dst: &mut [u32], src: &[u32]) -> Result<(), HeapError> {
        for (dst, src) in dst.iter_mut().zip(src) {
            *dst = *src;
        }
        Ok(())
    }

    fn grow_slots(&mut self, _: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        slots.fill(value.0);
        Ok(())
    }
}
