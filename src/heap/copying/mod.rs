//! The copying collector: a semi-space heap after Cheney ("A nonrecursive list
//! compacting algorithm", 1970).
//!
//! # Two halves
//!
//! Objects are allocated in one *semi-space* by moving a pointer. A collection
//! copies every object that the roots reach to the other one, leaves the
//! address of the copy in the old object (the *forwarding address*), and
//! changes every reference to an object into one to its copy. The copies are
//! their own queue: references in those before the *scan pointer* have been
//! forwarded, references in those behind it have not, and the collection is
//! over when the pointer has caught up with allocation. There is no recursion
//! and no extra memory, however long a list is. Then the semi-spaces change
//! roles (the *flip*), and objects that were not copied are gone, including
//! cycles. There are no barriers.
//!
//! # Every stale reference shows
//!
//! A copying collector's bugs are missed roots, references that were not
//! forwarded, and addresses that outlive a collection. With two halves at fixed
//! addresses, a stale reference may hit an object again after two collections,
//! and the bug shows as a wrong value or not at all. Here addresses are
//! virtual: each to-space starts at a *base* behind all addresses used so far,
//! and addresses start again from the bottom only when there is no room for
//! another semi-space below `max_bytes`. Addresses in between belong to no
//! object, and an access to them is an error. The memory of the old semi-space
//! is filled with poison, as is memory that was never used.
//!
//! A semi-space takes a third of the addresses ([`Core::capacity`]). Wherever
//! the current one stands, there is room for another beside it, so a collection
//! always succeeds.
//!
//! # Rooms
//!
//! - [`Policy`] is every decision, as hooks whose defaults are correct;
//! - [`Core`] is the state, and the primitives of the hooks; a [`Semispace`] is
//!   one half of the memory and its addresses;
//! - `boxed` allows a policy chosen at run time;
//! - `operations` turns the instructions of the language into accesses;
//! - `inspect` is the oracle's view.

mod boxed;
mod core;
mod inspect;
mod operations;
mod policy;
#[cfg(test)]
mod tests;

pub use self::core::{Core, Semispace};
pub use policy::{HeapResult, Policy, Sound};

use super::ShownRoots;

/// A semi-space heap.
pub struct Copying<P: Policy = Sound> {
    core: Core,
    policy: P,
    /// The roots of the last collection, while the heap is watched.
    shown: Option<ShownRoots>,
}

impl Copying {
    /// An empty heap whose addresses stay below `max_bytes`.
    pub fn new(max_bytes: u32) -> Copying {
        Copying::with_policy(max_bytes, Sound)
    }
}

impl<P: Policy> Copying<P> {
    /// An empty heap with a custom policy.
    pub fn with_policy(max_bytes: u32, policy: P) -> Copying<P> {
        Copying {
            core: Core::new(max_bytes),
            policy,
            shown: None,
        }
    }

    /// The state behind the hooks.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// The state behind the hooks, for writing: tests of the audit break one
    /// law in a heap that is otherwise sound.
    pub fn core_mut(&mut self) -> &mut Core {
        &mut self.core
    }

    /// The policy, for the statistics of a fault.
    pub fn policy(&self) -> &P {
        &self.policy
    }
}
