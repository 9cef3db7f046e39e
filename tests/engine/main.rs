//! The engine: instructions, the embedder's side, limits and charges.

mod calls;
mod charges;
mod instances;
mod plans;
mod regressions;
mod vector;
