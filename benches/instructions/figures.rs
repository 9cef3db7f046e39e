//! The committed instruction counts of the stages.
//!
//! `.ci/instructions` prints the current counts, and fails if a stage takes 5 % more than its figure here. After a change
//! that is worth its cost, or that makes a stage cheaper, update the figures.

/// The number of cases in the set.
pub const CASES: u64 = 60;

/// The maximum number of instructions for a stage, given its figure in thousands.
pub const fn at_most(thousands: u64) -> u64 {
    thousands * 1000 / 100 * 105
}

/// Calls `$with` with each stage's name, its starting point, and its instructions for the whole set in thousands.
#[macro_export]
macro_rules! figures {
    ($with:ident) => {
        $with! {
            decode: without_runs, 20_325,
            validate: without_runs, 52_454,
            compile: without_runs, 104_214,
            instantiate: without_runs, 10_850,
            run_null: without_runs, 34_891,
            run_drc: without_runs, 56_458,
            run_copying: without_runs, 159_870,
            audit: new, 6_792,
            observe: new, 5_151,
            compared: new, 286,
            verdict_without_audit: without_runs, 201_657,
            verdict_with_audits: without_runs, 238_892,
            enrich: without_runs, 38_242,
            structured: without_runs, 26_547,
        }
    };
}
