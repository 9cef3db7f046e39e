//! The interface of a collector to the engine and to the oracle.
//!
//! The engine uses [`Heap`], the oracle audits through [`Inspect`]. Only some
//! methods of each are required. The others are provided in terms of these, and
//! a heap overrides one to be faster or to do it differently.
//!
//! [`HeapLayer`] is a heap in front of another heap.

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
pub use roots::{CodePoint, RawFrame, RootSlot, Roots};
