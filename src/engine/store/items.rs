//! Items that are added to a store one by one, outside instances: host
//! functions, memories, globals and tags.

use super::Store;
use crate::engine::funcs::Func;
use crate::engine::instance::Extern;
use crate::engine::storage::{GlobalSlot, Memory, PAGE, zeros};
use crate::engine::trap::{Stop, Trap};
use crate::heap::{EngineEvent, GcRef, Heap, RootSlot};
use crate::module::{GlobalType, MemoryType};
use crate::types::{TypeId, Types, ValType};
use std::sync::Arc;

impl<H: Heap> Store<H> {
    /// Adds a host function, which the host answers under `id`.
    pub fn add_host_func(&mut self, types: &Arc<Types>, ty: TypeId, id: u32) -> Extern {
        self.add_types(types);
        self.funcs.push(Func::Host { ty, id });
        Extern::Func(self.funcs.len() as u32 - 1)
    }

    /// Adds a zeroed memory for import.
    pub fn add_memory(&mut self, ty: MemoryType) -> Result<Extern, Stop> {
        // A product that overflows exceeds every limit.
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

    /// Adds a global of zero or null for import; see [`Store::set_global`].
    pub fn add_global(&mut self, types: &Arc<Types>, ty: GlobalType) -> Extern {
        self.add_types(types);
        let slot = match ty.value {
            ValType::Ref(_) => {
                self.ref_globals.push(0);
                self.ref_globals.len() - 1
            }
            other => {
                let slot = self.machine.num_globals.len();
                let end = slot + other.storage_kind().registers();
                self.machine.num_globals.resize(end, 0);
                slot
            }
        };
        self.globals.push(GlobalSlot {
            ty,
            slot: slot as u32,
        });
        self.heap.on_event(EngineEvent::GlobalAdded {
            index: self.globals.len() as u32 - 1,
            mutable: ty.mutable,
        });
        Extern::Global(self.globals.len() as u32 - 1)
    }

    /// Sets a global to a register's value. For a `v128` this is the low half, and the other one is 0.
    pub fn set_global(&mut self, global: u32, value: u64) -> Result<(), Stop> {
        let GlobalSlot { ty, slot } = self.globals[global as usize];
        match ty.value {
            ValType::Ref(_) if ty.value.is_gc() => {
                let slot = &mut self.ref_globals[slot as usize];
                let kind = RootSlot::Global(global);
                self.heap
                    .write_slot(kind, slot, GcRef::from_register(value))?;
            }
            ValType::Ref(_) => self.ref_globals[slot as usize] = value as u32,
            ValType::V128 => {
                let halves = &mut self.machine.num_globals[slot as usize..][..2];
                halves.copy_from_slice(&[value, 0]);
            }
            _ => self.machine.num_globals[slot as usize] = value,
        }
        Ok(())
    }

    /// Adds a tag for import.
    pub fn add_tag(&mut self, ty: TypeId) -> Extern {
        self.tags.push(ty);
        Extern::Tag(self.tags.len() as u32 - 1)
    }

    pub(in crate::engine) fn memory_bytes(&self) -> u64 {
        self.machine
            .memories
            .iter()
            .map(|m| m.bytes.len() as u64)
            .sum()
    }
}
