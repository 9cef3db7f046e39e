//! Cases: a module, a plan and a schedule; all that a run depends on.
//!
//! [`run`] executes a case on one heap and returns what an embedder saw.

mod arguments;
mod ceiling;
mod edits;
mod embedder;
mod error;
mod header;
mod imports;
mod kept;
mod module_text;
mod plan;
mod run;
mod schedule;
mod source_map;
mod step_text;
mod steps;
mod text;
mod toml_text;
mod values;

pub use arguments::{arguments, check, plain};
pub(crate) use ceiling::limits as case_limits;
pub use error::{CaseError, RunError};
pub use header::{Header, LimitsText};
pub use plan::{Arg, Call, Plan, Step};
pub(crate) use run::steps;
pub use run::{Run, RunStats, run};
pub use schedule::{parse_schedule, print_schedule};
pub use source_map::SourceMap;
pub(crate) use text::{header_text, stray_header_lines};
pub use text::{read, read_header, read_with, write};
pub(crate) use toml_text::HEADER_KEYS;

use crate::engine::{Limits, Schedule};

/// A case.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// The module, in binary form.
    pub wasm: Vec<u8>,
    /// What the host does with it.
    pub plan: Plan,
    /// What the host does when it is called: in its `n`-th call the `n`-th of
    /// these, and the first again after the last. Then it answers.
    pub host: Vec<Step>,
    /// Where collections happen.
    pub schedule: Schedule,
    /// What the run may use.
    pub limits: Limits,
}
