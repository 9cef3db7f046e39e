//! The stack-root list.

use super::faults;
use crate::heap::drc::{Core, Done, Policy};
use crate::heap::{GcRef, HeapError};

faults! {
    /// W8, Wasmtime issue 13037: a reference that enters a frame is counted
    /// although it is in the list already.
    W8,
    /// W16, Wasmtime issue 13403: nothing ever leaves the list.
    W16,
    /// D5: the mark is not taken away after a sweep, so that what one collection
    /// has seen in a frame survives the next one as well.
    D5,
    /// D6: what leaves the list still says that it is in it, so that it is not
    /// entered again.
    D6,
    /// G4: what leaves the list keeps the count that the list had on it.
    G4,
}

impl Policy for W8 {
    fn expose(&mut self, core: &mut Core, value: GcRef) -> Done {
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
    fn unlist(&mut self, core: &mut Core, member: GcRef) -> Done {
        self.0.run(true);
        self.decrement(core, member, 1)
    }
}

impl Policy for G4 {
    fn unlist(&mut self, core: &mut Core, member: GcRef) -> Done {
        self.0.run(true);
        core.set_listed(member, false)
    }
}
