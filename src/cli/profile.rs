//! What makes cases, as options of the command line.

use crate::generate::{Feature, Generator, Profile};
use clap::Args;

/// What makes the cases.
#[derive(Clone, Args)]
pub(super) struct ProfileOptions {
    /// What makes the cases: gc_ops, typed programs of operations on the heap;
    /// default, these and enriched modules of wasm-smith; smith, plain modules of
    /// wasm-smith; or smith-never, the same without a schedule of collections.
    #[arg(long, value_name = "NAME", default_value_t)]
    generator: Generator,

    /// Features of the language that no module uses, for engines without them:
    /// exceptions, tail-calls, simd, relaxed-simd, memory64, multi-memory. The cases
    /// of a seed are then others.
    #[arg(long, value_name = "FEATURES", value_delimiter = ',')]
    without: Vec<Feature>,
}

impl ProfileOptions {
    /// The profile that the options select.
    pub fn profile(&self) -> Profile {
        Profile {
            generator: self.generator,
            features: self.without.iter().copied().collect(),
        }
    }
}
