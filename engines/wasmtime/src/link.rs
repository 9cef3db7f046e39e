//! Imports, instantiation, and calls from the module.

use crate::convert::{of_val, to_val};
use crate::host::{HostStore, end_temporaries};
use crate::roots::address;
use crate::state::{HostStop, State, Value};
use gcdiff::case::embedder::{Initial, answer};
use gcdiff::module::{ExportItem, ExternType};
use gcdiff::types::{FuncType, ValType};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::{
    AsContextMut, Caller, Error, Extern, Func, Global, HeapType, Instance, Memory, Result, Table,
    Val,
};

/// Answers a call of an imported function.
fn answered(
    mut caller: Caller<'_, State>,
    import: u32,
    ty: &FuncType,
    args: &[Val],
    results: &mut [Val],
) -> Result<()> {
    let mut host = HostStore {
        store: caller.as_context_mut(),
    };
    let args = args
        .iter()
        .map(|val| of_val(host.store.as_context_mut(), val));
    let args: Vec<Value> = args.collect::<Result<_>>()?;
    let answering = &mut host.store.data_mut().results;
    let call = answering.len();
    answering.push(vec![Value::Null; ty.results.len()]);
    let done = answer(&mut host, call, import, ty, &args);
    let values = host.store.data_mut().results.pop().unwrap_or_default();
    if done.is_ok() {
        for ((result, value), ty) in results.iter_mut().zip(values).zip(&ty.results) {
            *result = to_val(host.store.as_context_mut(), value, *ty)?;
        }
    }
    end_temporaries(&mut host.store);
    done.map_err(|stop| Error::new(HostStop(stop)))
}

impl HostStore<'_> {
    /// A new host function that is answered as that of an import.
    fn host_func(&mut self, import: u32, ty: wasmtime::FuncType, own: FuncType) -> Func {
        Func::new(&mut self.store, ty, move |caller, args, results| {
            answered(caller, import, &own, args, results)
        })
    }

    fn note_func(&mut self, func: Func, index: usize) {
        let address = address(func, &mut self.store);
        let indices = &mut self.store.data_mut().func_index;
        indices.insert(address, index as u32);
    }

    /// The value that a global or a table begins with.
    fn initial(
        &mut self,
        import: u32,
        initial: Initial<Value>,
        (own, heap): (ValType, HeapType),
    ) -> Result<Val> {
        let ty = match initial {
            Initial::Nothing => return Ok(Val::null_ref(&heap)),
            Initial::Value(value) => return to_val(self.store.as_context_mut(), value, own),
            Initial::HostFunction(ty) => ty,
        };
        let (func, id) = match (heap, ty) {
            (HeapType::ConcreteFunc(func), Some(id)) => (func, id),
            _ => {
                let func = wasmtime::FuncType::new(self.store.engine(), [], []);
                (func, self.store.data().no_params_no_results)
            }
        };
        let own = self.store.data().types.func(id).clone();
        let func = self.host_func(import, func, own);
        let state = self.store.data_mut();
        let index = state.host.module.funcs.len() + state.made.len();
        state.made.push((func, id));
        self.note_func(func, index);
        Ok(func.into())
    }

    pub fn try_import(
        &mut self,
        import: u32,
        ty: ExternType,
        initial: Initial<Value>,
    ) -> Result<()> {
        let module = self.store.data().module.clone();
        let needed = module.imports().nth(import as usize);
        let needed = needed.expect("both read the same module").ty();
        let item: Extern = match (needed, ty) {
            (wasmtime::ExternType::Func(ty), ExternType::Func(id)) => {
                let own = self.store.data().types.func(id).clone();
                let func = self.host_func(import, ty, own);
                let funcs = &mut self.store.data_mut().funcs;
                let index = funcs.len();
                funcs.push((func, id));
                self.note_func(func, index);
                func.into()
            }
            (wasmtime::ExternType::Memory(ty), _) => Memory::new(&mut self.store, ty)?.into(),
            (wasmtime::ExternType::Table(ty), ExternType::Table(own)) => {
                let types = (ValType::Ref(own.element), ty.element().heap_type().clone());
                let val = self.initial(import, initial, types)?;
                let element = val.ref_().expect("elements are references");
                Table::new(&mut self.store, ty, element)?.into()
            }
            (wasmtime::ExternType::Global(ty), ExternType::Global(own)) => {
                let heap = ty.content().as_ref().map(|ty| ty.heap_type().clone());
                let types = (own.value, heap.unwrap_or(HeapType::None));
                let val = self.initial(import, initial, types)?;
                Global::new(&mut self.store, ty, val)?.into()
            }
            #[cfg(feature = "recent")]
            (wasmtime::ExternType::Tag(ty), _) => wasmtime::Tag::new(&mut self.store, &ty)?.into(),
            (ty, own) => panic!("import {import} is {ty:?}, and {own:?} for gcdiff"),
        };
        self.store.data_mut().imports.push(item);
        Ok(())
    }

    pub fn try_instantiate(&mut self) -> Result<()> {
        let state = self.store.data_mut();
        let imports = std::mem::take(&mut state.imports);
        let (own, module) = (Arc::clone(&state.host.module), state.module.clone());
        let instance = Instance::new(&mut self.store, &module, &imports)?;
        let mut funcs = BTreeMap::new();
        for export in &own.exports {
            let item = instance.get_export(&mut self.store, &export.name);
            let state = self.store.data_mut();
            match (export.item, item.expect("both read the same module")) {
                (ExportItem::Func(index), Extern::Func(func)) => {
                    funcs.insert(index, func);
                }
                (ExportItem::Global(index), Extern::Global(global)) => {
                    state.globals.insert(index, global);
                }
                (ExportItem::Table(index), Extern::Table(table)) => {
                    state.tables.insert(index, table);
                }
                (ExportItem::Memory(index), Extern::Memory(memory)) => {
                    state.memories.insert(index, memory);
                }
                #[cfg(feature = "recent")]
                (ExportItem::Tag(index), Extern::Tag(tag)) => {
                    state.tags.insert(index, tag);
                }
                (item, _) => panic!("export {:?} is {item:?} for gcdiff alone", export.name),
            }
        }
        // An imported function has an address of its own in the instance.
        for (index, func) in &funcs {
            self.note_func(*func, *index as usize);
        }
        let state = self.store.data_mut();
        let typed = funcs.into_values().zip(&own.funcs);
        state.funcs = typed.map(|(func, ty)| (func, *ty)).collect();
        state.funcs.append(&mut state.made);
        state.is_instantiated = true;
        Ok(())
    }
}
