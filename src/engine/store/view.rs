//! The inspector's view of a store.

use super::Store;
use super::roots::visit_frame;
use crate::engine::actor::{Actor, Cause, Location};
use crate::engine::inspection::{Owner, Point};
use crate::heap::{CodePoint, GcRef, Heap};
use crate::module::Module;

/// A store during its run, with the registers of its frames.
pub struct View<'a, H> {
    /// The store.
    pub store: &'a Store<H>,
    pub(super) stack: &'a [u64],
}

/// A frame, as an inspector sees it.
#[derive(Copy, Clone, Debug)]
pub struct FrameView<'a> {
    /// The instruction that it is at.
    pub location: Location,
    /// The same in compiled code. `None` in a frame that holds the arguments of a host call.
    pub code: Option<CodePoint>,
    /// Its registers.
    pub registers: &'a [u64],
}

impl<H: Heap> View<'_, H> {
    /// Calls `visit` for every register that the stack maps mark as a
    /// reference, outermost frame first, with the index and the place of its frame, and its value.
    pub fn frame_references(&self, mut visit: impl FnMut((u32, Location), u16, GcRef)) {
        let store = self.store;
        let frames = store.machine.frames.iter().chain(&store.current);
        for (index, frame) in (0..).zip(frames) {
            let location = store.location(frame);
            visit_frame(&store.instances, &store.types, frame, |register| {
                let value = self.stack[frame.base as usize + usize::from(register)];
                visit((index, location), register, GcRef::from_register(value));
            });
        }
    }

    /// Calls `visit` for every slot outside the heap that owns a reference into
    /// it, in a fixed order.
    pub fn owners(&self, mut visit: impl FnMut(Owner, GcRef)) {
        self.owner_slots(|owner, slot| visit(owner, GcRef(*slot)));
    }

    /// The same, with the slot itself.
    pub fn owner_slots(&self, mut visit: impl FnMut(Owner, &u32)) {
        let store = self.store;
        for (i, global) in store.globals.iter().enumerate() {
            if global.ty.value.is_gc() {
                visit(
                    Owner::Global(i as u32),
                    &store.ref_globals[global.slot as usize],
                );
            }
        }
        for (i, table) in store.tables.iter().enumerate().filter(|(_, t)| t.gc) {
            for (j, value) in table.elements.iter().enumerate() {
                visit(Owner::Table(i as u32, j as u32), value);
            }
        }
        for (i, instance) in store.instances.iter().enumerate() {
            for (j, segment) in instance.elements.iter().enumerate() {
                if segment.gc {
                    for (k, value) in segment.refs.iter().enumerate() {
                        let owner = Owner::Segment(i as u32, j as u32, k as u32);
                        visit(owner, value);
                    }
                }
            }
        }
        visit(Owner::Pending, &store.pending);
        for (i, value) in store.handles.iter().enumerate() {
            visit(Owner::Handle(i as u32), value);
        }
    }

    /// The cause of changes to the heap since the inspector was last called.
    /// Accurate only with [`Grain::Every`](crate::engine::Grain::Every): at a
    /// coarser grain several actors may have acted in between. An instruction that collects is named at
    /// any grain, as `Point::Collection`.
    pub fn cause(&self, point: Point) -> Option<Cause> {
        let store = self.store;
        let standing = || match &store.current {
            Some(frame) => Some(Actor::Instruction(store.location(frame))),
            None => store.last_actor,
        };
        let cause =
            |actor: Option<Actor>, collection| actor.map(|actor| Cause { actor, collection });
        match point {
            Point::Operation | Point::Collecting | Point::Call => cause(store.last_actor, false),
            Point::Collection | Point::End => cause(standing(), true),
            Point::Corruption => cause(standing(), store.collecting),
        }
    }

    /// The frames, outermost first. The last one runs, unless the host does.
    pub fn frames(&self) -> impl Iterator<Item = FrameView<'_>> {
        let store = self.store;
        let frames = store.machine.frames.iter().chain(&store.current);
        frames.map(move |frame| {
            // A frame may be about to be entered, and end beyond the stack.
            let end = self.stack.len().min(frame.top as usize);
            FrameView {
                location: store.location(frame),
                code: frame.code_point(),
                registers: self.stack.get(frame.base as usize..end).unwrap_or_default(),
            }
        })
    }

    /// Whether the running frame is at its entry, and not at its first instruction.
    pub fn is_entering(&self) -> bool {
        self.store.entering
    }

    /// The fuel that is left.
    pub fn fuel(&self) -> u64 {
        self.store.machine.fuel
    }

    /// The number of calls that have ended with a trap, as far as operations were inspected.
    pub fn traps(&self) -> u64 {
        self.store.traps
    }

    /// The module of an instance.
    pub fn module(&self, instance: u32) -> &Module {
        &self.store.instances[instance as usize].module
    }
}
