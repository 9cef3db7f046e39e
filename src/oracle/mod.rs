//! The oracle: checks that all heaps show the same and that every heap is sound.
//!
//! [`judge`] compiles a case once, runs it under each collector, audits each
//! heap against the laws ([`audit`]), and compares the observations of an
//! embedder ([`compare`]). A case that fails is run again at the finest grain,
//! which is cheap because runs are deterministic. That run names what first
//! broke a law: an instruction, a collection, or a step of the embedder.
//!
//! # A custom collector
//!
//! A [`HeapSubject`] takes any type that implements
//! [`Heap`](crate::heap::Heap), in any crate, or the counting heap with a
//! custom [`Policy`](crate::heap::drc::Policy), as here. A collector on another
//! engine implements [`Subject`].
//!
//!
#![cfg_attr(
    feature = "cli",
    doc = concat!("```no_run\n", include_str!("../../examples/own_collector.rs"), "```")
)]

pub mod audit;
mod broken_at;
mod cause;
mod collector;
mod compare;
mod describe;
mod divergence;
mod heap_subject;
mod history;
mod instruction;
pub mod json;
mod judge;
mod layers;
mod locate;
mod panics;
mod pins;
mod subject;
mod variant;
mod verdict;
mod violation;
mod votes;

pub use crate::module::Names;
pub use audit::{Auditor, Garbage, Timing};
pub use broken_at::{BrokenAt, Instruction, Site};
pub(crate) use cause::before_violation;
pub use collector::Collector;
pub(crate) use collector::MAX_BYTES;
pub(crate) use compare::{EXCEPTION, show_as, type_of_result};
pub use compare::{compare, show};
pub use divergence::{Divergence, Moment, NumberRead, OperationKind, RunState};
pub use heap_subject::HeapSubject;
pub use history::{
    Breach, History, HistoryEnd, HistoryRequest, Ledger, LedgerEntry, LedgerEvent, Scene,
    SceneField, SceneFrame, SceneObject, SceneRegister, SceneRoot, SceneValue,
};
pub use json::JsonReport;
pub use judge::{CaseForm, JudgeError, JudgeReport, JudgeRun, Options, judge, judge_module};
pub(crate) use judge::{Converted, judge_converted};
pub use layers::{Layer, Layers};
pub(crate) use panics::{Panic, Report, catch};
pub use pins::Pins;
pub(crate) use subject::noted;
pub use subject::{Failure, PlanError, RunOptions, SharedSubject, Subject, SubjectRun};
pub use variant::Variant;
pub(crate) use verdict::CRASH;
pub use verdict::{Difference, Judge, Reason, Verdict};
pub(crate) use violation::OVERTIME;
pub use violation::{FrameOf, Holder, Law, LostRoot, Violation};
