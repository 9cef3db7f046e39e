//! Moments at which an inspector examines a store, and owners of references.

use std::fmt;

/// How often to call an inspector. Each value includes the ones before.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grain {
    /// Once, when the plan is done.
    End,
    /// After every collection of a heap that frees.
    Collection,
    /// After every call from the host.
    Call,
    /// Before every collection.
    Collecting,
    /// Before every instruction that touches the heap and every act of the embedder, and after every
    /// collection of any heap.
    Every,
}

/// The point of execution at which the inspector is called.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Point {
    /// Before an instruction that touches the heap, or an act of the embedder.
    Operation,
    /// Before a collection.
    Collecting,
    /// After a collection.
    Collection,
    /// After a call from the host has returned, trapped or thrown.
    Call,
    /// After the plan and a last collection.
    End,
    /// When the heap has just found itself corrupt.
    Corruption,
}

/// The owner of a reference outside the heap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Owner {
    /// A global, by its index in the store.
    Global(u32),
    /// An element of a table, by their indices.
    Table(u32, u32),
    /// An element of a segment: instance, segment, element.
    Segment(u32, u32, u32),
    /// The exception being thrown.
    Pending,
    /// A handle of the host.
    Handle(u32),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Global(i) => write!(f, "global {i}"),
            Owner::Table(i, j) => write!(f, "element {j} of table {i}"),
            Owner::Segment(_, j, k) => write!(f, "element {k} of segment {j}"),
            Owner::Pending => f.write_str("the pending exception"),
            Owner::Handle(i) => write!(f, "host handle {i}"),
        }
    }
}

/// A request by the inspector to stop the run.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Halt;
