//! Instances: linking and instantiation.

use super::budget::Resource;
use super::host::Host;
use super::inspector::{Act, Deed, Inspector};
use super::storage::{Memory, PAGE, Table, range};
use super::store::{Func, GlobalSlot, Store};
use super::trap::{Stop, Trap};
use crate::heap::{GcRef, Heap, Slot};
use crate::module::{
    ConstExpr, ExportItem, ExternType, GlobalType, Import, Module, Names, SegmentMode,
};
use crate::types::{TypeId, ValType};
use std::fmt;
use std::sync::Arc;

/// An element segment of an instance.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Its references; empty once dropped.
    pub refs: Vec<u32>,
    /// Whether they point into the heap.
    pub gc: bool,
}

/// An instance: a module and what its indices mean in the store.
#[derive(Debug)]
pub struct Instance {
    pub(super) module: Arc<Module>,
    pub(super) funcs: Vec<u32>,
    pub(super) tables: Vec<u32>,
    pub(super) memories: Vec<u32>,
    pub(super) globals: Vec<u32>,
    /// For each global its slot: among the reference globals of the store, or
    /// among the others.
    pub(super) global_slots: Vec<u32>,
    pub(super) tags: Vec<u32>,
    pub(super) elements: Vec<Segment>,
    /// For each data segment whether it is dropped.
    pub(super) dropped: Vec<bool>,
    /// Whether all of the above is there. Until then no function may run: its
    /// code relies on every index of the module.
    pub(super) allocated: bool,
}

/// Something in a store that can be imported: its kind and store index.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Extern {
    /// A function.
    Func(u32),
    /// A table.
    Table(u32),
    /// A memory.
    Memory(u32),
    /// A global.
    Global(u32),
    /// A tag.
    Tag(u32),
}

/// An import that cannot be satisfied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkError {
    /// First part of the import's name.
    pub module: String,
    /// Second part.
    pub name: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "import {:?} {:?}: {}",
            self.module, self.name, self.message
        )
    }
}

impl std::error::Error for LinkError {}

