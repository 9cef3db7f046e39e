//! Faults of roots: the collector gets a wrong description of frames or slots.
//! The audit gets the right one from the engine.

mod code;
mod frames;
mod loops;
mod results;
mod slots;

use super::Probe;
use super::faulty_heap::{HeapFault, Modules};
use crate::heap::{GcRef, Heap, HeapError, RawFrame, RootSlot, Roots};
use crate::module::Module;
pub(super) use frames::{
    CallerUsesCalleeMap, EntryMapOmitsEarlierArguments, OutermostFrameIsUntraced,
    TailCallArgumentsLackMap, TryTableCallsLackMap,
};
pub(super) use loops::{InnerLoopMapsOmitOuterValues, LoopSpillsCollide, NumberKeepsReferenceTag};
pub(super) use results::{MapOmitsOwnOperands, MapOmitsResult};
pub(super) use slots::{
    HalfBuiltArrayIsNoRoot, HandlesAreNoRoots, SegmentsAreNoRoots, SegmentsAreNotUpdated,
    SetGlobalsAreNoRoots, TableGrowthIsUntraced,
};
use std::sync::Arc;

/// The loops of all bodies of a module: header and last branch back.
pub(super) fn loops_of(module: &Module) -> Vec<(u32, u32)> {
    let loops = module.bodies.iter().flat_map(|b| code::loops(module, b));
    loops.map(|range| (range.start, range.end - 1)).collect()
}

/// A frame that a map describes, and its surroundings.
pub(super) struct FrameContext<'a> {
    module: &'a Module,
    /// The frame's index, counted from the outermost.
    index: usize,
    frame: &'a RawFrame<'a>,
    /// The correct references of the frame that it has called.
    callee: Option<&'a [u16]>,
}

/// A faulty stack map: the description of frames that the collector gets.
pub(super) trait Map: Send {
    /// The registers that the collector takes for the references in a frame.
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        context.frame.references.clone()
    }

    /// Changes a frame before it is described. Returns whether the change is
    /// wrong, or `None` if nothing was changed.
    fn disturb(&mut self, module: &Module, frame: &mut RawFrame<'_>) -> Option<bool> {
        let _ = (module, frame);
        None
    }

    /// See [`HeapFault::hook_called`].
    fn hook_called(&mut self, value: u32) {
        let _ = value;
    }
}

/// A heap whose collections see frames as a [`Map`] describes them.
pub(super) struct Mapped<M> {
    probe: Probe,
    modules: Modules,
    map: M,
}

impl<M> Mapped<M> {
    pub fn new(probe: Probe, map: M) -> Mapped<M> {
        Mapped {
            probe,
            modules: Modules::default(),
            map,
        }
    }

    /// The module whose code runs in a frame.
    fn module(&self, frame: &RawFrame<'_>) -> Option<Arc<Module>> {
        let module = self.modules.of(frame.code?.instance);
        module.map(Arc::clone)
    }
}

impl<M: Map> HeapFault for Mapped<M> {
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        self.modules.add(instance, module);
    }

    fn hook_called(&mut self, _: &mut dyn Heap, offset: u32, _: u64) -> Result<(), HeapError> {
        self.map.hook_called(offset);
        Ok(())
    }

    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        let mut right: Vec<Vec<u16>> = Vec::new();
        roots.frames(&mut |mut frame| {
            if let Some(module) = self.module(&frame)
                && let Some(wrong) = self.map.disturb(&module, &mut frame)
            {
                self.probe.run(wrong);
            }
            right.push(frame.references);
        });
        heap.collect(&mut Described {
            roots,
            fault: self,
            right,
        })
    }
}

/// Roots as a faulty map describes them.
struct Described<'a, M> {
    roots: &'a mut dyn Roots,
    fault: &'a mut Mapped<M>,
    right: Vec<Vec<u16>>,
}

impl<M: Map> Roots for Described<'_, M> {
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        let mut index = 0;
        let mapped = &mut *self.fault;
        self.roots.frames(&mut |frame| {
            let callee = self.right.get(index + 1).map(|right| &right[..]);
            let described = match mapped.module(&frame) {
                Some(module) => mapped.map.references(&FrameContext {
                    module: &module,
                    index,
                    frame: &frame,
                    callee,
                }),
                None => frame.references.clone(),
            };
            index += 1;
            if described != frame.references {
                mapped.probe.run(matters(&frame, &described));
            }
            for register in described {
                if let Some(register) = frame.registers.get_mut(usize::from(register)) {
                    visit(register);
                }
            }
        });
    }

    fn slots(&mut self, visit: &mut dyn FnMut(RootSlot, &mut u32)) {
        self.roots.slots(visit);
    }

    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>)) {
        self.roots.frames(visit);
    }
}

/// Whether a description of a frame makes a difference: whether a register that
/// is only in one of the descriptions holds an object.
fn matters(frame: &RawFrame<'_>, described: &[u16]) -> bool {
    let object = |register: &u16| {
        let value = frame.registers.get(usize::from(*register));
        value.is_some_and(|value| GcRef::from_register(*value).is_object())
    };
    let missing = frame.references.iter().filter(|r| !described.contains(r));
    let added = described.iter().filter(|r| !frame.references.contains(r));
    missing.chain(added).any(object)
}
