//! The counting collector as a [`Heap`]: references pass through the hooks,
//! numbers go straight to memory.

use super::{Drc, Policy};
use crate::heap::refusals::Refusals;
use crate::heap::trace_info::element_offset;
use crate::heap::{GcRef, Heap, HeapError, NewObject, Place, RootSlot, Roots, Shape, TraceInfo};
use crate::types::{Field, StorageKind, TypeId, Types};

impl<P: Policy> Drc<P> {
    #[inline]
    fn new_object(&mut self, shape: Shape, payload: u64) -> Result<GcRef, HeapError> {
        let r = self.policy.allocate(&mut self.core, shape, payload)?;
        self.policy.new_object(&mut self.core, r)?;
        Ok(r)
    }

    /// Allocates an array with room for `len` elements, and writes its length.
    #[inline]
    fn allocate_array(&mut self, shape: Shape, len: u32) -> Result<GcRef, HeapError> {
        let size = self.core.trace_info.of(shape)?.array_size(len);
        let r = self.new_object(shape, size)?;
        self.core.space.set_array_len(r, len)?;
        Ok(r)
    }

    /// Reads through the read barrier.
    #[inline]
    fn read(&mut self, r: GcRef, offset: u64, kind: StorageKind) -> Result<u64, HeapError> {
        let value = self.core.space.load(r, offset, kind)?;
        if kind == StorageKind::Gc {
            let value = GcRef::from_register(value);
            self.policy.read_barrier(&mut self.core, r, offset, value)?;
        }
        Ok(value)
    }

    /// Writes through the write barrier.
    #[inline]
    fn write(
        &mut self,
        r: GcRef,
        offset: u64,
        kind: StorageKind,
        value: u64,
    ) -> Result<(), HeapError> {
        if kind == StorageKind::Gc {
            let value = GcRef::from_register(value);
            self.policy.write_field(&mut self.core, r, offset, value)
        } else {
            self.core.space.store(r, offset, kind, value)
        }
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
            if field.kind == StorageKind::Gc {
                let [value, rest @ ..] = registers else {
                    return Err(HeapError::corrupt(r.0, "too few registers for the fields"));
                };
                let offset = u64::from(field.offset);
                let value = GcRef::from_register(*value);
                self.policy.init_field(&mut self.core, r, offset, value)?;
                registers = rest;
            } else {
                registers = self.core.space.store_field(r, field, registers)?;
            }
        }
        match registers {
            [] => Ok(()),
            _ => Err(HeapError::corrupt(r.0, "too many registers for the fields")),
        }
    }
}

