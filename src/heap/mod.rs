//! Heaps: where objects live, and who frees them.
//!
//! [`Heap`] is what the interpreter needs of a collector, [`Inspect`] what the
//! oracle needs to audit one. Each collector is a folder with the same file
//! names. They differ in headers, barriers and when memory is reclaimed; they
//! agree on the payload of an object, which the language fixes
//! ([`crate::types::StructLayout`]).
//!
//! Registers are 64 bits wide; a reference is the low 32 of one. A slot outside
//! the heap (a table element, a reference global, an element of a segment, a
//! host handle, the pending exception) is a `u32`.

mod boxed;
mod bulk;
pub mod copying;
pub mod drc;
mod error;
mod fact;
mod granules;
mod header;
mod init;
mod layouts;
mod log;
pub mod model;
pub mod null;
mod object;
mod peek;
mod reference;
mod space;
mod storage;
#[cfg(test)]
mod testing;

pub use error::{Corruption, HeapError};
pub use fact::Fact;
pub use layouts::{Layout, Layouts};
pub use log::Change;
pub use object::{Header, Shape};
pub use reference::{GRANULE, GcRef};
pub use storage::POISON;

use crate::types::{Field, Lane, TypeId, Types};

/// The live references outside the heap, as a collection sees them.
pub trait Roots {
    /// Visits every register of a frame that the stack maps call a reference,
    /// unless it holds null. A moving collector may overwrite it.
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64));

    /// Visits every slot that owns its reference: reference globals, tables,
    /// element segments, the pending exception, host handles.
    fn slots(&mut self, visit: &mut dyn FnMut(Slot, &mut u32));

    /// Visits every frame, outermost first, with all its registers, whatever
    /// the stack maps say of them: for a collector that guesses which of them
    /// are references, or that has maps of its own.
    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>));
}

/// A frame as memory: registers, and the instruction it is at.
#[derive(Debug)]
pub struct RawFrame<'a> {
    /// Its registers. A moving collector may overwrite references.
    pub registers: &'a mut [u64],
    /// Which of them the stack maps call references, locals first.
    pub references: Vec<u16>,
    /// Which function of which instance runs in it, and where: `None` for the
    /// arguments and results of a call to the host.
    pub code: Option<CodePoint>,
    /// Whether it is the innermost one.
    pub running: bool,
}

/// An instruction of compiled code.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CodePoint {
    /// The instance.
    pub instance: u32,
    /// Which of its module's compiled bodies.
    pub body: u32,
    /// Which instruction of its module's compiled code.
    pub pc: u32,
}

/// What a slot outside the heap is. Heaps need not care.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Slot {
    /// The global of this index in the store.
    Global(u32),
    /// An element of the table of this index in the store.
    Table(u32),
    /// An element of a segment: the instance, and the segment's index there.
    Segment(u32, u32),
    /// The pending exception.
    Pending,
    /// The host's handle of this number, or a value on its way from or to the
    /// host.
    Handle(u32),
}

/// A garbage-collected heap.
///
/// Values go in and out as registers: packed fields in the low bits (reads are
/// zero-extended, writes truncate), references as in [`GcRef`], `v128` as two
/// registers, low half first, or as a `u128` where methods are about nothing
/// else. Where a call has room for one register only, a `v128` is its low half:
/// a read returns it, a write clears the other.
///
/// The caller has checked nulls and array bounds and has given the field's true
/// lane; everything else a heap checks itself, since a faulty collector hands
/// out faulty references: an access that does not hit an allocated object of
/// the right size is [`HeapError::Corrupt`], never a panic.
///
/// "Counted" below is for reference-counting heaps; others may ignore it.
pub trait Heap: Inspect {
    /// Learns the types that were interned since the last call.
    fn add_types(&mut self, types: &Types);

    /// Whether the heap would like to be collected before the next allocation.
    fn wants_collection(&self) -> bool;

