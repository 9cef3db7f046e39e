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
            decode: without_runs, 5_727,
            validate: without_runs, 14_625,
            compile: without_runs, 28_223,
            instantiate: without_runs, 1_432,
            run_null: without_runs, 11_808,
            run_drc: without_runs, 25_096,
            run_copying: without_runs, 209_114,
            audit: new, 2_049,
            observe: new, 1_126,
            compared: new, 101,
            verdict_without_audit: without_runs, 67_098,
            verdict_with_audits: without_runs, 85_959,
            enrich: without_runs, 11_752,
            structured: without_runs, 8_674,
        }
    };
}
