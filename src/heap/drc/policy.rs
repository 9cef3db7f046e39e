//! The decisions of the collector, as hooks.
//!
//! The default body of each hook is the correct collector; [`Sound`] uses them
//! all. A known bug is a policy that overrides *one* hook with the logic that
//! once shipped. Hooks call each other through `self`, so all others see an
//! override.
//!
//! [The collector's documentation](super) states which references are counted.
//! The defaults follow three more rules:
//!
//! - A store counts the new reference, then writes the slot, then releases the
//!   old one. In any other order an object can die while it is being stored, or
//!   be freed while the slot still shows it.
//! - Neighbouring elements of an array that hold the same reference are counted
//!   together.
//! - Nothing is freed before an operation is over: objects whose count reaches
//!   zero queue up, threaded through their own headers, and are freed in a
//!   loop. No recursion and no extra memory, however long the list that dies.

use super::Core;
use crate::heap::{GcRef, HeapError, Roots, Shape};
use crate::types::{StorageKind, Types};
use std::ops::Range;

/// The result of a hook that returns no value.
pub type HeapResult = Result<(), HeapError>;

/// The hooks of a deferred-reference-counting collector.
///
/// A *payload offset* counts from the end of the header. A *slot* is a reference
/// outside the heap.
pub trait Policy {
    /// The collector's name in verdicts. A distinct name keeps a variant apart
    /// from the collector it varies.
    fn name(&self) -> &'static str {
        "drc"
    }

    /// The references that this policy owns because it has deferred some work,
    /// one entry for each count; see [`Inspect::parked`](crate::heap::Inspect).
    fn parked(&self, core: &Core) -> Vec<GcRef> {
        let _ = core;
        Vec::new()
    }

    // ---- Types and values ----

    /// Learns new types, before the first object of any of them.
    fn learn_types(&mut self, core: &mut Core, types: &Types) {
        core.trace_info_mut().add(types);
    }

    /// Whether a value refers to an object, by the value alone: neither null
    /// nor an i31. Every other hook takes any value and asks this one. (A mask
    /// that misses some i31s: Wasmtime issue 10171.)
    #[inline]
    fn is_object(&mut self, value: GcRef) -> bool {
        value.is_object()
    }

    // ---- Allocation ----

    /// Allocates an object without owners.
    #[inline]
    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        core.allocate(shape, payload)
    }

    /// A new object is about to enter a frame: it joins the stack-root list,
    /// its only owner.
    #[inline]
    fn new_object(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        core.link_new(object)
    }

    // ---- Counting ----

    /// Adds `owners` owners to a value.
    #[inline]
    fn increment(&mut self, core: &mut Core, value: GcRef, owners: u32) -> HeapResult {
        if self.is_object(value) {
            core.add_owners(value, owners)?;
        }
        Ok(())
    }

    /// Removes `owners` owners, at least one, from a value. If none are left,
    /// the object is queued, to be freed by the next [`Policy::free_dead`].
    #[inline]
    fn decrement(&mut self, core: &mut Core, value: GcRef, owners: u32) -> HeapResult {
        if self.is_object(value) {
            core.remove_owners(value, owners)?;
        }
        Ok(())
    }

    /// A fast path of counting new owners of elements, which leaves the
    /// elements that it has not counted in `elements`, possibly all. [`Sound`]
    /// counts the ordinary elements in a loop; the other hooks count the rest.
    #[inline]
    fn increment_ahead(&mut self, core: &mut Core, elements: &mut Range<usize>) {
        let _ = (core, elements);
    }

    /// The same for removing owners. Returns the number of elements counted,
    /// all of which held objects.
    #[inline]
    fn decrement_ahead(&mut self, core: &mut Core, elements: &mut Range<usize>) -> u64 {
        let _ = (core, elements);
        0
    }

    /// Removes one owner from a value, at the end of an operation.
    #[inline]
    fn release(&mut self, core: &mut Core, value: GcRef) -> HeapResult {
        self.decrement(core, value, 1)?;
        if core.has_dead() {
            self.free_dead(core)?;
        }
        Ok(())
    }

    /// Frees the queued objects, and all that die with them. (Pushing all
    /// children at once, or recursing: Wasmtime issue 12958.)
    #[inline(never)]
    fn free_dead(&mut self, core: &mut Core) -> HeapResult {
        while let Some(object) = core.pop_dead()? {
            self.decrement_children(core, object)?;
            self.reclaim(core, object)?;
        }
        Ok(())
    }

    /// Releases the references that a dying object owns. (Not doing so:
    /// Wasmtime issue 9701.)
    fn decrement_children(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        let shape = core.shape(object)?;
        if shape == Shape::Extern {
            return Ok(());
        }
        let layout = core.trace_info().of(shape)?;
        let fields = layout.traced();
        if layout.traced_elements {
            let len = core.array_len(object)?;
            let mut elements = core.element_range(object, 0, len)?;
            loop {
                self.decrement_ahead(core, &mut elements);
                let Some((child, owners)) = core.next_run(&mut elements)? else {
                    break;
                };
                self.decrement(core, child, owners)?;
            }
        }
        for field in fields {
            let offset = core.trace_info().traced(field)?;
            let child = core.load_ref(object, offset)?;
            self.decrement(core, child, 1)?;
        }
        Ok(())
    }

    /// Frees the memory of a dead object.
    #[inline]
    fn reclaim(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        core.free(object)
    }

    // ---- References that enter a frame ----

    /// The read barrier: `value` was loaded from the object `holder`, at a
    /// payload offset.
    #[inline]
    fn read_barrier(
        &mut self,
        core: &mut Core,
        holder: GcRef,
        offset: u64,
        value: GcRef,
    ) -> HeapResult {
        let _ = (holder, offset);
        self.expose(core, value)
    }

    /// `value` enters a frame, from an object or from a slot. It must be in the
    /// stack-root list once, and the list is one owner, however often it
    /// enters. (Counting every time: Wasmtime issue 13037.)
    #[inline]
    fn expose(&mut self, core: &mut Core, value: GcRef) -> HeapResult {
        if self.is_object(value) && !core.is_listed(value)? {
            self.increment(core, value, 1)?;
            core.link(value)?;
        }
        Ok(())
    }

    // ---- Single writes ----

    /// The initialising write, at a payload offset of a new object.
    #[inline]
    fn init_field(
        &mut self,
        core: &mut Core,
        object: GcRef,
        offset: u64,
        new: GcRef,
    ) -> HeapResult {
        self.increment(core, new, 1)?;
        core.store_ref(object, offset, new)
    }

    /// The write barrier, at a payload offset of an object (`struct.set`,
    /// `array.set`).
    #[inline]
    fn write_field(
        &mut self,
        core: &mut Core,
        object: GcRef,
        offset: u64,
        new: GcRef,
    ) -> HeapResult {
        self.increment(core, new, 1)?;
        let old = core.replace_ref(object, offset, new)?;
        core.count_overwrite(old);
        self.release(core, old)
    }

    /// The initialising write of a slot.
    #[inline]
    fn init_slot(&mut self, core: &mut Core, slot: &mut u32, new: GcRef) -> HeapResult {
        self.increment(core, new, 1)?;
        *slot = new.0;
        Ok(())
    }

    /// The write barrier of a slot (`global.set`, `table.set`).
    #[inline]
    fn write_slot(&mut self, core: &mut Core, slot: &mut u32, new: GcRef) -> HeapResult {
        self.increment(core, new, 1)?;
        let old = std::mem::replace(slot, new.0);
        core.count_overwrite(GcRef(old));
        self.release(core, GcRef(old))
    }

    // ---- Bulk writes to arrays ----

    /// `array.new`: `len` elements of a new array, all `value`.
    fn init_array(&mut self, core: &mut Core, array: GcRef, len: u32, value: GcRef) -> HeapResult {
        self.increment(core, value, len)?;
        core.fill_elements(array, 0, len, value)
    }

    /// `array.fill`.
    fn fill_array(
        &mut self,
        core: &mut Core,
        array: GcRef,
        start: u32,
        len: u32,
        value: GcRef,
    ) -> HeapResult {
        self.increment(core, value, len)?;
        self.decrement_elements(core, array, start, len)?;
        core.fill_elements(array, start, len, value)?;
        self.free_dead(core)
    }

    /// `array.copy`, as if through a temporary copy of the source. Both arrays
    /// come from a frame, and this hook owns neither. (Elements that were read
    /// into handles without being counted, and released with them: Wasmtime
    /// issue 10182.)
    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> HeapResult {
        // All new owners before any old one is removed: with an overlap, one
        // slot may lose what another gains.
        let mut elements = core.element_range(src.0, src.1, len)?;
        loop {
            self.increment_ahead(core, &mut elements);
            let Some((new, owners)) = core.next_run(&mut elements)? else {
                break;
            };
            self.increment(core, new, owners)?;
        }
        self.decrement_elements(core, dst.0, dst.1, len)?;
        core.copy_elements(dst, src, len)?;
        self.free_dead(core)
    }

    /// `array.init_elem` and `array.new_elem`: writes the references of a
    /// segment, which keeps its own counts, over the elements from `start` on.
    fn init_from_segment(
        &mut self,
        core: &mut Core,
        array: GcRef,
        start: u32,
        refs: &[u32],
    ) -> HeapResult {
        for new in refs {
            self.increment(core, GcRef(*new), 1)?;
        }
        self.decrement_elements(core, array, start, refs.len() as u32)?;
        core.write_elements(array, start, refs)?;
        self.free_dead(core)
    }

    /// Releases the references in elements that are about to be overwritten.
    /// Nothing is freed yet.
    fn decrement_elements(
        &mut self,
        core: &mut Core,
        array: GcRef,
        start: u32,
        len: u32,
    ) -> HeapResult {
        let mut elements = core.element_range(array, start, len)?;
        loop {
            let objects = self.decrement_ahead(core, &mut elements);
            core.count_overwritten(objects);
            let Some((old, owners)) = core.next_run(&mut elements)? else {
                return Ok(());
            };
            core.count_overwrites(old, owners);
            self.decrement(core, old, owners)?;
        }
    }

    // ---- Bulk writes to slots ----

    /// `table.fill`. (Skipped for null: Wasmtime issue 14325.)
    fn fill_slots(&mut self, core: &mut Core, slots: &mut [u32], value: GcRef) -> HeapResult {
        self.increment(core, value, slots.len() as u32)?;
        for slot in slots {
            let old = std::mem::replace(slot, value.0);
            core.count_overwrite(GcRef(old));
            self.decrement(core, GcRef(old), 1)?;
        }
        self.free_dead(core)
    }

    /// `table.copy` and `table.init`: `src` is a copy of the source slots and
    /// owns nothing.
    fn copy_slots(&mut self, core: &mut Core, dst: &mut [u32], src: &[u32]) -> HeapResult {
        for (_, new) in dst.iter().zip(src) {
            self.increment(core, GcRef(*new), 1)?;
        }
        for (slot, new) in dst.iter_mut().zip(src) {
            let old = std::mem::replace(slot, *new);
            core.count_overwrite(GcRef(old));
            self.decrement(core, GcRef(old), 1)?;
        }
        self.free_dead(core)
    }

    /// `table.grow`: the slots are new and hold nothing yet.
    fn grow_slots(&mut self, core: &mut Core, slots: &mut [u32], value: GcRef) -> HeapResult {
        self.increment(core, value, slots.len() as u32)?;
        slots.fill(value.0);
        Ok(())
    }

    /// Drops slots. They hold null afterwards, so that a second drop releases
    /// nothing.
    fn drop_slots(&mut self, core: &mut Core, slots: &mut [u32]) -> HeapResult {
        for slot in slots {
            let old = std::mem::take(slot);
            self.decrement(core, GcRef(old), 1)?;
        }
        self.free_dead(core)
    }

    // ---- Collection ----

    /// Whether to collect before the next allocation.
    #[inline]
    fn wants_collection(&self, core: &Core) -> bool {
        core.list_is_long() || core.is_fresh()
    }

    /// Collects: drops from the stack-root list every object that no frame
    /// holds.
    fn collect(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        let mut outcome = Ok(());
        roots.stack(&mut |register| {
            if outcome.is_ok() {
                outcome = self.mark(core, GcRef::from_register(*register));
            }
        });
        outcome?;
        self.sweep(core)?;
        self.coalesce(core);
        core.finish_collection();
        Ok(())
    }

    /// Marks `value`, which a frame holds.
    fn mark(&mut self, core: &mut Core, value: GcRef) -> HeapResult {
        if self.is_object(value) {
            core.set_marked(value, true)?;
        }
        Ok(())
    }

    /// Walks the stack-root list and unlinks every unmarked member.
    fn sweep(&mut self, core: &mut Core) -> HeapResult {
        let mut last = GcRef::NULL;
        let mut member = core.list_head();
        for _ in 0..core.list_len() {
            if member.is_null() {
                return Err(HeapError::corrupt(
                    last.0,
                    "the stack-root list is shorter than recorded",
                ));
            }
            let next = core.next(member)?;
            if self.survives(core, member)? {
                last = member;
            } else {
                core.link_past(last, next)?;
                self.unlist(core, member)?;
            }
            member = next;
        }
        if !member.is_null() {
            return Err(HeapError::corrupt(
                member.0,
                "the stack-root list is longer than recorded",
            ));
        }
        self.free_dead(core)
    }

    /// Whether a member of the stack-root list was marked. Clears the mark for
    /// the next collection.
    fn survives(&mut self, core: &mut Core, member: GcRef) -> Result<bool, HeapError> {
        let marked = core.is_marked(member)?;
        if marked {
            core.set_marked(member, false)?;
        }
        Ok(marked)
    }

    /// An object has been unlinked: clears its flag and releases the count that
    /// the list owned.
    fn unlist(&mut self, core: &mut Core, member: GcRef) -> HeapResult {
        core.set_listed(member, false)?;
        self.decrement(core, member, 1)
    }

    /// Merges free blocks. (Swallowing a live neighbour: Wasmtime issue 10349.)
    fn coalesce(&mut self, core: &mut Core) {
        core.coalesce_if_due();
    }
}

/// The correct collector.
#[derive(Copy, Clone, Default, Debug)]
pub struct Sound;

impl Policy for Sound {
    #[inline]
    fn increment_ahead(&mut self, core: &mut Core, elements: &mut Range<usize>) {
        core.add_owners_ahead(elements);
    }

    #[inline]
    fn decrement_ahead(&mut self, core: &mut Core, elements: &mut Range<usize>) -> u64 {
        let before = elements.len();
        core.remove_owners_ahead(elements);
        (before - elements.len()) as u64 / u64::from(StorageKind::Gc.width())
    }
}
