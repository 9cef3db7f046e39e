//! Reference types that sequences and appended items use.

use wasm_encoder::{AbstractHeapType, BlockType, HeapType, RefType, ValType};

/// A nullable reference to the type at `index`.
pub(super) fn nullable(index: u32) -> RefType {
    RefType {
        nullable: true,
        heap_type: HeapType::Concrete(index),
    }
}

/// The abstract heap type `ty`, unshared.
pub(super) const fn heap(ty: AbstractHeapType) -> HeapType {
    HeapType::Abstract { shared: false, ty }
}

/// eqref, as a heap type.
pub(super) const EQ: HeapType = heap(AbstractHeapType::Eq);
/// exnref, as a heap type.
pub(super) const EXN: HeapType = heap(AbstractHeapType::Exn);
/// structref, as a heap type.
pub(super) const STRUCT: HeapType = heap(AbstractHeapType::Struct);
/// arrayref, as a heap type.
pub(super) const ARRAY: HeapType = heap(AbstractHeapType::Array);
/// nullref, as a heap type.
pub(super) const NONE: HeapType = heap(AbstractHeapType::None);
/// A block with an eqref as its result.
pub(super) const EQ_BLOCK: BlockType = BlockType::Result(ValType::Ref(RefType::EQREF));
