//! What an embedder sees of a run, as plain data: no heap is needed to hold it,
//! and another engine in another process could produce it as well.
//!
//! An [`Observation`] has how each call ended, calls of the host, globals, tables,
//! memories, and the [`Graph`] of objects behind all references. [`observe`] reads
//! one off a store. [`JsonObservation`] is its form outside of the process, and a
//! subject that shows only some [`Part`]s of it is compared by those.

mod graph;
pub mod json;
mod observation;
mod packed;
mod parts;
mod read;
mod value;
mod walk;

pub use graph::{Graph, Node};
pub use json::{JsonError, JsonObservation};
pub use observation::{Observation, ObservedHostCall, ObservedStep, Outcome};
pub use packed::Values;
pub use parts::{Part, Parts};
pub use read::observe;
pub(crate) use read::observe_within;
pub use value::ObservedValue;
