//! The interface of a collector to the engine and to the oracle.
//!
//! The engine uses [`Heap`], the oracle audits through [`Inspect`]. Only some
//! methods of each are required. The others are provided in terms of these, and
//! a heap overrides one to be faster or to do it differently.
//!
//! [`HeapLayer`] is a heap in front of another heap.
//!
//! # References
//!
//! A [`GcRef`] has 32 bits: zero is null, an odd value is an i31, and any other
//! value is the address of an object, a multiple of [`GRANULE`]. So the first
//! object starts at [`GRANULE`] or later. References to functions are indices,
//! never objects: a heap stores them like numbers
//! ([`StorageKind::Func`](crate::types::StorageKind::Func)).
//!
//! # Memory of an object
//!
//! A heap may store values as it likes. One that is made of bytes has its
//! layout checked (law *blocks*): each object is its header
//! ([`Inspect::header_size`]) and a payload of
//! [`TraceInfo::payload_size`](crate::heap::TraceInfo::payload_size) bytes,
//! rounded up to whole granules.
//!
//! | object | payload |
//! |---|---|
//! | structure | each field at its [`Field::offset`](crate::types::Field::offset) |
//! | array | the length as a `u32`, then the elements from byte [`ARRAY_ELEMENTS`](crate::types::ARRAY_ELEMENTS) on |
//! | exception | the tag as a `u32`, then each value at its offset |
//! | external value | the host's number as a `u32`, and four bytes of padding |
//!
//! [`TraceInfo`](crate::heap::TraceInfo) lists the references in a payload.
//! Memory that is freed, or was never used, holds
//! [`POISON`](crate::heap::POISON): a heap fills it when it frees.
//!
//! # What an audit needs
//!
//! Every audit applies to a heap with the required methods. *blocks* checks sizes
//! if [`Inspect::header_size`] is given, *poison* checks the memory that
//! [`Inspect::bytes`] and [`Inspect::unused`] show, and the laws about counts
//! apply if [`Inspect::is_counting`].
//!
//! # A heap that moves objects
//!
//! [`Heap::collect`] may move any object. It then overwrites each reference that
//! [`Roots`] visits with the new address, and those inside objects.

mod engine_event;
mod error;
mod forward;
mod gc_ref;
mod heap;
mod inspect;
mod object;
mod object_event;
mod place;
mod provided;
mod roots;
mod shown;

pub use engine_event::EngineEvent;
pub use error::{Corruption, HeapError};
pub use forward::HeapLayer;
pub use gc_ref::{GRANULE, GcRef};
pub use heap::Heap;
pub use inspect::{Block, Inspect, Reclaims, RootList, Stats};
pub use object::{Header, NewObject, Shape};
pub use object_event::ObjectEvent;
pub use place::Place;
pub use roots::{CodePoint, RawFrame, RootSlot, Roots};
pub use shown::ShownRoots;
