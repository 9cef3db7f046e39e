//! The deferred-reference-counting collector, after the design of Wasmtime's
//! `drc` collector.
//!
//! # Counting, but not in frames
//!
//! A plain reference-counting collector keeps in every object the number of
//! references to it and frees the object when the last one goes. But most
//! references come and go in local variables and on the operand stack, and
//! counting them is most of the cost. *Deferred* reference counting (Deutsch
//! and Bobrow, "An efficient, incremental, automatic garbage collector", 1976)
//! counts only the *owners* of an object: fields and elements of allocated
//! objects, slots outside the heap (globals, tables, segments, handles of the
//! host, the pending exception), and the list described next.
//!
//! An object that only frames hold has no other owner. So every object that a
//! frame may hold is in a list, the *over-approximated stack-root
//! list*, which owns one count of each member:
//!
//! - a new object joins the list, because its reference goes to a frame;
//! - a reference read from an object or a global joins it (the *read barrier*);
//! - nothing leaves the list when a frame drops a reference: it is too long,
//!   never too short;
//! - a *collection* scans the frames (stack maps say which registers are
//!   references), marks the objects they hold, and drops every unmarked member
//!   from the list, with the count that the list owned. An object without
//!   another owner is freed, with everything that only it kept alive.
//!
//! Cycles of garbage keep each other's counts up and are never freed: the price
//! of counting, in Wasmtime as here.
//!
//! # Rooms
//!
//! - [`Policy`] is every decision, as hooks whose defaults are correct;
//! - [`Core`] is the state, and the primitives of the hooks;
//! - `boxed` allows a policy chosen at run time;
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
pub use policy::{HeapResult, Policy, Sound};

use super::ShownRoots;

/// A deferred-reference-counting heap.
pub struct Drc<P: Policy = Sound> {
    core: Core,
    policy: P,
    /// The roots of the last collection, while the heap is watched.
    shown: Option<ShownRoots>,
}

impl Drc {
    /// An empty heap whose addresses stay below `max_bytes`.
    pub fn new(max_bytes: u32) -> Drc {
        Drc::with_policy(max_bytes, Sound)
    }
}

impl<P: Policy> Drc<P> {
    /// An empty heap with a custom policy.
    pub fn with_policy(max_bytes: u32, policy: P) -> Drc<P> {
        Drc {
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
