//! The table of all faults.

use super::copying::*;
use super::drc::*;
use super::faulty_heap::*;
use super::maps::*;
use super::{Fault, FaultKind, Probe};

/// An issue or pull request of Wasmtime.
macro_rules! wasmtime {
    ($number:literal) => {
        concat!(
            "https://github.com/bytecodealliance/wasmtime/issues/",
            $number
        )
    };
}

/// A line of the table: id, implementation, source, mechanism. The implementation
/// is a policy of the counting heap, a policy of the copying heap, or a fault in
/// front of some collectors with an edit of their code.
macro_rules! fault {
    ($id:literal, $policy:expr, $source:expr, $mechanism:literal) => {
        Fault {
            id: $id,
            mechanism: $mechanism,
            source: $source,
            kind: FaultKind::Counting(|probe| Box::new($policy(probe))),
        }
    };
    ($id:literal, copying $policy:expr, $source:expr, $mechanism:literal) => {
        Fault {
            id: $id,
            mechanism: $mechanism,
            source: $source,
            kind: FaultKind::Copying(|probe| Box::new($policy(probe))),
        }
    };
    ($id:literal, $heaps:ident, $edit:expr, $fault:expr, $source:expr, $mechanism:literal) => {
        Fault {
            id: $id,
            mechanism: $mechanism,
            source: $source,
            kind: FaultKind::Layer($heaps, $edit, |probe| Box::new($fault(probe))),
        }
    };
}

/// A fault that gives the collector wrong stack maps.
macro_rules! map {
    ($map:expr) => {
        |probe: Probe| Mapped::new(probe, $map)
    };
}

/// Sources without a link.
const ANALOGY: &str = "by analogy";
const OWN: &str = "this project";

const BINARYEN: &str = "https://github.com/WebAssembly/binaryen/pull/3868";

