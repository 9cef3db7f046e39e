//! Actors on a heap, and places in a module.

/// A place in a module.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Location {
    /// The instance.
    pub instance: u32,
    /// Index in the module's function space; `None` in a constant expression.
    pub func: Option<u32>,
    /// Byte offset of the operator in the module.
    pub offset: u32,
}

/// An actor on a heap.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// An instruction of a module.
    Instruction(Location),
    /// The embedder.
    Embedder(Deed),
}

/// An embedder's current action, as announced with
/// [`Store::begin`](super::Store::begin).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Deed {
    /// The kind of action.
    pub act: Act,
    /// The step of the embedder's plan, counted from 1.
    pub step: Option<u32>,
    /// The call of a host function during which the embedder acts.
    pub host_call: Option<HostDeed>,
}

/// An embedder's action during a call of a host function.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct HostDeed {
    /// The id of the host function.
    pub func: u32,
    /// Number of its act during such calls, counted from 1. `None` while it
    /// takes the arguments and makes the results.
    pub act: Option<u32>,
}

/// A kind of embedder action.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Act {
    /// Instantiates a module.
    Instantiation,
    /// Makes arguments or takes results of a call, in either direction.
    #[default]
    Call,
    /// Reads or sets a global.
    Global,
    /// Reads or sets an element of a table.
    Table,
    /// Releases a reference.
    Drop,
    /// Collects.
    Collect,
    /// Ends the run.
    End,
}

/// The cause of a change to a heap.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    /// The actor.
    pub actor: Actor,
    /// Whether the change was made by a collection that ran for the actor, not
    /// by the actor itself.
    pub collection: bool,
}