    /// Collects. References on the stack are not counted: `roots` names them.
    fn collect(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError>;

    /// `struct.new`: `fields` holds the registers of all fields in order.
    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError>;

    /// `struct.new_default`.
    fn new_struct_default(&mut self, ty: TypeId) -> Result<GcRef, HeapError>;

    /// `array.new`: `len` copies of `init`.
    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError>;

    /// `array.new_default`.
    fn new_array_default(&mut self, ty: TypeId, len: u32) -> Result<GcRef, HeapError>;

    /// `array.new_fixed`: `elements` holds the registers of all elements.
    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError>;

    /// An exception: `ty` is the function type of its tag, `tag` the tag's
    /// index in the store, `payload` the registers of the tag's parameters.
    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError>;

    /// An external value, known to the host as `host`.
    fn new_extern(&mut self, host: u32) -> Result<GcRef, HeapError>;

    /// What kind of object `r` refers to.
    fn shape(&self, r: GcRef) -> Result<Shape, HeapError>;

    /// Reads a field of a structure, or of an exception's payload. A reference
    /// read this way passes the read barrier.
    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError>;

    /// Writes a field of a structure, through the write barrier if it is a
    /// reference.
    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError>;

    /// Reads a whole `v128`.
    fn get_vector(&self, r: GcRef, place: Place) -> Result<u128, HeapError>;

    /// Writes a whole `v128`.
    fn set_vector(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError>;

    /// The length of an array.
    fn array_len(&self, r: GcRef) -> Result<u32, HeapError>;

    /// Reads an element; a reference passes the read barrier.
    fn get_element(&mut self, r: GcRef, index: u32, lane: Lane) -> Result<u64, HeapError>;

    /// Writes an element, through the write barrier if it is a reference.
    fn set_element(&mut self, r: GcRef, index: u32, lane: Lane, v: u64) -> Result<(), HeapError>;

    /// `array.fill`.
    fn fill(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        lane: Lane,
        value: u64,
    ) -> Result<(), HeapError>;

    /// `array.fill` with a whole `v128`.
    fn fill_vector(&mut self, r: GcRef, start: u32, len: u32, value: u128)
    -> Result<(), HeapError>;

    /// `array.copy`, as if through a temporary copy of the source.
    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        lane: Lane,
    ) -> Result<(), HeapError>;

    /// `array.init_data` and `array.new_data`: little-endian bytes into the
    /// elements from `start` on, none of them references.
    fn init_data(&mut self, r: GcRef, start: u32, lane: Lane, data: &[u8])
    -> Result<(), HeapError>;

    /// `array.init_elem` and `array.new_elem`: the references of a segment into
    /// the elements from `start` on.
    fn init_elements(
        &mut self,
        r: GcRef,
        start: u32,
        lane: Lane,
        refs: &[u32],
    ) -> Result<(), HeapError>;

    /// The tag of an exception: its index in the store.
    fn exception_tag(&self, r: GcRef) -> Result<u32, HeapError>;

    /// The host's name for an external value.
    fn extern_host(&self, r: GcRef) -> Result<u32, HeapError>;

    /// The read barrier for a reference that was just loaded from a slot
    /// outside the heap (`table.get`, `global.get`, an argument from the host, a
    /// caught exception): what it returns goes into the register.
    fn expose(&mut self, from: Slot, r: GcRef) -> Result<GcRef, HeapError>;

    /// The write barrier: overwrites a slot outside the heap.
    fn write_slot(&mut self, kind: Slot, slot: &mut u32, new: GcRef) -> Result<(), HeapError>;

    /// The initialising write: fills a slot that held no reference so far.
    fn init_slot(&mut self, kind: Slot, slot: &mut u32, new: GcRef) -> Result<(), HeapError>;

    /// Empties slots that go away (`elem.drop`, a host handle): they hold null
    /// afterwards.
    fn drop_slots(&mut self, kind: Slot, slots: &mut [u32]) -> Result<(), HeapError>;

    /// `table.fill`.
    fn fill_slots(&mut self, slots: &mut [u32], value: GcRef) -> Result<(), HeapError>;

    /// `table.copy` and `table.init`: `src` is a copy of the source slots and
    /// owns nothing.
    fn copy_slots(&mut self, dst: &mut [u32], src: &[u32]) -> Result<(), HeapError>;

    /// `table.grow`: fills slots that are new.
    fn grow_slots(&mut self, slots: &mut [u32], value: GcRef) -> Result<(), HeapError>;

    /// Learns what the engine does that no operation shows. A collector has no
    /// use for it: this is for a heap in front of it that counts events or that
    /// has a fault.
    #[inline]
    fn note(&mut self, fact: Fact<'_>) {
        let _ = fact;
    }
}

/// Where a value stands inside an object.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A field of a structure or of an exception's payload.
    Field(Field),
    /// An element of an array.
    Element {
        /// Its index.
        index: u32,
        /// How it is stored.
        lane: Lane,
    },
}

impl Place {
    /// How the value is stored.
    pub fn lane(self) -> Lane {
        match self {
            Place::Field(field) => field.lane,
            Place::Element { lane, .. } => lane,
        }
    }

    /// The offset of its first byte in the payload.
    #[inline]
    fn offset(self) -> u64 {
        match self {
            Place::Field(field) => u64::from(field.offset),
            Place::Element { index, lane } => layouts::element_offset(index, lane),
        }
    }
}

