//! The mark-sweep heap with bugs, as a layer in front of the sound heap.

use super::heap::MarkSweep;
use gcdiff::heap::{
    GcRef, Header, Heap, HeapError, HeapLayer, Inspect, NewObject, Place, RawFrame, RootSlot,
    Roots, Shape,
};
use gcdiff::types::StorageKind;

/// A bug of the collector.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Bug {
    Nothing,
    /// Marking omits the last element of each array.
    LastElement,
    /// Marking starts from frames only.
    Slots,
    /// Sweeping never frees external values.
    Extern,
    /// Copying within an array overwrites elements that it has not read yet.
    Overlap,
}

pub struct Faulty {
    heap: MarkSweep,
    bug: Bug,
    /// All external values allocated so far.
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
                // Arrays of other types have no reference there.
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
            // The array may have been freed.
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

/// The roots that a bug presents to the heap.
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
