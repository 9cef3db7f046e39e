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
            decode: without_runs, 3_812,
            validate: without_runs, 11_262,
            compile: without_runs, 20_994,
            instantiate: without_runs, 1_565,
            run_null: without_runs, 10_295,
            run_drc: without_runs, 25_535,
            run_copying: without_runs, 172_648,
            audit: new, 1_555,
            observe: new, 1_150,
            compared: new, 100,
            verdict_without_audit: without_runs, 57_163,
            verdict_with_audits: without_runs, 68_854,
            enrich: without_runs, 9_426,
            structured: without_runs, 8_380,
        }
    };
}
