//! The interface of a collector to the engine.

use super::{
    EngineEvent, GcRef, HeapError, Inspect, NewObject, Place, RootSlot, Roots, Shape, provided,
};
use crate::heap::TraceInfo;
use crate::types::{Field, StorageKind, TypeId, Types};

/// A garbage-collected heap.
///
/// The methods up to [`Heap::store`] are required: allocation, access and
/// collection. The others are provided in terms of these and may be overridden:
/// whole instructions, and barriers of slots outside the heap, which a
/// stop-the-world tracing collector does not need.
///
/// Values are passed as registers: packed fields in the low bits (reads
/// zero-extend, writes truncate), references as in [`GcRef`], `v128` as two
/// registers, low half first. Methods that take any value take a `u128`. Where
/// a call has only one register, a `v128` is its low half: a read returns it, a
/// write clears the high half.
///
/// The caller has checked nulls and array bounds and passes the field's
/// declared storage kind. A heap checks everything else itself, since a faulty
/// collector returns faulty references: an access that does not hit an
/// allocated object of sufficient size is [`HeapError::Corrupt`], never a
/// panic.
///
/// An object that is allocated, or read through a barrier, is held by a
/// register of a frame. The stack maps report it to the next collection.
pub trait Heap: Inspect {
    /// Learns the types that were interned since the last call.
    fn add_types(&mut self, types: &Types);

    /// The types known to the heap: [`TraceInfo`] that every call of
    /// [`Heap::add_types`] extends. Provided methods look up fields and
    /// elements in it.
    fn trace_info(&self) -> &TraceInfo;

    /// Collects. References in frames are not counted; `roots` lists them.
    fn collect(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError>;

    /// Allocates an object whose values are all zero or null. Must not collect:
    /// after [`HeapError::Full`] the engine collects and tries again. If the
    /// heap is full again, the case is discarded: a heap too small for the
    /// cases finds nothing. Generated cases allocate at most
    /// [`Limits::heap_bytes`](crate::engine::Limits::heap_bytes), a mebibyte.
    fn allocate(&mut self, object: NewObject) -> Result<GcRef, HeapError>;

    /// The run-time type of the object at `r`.
    fn shape(&self, r: GcRef) -> Result<Shape, HeapError>;

    /// The length of an array.
    fn array_len(&self, r: GcRef) -> Result<u32, HeapError>;

    /// The tag of an exception, or the host's number for an external value: the
    /// second part of its [`NewObject`].
    fn word(&self, r: GcRef) -> Result<u32, HeapError>;

    /// Reads a value of an object. A reference passes the read barrier.
    fn load(&mut self, r: GcRef, place: Place) -> Result<u128, HeapError>;

    /// Overwrites a value of an object. A reference passes the write barrier.
    fn store(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError>;

    // ---- Provided: when to collect ----

    /// Whether the heap requests a collection before the next allocation.
    /// Provided: never. It is collected when it is full and when the schedule
    /// of the run demands it.
    fn wants_collection(&self) -> bool {
        false
    }

    // ---- Provided: scarce memory ----

    /// Sets the number of bytes that blocks may take, until it is set again. An allocation
    /// beyond it is [`HeapError::Full`]. A run may start with a small heap that the engine makes
    /// larger when a collection does not help. Provided: no effect.
    fn set_capacity(&mut self, bytes: u32) {
        let _ = bytes;
    }

    /// Makes the next `times` allocations [`HeapError::Full`]: before they have changed
    /// anything, as if there were no room. The engine then collects and tries again, so a heap that
    /// does more in a collection after an allocation that failed does it after this one, too. Returns
    /// false if the heap cannot refuse. Provided: it cannot.
    fn refuse(&mut self, times: u32) -> bool {
        let _ = times;
        false
    }

    /// A number of bytes that no object of this heap can have: the engine asks for such objects
    /// and expects [`HeapError::Full`]. Provided: none, so the engine never asks for more than the
    /// budget of the run.
    fn most_bytes(&self) -> u64 {
        u64::MAX
    }

    // ---- Provided: barriers of slots outside the heap ----

    /// The read barrier for a reference just loaded from a slot outside the
    /// heap (`table.get`, `global.get`, an argument from the host, a caught
    /// exception). The result goes into the register. Provided: none.
    fn expose(&mut self, from: RootSlot, r: GcRef) -> Result<GcRef, HeapError> {
        let _ = from;
        Ok(r)
    }

    /// Overwrites a slot outside the heap. Provided: no write barrier.
    fn write_slot(&mut self, kind: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        let _ = kind;
        *slot = new.0;
        Ok(())
    }

    /// Drops slots (`elem.drop`, a host handle): they hold null afterwards.
    fn drop_slots(&mut self, kind: RootSlot, slots: &mut [u32]) -> Result<(), HeapError> {
        for slot in slots {
            self.write_slot(kind, slot, GcRef::NULL)?;
        }
        Ok(())
    }

    // ---- Provided: single values ----

    /// The initialising write of a value. The object is new, and the place
    /// holds zero or null.
    fn init(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        self.store(r, place, value)
    }

    /// The initialising write of a slot outside the heap, which holds null.
    fn init_slot(&mut self, kind: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        self.write_slot(kind, slot, new)
    }

    /// Reads a field of a structure, or of an exception's payload.
    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        Ok(self.load(r, Place::Field(field))? as u64)
    }

    /// Writes a field of a structure.
    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError> {
        self.store(r, Place::Field(field), u128::from(value))
    }

    /// Reads an element of an array.
    fn get_element(&mut self, r: GcRef, index: u32, kind: StorageKind) -> Result<u64, HeapError> {
        Ok(self.load(r, Place::Element { index, kind })? as u64)
    }

    /// Writes an element of an array.
    fn set_element(
        &mut self,
        r: GcRef,
        index: u32,
        kind: StorageKind,
        v: u64,
    ) -> Result<(), HeapError> {
        self.store(r, Place::Element { index, kind }, u128::from(v))
    }

    /// The tag of an exception: its index in the store.
    fn exception_tag(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.shape(r)? {
            Shape::Exception(_) => self.word(r),
            _ => Err(HeapError::corrupt(r.0, "not an exception")),
        }
    }

    /// The host's number for an external value.
    fn extern_host(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.shape(r)? {
            Shape::Extern => self.word(r),
            _ => Err(HeapError::corrupt(r.0, "not an external value")),
        }
    }

    // ---- Provided: allocation ----

    /// `struct.new`: `fields` holds the registers of all fields in order.
    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        provided::new_with_fields(self, NewObject::Struct(ty), fields)
    }

