//! The deferred-reference-counting collector, after the design of Wasmtime's
//! `drc` collector.
//!
//! # Counting, but not in frames
//!
//! A plain reference-counting collector keeps in every object the number of
//! references to it and frees the object when the last one goes. Most
//! references, though, come and go in local variables and on the operand stack;
//! counting those is most of the cost. *Deferred* reference counting (Deutsch
//! and Bobrow, "An efficient, incremental, automatic garbage collector", 1976)
//! counts only references from other objects, globals, tables and the like.
//!
//! Then a count of zero does not mean that nobody holds the object: a frame
//! may. So every object that a frame may hold is in a list, the *over-approximated
//! stack-root list*, which owns one count of each member:
//!
//! - a new object joins the list, because its reference goes to a frame;
//! - a reference read from an object or a global joins it (the *read barrier*);
//! - nothing leaves the list when a frame forgets a reference: it is too long,
//!   never too short;
//! - a *collection* looks at the frames (stack maps say which registers are
//!   references), marks what they hold, and drops from the list whatever is not
//!   marked, with the count the list owned. What has no other owner is freed,
//!   with everything that hangs off it.
//!
//! Cycles of garbage keep each other's counts up and are never freed: the
//! price of counting, in Wasmtime as here.
//!
//! # Rooms
//!
//! - [`Policy`] is every decision, as hooks whose defaults are correct;
//! - [`Core`] is the state and the primitives the hooks are made of;
//! - `boxed` lets a policy be chosen at run time;
//! - `operations` turns the instructions of the language into hooks;
//! - `free_list` keeps the free blocks; `inspect` is the oracle's view.

mod boxed;
mod core;
mod free_list;
mod inspect;
mod operations;
mod policy;
#[cfg(test)]
mod tests;

pub use self::core::Core;
pub use policy::{Done, Policy, Sound};

/// A deferred-reference-counting heap.
pub struct Drc<P: Policy = Sound> {
    core: Core,
    policy: P,
}

impl Drc {
    /// An empty heap whose addresses stay below `max_bytes`.
    pub fn new(max_bytes: u32) -> Drc {
        Drc::with_policy(max_bytes, Sound)
    }
}

impl<P: Policy> Drc<P> {
    /// An empty heap with decisions of one's own.
    pub fn with_policy(max_bytes: u32, policy: P) -> Drc<P> {
        Drc {
            core: Core::new(max_bytes),
            policy,
        }
    }

    /// The state behind the hooks.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// The state behind the hooks, to be damaged: tests of the audit break one
    /// law in a heap that is otherwise sound.
    pub fn core_mut(&mut self) -> &mut Core {
        &mut self.core
    }

    /// The policy, for what a fault has counted about itself.
    pub fn policy(&self) -> &P {
        &self.policy
    }
}
