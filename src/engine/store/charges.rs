//! Charges to a run's budgets: allocated bytes, memory and work.

use super::Store;
use crate::engine::budget::ADVANCE;
use crate::engine::limits::Resource;
use crate::engine::machine::Frame;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{GRANULE, Heap, Reclaims};

/// Bytes that an audit stores for each object and for each granule of the heap.
const AUDIT_OBJECT: u64 = 112;
const AUDIT_GRANULE: u64 = 16;

impl<H: Heap> Store<H> {
    /// Charges an allocation of `bytes` bytes to the budget.
    #[inline]
    pub(in crate::engine) fn charge_bytes(&mut self, bytes: u64) -> Result<(), Stop> {
        match self.heap_left.checked_sub(bytes) {
            Some(left) => {
                self.heap_left = left;
                Ok(())
            }
            None => self.charge_beyond(bytes),
        }
    }

    /// Charges an allocation that exceeds the current advance.
    #[cold]
    #[inline(never)]
    pub(in crate::engine) fn charge_beyond(&mut self, bytes: u64) -> Result<(), Stop> {
        let all = self.heap_left + self.budget.reserve;
        let left = all.checked_sub(bytes).ok_or(Trap::OutOfHeap)?;
        // Before the next check the heap may allocate as much again, and memory
        // grows by more than the allocated bytes.
        let grown = self.heap.footprint() / 4;
        self.afford(bytes.max(ADVANCE).saturating_mul(4).saturating_add(grown))?;
        self.heap_left = left.min(ADVANCE);
        self.budget.reserve = left - self.heap_left;
        Ok(())
    }

    /// Estimated bytes of memory that the run takes now.
    pub fn footprint(&self) -> u64 {
        let tables = self.tables.iter().map(|t| t.elements.len() as u64);
        // Copying between tables needs the same memory again.
        let tables = 8 * tables.sum::<u64>();
        let frames = (self.machine.frames.len() * size_of::<Frame>()) as u64;
        self.memory_bytes()
            + tables
            + self.machine.stack.bytes()
            + frames
            + self.heap.footprint()
            + self.budget.noted
    }

    /// Bytes of memory that a full audit takes, without its records of references.
    pub fn audit_footprint(&self) -> u64 {
        let (start, end) = self.heap.extent();
        let granules = u64::from(end.saturating_sub(start) / GRANULE);
        let stats = self.heap.stats();
        // A broken heap may count wrongly, but has no more objects than granules.
        let objects = stats.allocated.saturating_sub(stats.freed).min(granules);
        AUDIT_OBJECT * objects + AUDIT_GRANULE * granules
    }

    /// Checks that the run may take `more` bytes of memory.
    pub fn afford(&self, more: u64) -> Result<(), Stop> {
        let needed = self.footprint().saturating_add(more);
        match needed <= self.machine.limits.footprint {
            true => Ok(()),
            false => Err(Stop::OverBudget(Resource::Memory)),
        }
    }

    /// Adds bytes that the host keeps for the run to its footprint.
    #[inline]
    pub fn note_bytes(&mut self, bytes: u64) -> Result<(), Stop> {
        self.budget.noted = self.budget.noted.saturating_add(bytes);
        match self.budget.noted < self.budget.next_look {
            true => Ok(()),
            false => {
                self.budget.next_look = self.budget.noted.saturating_add(ADVANCE);
                self.afford(ADVANCE)
            }
        }
    }

    /// Charges work to the budget.
    #[inline]
    pub fn spend(&mut self, work: u64) -> Result<(), Stop> {
        match self.budget.work.checked_sub(work) {
            Some(left) => {
                self.budget.work = left;
                Ok(())
            }
            None => {
                self.budget.work = 0;
                Err(Stop::OverBudget(Resource::Work))
            }
        }
    }

    /// Work charged so far.
    pub fn work_done(&self) -> u64 {
        self.machine.limits.work.saturating_sub(self.budget.work)
    }

    /// Work of visiting all references into the heap from outside it.
    pub fn roots_work(&self) -> u64 {
        let running = self.current.map_or(0, |frame| frame.top as usize);
        let registers = running.max(self.machine.free_base()) as u64;
        let slots = self.ref_globals.len() + self.handles.len() + self.segment_refs;
        let frames = self.machine.frames.len() as u64;
        20 * frames + registers + 2 * (slots + self.gc_elements) as u64
    }

    /// Estimated work of a collection that is about to run.
    pub(super) fn collection_work(&self) -> u64 {
        match self.heap.reclaims() {
            Reclaims::Nothing => 20,
            // The stack-root list contains the objects allocated or read since
            // the last collection. These are already paid for.
            Reclaims::AllButCycles => 200 + self.roots_work(),
            Reclaims::Everything | Reclaims::Something => {
                // Live objects are copied, and the remaining memory is overwritten.
                let stats = self.heap.stats();
                let objects = stats.allocated.saturating_sub(stats.freed);
                let (start, end) = self.heap.extent();
                let bytes = u64::from(end.saturating_sub(start));
                200 + self.roots_work() + 30 * objects + bytes / 2
            }
        }
    }
}
