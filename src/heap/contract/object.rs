//! Object types and headers, common to all heaps.

use crate::types::TypeId;

/// The run-time type of an object.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    /// A structure.
    Struct(TypeId),
    /// An array.
    Array(TypeId),
    /// An exception; the function type of its tag.
    Exception(TypeId),
    /// An external value of the host.
    Extern,
}

/// An object's header, decoded.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The run-time type; `None` if the header names none.
    pub shape: Option<Shape>,
    /// Length of an array, 0 for other objects.
    pub len: u32,
    /// The reference count, in a counting heap.
    pub count: Option<u32>,
    /// Whether the header marks the object as a member of the stack-root list.
    pub listed: bool,
}

impl Header {
    /// The header of an object without a reference count.
    pub fn new(shape: Shape, len: u32) -> Header {
        Header {
            shape: Some(shape),
            len,
            count: None,
            listed: false,
        }
    }
}

/// An object to be allocated: its type, and its immutable properties.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum NewObject {
    /// A structure of this type.
    Struct(TypeId),
    /// An array of this type and length.
    Array(TypeId, u32),
    /// An exception: the function type of its tag, and the tag's index in the
    /// store.
    Exception(TypeId, u32),
    /// An external value: the host's number for it.
    Extern(u32),
}

impl NewObject {
    /// The run-time type of the object.
    pub fn shape(self) -> Shape {
        match self {
            NewObject::Struct(ty) => Shape::Struct(ty),
            NewObject::Array(ty, _) => Shape::Array(ty),
            NewObject::Exception(ty, _) => Shape::Exception(ty),
            NewObject::Extern(_) => Shape::Extern,
        }
    }

    /// The tag of an exception, or the host's number for an external value; zero
    /// for a structure or an array.
    pub fn word(self) -> u32 {
        match self {
            NewObject::Exception(_, word) | NewObject::Extern(word) => word,
            NewObject::Struct(_) | NewObject::Array(..) => 0,
        }
    }
}
