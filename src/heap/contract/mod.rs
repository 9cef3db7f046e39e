//! What a collector is to the engine and to the oracle.
//!
//! [`Heap`] is what the engine needs of a collector, [`Inspect`] what the oracle
//! needs to audit one. Of both only some methods are required. The others are
//! provided in terms of these, and a heap overrides one where it can do the same
//! faster, or in another way.
//!
//! [`HeapLayer`] is a heap in front of a heap.

mod engine_event;
mod error;
mod forward;
mod gc_ref;
mod heap;
mod inspect;
mod object;
mod place;
mod provided;
mod roots;

pub use engine_event::EngineEvent;
pub use error::{Corruption, HeapError};
pub use forward::HeapLayer;
pub use gc_ref::{GRANULE, GcRef};
pub use heap::Heap;
pub use inspect::{Block, Inspect, Reclaims, RootList, Stats};
pub use object::{Header, NewObject, Shape};
pub use place::Place;
pub use roots::{CodePoint, RawFrame, Roots, Slot};
