//! When an inspector looks at a store, and what it can be shown.

use std::fmt;

/// How often an inspector wants to look. Each includes the ones before.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grain {
    /// Once, when the plan is done.
    End,
    /// After every collection of a heap that frees.
    Collection,
    /// After every call from the host.
    Call,
    /// Before every instruction that touches the heap, every act of the embedder
    /// and every collection, and after every collection of any heap.
    Every,
}

/// Where execution stands when the inspector is called.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Point {
    /// About to execute an instruction that touches the heap, or to let the
    /// embedder act, or to collect.
    Operation,
    /// A collection has just run.
    Collection,
    /// A call from the host has returned, trapped or thrown.
    Call,
    /// The plan is done, and a last collection has just run.
    End,
    /// The heap has just found itself corrupt.
    Corruption,
}

/// Who holds a reference outside the heap.
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

/// An inspector's wish that the run end here.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Halt;
