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
            decode: without_runs, 5_996,
            validate: without_runs, 15_117,
            compile: without_runs, 28_873,
            instantiate: without_runs, 1_406,
            run_null: without_runs, 12_482,
            run_drc: without_runs, 27_419,
            run_copying: without_runs, 119_158,
            audit: new, 2_322,
            observe: new, 1_251,
            compared: new, 101,
            verdict_without_audit: without_runs, 70_766,
            verdict_with_audits: without_runs, 92_180,
            enrich: without_runs, 12_027,
            structured: without_runs, 8_686,
        }
    };
}
