//! The census: a count of all objects, all owners and all reachable objects.

use super::garbage::{self, Garbage};
use super::type_info::{Element, Plans};
use super::types;
use crate::engine::View;
use crate::heap::{Block, GRANULE, GcRef, Header, Heap, Inspect, RootList};
use crate::pool::Spare;
use crate::types::RefType;
use std::ops::Range;

/// An allocated block and the header in it.
#[derive(Copy, Clone, Debug)]
pub(in crate::oracle) struct Object {
    pub block: Block,
    pub header: Header,
    /// The start of its references in `held` of the census.
    pub first: u32,
    pub slots: u32,
}

impl Object {
    pub fn reference(&self) -> GcRef {
        GcRef(self.block.start)
    }
}

/// Result of a census. Its memory is reused by later audits.
#[derive(Debug, Default)]
pub(in crate::oracle) struct Census {
    pub blocks: Vec<Block>,
    /// The first allocated block whose header cannot be read.
    pub unreadable: Option<Block>,
    /// Allocated objects by address.
    pub objects: Vec<Object>,
    /// The values of all reference slots into the heap, of all objects.
    pub(super) held: Vec<GcRef>,
    /// For each of `held`, the index in `objects` of the object that it refers
    /// to, plus one; 0 if it refers to no object.
    pub(super) targets: Vec<u32>,
    /// For each granule, counted from the first address in use, the index in
    /// `objects` of the object that starts there, plus one.
    pub(super) index: Vec<u32>,
    pub(super) start: u32,
    /// For each object, the number of its owners, not counting the stack-root list.
    pub owners: Vec<u32>,
    /// For each object, whether it is reachable.
    pub reachable: Vec<bool>,
    /// Number of reachable objects.
    pub reached: usize,
    /// The first reachable reference that does not refer to an object.
    pub dangling: Option<GcRef>,
    /// For each object, whether a frame refers to it.
    pub framed: Vec<bool>,
    pub list: Option<RootList>,
    pub parked: Vec<GcRef>,
    /// For each object, how often it is in the stack-root list.
    pub listed: Vec<u32>,
    /// Counts of the unreachable objects, and the first leaked one; see
    /// [`Census::sort_garbage`].
    pub garbage: (Garbage, Option<usize>),
    /// Whether a slot of an object holds a value that its type does not allow.
    pub ill_typed: bool,
    /// Type information for the types of the store.
    pub(super) plans: Plans,
    work: Vec<u32>,
}

/// The largest census whose memory is kept for reuse, in slots of objects and
/// in granules.
const KEPT: usize = 1 << 16;

thread_local! {
    /// Censuses that are no longer in use.
    static SPARE: Spare<Census> = const { Spare::new() };
}

impl Census {
    /// An empty census, with the memory of one that was returned on this thread.
    pub fn new() -> Census {
        Spare::take(&SPARE)
    }

    /// Returns the memory to the pool of this thread.
    pub fn give_back(mut self) {
        if self.held.capacity().max(self.index.capacity()) <= KEPT {
            // The next census is of another store, with other types.
            self.plans.forget();
            Spare::give(&SPARE, self);
        }
    }

    /// Frees the memory if it is more than is kept for another run.
    pub fn shrink(&mut self) {
        if self.held.capacity().max(self.index.capacity()) > KEPT {
            *self = Census::default();
        }
    }

    /// The work of taking this census and of checking the laws on it.
    pub fn work(&self) -> u64 {
        let granules = self.index.len() / 4;
        (40 * self.objects.len() + 10 * self.held.len() + granules + self.blocks.len()) as u64
    }

    /// Counts everything, with at most `room` bytes of memory for the
    /// references in objects: a reference and its target take eight. Returns
    /// false if that is not enough; the census is then unusable.
    pub fn take<H: Heap>(&mut self, view: &View<'_, H>, room: u64) -> bool {
        let heap = &view.store.heap;
        self.find_objects(heap);
        let n = self.objects.len();
        for counts in [&mut self.owners, &mut self.listed] {
            counts.clear();
            counts.resize(n, 0);
        }
        for flags in [&mut self.reachable, &mut self.framed] {
            flags.clear();
            flags.resize(n, false);
        }
        self.dangling = None;
        self.reached = 0;
        if !self.read_references(view, (room / 8) as usize) {
            return false;
        }
        self.count_owners(view);
        self.reach(view);
        true
    }

