//! Faults: real bugs of real collectors, each a policy that overrides one hook
//! of the counting heap with the bug's logic.
//!
//! Production code knows nothing of them: a fault is a [`Policy`] chosen when
//! the heap is made.

mod canary;
mod w1;

use crate::heap::drc::Policy;
use crate::oracle::PolicyMaker;

/// A fault.
#[derive(Copy, Clone, Debug)]
pub struct Fault {
    /// Its id, as `--fault` spells it.
    pub id: &'static str,
    /// What it does.
    pub mechanism: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Makes the policy.
    pub policy: PolicyMaker,
}

/// All faults.
pub const FAULTS: [Fault; 2] = [
    Fault {
        id: "canary",
        mechanism: "struct.set and array.set do not count the reference they store",
        source: "made up: what any working harness finds in seconds",
        policy: || boxed(canary::Canary),
    },
    Fault {
        id: "W1",
        mechanism: "array.copy gives up a count for each array it is handed, without taking one",
        source: "https://github.com/bytecodealliance/wasmtime/issues/10182",
        policy: || boxed(w1::W1),
    },
];

fn boxed(policy: impl Policy + 'static) -> Box<dyn Policy> {
    Box::new(policy)
}

/// The fault with this id, in any case of letters.
pub fn fault(id: &str) -> Option<Fault> {
    FAULTS.into_iter().find(|f| f.id.eq_ignore_ascii_case(id))
}
