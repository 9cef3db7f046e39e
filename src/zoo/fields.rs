//! Fields of the external hierarchy, for faults that make wrong assumptions
//! about them.

use crate::types::{Composite, HeapType, RefType, StorageType, TypeId, Types, ValType};

/// Whether values of this kind are external by their static type.
pub fn is_extern(storage: StorageType) -> bool {
    let StorageType::Val(ValType::Ref(RefType { heap, .. })) = storage else {
        return false;
    };
    matches!(heap, HeapType::Extern | HeapType::NoExtern)
}

/// The fields of structures with such types: type and payload offset.
pub fn extern_fields(types: &Types) -> Vec<(TypeId, u64)> {
    let mut found = Vec::new();
    for (id, entry) in types.iter() {
        if let Composite::Struct(fields) = &entry.sub.composite {
            let fields = fields.iter().zip(&entry.layout.fields);
            let fields = fields.filter(|(field, _)| is_extern(field.storage));
            found.extend(fields.map(|(_, at)| (id, u64::from(at.offset))));
        }
    }
    found
}
