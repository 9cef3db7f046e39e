//! The oracle: does every heap show the same, and is every heap sound?
//!
//! [`judge`] compiles a case once, runs it under each collector, audits each
//! heap against the laws ([`audit`]), and compares what an embedder saw
//! ([`compare`]). Whatever is wrong is run again at the finest grain, which is
//! cheap because runs are deterministic, and names the first instruction after
//! which a law is broken.

pub mod audit;
mod compare;
mod instruction;
mod judge;
mod verdict;

pub use audit::{Auditor, Timing};
pub use compare::{compare, show};
pub use instruction::instruction_at;
pub(crate) use judge::MAX_BYTES;
pub use judge::{Collector, JudgeError, Judged, Options, PolicyMaker, judge, judge_module};
pub use verdict::{Difference, Law, Place, Reason, Verdict, Violation};