/// All faults.
pub const FAULTS: &[Fault] = &[
    fault!(
        "canary",
        ObjectWriteSkipsCount,
        OWN,
        "struct.set and array.set do not count the reference they store"
    ),
    fault!(
        "W1",
        ArrayCopyReleasesSources,
        wasmtime!(10182),
        "array.copy releases each object that it reads from an element once too often"
    ),
    fault!(
        "W1-const",
        COUNTING,
        around_constants,
        ConstantAllocationReleasesOperands::new,
        wasmtime!(10182),
        "an allocation in a constant expression releases each operand that is an object once too often"
    ),
    fault!(
        "W1-segment",
        COUNTING,
        as_compiled,
        SegmentCopyReleasesItems::new,
        wasmtime!(10182),
        "objects that are copied from an element segment are released once too often"
    ),
    fault!(
        "W1-host",
        COUNTING,
        as_compiled,
        HostCallReleasesArguments::new,
        wasmtime!(10182),
        "objects that are passed to a function of the host are released once too often"
    ),
    fault!(
        "W3",
        NegativeI31PassesAsObject,
        wasmtime!(10171),
        "negative i31 values are treated as objects"
    ),
    fault!(
        "W4",
        ExternFieldCountsI31::new,
        wasmtime!(10371),
        "an i31 in a field of type externref is treated as an object"
    ),
    fault!(
        "W5",
        DecrementAcceptsI31,
        wasmtime!(13307),
        "the decrement treats an i31 as an object"
    ),
    fault!(
        "W8",
        ExposeCountsEveryTime,
        wasmtime!(13037),
        "a reference is counted each time it enters a frame"
    ),
    fault!(
        "W9",
        COUNTING,
        as_compiled,
        PendingExceptionSkipsCount,
        wasmtime!(13316),
        "the pending exception is stored without being counted"
    ),
    fault!(
        "W10",
        COUNTING,
        as_compiled,
        SegmentInitSkipsCount,
        wasmtime!(13066),
        "element segments hold references without counting them"
    ),
    fault!(
        "W11",
        FreeSkipsChildren,
        wasmtime!(9701),
        "freeing an object does not release its references"
    ),
    fault!(
        "W13",
        TraceInfoOutlivesStore,
        wasmtime!(13417),
        "trace information from an earlier store is used for the types of a later one"
    ),
    fault!(
        "W14",
        ExceptionsLackTraceInfo,
        wasmtime!(13326),
        "exceptions have no trace information"
    ),
    fault!(
        "W16",
        RootListNeverShrinks,
        wasmtime!(13403),
        "the stack-root list never shrinks"
    ),
    fault!(
        "W17",
        FreeStackOverflows,
        wasmtime!(12958),
        "the stack of objects to free overflows beyond a thousand entries"
    ),
    fault!(
        "W18",
        COUNTING,
        as_compiled,
        map!(InnerLoopMapsOmitOuterValues::default()),
        wasmtime!(10397),
        "the stack maps of an inner loop omit values that only the outer loop needs"
    ),
    fault!(
        "W20",
        COUNTING,
        as_compiled,
        map!(MapOmitsResult::of_select()),
        wasmtime!(12862),
        "the result of select is in no stack map"
    ),
    fault!(
        "W21",
        COUNTING,
        as_compiled,
        map!(MapOmitsResult::of_array_new_data()),
        wasmtime!(12935),
        "the result of array.new_data is in no stack map"
    ),
    fault!(
        "W22",
        COUNTING,
        as_compiled,
        map!(MapOmitsResult::of_array_new_elem()),
        wasmtime!(12936),
        "the result of array.new_elem is in no stack map"
    ),
    fault!(
        "W23",
        COUNTING,
        as_compiled,
        map!(TryTableCallsLackMap),
        wasmtime!(11753),
        "calls inside try_table have no stack map"
    ),
    fault!(
        "W24",
        COMPILED,
        as_compiled,
        map!(LoopSpillsCollide::default()),
        wasmtime!(13461),
        "a value that a loop changes and one that it does not change are spilled to the same place"
    ),
    fault!(
        "W27",
        COPYING,
        as_compiled,
        ImmutableGlobalReadIsCached::new,
        wasmtime!(13381),
        "an immutable global is not read again after its object has moved"
    ),
    fault!(
        "W28",
        COUNTING,
        as_compiled,
        map!(OutermostFrameIsUntraced),
        wasmtime!(13693),
        "the outermost suspended frame is not traced"
    ),
    fault!(
        "W30",
        COUNTING,
        as_compiled,
        map!(EntryMapOmitsEarlierArguments),
        "https://nvd.nist.gov/vuln/detail/CVE-2021-39216",
        "a collection at the entry of a function called by the host sees only the last argument"
    ),
    fault!(
        "W31",
        COUNTING,
        as_compiled,
        map!(CallerUsesCalleeMap),
        "https://nvd.nist.gov/vuln/detail/CVE-2022-31146",
        "a suspended frame is traced with the stack map of its callee"
    ),
    fault!(
        "W34",
        EmptyStructFreesNeighbour,
        wasmtime!(10349),
        "freeing an empty structure also frees the granule behind it"
    ),
    fault!(
        "W35",
        FirstBlockIsShort,
        wasmtime!(10589),
        "the first block of an empty heap is one granule too short"
    ),
    fault!(
        "W36",
        SizeRoundingWraps,
        wasmtime!(13067),
        "rounding up a size near the limit overflows"
    ),
    fault!(
        "W37",
        ArraySizeWraps,
        wasmtime!(13034),
        "array sizes wrap at 32 bits"
    ),
    fault!(
        "W39",
        COMPILED,
        as_compiled,
        ArrayFillUsesOffsetAsLength,
        wasmtime!(10467),
        "array.fill uses its offset as its length"
    ),
    fault!(
        "W40",
        COUNTING,
        NullTableGetSkipsBoundsCheck::edit,
        NullTableGetSkipsBoundsCheck,
        wasmtime!(10353),
        "table.get does not check bounds if the table can hold only null"
    ),
    fault!(
        "W42",
        COUNTING,
        as_compiled,
        RecGroupIsAssumedConsecutive::new,
        wasmtime!(10435),
        "the types of a recursion group are assumed to have consecutive numbers"
    ),
    fault!(
        "W46",
        COUNTING,
        ReferenceLoopConsumesNoFuel::edit,
        ReferenceLoopConsumesNoFuel,
        wasmtime!(11426),
        "loops that branch back on a reference consume no fuel"
    ),
    fault!(
        "W47",
        COUNTING,
        around_constants,
        ConstantOutOfMemoryCrashes::new,
        wasmtime!(11557),
        "running out of memory in a constant expression crashes"
    ),
    fault!(
        "W50",
        COUNTING,
        ArrayFillStopsHalfway::edit,
        ArrayFillStopsHalfway::new,
        wasmtime!(14045),
        "array.fill runs in two halves and may run out of fuel between them"
    ),
    fault!(
        "W53",
        NULL,
        as_compiled,
        EmptyCollectionMisstatesExtent::new,
        wasmtime!(13247),
        "a collection of an empty null heap computes a wrong number of bytes in use"
    ),
    fault!(
        "D1",
        ArrayCopyReleasesOldFirst,
        "https://docs.python.org/3/c-api/refcounting.html",
        "array.copy releases the old references before it counts the new ones"
    ),
    fault!(
        "D1-slot",
        TableCopyReleasesOldFirst,
        "https://docs.python.org/3/c-api/refcounting.html",
        "table.copy and table.init release the old references before they count the new ones"
    ),
    fault!(
        "D2",
        ArrayFillCountsOnce,
        ANALOGY,
        "array.fill counts one owner for all its copies"
    ),
    fault!(
        "D2-new",
        ArrayNewCountsOnce,
        ANALOGY,
        "array.new counts one owner for all its copies"
    ),
    fault!(
        "D4",
        COMPILED,
        as_compiled,
        OverlappingCopyRunsUpwards,
        ANALOGY,
        "an overlapping array.copy runs in the wrong direction"
    ),
    fault!(
        "D5",
        SweepKeepsMarks,
        ANALOGY,
        "marks are not cleared after a sweep"
    ),
    fault!(
        "D6",
        UnlistKeepsListedFlag,
        ANALOGY,
        "an object that leaves the stack-root list is still flagged as a member"
    ),
    fault!(
        "D8",
        TableFillUndercounts,
        wasmtime!(14325),
        "table.fill counts one owner too few"
    ),
    fault!(
        "D8-grow",
        TableGrowUndercounts,
        wasmtime!(14325),
        "table.grow counts one owner too few"
    ),
    fault!(
        "D10",
        CountWrapsAtEightBits,
        ANALOGY,
        "reference counts wrap at eight bits"
    ),
    fault!(
        "D11",
        COUNTING,
        as_compiled,
        ElemDropReleasesTwice::new,
        ANALOGY,
        "elem.drop of a dropped segment releases its references again"
    ),
    fault!(
        "D12",
        COUNTING,
        TableSetCountsBeforeCheck::edit,
        TableSetCountsBeforeCheck,
        ANALOGY,
        "an out-of-bounds table.set keeps the count it took before the check"
    ),
    fault!(
        "D14",
        SweepFreesBlockTwice::new,
        ANALOGY,
        "the second object to die in a sweep is put on the free list twice"
    ),
    fault!(
        "X1",
        COPYING,
        as_compiled,
        map!(NumberKeepsReferenceTag::default()),
        "https://github.com/bytecodealliance/wasm-micro-runtime/issues/5070",
        "a register is still traced as a reference after a number is written to it"
    ),
    fault!(
        "X2",
        COPYING,
        as_compiled,
        SetGlobalsAreNoRoots::new,
        "https://github.com/Samsung/walrus/pull/502",
        "globals that were set at run time are not roots"
    ),
    fault!(
        "X3",
        COMPILED,
        EmptyBulkSkipsBoundsCheck::edit,
        EmptyBulkSkipsBoundsCheck,
        "https://github.com/bytecodealliance/wasm-micro-runtime/issues/5113",
        "array.fill and array.copy of zero elements do not check bounds"
    ),
    fault!(
        "X4",
        COUNTING,
        around_constants,
        CastMissesConstantObjects::new,
        "https://github.com/bytecodealliance/wasm-micro-runtime/issues/4805",
        "casts do not recognise objects made by constant expressions"
    ),
    fault!(
        "X7",
        copying ArrayLosesForwardingAddress,
        "SpiderMonkey, a report of 2026",
        "the forwarding addresses of arrays are lost"
    ),
    fault!(
        "X10",
        COMPILED,
        as_compiled,
        ArrayCopySkipsOtherTypes,
        "https://github.com/titzer/wizard-engine/pull/665",
        "array.copy from an array of another type copies nothing"
    ),
    fault!(
        "X10-i31",
        COMPILED,
        I31CastRejectsNull::edit,
        I31CastRejectsNull,
        "https://github.com/titzer/wizard-engine/pull/274",
        "casts to a nullable i31 reject null"
    ),
    fault!(
        "X11",
        COMPILED,
        as_compiled,
        PackedInitSkipsTruncation::new,
        BINARYEN,
        "packed fields are not truncated when they are initialised"
    ),
    fault!(
        "X15",
        ObjectWriteReleasesContainer,
        "Go runtime, WebAssembly port",
        "the write barrier releases the container instead of the old value"
    ),
    fault!(
        "B1",
        NullTableFillSkipsBarrier,
        wasmtime!(14325),
        "table.fill with null does not release the old references"
    ),
    fault!(
        "G1",
        ArrayInitElemSkipsCount,
        OWN,
        "array.init_elem and array.new_elem do not count the references they write"
    ),
    fault!(
        "G2",
        SlotInitSkipsCount,
        OWN,
        "the initialising write of a slot does not count its reference"
    ),
    fault!(
        "G3",
        SlotWriteSkipsRelease,
        OWN,
        "global.set and table.set do not release the old reference"
    ),
    fault!(
        "G4",
        UnlistSkipsRelease,
        OWN,
        "an object that leaves the stack-root list keeps the list's count"
    ),
    fault!(
        "G5",
        SlotDropSkipsRelease,
        OWN,
        "dropping a segment or a handle does not release its references"
    ),
    fault!(
        "G6",
        ExceptionInitSkipsCount,
        OWN,
        "exceptions do not count the references that they carry"
    ),
    fault!(
        "G7",
        COUNTING,
        TailCallArgumentsLackMap::edit,
        map!(TailCallArgumentsLackMap::default()),
        OWN,
        "the arguments of a tail call are in no stack map at the entry of the callee"
    ),
    fault!(
        "G8",
        COPYING,
        as_compiled,
        TableGrowthIsUntraced::new,
        OWN,
        "a table that has grown is traced only up to its old length"
    ),
    fault!(
        "G9",
        COPYING,
        as_compiled,
        SegmentsAreNoRoots,
        OWN,
        "element segments are not roots"
    ),
    fault!(
        "G10",
        COPYING,
        as_compiled,
        HandlesAreNoRoots,
        OWN,
        "handles of the host are not roots"
    ),
    fault!(
        "G11",
        copying ScanSkipsLastElement,
        OWN,
        "the last element of an array is not scanned"
    ),
    fault!(
        "G12",
        copying ScanSkipsExceptions,
        OWN,
        "exceptions are copied but not scanned"
    ),
    fault!(
        "G13",
        copying ScanSkipsExternFields::new,
        OWN,
        "fields of type externref are not scanned"
    ),
    fault!(
        "G14",
        ExceptionReadSkipsList,
        OWN,
        "references read from a caught exception are not put on the stack-root list"
    ),
    fault!(
        "G15",
        ArrayCopyReleasesArrays,
        OWN,
        "array.copy releases its two arrays once too often"
    ),
    fault!(
        "W60",
        COUNTING,
        as_compiled,
        FailedAllocationKeepsCounts::new,
        wasmtime!(12456),
        "an allocation that fails keeps the counts that it took for its operands"
    ),
    fault!(
        "W61",
        RetryAsksForLess::new,
        wasmtime!(13263),
        "after a collection, an allocation is tried again with a smaller size"
    ),
    fault!(
        "W62",
        FullHeapKeepsGarbage::new,
        wasmtime!(13756),
        "a collection of a full heap frees nothing"
    ),
    fault!(
        "W63",
        copying MovingArraySizeWraps,
        wasmtime!(10464),
        "array sizes wrap at 32 bits in the copying heap"
    ),
    fault!(
        "W64",
        COPYING,
        as_compiled,
        SegmentsAreNotUpdated,
        wasmtime!(13230),
        "references in element segments are not updated when their objects move"
    ),
    fault!(
        "W65",
        COUNTING,
        as_compiled,
        GrowthLosesWrite::new,
        wasmtime!(13141),
        "a write that is pending while the heap grows is lost"
    ),
    fault!(
        "W66",
        RelistKeepsOldLink,
        wasmtime!(11175),
        "the link of an object that enters the stack-root list again is ORed over the old one"
    ),
    fault!(
        "X60",
        COUNTING,
        as_compiled,
        DefaultVectorsKeepOldBytes::new,
        "https://github.com/WebKit/WebKit/pull/60316",
        "vectors in objects of default values are not zero"
    ),
    fault!(
        "X61",
        COPYING,
        as_compiled,
        map!(MapOmitsOwnOperands),
        "https://github.com/WebKit/WebKit/pull/39721",
        "the operands of array.new_fixed are no roots during its own collection"
    ),
    fault!(
        "X62",
        COPYING,
        as_compiled,
        HalfBuiltArrayIsNoRoot::new,
        "https://github.com/WebKit/WebKit/pull/50893",
        "an array that is half built is no root"
    ),
    fault!(
        "X64",
        COUNTING,
        as_compiled,
        EmptyArrayIsNull,
        "https://github.com/WasmEdge/WasmEdge/issues/3947",
        "array.new_fixed of no elements gives null"
    ),
    fault!(
        "X65",
        COUNTING,
        as_compiled,
        PayloadIsLostOnSecondCatch::new,
        "https://github.com/WasmEdge/WasmEdge/issues/4873",
        "the payload of an exception that is caught a second time is lost"
    ),
    fault!(
        "X66",
        COUNTING,
        as_compiled,
        PayloadIsCopied::new,
        "https://github.com/oracle/graaljs/issues/1117",
        "a structure in the payload of an exception arrives as a copy"
    ),
];
