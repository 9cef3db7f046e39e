//! The roots of a store for a collection.

use crate::engine::instance::Instance;
use crate::engine::machine::Frame;
use crate::engine::storage::{GlobalSlot, Table};
use crate::heap::{GcRef, RawFrame, RootSlot, Roots};
use crate::types::{TypeId, Types};

/// Calls `visit` with the registers of a frame that hold references.
pub(super) fn visit_frame(
    instances: &[Instance],
    types: &Types,
    frame: &Frame,
    mut visit: impl FnMut(u16),
) {
    if frame.body == Frame::HOST {
        let mut register = 0;
        let func = types.func(TypeId(frame.instance));
        for param in func.params.iter().chain(&func.results) {
            if param.is_gc() {
                visit(register);
            }
            register += param.storage_kind().registers() as u16;
        }
    } else {
        let module = &instances[frame.instance as usize].module;
        let body = &module.bodies[frame.body as usize];
        module.maps.visit(body, frame.pc, visit);
    }
}

/// All references from a store into the heap, borrowed separately from the heap.
pub(super) struct StoreRoots<'a> {
    pub types: &'a Types,
    pub instances: &'a mut [Instance],
    pub frames: &'a [Frame],
    pub current: Option<Frame>,
    pub stack: &'a mut [u64],
    pub tables: &'a mut [Table],
    pub globals: &'a [GlobalSlot],
    pub ref_globals: &'a mut [u32],
    pub handles: &'a mut [u32],
    pub pending: &'a mut u32,
}

impl Roots for StoreRoots<'_> {
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        // Most registers hold null, above all locals that are not yet set.
        let mut look = |slot: &mut u64| {
            if !GcRef::from_register(*slot).is_null() {
                visit(slot);
            }
        };
        for frame in self.frames.iter().chain(&self.current) {
            // A frame may be about to be entered, and end beyond the stack.
            let base = (frame.base as usize).min(self.stack.len());
            let registers = &mut self.stack[base..];
            if frame.body == Frame::HOST {
                visit_frame(self.instances, self.types, frame, |register| {
                    registers
                        .get_mut(usize::from(register))
                        .into_iter()
                        .for_each(&mut look);
                });
                continue;
            }
            let module = &self.instances[frame.instance as usize].module;
            let body = &module.bodies[frame.body as usize];
            for range in module.maps.locals_of(body) {
                let end = usize::from(range.end).min(registers.len());
                let locals = registers.get_mut(usize::from(range.start)..end);
                locals.into_iter().flatten().for_each(&mut look);
            }
            for register in module.maps.operands_at(frame.pc) {
                registers
                    .get_mut(usize::from(register))
                    .into_iter()
                    .for_each(&mut look);
            }
        }
    }

    fn slots(&mut self, visit: &mut dyn FnMut(RootSlot, &mut u32)) {
        for (i, global) in (0..).zip(self.globals) {
            if global.ty.value.is_gc() {
                visit(
                    RootSlot::Global(i),
                    &mut self.ref_globals[global.slot as usize],
                );
            }
        }
        for (i, table) in (0..).zip(self.tables.iter_mut()) {
            if table.gc {
                let elements = table.elements.iter_mut();
                elements.for_each(|slot| visit(RootSlot::Table(i), slot));
            }
        }
        for (i, instance) in (0..).zip(self.instances.iter_mut()) {
            for (j, segment) in (0..).zip(&mut instance.elements) {
                if segment.gc {
                    let refs = segment.refs.iter_mut();
                    refs.for_each(|slot| visit(RootSlot::Segment(i, j), slot));
                }
            }
        }
        visit(RootSlot::Pending, self.pending);
        for (i, slot) in (0..).zip(self.handles.iter_mut()) {
            visit(RootSlot::Handle(i), slot);
        }
    }

    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>)) {
        let last = self.frames.len() + usize::from(self.current.is_some());
        for (i, frame) in (1..).zip(self.frames.iter().chain(&self.current)) {
            // A frame may be about to be entered.
            let end = self.stack.len().min(frame.top as usize);
            if let Some(registers) = self.stack.get_mut(frame.base as usize..end) {
                let mut references = Vec::new();
                let note = |register| references.push(register);
                visit_frame(self.instances, self.types, frame, note);
                visit(RawFrame {
                    registers,
                    references,
                    code: frame.code_point(),
                    running: i == last,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Composite, FuncType, HeapType, RefType, SubType, ValType};

    /// The heap decides about i31 references; null is never visited.
    #[test]
    fn a_collection_is_shown_every_reference_but_null() {
        let any = ValType::Ref(RefType {
            nullable: true,
            heap: HeapType::Any,
        });
        let mut types = Types::new();
        let ty = types.intern(vec![SubType {
            is_final: true,
            supertype: None,
            composite: Composite::Func(FuncType {
                params: [any, ValType::I32, any, any].into(),
                results: [any].into(),
            }),
        }]);
        let i31 = GcRef::i31(5).register();
        let mut stack = [99, 0, 7, i31, 0x110, 0x120, 99];
        let mut shown = Vec::new();
        let mut roots = StoreRoots {
            types: &types,
            instances: &mut [],
            frames: &[],
            current: Some(Frame {
                instance: ty.0,
                body: Frame::HOST,
                pc: 0,
                base: 1,
                top: 6,
            }),
            stack: &mut stack,
            tables: &mut [],
            globals: &[],
            ref_globals: &mut [],
            handles: &mut [],
            pending: &mut 0,
        };
        roots.stack(&mut |register| shown.push(std::mem::replace(register, 0x130)));
        assert_eq!(shown, [i31, 0x110, 0x120]);
        assert_eq!(stack, [99, 0, 7, 0x130, 0x130, 0x130, 99]);
    }
}
