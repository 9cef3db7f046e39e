//! The embedder of a case: a deterministic host, for any engine.
//!
//! A case says what its host does, and what an embedder sees of it is what engines are compared by.
//! Everything in between is here, once: which values the host makes up, which references it keeps,
//! which of them an argument means, how it answers a call. An engine implements [`EmbedderStore`],
//! and calls [`follow`], and [`answer`] when the module calls an import.
//! The heaps of this crate are run by it, and so is the runner for Wasmtime in `engines/wasmtime`.
//!
//! # Steps
//!
//! [`follow`] makes the imports, instantiates the module, and performs the steps of the plan in order.
//! A step may call an exported function, read or set an exported global or an element of an exported
//! table, drop a reference that the host keeps, or collect. One that traps or throws ends, and the
//! next one follows. After an instantiation that traps or throws no step follows.
//!
//! # Kept references
//!
//! The host keeps the references to objects that it sees: results, arguments of imported functions, and
//! exceptions that nobody has caught. Each is in a *handle*, a root, numbered from 0 in the order in
//! which the host meets the objects, which are compared by identity. Null and i31 values need none. The
//! host keeps 64 handles; it sees later references, but does not keep them. A step that drops a
//! reference counts the handles that are not null, and takes number `N` modulo their number.
//!
//! # Arguments
//!
//! | argument | for a reference |
//! |---|---|
//! | `null` | null, if the type has it; else as `auto` |
//! | `i31:N` | that i31, if the type has it; else as `auto` |
//! | `kept:N` | of the handles whose references have the type, number `N` modulo their number |
//! | a number | the same modulo one more, with a value made up in the last case |
//! | `auto` | the last of these handles |
//!
//! If no reference has the type, the host makes one up. If there is no such value, null is passed; and
//! if the type has no null, the call is not made ([`StepOutcome::NoArgument`]). While the arguments of a
//! call are made, those before are in handles of their own behind all others, null and i31 included:
//! `kept:N` may mean one of them. Where there are more than 128 handles, the first 64 and the last 64
//! are searched.
//!
//! # Answers
//!
//! The n-th call of the host performs act n modulo the number of acts of the case, if there are any,
//! and then makes a value for each result: null in one of eight, a kept reference that fits in four of
//! them, else a value made up. All follow from the number of the call and the import. A function named
//! [`COLLECT`] that is imported without parameters and results collects and does nothing else; it is not
//! recorded.
//!
//! # Values made up
//!
//! They follow from the place where they are needed: small numbers and edges, an i31, an external value
//! with a number below 1000, a structure or an array of zeros and nulls of the type or of the first type
//! that has such, or the first function of the type from some function on.

mod follow;
mod host;
mod imports;
mod kept;
mod steps;
mod values;

pub use follow::{Ends, StepEnd, follow};
pub use host::{COLLECT, Host, answer};
pub use imports::{Initial, no_params_no_results};
pub use kept::KeptValue;

use super::error::RunError;
use super::plan::Step;
use crate::engine::{Deed, Stop};
use crate::module::{ExportItem, ExternType};
use crate::observe::ObservedValue;
use crate::types::{HeapType, RefType, TypeId, ValType};

#[cfg(doc)]
use crate::observe::StepOutcome;

/// A store of an engine, with one module, as an embedder works with it.
///
/// Functions, globals and tables are those of the module, by their indices in it. Types are those of
/// [`Host::module`].
///
/// A method that cannot do what it is asked for says so with a [`Stop`]: a trap if the language has
/// one. Any other stop ends the run without an observation. An engine with reasons of its own keeps
/// them itself, and stops with [`Stop::GaveUp`].
pub trait EmbedderStore {
    /// A value. If it is a reference it need not be a root: it is not used any more after the store has
    /// allocated, collected or called anything.
    type Value: Copy;

    /// A call of an imported function, while it is answered.
    type Call: Copy;

    /// The host.
    fn host(&mut self) -> &mut Host;

    /// A number. `bits` are those of a float, and the low half of a vector, whose other half is 0.
    fn number(&mut self, bits: u64) -> Self::Value;

    /// Null, of any type.
    fn null(&mut self) -> Self::Value;

    /// The i31 with the lower 31 bits, as a value of any type.
    fn i31(&mut self, bits: u32) -> Self::Value;

