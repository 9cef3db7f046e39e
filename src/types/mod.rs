//! The types of WebAssembly 3.0: values, fields, recursion groups, subtyping,
//! and the layout that the *language* gives to fields.
//!
//! Everything here is independent of any heap. A [`TypeId`] is canonical within
//! one [`Types`] registry: two modules that define the same recursion group get
//! the same ids, as *type equivalence* demands (spec section 3.1, "Defined
//! types"), so that objects may cross instances.

mod layout;
mod print;
mod registry;
mod subtype;
mod value;

pub use layout::{ARRAY_ELEMENTS, Field, StorageKind, StructLayout};
pub use registry::{Entry, TypeId, Types};
pub use value::{
    Composite, FieldType, FuncType, HeapType, RefType, StorageType, SubType, ValType, registers,
};
