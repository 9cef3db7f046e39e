//! The canary: a fault so plain that a harness which does not find it at once
//! is broken itself.

use crate::heap::GcRef;
use crate::heap::drc::{Core, Done, Policy};

/// The write barrier of objects gives up the old reference and forgets to
/// count the new one.
#[derive(Copy, Clone, Debug)]
pub struct Canary;

impl Policy for Canary {
    fn write_field(&mut self, core: &mut Core, object: GcRef, offset: u64, new: GcRef) -> Done {
        let old = core.replace_ref(object, offset, new)?;
        self.release(core, old)
    }
}
