//! Roots of a collection: frames and slots outside the heap.

/// The live references outside the heap, as a collection sees them.
///
/// Each method may be called several times during a collection. It visits the
/// same places in the same order, each place once.
pub trait Roots {
    /// Visits every non-null register of a frame that the stack maps list as a
    /// reference. A moving collector may overwrite it.
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64));

    /// Visits every slot that owns its reference: reference globals, tables,
    /// element segments, the pending exception, host handles. A slot may hold
    /// null or an i31. A moving collector may overwrite it. Tables and globals
    /// of function references are not visited.
    fn slots(&mut self, visit: &mut dyn FnMut(RootSlot, &mut u32));

    /// Visits every frame, outermost first, with all its registers, regardless
    /// of the stack maps: for a conservative collector, or one with its own
    /// maps.
    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>));
}

/// A frame as memory: its registers, and its current instruction.
#[derive(Debug)]
pub struct RawFrame<'a> {
    /// Its registers. A moving collector may overwrite references.
    pub registers: &'a mut [u64],
    /// Registers that the stack maps list as references, locals first.
    pub references: Vec<u16>,
    /// The function and instance that run in it, and the instruction; `None`
    /// for the arguments and results of a call to the host.
    pub code: Option<CodePoint>,
    /// Whether it is the innermost frame.
    pub running: bool,
}

/// An instruction of compiled code.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CodePoint {
    /// The instance.
    pub instance: u32,
    /// Index of the body among the module's compiled bodies.
    pub body: u32,
    /// Index of the instruction in the module's compiled code.
    pub pc: u32,
}

/// The kind of a slot outside the heap. Heaps may ignore it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RootSlot {
    /// The global with this index in the store.
    Global(u32),
    /// An element of the table with this index in the store.
    Table(u32),
    /// An element of a segment: the instance, and the segment's index there.
    Segment(u32, u32),
    /// The pending exception.
    Pending,
    /// The host's handle with this number, or a value on its way from or to the
    /// host.
    Handle(u32),
}