/// One block of a heap's memory, as the heap itself describes it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// Address of its first byte.
    pub start: u32,
    /// Size in bytes.
    pub size: u32,
    /// Whether it is free.
    pub free: bool,
}

/// The stack-root list of a deferred-reference-counting heap.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RootList {
    /// Its members in order. A list that runs in a circle or off the heap is
    /// cut there.
    pub members: Vec<GcRef>,
    /// Its length as the heap has it on record.
    pub recorded: u32,
}

/// What a heap shows to the oracle: raw state, without barriers or side
/// effects. Nothing here may trust a reference.
pub trait Inspect {
    /// The collector's name, as `-C collector=` spells it.
    fn name(&self) -> &'static str;

    /// The addresses in use: the first block starts at `.0`, the last one ends
    /// at `.1`.
    fn extent(&self) -> (u32, u32);

    /// Every block in order of address.
    fn blocks(&self) -> Vec<Block>;

    /// The header at `r`, if an allocated object starts there.
    fn header(&self, r: GcRef) -> Option<Header>;

    /// Reads a value as it stands, packed ones zero-extended, the low half of a
    /// `v128`; `None` outside the object.
    fn peek(&self, r: GcRef, place: Place) -> Option<u64>;

    /// The high half of a `v128`.
    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64>;

    /// Appends the bytes of an array's first `len` elements to `out`,
    /// little-endian, and returns how many elements that were: fewer if one
    /// cannot be read, which ends it.
    ///
    /// This is no more than an [`Inspect::peek`] of each, which is what a heap
    /// gets that says nothing else; the heaps of bytes say the same at once.
    fn peek_elements(&self, r: GcRef, lane: Lane, len: u32, out: &mut Vec<u8>) -> u32 {
        peek::each(self, r, lane, len, out)
    }

    /// The tag of an exception, or the host's name of an external value.
    fn peek_word(&self, r: GcRef) -> Option<u32>;

    /// The bytes of a block, for heaps that have bytes.
    fn bytes(&self, block: Block) -> Option<&[u8]>;

    /// Bytes of header in front of an object's payload; `None` for a heap whose
    /// objects are not made of bytes, so that their sizes mean nothing.
    fn header_size(&self) -> Option<u32>;

    /// Whether every object carries a reference count.
    fn is_counting(&self) -> bool;

    /// What a collection frees.
    fn reclaims(&self) -> Reclaims;

    /// The stack-root list, for heaps that keep one.
    fn root_list(&self) -> Option<RootList>;

    /// References that a queue of deferred work owns, one entry for each count:
    /// of a counting heap that puts off increments or decrements.
    fn parked(&self) -> Vec<GcRef> {
        Vec::new()
    }

    /// Memory outside all blocks, which must hold [`POISON`]: what lies behind
    /// the last block, an idle semi-space. Address of the first byte, and the
    /// bytes.
    fn unused(&self) -> Vec<(u32, &[u8])> {
        Vec::new()
    }

    /// Bytes of memory that the heap takes, as estimated: whatever it has for
    /// objects, in use or not, and its own tables.
    fn footprint(&self) -> u64 {
        let (start, end) = self.extent();
        2 * u64::from(end.saturating_sub(start))
    }

    /// How often the heap was collected, objects allocated and freed so far.
    fn stats(&self) -> Stats;

    /// Starts to keep a log of changes, or stops. A heap need not keep one: it
    /// only makes frequent audits faster.
    fn watch(&mut self, on: bool) {
        let _ = on;
    }

    /// Calls `visit` with everything that may have changed since
    /// [`Inspect::forget_changes`], in any order, or returns false if no log is
    /// kept, or if too much has changed to be worth listing.
    fn changes(&self, visit: &mut dyn FnMut(Change)) -> bool {
        let _ = visit;
        false
    }

    /// Empties the log.
    fn forget_changes(&mut self) {}
}

/// What is no longer allocated after a collection.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Reclaims {
    /// Nothing: the heap never frees, and need not be audited after a
    /// collection.
    Nothing,
    /// Whatever is unreachable, except cycles and what hangs off them: a
    /// counting collector without a cycle detector.
    AllButCycles,
    /// Whatever is unreachable: a tracing collector.
    Everything,
    /// Something of what is unreachable, the rest perhaps later: an incremental
    /// or a conservative collector. What is unreachable may hold references to
    /// what has been freed.
    Something,
}

/// What a heap counts about itself.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Collections that ran.
    pub collections: u64,
    /// Objects allocated.
    pub allocated: u64,
    /// Objects freed.
    pub freed: u64,
    /// Writes over a reference to an object, in a counting heap.
    pub overwritten: u64,
}
