//! A boxed policy, for faults chosen at run time.
//!
//! Every hook is forwarded, including those with default bodies: a default body
//! that ran here would call the hooks of the box in turn, and an override of
//! the hook itself would be lost.

use super::{Core, HeapResult, Policy};
use crate::heap::{GcRef, HeapError, Roots, Shape};
use crate::types::Types;

#[deny(clippy::missing_trait_methods)]
impl<P: Policy + ?Sized> Policy for Box<P> {
    fn name(&self) -> &'static str {
        (**self).name()
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

    fn locate(&self, core: &Core, r: GcRef) -> GcRef {
        (**self).locate(core, r)
    }

    fn wants_collection(&self, core: &Core) -> bool {
        (**self).wants_collection(core)
    }

    fn collect(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        (**self).collect(core, roots)
    }

    fn prepare(&mut self, core: &mut Core) -> HeapResult {
        (**self).prepare(core)
    }

    fn flip(&mut self, core: &mut Core) {
        (**self).flip(core)
    }

    fn forward_stack(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        (**self).forward_stack(core, roots)
    }

    fn forward_slots(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        (**self).forward_slots(core, roots)
    }

    fn forward_register(&mut self, core: &mut Core, register: &mut u64) -> HeapResult {
        (**self).forward_register(core, register)
    }

    fn forward_slot(&mut self, core: &mut Core, slot: &mut u32) -> HeapResult {
        (**self).forward_slot(core, slot)
    }

    fn forward(&mut self, core: &mut Core, value: GcRef) -> Result<GcRef, HeapError> {
        (**self).forward(core, value)
    }

    fn is_copy(&mut self, core: &mut Core, value: GcRef) -> bool {
        (**self).is_copy(core, value)
    }

    fn forwarding(&mut self, core: &mut Core, object: GcRef) -> Result<Option<GcRef>, HeapError> {
        (**self).forwarding(core, object)
    }

    fn copy(&mut self, core: &mut Core, object: GcRef) -> Result<GcRef, HeapError> {
        (**self).copy(core, object)
    }

    fn store_forwarding(&mut self, core: &mut Core, object: GcRef, copy: GcRef) -> HeapResult {
        (**self).store_forwarding(core, object, copy)
    }

    fn scan_copies(&mut self, core: &mut Core) -> HeapResult {
        (**self).scan_copies(core)
    }

    fn scan(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        (**self).scan(core, object)
    }

    fn scan_field(&mut self, core: &mut Core, object: GcRef, offset: u64) -> HeapResult {
        (**self).scan_field(core, object, offset)
    }

    fn scan_elements(&mut self, core: &mut Core, array: GcRef, len: u32) -> HeapResult {
        (**self).scan_elements(core, array, len)
    }
}
