//! Allocation by the host, under the same rules as for a module: charged to the
//! budget, and a safepoint.

use super::Store;
use super::context::Inspector;
use crate::engine::schedule::Failing;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{GRANULE, GcRef, Heap, HeapError};
use crate::types::{Composite, TypeId};

/// Bytes charged for an external value.
const EXTERN_BYTES: u64 = 24;

impl<H: Heap> Store<H> {
    /// Allocates an external value, not rooted yet.
    pub fn new_extern(
        &mut self,
        host: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<GcRef, Stop> {
        self.allocate(EXTERN_BYTES, inspector, |heap| heap.new_extern(host))
    }

    /// Allocates an object of a structure or array type, not rooted yet. Its
    /// fields, or its `len` elements, are zero or null. The type must have
    /// default values.
    pub fn new_default(
        &mut self,
        ty: TypeId,
        len: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<GcRef, Stop> {
        let bytes = u64::from(self.object_bytes[ty.0 as usize]);
        match self.types.entry(ty).sub.composite {
            Composite::Array(element) => {
                let more = u64::from(element.storage.storage_kind().width()) * u64::from(len);
                self.allocate(bytes + more, inspector, |heap| {
                    heap.new_array_default(ty, len)
                })
            }
            _ => self.allocate(bytes, inspector, |heap| heap.new_struct_default(ty)),
        }
    }

    fn allocate(
        &mut self,
        bytes: u64,
        inspector: &mut dyn Inspector<H>,
        mut new: impl FnMut(&mut H) -> Result<GcRef, HeapError>,
    ) -> Result<GcRef, Stop> {
        self.charge_bytes(bytes)?;
        self.machine.clock.excuse();
        if self.machine.clock.allocation() || self.heap.wants_collection() {
            self.before_allocation(inspector)?;
        }
        let mut tries = 0;
        loop {
            match new(&mut self.heap) {
                Err(HeapError::Full) => self.make_room(&mut tries, bytes, inspector)?,
                made => return Ok(made?),
            }
        }
    }

    /// Prepares an allocation that is special: collects, or makes the heap refuse it. A running
    /// frame must be in `current`.
    pub(in crate::engine) fn before_allocation(
        &mut self,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let failing = self.machine.clock.failing();
        let collects = failing.is_none_or(|failing| failing.collects);
        if collects || self.heap.wants_collection() {
            self.collect(inspector)?;
        }
        if let Some(Failing { for_good, .. }) = failing {
            let refuses = self.heap.refuse(if for_good { 2 } else { 1 });
            if for_good && !refuses {
                return Err(Trap::HeapExhausted.into());
            }
            self.exhausting = for_good;
        }
        Ok(())
    }

    /// Makes room after the heap has refused an allocation of `bytes` bytes: by a collection first,
    /// then by a larger capacity. A running frame must be in `current`.
    pub(in crate::engine) fn make_room(
        &mut self,
        tries: &mut u32,
        bytes: u64,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        *tries += 1;
        if *tries == 1 {
            self.full = self.capacity > 0;
            let done = self.collect(inspector);
            self.full = false;
            return done;
        }
        if std::mem::take(&mut self.exhausting) {
            return Err(Trap::HeapExhausted.into());
        }
        if self.capacity == 0 || self.capacity == u32::MAX {
            return Err(Stop::HeapFull);
        }
        // A block has a header, and is rounded up.
        let block = bytes.saturating_add(4 * u64::from(GRANULE));
        if self.largest_free() >= block {
            return Err(Stop::NotFull(bytes));
        }
        self.capacity = self.capacity.saturating_mul(2);
        self.heap.set_capacity(self.capacity);
        Ok(())
    }

    /// The most free bytes in a row below the heap's capacity.
    fn largest_free(&self) -> u64 {
        let (start, end) = self.heap.extent();
        let mut largest = 0;
        let mut run = 0;
        for block in self.heap.blocks() {
            run = match block.free {
                true => run + u64::from(block.size),
                false => 0,
            };
            largest = largest.max(run);
        }
        let behind = self.capacity.saturating_sub(end.saturating_sub(start));
        largest.max(run + u64::from(behind))
    }

    /// Asks the heap for an object with so many bytes that it must refuse: the arithmetic on sizes
    /// is part of a collector, and the limits of the run would stop the program first.
    #[cold]
    pub(in crate::engine) fn ask_too_much(
        &mut self,
        bytes: u64,
        new: impl FnOnce(&mut H) -> Result<GcRef, HeapError>,
    ) -> Result<(), Stop> {
        match new(&mut self.heap) {
            Err(HeapError::Full) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Err(Stop::TooMuch(bytes)),
        }
    }
}
