//! W1: Wasmtime issue 10182, fixed by pull request 10374; releases up to 31.
//!
//! `array.copy` is a call into the runtime. There both arrays were wrapped in
//! rooted handles as if the runtime owned a count of each; it did not, but the
//! handles gave one up when they went out of scope. An array that only frames
//! refer to has one count, that of the stack-root list, and is freed by its
//! first copy while it is still in use.

use crate::heap::GcRef;
use crate::heap::drc::{Core, Done, Policy, Sound};

/// See the module documentation.
#[derive(Copy, Clone, Debug)]
pub struct W1;

impl Policy for W1 {
    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> Done {
        Sound.copy_array(core, dst, src, len)?;
        self.release(core, dst.0)?;
        self.release(core, src.0)
    }
}
