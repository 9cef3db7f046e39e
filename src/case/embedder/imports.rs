//! The host's items for the imports of a module.

use super::EmbedderStore;
use super::values::{make, mix, number};
use crate::case::error::RunError;
use crate::engine::Stop;
use crate::module::{ExternType, Import, Module, Names};
use crate::types::{Composite, FuncType, HeapType, RefType, SubType, TypeId, Types, ValType};
use std::sync::Arc;

/// The initial value of an import.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Initial<V> {
    /// The import has no value, or it is a table of nulls or without elements.
    Nothing,
    /// The value of a global, or of all elements of a table.
    Value(V),
    /// A new imported function of a type, which is answered as the function of this import would be.
    /// `None` is the type without parameters and results, which the module may not have; see
    /// [`no_params_no_results`].
    HostFunction(Option<TypeId>),
}

/// The type of functions without parameters and results, which is added to the types if they lack it.
pub fn no_params_no_results(types: &mut Arc<Types>) -> TypeId {
    Arc::make_mut(types).intern(vec![SubType {
        is_final: true,
        supertype: None,
        composite: Composite::Func(FuncType {
            params: Box::default(),
            results: Box::default(),
        }),
    }])
}

/// Makes an item for every import of the module.
pub(super) fn import_all<S: EmbedderStore>(store: &mut S) -> Result<(), RunError> {
    let module = store.host().module.clone();
    for (import, i) in module.imports.iter().zip(0..) {
        let seed = mix(u64::from(i), 1);
        let reference = match import.ty {
            ExternType::Func(_) | ExternType::Memory(_) | ExternType::Tag(_) => None,
            ExternType::Table(ty) => {
                let is_empty = ty.element.nullable || ty.min == 0;
                (!is_empty).then_some(ty.element)
            }
            ExternType::Global(ty) => match ty.value {
                ValType::Ref(r) => Some(r),
                other => {
                    let value = store.number(number(other, seed));
                    store.import(i, import.ty, Initial::Value(value))?;
                    continue;
                }
            },
        };
        let initial = match reference {
            None => Initial::Nothing,
            Some(ty) => match initial(store, ty, seed)? {
                Some(initial) => initial,
                None => return Err(RunError::Import(unavailable(&module, import, ty))),
            },
        };
        store.import(i, import.ty, initial)?;
    }
    Ok(())
}

/// The value of an imported item. `None` if the host can make none.
fn initial<S: EmbedderStore>(
    store: &mut S,
    ty: RefType,
    seed: u64,
) -> Result<Option<Initial<S::Value>>, Stop> {
    let is_function = ty.heap.top() == HeapType::Func && ty.heap != HeapType::NoFunc;
    Ok(match make(store, ty, seed)? {
        Some(value) => Some(Initial::Value(value)),
        None if ty.nullable => Some(Initial::Value(store.null())),
        None if is_function => Some(Initial::HostFunction(ty.heap.concrete())),
        None => None,
    })
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
