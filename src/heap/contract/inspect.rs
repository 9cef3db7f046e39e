//! The interface of a collector to the oracle, for audits.

use super::{GcRef, Header, ObjectEvent, Place, ShownRoots};
use crate::heap::{Change, peek};
use crate::types::StorageKind;

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
    /// Its length as recorded by the heap.
    pub recorded: u32,
}

/// The raw state of a heap, without barriers or side effects. No method may
/// trust a reference.
///
/// The methods up to [`Inspect::peek_word`] are required. The others serve
/// heaps made of bytes, counting heaps, and speed.
pub trait Inspect {
    /// The collector's name, as `-C collector=` spells it.
    fn name(&self) -> &'static str;

    /// The kind of objects that a collection frees.
    fn reclaims(&self) -> Reclaims;

    /// Numbers of collections, of objects allocated and of objects freed so
    /// far, for the statistics of a campaign. No law depends on them.
    fn stats(&self) -> Stats;

    /// The addresses in use, from the start of the first block (`.0`) to the
    /// end of the last (`.1`).
    fn extent(&self) -> (u32, u32);

    /// Every block in order of address.
    fn blocks(&self) -> Vec<Block>;

    /// The header at `r`, if an allocated object starts there.
    fn header(&self, r: GcRef) -> Option<Header>;

    /// Reads a stored value, packed values zero-extended; `None` outside the
    /// object.
    fn peek_value(&self, r: GcRef, place: Place) -> Option<u128>;

    /// The tag of an exception, or the host's number for an external value.
    fn peek_word(&self, r: GcRef) -> Option<u32>;

    // ---- Provided ----

    /// The low half of [`Inspect::peek_value`].
    fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        self.peek_value(r, place).map(|value| value as u64)
    }

    /// The high half of a `v128`.
    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        self.peek_value(r, place).map(|value| (value >> 64) as u64)
    }

    /// Appends the bytes of an array's first `len` elements to `out`,
    /// little-endian, and returns the number of elements read. Stops at the
    /// first element that cannot be read.
    fn peek_elements(&self, r: GcRef, kind: StorageKind, len: u32, out: &mut Vec<u8>) -> u32 {
        peek::each(self, r, kind, len, out)
    }

    /// The bytes of a block, for heaps that have bytes.
    fn bytes(&self, block: Block) -> Option<&[u8]> {
        let _ = block;
        None
    }

    /// Size in bytes of the allocated block that starts at `r`, for heaps that can tell without a
    /// pass over all blocks.
    fn size_of_block(&self, r: GcRef) -> Option<u32> {
        let _ = r;
        None
    }

    /// Size in bytes of the header in front of an object's payload; `None` for
    /// a heap whose objects are not made of bytes, so that their sizes mean
    /// nothing.
    fn header_size(&self) -> Option<u32> {
        None
    }

    /// Whether every object carries a reference count.
    fn is_counting(&self) -> bool {
        false
    }

    /// The stack-root list, for heaps that keep one.
    fn root_list(&self) -> Option<RootList> {
        None
    }

    /// The roots that the last collection was shown, for heaps that record them
    /// while they are watched. An audit that finds an object missing then knows
    /// whether the collector had a chance to see it.
    fn shown_roots(&self) -> Option<&ShownRoots> {
        None
    }

    /// The free blocks that allocations take, in any order, with the sizes by which they are found,
    /// for heaps that keep them apart from [`Inspect::blocks`]: each free block once. `None` if a
    /// free block need not be among them.
    fn free_list(&self) -> Option<Vec<Block>> {
        None
    }

    /// References owned by a queue of deferred work, one entry for each count:
    /// for a counting heap that defers increments or decrements.
    fn parked(&self) -> Vec<GcRef> {
        Vec::new()
    }

    /// Memory outside all blocks, which must hold
    /// [`POISON`](crate::heap::POISON): memory behind the last block, an idle
    /// semi-space. Address of the first byte, and the bytes.
    fn unused(&self) -> Vec<(u32, &[u8])> {
        Vec::new()
    }

    /// Estimated bytes of memory that the heap takes: all memory for objects,
    /// in use or not, and its own tables.
    fn footprint(&self) -> u64 {
        let (start, end) = self.extent();
        2 * u64::from(end.saturating_sub(start))
    }

    /// Starts or stops a log of changes. A heap need not keep one: the log only
    /// makes frequent audits faster.
    fn watch(&mut self, on: bool) {
        let _ = on;
    }

    /// Calls `visit` with every possible change since
    /// [`Inspect::forget_changes`], in any order. Returns false if no log is
    /// kept or too much has changed to be listed.
    fn changes(&self, visit: &mut dyn FnMut(Change)) -> bool {
        let _ = visit;
        false
    }

    /// Empties the log.
    fn forget_changes(&mut self) {}

    /// Starts or stops a record of what happens to objects, while the log is
    /// on. A heap need not keep one: an explanation then shows what has changed
    /// between two operations, and not the steps.
    fn record(&mut self, on: bool) {
        let _ = on;
    }

    /// Calls `visit` with every event that concerns the object at `r`, in
    /// order, since [`Inspect::forget_changes`]. An event that changes nothing
    /// may be among them. Returns false if no record is kept.
    fn object_events(&self, r: GcRef, visit: &mut dyn FnMut(ObjectEvent)) -> bool {
        let _ = (r, visit);
        false
    }
}

/// The objects that a collection frees.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Reclaims {
    /// None: the heap never frees, and need not be audited after a collection.
    Nothing,
    /// Every unreachable object, except cycles and objects reachable from them:
    /// a counting collector without a cycle detector.
    AllButCycles,
    /// Every unreachable object: a tracing collector.
    Everything,
    /// Some unreachable objects, the rest perhaps later: an incremental or a
    /// conservative collector. Unreachable objects may hold references to freed
    /// ones.
    Something,
}

/// Statistics that a heap keeps.
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
