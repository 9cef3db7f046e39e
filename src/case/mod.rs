//! Cases: a module, a plan, a schedule and limits, which determine a run.
//!
//! [`run`] executes a case on one heap and returns its observation.

mod arguments;
mod ceiling;
pub mod claims;
pub(crate) mod client;
mod edits;
pub mod embedder;
mod error;
mod header;
mod heap_store;
mod module_text;
mod plan;
mod run;
mod schedule;
mod short_text;
mod source_map;
mod step_text;
mod text;
mod toml_text;

pub use arguments::{arguments, check, plain};
pub(crate) use ceiling::limits as case_limits;
pub(crate) use error::one_line;
pub use error::{CaseError, RunError};
pub use header::Header;
pub(crate) use header::LimitsText;
pub use module_text::Style;
pub use plan::{Arg, Call, Plan, Step};
pub use run::{Run, RunStats, run};
pub(crate) use run::{length, steps};
pub use schedule::{parse_schedule, print_schedule};
pub use short_text::shortest;
pub(crate) use source_map::SourceMap;
pub use step_text::StepText;
pub(crate) use text::{header_text, stray_header_lines};
pub use text::{read, read_header, read_with, write, write_with};
pub(crate) use toml_text::HEADER_KEYS;

use crate::engine::{Limits, Schedule};

/// A case.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// The module, in binary form.
    pub wasm: Vec<u8>,
    /// The actions of the host.
    pub plan: Plan,
    /// The acts of the host during calls: the `n`-th call performs the `n`-th
    /// act before it returns, starting over after the last act.
    pub host: Vec<Step>,
    /// Where collections happen.
    pub schedule: Schedule,
    /// Resources that the run may use.
    pub limits: Limits,
    /// The number of the client through which the host calls the module, if it has one. One number in four
    /// stands for two clients, one behind the other.
    pub client: Option<u32>,
}
