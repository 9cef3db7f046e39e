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
            decode: without_runs, 14_050,
            validate: without_runs, 39_414,
            compile: without_runs, 76_806,
            instantiate: without_runs, 10_061,
            run_null: without_runs, 30_148,
            run_drc: without_runs, 48_432,
            run_copying: without_runs, 116_095,
            audit: new, 6_577,
            observe: new, 3_815,
            compared: new, 253,
            verdict_without_audit: without_runs, 159_669,
            verdict_with_audits: without_runs, 191_332,
            enrich: without_runs, 30_233,
            structured: without_runs, 26_439,
        }
    };
}
