//! Tests of reduction as a whole.

mod modules;
mod passes;
mod search;
