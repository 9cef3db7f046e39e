//! The roots of a store, as a collection sees them.

use super::instance::Instance;
use super::storage::Table;
use super::store::{Frame, GlobalSlot, visit_frame};
use crate::heap::Roots;
use crate::types::Types;

/// Everything in a store that refers to the heap, borrowed apart from it.
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
        for frame in self.frames.iter().chain(&self.current) {
            let stack = &mut *self.stack;
            visit_frame(self.instances, self.types, frame, |register| {
                if let Some(slot) = stack.get_mut(frame.base as usize + usize::from(register)) {
                    visit(slot);
                }
            });
        }
    }

    fn slots(&mut self, visit: &mut dyn FnMut(&mut u32)) {
        for global in self.globals.iter().filter(|g| g.ty.value.is_gc()) {
            visit(&mut self.ref_globals[global.slot as usize]);
        }
        for table in self.tables.iter_mut().filter(|t| t.gc) {
            table.elements.iter_mut().for_each(&mut *visit);
        }
        for instance in self.instances.iter_mut() {
            for segment in instance.elements.iter_mut().filter(|s| s.gc) {
                segment.refs.iter_mut().for_each(&mut *visit);
            }
        }
        visit(self.pending);
        self.handles.iter_mut().for_each(visit);
    }
}