impl<P: Policy> Heap for Drc<P> {
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
        self.core.space.set_capacity(bytes);
    }

    fn refuse(&mut self, times: u32) -> bool {
        self.core.refusals = Refusals(times);
        true
    }

    fn most_bytes(&self) -> u64 {
        self.core.space.most_bytes()
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
        let r = self.new_object(shape, u64::from(size))?;
        self.init_fields(r, shape, fields)?;
        Ok(r)
    }

    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        let shape = Shape::Array(ty);
        let kind = self.core.trace_info.of(shape)?.element;
        let r = self.allocate_array(shape, len)?;
        if kind == StorageKind::Gc {
            let value = GcRef::from_register(init);
            self.policy.init_array(&mut self.core, r, len, value)?;
        } else {
            self.core.space.fill(r, 0, len, kind, u128::from(init))?;
        }
        Ok(r)
    }

    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Array(ty);
        let layout = self.core.trace_info.of(shape)?;
        let (len, kind) = layout.element_registers(elements.len())?;
        let r = self.allocate_array(shape, len)?;
        if kind != StorageKind::Gc {
            self.core.space.init_elements(r, kind, elements)?;
            return Ok(r);
        }
        for (index, value) in (0..).zip(elements) {
            let offset = element_offset(index, kind);
            let value = GcRef::from_register(*value);
            self.policy.init_field(&mut self.core, r, offset, value)?;
        }
        Ok(r)
    }

    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        let shape = Shape::Exception(ty);
        let size = self.core.trace_info.of(shape)?.size;
        let r = self.new_object(shape, u64::from(size))?;
        self.core
            .space
            .store(r, 0, StorageKind::B32, u64::from(tag))?;
        self.init_fields(r, shape, payload)?;
        Ok(r)
    }

    fn allocate(&mut self, object: NewObject) -> Result<GcRef, HeapError> {
        let shape = object.shape();
        if let NewObject::Array(_, len) = object {
            let kind = self.core.trace_info.of(shape)?.element;
            let r = self.allocate_array(shape, len)?;
            self.core.space.fill(r, 0, len, kind, 0)?;
            return Ok(r);
        }
        let size = match shape {
            Shape::Extern => StorageKind::B32.width(),
            _ => self.core.trace_info.of(shape)?.size,
        };
        let r = self.new_object(shape, u64::from(size))?;
        self.core.space.clear_payload(r)?;
        if let NewObject::Exception(_, word) | NewObject::Extern(word) = object {
            self.core
                .space
                .store(r, 0, StorageKind::B32, u64::from(word))?;
        }
        Ok(r)
    }

    fn load(&mut self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        match place.kind() {
            StorageKind::Gc => Ok(u128::from(self.read(r, place.offset(), StorageKind::Gc)?)),
            _ => self.core.space.load_value(r, place),
        }
    }

    fn store(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        match place.kind() {
            StorageKind::Gc => self.write(r, place.offset(), StorageKind::Gc, value as u64),
            _ => self.core.space.store_value(r, place, value),
        }
    }

    fn init(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        match place.kind() {
            StorageKind::Gc => {
                let value = GcRef::from_register(value as u64);
                self.policy
                    .init_field(&mut self.core, r, place.offset(), value)
            }
            _ => self.core.space.store_value(r, place, value),
        }
    }

    #[inline]
    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        self.core.space.shape(r)
    }

    #[inline]
    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        self.read(r, u64::from(field.offset), field.kind)
    }

    #[inline]
    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError> {
        self.write(r, u64::from(field.offset), field.kind, value)
    }

    #[inline]
    fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        self.core.space.array_len(r)
    }

    #[inline]
    fn get_element(&mut self, r: GcRef, index: u32, kind: StorageKind) -> Result<u64, HeapError> {
        self.read(r, element_offset(index, kind), kind)
    }

    #[inline]
    fn set_element(
        &mut self,
        r: GcRef,
        index: u32,
        kind: StorageKind,
        v: u64,
    ) -> Result<(), HeapError> {
        self.write(r, element_offset(index, kind), kind, v)
    }

    fn fill(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
        value: u128,
    ) -> Result<(), HeapError> {
        if kind == StorageKind::Gc {
            self.core.space.elements(r, start, len, kind)?;
            let value = GcRef::from_register(value as u64);
            self.policy.fill_array(&mut self.core, r, start, len, value)
        } else {
            self.core.space.fill(r, start, len, kind, value)
        }
    }

    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        if kind == StorageKind::Gc {
            self.core.space.elements(dst.0, dst.1, len, kind)?;
            self.core.space.elements(src.0, src.1, len, kind)?;
            self.policy.copy_array(&mut self.core, dst, src, len)
        } else {
            self.core.space.copy(dst, src, len, kind)
        }
    }

    fn init_data(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        data: &[u8],
    ) -> Result<(), HeapError> {
        self.core.space.write_data(r, start, kind, data)
    }

    fn init_elements(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        refs: &[u32],
    ) -> Result<(), HeapError> {
        if kind == StorageKind::Gc {
            let len = u32::try_from(refs.len()).unwrap_or(u32::MAX);
            self.core.space.elements(r, start, len, kind)?;
            self.policy
                .init_from_segment(&mut self.core, r, start, refs)
        } else {
            self.core.space.write_words(r, start, kind, refs)
        }
    }

    fn word(&self, r: GcRef) -> Result<u32, HeapError> {
        let has_word = |s| matches!(s, Shape::Exception(_) | Shape::Extern);
        self.core.space.first_word(r, has_word)
    }

    fn exception_tag(&self, r: GcRef) -> Result<u32, HeapError> {
        let is_exception = |s| matches!(s, Shape::Exception(_));
        self.core.space.first_word(r, is_exception)
    }

    fn extern_host(&self, r: GcRef) -> Result<u32, HeapError> {
        self.core.space.first_word(r, |s| s == Shape::Extern)
    }

    #[inline]
    fn expose(&mut self, _: RootSlot, r: GcRef) -> Result<GcRef, HeapError> {
        self.policy.expose(&mut self.core, r)?;
        Ok(r)
    }

    #[inline]
    fn write_slot(&mut self, _: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        self.policy.write_slot(&mut self.core, slot, new)
    }

    #[inline]
    fn init_slot(&mut self, _: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        self.policy.init_slot(&mut self.core, slot, new)
    }

    fn drop_slots(&mut self, _: RootSlot, slots: &mut [u32]) -> Result<(), HeapError> {
        self.policy.drop_slots(&mut self.core, slots)
    }

    fn fill_slots(&mut self, _: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        self.policy.fill_slots(&mut self.core, slots, value)
    }

    fn copy_slots(&mut self, _: u32, dst: &mut [u32], src: &[u32]) -> Result<(), HeapError> {
        self.policy.copy_slots(&mut self.core, dst, src)
    }

    fn grow_slots(&mut self, _: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        self.policy.grow_slots(&mut self.core, slots, value)
    }
}
