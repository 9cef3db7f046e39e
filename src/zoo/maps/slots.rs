//! Slots outside the heap that a moving collector does not visit.

use crate::heap::{EngineEvent, GcRef, Heap, HeapError, RawFrame, RootSlot, Roots};
use crate::zoo::Probe;
use crate::zoo::faulty_heap::HeapFault;
use std::collections::{BTreeMap, BTreeSet};

/// Roots without some of the slots.
struct Without<'a> {
    roots: &'a mut dyn Roots,
    probe: &'a Probe,
    left_out: &'a mut dyn FnMut(RootSlot) -> bool,
}

impl Roots for Without<'_> {
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        self.roots.stack(visit);
    }

    fn slots(&mut self, visit: &mut dyn FnMut(RootSlot, &mut u32)) {
        self.roots.slots(&mut |kind, slot| {
            match (self.left_out)(kind) {
                true => self.probe.run(GcRef(*slot).is_object()),
                false => visit(kind, slot),
            };
        });
    }

    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>)) {
        self.roots.frames(visit);
    }
}

/// X2, Samsung/walrus issue 502: a global was a root with its initial value,
/// but not with a value that was set later.
pub struct SetGlobalsAreNoRoots {
    probe: Probe,
    set: BTreeSet<u32>,
}

impl SetGlobalsAreNoRoots {
    pub fn new(probe: Probe) -> SetGlobalsAreNoRoots {
        let set = BTreeSet::new();
        SetGlobalsAreNoRoots { probe, set }
    }
}

impl HeapFault for SetGlobalsAreNoRoots {
    fn write_slot(
        &mut self,
        heap: &mut dyn Heap,
        kind: RootSlot,
        slot: &mut u32,
        new: GcRef,
    ) -> Result<(), HeapError> {
        if let RootSlot::Global(global) = kind {
            self.set.insert(global);
        }
        heap.write_slot(kind, slot, new)
    }

    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        heap.collect(&mut Without {
            roots,
            probe: &self.probe,
            left_out: &mut |kind| matches!(kind, RootSlot::Global(i) if self.set.contains(&i)),
        })
    }
}

/// G8: a table that has grown is traced only up to its old length.
pub struct TableGrowthIsUntraced {
    probe: Probe,
    /// The initial lengths of tables, by their indices in the store.
    began: BTreeMap<u32, u64>,
}

impl TableGrowthIsUntraced {
    pub fn new(probe: Probe) -> TableGrowthIsUntraced {
        let began = BTreeMap::new();
        TableGrowthIsUntraced { probe, began }
    }
}

impl HeapFault for TableGrowthIsUntraced {
    fn on_event(&mut self, heap: &mut dyn Heap, event: EngineEvent<'_>) {
        heap.on_event(event);
        if let EngineEvent::TableAdded { index, len } = event {
            self.began.insert(index, len);
        }
    }

    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        let mut seen: BTreeMap<u32, u64> = BTreeMap::new();
        heap.collect(&mut Without {
            roots,
            probe: &self.probe,
            left_out: &mut |kind| {
                let RootSlot::Table(table) = kind else {
                    return false;
                };
                let index = seen.entry(table).or_default();
                *index += 1;
                let began = self.began.get(&table);
                began.is_some_and(|len| *index > *len)
            },
        })
    }
}

/// G9: element segments are no roots: references that their expressions made
/// are stale once the objects move.
pub struct SegmentsAreNoRoots(pub Probe);

impl HeapFault for SegmentsAreNoRoots {
    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        heap.collect(&mut Without {
            roots,
            probe: &self.0,
            left_out: &mut |kind| matches!(kind, RootSlot::Segment(..)),
        })
    }
}

/// G10: handles of the host are no roots: an object that only the host holds is
/// lost, and any other is no longer at the address in the handle.
pub struct HandlesAreNoRoots(pub Probe);

impl HeapFault for HandlesAreNoRoots {
    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        heap.collect(&mut Without {
            roots,
            probe: &self.0,
            left_out: &mut |kind| matches!(kind, RootSlot::Handle(_)),
        })
    }
}

/// X62, WebKit pull request 50893: a collection meets an array that is only half built, and does not
/// find it.
pub struct HalfBuiltArrayIsNoRoot {
    probe: Probe,
    /// Whether a collection inside an operation is about to run.
    inside: bool,
    handles: u32,
}

impl HalfBuiltArrayIsNoRoot {
    pub fn new(probe: Probe) -> HalfBuiltArrayIsNoRoot {
        HalfBuiltArrayIsNoRoot {
            probe,
            inside: false,
            handles: 0,
        }
    }
}

impl HeapFault for HalfBuiltArrayIsNoRoot {
    fn init_slot(
        &mut self,
        heap: &mut dyn Heap,
        kind: RootSlot,
        slot: &mut u32,
        new: GcRef,
    ) -> Result<(), HeapError> {
        if let RootSlot::Handle(handle) = kind {
            self.handles = handle + 1;
        }
        heap.init_slot(kind, slot, new)
    }

    fn on_event(&mut self, heap: &mut dyn Heap, event: EngineEvent<'_>) {
        self.inside |= matches!(event, EngineEvent::CollectsInside { new: true });
        heap.on_event(event);
    }

    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        let array = std::mem::take(&mut self.inside).then(|| RootSlot::Handle(self.handles - 1));
        heap.collect(&mut Without {
            roots,
            probe: &self.probe,
            left_out: &mut |kind| Some(kind) == array,
        })
    }
}

/// W64, Wasmtime issue 13230: references in a segment are traced, but not updated when their objects
/// move.
pub struct SegmentsAreNotUpdated(pub Probe);

impl HeapFault for SegmentsAreNotUpdated {
    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        heap.collect(&mut NotUpdated {
            roots,
            probe: &self.0,
        })
    }
}

/// Roots whose segments are shown as copies.
struct NotUpdated<'a> {
    roots: &'a mut dyn Roots,
    probe: &'a Probe,
}

impl Roots for NotUpdated<'_> {
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        self.roots.stack(visit);
    }

    fn slots(&mut self, visit: &mut dyn FnMut(RootSlot, &mut u32)) {
        self.roots.slots(&mut |kind, slot| match kind {
            RootSlot::Segment(..) => {
                let mut copy = *slot;
                visit(kind, &mut copy);
                self.probe.run(copy != *slot);
            }
            _ => visit(kind, slot),
        });
    }

    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>)) {
        self.roots.frames(visit);
    }
}
