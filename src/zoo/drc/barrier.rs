//! Single writes to objects, and the counts they change.

use super::faults;
use crate::heap::GcRef;
use crate::heap::drc::{Core, HeapResult, Policy};

faults! {
    /// The canary: a fault so simple that a harness which does not find it at
    /// once is broken. The write barrier of objects releases the old reference
    /// without counting the new one.
    ObjectWriteSkipsCount,
    /// D10: an eight-bit count that wraps.
    CountWrapsAtEightBits,
    /// X15, Go's port to Wasm: the deletion barrier receives the container
    /// instead of the old value.
    ObjectWriteReleasesContainer,
}

impl Policy for ObjectWriteSkipsCount {
    fn write_field(
        &mut self,
        core: &mut Core,
        object: GcRef,
        offset: u64,
        new: GcRef,
    ) -> HeapResult {
        self.0.run(new.is_object());
        let old = core.replace_ref(object, offset, new)?;
        self.release(core, old)
    }
}

impl Policy for CountWrapsAtEightBits {
    fn increment(&mut self, core: &mut Core, value: GcRef, owners: u32) -> HeapResult {
        if !self.is_object(value) {
            return Ok(());
        }
        let sum = u64::from(core.count(value)?) + u64::from(owners);
        self.0.run(sum > 0xff);
        core.set_count(value, (sum & 0xff) as u32)
    }
}

impl Policy for ObjectWriteReleasesContainer {
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
        self.0.run(old.is_object() && old != object);
        match self.is_object(old) {
            true => self.release(core, object),
            false => Ok(()),
        }
    }
}
