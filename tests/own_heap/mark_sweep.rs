//! The collector: marks, sweeps, and has a bug if asked to.

use super::object::{Done, Object, bad, values};
use gcdiff::heap::{GRANULE, GcRef, HeapError, Place, Shape, Stats};
use gcdiff::types::{Lane, TypeId};
use std::ops::Range;

/// What is wrong with the collector.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Bug {
    Nothing,
    /// Marking stops one short of the end of an array.
    LastElement,
    /// Marking starts from frames only.
    Slots,
    /// Sweeping leaves objects alone that hold no values.
    Empty,
    /// Copying within an array overwrites what it has yet to read.
    Overlap,
}

/// The heap: object `n` has the address `16 * (n + 1)`.
pub struct MarkSweep {
    pub bug: Bug,
    /// The same for every type.
    pub types: Vec<Vec<Lane>>,
    pub slots: Vec<Option<Object>>,
    /// Numbers of empty slots.
    pub empty: Vec<usize>,
    /// Objects allocated since the last collection.
    pub fresh: usize,
    pub stats: Stats,
}

pub const MAX_OBJECTS: usize = 1 << 20;
/// So many allocations call for a collection.
pub const FRESH: usize = 500;

/// The number of the slot that an address belongs to.
pub fn number(r: GcRef) -> Option<usize> {
    let at_start = r.is_object() && r.0.is_multiple_of(GRANULE);
    at_start.then(|| (r.0 / GRANULE) as usize - 1)
}

pub fn address(n: usize) -> u32 {
    GRANULE * (n as u32 + 1)
}

impl MarkSweep {
    pub fn new(bug: Bug) -> MarkSweep {
        MarkSweep {
            bug,
            types: Vec::new(),
            slots: Vec::new(),
            empty: Vec::new(),
            fresh: 0,
            stats: Stats::default(),
        }
    }

    pub fn find(&self, r: GcRef) -> Option<&Object> {
        self.slots.get(number(r)?)?.as_ref()
    }

    pub fn object(&self, r: GcRef) -> Result<&Object, HeapError> {
        self.find(r).map_or_else(|| bad(r, "no object"), Ok)
    }

    pub fn object_mut(&mut self, r: GcRef) -> Result<&mut Object, HeapError> {
        let slot = number(r).and_then(|n| self.slots.get_mut(n));
        slot.and_then(Option::as_mut)
            .map_or_else(|| bad(r, "no object"), Ok)
    }

    pub fn read(&self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        let value = self.object(r)?.get(place);
        value.map_or_else(|| bad(r, "no such value"), Ok)
    }

    pub fn write(&mut self, r: GcRef, place: Place, value: u128) -> Done {
        let done = self.object_mut(r)?.set(place, value);
        done.map_or_else(|| bad(r, "no such value"), Ok)
    }

    /// Elements of an array, all of which must be there and stored like this.
    pub fn elements(
        &mut self,
        r: GcRef,
        start: u32,
        len: usize,
        lane: Lane,
    ) -> Result<&mut [u128], HeapError> {
        let array = self.object_mut(r)?;
        let start = start as usize;
        let range: Range<usize> = start..start.saturating_add(len);
        if !matches!(array.shape, Shape::Array(_)) || array.lanes != [lane] {
            return bad(r, "no array of this kind");
        }
        let elements = array.values.get_mut(range);
        elements.map_or_else(|| bad(r, "no such elements"), Ok)
    }

    pub fn lanes(&self, ty: TypeId) -> Result<Vec<Lane>, HeapError> {
        let lanes = self.types.get(ty.0 as usize).cloned();
        lanes.map_or_else(|| bad(GcRef::NULL, "no such type"), Ok)
    }

    pub fn add(
        &mut self,
        shape: Shape,
        word: u32,
        lanes: Vec<Lane>,
        values: Vec<u128>,
    ) -> Result<GcRef, HeapError> {
        let n = match self.empty.pop() {
            Some(n) => n,
            None if self.slots.len() < MAX_OBJECTS => {
                self.slots.push(None);
                self.slots.len() - 1
            }
            None => return Err(HeapError::Full),
        };
        self.slots[n] = Some(Object {
            shape,
            word,
            lanes,
            values,
            marked: false,
        });
        self.fresh += 1;
        self.stats.allocated += 1;
        Ok(GcRef(address(n)))
    }

    /// A structure or an exception.
    pub fn add_fields(
        &mut self,
        shape: Shape,
        ty: TypeId,
        word: u32,
        registers: &[u64],
    ) -> Result<GcRef, HeapError> {
        let lanes = self.lanes(ty)?;
        let values = values(lanes.iter().copied(), registers)?;
        self.add(shape, word, lanes, values)
    }

    pub fn element(&self, ty: TypeId) -> Result<Lane, HeapError> {
        let lane = self.lanes(ty)?.first().copied();
        lane.map_or_else(|| bad(GcRef::NULL, "no such array type"), Ok)
    }

    pub fn add_array(&mut self, ty: TypeId, values: Vec<u128>) -> Result<GcRef, HeapError> {
        let lanes = self.lanes(ty)?;
        self.add(Shape::Array(ty), 0, lanes, values)
    }

    /// Marks what `work` refers to, and everything that hangs off it.
    pub fn mark(&mut self, mut work: Vec<GcRef>) -> Done {
        while let Some(r) = work.pop() {
            if !r.is_object() {
                continue;
            }
            let bug = self.bug;
            let object = self.object_mut(r)?;
            if std::mem::replace(&mut object.marked, true) {
                continue;
            }
            let is_array = matches!(object.shape, Shape::Array(_));
            let left_out = usize::from(bug == Bug::LastElement && is_array);
            work.extend(object.references().rev().skip(left_out));
        }
        Ok(())
    }

    pub fn sweep(&mut self) {
        for (n, slot) in self.slots.iter_mut().enumerate() {
            let Some(object) = slot else { continue };
            let spared = self.bug == Bug::Empty && object.values.is_empty();
            if !std::mem::take(&mut object.marked) && !spared {
                *slot = None;
                self.empty.push(n);
                self.stats.freed += 1;
            }
        }
    }
}