    /// The first function of a type: of all functions that the store has so far, from number `start`
    /// modulo their number on, and after the last one again from the first. Before instantiation these
    /// are the imported functions so far. After it they are the functions of the module, by their indices,
    /// and then those of [`Initial::HostFunction`], in the order of the imports.
    fn function(&mut self, ty: HeapType, start: u64) -> Option<Self::Value>;

    /// A new external value.
    fn new_extern(&mut self, id: u32) -> Result<Self::Value, Stop>;

    /// A new structure or array of zeros and nulls. An array has `len` elements.
    fn new_default(&mut self, ty: TypeId, len: u32) -> Result<Self::Value, Stop>;

    /// A value that is no reference to an object; `None` for one that is.
    fn plain(&mut self, ty: ValType, value: Self::Value) -> Option<ObservedValue>;

    /// The number of handles, including those that are null.
    fn handles(&self) -> usize;

    /// Whether a handle is null.
    fn is_null(&self, handle: u32) -> bool;

    /// Whether a handle has the reference to the same object as a reference that is not null. An external
    /// value is the same as its internal form.
    fn holds(&mut self, handle: u32, reference: Self::Value) -> bool;

    /// Whether the reference in a handle that is not null has a type. An internalised external value has
    /// [`HeapType::Any`] and no other. A structure has [`HeapType::Extern`], too.
    fn has_type(&mut self, handle: u32, ty: RefType) -> Result<bool, Stop>;

    /// The reference in a handle. Null if the handle is null.
    fn handle(&mut self, handle: u32) -> Self::Value;

    /// Adds a handle, which roots the reference.
    fn add_handle(&mut self, reference: Self::Value) -> Result<u32, Stop>;

    /// Makes a handle null.
    fn drop_handle(&mut self, handle: u32) -> Result<(), Stop>;

    /// Removes all handles but the first `keep`. Their references may be used in the next call.
    fn pop_handles(&mut self, keep: usize) -> Result<(), Stop>;

    /// Moves the exception of the last [`Stop::Exception`] into a new handle.
    fn take_exception(&mut self) -> Result<u32, Stop>;

    /// Makes the next import. A value is given where the import is a global, or a table that is not
    /// empty and whose elements are not null.
    fn import(
        &mut self,
        import: u32,
        ty: ExternType,
        initial: Initial<Self::Value>,
    ) -> Result<(), Stop>;

    /// Instantiates the module with all imports made before, its start function included.
    ///
    /// # Errors
    ///
    /// [`RunError::Import`] if the imports do not fit.
    fn instantiate(&mut self) -> Result<(), RunError>;

    /// Calls a function, and returns its results.
    fn call(&mut self, func: u32, args: &[Self::Value]) -> Result<Vec<Self::Value>, Stop>;

    /// Sets a result of a call that is being answered.
    fn set_result(
        &mut self,
        call: Self::Call,
        index: usize,
        value: Self::Value,
    ) -> Result<(), Stop>;

    /// The value of a global.
    fn global(&mut self, global: u32) -> Self::Value;

    /// Sets a global, which is mutable.
    fn set_global(&mut self, global: u32, value: Self::Value) -> Result<(), Stop>;

    /// An element of a table. `None` if it is out of bounds.
    fn element(&mut self, table: u32, index: u32) -> Option<Self::Value>;

    /// Sets an element of a table, which is within its bounds.
    fn set_element(&mut self, table: u32, index: u32, value: Self::Value) -> Result<(), Stop>;

    /// Collects.
    fn collect(&mut self) -> Result<(), Stop>;

    /// Whether an item that the module exports exists by now: not during an instantiation that has not
    /// come so far.
    fn has_item(&mut self, item: ExportItem) -> bool;

    /// What the embedder is doing, for an engine that wants to know.
    fn deed(&self) -> Deed {
        Deed::default()
    }

    /// Is told what the embedder does from now on.
    fn begin(&mut self, _deed: Deed) -> Result<(), Stop> {
        Ok(())
    }

    /// Is told how a step has ended. `None` is instantiation.
    fn ended(&mut self, _step: Option<&Step>, _end: &StepEnd) -> Result<(), Stop> {
        Ok(())
    }

    /// Pays for work; see [`Limits::work`](crate::engine::Limits::work).
    fn spend(&mut self, _work: u64) -> Result<(), Stop> {
        Ok(())
    }

    /// Pays for bytes of memory that the host takes.
    fn note_bytes(&mut self, _bytes: u64) -> Result<(), Stop> {
        Ok(())
    }
}
