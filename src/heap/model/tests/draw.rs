//! Types drawn at random.

use super::pair::Pair;
use crate::heap::testing::reference;
use crate::types::{
    Composite, FieldType, FuncType, HeapType, StorageType, SubType, TypeId, ValType,
};

const VALUES: [ValType; 5] = [
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
];

impl Pair {
    /// Adds an array type for every way to store an element.
    pub fn add_arrays(&mut self) {
        let references = [
            HeapType::Any,
            HeapType::Extern,
            HeapType::Exn,
            HeapType::Func,
        ];
        let values = VALUES.into_iter().chain(references.map(reference));
        let packed = [StorageType::I8, StorageType::I16];
        for storage in values.map(StorageType::Val).chain(packed) {
            self.intern(Composite::Array(field(storage)));
        }
    }

    fn intern(&mut self, composite: Composite) {
        self.types.intern(vec![SubType {
            is_final: true,
            supertype: None,
            composite,
        }]);
    }

    fn random_value_type(&mut self) -> ValType {
        let random = &mut self.random;
        match random.below(3) {
            0 => VALUES[random.below(VALUES.len())],
            _ => {
                let abstract_types = [
                    HeapType::Any,
                    HeapType::Eq,
                    HeapType::I31,
                    HeapType::Struct,
                    HeapType::Array,
                    HeapType::None,
                    HeapType::Func,
                    HeapType::NoFunc,
                    HeapType::Extern,
                    HeapType::NoExtern,
                    HeapType::Exn,
                    HeapType::NoExn,
                ];
                match random.below(abstract_types.len() + 3) {
                    n if n < abstract_types.len() => reference(abstract_types[n]),
                    _ => {
                        let id = TypeId(random.below(self.types.len()) as u32);
                        reference(self.types.concrete(id))
                    }
                }
            }
        }
    }

    fn random_storage(&mut self) -> StorageType {
        match self.random.below(4) {
            0 => StorageType::I8,
            1 => StorageType::I16,
            _ => StorageType::Val(self.random_value_type()),
        }
    }

    /// Adds a structure, array or function type.
    pub fn add_random_type(&mut self) {
        let n = self.random.below(9);
        let composite = match self.random.below(5) {
            0 => Composite::Array(field(self.random_storage())),
            1 | 2 => Composite::Func(FuncType {
                params: (0..n).map(|_| self.random_value_type()).collect(),
                results: [].into(),
            }),
            _ => Composite::Struct((0..n).map(|_| field(self.random_storage())).collect()),
        };
        self.intern(composite);
    }
}

fn field(storage: StorageType) -> FieldType {
    FieldType {
        storage,
        mutable: true,
    }
}
