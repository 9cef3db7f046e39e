//! Parts of type definitions.

use wasm_encoder::{
    CompositeInnerType, CompositeType, FieldType, StorageType, StructType, SubType, ValType,
};

/// A mutable field of this type.
pub(super) fn field(ty: ValType) -> FieldType {
    FieldType {
        element_type: StorageType::Val(ty),
        mutable: true,
    }
}

/// A mutable field of this storage type.
pub(super) fn packed(element_type: StorageType) -> FieldType {
    FieldType {
        element_type,
        mutable: true,
    }
}

/// A type with at most one supertype.
pub(super) fn sub(is_final: bool, supertype: Option<u32>, inner: CompositeInnerType) -> SubType {
    SubType {
        is_final,
        supertype_idxs: supertype.into_iter().collect(),
        composite_type: CompositeType {
            inner,
            shared: false,
            descriptor: None,
            describes: None,
        },
    }
}

/// A structure.
pub(super) fn object(fields: Vec<FieldType>) -> CompositeInnerType {
    CompositeInnerType::Struct(StructType {
        fields: fields.into_boxed_slice(),
    })
}

/// An array type, final and without a supertype.
pub(super) fn array(element: FieldType) -> SubType {
    let array = wasm_encoder::ArrayType(element);
    sub(true, None, CompositeInnerType::Array(array))
}
