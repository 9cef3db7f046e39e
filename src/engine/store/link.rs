//! The first half of instantiation: an instance with its imports.

use super::Store;
use crate::engine::funcs::Func;
use crate::engine::instance::{Extern, Instance, LinkError};
use crate::heap::{EngineEvent, Heap};
use crate::module::{ExternType, Import, Module, Names};
use std::sync::Arc;

impl<H: Heap> Store<H> {
    /// Links `module` with one external item per import.
    ///
    /// Adds the instance to the store. It is usable once [`Store::start`] has
    /// allocated its parts, even if that traps later: others may already have
    /// references to its functions.
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
        self.heap.on_event(EngineEvent::Linked {
            instance: id,
            module,
        });
        Ok(id)
    }

    /// Whether the instance of a function is completely allocated.
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
}
