//! Allocation by the host, under the same rules as for a module: charged to the
//! budget, and a safepoint.

use super::Store;
use super::context::Inspector;
use crate::engine::trap::Stop;
use crate::heap::{GcRef, Heap, HeapError};
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
            self.collect(inspector)?;
        }
        match new(&mut self.heap) {
            Err(HeapError::Full) => {
                self.collect(inspector)?;
                Ok(new(&mut self.heap)?)
            }
            made => Ok(made?),
        }
    }
}
