//! Conversion of wasmparser's types to the engine's.

use super::Decoder;
use crate::module::{GlobalType, MemoryType, ModuleError, TableType};
use crate::types::{
    Composite, FieldType, FuncType, HeapType, RefType, StorageType, SubType, TypeId, ValType,
};
use wasmparser::{AbstractHeapType, CompositeInnerType, RecGroup, UnpackedIndex};

/// Converts a heap type. `concrete` converts a type index of the module.
pub(in crate::module) fn heap_type(
    ty: wasmparser::HeapType,
    concrete: &dyn Fn(u32) -> HeapType,
) -> HeapType {
    match ty {
        wasmparser::HeapType::Abstract { ty, .. } => match ty {
            AbstractHeapType::Func => HeapType::Func,
            AbstractHeapType::Extern => HeapType::Extern,
            AbstractHeapType::Any => HeapType::Any,
            AbstractHeapType::None => HeapType::None,
            AbstractHeapType::NoExtern => HeapType::NoExtern,
            AbstractHeapType::NoFunc => HeapType::NoFunc,
            AbstractHeapType::Eq => HeapType::Eq,
            AbstractHeapType::Struct => HeapType::Struct,
            AbstractHeapType::Array => HeapType::Array,
            AbstractHeapType::I31 => HeapType::I31,
            AbstractHeapType::Exn => HeapType::Exn,
            AbstractHeapType::NoExn => HeapType::NoExn,
            AbstractHeapType::Cont | AbstractHeapType::NoCont => {
                unreachable!("validation refuses continuations")
            }
        },
        wasmparser::HeapType::Concrete(UnpackedIndex::Module(index)) => concrete(index),
        other => unreachable!("not in a binary of the proposals that are on: {other:?}"),
    }
}

/// Converts a value type. `concrete` converts a type index of the module.
pub(in crate::module) fn value_type(
    ty: wasmparser::ValType,
    concrete: &dyn Fn(u32) -> HeapType,
) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(r) => ValType::Ref(RefType {
            nullable: r.is_nullable(),
            heap: heap_type(r.heap_type(), concrete),
        }),
    }
}

fn field_type(ty: &wasmparser::FieldType, concrete: &dyn Fn(u32) -> HeapType) -> FieldType {
    FieldType {
        storage: match ty.element_type {
            wasmparser::StorageType::I8 => StorageType::I8,
            wasmparser::StorageType::I16 => StorageType::I16,
            wasmparser::StorageType::Val(v) => StorageType::Val(value_type(v, concrete)),
        },
        mutable: ty.mutable,
    }
}

impl Decoder {
    /// Interns a recursion group and appends it to the module's type index space.
    pub(super) fn recursion_group(&mut self, group: RecGroup) -> Result<(), ModuleError> {
        let start = self.module.type_ids.len() as u32;
        let next = self.types.next_id();
        // A type may refer to a later type of its group.
        let kinds: Vec<fn(TypeId) -> HeapType> = group
            .types()
            .map(|member| match member.composite_type.inner {
                CompositeInnerType::Struct(_) => HeapType::ConcreteStruct,
                CompositeInnerType::Array(_) => HeapType::ConcreteArray,
                _ => HeapType::ConcreteFunc as fn(TypeId) -> HeapType,
            })
            .collect();
        // Indices below `start` are earlier types; others are in the group.
        let id = |index: u32| match index.checked_sub(start) {
            Some(inside) => TypeId(next.0 + inside),
            None => self.module.type_ids[index as usize],
        };
        let concrete = |index: u32| match index.checked_sub(start) {
            Some(inside) => kinds[inside as usize](id(index)),
            None => self.types.concrete(id(index)),
        };
        let values = |types: &[wasmparser::ValType]| {
            types.iter().map(|t| value_type(*t, &concrete)).collect()
        };
        let mut subs = Vec::with_capacity(group.types().len());
        for member in group.types() {
            let composite = match &member.composite_type.inner {
                CompositeInnerType::Func(f) => Composite::Func(FuncType {
                    params: values(f.params()),
                    results: values(f.results()),
                }),
                CompositeInnerType::Struct(s) => {
                    Composite::Struct(s.fields.iter().map(|f| field_type(f, &concrete)).collect())
                }
                CompositeInnerType::Array(a) => Composite::Array(field_type(&a.0, &concrete)),
                CompositeInnerType::Cont(_) => {
                    unreachable!("validation refuses continuations")
                }
            };
            let supertype = match member.supertype_idxs.first() {
                Some(index) => Some(id(index.as_module_index().ok_or_else(|| {
                    ModuleError::Unsupported {
                        offset: 0,
                        message: "a supertype that is not a type index".into(),
                    }
                })?)),
                None => None,
            };
            subs.push(SubType {
                is_final: member.is_final,
                supertype,
                composite,
            });
        }
        let count = subs.len() as u32;
        let first = self.types.intern(subs);
        self.module
            .type_ids
            .extend((0..count).map(|i| TypeId(first.0 + i)));
        Ok(())
    }

    pub(super) fn value(&self, ty: wasmparser::ValType) -> ValType {
        value_type(ty, &|index| {
            self.types.concrete(self.module.type_ids[index as usize])
        })
    }

    pub(super) fn reference(&self, ty: wasmparser::RefType) -> RefType {
        match self.value(wasmparser::ValType::Ref(ty)) {
            ValType::Ref(r) => r,
            _ => unreachable!("a reference type converts to one"),
        }
    }

    pub(super) fn table_type(&self, ty: &wasmparser::TableType) -> TableType {
        TableType {
            element: self.reference(ty.element_type),
            index64: ty.table64,
            min: ty.initial,
            max: ty.maximum,
        }
    }

    pub(super) fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
        MemoryType {
            index64: ty.memory64,
            min: ty.initial,
            max: ty.maximum,
        }
    }

    pub(super) fn global_type(&self, ty: &wasmparser::GlobalType) -> GlobalType {
        GlobalType {
            value: self.value(ty.content_type),
            mutable: ty.mutable,
        }
    }
}
