//! The types that instructions name: of casts, nulls, blocks and `select`.

use wasmparser::{BlockType, HeapType, Operator, RefType, ValType};

/// The reference types that an instruction names, as types of values. The type of a heap counts as
/// that of its nullable references.
pub(crate) fn annotations(op: &Operator<'_>) -> Vec<ValType> {
    let nullable = |heap: &HeapType| RefType::new(true, *heap).map(ValType::Ref);
    match op {
        Operator::RefNull { hty }
        | Operator::RefTestNonNull { hty }
        | Operator::RefTestNullable { hty }
        | Operator::RefCastNonNull { hty }
        | Operator::RefCastNullable { hty } => nullable(hty).into_iter().collect(),
        Operator::BrOnCast {
            from_ref_type,
            to_ref_type,
            ..
        }
        | Operator::BrOnCastFail {
            from_ref_type,
            to_ref_type,
            ..
        } => vec![ValType::Ref(*from_ref_type), ValType::Ref(*to_ref_type)],
        Operator::TypedSelect { ty } => vec![*ty],
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
            of_block(blockty)
        }
        Operator::TryTable { try_table } => of_block(&try_table.ty),
        _ => Vec::new(),
    }
}

fn of_block(ty: &BlockType) -> Vec<ValType> {
    match ty {
        BlockType::Type(ty) => vec![*ty],
        BlockType::Empty | BlockType::FuncType(_) => Vec::new(),
    }
}

/// Replaces one of the types that an instruction names.
pub(crate) fn annotate(op: &mut Operator<'_>, index: usize, ty: ValType) -> Option<()> {
    let reference = match ty {
        ValType::Ref(reference) => Some(reference),
        _ => None,
    };
    match op {
        Operator::RefNull { hty }
        | Operator::RefTestNonNull { hty }
        | Operator::RefTestNullable { hty }
        | Operator::RefCastNonNull { hty }
        | Operator::RefCastNullable { hty } => *hty = reference?.heap_type(),
        Operator::BrOnCast {
            from_ref_type,
            to_ref_type,
            ..
        }
        | Operator::BrOnCastFail {
            from_ref_type,
            to_ref_type,
            ..
        } => match index {
            0 => *from_ref_type = reference?,
            _ => *to_ref_type = reference?,
        },
        Operator::TypedSelect { ty: old } => *old = ty,
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
            *blockty = BlockType::Type(ty);
        }
        Operator::TryTable { try_table } => try_table.ty = BlockType::Type(ty),
        _ => return None,
    }
    Some(())
}
