//! Faulty heaps: layers for faults that are not a decision of one collector.
//!
//! A [`HeapFault`] overrides operations of any heap, and [`FaultyHeap`]
//! forwards the others. One fault can thus be in all collectors that share some
//! code, as in an engine where all of them use the same compiler. They then
//! agree with each other, and only the model, which shares no code, is correct.
//!
//! A fault also answers *hook calls* from edited compiled code
//! ([`crate::module::Site`]): an access to a field of [`HOOK`], which is not an
//! object, calls the fault instead. Offset and value are the message.

mod arrays;
mod catches;
mod control;
mod forward;
mod handles;
mod scarcity;
mod slots;
mod types;

use crate::heap::{EngineEvent, GcRef, Heap, HeapError, RootSlot, Roots, Shape};
use crate::module::{Code, Module, Op, Site};
use crate::oracle::Collector;
use crate::types::{Field, StorageKind, TypeId, Types};
pub(super) use arrays::{
    ArrayCopySkipsOtherTypes, ArrayFillStopsHalfway, ArrayFillUsesOffsetAsLength,
    EmptyBulkSkipsBoundsCheck, OverlappingCopyRunsUpwards,
};
pub(super) use catches::{PayloadIsCopied, PayloadIsLostOnSecondCatch};
pub(super) use control::{
    EmptyCollectionMisstatesExtent, NullTableGetSkipsBoundsCheck, ReferenceLoopConsumesNoFuel,
};
pub(super) use handles::{
    ConstantAllocationReleasesOperands, HostCallReleasesArguments, SegmentCopyReleasesItems,
};
pub(super) use scarcity::{
    DefaultVectorsKeepOldBytes, EmptyArrayIsNull, FailedAllocationKeepsCounts, GrowthLosesWrite,
};
pub(super) use slots::{
    ElemDropReleasesTwice, ImmutableGlobalReadIsCached, PendingExceptionSkipsCount,
    SegmentInitSkipsCount, TableSetCountsBeforeCheck,
};
use std::sync::Arc;
pub(super) use types::{
    CastMissesConstantObjects, ConstantOutOfMemoryCrashes, I31CastRejectsNull,
    PackedInitSkipsTruncation, RecGroupIsAssumedConsecutive, around_constants,
};

/// The address that compiled code uses to call its fault. It is beyond all
/// heaps, and not the start of any object.
pub(super) const HOOK: GcRef = GcRef(0xffff_fff0);

/// The operations that a fault can replace. Each method is called instead of
/// the heap's operation of the same name; by default it calls that operation.
pub(super) trait HeapFault: Send {
    /// Handles a hook call from compiled code, with an offset and a value.
    fn hook_called(
        &mut self,
        heap: &mut dyn Heap,
        offset: u32,
        value: u64,
    ) -> Result<(), HeapError> {
        let _ = (heap, offset, value);
        Ok(())
    }

    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        heap.collect(roots)
    }

    /// Called when an instruction of the module has allocated an object.
    fn made(&mut self, r: GcRef) {
        let _ = r;
    }

    /// Called when an instruction of the module has allocated a structure or an
    /// array. `operands` are the registers of its operands; for `array.new`,
    /// those of one element.
    fn made_of(&mut self, shape: Shape, operands: &[u64]) {
        let _ = (shape, operands);
    }

    /// Called when a module has been linked: the store has one more instance.
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        let _ = (instance, module);
    }

    /// Called when the allocation of a structure or an array with these operands has failed.
    fn failed(&mut self, heap: &mut dyn Heap, shape: Shape, operands: &[u64]) {
        let _ = (heap, shape, operands);
    }

    /// Called when a structure or an array of zeros and nulls has been allocated.
    fn defaulted(&mut self, heap: &mut dyn Heap, r: GcRef, shape: Shape) {
        let _ = (heap, r, shape);
    }

    /// What the register of a new array holds. `len` is its number of elements.
    fn new_array_as(&mut self, r: GcRef, len: usize) -> GcRef {
        let _ = len;
        r
    }

    fn set_capacity(&mut self, heap: &mut dyn Heap, bytes: u32) {
        heap.set_capacity(bytes);
    }

    /// Handles an event of the engine; see [`Heap::on_event`].
    fn on_event(&mut self, heap: &mut dyn Heap, event: EngineEvent<'_>) {
        heap.on_event(event);
    }

    /// The type used for an allocation.
    fn allocated_as(&mut self, ty: TypeId) -> TypeId {
        ty
    }

    /// Called when a structure has been initialised with these registers as fields.
    fn initialised(&mut self, heap: &mut dyn Heap, r: GcRef, ty: TypeId, fields: &[u64]) {
        let _ = (heap, r, ty, fields);
    }

    /// Whether a cast takes the object `r` for an external value.
    fn hides_type(&self, r: GcRef) -> bool {
        let _ = r;
        false
    }

    fn get_field(&mut self, heap: &mut dyn Heap, r: GcRef, field: Field) -> Result<u64, HeapError> {
        heap.get_field(r, field)
    }

    fn set_field(
        &mut self,
        heap: &mut dyn Heap,
        r: GcRef,
        field: Field,
        value: u64,
    ) -> Result<(), HeapError> {
        heap.set_field(r, field, value)
    }

    fn fill(
        &mut self,
        heap: &mut dyn Heap,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
        value: u128,
    ) -> Result<(), HeapError> {
        heap.fill(r, start, len, kind, value)
    }

    fn copy(
        &mut self,
        heap: &mut dyn Heap,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        heap.copy(dst, src, len, kind)
    }

    fn expose(
        &mut self,
        heap: &mut dyn Heap,
        from: RootSlot,
        r: GcRef,
    ) -> Result<GcRef, HeapError> {
        heap.expose(from, r)
    }

    fn write_slot(
        &mut self,
        heap: &mut dyn Heap,
        kind: RootSlot,
        slot: &mut u32,
        new: GcRef,
    ) -> Result<(), HeapError> {
        heap.write_slot(kind, slot, new)
    }

    fn init_slot(
        &mut self,
        heap: &mut dyn Heap,
        kind: RootSlot,
        slot: &mut u32,
        new: GcRef,
    ) -> Result<(), HeapError> {
        heap.init_slot(kind, slot, new)
    }

    fn drop_slots(
        &mut self,
        heap: &mut dyn Heap,
        kind: RootSlot,
        slots: &mut [u32],
    ) -> Result<(), HeapError> {
        heap.drop_slots(kind, slots)
    }

    /// The addresses in use. `reported` are those that the heap reports.
    fn extent(&self, reported: (u32, u32)) -> (u32, u32) {
        reported
    }
}

