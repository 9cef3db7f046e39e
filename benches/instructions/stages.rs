//! Instruction counts of the stages, compared with the committed figures.

#[path = "../pipeline/stages.rs"]
#[allow(
    dead_code,
    reason = "those of wasm-smith, and whole cases, are not ours to watch"
)]
mod stages;

use gcdiff_instructions::{CASES, at_most, figures};
use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig};
use stages::Set;

macro_rules! benches {
    ($($stage:ident: $set:ident, $figure:literal,)*) => {
        $(
            #[library_benchmark]
            #[bench::set(
                args = (Set::$set(CASES)),
                config = LibraryBenchmarkConfig::default().tool(
                    Callgrind::default().hard_limits([(EventKind::Ir, at_most($figure))])
                )
            )]
            fn $stage(mut set: Set) -> Set {
                stages::$stage(&mut set);
                set
            }
        )*
        library_benchmark_group!(name = all, benchmarks = [$($stage),*]);
    };
}

figures!(benches);

main!(library_benchmark_groups = all);