    /// `struct.new_default`.
    fn new_struct_default(&mut self, ty: TypeId) -> Result<GcRef, HeapError> {
        self.allocate(NewObject::Struct(ty))
    }

    /// `array.new`: `len` copies of `init`.
    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        provided::new_array(self, ty, len, init)
    }

    /// `array.new_default`.
    fn new_array_default(&mut self, ty: TypeId, len: u32) -> Result<GcRef, HeapError> {
        self.allocate(NewObject::Array(ty, len))
    }

    /// `array.new_fixed`: `elements` holds the registers of all elements.
    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        provided::new_array_fixed(self, ty, elements)
    }

    /// An exception: `ty` is the function type of its tag, `tag` the tag's
    /// index in the store, `payload` the registers of the tag's parameters.
    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        provided::new_with_fields(self, NewObject::Exception(ty, tag), payload)
    }

    /// An external value that the host knows as `host`.
    fn new_extern(&mut self, host: u32) -> Result<GcRef, HeapError> {
        self.allocate(NewObject::Extern(host))
    }

    // ---- Provided: arrays ----

    /// `array.fill`.
    fn fill(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
        value: u128,
    ) -> Result<(), HeapError> {
        provided::fill(self, r, start, len, kind, value)
    }

    /// `array.copy`, as if through a temporary copy of the source.
    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        provided::copy(self, dst, src, len, kind)
    }

    /// `array.init_data` and `array.new_data`: writes little-endian bytes to
    /// the elements from `start` on, none of which are references.
    fn init_data(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        data: &[u8],
    ) -> Result<(), HeapError> {
        provided::init_data(self, r, start, kind, data)
    }

    /// `array.init_elem` and `array.new_elem`: writes the references of a
    /// segment to the elements from `start` on.
    fn init_elements(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        refs: &[u32],
    ) -> Result<(), HeapError> {
        provided::init_elements(self, r, start, kind, refs)
    }

    // ---- Provided: tables ----

    /// `table.fill` of the table with index `table` in the store.
    fn fill_slots(&mut self, table: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        for slot in slots {
            self.write_slot(RootSlot::Table(table), slot, value)?;
        }
        Ok(())
    }

    /// `table.copy` and `table.init`: `src` is a copy of the source slots and
    /// owns nothing.
    fn copy_slots(&mut self, table: u32, dst: &mut [u32], src: &[u32]) -> Result<(), HeapError> {
        let kind = RootSlot::Table(table);
        // An overwritten slot may be the last owner of an object that has yet
        // to be written to another slot. So all references pass the read
        // barrier first.
        for value in src {
            self.expose(kind, GcRef(*value))?;
        }
        for (slot, value) in dst.iter_mut().zip(src) {
            let value = self.expose(kind, GcRef(*value))?;
            self.write_slot(kind, slot, value)?;
        }
        Ok(())
    }

    /// `table.grow`: fills new slots.
    fn grow_slots(&mut self, table: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError> {
        for slot in slots {
            self.init_slot(RootSlot::Table(table), slot, value)?;
        }
        Ok(())
    }

    /// Notifies the heap of an action of the engine that no operation shows.
    /// Collectors ignore it. It serves layers that count events or have a
    /// fault.
    #[inline]
    fn on_event(&mut self, event: EngineEvent<'_>) {
        let _ = event;
    }
}
