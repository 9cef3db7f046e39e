//! Operations that are counted. All others are forwarded.

use super::Recorder;
use crate::events::Event;
use crate::heap::{EngineEvent, GcRef, Heap, HeapError, HeapLayer, Place, RootSlot, Roots, Shape};
use crate::types::{Field, StorageKind, TypeId, Types};
use std::sync::Arc;

impl Recorder {
    /// Runs a write, and counts the objects that it frees.
    fn writing<T>(
        &mut self,
        write: impl FnOnce(&mut dyn Heap) -> Result<T, HeapError>,
    ) -> Result<T, HeapError> {
        let before = self.heap.stats();
        let done = write(&mut *self.heap);
        self.freed(before);
        done
    }
}

impl HeapLayer for Recorder {
    type Behind = dyn Heap;

    fn behind(&self) -> &(dyn Heap + 'static) {
        &*self.heap
    }

    fn behind_mut(&mut self) -> &mut (dyn Heap + 'static) {
        &mut *self.heap
    }

    fn add_types(&mut self, types: &Types) {
        self.trace_info.add(types);
        self.heap.add_types(types);
    }

    fn on_event(&mut self, event: EngineEvent<'_>) {
        match event {
            EngineEvent::Cast { value, succeeded } => self.count(match value {
                r if r.is_null() => Event::CastNull,
                r if r.is_i31() => Event::CastI31,
                _ if succeeded => Event::CastHit,
                _ => Event::CastMiss,
            }),
            EngineEvent::TailCall { ty, registers } => {
                let object = self.has_object(Shape::Exception(ty), registers);
                self.count_if(object, Event::TailCall);
            }
            EngineEvent::Caught { reference } => {
                self.count(Event::Catch);
                self.count_if(reference, Event::CatchRef);
            }
            EngineEvent::Segment { dropped } => self.count(match dropped {
                true => Event::SegmentAfterDrop,
                false => Event::Segment,
            }),
            EngineEvent::CollectsInside { .. } => self.count(Event::CollectInside),
            // Other operations show the effects of these.
            EngineEvent::Linked { module, .. } => self.module = Some(Arc::clone(module)),
            EngineEvent::GlobalAdded { .. }
            | EngineEvent::TableAdded { .. }
            | EngineEvent::SegmentCopied { .. }
            | EngineEvent::HostReturned { .. } => {}
        }
        self.heap.on_event(event);
    }

    fn set_capacity(&mut self, bytes: u32) {
        self.count_if(self.has_capacity, Event::Grown);
        self.has_capacity = true;
        self.heap.set_capacity(bytes);
    }

    fn refuse(&mut self, times: u32) -> bool {
        self.count(match times {
            1 => Event::Refused,
            _ => Event::Exhausted,
        });
        self.heap.refuse(times)
    }

    fn collect(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError> {
        self.collected(roots)
    }

    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        let made = self.heap.new_struct(ty, fields);
        self.made(&made, Event::NewStruct);
        self.count_if(fields.len() > 32, Event::NewWide);
        let with_object = self.has_object(Shape::Struct(ty), fields);
        self.count_if(with_object, Event::NewStructWith);
        let packed = self.is_out_of_range(ty, fields);
        self.count_if(packed, Event::PackedOutOfRange);
        made
    }