    fn find_objects<H: Inspect>(&mut self, heap: &H) {
        let (start, end) = heap.extent();
        self.start = start;
        self.blocks = heap.blocks();
        self.objects.clear();
        self.index.clear();
        let granules = end.saturating_sub(start).div_ceil(GRANULE);
        self.index.resize(granules as usize, 0);
        self.unreadable = None;
        for block in self.blocks.iter().filter(|b| !b.free) {
            let granule = block.start.wrapping_sub(start) / GRANULE;
            let header = heap.header(GcRef(block.start));
            let (Some(header), Some(slot)) = (header, self.index.get_mut(granule as usize)) else {
                self.unreadable = self.unreadable.or(Some(*block));
                continue;
            };
            self.objects.push(Object {
                block: *block,
                header,
                first: 0,
                slots: 0,
            });
            *slot = self.objects.len() as u32;
        }
    }

    /// Classifies the unreachable objects. Meaningful right after a collection.
    pub fn sort_garbage(&mut self) {
        self.garbage = garbage::sort(self);
    }

    /// The object that starts at `r`.
    #[inline]
    pub fn find(&self, r: GcRef) -> Option<usize> {
        let from_start = r.0.wrapping_sub(self.start);
        if !r.is_object() || !from_start.is_multiple_of(GRANULE) {
            return None;
        }
        let place = *self.index.get((from_start / GRANULE) as usize)?;
        Some(place.checked_sub(1)? as usize)
    }

    /// The number of owners of an object, including the stack-root list.
    pub fn owners_of(&self, object: usize) -> u32 {
        self.owners[object] + self.listed[object]
    }

    /// The values of an object's reference slots into the heap, in order.
    pub fn held(&self, object: usize) -> &[GcRef] {
        &self.held[self.range(object)]
    }

