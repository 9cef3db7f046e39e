//! References that the runtime turns into handles without counting them.
//!
//! Wasmtime issue 10182, fixed by pull request 10374: `AnyRef::from_raw` made a
//! rooted handle of a raw reference without taking a count, and the handle
//! released one when its scope ended. The fault W1 is in `array.copy`. This
//! file has the other places where the runtime reads raw references.

use super::types::BEGIN;
use super::{HeapFault, Modules};
use crate::heap::{EngineEvent, GcRef, Heap, HeapError, RootSlot, Roots, Shape};
use crate::module::Module;
use crate::types::{StorageKind, TypeId};
use crate::zoo::Probe;
use std::sync::Arc;

/// The objects among the values that were turned into handles.
fn objects(values: impl Iterator<Item = GcRef>) -> Vec<u32> {
    values.filter(|r| r.is_object()).map(|r| r.0).collect()
}

/// The references in consecutive registers that hold values of these kinds.
pub(super) fn references(
    storage_kinds: impl Iterator<Item = StorageKind>,
    registers: &[u64],
) -> Vec<GcRef> {
    let mut references = Vec::new();
    let mut at = 0;
    for kind in storage_kinds {
        if let (StorageKind::Gc, Some(register)) = (kind, registers.get(at)) {
            references.push(GcRef::from_register(*register));
        }
        at += kind.registers();
    }
    references
}

/// Ends the scope of the handles: each object loses a count.
fn release(heap: &mut dyn Heap, mut objects: Vec<u32>) -> Result<(), HeapError> {
    // To the heap, these are slots that held the references and are dropped.
    heap.drop_slots(RootSlot::Handle(0), &mut objects)
}

/// W1-const: a constant expression is evaluated on raw references. The operands
/// of an allocation become handles, which are released after the allocation.
pub struct ConstantAllocationReleasesOperands {
    probe: Probe,
    modules: Modules,
    /// Whether a constant expression is allocating.
    constant: bool,
    handles: Vec<u32>,
}

impl ConstantAllocationReleasesOperands {
    pub fn new(probe: Probe) -> ConstantAllocationReleasesOperands {
        ConstantAllocationReleasesOperands {
            probe,
            modules: Modules::default(),
            constant: false,
            handles: Vec::new(),
        }
    }
}

impl HeapFault for ConstantAllocationReleasesOperands {
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        self.modules.add(instance, module);
    }

    fn hook_called(&mut self, heap: &mut dyn Heap, offset: u32, _: u64) -> Result<(), HeapError> {
        self.constant = offset == BEGIN;
        match self.constant {
            true => Ok(()),
            false => release(heap, std::mem::take(&mut self.handles)),
        }
    }

    fn made_of(&mut self, shape: Shape, operands: &[u64]) {
        if self.constant {
            let operands = self.modules.references(shape, operands);
            self.handles = objects(operands.into_iter());
            self.probe.run(!self.handles.is_empty());
        }
    }
}

/// W1-segment: the items of an element segment are raw references, and become
/// handles on their way to a table or an array.
pub struct SegmentCopyReleasesItems(Late);

impl SegmentCopyReleasesItems {
    pub fn new(probe: Probe) -> SegmentCopyReleasesItems {
        SegmentCopyReleasesItems(Late::new(probe))
    }
}

impl HeapFault for SegmentCopyReleasesItems {
    fn on_event(&mut self, heap: &mut dyn Heap, event: EngineEvent<'_>) {
        heap.on_event(event);
        if let EngineEvent::SegmentCopied { references } = event {
            self.0.release(heap, references.iter().copied().map(GcRef));
        }
    }

    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        self.0.report()?;
        heap.collect(roots)
    }
}

/// W1-host: the arguments of a function of the host are raw references, and
/// become handles whose scope is the call.
pub struct HostCallReleasesArguments {
    late: Late,
    modules: Modules,
}

impl HostCallReleasesArguments {
    pub fn new(probe: Probe) -> HostCallReleasesArguments {
        HostCallReleasesArguments {
            late: Late::new(probe),
            modules: Modules::default(),
        }
    }

    /// The references among the arguments of a function.
    fn arguments(&self, ty: TypeId, registers: &[u64]) -> Vec<GcRef> {
        let Some(types) = self.modules.types() else {
            return Vec::new();
        };
        let params = types.func(ty).params.iter();
        references(params.map(|param| param.storage_kind()), registers)
    }
}

impl HeapFault for HostCallReleasesArguments {
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        self.modules.add(instance, module);
    }

    fn on_event(&mut self, heap: &mut dyn Heap, event: EngineEvent<'_>) {
        heap.on_event(event);
        if let EngineEvent::HostReturned { ty, arguments } = event {
            let arguments = self.arguments(ty, arguments);
            self.late.release(heap, arguments.into_iter());
        }
    }

    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        self.late.report()?;
        heap.collect(roots)
    }
}

/// Releases that happen after an operation, not as a part of it. The next
/// collection reports their errors.
struct Late {
    probe: Probe,
    failed: Option<HeapError>,
}

impl Late {
    fn new(probe: Probe) -> Late {
        let failed = None;
        Late { probe, failed }
    }

    fn release(&mut self, heap: &mut dyn Heap, handles: impl Iterator<Item = GcRef>) {
        let objects = objects(handles);
        self.probe.run(!objects.is_empty());
        if let Err(error) = release(heap, objects) {
            self.failed.get_or_insert(error);
        }
    }

    fn report(&mut self) -> Result<(), HeapError> {
        self.failed.take().map_or(Ok(()), Err)
    }
}
