//! The heap with a bug: what each does, it does in front of the sound one.

use super::heap::MarkSweep;
use gcdiff::heap::{
    GcRef, Header, Heap, HeapError, HeapLayer, Inspect, NewObject, Place, RawFrame, RootSlot,
    Roots, Shape,
};
use gcdiff::types::StorageKind;

/// What is wrong with the collector.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Bug {
    Nothing,
    /// Marking stops one short of the end of an array.
    LastElement,
    /// Marking starts from frames only.
    Slots,
    /// Sweeping leaves external values alone.
    Extern,
    /// Copying within an array overwrites what it has yet to read.
    Overlap,
}

pub struct Faulty {
    heap: MarkSweep,
    bug: Bug,
    /// The external values so far.
    externs: Vec<GcRef>,
}

impl Faulty {
    pub fn new(bug: Bug) -> Faulty {
        Faulty {
            heap: MarkSweep::default(),
            bug,
            externs: Vec::new(),
        }
    }

    /// The last elements of all arrays of references.
    fn last_elements(&self) -> Vec<(GcRef, Place)> {
        let blocks = self.heap.blocks().into_iter();
        let last = blocks.filter_map(|block| {
            let r = GcRef(block.start);
            match self.heap.header(r)? {
                Header {
                    shape: Some(Shape::Array(_)),
                    len: 1..,
                    ..
                } => {
                    let index = self.heap.array_len(r).ok()? - 1;
                    let kind = StorageKind::Gc;
                    Some((r, Place::Element { index, kind }))
                }
                _ => None,
            }
        });
        last.collect()
    }
}

impl HeapLayer for Faulty {
    type Behind = MarkSweep;

    fn behind(&self) -> &MarkSweep {
        &self.heap
    }

    fn behind_mut(&mut self) -> &mut MarkSweep {
        &mut self.heap
    }

    fn new_extern(&mut self, host: u32) -> Result<GcRef, HeapError> {
        let r = self.heap.allocate(NewObject::Extern(host))?;
        self.externs.push(r);
        Ok(r)
    }

    fn collect(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError> {
        let mut hidden = Vec::new();
        if self.bug == Bug::LastElement {
            for (r, place) in self.last_elements() {
                // An array of something else has no reference there.
                if let Ok(value) = self.heap.load(r, place) {
                    self.heap.store(r, place, 0)?;
                    hidden.push((r, place, value));
                }
            }
        }
        self.heap.collect(&mut Altered {
            roots,
            bug: self.bug,
            externs: &mut self.externs,
        })?;
        for (r, place, value) in hidden {
            // The array itself may be gone.
            let _ = self.heap.store(r, place, value);
        }
        Ok(())
    }

    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        if self.bug != Bug::Overlap {
            return self.heap.copy(dst, src, len, kind);
        }
        for i in 0..len {
            self.heap
                .copy((dst.0, dst.1 + i), (src.0, src.1 + i), 1, kind)?;
        }
        Ok(())
    }
}

/// Roots as a bug has them.
struct Altered<'a> {
    roots: &'a mut dyn Roots,
    bug: Bug,
    externs: &'a mut [GcRef],
}

impl Roots for Altered<'_> {
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        self.roots.stack(visit);
        if self.bug == Bug::Extern {
            for r in &*self.externs {
                visit(&mut r.register());
            }
        }
    }

    fn slots(&mut self, visit: &mut dyn FnMut(RootSlot, &mut u32)) {
        if self.bug != Bug::Slots {
            self.roots.slots(visit);
        }
    }

    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>)) {
        self.roots.frames(visit);
    }
}
