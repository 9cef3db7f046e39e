//! The primitives of the hooks of a [`Policy`](super::Policy).
//!
//! A header is four words: the shape, flags, the reference count, and a link.
//! The link threads the stack-root list while the object is in it, and the list
//! of dead objects once its count is zero. An object is never in both, since
//! the stack-root list owns one count of each member.
//!
//! Every method is either plainly correct or plainly raw; decisions are the
//! policy's. Nothing panics, whatever reference it is given.

mod headers;
mod lists;
mod objects;

use super::free_list::FreeList;
use crate::heap::header::HEADER;
use crate::heap::refusals::Refusals;
use crate::heap::space::Space;
use crate::heap::trace_info::TraceInfo;
use crate::heap::{Block, GRANULE, GcRef, HeapError, Shape, Stats};

/// The state of a deferred-reference-counting heap, and its primitives.
pub struct Core {
    pub(super) space: Space,
    pub(super) trace_info: TraceInfo,
    free: FreeList,
    /// First member of the stack-root list.
    list_head: GcRef,
    /// Its length.
    list_len: u32,
    /// First of the objects whose count is zero and which are not yet freed.
    dead: GcRef,
    pub(super) stats: Stats,
    /// Bytes in allocated blocks.
    pub(super) live: u64,
    /// Bytes allocated since the last collection.
    fresh: u64,
    /// Length of the stack-root list that triggers a collection.
    list_limit: u32,
    /// Bytes allocated that trigger a collection.
    fresh_limit: u64,
    /// Whether an allocation has failed since free blocks were last merged.
    pressed: bool,
    pub(super) refusals: Refusals,
}

/// A stack-root list shorter than this never triggers a collection.
const LIST_LIMIT: u32 = 1024;
/// Fewer bytes allocated than this never trigger a collection.
const FRESH_LIMIT: u64 = 256 << 10;
/// Up to this many granules in use, free blocks are merged at every collection.
/// That is cheap, and exercises merged blocks in small cases, too.
const SMALL: u32 = 4096;

impl Core {
    pub(super) fn new(max_bytes: u32) -> Core {
        Core {
            space: Space::new(max_bytes),
            trace_info: TraceInfo::default(),
            free: FreeList::new(),
            list_head: GcRef::NULL,
            list_len: 0,
            dead: GcRef::NULL,
            stats: Stats::default(),
            live: 0,
            fresh: 0,
            list_limit: LIST_LIMIT,
            fresh_limit: FRESH_LIMIT,
            pressed: false,
            refusals: Refusals::default(),
        }
    }

    /// The types this heap knows.
    pub fn trace_info(&self) -> &TraceInfo {
        &self.trace_info
    }

    /// The types this heap knows, for writing.
    pub fn trace_info_mut(&mut self) -> &mut TraceInfo {
        &mut self.trace_info
    }

    /// Allocates an object with `payload` bytes behind its header. Its count is
    /// zero, it is in no list, and its payload is uninitialised.
    #[inline]
    pub fn allocate(&mut self, shape: Shape, payload: u64) -> Result<GcRef, HeapError> {
        // A refused allocation has failed: the engine collects, and then the heap must have room.
        if let Err(full) = self.refusals.pass() {
            self.pressed = true;
            return Err(full);
        }
        let granules = (u64::from(HEADER) + payload).div_ceil(u64::from(GRANULE));
        let Ok(granules) = u32::try_from(granules) else {
            return Err(HeapError::Full);
        };
        let found = self.free.take(&mut self.space, granules);
        let Some(r) = found.or_else(|| self.space.bump(granules)) else {
            self.pressed = true;
            return Err(HeapError::Full);
        };
        self.space.set_header(r, shape)?;
        let bytes = u64::from(granules) * u64::from(GRANULE);
        self.live += bytes;
        self.fresh += bytes;
        self.stats.allocated += 1;
        Ok(r)
    }

    /// Whether there is no block at all, allocated or free.
    pub fn is_empty(&self) -> bool {
        let (start, end) = self.space.extent();
        start == end
    }

    /// Whether an allocated object starts at `r`.
    #[inline]
    pub fn is_allocated(&self, r: GcRef) -> bool {
        self.space.is_allocated(r)
    }

    /// The size of the object at `r` in bytes, header and rounding included.
    pub fn block_size(&self, r: GcRef) -> Result<u32, HeapError> {
        self.space.object(r, u64::from(HEADER))?;
        Ok(self.space.granules().at(r) as u32 * GRANULE)
    }

    /// Poisons and frees the object at `r`, whatever its count.
    #[inline]
    pub fn free(&mut self, r: GcRef) -> Result<(), HeapError> {
        let size = self.block_size(r)?;
        self.free_raw(r, size);
        Ok(())
    }

    /// Raw: frees `size` bytes at `r` without a check, for faults that free
    /// twice or compute a wrong size.
    #[inline]
    pub fn free_raw(&mut self, r: GcRef, size: u32) {
        let granules = size / GRANULE;
        self.space.poison(r, granules);
        self.free.put(&mut self.space, r.0 / GRANULE, granules);
        self.live = self.live.saturating_sub(u64::from(size));
        self.stats.freed += 1;
    }

    /// Merges neighbouring free blocks if that is worth a pass over the heap:
    /// if the heap is small, if an allocation has failed, or if the blocks
    /// freed since the last pass are at least a sixteenth of the granules in
    /// use.
    pub fn coalesce_if_due(&mut self) {
        let freed = self.free.freed();
        let in_use = self.space.granules().end();
        if freed > 0 && (self.pressed || in_use <= SMALL || freed >= in_use as usize / 16) {
            self.coalesce();
        }
    }

    /// Merges neighbouring free blocks.
    pub fn coalesce(&mut self) {
        self.free.coalesce(&mut self.space);
        self.pressed = false;
    }

    /// The blocks in the free list.
    pub(super) fn free_list(&self) -> Vec<Block> {
        self.free.blocks().collect()
    }

    /// Counts a write over a slot that held `old`.
    #[inline]
    pub fn count_overwrite(&mut self, old: GcRef) {
        self.count_overwrites(old, 1);
    }

    /// Counts writes over several slots that held `old`.
    #[inline]
    pub fn count_overwrites(&mut self, old: GcRef, slots: u32) {
        if old.is_object() {
            self.stats.overwritten += u64::from(slots);
        }
    }

    /// Counts writes over `slots` slots that held objects.
    #[inline]
    pub fn count_overwritten(&mut self, slots: u64) {
        self.stats.overwritten += slots;
    }

    /// Whether the stack-root list has outgrown the survivors of the last
    /// collection. Without this, a loop that reads references and allocates
    /// little would grow the list for ever (Wasmtime issue 13403).
    #[inline]
    pub fn list_is_long(&self) -> bool {
        self.list_len >= self.list_limit
    }

    /// Whether as many bytes were allocated since the last collection as
    /// survived it.
    #[inline]
    pub fn is_fresh(&self) -> bool {
        self.fresh >= self.fresh_limit
    }

    /// Ends a collection: sets the thresholds for the next one.
    pub fn finish_collection(&mut self) {
        self.stats.collections += 1;
        self.list_limit = LIST_LIMIT.max(self.list_len.saturating_mul(2));
        self.fresh = 0;
        self.fresh_limit = FRESH_LIMIT.max(self.live);
    }
}
