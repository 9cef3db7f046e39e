//! The functions of a store, by index and by type. A host that has to supply a
//! function looks it up by type.

use crate::types::{TypeId, Types};
use std::collections::HashMap;

/// A function of the store.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Func {
    /// A function of an instance.
    Wasm {
        /// Its type.
        ty: TypeId,
        /// The instance.
        instance: u32,
        /// Its body in the instance's module.
        body: u32,
    },
    /// A host function.
    Host {
        /// Its type.
        ty: TypeId,
        /// The host's id for it.
        id: u32,
    },
}

impl Func {
    /// The function's type.
    pub fn ty(self) -> TypeId {
        match self {
            Func::Wasm { ty, .. } | Func::Host { ty, .. } => ty,
        }
    }
}

/// The functions of each function type, including its subtypes, in order.
#[derive(Default, Debug)]
pub(super) struct FuncsByType {
    lists: HashMap<TypeId, Vec<u32>>,
    /// Number of the store's functions that are listed.
    known: usize,
}

impl FuncsByType {
    /// Adds the functions that are new since the last call. A function is in one list
    /// for each of its type's ancestors, of which there are at most 64.
    pub(super) fn learn(&mut self, funcs: &[Func], types: &Types) {
        for (index, func) in (self.known as u32..).zip(&funcs[self.known..]) {
            for ty in types.ancestors(func.ty()) {
                self.lists.entry(*ty).or_default().push(index);
            }
        }
        self.known = funcs.len();
    }

    /// The first function of a type from index `start` on, wrapping around.
    pub(super) fn first(&self, ty: TypeId, start: u32) -> Option<u32> {
        let list = self.lists.get(&ty)?;
        let behind = list.partition_point(|index| *index < start);
        list.get(behind).or(list.first()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Composite, FuncType, SubType, ValType};

    #[test]
    fn functions_are_found_by_type_and_supertype_from_anywhere() {
        let mut types = Types::new();
        let mut add = |supertype, params: &[ValType]| {
            types.intern(vec![SubType {
                is_final: false,
                supertype,
                composite: Composite::Func(FuncType {
                    params: params.into(),
                    results: [].into(),
                }),
            }])
        };
        let parent = add(None, &[]);
        let child = add(Some(parent), &[]);
        let other = add(None, &[ValType::I32]);
        let unused = add(None, &[ValType::I64]);
        let mut funcs: Vec<Func> = [child, other, parent, other]
            .into_iter()
            .map(|ty| Func::Host { ty, id: 0 })
            .collect();
        let mut by_type = FuncsByType::default();
        by_type.learn(&funcs, &types);
        let found = [0, 1, 2, 3, 4].map(|start| by_type.first(parent, start));
        assert_eq!(found, [0, 2, 2, 0, 0].map(Some));
        assert_eq!(by_type.first(child, 1), Some(0));
        assert_eq!(by_type.first(other, 2), Some(3));
        assert_eq!(by_type.first(unused, 0), None);
        funcs.push(Func::Host { ty: child, id: 1 });
        by_type.learn(&funcs, &types);
        assert_eq!(by_type.first(parent, 3), Some(4));
        assert_eq!(by_type.first(parent, 0), Some(0));
    }
}
