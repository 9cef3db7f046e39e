//! The null collector as a [`Heap`].

use super::Null;
use crate::heap::layouts::element_offset;
use crate::heap::{GcRef, Heap, HeapError, Place, Roots, Shape, Slot};
use crate::types::{Field, Lane, TypeId, Types};

impl Heap for Null {
    fn add_types(&mut self, types: &Types) {
        self.layouts.add(types);
    }

    #[inline]
    fn wants_collection(&self) -> bool {
        false
    }

    fn collect(&mut self, _roots: &mut dyn Roots) -> Result<(), HeapError> {
        self.stats.collections += 1;
        Ok(())
    }

    #[inline]
    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Struct(ty);
        let size = self.layouts.of(shape)?.size;
        let r = self.allocate(shape, u64::from(size))?;
        self.init_fields(r, shape, fields)?;
        Ok(r)
    }

    #[inline]
    fn new_struct_default(&mut self, ty: TypeId) -> Result<GcRef, HeapError> {
        let shape = Shape::Struct(ty);
        let size = self.layouts.of(shape)?.size;
        let r = self.allocate(shape, u64::from(size))?;
        self.space.clear_payload(r)?;
        Ok(r)
    }

    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        let shape = Shape::Array(ty);
        let lane = self.layouts.of(shape)?.element;
        let r = self.allocate_array(shape, len)?;
        self.space.fill(r, 0, len, lane, init)?;
        Ok(r)
    }

    fn new_array_default(&mut self, ty: TypeId, len: u32) -> Result<GcRef, HeapError> {
        let shape = Shape::Array(ty);
        let lane = self.layouts.of(shape)?.element;
        let r = self.allocate_array(shape, len)?;
        self.space.fill(r, 0, len, lane, 0)?;
        Ok(r)
    }

    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Array(ty);
        let layout = self.layouts.of(shape)?;
        let (len, lane) = layout.element_registers(elements.len())?;
        let r = self.allocate_array(shape, len)?;
        self.space.init_elements(r, lane, elements)?;
        Ok(r)
    }

    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Exception(ty);
        let size = self.layouts.of(shape)?.size;
        let r = self.allocate(shape, u64::from(size))?;
        self.space.store(r, 0, Lane::B32, u64::from(tag))?;
        self.init_fields(r, shape, payload)?;
        Ok(r)
    }

    fn new_extern(&mut self, host: u32) -> Result<GcRef, HeapError> {
        let r = self.allocate(Shape::Extern, u64::from(Lane::B32.width()))?;
        self.space.store(r, 0, Lane::B32, u64::from(host))?;
        Ok(r)
    }

    #[inline]
    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        self.space.shape(r)
    }

    #[inline]
    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        self.space.load(r, u64::from(field.offset), field.lane)
    }

    #[inline]
    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError> {
        self.space
            .store(r, u64::from(field.offset), field.lane, value)
    }

    fn get_vector(&self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        self.space.load_vector(r, place)
    }

    fn set_vector(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        self.space.store_vector(r, place, value)
    }

    #[inline]
    fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        self.space.array_len(r)
    }

    #[inline]
    fn get_element(&mut self, r: GcRef, index: u32, lane: Lane) -> Result<u64, HeapError> {
        self.space.load(r, element_offset(index, lane), lane)
    }

    #[inline]
    fn set_element(&mut self, r: GcRef, index: u32, lane: Lane, v: u64) -> Result<(), HeapError> {
        self.space.store(r, element_offset(index, lane), lane, v)
    }

    fn fill(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        lane: Lane,
        value: u64,
    ) -> Result<(), HeapError> {
        self.space.fill(r, start, len, lane, value)
    }

    fn fill_vector(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        value: u128,
    ) -> Result<(), HeapError> {
        self.space.fill_vector(r, start, len, value)
    }

    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        lane: Lane,
    ) -> Result<(), HeapError> {
        self.space.copy(dst, src, len, lane)
    }

    fn init_data(
        &mut self,
        r: GcRef,
        start: u32,
        lane: Lane,
        data: &[u8],
    ) -> Result<(), HeapError> {
        self.space.write_data(r, start, lane, data)
    }

    fn init_elements(
        &mut self,
        r: GcRef,
        start: u32,
        lane: Lane,
        refs: &[u32],
    ) -> Result<(), HeapError> {
        self.space.write_words(r, start, lane, refs)
    }

    fn exception_tag(&self, r: GcRef) -> Result<u32, HeapError> {
        self.space
            .first_word(r, |s| matches!(s, Shape::Exception(_)))
    }

    fn extern_host(&self, r: GcRef) -> Result<u32, HeapError> {
        self.space.first_word(r, |s| s == Shape::Extern)
    }

    #[inline]
    fn expose(&mut self, _: Slot, r: GcRef) -> Result<GcRef, HeapError> {
        Ok(r)
    }

    #[inline]
    fn write_slot(&mut self, _: Slot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        *slot = new.0;
        Ok(())
    }

    #[inline]
    fn init_slot(&mut self, _: Slot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        *slot = new.0;
        Ok(())
    }

    fn drop_slots(&mut self, _: Slot, slots: &mut [u32]) -> Result<(), HeapError> {
        slots.fill(GcRef::NULL.0);
        Ok(())
    }

    fn fill_slots(&mut self, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        slots.fill(value.0);
        Ok(())
    }

    fn copy_slots(&mut self, dst: &mut [u32], src: &[u32]) -> Result<(), HeapError> {
        for (dst, src) in dst.iter_mut().zip(src) {
            *dst = *src;
        }
        Ok(())
    }

    fn grow_slots(&mut self, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        slots.fill(value.0);
        Ok(())
    }
}
