//! The decisions of the collector, as hooks.
//!
//! The default body of each hook is the correct collector; [`Sound`] takes them
//! all. A known bug is a policy that overrides *one* of them with the logic that
//! once shipped. Hooks call each other through `self`, so an override is seen by
//! all the others.
//!
//! The rules that the defaults follow, and that the audit checks from outside:
//!
//! - Every root is forwarded: each register of each frame that the stack maps
//!   call a reference, and each slot outside the heap.
//! - Forwarding the references to one object gives the same copy every time:
//!   identity is what a program can see of an address.
//! - Forwarding is idempotent: a register that belongs to two frames (an
//!   argument, seen by caller and callee) is visited twice, and refers to
//!   to-space the second time.
//! - Every reference in every copy is forwarded before the flip.
//! - No address outlives a collection, except in a root.
//! - It is known that there is room for everything before anything moves. What
//!   else can go wrong is corruption, and a collection that finds one stops
//!   where it is.

use super::Core;
use crate::heap::{GcRef, HeapError, Roots, Shape};
use crate::types::Types;

/// What a hook returns that has nothing to say.
pub type Done = Result<(), HeapError>;

/// The hooks of a semi-space collector.
///
/// A *payload offset* counts from the end of the header. A *slot* is a reference
/// outside the heap.
pub trait Policy {
    /// The collector's name, by which verdicts know it. A name of its own keeps
    /// a variation apart from the collector it varies.
    fn name(&self) -> &'static str {
        "copying"
    }

    // ---- Types and values ----

    /// Learns new types, before the first object of any of them.
    fn learn_types(&mut self, core: &mut Core, types: &Types) {
        core.trace_info_mut().add(types);
    }

    /// Whether a value refers to an object: neither null nor an i31, told by
    /// the value alone.
    #[inline]
    fn is_object(&mut self, value: GcRef) -> bool {
        value.is_object()
    }

    // ---- Between collections ----

    /// Allocates an object. Nothing is in it yet but its header.
    #[inline]
    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        core.allocate(shape, payload)
    }

    /// Where an access to the object `r` goes: to the object. Code that keeps
    /// an address in a place no stack map tells of goes where the object was.
    #[inline]
    fn locate(&self, core: &Core, r: GcRef) -> GcRef {
        let _ = core;
        r
    }

    /// Whether to collect before the next allocation.
    #[inline]
    fn wants_collection(&self, core: &Core) -> bool {
        core.is_fresh()
    }

    // ---- Collection ----

    /// Collects: copies what the roots reach, and nothing else.
    fn collect(&mut self, core: &mut Core, roots: &mut dyn Roots) -> Done {
        self.prepare(core)?;
        self.forward_stack(core, roots)?;
        self.forward_slots(core, roots)?;
        self.scan_copies(core)?;
        self.flip(core);
        core.finish_collection();
        Ok(())
    }

    /// Readies to-space.
    fn prepare(&mut self, core: &mut Core) -> Done {
        core.prepare()
    }

    /// To-space becomes the current semi-space, and from-space is emptied.
    fn flip(&mut self, core: &mut Core) {
        core.flip();
    }

    // ---- Roots ----

    /// Forwards what frames hold.
    fn forward_stack(&mut self, core: &mut Core, roots: &mut dyn Roots) -> Done {
        let mut outcome = Ok(());
        roots.stack(&mut |register| {
            if outcome.is_ok() {
                outcome = self.forward_register(core, register);
            }
        });
        outcome
    }

    /// Forwards what slots hold.
    fn forward_slots(&mut self, core: &mut Core, roots: &mut dyn Roots) -> Done {
        let mut outcome = Ok(());
        roots.slots(&mut |_, slot| {
            if outcome.is_ok() {
                outcome = self.forward_slot(core, slot);
            }
        });
        outcome
    }

    /// Forwards one register of a frame: the low half, the other one is zero.
    #[inline]
    fn forward_register(&mut self, core: &mut Core, register: &mut u64) -> Done {
        let value = GcRef::from_register(*register);
        if self.is_object(value) {
            *register = self.forward(core, value)?.register();
        }
        Ok(())
    }

    /// Forwards one slot.
    #[inline]
    fn forward_slot(&mut self, core: &mut Core, slot: &mut u32) -> Done {
        if self.is_object(GcRef(*slot)) {
            *slot = self.forward(core, GcRef(*slot))?.0;
        }
        Ok(())
    }

    // ---- Objects ----

    /// What a value becomes: a reference to an object one to its copy, which is
    /// made now if there is none. What refers to a copy already, and what
    /// refers to no object, stays.
    #[inline]
    fn forward(&mut self, core: &mut Core, value: GcRef) -> Result<GcRef, HeapError> {
        if !self.is_object(value) || self.is_copy(core, value) {
            return Ok(value);
        }
        if let Some(copy) = self.forwarding(core, value)? {
            return Ok(copy);
        }
        let copy = self.copy(core, value)?;
        self.store_forwarding(core, value, copy)?;
        Ok(copy)
    }

    /// Whether a reference is to an object in to-space.
    #[inline]
    fn is_copy(&mut self, core: &mut Core, value: GcRef) -> bool {
        core.to_space().is_allocated(value)
    }

    /// The address of the copy of an object in from-space, if it has one.
    #[inline]
    fn forwarding(&mut self, core: &mut Core, object: GcRef) -> Result<Option<GcRef>, HeapError> {
        core.from_space().forwarding(object)
    }

    /// Copies an object from from-space to to-space.
    #[inline(always)]
    fn copy(&mut self, core: &mut Core, object: GcRef) -> Result<GcRef, HeapError> {
        core.copy(object)
    }

    /// Leaves in an object the address of its copy.
    #[inline]
    fn store_forwarding(&mut self, core: &mut Core, object: GcRef, copy: GcRef) -> Done {
        core.from_space_mut().set_forwarding(object, copy)
    }

    /// Scans the copies in the order they were made, those made meanwhile too.
    fn scan_copies(&mut self, core: &mut Core) -> Done {
        while let Some(object) = core.next_to_scan() {
            self.scan(core, object)?;
        }
        Ok(())
    }

    /// Forwards every reference in an object in to-space.
    #[inline(always)]
    fn scan(&mut self, core: &mut Core, object: GcRef) -> Done {
        let shape = core.to_space().shape(object)?;
        if shape == Shape::Extern {
            return Ok(());
        }
        let layout = core.trace_info().of(shape)?;
        let fields = layout.traced();
        if layout.traced_elements {
            let len = core.to_space().array_len(object)?;
            self.scan_elements(core, object, len)?;
        }
        for field in fields {
            let offset = core.trace_info().traced(field)?;
            self.scan_field(core, object, offset)?;
        }
        Ok(())
    }

    /// Forwards the reference at a payload offset of an object in to-space.
    #[inline(always)]
    fn scan_field(&mut self, core: &mut Core, object: GcRef, offset: u64) -> Done {
        let old = core.to_space().load_ref(object, offset)?;
        if !self.is_object(old) {
            return Ok(());
        }
        let new = self.forward(core, old)?;
        core.to_space_mut().store_ref(object, offset, new)
    }

    /// Forwards the first `len` elements of an array in to-space: all of them.
    fn scan_elements(&mut self, core: &mut Core, array: GcRef, len: u32) -> Done {
        for at in core.to_space().element_words(array, 0, len)? {
            let old = core.to_space().word(at)?;
            if self.is_object(old) {
                let new = self.forward(core, old)?;
                core.to_space_mut().set_word(at, new.0)?;
            }
        }
        Ok(())
    }
}

/// The correct collector.
#[derive(Copy, Clone, Default, Debug)]
pub struct Sound;

impl Policy for Sound {}
