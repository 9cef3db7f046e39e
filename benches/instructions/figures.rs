//! The committed figures: how many instructions each stage took when it was last looked at.
//!
//! `.ci/instructions` prints what they are now. A stage that takes 5 % more than is written here fails; after a change that is
//! worth it, or that makes a stage cheaper, write the new figures.

/// Cases in the set.
pub const CASES: u64 = 20;

/// Instructions that a stage may take, given its figure in thousands.
pub const fn at_most(thousands: u64) -> u64 {
    thousands * 1000 / 100 * 105
}

/// Calls `$with` with the name of every stage, what it starts from, and its instructions for the whole set in thousands.
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
