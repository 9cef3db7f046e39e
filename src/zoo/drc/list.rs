//! The stack-root list.

use super::faults;
use crate::heap::drc::{Core, HeapResult, Policy};
use crate::heap::{GcRef, HeapError};

faults! {
    /// W8, Wasmtime issue 13037: a reference that enters a frame is counted
    /// even if it is already in the list.
    W8,
    /// W16, Wasmtime issue 13403: the list never shrinks.
    W16,
    /// D5: the mark is not cleared after a sweep, so that an object that one
    /// collection has seen in a frame stays in the list at the next one, too.
    D5,
    /// D6: an object that leaves the list is still marked as a member, so that
    /// it is not entered again.
    D6,
    /// G4: an object that leaves the list keeps the list's count.
    G4,
}

impl Policy for W8 {
    fn expose(&mut self, core: &mut Core, value: GcRef) -> HeapResult {
        if !self.is_object(value) {
            return Ok(());
        }
        let listed = core.is_listed(value)?;
        self.0.run(listed);
        self.increment(core, value, 1)?;
        match listed {
            true => Ok(()),
            false => core.link(value),
        }
    }
}

impl Policy for W16 {
    fn survives(&mut self, core: &mut Core, member: GcRef) -> Result<bool, HeapError> {
        self.0.run(!core.is_marked(member)?);
        core.set_marked(member, false)?;
        Ok(true)
    }
}

impl Policy for D5 {
    fn survives(&mut self, core: &mut Core, member: GcRef) -> Result<bool, HeapError> {
        let marked = core.is_marked(member)?;
        self.0.run(marked);
        Ok(marked)
    }
}

impl Policy for D6 {
    fn unlist(&mut self, core: &mut Core, member: GcRef) -> HeapResult {
        self.0.run(true);
        self.decrement(core, member, 1)
    }
}

impl Policy for G4 {
    fn unlist(&mut self, core: &mut Core, member: GcRef) -> HeapResult {
        self.0.run(true);
        core.set_listed(member, false)
    }
}
