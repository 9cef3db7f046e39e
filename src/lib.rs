//! gcdiff
#![allow(missing_docs)]
pub mod case;
pub mod engine;
pub mod heap;
pub mod module;
pub mod types;
