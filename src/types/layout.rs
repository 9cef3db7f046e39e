//! Offsets of fields in an object's *payload*, the part behind the header. The
//! language fixes them. They are computed once per type, so that compiled code
//! can carry an offset that all byte-addressed heaps share.

use super::{FieldType, StorageType, ValType};

/// How a value is stored: its width, and whether the collector traces it.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum StorageKind {
    /// One byte.
    B8,
    /// Two bytes.
    B16,
    /// Four bytes: `i32` and `f32`.
    B32,
    /// Eight bytes: `i64` and `f64`.
    B64,
    /// Sixteen bytes: `v128`.
    B128,
    /// A four-byte reference that may point into the heap.
    Gc,
    /// A four-byte function reference, of no interest to a collector.
    Func,
}

impl StorageKind {
    /// The width in bytes.
    pub const fn width(self) -> u32 {
        match self {
            StorageKind::B8 => 1,
            StorageKind::B16 => 2,
            StorageKind::B32 | StorageKind::Gc | StorageKind::Func => 4,
            StorageKind::B64 => 8,
            StorageKind::B128 => 16,
        }
    }

    /// The alignment in bytes: the width, at most eight.
    pub const fn align(self) -> u32 {
        match self {
            StorageKind::B128 => 8,
            kind => kind.width(),
        }
    }

    /// The number of 64-bit registers that a value takes.
    pub const fn registers(self) -> usize {
        match self {
            StorageKind::B128 => 2,
            _ => 1,
        }
    }
}

/// Payload offset of the first element of an array. The payload starts with
/// the length, a `u32`, followed by four bytes of padding.
pub const ARRAY_ELEMENTS: u32 = 8;

/// One field of a structure: its position, offset and storage.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    /// Its position in the type.
    pub index: u32,
    /// Byte offset in the payload.
    pub offset: u32,
    /// How it is stored.
    pub kind: StorageKind,
}

/// The payload of a structure.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StructLayout {
    /// Every field in order of declaration.
    pub fields: Box<[Field]>,
    /// Payload size in bytes, rounded up to a multiple of eight.
    pub size: u32,
}

impl StructLayout {
    /// Lays out `fields` in order, each naturally aligned, from byte `start` on.
    pub fn of_fields(start: u32, fields: impl Iterator<Item = StorageKind>) -> StructLayout {
        let mut offset = start;
        let fields = fields
            .enumerate()
            .map(|(index, kind)| {
                offset = offset.next_multiple_of(kind.align());
                let field = Field {
                    index: index as u32,
                    offset,
                    kind,
                };
                offset += kind.width();
                field
            })
            .collect();
        StructLayout {
            fields,
            size: offset.next_multiple_of(8),
        }
    }

    /// The layout of a structure type.
    pub fn of_struct(fields: &[FieldType]) -> StructLayout {
        Self::of_fields(0, fields.iter().map(|f| f.storage.storage_kind()))
    }

    /// The layout of an exception whose tag has these parameters. The payload
    /// starts with the tag, a `u32`.
    pub fn of_exception(params: &[ValType]) -> StructLayout {
        Self::of_fields(
            4,
            params.iter().map(|p| StorageType::Val(*p).storage_kind()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_naturally_aligned_and_keep_their_order() {
        let layout = StructLayout::of_fields(
            0,
            [
                StorageKind::B8,
                StorageKind::B16,
                StorageKind::Gc,
                StorageKind::B8,
                StorageKind::B64,
            ]
            .into_iter(),
        );
        let offsets: Vec<u32> = layout.fields.iter().map(|f| f.offset).collect();
        assert_eq!(offsets, [0, 2, 4, 8, 16]);
        assert_eq!(layout.size, 24);
    }

    #[test]
    fn the_empty_structure_has_no_payload() {
        assert_eq!(StructLayout::of_fields(0, std::iter::empty()).size, 0);
    }
}
