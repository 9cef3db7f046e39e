//! Tests of reduction as a whole.

mod code;
mod modules;
mod passes;
mod search;
