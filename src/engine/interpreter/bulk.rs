//! Bulk operations on memories and arrays.
//!
//! Every bulk operation is charged by its length before it starts, but after its
//! bounds are checked, so that it traps for what is wrong with it, and else
//! happens whole or not at all (Wasmtime issues 11428 and 14045).

use super::vector;
use crate::engine::limits::Resource;
use crate::engine::storage::{PAGE, minus_one, range};
use crate::engine::store::Store;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{Fact, GcRef, Heap};
use crate::module::Op;
use crate::types::{Lane, TypeId};
use std::ops::Range;

/// The most pages a memory may have: beyond four gibibytes, addresses of either
/// width are out of bounds.
const MAX_PAGES: u64 = 65_536;

/// Fuel for `n` bytes.
fn byte_cost(n: u64) -> u64 {
    n / 16
}

impl<H: Heap> Store<H> {
    pub(super) fn memory_fill(&mut self, instance: u32, op: Op) -> Result<(), Trap> {
        let [to, value, n] = self.machine.three(op.b);
        let memory = self.memory(instance, op.imm as u16);
        let total = self.machine.memories[memory].bytes.len();
        let to = range(to, n, total).ok_or(Trap::MemoryOutOfBounds)?;
        self.machine.charge(byte_cost(n))?;
        self.machine.memories[memory].bytes[to].fill(value as u8);
        Ok(())
    }

    pub(super) fn memory_copy(&mut self, instance: u32, op: Op) -> Result<(), Trap> {
        let [to, from, n] = self.machine.three(op.b);
        let dst = self.memory(instance, op.a);
        let src = self.memory(instance, op.imm as u16);
        let from = range(from, n, self.machine.memories[src].bytes.len());
        let to = range(to, n, self.machine.memories[dst].bytes.len());
        let (Some(from), Some(to)) = (from, to) else {
            return Err(Trap::MemoryOutOfBounds);
        };
        self.machine.charge(byte_cost(n))?;
        if dst == src {
            self.machine.memories[dst].bytes.copy_within(from, to.start);
        } else if let Ok([dst, src]) = self.machine.memories.get_disjoint_mut([dst, src]) {
            dst.bytes[to].copy_from_slice(&src.bytes[from]);
        }
        Ok(())
    }

