//! What a collection is told of: frames and slots outside the heap.

/// The live references outside the heap, as a collection sees them.
pub trait Roots {
    /// Visits every register of a frame that the stack maps call a reference,
    /// unless it holds null. A moving collector may overwrite it.
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64));

    /// Visits every slot that owns its reference: reference globals, tables,
    /// element segments, the pending exception, host handles.
    fn slots(&mut self, visit: &mut dyn FnMut(Slot, &mut u32));

    /// Visits every frame, outermost first, with all its registers, whatever
    /// the stack maps say of them: for a collector that guesses which of them
    /// are references, or that has maps of its own.
    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>));
}

/// A frame as memory: registers, and the instruction it is at.
#[derive(Debug)]
pub struct RawFrame<'a> {
    /// Its registers. A moving collector may overwrite references.
    pub registers: &'a mut [u64],
    /// Which of them the stack maps call references, locals first.
    pub references: Vec<u16>,
    /// Which function of which instance runs in it, and where: `None` for the
    /// arguments and results of a call to the host.
    pub code: Option<CodePoint>,
    /// Whether it is the innermost one.
    pub running: bool,
}

/// An instruction of compiled code.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CodePoint {
    /// The instance.
    pub instance: u32,
    /// Which of its module's compiled bodies.
    pub body: u32,
    /// Which instruction of its module's compiled code.
    pub pc: u32,
}

/// What a slot outside the heap is. Heaps need not care.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Slot {
    /// The global of this index in the store.
    Global(u32),
    /// An element of the table of this index in the store.
    Table(u32),
    /// An element of a segment: the instance, and the segment's index there.
    Segment(u32, u32),
    /// The pending exception.
    Pending,
    /// The host's handle of this number, or a value on its way from or to the
    /// host.
    Handle(u32),
}
