//! The names that a test of a collector uses: `use gcdiff::prelude::*`.

pub use crate::campaign::{Campaign, Finding, Progress, run};
pub use crate::case::Case;
pub use crate::generate::Generator;
pub use crate::heap::{
    Block, GRANULE, GcRef, Header, Heap, HeapError, Inspect, NewObject, Place, Reclaims, Roots,
    Shape, Stats, TraceInfo,
};
pub use crate::oracle::{
    Collector, HeapSubject, JudgeReport, Options, SharedSubject, Subject, Verdict, judge,
};
pub use crate::types::{StorageKind, Types};
