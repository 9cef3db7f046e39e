//! Reference types: their hierarchies, and which of them have values that can be made.

use crate::module_ir::{Module, Shape};
use wasmparser::{AbstractHeapType, FieldType, RefType, StorageType, UnpackedIndex, ValType};

/// Where a type belongs.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Hierarchy {
    Any,
    Func,
    Extern,
    Exn,
}

/// The index of a type of the module that a reference is to.
pub(super) fn concrete(ty: RefType) -> Option<u32> {
    match ty.heap_type() {
        wasmparser::HeapType::Concrete(UnpackedIndex::Module(index)) => Some(index),
        _ => None,
    }
}

fn shape_of<'m>(module: &'m Module<'_>, ty: RefType) -> Option<&'m Shape> {
    Some(&module.types.get(concrete(ty)? as usize)?.shape)
}

pub(super) fn abstract_of(ty: RefType) -> Option<AbstractHeapType> {
    match ty.heap_type() {
        wasmparser::HeapType::Abstract { ty, .. } => Some(ty),
        _ => None,
    }
}

pub(super) fn hierarchy(module: &Module<'_>, ty: RefType) -> Hierarchy {
    use AbstractHeapType::{Exn, Extern, Func, NoExn, NoExtern, NoFunc};
    match (abstract_of(ty), shape_of(module, ty)) {
        (_, Some(Shape::Func(..))) | (Some(Func | NoFunc), _) => Hierarchy::Func,
        (Some(Extern | NoExtern), _) => Hierarchy::Extern,
        (Some(Exn | NoExn), _) => Hierarchy::Exn,
        _ => Hierarchy::Any,
    }
}

pub(super) fn takes_i31(ty: RefType) -> bool {
    use AbstractHeapType::{Any, Eq, Extern, I31};
    matches!(abstract_of(ty), Some(Any | Eq | I31 | Extern))
}

fn has_default(field: &FieldType) -> bool {
    match field.element_type {
        StorageType::Val(ValType::Ref(r)) => r.is_nullable(),
        _ => true,
    }
}

/// Whether objects of a type can be made without values.
pub(super) fn is_defaultable(shape: &Shape) -> bool {
    match shape {
        Shape::Struct(fields) => fields.iter().all(has_default),
        Shape::Array(element) => has_default(element),
        Shape::Func(..) => false,
    }
}
