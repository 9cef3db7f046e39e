//! Slots outside the heap: the pending exception, segments, globals, tables.

use super::{HOOK, HeapFault, edited};
use crate::heap::{EngineEvent, GcRef, Heap, HeapError, RootSlot};
use crate::module::{Code, Module, Op, Site};
use crate::zoo::Probe;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// W9, Wasmtime pull requests 13316 and 13330: a pending exception is stored without
/// being counted, and released like any other reference when it is caught.
///
/// The [zoo](crate::zoo) explains why the other half of the bug cannot occur here.
pub struct PendingExceptionSkipsCount(pub Probe);

impl HeapFault for PendingExceptionSkipsCount {
    fn write_slot(
        &mut self,
        heap: &mut dyn Heap,
        kind: RootSlot,
        slot: &mut u32,
        new: GcRef,
    ) -> Result<(), HeapError> {
        if kind == RootSlot::Pending && !new.is_null() {
            self.0.run(true);
            *slot = new.0;
            return Ok(());
        }
        heap.write_slot(kind, slot, new)
    }
}

/// W10, Wasmtime pull requests 13066 and 13179: element segments hold
/// references without counting them.
pub struct SegmentInitSkipsCount(pub Probe);

impl HeapFault for SegmentInitSkipsCount {
    fn init_slot(
        &mut self,
        heap: &mut dyn Heap,
        kind: RootSlot,
        slot: &mut u32,
        new: GcRef,
    ) -> Result<(), HeapError> {
        if matches!(kind, RootSlot::Segment(..)) {
            self.0.run(new.is_object());
            *slot = new.0;
            return Ok(());
        }
        heap.init_slot(kind, slot, new)
    }
}

/// W27, Wasmtime pull request 13381: the value of an immutable global was taken
/// for a constant, and read only once.
pub struct ImmutableGlobalReadIsCached {
    probe: Probe,
    /// The globals that cannot be set, by their indices in the store.
    immutable: BTreeSet<u32>,
    read: BTreeMap<u32, GcRef>,
}

impl ImmutableGlobalReadIsCached {
    pub fn new(probe: Probe) -> ImmutableGlobalReadIsCached {
        ImmutableGlobalReadIsCached {
            probe,
            immutable: BTreeSet::new(),
            read: BTreeMap::new(),
        }
    }
}

impl HeapFault for ImmutableGlobalReadIsCached {
    fn on_event(&mut self, heap: &mut dyn Heap, event: EngineEvent<'_>) {
        heap.on_event(event);
        if let EngineEvent::GlobalAdded {
            index,
            mutable: false,
        } = event
        {
            self.immutable.insert(index);
        }
    }

    fn expose(
        &mut self,
        heap: &mut dyn Heap,
        from: RootSlot,
        r: GcRef,
    ) -> Result<GcRef, HeapError> {
        let r = heap.expose(from, r)?;
        let RootSlot::Global(index) = from else {
            return Ok(r);
        };
        if !self.immutable.contains(&index) {
            return Ok(r);
        }
        let cached = *self.read.entry(index).or_insert(r);
        self.probe.run(cached != r);
        Ok(cached)
    }
}

/// D11: `elem.drop` releases the references of a segment that was already dropped.
pub struct ElemDropReleasesTwice {
    probe: Probe,
    dropped: BTreeMap<RootSlot, Vec<u32>>,
}

impl ElemDropReleasesTwice {
    pub fn new(probe: Probe) -> ElemDropReleasesTwice {
        let dropped = BTreeMap::new();
        ElemDropReleasesTwice { probe, dropped }
    }
}

impl HeapFault for ElemDropReleasesTwice {
    fn drop_slots(
        &mut self,
        heap: &mut dyn Heap,
        kind: RootSlot,
        slots: &mut [u32],
    ) -> Result<(), HeapError> {
        if !matches!(kind, RootSlot::Segment(..)) {
            return heap.drop_slots(kind, slots);
        }
        match self.dropped.get(&kind) {
            None => {
                self.dropped.insert(kind, slots.to_vec());
                heap.drop_slots(kind, slots)
            }
            Some(dropped) => {
                self.probe
                    .run(dropped.iter().any(|r| GcRef(*r).is_object()));
                heap.drop_slots(kind, &mut dropped.clone())
            }
        }
    }
}

/// D12: `table.set` counts the reference before it checks its bounds. If the
/// index is out of bounds, the count stays.
pub struct TableSetCountsBeforeCheck(pub Probe);

impl TableSetCountsBeforeCheck {
    /// Inserts a hook call for an index that is out of bounds.
    pub fn edit(module: &Arc<Module>) -> Arc<Module> {
        let gc = |table: u32| module.tables[table as usize].element.heap.is_gc();
        let wanted = |_, op: Op| op.code == Code::TableSet && gc(op.imm);
        edited(module, 2, wanted, |site| {
            let Site { op, start, .. } = site;
            let [size, hook] = [0, 1].map(|i| site.scratch + i);
            vec![
                Op::new(Code::TableSize, size, 0, 0, op.imm),
                Op::new(Code::BrI64LtU, 0, op.b, size, start + 4),
                Op::constant(hook, HOOK.register()),
                // A write is a hook call like a read, and passes a value.
                Op::new(Code::StructSet32, op.c, hook, 0, 0),
                op,
            ]
        })
    }
}

impl HeapFault for TableSetCountsBeforeCheck {
    fn hook_called(&mut self, heap: &mut dyn Heap, _: u32, value: u64) -> Result<(), HeapError> {
        let value = GcRef::from_register(value);
        self.0.run(value.is_object());
        // A slot that no code ever reads owns the count.
        heap.init_slot(RootSlot::Pending, &mut 0, value)
    }
}
