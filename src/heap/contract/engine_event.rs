//! Actions of the engine that no operation of a heap shows.

use super::GcRef;
use crate::module::Module;
use crate::types::TypeId;
use std::sync::Arc;

/// An event for a heap that keeps statistics or has a fault; see
/// [`Heap::on_event`](super::Heap::on_event).
#[derive(Copy, Clone, Debug)]
#[non_exhaustive]
pub enum EngineEvent<'a> {
    /// A module has been linked; its parts are about to be allocated.
    Linked {
        /// The number of the instance.
        instance: u32,
        /// The module.
        module: &'a Arc<Module>,
    },
    /// The store has a new global.
    GlobalAdded {
        /// Its index in the store.
        index: u32,
        /// Whether it can be set.
        mutable: bool,
    },
    /// The store has a new table.
    TableAdded {
        /// Its index in the store.
        index: u32,
        /// Its length in elements.
        len: u64,
    },
    /// `ref.test`, `ref.cast` or a branch on a cast has examined a value of the
    /// internal, external or exception hierarchy.
    Cast {
        /// The value.
        value: GcRef,
        /// Whether it has the type.
        succeeded: bool,
    },
    /// A tail call is under way.
    TailCall {
        /// The type of the callee.
        ty: TypeId,
        /// The registers of its frame, arguments first.
        registers: &'a [u64],
    },
    /// A handler has caught the pending exception.
    Caught {
        /// Whether the handler takes the exception itself (`catch_ref`,
        /// `catch_all_ref`).
        reference: bool,
    },
    /// An instruction takes references from an element segment.
    Segment {
        /// Whether the segment had references and has been dropped.
        dropped: bool,
    },
    /// References have been copied from an element segment to a table or an
    /// array, by an instruction or by an active segment.
    SegmentCopied {
        /// The references.
        references: &'a [u32],
    },
    /// A collection inside a bulk operation is about to run.
    CollectsInside {
        /// Whether a new array is the last handle of the host meanwhile.
        new: bool,
    },
    /// A function of the host has returned, with results, a trap or an
    /// exception.
    HostReturned {
        /// Its type.
        ty: TypeId,
        /// The registers of its arguments.
        arguments: &'a [u64],
    },
}
