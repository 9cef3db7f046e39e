//! Sizes, and free memory.

use super::faults;
use crate::heap::drc::{Core, HeapResult, Policy};
use crate::heap::{GRANULE, GcRef, HeapError, Shape};
use crate::zoo::Probe;

/// Bytes of header.
const HEADER: u64 = 16;

faults! {
    /// W34, Wasmtime issue 10349: freeing the smallest objects rounded their size
    /// differently from allocating them, and freed memory of the neighbour. Here an
    /// empty structure is freed as if it had a second granule.
    EmptyStructFreesNeighbour,
    /// W35, Wasmtime issue 10589: the size computation for growing an empty
    /// heap underflowed. Here the first block that is carved out of an empty
    /// heap is a granule short.
    FirstBlockIsShort,
    /// W36, Wasmtime pull requests 13067 and 13110: rounding up a size close to
    /// the limit overflowed.
    SizeRoundingWraps,
    /// W37, Wasmtime pull requests 13034 and 13115, WAMR issue 4942: the size
    /// of an array overflowed.
    ArraySizeWraps,
}

impl Policy for EmptyStructFreesNeighbour {
    fn reclaim(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        let size = core.block_size(object)?;
        if size != GRANULE {
            return core.free(object);
        }
        // The second granule is not part of the freed object. It will be
        // allocated twice, whether it is in use or free.
        self.0.run(true);
        core.free_raw(object, size + GRANULE);
        Ok(())
    }
}

impl Policy for FirstBlockIsShort {
    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        if !core.is_empty() {
            return core.allocate(shape, payload);
        }
        let short = payload.saturating_sub(u64::from(GRANULE));
        self.0.run(short < payload);
        core.allocate(shape, short)
    }
}

impl Policy for SizeRoundingWraps {
    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        let size = HEADER + payload;
        if size > u64::from(u32::MAX) {
            return core.allocate(shape, payload);
        }
        let round = GRANULE - 1;
        let rounded = u64::from((size as u32).wrapping_add(round) & !round);
        self.0.run(rounded < size);
        core.allocate(shape, rounded.saturating_sub(HEADER))
    }
}

impl Policy for ArraySizeWraps {
    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        if !matches!(shape, Shape::Array(_)) {
            return core.allocate(shape, payload);
        }
        let wrapped = u64::from(payload as u32);
        self.0.run(wrapped < payload);
        core.allocate(shape, wrapped)
    }
}

/// W61, Wasmtime issue 13263: after a collection, an allocation was tried again with another size
/// than the first time. Here the second try asks for a granule less.
pub struct RetryAsksForLess {
    probe: Probe,
    failed: bool,
}

impl RetryAsksForLess {
    pub fn new(probe: Probe) -> RetryAsksForLess {
        let failed = false;
        RetryAsksForLess { probe, failed }
    }
}

impl Policy for RetryAsksForLess {
    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        let asked = match std::mem::take(&mut self.failed) {
            true => payload.saturating_sub(u64::from(GRANULE)),
            false => payload,
        };
        let made = core.allocate(shape, asked);
        self.failed = made.is_err();
        self.probe.run(made.is_ok() && asked < payload);
        made
    }
}

/// W62, Wasmtime issues 13756 and 11417: a full heap grew, or said that it was full, although most of
/// it was garbage. Here a collection for an allocation that has failed frees nothing.
pub struct FullHeapKeepsGarbage {
    probe: Probe,
    failed: bool,
}

impl FullHeapKeepsGarbage {
    pub fn new(probe: Probe) -> FullHeapKeepsGarbage {
        let failed = false;
        FullHeapKeepsGarbage { probe, failed }
    }
}

impl Policy for FullHeapKeepsGarbage {
    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        let made = core.allocate(shape, payload);
        self.failed = made.is_err();
        made
    }

    fn sweep(&mut self, core: &mut Core) -> HeapResult {
        self.probe.run(self.failed);
        match self.failed {
            true => Ok(()),
            false => crate::heap::drc::Sound.sweep(core),
        }
    }
}

/// D14: the second object to die in one sweep is put on the free list twice, and
/// two objects are later allocated in its place.
pub struct SweepFreesBlockTwice {
    probe: Probe,
    /// Number of objects that have died in the current sweep.
    died: Option<u32>,
}

impl SweepFreesBlockTwice {
    pub fn new(probe: Probe) -> SweepFreesBlockTwice {
        let died = None;
        SweepFreesBlockTwice { probe, died }
    }
}

impl Policy for SweepFreesBlockTwice {
    fn unlist(&mut self, core: &mut Core, member: GcRef) -> HeapResult {
        // An object that dies in a sweep has been unlisted by it, or was kept
        // alive only by objects that died in it.
        self.died.get_or_insert(0);
        core.set_listed(member, false)?;
        self.decrement(core, member, 1)
    }

    fn coalesce(&mut self, _: &mut Core) {
        // The sweep is over. Coalescing would repair the free list.
        self.died = None;
    }

    fn reclaim(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        let size = core.block_size(object)?;
        core.free(object)?;
        if let Some(died) = &mut self.died {
            *died += 1;
            self.probe.run(*died == 2);
            if *died == 2 {
                core.free_raw(object, size);
            }
        }
        Ok(())
    }
}
