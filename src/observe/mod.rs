//! Observable results of a run as plain data. Holding them needs no heap, and
//! another engine in another process could produce them as well.
//!
//! An [`Observation`] contains how each call ended, the calls of the host,
//! globals, tables, memories, and the [`Graph`] of objects behind all
//! references. [`observe`] reads an observation from a store.
//! [`JsonObservation`] is its form outside the process. A subject that shows
//! only some [`Part`]s of an observation is compared by these parts.

mod graph;
pub mod json;
mod memory;
mod observation;
mod packed;
mod parts;
mod read;
mod value;
mod walk;

pub use graph::{Graph, Node};
pub use json::{JsonError, JsonObservation};
pub use memory::MemoryBytes;
pub use observation::{Observation, ObservedHostCall, ObservedStep, StepOutcome};
pub use packed::Values;
pub use parts::{Part, Parts};
pub use read::observe;
pub(crate) use read::{observe_with, observe_within};
pub use value::ObservedValue;
