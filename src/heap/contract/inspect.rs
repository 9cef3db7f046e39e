//! What the oracle needs to audit a collector.

use super::{GcRef, Header, Place};
use crate::heap::{Change, peek};
use crate::types::Lane;

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
///
/// The methods up to [`Inspect::peek_word`] are required. The others are for heaps
/// made of bytes, heaps that count, and for speed.
pub trait Inspect {
    /// The collector's name, as `-C collector=` spells it.
    fn name(&self) -> &'static str;

    /// What a collection frees.
    fn reclaims(&self) -> Reclaims;

    /// How often the heap was collected, objects allocated and freed so far.
    fn stats(&self) -> Stats;

    /// The addresses in use: the first block starts at `.0`, the last one ends
    /// at `.1`.
    fn extent(&self) -> (u32, u32);

    /// Every block in order of address.
    fn blocks(&self) -> Vec<Block>;

    /// The header at `r`, if an allocated object starts there.
    fn header(&self, r: GcRef) -> Option<Header>;

    /// Reads a value as it stands, packed ones zero-extended; `None` outside the
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
    /// little-endian, and returns how many elements that were: fewer if one
    /// cannot be read, which ends it.
    fn peek_elements(&self, r: GcRef, lane: Lane, len: u32, out: &mut Vec<u8>) -> u32 {
        peek::each(self, r, lane, len, out)
    }

    /// The bytes of a block, for heaps that have bytes.
    fn bytes(&self, block: Block) -> Option<&[u8]> {
        let _ = block;
        None
    }

    /// Bytes of header in front of an object's payload; `None` for a heap whose
    /// objects are not made of bytes, so that their sizes mean nothing.
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

    /// References that a queue of deferred work owns, one entry for each count:
    /// of a counting heap that puts off increments or decrements.
    fn parked(&self) -> Vec<GcRef> {
        Vec::new()
    }

    /// Memory outside all blocks, which must hold [`POISON`](crate::heap::POISON):
    /// what lies behind the last block, an idle semi-space. Address of the first
    /// byte, and the bytes.
    fn unused(&self) -> Vec<(u32, &[u8])> {
        Vec::new()
    }

    /// Bytes of memory that the heap takes, as estimated: whatever it has for
    /// objects, in use or not, and its own tables.
    fn footprint(&self) -> u64 {
        let (start, end) = self.extent();
        2 * u64::from(end.saturating_sub(start))
    }

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