    /// The objects that an object refers to, once for each slot.
    pub fn targets(&self, object: usize) -> impl Iterator<Item = usize> + '_ {
        let targets = &self.targets[self.range(object)];
        targets
            .iter()
            .filter_map(|t| Some(t.checked_sub(1)? as usize))
    }

    /// The target of an object's slot number `slot`, if it is an object; `None`
    /// beyond the last slot.
    pub fn target(&self, object: usize, slot: usize) -> Option<Option<usize>> {
        let target = self.targets[self.range(object)].get(slot)?;
        Some(target.checked_sub(1).map(|target| target as usize))
    }

    pub(super) fn range(&self, object: usize) -> Range<usize> {
        let Object { first, slots, .. } = self.objects[object];
        first as usize..first as usize + slots as usize
    }

    /// Reads the references of all objects, checks them against their types, and
    /// counts the owners. Returns false if there are more than `most` references.
    fn read_references<H: Heap>(&mut self, view: &View<'_, H>, most: usize) -> bool {
        let (heap, types) = (&view.store.heap, view.store.types());
        self.plans.learn(types);
        let mut held = std::mem::take(&mut self.held);
        let mut targets = std::mem::take(&mut self.targets);
        let mut owners = std::mem::take(&mut self.owners);
        held.clear();
        targets.clear();
        let mut well_typed = true;
        for i in 0..self.objects.len() {
            let first = held.len();
            let Object { block, header, .. } = self.objects[i];
            let r = GcRef(block.start);
            if held.len() + header.len as usize > most
                && held.len() + self.references_in(heap, i) > most
            {
                return false;
            }
            if let Some(plan) = self.plans.of(header.shape) {
                let object = (r, block.size, &header);
                well_typed &= self.plans.read(heap, object, plan, &mut held)
                    && types::funcs_fit_in(&self.plans, view, (r, &header), plan)
                    && types::wrong_tag(view, r, header.shape).is_none();
                // Null has no target, and each run of equal values is checked once.
                let mut last = (GcRef::NULL, 0);
                let mut target = |r: GcRef, ty: RefType, last: &mut (GcRef, u32)| {
                    if r.is_null() {
                        well_typed &= ty.nullable;
                        return 0;
                    }
                    if last.0 != r {
                        let target = self.find(r);
                        let shape = target.and_then(|target| self.objects[target].header.shape);
                        well_typed &= types::fits(types, ty, r, shape);
                        *last = (r, target.map_or(0, |target| target as u32 + 1));
                    }
                    if let Some(owned) = last.1.checked_sub(1) {
                        owners[owned as usize] += 1;
                    }
                    last.1
                };
                let values = &held[first..];
                match plan.element {
                    Some(Element { ty: Some(ty), .. }) => {
                        targets.extend(values.iter().map(|r| target(*r, ty, &mut last)));
                    }
                    _ => {
                        let slots = values.iter().zip(self.plans.slots(plan));
                        targets.extend(
                            slots.map(|(r, slot)| target(*r, slot.ty, &mut (GcRef::NULL, 0))),
                        );
                    }
                }
            }
            self.objects[i].first = first as u32;
            self.objects[i].slots = (held.len() - first) as u32;
        }
        (self.held, self.targets, self.owners) = (held, targets, owners);
        self.ill_typed = !well_typed;
        true
    }

    /// An upper bound on the references in an array; 0 for other objects.
    fn references_in<H: Heap>(&self, heap: &H, object: usize) -> usize {
        let Object { block, header, .. } = self.objects[object];
        let plan = self.plans.of(header.shape);
        let element = plan.and_then(|plan| plan.element);
        if element.is_none_or(|element| element.ty.is_none()) {
            return 0;
        }
        // A wrong length cannot exceed the block.
        match heap.header_size() {
            Some(_) => header.len.min(block.size / 4) as usize,
            None => header.len as usize,
        }
    }

    /// Counts the owners outside the objects.
    fn count_owners<H: Heap>(&mut self, view: &View<'_, H>) {
        view.owners(|_, r| {
            if let Some(j) = self.find(r) {
                self.owners[j] += 1;
            }
        });
        self.parked = view.store.heap.parked();
        for i in 0..self.parked.len() {
            if let Some(j) = self.find(self.parked[i]) {
                self.owners[j] += 1;
            }
        }
        let list = view.store.heap.root_list();
        for r in list.iter().flat_map(|list| &list.members) {
            if let Some(j) = self.find(*r) {
                self.listed[j] += 1;
            }
        }
        self.list = list;
    }

    /// Finds the objects reachable from frames, from slots outside the heap, and from
    /// deferred work, which may still store the references that it owns.
    fn reach<H: Heap>(&mut self, view: &View<'_, H>) {
        let mut work = std::mem::take(&mut self.work);
        view.frame_references(|_, _, r| {
            if let Some(j) = self.find(r) {
                self.framed[j] = true;
            }
            self.visit(r, &mut work);
        });
        view.owners(|_, r| self.visit(r, &mut work));
        for i in 0..self.parked.len() {
            self.visit(self.parked[i], &mut work);
        }
        while let Some(object) = work.pop() {
            for i in self.range(object as usize) {
                match self.targets[i].checked_sub(1) {
                    Some(target) => self.mark(target as usize, &mut work),
                    None => self.dangle(self.held[i]),
                }
            }
        }
        self.work = work;
    }

    fn visit(&mut self, r: GcRef, work: &mut Vec<u32>) {
        match self.find(r) {
            Some(i) => self.mark(i, work),
            None => self.dangle(r),
        }
    }

    #[inline]
    fn mark(&mut self, i: usize, work: &mut Vec<u32>) {
        if !self.reachable[i] {
            self.reachable[i] = true;
            self.reached += 1;
            work.push(i as u32);
        }
    }

    #[inline]
    fn dangle(&mut self, r: GcRef) {
        if r.is_object() {
            self.dangling = self.dangling.or(Some(r));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_kept_and_nothing_else() {
        let mut types = crate::types::Types::new();
        types.intern(vec![crate::types::SubType {
            is_final: true,
            supertype: None,
            composite: crate::types::Composite::Struct([].into()),
        }]);
        let mut census = Census::default();
        census.plans.learn(&types);
        census.held.reserve_exact(10);
        census.give_back();
        let census = Census::new();
        assert!(census.held.capacity() >= 10);
        let of_old = Header {
            shape: Some(crate::heap::Shape::Struct(crate::types::TypeId(0))),
            len: 0,
            count: None,
            listed: false,
        };
        assert_eq!(census.plans.payload(&of_old), None);
        let mut large = Census::default();
        large.held.reserve_exact(KEPT + 1);
        large.give_back();
        assert_eq!(Census::new().held.capacity(), 0);
    }
}
