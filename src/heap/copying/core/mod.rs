//! The primitives of the hooks of a [`Policy`](super::Policy).
//!
//! Every method is either plainly correct or plainly raw; decisions are the
//! policy's. Nothing panics, whatever reference it is given.

mod semispace;

pub use semispace::Semispace;

use crate::heap::header::HEADER;
use crate::heap::refusals::Refusals;
use crate::heap::trace_info::TraceInfo;
use crate::heap::{GRANULE, GcRef, HeapError, ObjectEvent, Shape, Stats};

/// Fewer bytes allocated than this never trigger a collection.
const FRESH_LIMIT: u64 = 256 << 10;

/// Limit on the size of to-space: a multiple of the bytes in use in from-space,
/// plus a constant. A sound collection copies each object once. A bug that
/// copies some objects twice runs on, as it would in another collector; one
/// that copies them again and again ends here.
const MOST_COPIES: u64 = 4;
const SPARE_COPIES: u64 = 64 << 10;

/// The state of a semi-space heap, and its primitives.
///
/// The semi-spaces are called from-space and to-space during a collection. At
/// any other time the first is the *current* one, where objects live, and the
/// second is *idle*: empty, but still with its memory.
pub struct Core {
    from: Semispace,
    to: Semispace,
    pub(super) trace_info: TraceInfo,
    /// All addresses are below this multiple of a granule.
    limit: u32,
    capacity: u32,
    /// The scan pointer: no copy before it refers to from-space.
    scan: u32,
    /// Objects in from-space, and copies in to-space.
    objects: u64,
    copied: u64,
    /// The last address at which a copy may begin.
    last_copy: u32,
    pub(super) stats: Stats,
    /// Bytes allocated since the last collection.
    fresh: u64,
    /// Bytes allocated that trigger a collection.
    fresh_limit: u64,
    pub(super) refusals: Refusals,
}

impl Core {
    pub(super) fn new(max_bytes: u32) -> Core {
        let limit = max_bytes - max_bytes % GRANULE;
        // Granule 0 stays unused: address 0 is null.
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

    /// The most bytes that objects can take: a third of the addresses.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Limits the memory that objects take.
    pub(super) fn set_capacity(&mut self, bytes: u32) {
        self.from.space.set_capacity(bytes);
        self.to.space.set_capacity(bytes);
    }

    /// Bytes of memory taken now or by the next collection.
    pub(super) fn footprint(&self) -> u64 {
        let from = self.from.space.footprint();
        from + self.to.space.footprint().max(from)
    }

    /// The space where objects live until the flip.
    #[inline]
    pub fn from_space(&self) -> &Semispace {
        &self.from
    }

    /// From-space, for writing.
    #[inline]
    pub fn from_space_mut(&mut self) -> &mut Semispace {
        &mut self.from
    }

    /// The space to which objects are copied.
    #[inline]
    pub fn to_space(&self) -> &Semispace {
        &self.to
    }

    /// To-space, for writing.
    #[inline]
    pub fn to_space_mut(&mut self) -> &mut Semispace {
        &mut self.to
    }

    /// Allocates an object with `payload` bytes behind its header. Its payload
    /// is uninitialised.
    #[inline]
    pub fn allocate(&mut self, shape: Shape, payload: u64) -> Result<GcRef, HeapError> {
        self.refusals.pass()?;
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

    /// Starts or stops the logs of both semi-spaces.
    pub(super) fn watch(&mut self, on: bool) {
        self.from.space.watch(on);
        self.to.space.watch(on);
    }

    /// Empties the logs.
    pub(super) fn forget_changes(&mut self) {
        self.from.space.forget_changes();
        self.to.space.forget_changes();
    }

    /// Starts or stops the records of both semi-spaces.
    pub(super) fn record(&mut self, on: bool) {
        self.from.record(on);
        self.to.record(on);
    }

    /// The events of the object at `r`, which may have been in the semi-space that is now idle.
    pub(super) fn object_events(&self, r: GcRef, visit: &mut dyn FnMut(ObjectEvent)) -> bool {
        let (start, end) = self.from.extent();
        let space = match (start..end).contains(&r.0) {
            true => &self.from,
            false => &self.to,
        };
        space.object_events(r, visit)
    }

    /// Whether as many bytes were allocated since the last collection as
    /// survived it.
    #[inline]
    pub fn is_fresh(&self) -> bool {
        self.fresh >= self.fresh_limit
    }

    /// Begins a collection: empties to-space, moves it to fresh addresses, and
    /// reserves memory for all of from-space. Without that memory the heap is
    /// full, and nothing has changed.
    ///
    /// Addresses never run out. If those behind from-space are too few for a
    /// semi-space, from-space ends in the last third of the addresses. Then it
    /// starts behind the first third, which has room for to-space.
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

    /// Copies the object at `r`, including its header, behind the last one in
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

    /// Moves the scan pointer past the next copy and returns that copy; `None`
    /// if the pointer has caught up with allocation.
    #[inline]
    pub fn next_to_scan(&mut self) -> Option<GcRef> {
        let (r, end) = self.to.next_block(self.scan)?;
        self.scan = end;
        Some(r)
    }

    /// Makes to-space the current semi-space, and from-space idle. The idle one
    /// holds nothing but poison, but keeps its base for the oracle.
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
