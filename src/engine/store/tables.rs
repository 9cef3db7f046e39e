//! Tables, and the segments that initialise them.
//!
//! A bulk operation checks its bounds, then charges fuel for its length, then
//! starts. The reason is in `engine/interpreter/memories.rs`.

use super::Store;
use crate::engine::instance::Extern;
use crate::engine::limits::Resource;
use crate::engine::storage::{Table, minus_one, range, zeros};
use crate::engine::trap::{Stop, Trap};
use crate::heap::{EngineEvent, GcRef, Heap, RootSlot};
use crate::module::TableType;
use std::ops::Range;

/// Bytes for an element of a table: in the table, and in an observation.
pub(super) const SEEN_ELEMENT: u64 = 4 + 24;

impl<H: Heap> Store<H> {
    /// Adds a table of null elements for import.
    pub fn add_table(&mut self, ty: TableType) -> Result<Extern, Stop> {
        let used: u64 = self.tables.iter().map(|t| t.elements.len() as u64).sum();
        let total = used.checked_add(ty.min);
        if total.is_none_or(|total| total > self.machine.limits.table_elements) {
            return Err(Trap::TooLarge.into());
        }
        // An observed element takes more memory than the element.
        self.afford(ty.min.saturating_mul(SEEN_ELEMENT))?;
        let (elements, gc) = (zeros(ty.min)?, ty.element.heap.is_gc());
        if gc {
            self.gc_elements += elements.len();
        }
        self.heap.on_event(EngineEvent::TableAdded {
            index: self.tables.len() as u32,
            len: elements.len() as u64,
        });
        self.tables.push(Table { elements, ty, gc });
        Ok(Extern::Table(self.tables.len() as u32 - 1))
    }

    /// Sets all elements of a newly added table to a register's value.
    pub fn fill_new_table(&mut self, table: u32, value: u64) -> Result<(), Stop> {
        let index = table;
        let table = &mut self.tables[table as usize];
        match table.gc {
            true => {
                self.heap
                    .grow_slots(index, &mut table.elements, GcRef::from_register(value))?
            }
            false => table.elements.fill(value as u32),
        }
        Ok(())
    }

    pub(in crate::engine) fn table_get(
        &mut self,
        instance: u32,
        table: u32,
        index: u64,
    ) -> Result<u64, Stop> {
        let index_in_store = self.table(instance, table);
        let table = &self.tables[index_in_store];
        let Some(&value) = table.elements.get(index as usize) else {
            return Err(Trap::TableOutOfBounds.into());
        };
        if !table.gc {
            return Ok(u64::from(value));
        }
        let kind = RootSlot::Table(index_in_store as u32);
        Ok(self.heap.expose(kind, GcRef(value))?.register())
    }

    pub(in crate::engine) fn table_set(
        &mut self,
        instance: u32,
        table: u32,
        index: u64,
        value: u64,
    ) -> Result<(), Stop> {
        let table = self.table(instance, table);
        self.set_element(table as u32, index, value)
    }

    /// Sets an element of a table. `table` is an index in the store. The value
    /// must have the table's element type.
    pub fn set_element(&mut self, table: u32, index: u64, value: u64) -> Result<(), Stop> {
        let kind = RootSlot::Table(table);
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

    /// Grows a table. Returns the old size, or -1.
    pub(in crate::engine) fn table_grow(
        &mut self,
        table: usize,
        value: u64,
        n: u64,
    ) -> Result<u64, Stop> {
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

    pub(in crate::engine) fn table_fill(
        &mut self,
        table: usize,
        start: u64,
        value: u64,
        n: u64,
    ) -> Result<(), Stop> {
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

    pub(in crate::engine) fn table_copy(
        &mut self,
        (dst, to): (usize, u64),
        (src, from): (usize, u64),
        n: u64,
    ) -> Result<(), Stop> {
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
            self.heap
                .on_event(EngineEvent::SegmentCopied { references });
        }
        Ok(())
    }

    /// Reports to the heap that references are about to be read from a segment.
    #[inline]
    pub(in crate::engine) fn note_segment(&mut self, instance: u32, segment: u32) {
        let instance = &self.instances[instance as usize];
        let is_empty = instance.elements[segment as usize].refs.is_empty();
        let was_empty = instance.module.elements[segment as usize].items.is_empty();
        self.heap.on_event(EngineEvent::Segment {
            dropped: is_empty && !was_empty,
        });
    }

    /// Whether a table of references into the heap has `n` elements from `start` on.
    pub(in crate::engine) fn has_table_range(&self, table: usize, start: u64, n: u64) -> bool {
        self.tables[table].gc && self.table_range(table, start, n).is_ok()
    }

    /// The range of `n` elements of a table from `start` on.
    fn table_range(&self, table: usize, start: u64, n: u64) -> Result<Range<usize>, Trap> {
        let total = self.tables[table].elements.len();
        range(start, n, total).ok_or(Trap::TableOutOfBounds)
    }

    /// Copies the scratch slots into a table.
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
        let kind = RootSlot::Segment(instance, segment);
        let segment = &mut self.instances[instance as usize].elements[segment as usize];
        if segment.gc {
            self.heap.drop_slots(kind, &mut segment.refs)?;
        }
        self.segment_refs -= segment.refs.len();
        segment.refs.clear();
        Ok(())
    }

    /// The store index of an instance's table.
    #[inline]
    pub(in crate::engine) fn table(&self, instance: u32, index: u32) -> usize {
        self.instances[instance as usize].tables[index as usize] as usize
    }
}
