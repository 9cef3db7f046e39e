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
            decode: without_runs, 5_734,
            validate: without_runs, 14_613,
            compile: without_runs, 28_407,
            instantiate: without_runs, 3_520,
            run_null: without_runs, 14_240,
            run_drc: without_runs, 30_010,
            run_copying: without_runs, 259_297,
            audit: new, 2_058,
            observe: new, 1_142,
            compared: new, 102,
            verdict_without_audit: without_runs, 74_636,
            verdict_with_audits: without_runs, 96_412,
            enrich: without_runs, 11_709,
            structured: without_runs, 8_670,
        }
    };
}
