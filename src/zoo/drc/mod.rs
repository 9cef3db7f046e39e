//! Faults of the counting heap. Each overrides one hook of its policy with a
//! wrong count or a wrong write.

mod array;
mod barrier;
mod death;
mod exception;
mod list;
mod memory;
mod slot;
mod types;
mod value;

pub(super) use array::{
    ArrayCopyReleasesArrays, ArrayCopyReleasesOldFirst, ArrayCopyReleasesSources,
    ArrayFillCountsOnce, ArrayInitElemSkipsCount, ArrayNewCountsOnce,
};
pub(super) use barrier::{
    CountWrapsAtEightBits, ObjectWriteReleasesContainer, ObjectWriteSkipsCount,
};
pub(super) use death::{ExceptionsLackTraceInfo, FreeSkipsChildren, FreeStackOverflows};
pub(super) use exception::{ExceptionInitSkipsCount, ExceptionReadSkipsList};
pub(super) use list::{
    ExposeCountsEveryTime, RelistKeepsOldLink, RootListNeverShrinks, SweepKeepsMarks,
    UnlistKeepsListedFlag, UnlistSkipsRelease,
};
pub(super) use memory::{
    ArraySizeWraps, EmptyStructFreesNeighbour, FirstBlockIsShort, FullHeapKeepsGarbage,
    RetryAsksForLess, SizeRoundingWraps, SweepFreesBlockTwice,
};
pub(super) use slot::{
    NullTableFillSkipsBarrier, SlotDropSkipsRelease, SlotInitSkipsCount, SlotWriteSkipsRelease,
    TableCopyReleasesOldFirst, TableFillUndercounts, TableGrowUndercounts,
};
pub(super) use types::{ExternFieldCountsI31, TraceInfoOutlivesStore};
pub(super) use value::{DecrementAcceptsI31, NegativeI31PassesAsObject};

/// Defines faults that have only a probe.
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(in crate::zoo) struct $name(pub crate::zoo::Probe);
    )*};
}
use faults;
