//! Positions of values inside objects.

use crate::heap::trace_info;
use crate::types::{Field, StorageKind};

/// The position of a value inside an object.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A field of a structure or of an exception's payload.
    Field(Field),
    /// An element of an array.
    Element {
        /// Its index.
        index: u32,
        /// How it is stored.
        kind: StorageKind,
    },
}

impl Place {
    /// How the value is stored.
    pub fn kind(self) -> StorageKind {
        match self {
            Place::Field(field) => field.kind,
            Place::Element { kind, .. } => kind,
        }
    }

    /// The offset of its first byte in the payload.
    #[inline]
    pub(crate) fn offset(self) -> u64 {
        match self {
            Place::Field(field) => u64::from(field.offset),
            Place::Element { index, kind } => trace_info::element_offset(index, kind),
        }
    }
}
