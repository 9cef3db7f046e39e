//! What a store has besides instances: functions of the host, tables, memories,
//! globals and tags, each added on its own.

use super::budget::Resource;
use super::instance::Extern;
use super::storage::{Memory, PAGE, Table};
use super::store::{Func, GlobalSlot, Store};
use super::trap::{Stop, Trap};
use crate::heap::{GcRef, Heap, Slot};
use crate::module::GlobalType;
use crate::types::{TypeId, ValType};
use std::sync::Arc;

/// Bytes that an element of a table takes: in the table, and as an observation
/// has it.
pub(super) const SEEN_ELEMENT: u64 = 4 + 24;

/// From so many elements on, memory is asked for with care.
const LARGE: usize = 1 << 20;

/// So many zeros, if there is memory for them.
fn zeros<T: Clone + Default>(len: u64) -> Result<Vec<T>, Stop> {
    let full = Stop::OverBudget(Resource::Memory);
    let len = usize::try_from(len).map_err(|_| full.clone())?;
    // Zeroed memory comes from the system untouched, but only from what aborts
    // where there is none. So much is asked for first.
    if len >= LARGE {
        let mut probe: Vec<T> = Vec::new();
        probe.try_reserve_exact(len).map_err(|_| full)?;
    }
    Ok(vec![T::default(); len])
}

impl<H: Heap> Store<H> {
    /// Adds a function that the host answers under `id`.
    pub fn add_host_func(
        &mut self,
        types: &Arc<crate::types::Types>,
        ty: TypeId,
        id: u32,
    ) -> Extern {
        self.add_types(types);
        self.funcs.push(Func::Host { ty, id });
        Extern::Func(self.funcs.len() as u32 - 1)
    }

    /// Adds a table whose elements are null, to be imported.
    pub fn add_table(&mut self, ty: crate::module::TableType) -> Result<Extern, Stop> {
        let used: u64 = self.tables.iter().map(|t| t.elements.len() as u64).sum();
        let total = used.checked_add(ty.min);
        if total.is_none_or(|total| total > self.machine.limits.table_elements) {
            return Err(Trap::TooLarge.into());
        }
        // What a host sees of an element takes more than the element.
        self.afford(ty.min.saturating_mul(SEEN_ELEMENT))?;
        let (elements, gc) = (zeros(ty.min)?, ty.element.heap.is_gc());
        if gc {
            self.gc_elements += elements.len();
        }
        self.tables.push(Table { elements, ty, gc });
        Ok(Extern::Table(self.tables.len() as u32 - 1))
    }

    /// Sets all elements of a table that has just been added to the value in a
    /// register.
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

    /// Adds a memory of zeros, to be imported.
    pub fn add_memory(&mut self, ty: crate::module::MemoryType) -> Result<Extern, Stop> {
        // A product that does not fit is beyond every limit.
        let bytes = ty.min.checked_mul(PAGE).ok_or(Trap::TooLarge)?;
        let total = self.memory_bytes().checked_add(bytes);
        if total.is_none_or(|total| total > self.machine.limits.memory_bytes) {
            return Err(Trap::TooLarge.into());
        }
        self.afford(bytes.saturating_mul(2))?;
        self.machine.memories.push(Memory {
            bytes: zeros(bytes)?,
            ty,
        });
        Ok(Extern::Memory(self.machine.memories.len() as u32 - 1))
    }

    /// Adds a global of zero or null, to be imported; see
    /// [`Store::set_global`].
    pub fn add_global(&mut self, types: &Arc<crate::types::Types>, ty: GlobalType) -> Extern {
        self.add_types(types);
        let slot = match ty.value {
            ValType::Ref(_) => {
                self.ref_globals.push(0);
                self.ref_globals.len() - 1
            }
            other => {
                let slot = self.machine.num_globals.len();
                let end = slot + other.lane().registers();
                self.machine.num_globals.resize(end, 0);
                slot
            }
        };
        self.globals.push(GlobalSlot {
            ty,
            slot: slot as u32,
        });
        Extern::Global(self.globals.len() as u32 - 1)
    }

    /// Sets a global to the value in a register; of a `v128`, the low half.
    pub fn set_global(&mut self, global: u32, value: u64) -> Result<(), Stop> {
        let GlobalSlot { ty, slot } = self.globals[global as usize];
        match ty.value {
            ValType::Ref(_) if ty.value.is_gc() => {
                let slot = &mut self.ref_globals[slot as usize];
                let kind = Slot::Global(global);
                self.heap
                    .write_slot(kind, slot, GcRef::from_register(value))?;
            }
            ValType::Ref(_) => self.ref_globals[slot as usize] = value as u32,
            _ => self.machine.num_globals[slot as usize] = value,
        }
        Ok(())
    }

    /// Adds a tag, to be imported.
    pub fn add_tag(&mut self, ty: TypeId) -> Extern {
        self.tags.push(ty);
        Extern::Tag(self.tags.len() as u32 - 1)
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        self.machine
            .memories
            .iter()
            .map(|m| m.bytes.len() as u64)
            .sum()
    }
}
