#![doc = include_str!("../README.md")]

pub mod campaign;
pub mod case;
pub mod cli;
pub mod engine;
pub mod escape;
pub mod events;
pub mod generate;
pub mod heap;
pub mod jobs;
pub mod module;
pub mod observe;
pub mod oracle;
mod pool;
pub mod script;
pub mod types;
pub mod zoo;