/// A heap with a fault in front. It runs behind a pointer, so that one copy of
/// the interpreter serves all faults.
pub(super) struct FaultyHeap {
    heap: Box<dyn Heap>,
    fault: Box<dyn HeapFault>,
}

/// An instruction that calls the fault with a message. Register `hook` holds
/// the address of [`HOOK`], and register `unused` is overwritten.
pub(super) fn hook_call(hook: u16, unused: u16, message: u32) -> Op {
    Op::new(Code::StructGet32, unused, hook, 0, message)
}

/// A module in which all `wanted` instructions are replaced by sequences; see
/// [`Module::patch`].
pub(super) fn edited(
    module: &Arc<Module>,
    scratch: u16,
    wanted: impl Fn(u32, Op) -> bool,
    sequence: impl Fn(Site) -> Vec<Op>,
) -> Arc<Module> {
    let mut edited = Module::clone(module);
    for (pc, op) in (0..).zip(&module.ops) {
        if wanted(pc, *op) {
            edited.patch(pc, scratch, &sequence);
        }
    }
    Arc::new(edited)
}

/// No edit.
pub(super) fn as_compiled(module: &Arc<Module>) -> Arc<Module> {
    Arc::clone(module)
}

/// A heap of a collector with a fault in front.
pub(super) fn faulty_heap(collector: Collector, fault: Box<dyn HeapFault>) -> Box<dyn Heap> {
    Box::new(FaultyHeap {
        heap: collector.heap(),
        fault,
    })
}

/// The modules of a store, by the numbers of their instances.
#[derive(Clone, Default)]
pub(super) struct Modules(Vec<Arc<Module>>);

impl Modules {
    /// Adds the module of an instance. Each instance is linked once.
    pub fn add(&mut self, instance: u32, module: &Arc<Module>) {
        self.0.truncate(instance as usize);
        self.0.push(Arc::clone(module));
    }

    /// The module of an instance.
    pub fn of(&self, instance: u32) -> Option<&Arc<Module>> {
        self.0.get(instance as usize)
    }

    /// All modules, in the order of their instances.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Module>> {
        self.0.iter()
    }

    /// The references among the operands of an allocation: fields, or elements of one type.
    fn references(&self, shape: Shape, operands: &[u64]) -> Vec<GcRef> {
        let Some(types) = self.types() else {
            return Vec::new();
        };
        match shape {
            Shape::Struct(ty) => {
                let layout = types.get(ty).map(|entry| &entry.layout);
                let fields = layout.into_iter().flat_map(|layout| &layout.fields);
                handles::references(fields.map(|field| field.kind), operands)
            }
            Shape::Array(ty) => {
                let kind = types.element(ty).storage.storage_kind();
                handles::references(std::iter::repeat_n(kind, operands.len()), operands)
            }
            Shape::Exception(_) | Shape::Extern => Vec::new(),
        }
    }

    /// The registry that all modules share. The last module has the most recent
    /// version.
    pub fn types(&self) -> Option<&Types> {
        self.0.last().map(|module| &*module.types)
    }
}

/// The collectors that share one compiler: all but the model, which stands for
/// an interpreter of the specification.
pub(super) const COMPILED: &[Collector] = &[Collector::Null, Collector::Drc, Collector::Copying];
/// The counting heap alone.
pub(super) const COUNTING: &[Collector] = &[Collector::Drc];
/// The copying heap alone.
pub(super) const COPYING: &[Collector] = &[Collector::Copying];
/// The null heap alone.
pub(super) const NULL: &[Collector] = &[Collector::Null];
