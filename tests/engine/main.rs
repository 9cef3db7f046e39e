//! The engine: instructions, the embedder's side, limits and charges.

mod calls;
mod charges;
mod grains;
mod instances;
mod plans;
mod regressions;
mod vector;
