//! The decisions of the collector, as hooks.
//!
//! The default body of each hook is the correct collector; [`Sound`] uses them
//! all. A known bug is a policy that overrides *one* hook with the logic that
//! once shipped. Hooks call each other through `self`, so all others see an
//! override.
//!
//! The rules that the defaults follow, and that the audit checks from outside:
//!
//! - Every root is forwarded: each register of each frame that the stack maps
//!   list as a reference, and each slot outside the heap.
//! - Forwarding the references to one object gives the same copy every time:
//!   identity is all that a program can see of an address.
//! - Forwarding is idempotent: a register that belongs to two frames (an
//!   argument, seen by caller and callee) is visited twice, and refers to
//!   to-space the second time.
//! - Every reference in every copy is forwarded before the flip.
//! - No address outlives a collection, except in a root.
//! - Room for all copies is reserved before any object moves. Any later failure
//!   is corruption, and a collection that finds one stops at once.

use super::Core;
use crate::heap::{GcRef, HeapError, Roots, Shape};
use crate::types::Types;

/// The result of a hook that returns no value.
pub type HeapResult = Result<(), HeapError>;

/// The hooks of a semi-space collector.
///
/// A *payload offset* counts from the end of the header. A *slot* is a reference
/// outside the heap.
pub trait Policy {
    /// The collector's name in verdicts. A distinct name keeps a variant apart
    /// from the collector it varies.
    fn name(&self) -> &'static str {
        "copying"
    }

    // ---- Types and values ----

    /// Learns new types, before the first object of any of them.
    fn learn_types(&mut self, core: &mut Core, types: &Types) {
        core.trace_info_mut().add(types);
    }

    /// Whether a value refers to an object, by the value alone: neither null
    /// nor an i31.
    #[inline]
    fn is_object(&mut self, value: GcRef) -> bool {
        value.is_object()
    }

    // ---- Between collections ----

    /// Allocates an object. Only its header is initialised.
    #[inline]
    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        core.allocate(shape, payload)
    }

    /// The address for an access to the object `r`: its own. Code that keeps an
    /// address where no stack map lists it would access the old address.
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

    /// Collects: copies the objects that the roots reach, and no others.
    fn collect(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        self.prepare(core)?;
        self.forward_stack(core, roots)?;
        self.forward_slots(core, roots)?;
        self.scan_copies(core)?;
        self.flip(core);
        core.finish_collection();
        Ok(())
    }

    /// Prepares to-space.
    fn prepare(&mut self, core: &mut Core) -> HeapResult {
        core.prepare()
    }

    /// Makes to-space the current semi-space, and empties from-space.
    fn flip(&mut self, core: &mut Core) {
        core.flip();
    }

    // ---- Roots ----

    /// Forwards the references in frames.
    fn forward_stack(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        let mut outcome = Ok(());
        roots.stack(&mut |register| {
            if outcome.is_ok() {
                outcome = self.forward_register(core, register);
            }
        });
        outcome
    }

    /// Forwards the references in slots.
    fn forward_slots(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        let mut outcome = Ok(());
        roots.slots(&mut |_, slot| {
            if outcome.is_ok() {
                outcome = self.forward_slot(core, slot);
            }
        });
        outcome
    }

    /// Forwards the reference in the low half of a frame's register; the high
    /// half is zero.
    #[inline]
    fn forward_register(&mut self, core: &mut Core, register: &mut u64) -> HeapResult {
        let value = GcRef::from_register(*register);
        if self.is_object(value) {
            *register = self.forward(core, value)?.register();
        }
        Ok(())
    }

    /// Forwards one slot.
    #[inline]
    fn forward_slot(&mut self, core: &mut Core, slot: &mut u32) -> HeapResult {
        if self.is_object(GcRef(*slot)) {
            *slot = self.forward(core, GcRef(*slot))?.0;
        }
        Ok(())
    }

    // ---- Objects ----

    /// The forwarded value: for a reference to an object a reference to its
    /// copy, which is made now if there is none. References to copies, and
    /// values that refer to no object, stay the same.
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

    /// Stores the address of its copy in an object.
    #[inline]
    fn store_forwarding(&mut self, core: &mut Core, object: GcRef, copy: GcRef) -> HeapResult {
        core.from_space_mut().set_forwarding(object, copy)
    }

    /// Scans the copies in the order they were made, including those made
    /// meanwhile.
    fn scan_copies(&mut self, core: &mut Core) -> HeapResult {
        while let Some(object) = core.next_to_scan() {
            self.scan(core, object)?;
        }
        Ok(())
    }

    /// Forwards every reference in an object in to-space.
    #[inline(always)]
    fn scan(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
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
    fn scan_field(&mut self, core: &mut Core, object: GcRef, offset: u64) -> HeapResult {
        let old = core.to_space().load_ref(object, offset)?;
        if !self.is_object(old) {
            return Ok(());
        }
        let new = self.forward(core, old)?;
        core.to_space_mut().store_ref(object, offset, new)
    }

    /// Forwards the first `len` elements of an array in to-space; `len` is its
    /// length.
    fn scan_elements(&mut self, core: &mut Core, array: GcRef, len: u32) -> HeapResult {
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
