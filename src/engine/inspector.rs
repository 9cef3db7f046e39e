//! Looking at a store while it runs: the door for the oracle.

use super::budget::Resource;
use super::store::Store;
use crate::heap::{GcRef, Heap};
use crate::module::Module;
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

/// What an embedder is doing, as far as it has told with [`Store::begin`].
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

/// A store at a moment of its run, with the registers of its frames.
pub struct View<'a, H> {
    /// The store.
    pub store: &'a Store<H>,
    pub(super) stack: &'a [u64],
}

impl<H: Heap> View<'_, H> {
    /// Calls `visit` with every register that the stack maps call a reference:
    /// the function it belongs to, outermost frame first, and its value.
    pub fn frame_references(&self, mut visit: impl FnMut(Location, u16, GcRef)) {
        let frames = self.store.machine.frames.iter().chain(&self.store.current);
        for frame in frames {
            let location = self.store.location(frame);
            frame.visit(self.store, |register| {
                let value = self.stack[frame.base as usize + usize::from(register)];
                visit(location, register, GcRef::from_register(value));
            });
        }
    }

    /// Calls `visit` with every slot outside the heap that owns a reference
    /// into it, in a fixed order.
    pub fn owners(&self, mut visit: impl FnMut(Owner, GcRef)) {
        let store = self.store;
        for (i, global) in store.globals.iter().enumerate() {
            if global.ty.value.is_gc() {
                let value = store.ref_globals[global.slot as usize];
                visit(Owner::Global(i as u32), GcRef(value));
            }
        }
        for (i, table) in store.tables.iter().enumerate().filter(|(_, t)| t.gc) {
            for (j, value) in table.elements.iter().enumerate() {
                visit(Owner::Table(i as u32, j as u32), GcRef(*value));
            }
        }
        for (i, instance) in store.instances.iter().enumerate() {
            for (j, segment) in instance.elements.iter().enumerate() {
                if segment.gc {
                    for (k, value) in segment.refs.iter().enumerate() {
                        let owner = Owner::Segment(i as u32, j as u32, k as u32);
                        visit(owner, GcRef(*value));
                    }
                }
            }
        }
        visit(Owner::Pending, GcRef(store.pending));
        for (i, value) in store.handles.iter().enumerate() {
            visit(Owner::Handle(i as u32), GcRef(*value));
        }
    }

    /// What has changed the heap since the inspector was last called, if it is
    /// called as often as [`Grain::Every`] says. At a coarser grain more may have
    /// happened in between.
    pub fn cause(&self, point: Point) -> Option<Cause> {
        let store = self.store;
        let standing = || match &store.current {
            Some(frame) => Some(Actor::Instruction(store.location(frame))),
            None => store.last_actor,
        };
        let cause =
            |actor: Option<Actor>, collection| actor.map(|actor| Cause { actor, collection });
        match point {
            Point::Operation | Point::Call => cause(store.last_actor, false),
            Point::Collection | Point::End => cause(standing(), true),
            Point::Corruption => cause(standing(), store.collecting),
        }
    }

    /// The module of an instance.
    pub fn module(&self, instance: u32) -> &Module {
        &self.store.instances[instance as usize].module
    }
}

/// An inspector's wish that the run end here.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Halt;

/// Someone who looks at a run.
pub trait Inspector<H: Heap> {
    /// How often to be called.
    fn grain(&self) -> Grain;

    /// Looks. `Err` stops the run; the inspector remembers why.
    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt>;

    /// Bytes of memory that the run may take, where that is less than its limits
    /// say.
    fn footprint(&self) -> u64 {
        u64::MAX
    }

    /// What looking would need more of than the run may have, if that is why the
    /// inspector has stopped it.
    fn over_budget(&self) -> Option<Resource> {
        None
    }

    /// Takes, in words, why the inspector has last stopped a run or would have.
    /// `line` knows the lines of instructions in the modules' text.
    fn complaint(&mut self, line: &dyn Fn(Location) -> Option<u32>) -> Option<String> {
        let _ = line;
        None
    }

    /// Whether it is a failure if a heap notices that it is corrupt. (It ends the
    /// run either way.)
    fn minds_corruption(&self) -> bool {
        true
    }
}

/// An inspector that does not look.
#[derive(Copy, Clone, Debug, Default)]
pub struct NoInspector;

impl<H: Heap> Inspector<H> for NoInspector {
    fn grain(&self) -> Grain {
        Grain::End
    }

    fn inspect(&mut self, _: Point, _: View<'_, H>) -> Result<(), Halt> {
        Ok(())
    }
}
