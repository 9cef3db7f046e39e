//! Instructions on whole memories, and data segments.
//!
//! A bulk operation checks its bounds, then charges fuel for its length, then
//! starts. So an operation out of bounds traps for that, and any other happens
//! completely or not at all (Wasmtime issues 11428 and 14045).

use crate::engine::limits::Resource;
use crate::engine::storage::{PAGE, minus_one, range};
use crate::engine::store::Store;
use crate::engine::trap::{Stop, Trap};
use crate::heap::Heap;
use crate::module::Op;
use std::ops::Range;

/// Maximum size of a memory in pages: beyond four gibibytes, addresses of both
/// widths are out of bounds.
const MAX_PAGES: u64 = 65_536;

/// Fuel for `n` bytes of a bulk operation.
fn byte_cost(n: u64) -> u64 {
    n / 16
}

impl<H: Heap> Store<H> {
    /// `memory.fill`.
    #[inline(never)]
    pub(super) fn memory_fill(&mut self, op: Op) -> Result<(), Stop> {
        let instance = self.machine.running.instance;
        let [to, value, n] = self.machine.three(op.b);
        let memory = self.memory(instance, op.imm as u16);
        let total = self.machine.memories[memory].bytes.len();
        let to = range(to, n, total).ok_or(Trap::MemoryOutOfBounds)?;
        self.machine.charge(byte_cost(n))?;
        self.machine.memories[memory].bytes[to].fill(value as u8);
        Ok(())
    }

    /// `memory.copy`.
    #[inline(never)]
    pub(super) fn memory_copy(&mut self, op: Op) -> Result<(), Stop> {
        let instance = self.machine.running.instance;
        let [to, from, n] = self.machine.three(op.b);
        let dst = self.memory(instance, op.a);
        let src = self.memory(instance, op.imm as u16);
        let from = range(from, n, self.machine.memories[src].bytes.len());
        let to = range(to, n, self.machine.memories[dst].bytes.len());
        let (Some(from), Some(to)) = (from, to) else {
            return Err(Trap::MemoryOutOfBounds.into());
        };
        self.machine.charge(byte_cost(n))?;
        if dst == src {
            self.machine.memories[dst].bytes.copy_within(from, to.start);
        } else if let Ok([dst, src]) = self.machine.memories.get_disjoint_mut([dst, src]) {
            dst.bytes[to].copy_from_slice(&src.bytes[from]);
        }
        Ok(())
    }

    /// `memory.init`.
    #[inline(never)]
    pub(super) fn memory_init(&mut self, op: Op) -> Result<(), Stop> {
        let instance = self.machine.running.instance;
        let [to, from, n] = self.machine.three(op.b);
        let memory = self.memory(instance, op.a);
        let from = self
            .data(instance, op.imm, from, n)
            .ok_or(Trap::MemoryOutOfBounds)?;
        let total = self.machine.memories[memory].bytes.len();
        let to = range(to, n, total).ok_or(Trap::MemoryOutOfBounds)?;
        self.machine.charge(byte_cost(n))?;
        self.machine.memories[memory].bytes[to]
            .copy_from_slice(&self.instances[instance as usize].module.wasm[from]);
        Ok(())
    }

    /// `memory.grow`: returns the old size in pages, or -1.
    #[inline(never)]
    pub(super) fn memory_grow(&mut self, op: Op) -> Result<(), Stop> {
        let memory = self.memory(self.machine.running.instance, op.imm as u16);
        let old = self.grow_memory(memory, self.machine.register(op.b))?;
        self.machine.set_register(op.a, old);
        Ok(())
    }

    /// Grows a memory. Returns the old size in pages, or -1.
    fn grow_memory(&mut self, memory: usize, pages: u64) -> Result<u64, Stop> {
        let ty = self.machine.memories[memory].ty;
        let old = self.machine.memories[memory].pages();
        let new = old.saturating_add(pages);
        let max = ty.max.unwrap_or(MAX_PAGES).min(MAX_PAGES);
        // `max` is at most `MAX_PAGES`, so no product below overflows.
        if new > max {
            return Ok(minus_one(ty.index64));
        }
        let more = pages * PAGE;
        if self.memory_bytes() + more > self.machine.limits.memory_bytes {
            return Ok(minus_one(ty.index64));
        }
        self.machine.charge(more / 256)?;
        self.afford(2 * more)?;
        let bytes = &mut self.machine.memories[memory].bytes;
        let full = |_| Stop::OverBudget(Resource::Memory);
        bytes.try_reserve(more as usize).map_err(full)?;
        bytes.resize((new * PAGE) as usize, 0);
        Ok(old)
    }

    /// The range in the module of `n` bytes of a data segment, or `None` if it
    /// is out of bounds. A dropped segment is empty.
    pub(super) fn data(
        &self,
        instance: u32,
        segment: u32,
        from: u64,
        n: u64,
    ) -> Option<Range<usize>> {
        let instance = &self.instances[instance as usize];
        let bytes = &instance.module.data[segment as usize].bytes;
        let len = match instance.dropped[segment as usize] {
            true => 0,
            false => bytes.len(),
        };
        let part = range(from, n, len)?;
        Some(bytes.start + part.start..bytes.start + part.end)
    }

    #[inline]
    fn memory(&self, instance: u32, index: u16) -> usize {
        self.instances[instance as usize].memories[usize::from(index)] as usize
    }
}
