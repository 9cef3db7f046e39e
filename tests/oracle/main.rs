//! The oracle: comparison, laws and blame.

mod clients;
mod compare;
mod corpus;
mod engines;
mod exchanged;
mod explanations;
mod graphs;
mod language;
mod laws;
mod layers;
mod locating;
mod memory;
mod names;
mod observations;
mod own_heap;
mod recorded;
mod scarcity;
mod shadow;
mod witness;
