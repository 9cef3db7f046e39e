//! The stack-root list.

use super::faults;
use crate::heap::drc::{Core, HeapResult, Policy};
use crate::heap::{GcRef, HeapError};

faults! {
    /// W8, Wasmtime issue 13037: a reference that enters a frame is counted
    /// even if it is already in the list.
    ExposeCountsEveryTime,
    /// W16, Wasmtime issue 13403: the list never shrinks.
    RootListNeverShrinks,
    /// D5: the mark is not cleared after a sweep. An object that one collection
    /// has found in a frame stays in the list at the next one, too.
    SweepKeepsMarks,
    /// D6: an object that leaves the list is still flagged as a member, so it is
    /// never entered again.
    UnlistKeepsListedFlag,
    /// G4: an object that leaves the list keeps the list's count.
    UnlistSkipsRelease,
    /// W66, Wasmtime issue 11175: the link of an object that enters the list again is ORed over the
    /// old one.
    RelistKeepsOldLink,
}

impl Policy for ExposeCountsEveryTime {
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

impl Policy for RootListNeverShrinks {
    fn survives(&mut self, core: &mut Core, member: GcRef) -> Result<bool, HeapError> {
        self.0.run(!core.is_marked(member)?);
        core.set_marked(member, false)?;
        Ok(true)
    }
}

impl Policy for SweepKeepsMarks {
    fn survives(&mut self, core: &mut Core, member: GcRef) -> Result<bool, HeapError> {
        let marked = core.is_marked(member)?;
        self.0.run(marked);
        Ok(marked)
    }
}

impl Policy for UnlistKeepsListedFlag {
    fn unlist(&mut self, core: &mut Core, member: GcRef) -> HeapResult {
        self.0.run(true);
        self.decrement(core, member, 1)
    }
}

impl Policy for UnlistSkipsRelease {
    fn unlist(&mut self, core: &mut Core, member: GcRef) -> HeapResult {
        self.0.run(true);
        core.set_listed(member, false)
    }
}

impl Policy for RelistKeepsOldLink {
    fn expose(&mut self, core: &mut Core, value: GcRef) -> HeapResult {
        if !self.is_object(value) || core.is_listed(value)? {
            return Ok(());
        }
        self.increment(core, value, 1)?;
        let old = core.next(value)?;
        core.link(value)?;
        let new = core.next(value)?;
        let mixed = GcRef(old.0 | new.0);
        self.0.run(mixed != new);
        core.set_next(value, mixed)
    }
}
