//! The simplest values of a type.

use crate::module_ir::{Module, Shape};
use wasmparser::{
    AbstractHeapType, FieldType, HeapType, Ieee32, Ieee64, Operator, StorageType, UnpackedIndex,
    V128, ValType,
};

pub(super) type Code = Vec<Operator<'static>>;

/// Code for the simplest values of a type, the best first. The last always validates: it traps.
pub(super) fn options(ty: ValType, module: &Module<'_>) -> Vec<Code> {
    let mut options = match ty {
        ValType::I32 => vec![vec![Operator::I32Const { value: 0 }]],
        ValType::I64 => vec![vec![Operator::I64Const { value: 0 }]],
        ValType::F32 => vec![vec![Operator::F32Const {
            value: Ieee32::from(0.0),
        }]],
        ValType::F64 => vec![vec![Operator::F64Const {
            value: Ieee64::from(0.0),
        }]],
        ValType::V128 => vec![vec![Operator::V128Const {
            value: V128::from(0i128),
        }]],
        ValType::Ref(reference) => {
            let hty = reference.heap_type();
            if reference.is_nullable() {
                vec![vec![Operator::RefNull {
                    hty: bottom(hty, module).unwrap_or(hty),
                }]]
            } else {
                references(hty, module)
            }
        }
    };
    options.push(vec![Operator::Unreachable]);
    options
}

/// The simplest objects of a type that may be null.
pub(super) fn objects(ty: ValType, module: &Module<'_>) -> Vec<Code> {
    let ValType::Ref(reference) = ty else {
        return Vec::new();
    };
    let heap = reference.heap_type();
    let mut objects = match reference.is_nullable() {
        true => references(heap, module),
        false => Vec::new(),
    };
    if let HeapType::Abstract {
        ty: AbstractHeapType::Any | AbstractHeapType::Eq,
        ..
    } = heap
    {
        objects.extend(first(module, |shape| matches!(shape, Shape::Struct(_))));
        objects.extend(first(module, |shape| matches!(shape, Shape::Array(_))));
    }
    objects
}

/// The simplest value of a type, as a constant expression without its end.
pub(super) fn constant(ty: ValType, module: &Module<'_>) -> Option<Code> {
    let first = options(ty, module).into_iter().next()?;
    let is_constant = !matches!(first[..], [Operator::Unreachable]);
    is_constant.then_some(first)
}

/// The simplest values of types, one after the other.
pub(super) fn all(types: &[ValType], module: &Module<'_>) -> Code {
    let first = |ty: &ValType| options(*ty, module).into_iter().next();
    types.iter().filter_map(first).flatten().collect()
}

/// The bottom of a type's hierarchy, which `ref.null` names most simply.
fn bottom(ty: HeapType, module: &Module<'_>) -> Option<HeapType> {
    let ty = match ty {
        HeapType::Abstract { shared: false, ty } => match ty {
            AbstractHeapType::Func | AbstractHeapType::NoFunc => AbstractHeapType::NoFunc,
            AbstractHeapType::Extern | AbstractHeapType::NoExtern => AbstractHeapType::NoExtern,
            AbstractHeapType::Exn | AbstractHeapType::NoExn => AbstractHeapType::NoExn,
            AbstractHeapType::Any
            | AbstractHeapType::None
            | AbstractHeapType::Eq
            | AbstractHeapType::Struct
            | AbstractHeapType::Array
            | AbstractHeapType::I31 => AbstractHeapType::None,
            _ => return None,
        },
        HeapType::Concrete(index) => {
            match module.types.get(index.as_module_index()? as usize)?.shape {
                Shape::Func(..) => AbstractHeapType::NoFunc,
                _ => AbstractHeapType::None,
            }
        }
        _ => return None,
    };
    Some(HeapType::Abstract { shared: false, ty })
}

/// Objects of a type.
fn references(ty: HeapType, module: &Module<'_>) -> Vec<Code> {
    match ty {
        HeapType::Abstract { ty, .. } => match ty {
            AbstractHeapType::I31 | AbstractHeapType::Eq | AbstractHeapType::Any => {
                vec![vec![Operator::I32Const { value: 0 }, Operator::RefI31]]
            }
            AbstractHeapType::Struct => first(module, |shape| matches!(shape, Shape::Struct(_))),
            AbstractHeapType::Array => first(module, |shape| matches!(shape, Shape::Array(_))),
            AbstractHeapType::Func => first(module, |shape| matches!(shape, Shape::Func(..))),
            _ => Vec::new(),
        },
        HeapType::Concrete(UnpackedIndex::Module(index)) => object(index, module),
        _ => Vec::new(),
    }
}

fn first(module: &Module<'_>, fits: impl Fn(&Shape) -> bool) -> Vec<Code> {
    let mut types = module.types.iter().enumerate();
    let found = types.find(|(_, ty)| !ty.removed && fits(&ty.shape));
    found.map_or_else(Vec::new, |(index, _)| object(index as u32, module))
}

/// The simplest objects of a concrete type.
fn object(index: u32, module: &Module<'_>) -> Vec<Code> {
    let Some(ty) = module.types.get(index as usize) else {
        return Vec::new();
    };
    match &ty.shape {
        Shape::Struct(fields) if fields.iter().all(is_defaultable) => {
            vec![vec![Operator::StructNewDefault {
                struct_type_index: index,
            }]]
        }
        Shape::Array(_) => vec![vec![Operator::ArrayNewFixed {
            array_type_index: index,
            array_size: 0,
        }]],
        Shape::Func(..) => {
            let mut funcs = module.funcs.iter().enumerate();
            let found = funcs.find(|(_, func)| !func.removed && func.ty == index);
            found
                .map(|(index, _)| {
                    vec![Operator::RefFunc {
                        function_index: index as u32,
                    }]
                })
                .into_iter()
                .collect()
        }
        Shape::Struct(_) => Vec::new(),
    }
}

/// Whether a field has a default value.
pub(super) fn is_defaultable(field: &FieldType) -> bool {
    match field.element_type {
        StorageType::Val(ValType::Ref(reference)) => reference.is_nullable(),
        _ => true,
    }
}

/// The type of a field on the stack.
pub(super) fn unpacked(field: &FieldType) -> ValType {
    match field.element_type {
        StorageType::I8 | StorageType::I16 => ValType::I32,
        StorageType::Val(ty) => ty,
    }
}
