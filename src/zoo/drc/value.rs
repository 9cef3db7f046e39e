//! Values that are misclassified.

use super::faults;
use crate::heap::GcRef;
use crate::heap::drc::{Core, HeapResult, Policy};

faults! {
    /// W3, Wasmtime issue 10171: the test for "null or i31" checks bits that
    /// only some i31 values have. Here i31 values with the sign set are taken
    /// for objects.
    NegativeI31PassesAsObject,
    /// W5, Wasmtime pull request 13307: the decrement lost its early return for
    /// i31; the increment kept it.
    DecrementAcceptsI31,
}

impl Policy for NegativeI31PassesAsObject {
    fn is_object(&mut self, value: GcRef) -> bool {
        let negative = value.is_i31() && value.0 >> 31 == 1;
        self.0.run(negative);
        value.is_object() || negative
    }
}

impl Policy for DecrementAcceptsI31 {
    fn decrement(&mut self, core: &mut Core, value: GcRef, owners: u32) -> HeapResult {
        self.0.run(value.is_i31());
        match value.is_null() {
            true => Ok(()),
            false => core.remove_owners(value, owners),
        }
    }
}