impl Instance {
    /// The module.
    pub fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// What an exported item is in the store. `None` unless [`Store::start`]
    /// has allocated the whole instance: if, say, a table was too large, there
    /// is no instance as far as others can see.
    pub fn item(&self, item: ExportItem) -> Option<Extern> {
        if !self.allocated {
            return None;
        }
        let get = |indices: &[u32], i: u32| indices.get(i as usize).copied();
        match item {
            ExportItem::Func(i) => get(&self.funcs, i).map(Extern::Func),
            ExportItem::Table(i) => get(&self.tables, i).map(Extern::Table),
            ExportItem::Memory(i) => get(&self.memories, i).map(Extern::Memory),
            ExportItem::Global(i) => get(&self.globals, i).map(Extern::Global),
            ExportItem::Tag(i) => get(&self.tags, i).map(Extern::Tag),
        }
    }
}

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

    /// Links `module` with one external item per import.
    ///
    /// The instance is in the store from here on. It can be used once
    /// [`Store::start`] has allocated its parts, even if that traps later:
    /// others may have got hold of its functions.
    pub fn link(&mut self, module: &Arc<Module>, externs: &[Extern]) -> Result<u32, LinkError> {
        self.add_types(&module.types);
        let mut instance = Instance {
            module: Arc::clone(module),
            funcs: Vec::with_capacity(module.funcs.len()),
            tables: Vec::with_capacity(module.tables.len()),
            memories: Vec::with_capacity(module.memories.len()),
            globals: Vec::with_capacity(module.globals.len()),
            global_slots: Vec::with_capacity(module.globals.len()),
            tags: Vec::with_capacity(module.tags.len()),
            elements: Vec::with_capacity(module.elements.len()),
            dropped: vec![false; module.data.len()],
            allocated: false,
        };
        for (i, import) in module.imports.iter().enumerate() {
            let given = externs.get(i).copied();
            self.link_import(&mut instance, import, given)
                .map_err(|message| LinkError {
                    module: import.module.clone(),
                    name: import.name.clone(),
                    message,
                })?;
        }
        let id = self.instances.len() as u32;
        self.funcs.reserve(module.funcs.len());
        self.tables.reserve(module.tables.len());
        self.globals.reserve(module.globals.len());
        self.ref_globals.reserve(module.globals.len());
        for (i, ty) in module.funcs[module.imported_funcs as usize..]
            .iter()
            .enumerate()
        {
            instance.funcs.push(self.funcs.len() as u32);
            self.funcs.push(Func::Wasm {
                ty: *ty,
                instance: id,
                body: module.first_body + i as u32,
            });
        }
        for tag in &module.tags[module.imported_tags as usize..] {
            instance.tags.push(self.tags.len() as u32);
            self.tags.push(*tag);
        }
        self.instances.push(instance);
        Ok(id)
    }

    /// Whether the instance of a function is there to run it.
    pub(super) fn is_callable(&self, func: u32) -> bool {
        match self.funcs[func as usize] {
            Func::Host { .. } => true,
            Func::Wasm { instance, .. } => self.instances[instance as usize].allocated,
        }
    }

    fn link_import(
        &self,
        instance: &mut Instance,
        import: &Import,
        given: Option<Extern>,
    ) -> Result<(), String> {
        let limits = |min: u64, size: u64, want: Option<u64>, have: Option<u64>| {
            size >= min && want.is_none_or(|want| have.is_some_and(|have| have <= want))
        };
        let fits = match (import.ty, given) {
            (_, None) => return Err("nothing was given for it".into()),
            (ExternType::Func(ty), Some(Extern::Func(i))) => {
                if !self.is_callable(i) {
                    return Err("its instance was never completely allocated".into());
                }
                instance.funcs.push(i);
                self.types.is_subtype(self.funcs[i as usize].ty(), ty)
            }
            (ExternType::Table(ty), Some(Extern::Table(i))) => {
                instance.tables.push(i);
                let table = &self.tables[i as usize];
                table.ty.element == ty.element
                    && table.ty.index64 == ty.index64
                    && limits(ty.min, table.elements.len() as u64, ty.max, table.ty.max)
            }
            (ExternType::Memory(ty), Some(Extern::Memory(i))) => {
                instance.memories.push(i);
                let memory = &self.machine.memories[i as usize];
                memory.ty.index64 == ty.index64
                    && limits(ty.min, memory.pages(), ty.max, memory.ty.max)
            }
            (ExternType::Global(ty), Some(Extern::Global(i))) => {
                instance.globals.push(i);
                let global = self.globals[i as usize];
                instance.global_slots.push(global.slot);
                global.ty.mutable == ty.mutable
                    && match ty.mutable {
                        true => global.ty.value == ty.value,
                        false => self.types.value_matches(global.ty.value, ty.value),
                    }
            }
            (ExternType::Tag(ty), Some(Extern::Tag(i))) => {
                instance.tags.push(i);
                self.tags[i as usize] == ty
            }
            _ => false,
        };
        match fits {
            true => Ok(()),
            false => {
                let module = &instance.module;
                let wanted = Names::new(module).extern_type(import.ty, &module.types);
                Err(format!("incompatible import type, {wanted} is wanted"))
            }
        }
    }

    /// Initialises a linked instance: globals, tables, segments, start
    /// function. What was done before a trap stays done.
    pub fn start(
        &mut self,
        id: u32,
        host: &mut dyn Host<H>,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let outer = self.deed;
        let deed = Deed {
            act: Act::Instantiation,
            ..outer
        };
        self.begin(deed, inspector)?;
        self.refuel();
        let done = self.initialise(id, host, inspector);
        let done = self.pay(done);
        if matches!(done, Ok(()) | Err(Stop::Trap(_) | Stop::Exception)) {
            self.begin(outer, inspector)?;
        }
        done
    }

    fn initialise(
        &mut self,
        id: u32,
        host: &mut dyn Host<H>,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let module = Arc::clone(&self.instances[id as usize].module);
        // A table's initial element may only use imported globals, as the
        // table section comes first.
        for (i, init) in module.table_inits.iter().enumerate() {
            let ty = module.tables[module.imported_tables as usize + i];
            let Extern::Table(index) = self.add_table(ty)? else {
                unreachable!("a table was added")
            };
            self.instances[id as usize].tables.push(index);
            let value = self.constant(id, *init, host, inspector)?;
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
            let value = self.constant(id, global.init, host, inspector)?;
            // A `v128` is computed by a body, which leaves the high half, too.
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
                    let kind = Slot::Global(index);
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
        self.evaluate_segments(id, &module, host, inspector)?;
        // Nobody has got hold of anything so far; what follows may hand it out.
        self.instances[id as usize].allocated = true;
        self.copy_segments(id, &module, host, inspector)?;
        if let Some(start) = module.start {
            let func = self.instances[id as usize].funcs[start as usize];
            self.call_again(func, &[], host, inspector)?;
        }
        Ok(())
    }

    /// Evaluates every element segment. Each reference is owned by its segment
    /// as soon as it is there, since the next expression may collect.
    fn evaluate_segments(
        &mut self,
        id: u32,
        module: &Module,
        host: &mut dyn Host<H>,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        for element in &module.elements {
            let gc = element.ty.heap.is_gc();
            self.instances[id as usize].elements.push(Segment {
                refs: Vec::with_capacity(element.items.len()),
                gc,
            });
            for item in &element.items {
                let value = self.constant(id, *item, host, inspector)?;
                let segments = &mut self.instances[id as usize].elements;
                let kind = Slot::Segment(id, segments.len() as u32 - 1);
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

    /// Copies active segments to where they belong.
    fn copy_segments(
        &mut self,
        id: u32,
        module: &Module,
        host: &mut dyn Host<H>,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        for (i, element) in module.elements.iter().enumerate() {
            match element.mode {
                SegmentMode::Passive => continue,
                SegmentMode::Declared => {}
                SegmentMode::Active { target, offset } => {
                    let start = self.constant(id, offset, host, inspector)?;
                    self.table_init(id, target, i as u32, start, 0, element.items.len() as u64)?;
                }
            }
            self.elem_drop(id, i as u32)?;
        }
        for (i, data) in module.data.iter().enumerate() {
            if let SegmentMode::Active { target, offset } = data.mode {
                let start = self.constant(id, offset, host, inspector)?;
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

    /// The value of a constant expression, as a register; of a `v128`, the low
    /// half.
    fn constant(
        &mut self,
        id: u32,
        expr: ConstExpr,
        host: &mut dyn Host<H>,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<u64, Stop> {
        match expr {
            ConstExpr::Value(value) => Ok(value),
            ConstExpr::Func(func) => {
                Ok(u64::from(self.instances[id as usize].funcs[func as usize]) + 1)
            }
            ConstExpr::Body(body) => {
                self.run_body(id, body, &[], host, inspector)?;
                if self.inspect_operations {
                    // The value is stored by nobody but the instantiation.
                    self.embedder_acts(inspector)?;
                }
                Ok(self.machine.stack[self.machine.free_base()])
            }
        }
    }
}
