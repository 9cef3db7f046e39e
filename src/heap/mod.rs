//! Heaps: where objects live, and when they are freed.
//!
//! The [contract] is the interface of a collector to the engine and to the
//! oracle. Each collector is a folder with the same file names. Collectors
//! differ in headers, barriers and the time of reclamation; they share the
//! payload of an object, which the language fixes
//! ([`crate::types::StructLayout`]).
//!
//! Registers are 64 bits wide; a reference is the low 32 of one. A slot outside
//! the heap (a table element, a reference global, an element of a segment, a
//! host handle, the pending exception) is a `u32`.

mod bulk;
pub mod contract;
pub mod copying;
pub mod drc;
mod granules;
mod header;
mod init;
mod log;
pub mod model;
pub mod null;
mod peek;
mod refusals;
mod space;
mod storage;
#[cfg(test)]
mod testing;
mod trace_info;
mod write_record;

#[doc(inline)]
pub use contract::{
    Block, CodePoint, Corruption, EngineEvent, GRANULE, GcRef, Header, Heap, HeapError, HeapLayer,
    Inspect, NewObject, ObjectEvent, Place, RawFrame, Reclaims, RootList, RootSlot, Roots, Shape,
    ShownRoots, Stats,
};
pub use log::Change;
pub use storage::POISON;
pub use trace_info::{Layout, TraceInfo};
