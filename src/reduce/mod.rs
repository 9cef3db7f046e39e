//! Reduction: the smallest case that still shows a finding.
//!
//! [`reduce`] applies small edits ([passes]) to a case, one after the other, and
//! keeps an edit if the case gets simpler and a [`Predicate`] still holds. It ends
//! when no edit of any pass is kept: the result is a fixpoint. Every edit is judged
//! against the same smallest case in a fixed order, so the result does not depend on
//! the number of jobs.
//!
//! The module is taken apart into items and instructions (`module_ir`). Validation says
//! which code makes which operand (`view`), so that a stretch of code can be removed
//! and the operand stack is as it was. `cost` says what is simpler.

mod attempts;
mod controls;
mod cost;
mod draft;
mod finding;
mod keep;
mod likeness;
mod names;
mod passes;
mod program;
mod same_finding;
mod search;
#[cfg(test)]
mod tests;
mod text;
mod timing;
mod view;

pub use controls::{Control, ControlPart, controls};
pub use finding::{ReducedFinding, confirmed, reduce_finding};
pub use keep::Keep;
pub use likeness::{Likeness, clusters};
pub use program::{Form, Program};
pub use same_finding::{SameFinding, audited_as_before, audited_often};
pub use text::{header, text, text_and_verdict};

use crate::case::Case;
use crate::module_ir::{self, IrError};
use std::fmt;
use wasmparser::{Operator, WasmFeatures};

/// What a reduced case must keep.
pub trait Predicate: Sync {
    /// Whether a case still shows what is looked for. Its module encodes, but need not be valid.
    /// Called from several threads at a time.
    fn keeps(&self, case: &Case) -> Answer;

    /// The features of a valid module.
    fn features(&self) -> WasmFeatures;

    /// Whether the answer depends on when the case collects and how much fuel it has, so that other
    /// schedules and amounts are worth a try beside each edit.
    fn judges_runs(&self) -> bool {
        false
    }

    /// Whether the finding may depend on what the code of the case knows of its own outcome. Then no
    /// code that can run is edited, since the knowledge would be wrong.
    fn needs_code(&self) -> bool {
        false
    }

    /// [`Predicate::keeps`] for the smallest case so far with another schedule or limit, with which
    /// it may take much more time.
    fn keeps_anew(&self, case: &Case) -> Answer {
        self.keeps(case)
    }

    /// The numbers of the first safepoints at which the schedule of a case collects, if they are
    /// known.
    fn collections(&self, _: &Case) -> Option<Vec<u64>> {
        None
    }

    /// What a case costs beyond what its text does, because it runs for long.
    fn effort(&self, _: &Case) -> u64 {
        0
    }

    /// The search goes on from this case, which may take more time than the one before.
    fn goes_back(&self, _: &Case) {}

    /// A candidate was kept, and all further ones are judged against it. Not called while a
    /// candidate is judged.
    fn accepted(&self, _: &Case) {}

    /// Number of candidates that may not end in time before the reduction is ended.
    fn most_overdue(&self) -> u64 {
        u64::MAX
    }
}

/// What a [`Predicate`] says of a candidate.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It still shows what is looked for.
    Keep,
    /// It does not.
    Reject,
    /// This is not known: the candidate did not end in time. It is not kept.
    TimedOut,
}

impl From<bool> for Answer {
    fn from(keeps: bool) -> Answer {
        match keeps {
            true => Answer::Keep,
            false => Answer::Reject,
        }
    }
}

/// Observes a reduction, and can end it.
pub trait Progress: Sync {
    /// A smaller case was found by a pass, after `tried` candidates.
    fn accepted(&self, pass: &str, best: &Case, tried: u64);

    /// Whether to end early.
    fn is_stopped(&self) -> bool;
}

/// Neither listens nor ends.
impl Progress for () {
    fn accepted(&self, _: &str, _: &Case, _: u64) {}

    fn is_stopped(&self) -> bool {
        false
    }
}

/// Settings of a reduction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Number of candidates that are tried at a time. Does not change the result.
    pub jobs: usize,
}

impl Default for Settings {
    /// One job.
    fn default() -> Settings {
        Settings { jobs: 1 }
    }
}

impl Settings {
    /// Sets [`Settings::jobs`].
    pub fn with_jobs(self, jobs: usize) -> Settings {
        Settings { jobs }
    }
}

/// A reduced case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reduced {
    /// The smallest case that was found.
    pub case: Case,
    /// Its cost; see the module's documentation.
    pub cost: u64,
    /// Number of candidates that were judged.
    pub tried: u64,
    /// Number of these that were kept.
    pub accepted: u64,
    /// Number of candidates that were not kept because they did not end in time.
    pub overdue: u64,
    /// Whether the reduction ended by itself: no pass makes the case smaller.
    pub finished: bool,
}

/// Why a case cannot be reduced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReduceError(pub String);

impl fmt::Display for ReduceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReduceError {}

impl From<IrError> for ReduceError {
    fn from(error: IrError) -> ReduceError {
        ReduceError(error.0)
    }
}

/// Reduces a case. `predicate` must hold for it.
///
/// # Errors
///
/// If its module is not valid, or uses a type of a proposal beyond WebAssembly 3.0.
pub fn reduce(
    case: Case,
    predicate: &dyn Predicate,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Reduced, ReduceError> {
    search::Search::new(case, predicate, settings, progress)?.run()
}

/// A case whose module has names that say what the items are: `$node`, `$list`, `$f`.
pub fn with_names(case: Case) -> Case {
    let named = names::named(&case.wasm);
    let wasm = crate::case::shortest(&named).unwrap_or(named);
    Case { wasm, ..case }
}

/// Number of instructions in the functions of a module, without `end` and `else`. Zero if it is
/// malformed.
pub fn instructions(wasm: &[u8]) -> usize {
    let module = module_ir::Module::decode(wasm).unwrap_or_default();
    let code = module.funcs.iter().filter_map(module_ir::Func::code);
    let counted = |op: &&Operator<'_>| !matches!(op, Operator::End | Operator::Else);
    code.map(|code| code.ops.iter().filter(counted).count())
        .sum()
}

/// The passes, with one line about each, in the order in which they run.
pub fn passes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let passes = passes::PASSES.iter().enumerate();
    // One runs several times in a round.
    let first = passes.filter(|(index, pass)| {
        let before = &passes::PASSES[..*index];
        before.iter().all(|other| other.name != pass.name)
    });
    first.map(|(_, pass)| (pass.name, pass.about))
}
