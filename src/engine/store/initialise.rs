//! The second half of instantiation: initialisation of a linked instance.

use super::Store;
use super::context::Context;
use crate::engine::actor::{Act, Deed};
use crate::engine::instance::{Extern, Segment};
use crate::engine::storage::{GlobalSlot, range};
use crate::engine::trap::{Stop, Trap};
use crate::heap::{GcRef, Heap, RootSlot};
use crate::module::{ConstExpr, Module, SegmentMode};
use crate::types::ValType;
use std::sync::Arc;

impl<H: Heap> Store<H> {
    /// Initialises a linked instance: globals, tables, segments, start
    /// function. Effects before a trap remain.
    pub fn start(&mut self, id: u32, cx: &mut Context<'_, H>) -> Result<(), Stop> {
        let outer = self.deed;
        let deed = Deed {
            act: Act::Instantiation,
            ..outer
        };
        self.begin(deed, cx.inspector)?;
        self.refuel();
        let done = self.initialise(id, cx);
        let done = self.pay(done);
        if matches!(done, Ok(()) | Err(Stop::Trap(_) | Stop::Exception)) {
            self.begin(outer, cx.inspector)?;
        }
        done
    }

    fn initialise(&mut self, id: u32, cx: &mut Context<'_, H>) -> Result<(), Stop> {
        let module = Arc::clone(&self.instances[id as usize].module);
        // A table's initial element may only use imported globals, since the
        // table section comes first.
        for (i, init) in module.table_inits.iter().enumerate() {
            let ty = module.tables[module.imported_tables as usize + i];
            let Extern::Table(index) = self.add_table(ty)? else {
                unreachable!("a table was added")
            };
            self.instances[id as usize].tables.push(index);
            let value = self.constant(id, *init, cx)?;
            if value != 0 {
                self.machine.charge(ty.min / 8)?;
                self.fill_new_table(index, value)?;
            }
        }
        for ty in &module.memories[module.imported_memories as usize..] {
            let Extern::Memory(index) = self.add_memory(*ty)? else {
                unreachable!("a memory was added")
            };
            self.instances[id as usize].memories.push(index);
        }
        for (i, global) in module.global_inits.iter().enumerate() {
            let value = self.constant(id, global.init, cx)?;
            // A body computes a `v128`, and leaves its high half in a register.
            let high = self
                .machine
                .stack
                .get(self.machine.free_base() + 1)
                .copied();
            let ty = module.globals[module.imported_globals as usize + i];
            let Extern::Global(index) = self.add_global(&module.types, ty) else {
                unreachable!("a global was added")
            };
            let GlobalSlot { slot, .. } = self.globals[index as usize];
            match ty.value {
                ValType::Ref(_) if ty.value.is_gc() => {
                    let slot = &mut self.ref_globals[slot as usize];
                    let kind = RootSlot::Global(index);
                    self.heap
                        .init_slot(kind, slot, GcRef::from_register(value))?;
                }
                ValType::Ref(_) => self.ref_globals[slot as usize] = value as u32,
                ValType::V128 => {
                    let halves = [value, high.unwrap_or(0)];
                    self.machine.num_globals[slot as usize..][..2].copy_from_slice(&halves);
                }
                _ => self.machine.num_globals[slot as usize] = value,
            }
            let instance = &mut self.instances[id as usize];
            instance.globals.push(index);
            instance.global_slots.push(slot);
        }
        self.evaluate_segments(id, &module, cx)?;
        // So far nobody has access to the instance; the following steps may
        // grant it.
        self.instances[id as usize].allocated = true;
        self.copy_segments(id, &module, cx)?;
        if let Some(start) = module.start {
            let func = self.instances[id as usize].funcs[start as usize];
            self.call_again(func, &[], cx)?;
        }
        Ok(())
    }

    /// Evaluates every element segment. A segment owns each reference at once,
    /// since the next expression may collect.
    fn evaluate_segments(
        &mut self,
        id: u32,
        module: &Module,
        cx: &mut Context<'_, H>,
    ) -> Result<(), Stop> {
        for element in &module.elements {
            let gc = element.ty.heap.is_gc();
            self.instances[id as usize].elements.push(Segment {
                refs: Vec::with_capacity(element.items.len()),
                gc,
            });
            for item in &element.items {
                let value = self.constant(id, *item, cx)?;
                let segments = &mut self.instances[id as usize].elements;
                let kind = RootSlot::Segment(id, segments.len() as u32 - 1);
                let segment = segments.last_mut().expect("just pushed");
                let mut slot = 0;
                match gc {
                    true => self
                        .heap
                        .init_slot(kind, &mut slot, GcRef::from_register(value))?,
                    false => slot = value as u32,
                }
                segment.refs.push(slot);
            }
            self.segment_refs += element.items.len();
        }
        Ok(())
    }

    /// Copies active segments to their destinations.
    fn copy_segments(
        &mut self,
        id: u32,
        module: &Module,
        cx: &mut Context<'_, H>,
    ) -> Result<(), Stop> {
        for (i, element) in module.elements.iter().enumerate() {
            match element.mode {
                SegmentMode::Passive => continue,
                SegmentMode::Declared => {}
                SegmentMode::Active { target, offset } => {
                    let start = self.constant(id, offset, cx)?;
                    self.table_init(id, target, i as u32, start, 0, element.items.len() as u64)?;
                }
            }
            self.elem_drop(id, i as u32)?;
        }
        for (i, data) in module.data.iter().enumerate() {
            if let SegmentMode::Active { target, offset } = data.mode {
                let start = self.constant(id, offset, cx)?;
                let memory = self.instances[id as usize].memories[target as usize];
                let bytes = &mut self.machine.memories[memory as usize].bytes;
                let to = range(start, data.bytes.len() as u64, bytes.len())
                    .ok_or(Trap::MemoryOutOfBounds)?;
                bytes[to].copy_from_slice(&module.wasm[data.bytes.clone()]);
                self.instances[id as usize].dropped[i] = true;
            }
        }
        Ok(())
    }

    /// The register value of a constant expression. For a `v128`, the low half.
    fn constant(&mut self, id: u32, expr: ConstExpr, cx: &mut Context<'_, H>) -> Result<u64, Stop> {
        match expr {
            ConstExpr::Value(value) => Ok(value),
            ConstExpr::Func(func) => {
                Ok(u64::from(self.instances[id as usize].funcs[func as usize]) + 1)
            }
            ConstExpr::Body(body) => {
                self.run_body(id, body, &[], cx)?;
                if self.inspect_operations {
                    // The embedder's instantiation stores the value, not an
                    // instruction.
                    self.embedder_acts(cx.inspector)?;
                }
                Ok(self.machine.stack[self.machine.free_base()])
            }
        }
    }
}
