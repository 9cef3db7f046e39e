//! Exceptions, as objects.

use super::faults;
use crate::heap::drc::{Core, HeapResult, Policy, Sound};
use crate::heap::{GcRef, Shape};

faults! {
    /// G6: an exception does not count the references that it carries.
    ExceptionInitSkipsCount,
    /// G14: a reference read from a caught exception enters the frame without
    /// being put in the stack-root list.
    ExceptionReadSkipsList,
}

/// Whether an object is an exception.
fn is_exception(core: &Core, object: GcRef) -> bool {
    matches!(core.shape(object), Ok(Shape::Exception(_)))
}

impl Policy for ExceptionInitSkipsCount {
    fn init_field(
        &mut self,
        core: &mut Core,
        object: GcRef,
        offset: u64,
        new: GcRef,
    ) -> HeapResult {
        if !is_exception(core, object) {
            return Sound.init_field(core, object, offset, new);
        }
        self.0.run(new.is_object());
        core.store_ref(object, offset, new)
    }
}

impl Policy for ExceptionReadSkipsList {
    fn read_barrier(
        &mut self,
        core: &mut Core,
        holder: GcRef,
        offset: u64,
        value: GcRef,
    ) -> HeapResult {
        if !is_exception(core, holder) {
            return Sound.read_barrier(core, holder, offset, value);
        }
        self.0.run(value.is_object() && !core.is_listed(value)?);
        Ok(())
    }
}