    pub(super) fn memory_init(&mut self, instance: u32, op: Op) -> Result<(), Trap> {
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

    /// Grows a memory; the old size in pages, or -1.
    pub(super) fn memory_grow(&mut self, memory: usize, pages: u64) -> Result<u64, Stop> {
        let ty = self.machine.memories[memory].ty;
        let old = self.machine.memories[memory].pages();
        let new = old.saturating_add(pages);
        let max = ty.max.unwrap_or(MAX_PAGES).min(MAX_PAGES);
        // In pages the limit is at most the page space, so no product overflows.
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

    /// Where `n` bytes of a data segment are in the module, or `None` if that
    /// is out of bounds; a dropped segment is empty.
    fn data(&self, instance: u32, segment: u32, from: u64, n: u64) -> Option<Range<usize>> {
        let instance = &self.instances[instance as usize];
        let bytes = &instance.module.data[segment as usize].bytes;
        let len = match instance.dropped[segment as usize] {
            true => 0,
            false => bytes.len(),
        };
        let part = range(from, n, len)?;
        Some(bytes.start + part.start..bytes.start + part.end)
    }

    /// How the elements of an array type are stored.
    #[inline]
    pub(super) fn element_lane(&self, ty: TypeId) -> Lane {
        self.types.element(ty).storage.lane()
    }

    /// The bytes that `len` elements of an array type are charged for.
    #[inline]
    pub(super) fn element_bytes(&self, ty: TypeId, len: u32) -> u64 {
        u64::from(self.element_lane(ty).width()) * u64::from(len)
    }

    /// The registers that an element of an array type takes.
    pub(super) fn element_registers(&self, ty: TypeId) -> u32 {
        self.element_lane(ty).registers() as u32
    }

    /// Charges fuel for initialising `len` elements.
    #[inline]
    pub(super) fn charge_elements(&mut self, ty: TypeId, len: u32) -> Result<(), Trap> {
        self.machine.charge(self.element_bytes(ty, len) / 16)
    }

    /// Where the bytes of `len` elements from `offset` on are in the module.
    pub(super) fn data_range(
        &self,
        instance: u32,
        segment: u32,
        ty: TypeId,
        offset: u32,
        len: u32,
    ) -> Result<Range<usize>, Trap> {
        self.data(
            instance,
            segment,
            offset.into(),
            self.element_bytes(ty, len),
        )
        .ok_or(Trap::MemoryOutOfBounds)
    }

    /// An array operand that must not be null.
    fn array(register: u64) -> Result<GcRef, Trap> {
        match GcRef::from_register(register) {
            r if r.is_null() => Err(Trap::NullReference),
            r => Ok(r),
        }
    }

    /// Checks that `n` elements from `start` on are in an array.
    fn array_range(&self, r: GcRef, start: u32, n: u32) -> Result<(), Stop> {
        let len = self.heap.array_len(r)?;
        match u64::from(start) + u64::from(n) <= u64::from(len) {
            true => Ok(()),
            false => Err(Trap::ArrayOutOfBounds.into()),
        }
    }

    pub(super) fn array_fill(&mut self, op: Op) -> Result<(), Stop> {
        let lane = self.element_lane(TypeId(op.imm));
        let regs = &self.machine.registers()[usize::from(op.b)..];
        let array = Self::array(regs[0])?;
        let (start, low, n) = (regs[1] as u32, regs[2], regs[2 + lane.registers()] as u32);
        let vector = vector::get(regs, 2);
        self.array_range(array, start, n)?;
        self.machine.charge(u64::from(n))?;
        match lane {
            Lane::B128 => Ok(self.heap.fill(array, start, n, lane, vector)?),
            _ => Ok(self.heap.fill(array, start, n, lane, low.into())?),
        }
    }

    pub(super) fn array_copy(&mut self, op: Op) -> Result<(), Stop> {
        let regs = &self.machine.registers()[usize::from(op.b)..];
        let (dst, src) = (Self::array(regs[0])?, Self::array(regs[2])?);
        let (to, from, n) = (regs[1] as u32, regs[3] as u32, regs[4] as u32);
        self.array_range(dst, to, n)?;
        self.array_range(src, from, n)?;
        self.machine.charge(u64::from(n))?;
        let lane = self.element_lane(TypeId(op.imm));
        Ok(self.heap.copy((dst, to), (src, from), n, lane)?)
    }

    pub(super) fn array_init_data(
        &mut self,
        instance: u32,
        op: Op,
        segment: u32,
    ) -> Result<(), Stop> {
        let array = Self::array(self.machine.register(op.b))?;
        let [to, from, n] = self.machine.three(op.b + 1);
        let ty = TypeId(op.imm);
        let (to, len) = (to as u32, n as u32);
        self.array_range(array, to, len)?;
        let bytes = self.data_range(instance, segment, ty, from as u32, len)?;
        self.charge_elements(ty, len)?;
        let lane = self.element_lane(ty);
        let wasm = &self.instances[instance as usize].module.wasm;
        Ok(self.heap.init_data(array, to, lane, &wasm[bytes])?)
    }

    pub(super) fn array_init_elem(
        &mut self,
        instance: u32,
        op: Op,
        segment: u32,
    ) -> Result<(), Stop> {
        let array = Self::array(self.machine.register(op.b))?;
        let [to, from, n] = self.machine.three(op.b + 1);
        let (to, len) = (to as u32, n as u32);
        self.note_segment(instance, segment);
        self.array_range(array, to, len)?;
        let total = self.instances[instance as usize].elements[segment as usize]
            .refs
            .len();
        let from = range(from, n, total).ok_or(Trap::TableOutOfBounds)?;
        self.machine.charge(n)?;
        let refs = &self.instances[instance as usize].elements[segment as usize].refs;
        let lane = self.element_lane(TypeId(op.imm));
        let references = &refs[from];
        self.heap.init_elements(array, to, lane, references)?;
        if lane == Lane::Gc {
            self.heap.note(Fact::SegmentCopied { references });
        }
        Ok(())
    }
}