    fn new_struct_default(&mut self, ty: TypeId) -> Result<GcRef, HeapError> {
        let made = self.heap.new_struct_default(ty);
        self.made(&made, Event::NewStruct);
        made
    }

    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        let made = self.heap.new_array(ty, len, init);
        self.count_if(is_too_large(len, &made), Event::TooLarge);
        self.made(&made, self.array_event(ty));
        let copies = len > 1 && GcRef::from_register(init).is_object();
        self.count_if(copies && self.holds_references(ty), Event::NewCopies);
        made
    }

    fn new_array_default(&mut self, ty: TypeId, len: u32) -> Result<GcRef, HeapError> {
        let made = self.heap.new_array_default(ty, len);
        self.count_if(is_too_large(len, &made), Event::TooLarge);
        self.made(&made, self.array_event(ty));
        made
    }

    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        let made = self.heap.new_array_fixed(ty, elements);
        self.made(&made, self.array_event(ty));
        let mut objects = elements.iter().map(|v| GcRef::from_register(*v));
        let object = self.holds_references(ty) && objects.any(GcRef::is_object);
        self.count_if(object, Event::NewFixed);
        self.count_if(elements.len() > 16, Event::NewLongFixed);
        made
    }

    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        let made = self.heap.new_exception(ty, tag, payload);
        self.made(&made, Event::NewException);
        self.made = made.clone().unwrap_or(GcRef::NULL);
        let object = self.has_object(Shape::Exception(ty), payload);
        self.count_if(object, Event::ThrowObject);
        self.count_if(payload.len() > 8, Event::NewWideException);
        made
    }

    fn new_extern(&mut self, host: u32) -> Result<GcRef, HeapError> {
        let made = self.heap.new_extern(host);
        self.made(&made, Event::NewExtern);
        made
    }

    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        let value = self.heap.get_field(r, field)?;
        if field.kind == StorageKind::Gc {
            self.read(Event::ReadField, GcRef::from_register(value));
        }
        Ok(value)
    }

    fn get_element(&mut self, r: GcRef, index: u32, kind: StorageKind) -> Result<u64, HeapError> {
        let value = self.heap.get_element(r, index, kind)?;
        if kind == StorageKind::Gc {
            self.read(Event::ReadElement, GcRef::from_register(value));
        }
        Ok(value)
    }

    fn expose(&mut self, from: RootSlot, r: GcRef) -> Result<GcRef, HeapError> {
        let r = self.heap.expose(from, r)?;
        if let Some(event) = Recorder::read_from(from) {
            self.read(event, r);
        }
        Ok(r)
    }

    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError> {
        if field.kind == StorageKind::Gc {
            let new = GcRef::from_register(value);
            self.write_in(Event::WriteField, r, Place::Field(field), new);
        }
        self.writing(|heap| heap.set_field(r, field, value))
    }

    fn set_element(
        &mut self,
        r: GcRef,
        index: u32,
        kind: StorageKind,
        v: u64,
    ) -> Result<(), HeapError> {
        if kind == StorageKind::Gc {
            let place = Place::Element { index, kind };
            self.write_in(Event::WriteElement, r, place, GcRef::from_register(v));
        }
        self.writing(|heap| heap.set_element(r, index, kind, v))
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
            self.filled(r, start, len, GcRef::from_register(value as u64));
        }
        self.writing(|heap| heap.fill(r, start, len, kind, value))
    }

    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        if kind == StorageKind::Gc {
            self.copied(dst, src, len);
        }
        self.writing(|heap| heap.copy(dst, src, len, kind))
    }

    fn init_elements(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        refs: &[u32],
    ) -> Result<(), HeapError> {
        if kind == StorageKind::Gc {
            self.initialised(r, start, refs);
        }
        self.writing(|heap| heap.init_elements(r, start, kind, refs))
    }

    fn write_slot(&mut self, kind: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        self.write_to(kind, GcRef(*slot), new);
        self.writing(|heap| heap.write_slot(kind, slot, new))
    }

    fn drop_slots(&mut self, kind: RootSlot, slots: &mut [u32]) -> Result<(), HeapError> {
        self.slots_dropped(kind, slots);
        self.writing(|heap| heap.drop_slots(kind, slots))
    }

    fn fill_slots(&mut self, table: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        self.slots_filled(slots, value);
        self.writing(|heap| heap.fill_slots(table, slots, value))
    }

    fn copy_slots(&mut self, table: u32, dst: &mut [u32], src: &[u32]) -> Result<(), HeapError> {
        self.slots_copied(dst, src);
        self.writing(|heap| heap.copy_slots(table, dst, src))
    }

    fn grow_slots(&mut self, table: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        self.slots_grown(slots, value);
        self.writing(|heap| heap.grow_slots(table, slots, value))
    }
}

/// Whether an array was refused for its length: no run has room for so many elements.
fn is_too_large(len: u32, made: &Result<GcRef, HeapError>) -> bool {
    len >= 1 << 26 && matches!(made, Err(HeapError::Full))
}
