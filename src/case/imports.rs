//! The host's items for the imports of a module.

use super::values::{make, mix, number};
use crate::engine::{Extern, Inspector, Stop, Store};
use crate::heap::Heap;
use crate::module::{ExternType, Import, Module, Names};
use crate::types::{Composite, FuncType, HeapType, RefType, SubType, Types, ValType};
use std::sync::Arc;

/// An item for every import of a module.
pub(super) struct Imports {
    /// One item for each import, in order.
    pub externs: Vec<Extern>,
    /// Globals and tables that still need a function as their value.
    without_function: Vec<WithoutFunction>,
}

/// A global or table of non-null functions, before its function exists.
struct WithoutFunction {
    item: Extern,
    ty: HeapType,
    /// The index of the import. It becomes the id of the host function.
    import: u32,
}

/// Makes an item for every import of `module`, or says why one cannot be made.
pub(super) fn imports<H: Heap>(
    store: &mut Store<H>,
    module: &Module,
    inspector: &mut dyn Inspector<H>,
) -> Result<Result<Imports, String>, Stop> {
    let types = &module.types;
    let mut externs = Vec::with_capacity(module.imports.len());
    let mut without_function = Vec::new();
    for (import, i) in module.imports.iter().zip(0..) {
        let seed = mix(u64::from(i), 1);
        let (item, reference) = match import.ty {
            ExternType::Func(ty) => (store.add_host_func(types, ty, i), None),
            ExternType::Memory(ty) => (store.add_memory(ty)?, None),
            ExternType::Tag(ty) => (store.add_tag(ty), None),
            ExternType::Table(ty) => {
                let is_empty = ty.element.nullable || ty.min == 0;
                (store.add_table(ty)?, (!is_empty).then_some(ty.element))
            }
            ExternType::Global(ty) => {
                let item = store.add_global(types, ty);
                match ty.value {
                    ValType::Ref(r) => (item, Some(r)),
                    other => {
                        set(store, item, number(other, seed))?;
                        (item, None)
                    }
                }
            }
        };
        externs.push(item);
        let Some(ty) = reference else { continue };
        match make(store, ty, seed, inspector)? {
            Some(value) => set(store, item, value)?,
            None if ty.nullable => set(store, item, 0)?,
            None if ty.heap.top() == HeapType::Func && ty.heap != HeapType::NoFunc => {
                without_function.push(WithoutFunction {
                    item,
                    ty: ty.heap,
                    import: i,
                });
            }
            None => return Ok(Err(unavailable(module, import, ty))),
        }
    }
    Ok(Ok(Imports {
        externs,
        without_function,
    }))
}

impl Imports {
    /// Makes host functions for the globals and tables that have none yet.
    /// Called after the module is linked, so that the module's functions have
    /// the same indices in the store as in the module.
    pub(super) fn make_functions<H: Heap>(
        &self,
        store: &mut Store<H>,
        types: &Arc<Types>,
    ) -> Result<(), Stop> {
        for WithoutFunction { item, ty, import } in &self.without_function {
            let (types, func) = match ty.concrete() {
                Some(func) => (Arc::clone(types), func),
                // Any function will do.
                None => {
                    let mut types = Arc::clone(types);
                    let func = Arc::make_mut(&mut types).intern(vec![SubType {
                        is_final: true,
                        supertype: None,
                        composite: Composite::Func(FuncType {
                            params: Box::default(),
                            results: Box::default(),
                        }),
                    }]);
                    (types, func)
                }
            };
            let Extern::Func(index) = store.add_host_func(&types, func, *import) else {
                unreachable!("a function was added")
            };
            set(store, *item, u64::from(index) + 1)?;
        }
        Ok(())
    }
}

/// Sets a new global, or all elements of a new table, to a register's value.
fn set<H: Heap>(store: &mut Store<H>, item: Extern, value: u64) -> Result<(), Stop> {
    match item {
        Extern::Global(index) => store.set_global(index, value),
        Extern::Table(index) => store.fill_new_table(index, value),
        _ => unreachable!("only globals and tables hold values"),
    }
}

/// The reason why an import cannot be satisfied.
fn unavailable(module: &Module, import: &Import, ty: RefType) -> String {
    format!(
        "import {:?} {:?}: the host has no value of type {}",
        import.module,
        import.name,
        Names::new(module).value_type(ValType::Ref(ty))
    )
}
