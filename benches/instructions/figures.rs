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
            decode: without_runs, 25_349,
            validate: without_runs, 67_593,
            compile: without_runs, 134_693,
            instantiate: without_runs, 9_633,
            run_null: without_runs, 28_989,
            run_drc: without_runs, 46_919,
            run_copying: without_runs, 174_597,
            audit: new, 5_895,
            observe: new, 3_025,
            compared: new, 242,
            verdict_without_audit: without_runs, 214_705,
            verdict_with_audits: without_runs, 244_698,
            enrich: without_runs, 46_738,
            structured: without_runs, 26_747,
        }
    };
}
