//! The null collector as a [`Heap`].

use super::Null;
use crate::heap::refusals::Refusals;
use crate::heap::trace_info::element_offset;
use crate::heap::{GcRef, Heap, HeapError, NewObject, Place, RootSlot, Roots, Shape, TraceInfo};
use crate::types::{Field, StorageKind, TypeId, Types};

impl Heap for Null {
    fn add_types(&mut self, types: &Types) {
        self.trace_info.add(types);
    }

    #[inline]
    fn trace_info(&self) -> &TraceInfo {
        &self.trace_info
    }

    #[inline]
    fn wants_collection(&self) -> bool {
        false
    }

    fn set_capacity(&mut self, bytes: u32) {
        self.space.set_capacity(bytes);
    }

    fn refuse(&mut self, times: u32) -> bool {
        self.refusals = Refusals(times);
        true
    }

    fn most_bytes(&self) -> u64 {
        self.space.most_bytes()
    }

    fn collect(&mut self, _roots: &mut dyn Roots) -> Result<(), HeapError> {
        self.stats.collections += 1;
        Ok(())
    }

    #[inline]
    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Struct(ty);
        let size = self.trace_info.of(shape)?.size;
        let r = self.allocate_block(shape, u64::from(size))?;
        self.init_fields(r, shape, fields)?;
        Ok(r)
    }

    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        let shape = Shape::Array(ty);
        let kind = self.trace_info.of(shape)?.element;
        let r = self.allocate_array(shape, len)?;
        self.space.fill(r, 0, len, kind, u128::from(init))?;
        Ok(r)
    }

    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Array(ty);
        let layout = self.trace_info.of(shape)?;
        let (len, kind) = layout.element_registers(elements.len())?;
        let r = self.allocate_array(shape, len)?;
        self.space.init_elements(r, kind, elements)?;
        Ok(r)
    }

    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Exception(ty);
        let size = self.trace_info.of(shape)?.size;
        let r = self.allocate_block(shape, u64::from(size))?;
        self.space.store(r, 0, StorageKind::B32, u64::from(tag))?;
        self.init_fields(r, shape, payload)?;
        Ok(r)
    }

    fn allocate(&mut self, object: NewObject) -> Result<GcRef, HeapError> {
        let shape = object.shape();
        if let NewObject::Array(_, len) = object {
            let kind = self.trace_info.of(shape)?.element;
            let r = self.allocate_array(shape, len)?;
            self.space.fill(r, 0, len, kind, 0)?;
            return Ok(r);
        }
        let size = match shape {
            Shape::Extern => StorageKind::B32.width(),
            _ => self.trace_info.of(shape)?.size,
        };
        let r = self.allocate_block(shape, u64::from(size))?;
        self.space.clear_payload(r)?;
        if let NewObject::Exception(_, word) | NewObject::Extern(word) = object {
            self.space.store(r, 0, StorageKind::B32, u64::from(word))?;
        }
        Ok(r)
    }

    fn load(&mut self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        self.space.load_value(r, place)
    }

    fn store(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        self.space.store_value(r, place, value)
    }

    #[inline]
    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        self.space.shape(r)
    }

    #[inline]
    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        self.space.load(r, u64::from(field.offset), field.kind)
    }

    #[inline]
    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError> {
        self.space
            .store(r, u64::from(field.offset), field.kind, value)
    }

    #[inline]
    fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        self.space.array_len(r)
    }

    #[inline]
    fn get_element(&mut self, r: GcRef, index: u32, kind: StorageKind) -> Result<u64, HeapError> {
        self.space.load(r, element_offset(index, kind), kind)
    }

    #[inline]
    fn set_element(
        &mut self,
        r: GcRef,
        index: u32,
        kind: StorageKind,
        v: u64,
    ) -> Result<(), HeapError> {
        self.space.store(r, element_offset(index, kind), kind, v)
    }

    fn fill(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
        value: u128,
    ) -> Result<(), HeapError> {
        self.space.fill(r, start, len, kind, value)
    }

    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        self.space.copy(dst, src, len, kind)
    }

    fn init_data(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        data: &[u8],
    ) -> Result<(), HeapError> {
        self.space.write_data(r, start, kind, data)
    }

    fn init_elements(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        refs: &[u32],
    ) -> Result<(), HeapError> {
        self.space.write_words(r, start, kind, refs)
    }

    fn word(&self, r: GcRef) -> Result<u32, HeapError> {
        let has_word = |s| matches!(s, Shape::Exception(_) | Shape::Extern);
        self.space.first_word(r, has_word)
    }

    fn exception_tag(&self, r: GcRef) -> Result<u32, HeapError> {
        self.space
            .first_word(r, |s| matches!(s, Shape::Exception(_)))
    }

    fn extern_host(&self, r: GcRef) -> Result<u32, HeapError> {
        self.space.first_word(r, |s| s == Shape::Extern)
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
