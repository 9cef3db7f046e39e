//! The names that a test of a collector uses: `use gcdiff::prelude::*`.

pub use crate::campaign::{Campaign, CampaignReport, Finding, Progress, run};
pub use crate::case::Case;
pub use crate::engine::Grain;
pub use crate::generate::Generator;
pub use crate::heap::{
    Block, GRANULE, GcRef, Header, Heap, HeapError, Inspect, NewObject, POISON, Place, Reclaims,
    RootSlot, Roots, Shape, Stats, TraceInfo,
};
pub use crate::module::Module;
pub use crate::observe::{Observation, ObservedValue, StepOutcome};
pub use crate::oracle::{
    Collector, Failure, HeapSubject, JudgeReport, Options, PlanError, RunOptions, SharedSubject,
    Subject, SubjectRun, Timing, Verdict, judge,
};
pub use crate::types::{ARRAY_ELEMENTS, StorageKind, TypeId, Types};
