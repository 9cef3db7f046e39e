//! What every heap says about an object.

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
    /// The run-time type, or `None` if the header names none.
    pub shape: Option<Shape>,
    /// Length of an array, 0 for everything else.
    pub len: u32,
    /// The reference count, in a counting heap.
    pub count: Option<u32>,
    /// Whether the header says that the object is in the stack-root list.
    pub listed: bool,
}
