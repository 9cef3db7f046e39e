//! What acts on a heap, and where in a module.

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

/// What acts on a heap.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// An instruction of a module.
    Instruction(Location),
    /// The embedder.
    Embedder(Deed),
}

/// What an embedder is doing, as far as it has told with [`Store::begin`](super::Store::begin).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Deed {
    /// What.
    pub act: Act,
    /// The step of the embedder's plan, counted from 1.
    pub step: Option<u32>,
    /// The call of a host function in which it acts.
    pub host_call: Option<HostDeed>,
}

/// What an embedder is doing in a call of a host function.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct HostDeed {
    /// The id of the host function.
    pub func: u32,
    /// Which of the things that it does in such calls, counted from 1; `None`
    /// while it takes the arguments and makes the results.
    pub act: Option<u32>,
}

/// A kind of thing that an embedder does.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Act {
    /// It instantiates a module.
    Instantiation,
    /// It makes arguments and takes results of a call, in either direction.
    #[default]
    Call,
    /// It reads or sets a global.
    Global,
    /// It reads or sets an element of a table.
    Table,
    /// It releases a reference.
    Drop,
    /// It collects.
    Collect,
    /// It ends the run.
    End,
}

/// What has changed a heap.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    /// What was acting.
    pub actor: Actor,
    /// Whether a collection did it, and not the actor, for which the collection
    /// ran.
    pub collection: bool,
}
