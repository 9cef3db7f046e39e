//! The committed instruction counts of the stages.
//!
//! `.ci/instructions` prints the current counts, and fails if a stage takes 5 % more than its figure here. After a change
//! that is worth its cost, or that makes a stage cheaper, update the figures.

/// The number of cases in the set.
pub const CASES: u64 = 20;

/// The maximum number of instructions for a stage, given its figure in thousands.
pub const fn at_most(thousands: u64) -> u64 {
    thousands * 1000 / 100 * 105
}

/// Calls `$with` with each stage's name, its starting point, and its instructions for the whole set in thousands.
#[macro_export]
macro_rules! figures {
    ($with:ident) => {
        $with! {
            decode: without_runs, 3_826,
            validate: without_runs, 10_352,
            compile: without_runs, 19_254,
            instantiate: without_runs, 1_401,
            run_null: without_runs, 8_746,
            run_drc: without_runs, 21_471,
            run_copying: without_runs, 138_150,
            audit: new, 1_468,
            observe: new, 1_105,
            compared: new, 100,
            verdict_without_audit: without_runs, 49_791,
            verdict_with_audits: without_runs, 59_908,
            enrich: without_runs, 9_271,
            structured: without_runs, 8_434,
        }
    };
}
