//! References that the host holds.

use super::Store;
use crate::engine::trap::Stop;
use crate::heap::{GcRef, Heap, Slot};

impl<H: Heap> Store<H> {
    /// Takes the pending exception into a handle.
    pub fn take_exception(&mut self) -> Result<u32, Stop> {
        let exception = GcRef(self.pending);
        let handle = self.add_handle(exception)?;
        self.heap
            .write_slot(Slot::Pending, &mut self.pending, GcRef::NULL)?;
        Ok(handle)
    }

    /// Lets the host hold a reference. A held reference is a root, and counted.
    pub fn add_handle(&mut self, reference: GcRef) -> Result<u32, Stop> {
        let mut slot = 0;
        let kind = Slot::Handle(self.handles.len() as u32);
        self.heap.init_slot(kind, &mut slot, reference)?;
        self.handles.push(slot);
        Ok(self.handles.len() as u32 - 1)
    }

    /// The reference in a handle; null once dropped.
    pub fn handle(&self, handle: u32) -> GcRef {
        GcRef(self.handles[handle as usize])
    }

    /// How many handles were ever made.
    pub fn handles(&self) -> usize {
        self.handles.len()
    }

    /// Lets go of a handle, which holds null from now on.
    pub fn drop_handle(&mut self, handle: u32) -> Result<(), Stop> {
        let slot = handle as usize..=handle as usize;
        let kind = Slot::Handle(handle);
        Ok(self.heap.drop_slots(kind, &mut self.handles[slot])?)
    }

    /// Lets go of all handles but the first `keep`. Their references stay valid
    /// until the next collection, as if they had just been loaded.
    pub fn pop_handles(&mut self, keep: usize) -> Result<(), Stop> {
        let first = Slot::Handle(keep as u32);
        for handle in &self.handles[keep..] {
            self.heap.expose(first, GcRef(*handle))?;
        }
        self.heap.drop_slots(first, &mut self.handles[keep..])?;
        self.handles.truncate(keep);
        Ok(())
    }
}
