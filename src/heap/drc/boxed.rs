//! A boxed policy, for faults chosen at run time.
//!
//! Every hook is forwarded, including those with default bodies: a default body
//! that ran here would call the hooks of the box in turn, and an override of
//! the hook itself would be lost.

use super::{Core, HeapResult, Policy};
use crate::heap::{GcRef, HeapError, Roots, Shape};
use crate::types::Types;
use std::ops::Range;

#[deny(clippy::missing_trait_methods)]
impl<P: Policy + ?Sized> Policy for Box<P> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn parked(&self, core: &Core) -> Vec<GcRef> {
        (**self).parked(core)
    }

    fn learn_types(&mut self, core: &mut Core, types: &Types) {
        (**self).learn_types(core, types)
    }

    fn is_object(&mut self, value: GcRef) -> bool {
        (**self).is_object(value)
    }

    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        (**self).allocate(core, shape, payload)
    }

    fn new_object(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        (**self).new_object(core, object)
    }

    fn increment(&mut self, core: &mut Core, value: GcRef, owners: u32) -> HeapResult {
        (**self).increment(core, value, owners)
    }

    fn decrement(&mut self, core: &mut Core, value: GcRef, owners: u32) -> HeapResult {
        (**self).decrement(core, value, owners)
    }

    fn increment_ahead(&mut self, core: &mut Core, elements: &mut Range<usize>) {
        (**self).increment_ahead(core, elements)
    }

    fn decrement_ahead(&mut self, core: &mut Core, elements: &mut Range<usize>) -> u64 {
        (**self).decrement_ahead(core, elements)
    }

    fn release(&mut self, core: &mut Core, value: GcRef) -> HeapResult {
        (**self).release(core, value)
    }

    fn free_dead(&mut self, core: &mut Core) -> HeapResult {
        (**self).free_dead(core)
    }

    fn decrement_children(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        (**self).decrement_children(core, object)
    }

    fn reclaim(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        (**self).reclaim(core, object)
    }

    fn read_barrier(
        &mut self,
        core: &mut Core,
        holder: GcRef,
        offset: u64,
        value: GcRef,
    ) -> HeapResult {
        (**self).read_barrier(core, holder, offset, value)
    }

    fn expose(&mut self, core: &mut Core, value: GcRef) -> HeapResult {
        (**self).expose(core, value)
    }

    fn init_field(
        &mut self,
        core: &mut Core,
        object: GcRef,
        offset: u64,
        new: GcRef,
    ) -> HeapResult {
        (**self).init_field(core, object, offset, new)
    }

    fn write_field(
        &mut self,
        core: &mut Core,
        object: GcRef,
        offset: u64,
        new: GcRef,
    ) -> HeapResult {
        (**self).write_field(core, object, offset, new)
    }

    fn init_slot(&mut self, core: &mut Core, slot: &mut u32, new: GcRef) -> HeapResult {
        (**self).init_slot(core, slot, new)
    }

    fn write_slot(&mut self, core: &mut Core, slot: &mut u32, new: GcRef) -> HeapResult {
        (**self).write_slot(core, slot, new)
    }

    fn init_array(&mut self, core: &mut Core, array: GcRef, len: u32, value: GcRef) -> HeapResult {
        (**self).init_array(core, array, len, value)
    }

    fn fill_array(
        &mut self,
        core: &mut Core,
        array: GcRef,
        start: u32,
        len: u32,
        value: GcRef,
    ) -> HeapResult {
        (**self).fill_array(core, array, start, len, value)
    }

    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> HeapResult {
        (**self).copy_array(core, dst, src, len)
    }

    fn init_from_segment(
        &mut self,
        core: &mut Core,
        array: GcRef,
        start: u32,
        refs: &[u32],
    ) -> HeapResult {
        (**self).init_from_segment(core, array, start, refs)
    }

    fn decrement_elements(
        &mut self,
        core: &mut Core,
        array: GcRef,
        start: u32,
        len: u32,
    ) -> HeapResult {
        (**self).decrement_elements(core, array, start, len)
    }

    fn fill_slots(&mut self, core: &mut Core, slots: &mut [u32], value: GcRef) -> HeapResult {
        (**self).fill_slots(core, slots, value)
    }

    fn copy_slots(&mut self, core: &mut Core, dst: &mut [u32], src: &[u32]) -> HeapResult {
        (**self).copy_slots(core, dst, src)
    }

    fn grow_slots(&mut self, core: &mut Core, slots: &mut [u32], value: GcRef) -> HeapResult {
        (**self).grow_slots(core, slots, value)
    }

    fn drop_slots(&mut self, core: &mut Core, slots: &mut [u32]) -> HeapResult {
        (**self).drop_slots(core, slots)
    }

    fn wants_collection(&self, core: &Core) -> bool {
        (**self).wants_collection(core)
    }

    fn collect(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        (**self).collect(core, roots)
    }

    fn mark(&mut self, core: &mut Core, value: GcRef) -> HeapResult {
        (**self).mark(core, value)
    }

    fn sweep(&mut self, core: &mut Core) -> HeapResult {
        (**self).sweep(core)
    }

    fn survives(&mut self, core: &mut Core, member: GcRef) -> Result<bool, HeapError> {
        (**self).survives(core, member)
    }

    fn unlist(&mut self, core: &mut Core, member: GcRef) -> HeapResult {
        (**self).unlist(core, member)
    }

    fn coalesce(&mut self, core: &mut Core) {
        (**self).coalesce(core)
    }
}
