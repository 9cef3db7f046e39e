//! Bulk operations, and single accesses to tables and globals.
//!
//! Every bulk operation is charged by its length before it starts, but after its
//! bounds are checked, so that it traps for what is wrong with it, and else
//! happens whole or not at all (Wasmtime issues 11428 and 14045).

use super::super::budget::Resource;
use super::super::items::SEEN_ELEMENT;
use super::super::storage::{PAGE, range};
use super::super::store::Store;
use super::super::trap::{Stop, Trap};
use super::vector;
use crate::heap::{Fact, GcRef, Heap, Slot};
use crate::module::Op;
use crate::types::{Lane, TypeId};
use std::ops::Range;

/// The most pages a memory may have: beyond four gibibytes, addresses of either
/// width are out of bounds.
const MAX_PAGES: u64 = 65_536;

/// What growing returns when it fails.
fn minus_one(index64: bool) -> u64 {
    match index64 {
        true => u64::MAX,
        false => u32::MAX.into(),
    }
}

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

    pub(super) fn table_get(&mut self, instance: u32, table: u32, index: u64) -> Result<u64, Stop> {
        let index_in_store = self.table(instance, table);
        let table = &self.tables[index_in_store];
        let Some(&value) = table.elements.get(index as usize) else {
            return Err(Trap::TableOutOfBounds.into());
        };
        if !table.gc {
            return Ok(u64::from(value));
        }
        let kind = Slot::Table(index_in_store as u32);
        Ok(self.heap.expose(kind, GcRef(value))?.register())
    }

    pub(super) fn table_set(
        &mut self,
        instance: u32,
        table: u32,
        index: u64,
        value: u64,
    ) -> Result<(), Stop> {
        let table = self.table(instance, table);
        self.set_element(table as u32, index, value)
    }

    /// Sets an element of a table, which is given by its index in the store. The
    /// value must have the type of its elements.
    pub fn set_element(&mut self, table: u32, index: u64, value: u64) -> Result<(), Stop> {
        let kind = Slot::Table(table);
        let table = &mut self.tables[table as usize];
        let Some(slot) = table.elements.get_mut(index as usize) else {
            return Err(Trap::TableOutOfBounds.into());
        };
        match table.gc {
            true => self
                .heap
                .write_slot(kind, slot, GcRef::from_register(value))?,
            false => *slot = value as u32,
        }
        Ok(())
    }

    /// Grows a table; the old size, or -1.
    pub(super) fn table_grow(&mut self, table: usize, value: u64, n: u64) -> Result<u64, Stop> {
        let used: u64 = self.tables.iter().map(|t| t.elements.len() as u64).sum();
        let old = self.tables[table].elements.len();
        let new = (old as u64).saturating_add(n);
        let ty = self.tables[table].ty;
        let max = ty.max.unwrap_or(u32::MAX.into()).min(u32::MAX.into());
        if new > max || used.saturating_add(n) > self.machine.limits.table_elements {
            return Ok(minus_one(ty.index64));
        }
        self.machine.charge(n)?;
        self.afford(n.saturating_mul(SEEN_ELEMENT))?;
        let index = table as u32;
        let table = &mut self.tables[table];
        let full = |_| Stop::OverBudget(Resource::Memory);
        table.elements.try_reserve(n as usize).map_err(full)?;
        table.elements.resize(new as usize, 0);
        if table.gc {
            self.gc_elements += n as usize;
        }
        match table.gc {
            true => self.heap.grow_slots(
                index,
                &mut table.elements[old..],
                GcRef::from_register(value),
            )?,
            false => table.elements[old..].fill(value as u32),
        }
        Ok(old as u64)
    }

    pub(super) fn table_fill(&mut self, instance: u32, op: Op) -> Result<(), Stop> {
        let [start, value, n] = self.machine.three(op.b);
        let table = self.table(instance, op.imm);
        let to = self.table_range(table, start, n)?;
        self.machine.charge(n)?;
        let index = table as u32;
        let table = &mut self.tables[table];
        match table.gc {
            true => {
                self.heap
                    .fill_slots(index, &mut table.elements[to], GcRef::from_register(value))?
            }
            false => table.elements[to].fill(value as u32),
        }
        Ok(())
    }

    pub(super) fn table_copy(&mut self, instance: u32, op: Op) -> Result<(), Stop> {
        let [to, from, n] = self.machine.three(op.b);
        let src = self.table(instance, op.imm);
        let dst = self.table(instance, u32::from(op.a));
        let from = self.table_range(src, from, n)?;
        let to = self.table_range(dst, to, n)?;
        self.machine.charge(n)?;
        self.scratch.clear();
        self.scratch
            .extend_from_slice(&self.tables[src].elements[from]);
        self.write_elements(dst, to)
    }

    pub(in crate::engine) fn table_init(
        &mut self,
        instance: u32,
        table: u32,
        segment: u32,
        to: u64,
        from: u64,
        n: u64,
    ) -> Result<(), Stop> {
        self.note_segment(instance, segment);
        let table = self.table(instance, table);
        let total = self.instances[instance as usize].elements[segment as usize]
            .refs
            .len();
        let from = range(from, n, total).ok_or(Trap::TableOutOfBounds)?;
        let to = self.table_range(table, to, n)?;
        self.machine.charge(n)?;
        let refs = &self.instances[instance as usize].elements[segment as usize].refs;
        self.scratch.clear();
        self.scratch.extend_from_slice(&refs[from]);
        self.write_elements(table, to)?;
        if self.tables[table].gc {
            let references = &self.scratch;
            self.heap.note(Fact::SegmentCopied { references });
        }
        Ok(())
    }

    /// Tells the heap that references are to be taken from a segment.
    #[inline]
    pub(super) fn note_segment(&mut self, instance: u32, segment: u32) {
        let instance = &self.instances[instance as usize];
        let is_empty = instance.elements[segment as usize].refs.is_empty();
        let was_empty = instance.module.elements[segment as usize].items.is_empty();
        self.heap.note(Fact::Segment {
            dropped: is_empty && !was_empty,
        });
    }

    /// The `n` elements of a table from `start` on.
    fn table_range(&self, table: usize, start: u64, n: u64) -> Result<Range<usize>, Trap> {
        let total = self.tables[table].elements.len();
        range(start, n, total).ok_or(Trap::TableOutOfBounds)
    }

    /// Writes the scratch slots into a table.
    fn write_elements(&mut self, table: usize, to: Range<usize>) -> Result<(), Stop> {
        let index = table as u32;
        let table = &mut self.tables[table];
        match table.gc {
            true => self
                .heap
                .copy_slots(index, &mut table.elements[to], &self.scratch)?,
            false => table.elements[to].copy_from_slice(&self.scratch),
        }
        Ok(())
    }

    pub(in crate::engine) fn elem_drop(&mut self, instance: u32, segment: u32) -> Result<(), Stop> {
        let kind = Slot::Segment(instance, segment);
        let segment = &mut self.instances[instance as usize].elements[segment as usize];
        if segment.gc {
            self.heap.drop_slots(kind, &mut segment.refs)?;
        }
        self.segment_refs -= segment.refs.len();
        segment.refs.clear();
        Ok(())
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
