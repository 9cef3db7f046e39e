//! What a collector did to one object.

use super::GcRef;

/// An event in the life of an object, as its heap recorded it; see
/// [`Inspect::object_events`](super::Inspect::object_events).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ObjectEvent {
    /// It was allocated.
    Allocated,
    /// Its reference count was set to this number.
    Counted(u32),
    /// It was put into the stack-root list, or taken out of it.
    Listed(bool),
    /// A collection marked it, or cleared the mark.
    Marked(bool),
    /// A collection copied it to this address.
    Forwarded(GcRef),
    /// A collection has updated references in it.
    Scanned,
    /// It was freed.
    Freed,
}
