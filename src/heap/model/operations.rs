//! The model as a [`Heap`]: the instructions of the language, one by one.

use super::Model;
use super::access::{no_elements, no_value};
use super::object::{Contents, Elements};
use super::value::{Value, ValueKind};
use crate::heap::{GcRef, Heap, HeapError, NewObject, Place, RootSlot, Roots, Shape, TraceInfo};
use crate::types::{Field, StorageKind, TypeId, Types};

impl Heap for Model {
    fn add_types(&mut self, types: &Types) {
        self.learn(types);
    }

    /// No method that is provided in terms of this is used here.
    fn trace_info(&self) -> &TraceInfo {
        TraceInfo::none()
    }

    fn wants_collection(&self) -> bool {
        false
    }

    fn collect(&mut self, _roots: &mut dyn Roots) -> Result<(), HeapError> {
        self.stats.collections += 1;
        Ok(())
    }

    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        let kinds = self.fields_of_struct(ty)?;
        self.check_room(Value::room(kinds.len()))?;
        let fields = ValueKind::values(kinds.iter().copied(), fields)?;
        self.add(Shape::Struct(ty), Contents::Struct { fields })
    }

    fn new_struct_default(&mut self, ty: TypeId) -> Result<GcRef, HeapError> {
        let kinds = self.fields_of_struct(ty)?;
        self.check_room(Value::room(kinds.len()))?;
        let fields = kinds.iter().map(|kind| kind.zero()).collect();
        self.add(Shape::Struct(ty), Contents::Struct { fields })
    }

    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        let kind = self.element_of_array(ty)?;
        self.check_room(kind.room(len))?;
        let elements = Elements::repeat(kind.value_of_register(init), len)?;
        self.add(Shape::Array(ty), Contents::Array { elements })
    }

    fn new_array_default(&mut self, ty: TypeId, len: u32) -> Result<GcRef, HeapError> {
        let kind = self.element_of_array(ty)?;
        self.check_room(kind.room(len))?;
        let elements = Elements::repeat(kind.zero(), len)?;
        self.add(Shape::Array(ty), Contents::Array { elements })
    }

    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        let kind = self.element_of_array(ty)?;
        let len = match kind {
            ValueKind::V128 => elements.len() / 2,
            _ => elements.len(),
        };
        let len = u32::try_from(len).map_err(|_| HeapError::Full)?;
        self.check_room(kind.room(len))?;
        let values = ValueKind::values((0..len).map(|_| kind), elements)?;
        let elements = Elements::of(kind, &values)?;
        self.add(Shape::Array(ty), Contents::Array { elements })
    }

    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        let kinds = self.params_of_func(ty)?;
        self.check_room(Value::room(kinds.len()))?;
        let payload = ValueKind::values(kinds.iter().copied(), payload)?;
        self.add(Shape::Exception(ty), Contents::Exception { tag, payload })
    }

    fn new_extern(&mut self, host: u32) -> Result<GcRef, HeapError> {
        self.add(Shape::Extern, Contents::Extern { host })
    }

    fn allocate(&mut self, object: NewObject) -> Result<GcRef, HeapError> {
        match object {
            NewObject::Struct(ty) => self.new_struct_default(ty),
            NewObject::Array(ty, len) => self.new_array_default(ty, len),
            NewObject::Exception(ty, tag) => {
                let kinds = self.params_of_func(ty)?;
                self.check_room(Value::room(kinds.len()))?;
                let payload = kinds.iter().map(|kind| kind.zero()).collect();
                self.add(Shape::Exception(ty), Contents::Exception { tag, payload })
            }
            NewObject::Extern(host) => self.new_extern(host),
        }
    }

    fn load(&mut self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        self.read(r, place).map(Value::bits)
    }

    fn store(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        let kind = self.read(r, place)?.kind();
        self.write(r, place, kind.value_of(value))
    }

    fn init(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        let kind = self.read(r, place)?.kind();
        let set = self.object_mut(r)?.set(place, kind.value_of(value));
        set.ok_or_else(|| no_value(r))
    }

    fn word(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.object(r)?.contents {
            Contents::Exception { tag, .. } => Ok(tag),
            Contents::Extern { host } => Ok(host),
            _ => Err(HeapError::corrupt(r.0, "an object without a number")),
        }
    }

    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        Ok(self.object(r)?.shape)
    }

    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        self.read(r, Place::Field(field)).map(Value::register)
    }

    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError> {
        self.write_register(r, Place::Field(field), value)
    }

    fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        Ok(self.array(r)?.len())
    }

    fn get_element(&mut self, r: GcRef, index: u32, kind: StorageKind) -> Result<u64, HeapError> {
        let place = Place::Element { index, kind };
        self.read(r, place).map(Value::register)
    }

    fn set_element(
        &mut self,
        r: GcRef,
        index: u32,
        kind: StorageKind,
        v: u64,
    ) -> Result<(), HeapError> {
        self.write_register(r, Place::Element { index, kind }, v)
    }

    fn fill(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
        value: u128,
    ) -> Result<(), HeapError> {
        let value = self.array(r)?.kind().value_of(value);
        self.fill_with(r, start, len, kind, value)
    }

    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        let to = self.range(dst.0, dst.1, len as usize, kind)?;
        let from = self.range(src.0, src.1, len as usize, kind)?;
        let temporary = self.array(src.0)?.part(from)?;
        for (index, at) in to.zip(0..) {
            let value = temporary.get(at).ok_or_else(|| no_elements(src.0))?;
            self.set_one(dst.0, index, value)?;
        }
        Ok(())
    }

    fn init_data(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        data: &[u8],
    ) -> Result<(), HeapError> {
        let stored = self.array(r)?.kind();
        if matches!(stored, ValueKind::Ref | ValueKind::Func) {
            return Err(HeapError::corrupt(r.0, "raw bytes into references"));
        }
        if !data.len().is_multiple_of(stored.width()) {
            return Err(HeapError::corrupt(r.0, "bytes do not make whole elements"));
        }
        let range = self.range(r, start, data.len() / stored.width(), kind)?;
        for (index, bytes) in range.zip(data.chunks(stored.width())) {
            let value = stored.value_of_bytes(bytes).ok_or_else(|| no_elements(r))?;
            self.set_one(r, index, value)?;
        }
        Ok(())
    }

    fn init_elements(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        refs: &[u32],
    ) -> Result<(), HeapError> {
        let stored = self.array(r)?.kind();
        if !matches!(stored, ValueKind::Ref | ValueKind::Func) {
            return Err(HeapError::corrupt(r.0, "references into numbers"));
        }
        let range = self.range(r, start, refs.len(), kind)?;
        for (index, slot) in range.zip(refs) {
            let value = stored.value_of_slot(*slot).ok_or_else(|| no_elements(r))?;
            self.set_one(r, index, value)?;
        }
        Ok(())
    }

    fn exception_tag(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.object(r)?.contents {
            Contents::Exception { tag, .. } => Ok(tag),
            _ => Err(HeapError::corrupt(r.0, "not an exception")),
        }
    }

    fn extern_host(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.object(r)?.contents {
            Contents::Extern { host } => Ok(host),
            _ => Err(HeapError::corrupt(r.0, "not an external value")),
        }
    }

    fn expose(&mut self, _: RootSlot, r: GcRef) -> Result<GcRef, HeapError> {
        Ok(r)
    }

    fn write_slot(&mut self, _: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        *slot = new.0;
        Ok(())
    }

    fn init_slot(&mut self, _: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        *slot = new.0;
        Ok(())
    }

    fn drop_slots(&mut self, _: RootSlot, slots: &mut [u32]) -> Result<(), HeapError> {
        for slot in slots {
            *slot = GcRef::NULL.0;
        }
        Ok(())
    }

    fn fill_slots(&mut self, _: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        for slot in slots {
            *slot = value.0;
        }
        Ok(())
    }

    fn copy_slots(&mut self, _: u32, dst: &mut [u32], src: &[u32]) -> Result<(), HeapError> {
        if dst.len() != src.len() {
            return Err(HeapError::corrupt(0, "a copy between unequal ranges"));
        }
        for (dst, src) in dst.iter_mut().zip(src) {
            *dst = *src;
        }
        Ok(())
    }

    fn grow_slots(&mut self, _: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        for slot in slots {
            *slot = value.0;
        }
        Ok(())
    }
}
