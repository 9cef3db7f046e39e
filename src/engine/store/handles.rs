//! Handles: references held by the host.

use super::Store;
use crate::engine::trap::Stop;
use crate::heap::{GcRef, Heap, RootSlot};

impl<H: Heap> Store<H> {
    /// Moves the pending exception into a handle.
    pub fn take_exception(&mut self) -> Result<u32, Stop> {
        let exception = GcRef(self.pending);
        let handle = self.add_handle(exception)?;
        self.heap
            .write_slot(RootSlot::Pending, &mut self.pending, GcRef::NULL)?;
        Ok(handle)
    }

    /// Adds a handle. Its reference is a root, and is counted.
    pub fn add_handle(&mut self, reference: GcRef) -> Result<u32, Stop> {
        let mut slot = 0;
        let kind = RootSlot::Handle(self.handles.len() as u32);
        self.heap.init_slot(kind, &mut slot, reference)?;
        self.handles.push(slot);
        Ok(self.handles.len() as u32 - 1)
    }

    /// The reference in a handle, or null if it was dropped.
    pub fn handle(&self, handle: u32) -> GcRef {
        GcRef(self.handles[handle as usize])
    }

    /// Number of handles added, including dropped ones.
    pub fn handles(&self) -> usize {
        self.handles.len()
    }

    /// Drops a handle's reference. The handle is null from now on.
    pub fn drop_handle(&mut self, handle: u32) -> Result<(), Stop> {
        let slot = handle as usize..=handle as usize;
        let kind = RootSlot::Handle(handle);
        Ok(self.heap.drop_slots(kind, &mut self.handles[slot])?)
    }

    /// Removes all handles but the first `keep`. Their references stay valid
    /// until the next collection, as if they had just been loaded.
    pub fn pop_handles(&mut self, keep: usize) -> Result<(), Stop> {
        let first = RootSlot::Handle(keep as u32);
        for handle in &self.handles[keep..] {
            self.heap.expose(first, GcRef(*handle))?;
        }
        self.heap.drop_slots(first, &mut self.handles[keep..])?;
        self.handles.truncate(keep);
        Ok(())
    }
}
