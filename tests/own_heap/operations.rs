//! What the interpreter asks of it.

use super::mark_sweep::{Bug, FRESH, MarkSweep};
use super::object::{Done, bad, cut, values};
use gcdiff::heap::{GcRef, Heap, HeapError, Place, Roots, Shape, Slot};
use gcdiff::types::{Composite, Field, Lane, TypeId, Types};

impl Heap for MarkSweep {
    fn add_types(&mut self, types: &Types) {
        for (_, entry) in types.iter().skip(self.types.len()) {
            self.types.push(match &entry.sub.composite {
                Composite::Array(element) => vec![element.storage.lane()],
                _ => entry.layout.fields.iter().map(|f| f.lane).collect(),
            });
        }
    }

    fn wants_collection(&self) -> bool {
        self.fresh >= FRESH
    }

    fn collect(&mut self, roots: &mut dyn Roots) -> Done {
        let mut work = Vec::new();
        roots.stack(&mut |register| work.push(GcRef::from_register(*register)));
        if self.bug != Bug::Slots {
            roots.slots(&mut |_, slot| work.push(GcRef(*slot)));
        }
        self.mark(work)?;
        self.sweep();
        self.fresh = 0;
        self.stats.collections += 1;
        Ok(())
    }

    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        self.add_fields(Shape::Struct(ty), ty, 0, fields)
    }

    fn new_struct_default(&mut self, ty: TypeId) -> Result<GcRef, HeapError> {
        let lanes = self.lanes(ty)?;
        let values = vec![0; lanes.len()];
        self.add(Shape::Struct(ty), 0, lanes, values)
    }

    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        let value = cut(self.element(ty)?, init.into());
        self.add_array(ty, vec![value; len as usize])
    }

    fn new_array_default(&mut self, ty: TypeId, len: u32) -> Result<GcRef, HeapError> {
        self.add_array(ty, vec![0; len as usize])
    }

    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        let lane = self.element(ty)?;
        let len = elements.len() / lane.registers();
        let values = values(std::iter::repeat_n(lane, len), elements)?;
        self.add_array(ty, values)
    }

    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        self.add_fields(Shape::Exception(ty), ty, tag, payload)
    }

    fn new_extern(&mut self, host: u32) -> Result<GcRef, HeapError> {
        self.add(Shape::Extern, host, Vec::new(), Vec::new())
    }

    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        Ok(self.object(r)?.shape)
    }

    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        Ok(self.read(r, Place::Field(field))? as u64)
    }

    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Done {
        self.write(r, Place::Field(field), value.into())
    }

    fn get_vector(&self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        self.read(r, place)
    }

    fn set_vector(&mut self, r: GcRef, place: Place, value: u128) -> Done {
        self.write(r, place, value)
    }

    fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.object(r)? {
            array if matches!(array.shape, Shape::Array(_)) => Ok(array.values.len() as u32),
            _ => bad(r, "no array"),
        }
    }

    fn get_element(&mut self, r: GcRef, index: u32, lane: Lane) -> Result<u64, HeapError> {
        Ok(self.read(r, Place::Element { index, lane })? as u64)
    }

    fn set_element(&mut self, r: GcRef, index: u32, lane: Lane, v: u64) -> Done {
        self.write(r, Place::Element { index, lane }, v.into())
    }

    fn fill(&mut self, r: GcRef, start: u32, len: u32, lane: Lane, value: u64) -> Done {
        let value = cut(lane, value.into());
        self.elements(r, start, len as usize, lane)?.fill(value);
        Ok(())
    }

    fn fill_vector(&mut self, r: GcRef, start: u32, len: u32, value: u128) -> Done {
        self.elements(r, start, len as usize, Lane::B128)?
            .fill(value);
        Ok(())
    }

    fn copy(&mut self, dst: (GcRef, u32), src: (GcRef, u32), len: u32, lane: Lane) -> Done {
        let len = len as usize;
        if self.bug == Bug::Overlap && dst.0 == src.0 {
            for i in 0..len as u32 {
                let value = self.elements(src.0, src.1 + i, 1, lane)?[0];
                self.elements(dst.0, dst.1 + i, 1, lane)?[0] = value;
            }
            return Ok(());
        }
        let values = self.elements(src.0, src.1, len, lane)?.to_vec();
        self.elements(dst.0, dst.1, len, lane)?
            .copy_from_slice(&values);
        Ok(())
    }

    fn init_data(&mut self, r: GcRef, start: u32, lane: Lane, data: &[u8]) -> Done {
        let width = lane.width() as usize;
        let elements = self.elements(r, start, data.len() / width, lane)?;
        for (element, bytes) in elements.iter_mut().zip(data.chunks_exact(width)) {
            let bytes = bytes.iter().rev();
            *element = bytes.fold(0, |value, byte| value << 8 | u128::from(*byte));
        }
        Ok(())
    }

    fn init_elements(&mut self, r: GcRef, start: u32, lane: Lane, refs: &[u32]) -> Done {
        let elements = self.elements(r, start, refs.len(), lane)?;
        for (element, value) in elements.iter_mut().zip(refs) {
            *element = u128::from(*value);
        }
        Ok(())
    }

    fn exception_tag(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.object(r)? {
            object if matches!(object.shape, Shape::Exception(_)) => Ok(object.word),
            _ => bad(r, "no exception"),
        }
    }

    fn extern_host(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.object(r)? {
            object if object.shape == Shape::Extern => Ok(object.word),
            _ => bad(r, "no external value"),
        }
    }

    // A collector that moves nothing and counts nothing needs no barriers.

    fn expose(&mut self, _: Slot, r: GcRef) -> Result<GcRef, HeapError> {
        Ok(r)
    }

    fn write_slot(&mut self, _: Slot, slot: &mut u32, new: GcRef) -> Done {
        *slot = new.0;
        Ok(())
    }

    fn init_slot(&mut self, _: Slot, slot: &mut u32, new: GcRef) -> Done {
        *slot = new.0;
        Ok(())
    }

    fn drop_slots(&mut self, _: Slot, slots: &mut [u32]) -> Done {
        slots.fill(GcRef::NULL.0);
        Ok(())
    }

    fn fill_slots(&mut self, slots: &mut [u32], value: GcRef) -> Done {
        slots.fill(value.0);
        Ok(())
    }

    fn copy_slots(&mut self, dst: &mut [u32], src: &[u32]) -> Done {
        for (slot, value) in dst.iter_mut().zip(src) {
            *slot = *value;
        }
        Ok(())
    }

    fn grow_slots(&mut self, slots: &mut [u32], value: GcRef) -> Done {
        slots.fill(value.0);
        Ok(())
    }
}
