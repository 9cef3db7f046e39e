//! The oracle: what is compared, which laws a heap must keep, who is blamed.

mod compare;
mod corpus;
mod graphs;
mod laws;
mod layers;
mod memory;
mod names;
mod observations;
mod own_heap;
mod recorded;
mod shadow;
mod witness;
