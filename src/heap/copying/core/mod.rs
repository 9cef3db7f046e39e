//! The primitives that the hooks of a [`Policy`](super::Policy) are made of.
//!
//! Every method here is either plainly correct or plainly raw; decisions are
//! the policy's. Nothing panics, whatever reference it is given.

mod semispace;

pub use semispace::Semispace;

use crate::heap::header::HEADER;
use crate::heap::trace_info::TraceInfo;
use crate::heap::{GRANULE, GcRef, HeapError, Shape, Stats};

/// Fewer bytes allocated than this never call for a collection.
const FRESH_LIMIT: u64 = 256 << 10;

/// How large to-space may become: so many times as large as what from-space has
/// in use, and so many bytes more. Each object is copied once. A bug that copies
/// some of them twice goes on, as it would elsewhere; one that copies them again
/// and again ends here.
const MOST_COPIES: u64 = 4;
const SPARE_COPIES: u64 = 64 << 10;

/// The state of a semi-space heap, and what can be done to it.
///
/// From-space and to-space are what the semi-spaces are called during a
/// collection. At any other time the first is where objects live (the *current*
/// one), and the second is *idle*: empty, but with the memory it had.
pub struct Core {
    from: Semispace,
    to: Semispace,
    pub(super) trace_info: TraceInfo,
    /// All addresses are below this multiple of a granule.
    limit: u32,
    capacity: u32,
    /// The scan pointer: the copies before it refer to nothing in from-space.
    scan: u32,
    /// Objects in from-space, and in to-space.
    objects: u64,
    copied: u64,
    /// The last address at which a copy may begin.
    last_copy: u32,
    pub(super) stats: Stats,
    /// Bytes allocated since the last collection.
    fresh: u64,
    /// Bytes allocated that call for a collection.
    fresh_limit: u64,
}

impl Core {
    pub(super) fn new(max_bytes: u32) -> Core {
        let limit = max_bytes - max_bytes % GRANULE;
        // Granule 0 is nobody's: address 0 is null.
        let third = limit.saturating_sub(GRANULE) / 3;
        let capacity = third - third % GRANULE;
        Core {
            from: Semispace::new(capacity),
            to: Semispace::new(capacity),
            trace_info: TraceInfo::default(),
            limit,
            capacity,
            scan: 0,
            objects: 0,
            copied: 0,
            last_copy: 0,
            stats: Stats::default(),
            fresh: 0,
            fresh_limit: FRESH_LIMIT,
        }
    }

    /// The types this heap knows.
    pub fn trace_info(&self) -> &TraceInfo {
        &self.trace_info
    }

    /// The types this heap knows, to be changed.
    pub fn trace_info_mut(&mut self) -> &mut TraceInfo {
        &mut self.trace_info
    }

    /// The most bytes that objects can take: a third of the addresses there
    /// are.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Bytes of memory taken, or by the next collection.
    pub(super) fn footprint(&self) -> u64 {
        let from = self.from.space.footprint();
        from + self.to.space.footprint().max(from)
    }

    /// Where objects live until the flip.
    #[inline]
    pub fn from_space(&self) -> &Semispace {
        &self.from
    }

    /// Where objects live until the flip, to be changed.
    #[inline]
    pub fn from_space_mut(&mut self) -> &mut Semispace {
        &mut self.from
    }

    /// Where objects are copied to.
    #[inline]
    pub fn to_space(&self) -> &Semispace {
        &self.to
    }

    /// Where objects are copied to, to be changed.
    #[inline]
    pub fn to_space_mut(&mut self) -> &mut Semispace {
        &mut self.to
    }

    /// Allocates an object with `payload` bytes behind its header. Its payload
    /// is whatever was there.
    #[inline]
    pub fn allocate(&mut self, shape: Shape, payload: u64) -> Result<GcRef, HeapError> {
        let granules = (u64::from(HEADER) + payload).div_ceil(u64::from(GRANULE));
        let r = u32::try_from(granules)
            .ok()
            .and_then(|granules| self.from.bump(granules))
            .ok_or(HeapError::Full)?;
        let local = self.from.local(r);
        self.from.with_mut(|s| s.set_header(local, shape))?;
        self.fresh += granules * u64::from(GRANULE);
        self.objects += 1;
        self.stats.allocated += 1;
        Ok(r)
    }

    /// Logs changes in both semi-spaces, or stops.
    pub(super) fn watch(&mut self, on: bool) {
        self.from.space.watch(on);
        self.to.space.watch(on);
    }

    /// Empties the logs.
    pub(super) fn forget_changes(&mut self) {
        self.from.space.forget_changes();
        self.to.space.forget_changes();
    }

    /// Whether as much was allocated since the last collection as survived it.
    #[inline]
    pub fn is_fresh(&self) -> bool {
        self.fresh >= self.fresh_limit
    }

    /// Begins a collection: to-space is empty, starts at fresh addresses, and
    /// has room for all of from-space. Without the memory for that the heap is
    /// full, and nothing has changed.
    ///
    /// There always are addresses. If those behind from-space are too few for a
    /// semi-space, from-space ends in the last of three thirds, so it starts
    /// behind the first, and the first has room for to-space.
    pub fn prepare(&mut self) -> Result<(), HeapError> {
        if !self.to.space.reserve(self.from.in_use() + GRANULE) {
            return Err(HeapError::Full);
        }
        let next = self.from.extent().1;
        let fits = u64::from(next) + u64::from(self.capacity) <= u64::from(self.limit);
        let start = if fits { next } else { GRANULE };
        self.to.reset(start - GRANULE);
        self.scan = start;
        self.copied = 0;
        let most = MOST_COPIES * u64::from(self.from.in_use()) + SPARE_COPIES;
        let last = u64::from(self.to.base()) + most;
        self.last_copy = u32::try_from(last).unwrap_or(u32::MAX);
        Ok(())
    }

    /// Copies the object at `r`, header and all, behind the last one in
    /// to-space.
    #[inline(always)]
    pub fn copy(&mut self, r: GcRef) -> Result<GcRef, HeapError> {
        let size = self.from.block_size(r)?;
        let room = self.to.bump(size / GRANULE);
        let Some(copy) = room.filter(|copy| copy.0 <= self.last_copy) else {
            return Err(HeapError::corrupt(r.0, "to-space cannot take a copy of it"));
        };
        let source = self.from.space.bytes(self.from.local(r).0, size);
        let at = self.to.local(copy).0 as usize;
        let target = self.to.space.storage.slice_mut(at..at + size as usize);
        match (target, source) {
            (Some(target), Some(source)) => target.copy_from_slice(source),
            _ => return Err(HeapError::corrupt(r.0, "outside memory")),
        }
        self.copied += 1;
        Ok(copy)
    }

    /// Moves the scan pointer past the next copy and returns that; `None` if it
    /// has caught up with allocation.
    #[inline]
    pub fn next_to_scan(&mut self) -> Option<GcRef> {
        let (r, end) = self.to.next_block(self.scan)?;
        self.scan = end;
        Some(r)
    }

    /// To-space becomes the current semi-space, and from-space idle: it holds
    /// nothing but poison, though its base stays for the oracle to see.
    pub fn flip(&mut self) {
        std::mem::swap(&mut self.from, &mut self.to);
        self.to.reset(self.to.base());
        self.stats.freed += self.objects.saturating_sub(self.copied);
        self.objects = self.copied;
    }

    /// Ends a collection: sets the threshold for the next one.
    pub fn finish_collection(&mut self) {
        self.stats.collections += 1;
        self.fresh = 0;
        self.fresh_limit = FRESH_LIMIT.max(u64::from(self.from.in_use()));
    }
}
